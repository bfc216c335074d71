"""What of an artist's discography is here, and what is not: albums, and tracks of albums.

Albums are what they were matched with; those that were not are known by exactly the same title.
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
    """Why something of a discography is not here."""

    NOT_OWNED = "not owned"
    OTHER_EDITION = "another edition owned"
    BONUS = "bonus track"
    BOOTLEG = "bootleg only"  # or promotional copies only: nothing that was ever sold
    UNOFFICIAL = (
        "no official release"  # listed, and nobody has asked of which status the others are
    )


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
    artist: Artist,
    asked: Question,
    known: Discography,
    more: Iterable[Release] = (),
    matches: Mapping[str, Match] = {},
) -> Holdings:
    """Compare what is here with a discography, and with `more` releases that others made."""
    own, foreign = shelf.made(known.groups, known.releases), shelf.made((), more)
    tracks = {album.place: [fit.heard(track) for track in album.tracks] for album in artist.albums}
    loose = tracks.get("", [])
    here: dict[_Edition, list[Owned]] = defaultdict(list)
    theirs: dict[_Edition, list[Owned]] = defaultdict(list)
    unknown, perhaps = [], set()
    for owned in sorted(asked.albums, key=lambda one: not one.place):  # loose tracks last
        match = matches.get(owned.place)
        on, edition = _edition(owned, match, tracks[owned.place], (own, foreign))
        if edition[0]:
            held_on = theirs if on is foreign else here
            held_on[edition if owned.place else _beside(edition, held_on)].append(owned)
        else:
            unknown.append(owned.place)
            perhaps |= _likely(match)
    held = [_held(own, group, albums, tracks, matches) for (group, _), albums in here.items()]
    others = [
        _held(foreign, group, albums, tracks, matches) for (group, _), albums in theirs.items()
    ]
    whose = "" if asked.is_various else known.artist.id
    alike = functools.partial(_has_its_tracks, matches=matches)
    # Other albums of the artist lie in folders of their own: who has them is not known here.
    is_flat = any(album.in_library_root for album in artist.albums)
    lacking = [
        *(
            ()
            if is_flat
            else _albums(own, foreign, {group for group, _ in (*here, *theirs)} | perhaps)
        ),
        *(one for album in held if alike(album) for one in _tracks(album, own, tracks, loose)),
        *(one for album in others if alike(album) for one in _missing(album, whose)),
    ]
    return Holdings(
        held=(*held, *others),
        lacking=tuple(sorted(lacking, key=_order)),
        unknown=tuple(unknown),
    )


def _beside(edition: _Edition, held: Iterable[_Edition]) -> _Edition:
    """Return the edition that loose tracks belong to: one of their group that has a folder."""
    return next((one for one in held if one[0] == edition[0]), edition)


def _edition(
    owned: Owned, match: Match | None, tracks: Sequence[Heard], shelves: tuple[Shelf, Shelf]
) -> tuple[Shelf, _Edition]:
    """Say which release group an album is of, on which shelf, and which edition if that is known.

    One that was not matched is of the album that bears its very title, or the MBID in its tags, if
    nothing else is nearer.
    """
    own, foreign = shelves
    if match and match.group and match.best:
        release = match.best.release.id
        on = own if release in own.releases else foreign
        return on, (match.group.id, match.release.id if match.release else "")
    near = {one.release_group.id for one in match.releases if one.release_group} if match else None
    for on in (foreign, own) if owned.release in foreign.releases else (own, foreign):
        group = shelf.group_of(owned, tracks, on)
        if group and (not near or group in near):  # its tracks may be like those of another
            return on, (group, owned.release if owned.release in on.releases else "")
    return own, ("", "")


def _likely(match: Match | None) -> set[str]:
    """Return the release group that an album may be of, which is not to be called missing."""
    likely = match.best.release.release_group if match and match.best else None
    return {likely.id} if likely and match and match.sure is Sure.UNSURE else set()


def _held(
    on: Shelf,
    group: str,
    albums: list[Owned],
    tracks: Mapping[str, list[Heard]],
    matches: Mapping[str, Match],
) -> Held:
    """Find the edition that albums here are: what they were matched with, else what fits."""
    matched = [one for album in albums if (one := matches.get(album.place)) and one.group]
    if len(albums) == 1 and matched and (best := matched[0].best):
        fits = Fit(best.missing, len(best.pairs), len(best.extra))
        return Held(owned=(albums[0],), group=on.groups[group], release=best.release, fits=fits)
    here = [one for album in albums for one in tracks[album.place]]
    named = [one.release for one in matched if one.release]
    named = named or [on.releases[one.release] for one in albums if one.release in on.releases]
    editions = named or on.editions.get(group, ())
    if not editions:  # without an official release: nothing is known of its tracks
        bare = Release(id="", title=on.groups[group].title)
        return Held(owned=tuple(albums), group=on.groups[group], release=bare, fits=Fit((), 0, 0))
    found = [(fit.of(here, edition), edition) for edition in editions]
    fits, edition = min(found, key=lambda one: one[0].distance)
    return Held(owned=tuple(albums), group=on.groups[group], release=edition, fits=fits)


def _has_its_tracks(held: Held, matches: Mapping[str, Match]) -> bool:
    """Tell whether an album holds tracks of its release, so that others of it can be missing.

    One that was not matched bears its title or MBID, and may hold something else.
    """
    matched = (matches.get(one.place) for one in held.owned)
    return any(one and one.group for one in matched) or held.fits.found >= held.fits.extra


def _albums(on: Shelf, more: Shelf, here: Iterable[str]) -> Iterator[Lacking]:
    """Give the albums of which nothing is here; `more` has the editions of any status."""
    for group in on.groups.values():
        if group.id in here:
            continue
        others = more.editions.get(group.id, ())
        editions = on.editions.get(group.id) or [one for one in others if not one.status]
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
        key
        for _, track in places
        for key in (track.recording.id, title_keys.title_key(track.title))
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


def albums(here: Holdings, matches: Mapping[str, Match], archive: str) -> dict[str, Album]:
    """Say for each folder which album it is; the Cover Art Archive is named by its URL."""
    found: dict[str, Album] = {}
    for one in here.held:
        for place in (owned.place for owned in one.owned):
            found[place] = _album(one, matches.get(place), archive)
    for place in here.unknown:
        found[place] = Album(match=matches[place].sure.value if place in matches else "")
    return found


def _album(held: Held, match: Match | None, archive: str) -> Album:
    """Tell of an album; where editions tie, of what their release group is."""
    group = held.group
    told = Album(
        match=match.sure.value if match else "",
        release_group=group.id,
        title=group.title,
        first_release_date=group.first_release_date or "",
    )
    if match is None or match.group is None:
        return told
    has_front = any(one.cover_art_archive.front for one in match.releases)
    kind, mbid = ("release", match.release.id) if match.release else ("release-group", group.id)
    cover = f"{archive}/{kind}/{mbid}/front" if has_front else ""
    if match.release is None:
        tied = tuple(one.id for one in match.releases)
        return structs.replace(told, tied=tied, cover_art_url=cover)
    return structs.replace(
        told,
        release=match.release.id,
        title=match.release.title,
        date=match.release.date or "",
        cover_art_url=cover,
    )
