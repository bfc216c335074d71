"""What of an artist's discography is here, and what is not: albums, and tracks of albums.

Albums are known by the MBIDs in their tags and by exactly the same title, tracks likewise.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

import msgspec

from mediakeep.lookups.catalogue import Discography, Group, Release
from mediakeep.lookups.known import Album
from mediakeep.music.discography import fit, question, shelf
from mediakeep.music.discography.fit import Fit, Heard, Place
from mediakeep.music.discography.question import Owned, Question
from mediakeep.music.discography.shelf import Shelf
from mediakeep.music.model import Artist


class Reason(StrEnum):
    """Why something of a discography is not here."""

    NOT_OWNED = "not owned"
    OTHER_EDITION = "another edition owned"
    BONUS = "bonus track"
    BOOTLEG = "bootleg only"  # or promotional copies only: nothing that was ever sold


class Lacking(msgspec.Struct, frozen=True, kw_only=True):
    """An album that is not here, or with `track` one of its tracks; `release` is "" for none."""

    reason: Reason
    group: Group
    release: Release | None = None  # the edition that is meant
    editions: int = 0
    tracks: int = 0  # of that edition; for another edition owned: how many of them are not here
    track: Place | None = None
    place: str = ""  # of the album here that lacks it


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An album that is here, and the edition that it is; `fits` tells what is missing of it."""

    owned: tuple[Owned, ...]
    group: Group
    release: Release
    fits: Fit


class Holdings(msgspec.Struct, frozen=True, kw_only=True):
    """What is here, what is not, and which albums here nobody knows."""

    held: tuple[Held, ...] = ()
    lacking: tuple[Lacking, ...] = ()
    unknown: tuple[str, ...] = ()  # places


_Edition = tuple[str, str]  # a release group, and the release that tags name, if they do


def of(
    artist: Artist, asked: Question, known: Discography, more: Iterable[Release] = ()
) -> Holdings:
    """Compare what is here with a discography, and with `more` releases that others made."""
    own, foreign = shelf.made(known.groups, known.releases), shelf.made((), more)
    tracks = {album.place: [fit.heard(track) for track in album.tracks] for album in artist.albums}
    loose = tracks.pop("", [])
    here: dict[_Edition, list[Owned]] = defaultdict(list)
    theirs: dict[_Edition, list[Owned]] = defaultdict(list)
    unknown = []
    for owned in asked.albums:
        known_tracks = tracks[owned.place]
        tagged = owned.release if owned.release in own.releases else ""
        if owned.release in foreign.releases:
            group = shelf.group_of(owned, known_tracks, foreign)
            theirs[group, owned.release].append(owned)
        elif group := shelf.group_of(owned, known_tracks, own):
            here[group, tagged].append(owned)
        elif group := shelf.group_of(owned, known_tracks, foreign):
            theirs[group, ""].append(owned)
        else:
            unknown.append(owned.place)
    held = [_held(own, group, albums, tracks) for (group, _), albums in here.items()]
    others = [_held(foreign, group, albums, tracks) for (group, _), albums in theirs.items()]
    whose = "" if asked.is_various else known.artist.id
    lacking = [
        *_albums(own, {group for group, _ in (*here, *theirs)}),
        *(one for album in held for one in _tracks(album, own, tracks, loose)),
        *(one for album in others for one in _missing(album, whose)),
    ]
    return Holdings(
        held=(*held, *others),
        lacking=tuple(sorted(lacking, key=_order)),
        unknown=tuple(unknown),
    )


def _held(on: Shelf, group: str, albums: list[Owned], tracks: Mapping[str, list[Heard]]) -> Held:
    """Find the edition that albums here are: the one in their tags, else the one that fits."""
    here = [one for album in albums for one in tracks[album.place]]
    named = [on.releases[album.release] for album in albums if album.release in on.releases]
    editions = named or on.editions.get(group, ())
    if not editions:  # of which there are bootlegs only: nothing is known of their tracks
        bare = Release(id="", title=on.groups[group].title)
        return Held(owned=tuple(albums), group=on.groups[group], release=bare, fits=Fit((), 0, 0))
    fits = [(fit.of(here, edition), edition) for edition in editions]
    best, edition = min(fits, key=lambda one: one[0].distance)
    return Held(owned=tuple(albums), group=on.groups[group], release=edition, fits=best)


def _albums(on: Shelf, here: Iterable[str]) -> Iterator[Lacking]:
    """Give the albums of which nothing is here."""
    for group in on.groups.values():
        if group.id in here:
            continue
        editions = on.editions.get(group.id, ())
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
            yield Lacking(reason=Reason.BOOTLEG, group=group)


def _missing(album: Held, whose: str = "") -> Iterator[Lacking]:
    """Give the tracks of the edition here that are not; of a compilation those of one artist."""
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
    album: Held, on: Shelf, tracks: Mapping[str, list[Heard]], loose: Sequence[Heard]
) -> Iterator[Lacking]:
    """Give the tracks that are missing, and what other editions have besides."""
    yield from _missing(album)
    here = [one for owned in album.owned for one in tracks[owned.place]] + list(loose)
    known = _known(fit.listed(album.release))
    best: tuple[int, Release] | None = None
    for edition in on.editions.get(album.group.id, ()):
        if edition.id == album.release.id:
            continue
        bonus = [one for one in fit.of(here, edition).missing if not _known([one]) & known]
        if bonus and (best is None or len(bonus) > best[0]):
            best = len(bonus), edition
        for place in bonus:
            known |= _known([place])
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
            editions=len(on.editions[album.group.id]),
            tracks=best[0],
            place=album.owned[0].place,
        )


def _known(places: Iterable[Place]) -> set[str]:
    """Return what tracks can be told by: recordings, and titles."""
    return {
        key for _, track in places for key in (track.recording.id, question.title_key(track.title))
    }


def _order(one: Lacking) -> tuple[object, ...]:
    reasons = list(Reason)
    place = (one.track[0].position, one.track[1].position) if one.track else (0, 0)
    date = one.group.first_release_date or "9"
    return (
        one.track is not None,
        reasons.index(one.reason),
        shelf.rank(one.group),
        one.group.type,
        date,
        one.group.title,
        one.place,
        place,
    )


def albums(here: Holdings, archive: str) -> dict[str, Album]:
    """Say for each folder which album it is; the Cover Art Archive is named by its URL."""
    found: dict[str, Album] = {}
    for one in here.held:
        release = one.release
        cover = f"{archive}/release/{release.id}/front" if release.cover_art_archive.front else ""
        album = Album(
            release_group=one.group.id,
            release=release.id,
            title=release.title,
            first_release_date=one.group.first_release_date or "",
            date=release.date or "",
            cover_art_url=cover,
        )
        found |= {owned.place: album for owned in one.owned}
    return found
