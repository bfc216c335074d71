"""Format for reports which release each local album is, how certain that is, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from mediakeep import path_text
from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music.artist_lookup import artist_query
from mediakeep.music.artist_lookup.artist_query import OwnedAlbum
from mediakeep.music.matching import match_text
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence, ReleaseCandidate
from mediakeep.music.model import Artist
from mediakeep.music.reports import issue_groups
from mediakeep.music.text import compare_text

MAX_ALBUMS = 40  # albums of each kind in the report; the audit lists all
MAX_TIED_EDITIONS = 4  # tied editions shown

CommandForAlbums = Callable[..., str]  # the command that chooses the release of albums, or ""


class ReleaseOption(msgspec.Struct, frozen=True):
    """A release that an album may be: its similarity, name, special facts, and contradictions."""

    sure: str
    name: str
    facts: str
    mbid: str
    against: tuple[str, ...] = ()


class UnsureAlbum(msgspec.Struct, frozen=True):
    """An album in the report with several possible releases, or with contradictions."""

    album: str
    options: tuple[ReleaseOption, ...]
    command: str


class TiedAlbum(msgspec.Struct, frozen=True):
    """An album in the report with equally likely editions.

    If there is only one edition, it is the nearest, but not the same.
    """

    album: str
    lead: str
    options: tuple[ReleaseOption, ...]
    more: int  # editions not shown


class CertainAlbum(msgspec.Struct, frozen=True):
    """An album in the report whose release is certain, as the cells of a table row."""

    album: str
    title: str
    year: str
    country: str
    format: str
    sure: str  # the similarity, or that the tags name it


class UnknownAlbum(msgspec.Struct, frozen=True):
    """An album in the report that resembles no release, with the nearest release if any."""

    album: str
    nearest: ReleaseOption | None


class MatchesSection(msgspec.Struct, frozen=True):
    """The report section on the matches of albums, grouped by how certain they are."""

    sums: str
    unsure: tuple[UnsureAlbum, ...]
    tied: tuple[TiedAlbum, ...]
    command: str  # command that chooses an edition
    unknown: tuple[UnknownAlbum, ...]
    certain: tuple[CertainAlbum, ...]
    more: Mapping[str, int]  # albums not shown, by confidence; all unsure ones are shown


def build_matches_section(
    artist: Artist, matches: Mapping[str, AlbumMatch], choose_command: CommandForAlbums
) -> MatchesSection | None:
    """Build the report section on the matches of an artist's albums; None if there are none."""
    by_confidence: dict[MatchConfidence, list[AlbumMatch]] = {sure: [] for sure in MatchConfidence}
    for album in matches.values():
        by_confidence[album.confidence].append(album)
    if not matches:
        return None
    names = _label_albums(artist)
    return MatchesSection(
        sums=", ".join(
            f"{len(albums):,} {sure.label}" for sure, albums in by_confidence.items() if albums
        ),
        unsure=tuple(
            _build_unsure(album, names, choose_command)
            for album in by_confidence[MatchConfidence.UNSURE]
        ),
        tied=tuple(
            _build_tied(album, names) for album in by_confidence[MatchConfidence.TIED][:MAX_ALBUMS]
        ),
        command=choose_command(*(album.place for album in by_confidence[MatchConfidence.TIED])),
        unknown=tuple(
            _build_unknown(album, names)
            for album in by_confidence[MatchConfidence.UNKNOWN][:MAX_ALBUMS]
        ),
        certain=tuple(_build_certain(by_confidence[MatchConfidence.CERTAIN][:MAX_ALBUMS], names)),
        more={
            sure.value: max(len(albums) - MAX_ALBUMS, 0) for sure, albums in by_confidence.items()
        },
    )


def _label_albums(artist: Artist) -> dict[str, str]:
    """Return a label for each album: its path, preceded by its title if that differs."""
    is_flat = any(album.in_library_root for album in artist.albums)
    return {
        owned.place: _label_album(owned, flat=is_flat)
        for owned in artist_query.build_query(artist).albums
    }


def _label_album(album: OwnedAlbum, *, flat: bool) -> str:
    if flat and album.title:
        return album.title
    place = album.place or issue_groups.LOOSE_TRACKS_TITLE
    return f"{album.title} ({place})" if _differs_from_folder(album) else place


def _differs_from_folder(album: OwnedAlbum) -> bool:
    return album.title not in (
        "",
        path_text.to_printable(path_text.unescape_path(album.place.rpartition("/")[2])),
    )


def _build_unsure(
    album: AlbumMatch, names: Mapping[str, str], choose_command: CommandForAlbums
) -> UnsureAlbum:
    options = tuple(map(build_option, album.candidates))
    return UnsureAlbum(names.get(album.place, album.place), options, choose_command(album.place))


def build_option(candidate: ReleaseCandidate) -> ReleaseOption:
    """Return a candidate as a choice for the user."""
    release = candidate.release
    name = f"{compare_text.quote(release.title)} by {match_text.format_artist(release)}"
    facts = match_text.format_edition(release)
    return ReleaseOption(
        match_text.format_similarity(candidate),
        name,
        facts,
        release.id,
        tuple(match_text.format_penalties(candidate)),
    )


def _build_tied(album: AlbumMatch, names: Mapping[str, str]) -> TiedAlbum:
    name, releases = names.get(album.place, album.place), album.releases
    sure = _format_basis(album)
    if len(releases) == 1:
        nearest = build_option(album.candidates[0])
        contradictions = tuple(match_text.format_edition_penalties(album.candidates[0]))
        nearest = msgspec.structs.replace(nearest, against=contradictions)
        return TiedAlbum(name, f"none of the known editions matches ({sure})", (nearest,), 0)
    common = match_text.format_common_facts(releases)
    lead = (
        f"{len(releases):,} editions match equally well ({sure})"
        f"{f', all of them {common}' if common else ''}"
    )
    return TiedAlbum(
        name, lead, tuple(_edition_options(releases)), max(len(releases) - MAX_TIED_EDITIONS, 0)
    )


def _format_basis(album: AlbumMatch) -> str:
    """Return what a match is based on: similar tracks, or a release named in the tags."""
    return (
        "by tags"
        if album.decided_by == "tags"
        else f"{match_text.format_similarity(album.candidates[0])} by {album.decided_by}"
    )


def _edition_options(releases: Sequence[Release]) -> Iterator[ReleaseOption]:
    shown = list(zip(releases, match_text.format_distinguishing_facts(releases), strict=True))[
        :MAX_TIED_EDITIONS
    ]
    for release, facts in shown:
        yield ReleaseOption("", release.title, facts, release.id)


def _build_unknown(album: AlbumMatch, names: Mapping[str, str]) -> UnknownAlbum:
    nearest = build_option(album.best) if album.best else None
    return UnknownAlbum(names.get(album.place, album.place), nearest)


def _build_certain(
    albums: Iterable[AlbumMatch], names: Mapping[str, str]
) -> Iterator[CertainAlbum]:
    for album in albums:
        release = album.candidates[0].release
        edition = match_text.describe_edition(release)
        yield CertainAlbum(
            album=names.get(album.place, album.place),
            title=release.title,
            year=edition.date[:4],
            country=edition.country,
            format=edition.format,
            sure=_format_basis(album),
        )
