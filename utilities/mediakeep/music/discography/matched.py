"""Report text for the local albums: which release each one is, with what confidence, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from mediakeep import files
from mediakeep.lookups.catalogue import Release
from mediakeep.music import grouping
from mediakeep.music.checks import letters
from mediakeep.music.discography import question
from mediakeep.music.discography.question import Owned
from mediakeep.music.matching import wording
from mediakeep.music.matching.verdict import Candidate, Match, Sure
from mediakeep.music.model import Artist

SHOWN = 40  # albums of each kind in the report; the audit lists all
FEW = 4  # tied editions shown

Choose = Callable[..., str]  # the command that chooses the release of albums, or ""


class Option(msgspec.Struct, frozen=True):
    """A possible release: similarity, name, distinguishing facts, and what contradicts it."""

    sure: str
    name: str
    facts: str
    mbid: str
    against: tuple[str, ...] = ()


class Doubt(msgspec.Struct, frozen=True):
    """An album with several possible releases, or with contradictions."""

    album: str
    options: tuple[Option, ...]
    command: str


class Tie(msgspec.Struct, frozen=True):
    """An album with equally likely editions; a single edition is the nearest, but not the same."""

    album: str
    lead: str
    options: tuple[Option, ...]
    more: int  # editions not shown


class Certain(msgspec.Struct, frozen=True):
    """An album whose release is certain, as table cells."""

    album: str
    title: str
    year: str
    country: str
    format: str
    sure: str  # the similarity, or that the tags name it


class Unknown(msgspec.Struct, frozen=True):
    """An album without a similar release, and the nearest one if there is any."""

    album: str
    nearest: Option | None


class Matched(msgspec.Struct, frozen=True):
    """The albums by confidence, as far as they are shown."""

    sums: str
    unsure: tuple[Doubt, ...]
    tied: tuple[Tie, ...]
    command: str  # that chooses an edition
    unknown: tuple[Unknown, ...]
    certain: tuple[Certain, ...]
    more: Mapping[str, int]  # albums not shown, by confidence; all unsure ones are shown


def of(artist: Artist, matches: Mapping[str, Match], choose: Choose) -> Matched | None:
    """Describe the albums of an artist by their matches; None if there are none."""
    by_confidence: dict[Sure, list[Match]] = {sure: [] for sure in Sure}
    for album in matches.values():
        by_confidence[album.sure].append(album)
    if not matches:
        return None
    names = _names(artist)
    return Matched(
        sums=", ".join(
            f"{len(albums):,} {sure.value}" for sure, albums in by_confidence.items() if albums
        ),
        unsure=tuple(_doubt(album, names, choose) for album in by_confidence[Sure.UNSURE]),
        tied=tuple(_tie(album, names) for album in by_confidence[Sure.TIED][:SHOWN]),
        command=choose(*(album.place for album in by_confidence[Sure.TIED])),
        unknown=tuple(_unknown(album, names) for album in by_confidence[Sure.UNKNOWN][:SHOWN]),
        certain=tuple(_certain(by_confidence[Sure.CERTAIN][:SHOWN], names)),
        more={sure.value: max(len(albums) - SHOWN, 0) for sure, albums in by_confidence.items()},
    )


def _names(artist: Artist) -> dict[str, str]:
    """Label albums by their titles in the tags, and by their folders if they differ."""
    is_flat = any(album.in_library_root for album in artist.albums)
    return {owned.place: _name(owned, flat=is_flat) for owned in question.of(artist).albums}


def _name(album: Owned, *, flat: bool) -> str:
    if flat and album.title:
        return album.title
    place = album.place or grouping.LOOSE
    return f"{album.title} ({place})" if _is_named_otherwise(album) else place


def _is_named_otherwise(album: Owned) -> bool:
    return album.title not in ("", files.printable(files.unescape(album.place.rpartition("/")[2])))


def _doubt(album: Match, names: Mapping[str, str], choose: Choose) -> Doubt:
    options = tuple(map(_option, album.candidates))
    return Doubt(names.get(album.place, album.place), options, choose(album.place))


def _option(candidate: Candidate) -> Option:
    release = candidate.release
    name = f"{letters.quoted(release.title)} by {wording.credited(release)}"
    facts = wording.brief(release)
    return Option(
        wording.likeness(candidate), name, facts, release.id, tuple(wording.against(candidate))
    )


def _tie(album: Match, names: Mapping[str, str]) -> Tie:
    name, releases = names.get(album.place, album.place), album.releases
    sure = _sure(album)
    if len(releases) == 1:
        nearest = _option(album.candidates[0])
        contradictions = tuple(wording.strange(album.candidates[0]))
        nearest = msgspec.structs.replace(nearest, against=contradictions)
        return Tie(name, f"none of the known editions matches ({sure})", (nearest,), 0)
    common = wording.shared(releases)
    lead = (
        f"{len(releases):,} editions match equally well ({sure})"
        f"{f', all of them {common}' if common else ''}"
    )
    return Tie(name, lead, tuple(_editions(releases)), max(len(releases) - FEW, 0))


def _sure(album: Match) -> str:
    """Return the basis of a match; the tracks say little if the tags name the release."""
    return (
        "by tags"
        if album.by == "tags"
        else f"{wording.likeness(album.candidates[0])} by {album.by}"
    )


def _editions(releases: Sequence[Release]) -> Iterator[Option]:
    shown = list(zip(releases, wording.apart(releases), strict=True))[:FEW]
    for release, facts in shown:
        yield Option("", release.title, facts, release.id)


def _unknown(album: Match, names: Mapping[str, str]) -> Unknown:
    nearest = _option(album.best) if album.best else None
    return Unknown(names.get(album.place, album.place), nearest)


def _certain(albums: Iterable[Match], names: Mapping[str, str]) -> Iterator[Certain]:
    for album in albums:
        release = album.candidates[0].release
        edition = wording.edition(release)
        yield Certain(
            album=names.get(album.place, album.place),
            title=release.title,
            year=edition.date[:4],
            country=edition.country,
            format=edition.format,
            sure=_sure(album),
        )
