"""Compare the local albums with a discography: owned and missing albums and tracks.

Matched albums are what they were matched with; other albums are found by their exact title.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec
from msgspec import structs

from mediakeep.lookups.catalogue import Discography, Group, Release
from mediakeep.lookups.known import Album
from mediakeep.music.discography import fit, shelf, title_keys
from mediakeep.music.discography.fit import Fit, Heard, Place
from mediakeep.music.discography.question import Owned, Question
from mediakeep.music.discography.shelf import Shelf
from mediakeep.music.matching.verdict import Match, Sure
from mediakeep.music.model import Artist


class Reason(StrEnum):
    """Why a release or track is missing."""

    NOT_OWNED = "not owned"
    OTHER_EDITION = "another edition owned"
    BONUS = "bonus track"
    BOOTLEG = "bootleg only"  # or promotional only: never sold
    UNOFFICIAL = "no official release"  # and the status of the others was not looked up


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """A missing album, or with `track` a missing track; `release` is None if there is none."""

    reason: Reason
    group: Group
    release: Release | None = None  # the chosen edition
    editions: int = 0
    tracks: int = 0  # of that edition; if another one is owned: its missing tracks
    track: Place | None = None
    place: str = ""  # folder of the album with the missing track


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """Local albums of a release group, their edition, and its missing tracks in `overlap`."""

    owned: tuple[Owned, ...]
    group: Group
    release: Release
    fits: Fit


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """The owned, the missing, and the unknown albums of an artist."""

    held: tuple[Held, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    unknown: tuple[str, ...] = ()  # places


_Edition = tuple[str, str]  # release group, and the release named in the tags or ""


def of(
    artist: Artist,
    query: Question,
    discography: Discography,
    more: Iterable[Release] = (),
    matches: Mapping[str, Match] = {},
) -> Holdings:
    """Compare the local albums with a discography, and with `more` releases by others."""
    own, foreign = shelf.made(discography.groups, discography.releases), shelf.made((), more)
    tracks = {album.place: [fit.heard(track) for track in album.tracks] for album in artist.albums}
    loose_tracks = tracks.get("", [])
    own_albums: dict[_Edition, list[Owned]] = defaultdict(list)
    foreign_albums: dict[_Edition, list[Owned]] = defaultdict(list)
    unknown, likely_groups = [], set()
    for owned in sorted(query.albums, key=lambda album: not album.place):  # loose tracks last
        match = matches.get(owned.place)
        index, edition = _edition(owned, match, tracks[owned.place], (own, foreign))
        if edition[0]:
            target = foreign_albums if index is foreign else own_albums
            target[edition if owned.place else _beside(edition, target)].append(owned)
        else:
            unknown.append(owned.place)
            likely_groups |= _likely(match)
    own_groups = [
        _held(own, group, albums, tracks, matches) for (group, _), albums in own_albums.items()
    ]
    foreign_groups = [
        _held(foreign, group, albums, tracks, matches)
        for (group, _), albums in foreign_albums.items()
    ]
    credited_to = "" if query.is_various else discography.artist.id
    shares_tracks = functools.partial(_has_its_tracks, matches=matches)
    # Other albums of the artist are in folders that belong to other items.
    is_flat = any(album.in_library_root for album in artist.albums)
    missing = [
        *(
            ()
            if is_flat
            else _albums(
                own, foreign, {group for group, _ in (*own_albums, *foreign_albums)} | likely_groups
            )
        ),
        *(
            item
            for album in own_groups
            if shares_tracks(album)
            for item in _tracks(album, own, tracks, loose_tracks)
        ),
        *(
            item
            for album in foreign_groups
            if shares_tracks(album)
            for item in _missing(album, credited_to)
        ),
    ]
    return Holdings(
        held=(*own_groups, *foreign_groups),
        lacking=tuple(sorted(missing, key=_order)),
        unknown=tuple(unknown),
    )


def _beside(edition: _Edition, editions: Iterable[_Edition]) -> _Edition:
    """Return the edition of loose tracks: one of their group that has a folder, if any."""
    return next((candidate for candidate in editions if candidate[0] == edition[0]), edition)


def _edition(
    owned: Owned, match: Match | None, tracks: Sequence[Heard], shelves: tuple[Shelf, Shelf]
) -> tuple[Shelf, _Edition]:
    """Return the index and the release group of an album, and its edition if known.

    An unmatched album belongs to the group with its exact title, or with the MBID in its tags,
    unless its match found other releases nearer.
    """
    own, foreign = shelves
    if match and match.group and match.best:
        release = match.best.release.id
        index = own if release in own.releases else foreign
        return index, (match.group.id, match.release.id if match.release else "")
    near_groups = (
        {
            near_release.release_group.id
            for near_release in match.releases
            if near_release.release_group
        }
        if match
        else None
    )
    for index in (foreign, own) if owned.release in foreign.releases else (own, foreign):
        group = shelf.group_of(owned, tracks, index)
        if group and (
            not near_groups or group in near_groups
        ):  # its tracks may be like those of another
            return index, (group, owned.release if owned.release in index.releases else "")
    return own, ("", "")


def _likely(match: Match | None) -> set[str]:
    """Return the release group that an album may be, so that it is not reported as missing."""
    likely = match.best.release.release_group if match and match.best else None
    return {likely.id} if likely and match and match.sure is Sure.UNSURE else set()


def _held(
    index: Shelf,
    group: str,
    albums: list[Owned],
    tracks: Mapping[str, list[Heard]],
    matches: Mapping[str, Match],
) -> Held:
    """Return the edition of local albums: the matched one, else the best match of their tracks."""
    matched = [entry for album in albums if (entry := matches.get(album.place)) and entry.group]
    if len(albums) == 1 and matched and (best := matched[0].best):
        fits = Fit(best.missing, len(best.pairs), len(best.extra))
        return Held(owned=(albums[0],), group=index.groups[group], release=best.release, fits=fits)
    local_tracks = [entry for album in albums for entry in tracks[album.place]]
    releases = [entry.release for entry in matched if entry.release]
    releases = releases or [
        index.releases[entry.release] for entry in albums if entry.release in index.releases
    ]
    editions = releases or index.editions.get(group, ())
    if not editions:  # no official release: its tracks are unknown
        untracked = Release(id="", title=index.groups[group].title)
        return Held(
            owned=tuple(albums), group=index.groups[group], release=untracked, fits=Fit((), 0, 0)
        )
    overlaps = [(fit.of(local_tracks, edition), edition) for edition in editions]
    fits, edition = min(overlaps, key=lambda entry: entry[0].distance)
    return Held(owned=tuple(albums), group=index.groups[group], release=edition, fits=fits)


def _has_its_tracks(group: Held, matches: Mapping[str, Match]) -> bool:
    """Return whether an album shares tracks with its release, so that others can be missing.

    An unmatched album has the title or MBID of the release, and may contain something else.
    """
    matched = (matches.get(album.place) for album in group.owned)
    return any(match and match.group for match in matched) or group.fits.found >= group.fits.extra


def _albums(index: Shelf, more: Shelf, owned_groups: Iterable[str]) -> Iterator[Lacking]:
    """Yield the release groups without any local album; `more` has editions of any status."""
    for group in index.groups.values():
        if group.id in owned_groups:
            continue
        others = more.editions.get(group.id, ())
        editions = index.editions.get(group.id) or [
            edition for edition in others if not edition.status
        ]
        if editions:
            first = editions[0]
            count = len(fit.listed(first))
            yield Lacking(
                reason=Reason.NOT_OWNED,
                group=group,
                release=first,
                editions=len(editions),
                tracks=count,
            )
        else:
            yield Lacking(reason=Reason.BOOTLEG if others else Reason.UNOFFICIAL, group=group)


def _missing(album: Held, whose: str = "") -> Iterator[Lacking]:
    """Yield the missing tracks of the owned edition; of a compilation, only those by an artist."""
    for place in album.fits.missing:
        if whose and not fit.is_by(place, album.release, whose):
            continue
        yield Lacking(
            reason=Reason.NOT_OWNED,
            group=album.group,
            release=album.release,
            track=place,
            place=album.owned[0].place,
        )


def _tracks(
    album: Held, index: Shelf, tracks: Mapping[str, list[Heard]], loose: Sequence[Heard]
) -> Iterator[Lacking]:
    """Yield the missing tracks, and the bonus tracks of other editions."""
    yield from _missing(album)
    local_tracks = [place_ for owned in album.owned for place_ in tracks[owned.place]] + list(loose)
    known_keys = _known(fit.listed(album.release))
    best: tuple[int, Release] | None = None
    for edition in index.editions.get(album.group.id, ()):
        if edition.id == album.release.id:
            continue
        bonus = [
            place_
            for place_ in fit.of(local_tracks, edition).missing
            if not _known([place_]) & known_keys
        ]
        if bonus and (best is None or len(bonus) > best[0]):
            best = len(bonus), edition
        for place in bonus:
            known_keys |= _known([place])
            yield Lacking(
                reason=Reason.BONUS,
                group=album.group,
                release=edition,
                track=place,
                place=album.owned[0].place,
            )
    if best:
        yield Lacking(
            reason=Reason.OTHER_EDITION,
            group=album.group,
            release=best[1],
            editions=len(index.editions[album.group.id]),
            tracks=best[0],
            place=album.owned[0].place,
        )


def _known(places: Iterable[Place]) -> set[str]:
    """Return the keys of tracks: recording MBIDs and titles."""
    return {
        key
        for _, track in places
        for key in (track.recording.id, title_keys.title_key(track.title))
    }


def _order(missing: Lacking) -> tuple[object, ...]:
    reasons = list(Reason)
    place = (missing.track[0].position, missing.track[1].position) if missing.track else (0, 0)
    date = missing.group.first_release_date or "9"
    return (
        missing.track is not None,
        reasons.index(missing.reason),
        shelf.rank(missing.group),
        missing.group.type,
        date,
        missing.group.title,
        missing.place,
        place,
    )


def albums(owned: Holdings, matches: Mapping[str, Match], archive: str) -> dict[str, Album]:
    """Return which album each folder is; `archive` is the base URL of the Cover Art Archive."""
    by_place: dict[str, Album] = {}
    for group in owned.held:
        for place in (album.place for album in group.owned):
            by_place[place] = _album(group, matches.get(place), archive)
    for place in owned.unknown:
        by_place[place] = Album(match=matches[place].sure.value if place in matches else "")
    return by_place


def _album(group_owned: Held, match: Match | None, archive: str) -> Album:
    """Describe an album; if editions tie, only by its release group."""
    group = group_owned.group
    album = Album(
        match=match.sure.value if match else "",
        release_group=group.id,
        title=group.title,
        first_release_date=group.first_release_date or "",
    )
    if match is None or match.group is None:
        return album
    has_front = any(release.cover_art_archive.front for release in match.releases)
    kind, mbid = ("release", match.release.id) if match.release else ("release-group", group.id)
    cover = f"{archive}/{kind}/{mbid}/front" if has_front else ""
    if match.release is None:
        tied = tuple(release.id for release in match.releases)
        return structs.replace(album, tied=tied, cover_art_url=cover)
    return structs.replace(
        album,
        release=match.release.id,
        title=match.release.title,
        date=match.release.date or "",
        cover_art_url=cover,
    )
