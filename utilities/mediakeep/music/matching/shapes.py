"""Releases as they are compared: editions with the very same tracks have one shape."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from mediakeep.lookups.catalogue import Credit, Release
from mediakeep.music.checks import letters
from mediakeep.music.discography import fit
from mediakeep.music.matching import evidence, titles
from mediakeep.music.matching.titles import Title


class Slot(msgspec.Struct, frozen=True):
    """A track of a release; `place` counts through all of its media."""

    title: Title
    seconds: float
    disc: int
    position: int
    place: int
    artists: frozenset[str]
    recording: str
    isrcs: frozenset[str]


class Shape(msgspec.Struct, frozen=True):
    """A list of tracks, and the releases that have it; `several` where they are by several."""

    slots: tuple[Slot, ...]
    releases: tuple[Release, ...]
    titles: frozenset[str]  # the keys of what they and their release groups are called
    mbids: frozenset[str]  # of both
    keys: frozenset[str]
    recordings: frozenset[str]
    isrcs: frozenset[str]
    seconds: tuple[float, ...]  # shortest first
    several: bool
    free: frozenset[str]  # kinds of versions that go without saying, as on a live album


_IMPLIED = {"Live": "live", "Remix": "remix", "DJ-mix": "remix", "Demo": "demo"}  # by types


def made(releases: Iterable[Release]) -> list[Shape]:
    """Put releases together that have the same tracks; those of no group and no track are left out.

    A film and a track of data are no tracks: see `fit.listed`.
    """
    found: dict[object, list[Release]] = {}
    for release in {one.id: one for one in releases if one.release_group}.values():
        listed = fit.listed(release)
        whose = tuple(one.artist.id for one in release.artist_credit)
        sign = (
            whose,
            _implied(release),
            tuple(
                (track.title, track.length, medium.position, track.position, track.recording.id)
                for medium, track in listed
            ),
        )
        if listed:
            found.setdefault(sign, []).append(release)
    return [_shape(some) for some in found.values()]


def _shape(releases: Sequence[Release]) -> Shape:
    slots, several = _slots(releases[0])
    groups = [one.release_group for one in releases if one.release_group]
    called = {one.title for one in releases} | {one.title for one in groups}
    return Shape(
        slots=slots,
        releases=tuple(releases),
        titles=frozenset(titles.parsed(text).key for text in called if text),
        mbids=frozenset(one.id for one in releases).union(one.id for one in groups),
        keys=frozenset(slot.title.key for slot in slots),
        recordings=frozenset(slot.recording for slot in slots),
        isrcs=frozenset[str]().union(*(slot.isrcs for slot in slots)),
        seconds=tuple(sorted(slot.seconds for slot in slots if slot.seconds)),
        several=several,
        free=_implied(releases[0]),
    )


def _slots(release: Release) -> tuple[tuple[Slot, ...], bool]:
    """Return the tracks of a release, and whether any is by somebody else than the release."""
    own = frozenset(one.artist.id for one in release.artist_credit)
    slots, several = [], False
    for place, (medium, track) in enumerate(fit.listed(release), 1):
        credit = track.artist_credit or track.recording.artist_credit
        several = several or bool(credit and own.isdisjoint(one.artist.id for one in credit))
        slots.append(
            Slot(
                title=titles.parsed(track.title),
                seconds=(track.length or track.recording.length or 0) / 1000,
                disc=medium.position or 1,
                position=track.position,
                place=place,
                artists=names(credit or release.artist_credit),
                recording=track.recording.id,
                isrcs=frozenset(map(evidence.number, track.recording.isrcs)),
            )
        )
    return tuple(slots), several


def _implied(release: Release) -> frozenset[str]:
    kinds = release.release_group.secondary_types if release.release_group else ()
    return frozenset(_IMPLIED[kind] for kind in kinds if kind in _IMPLIED)


def names(credited: Iterable[Credit]) -> frozenset[str]:
    """Return all names of those who are credited, as they are compared."""
    credited = tuple(credited)
    texts = {"".join(one.name + one.joinphrase for one in credited)} | {
        text
        for one in credited
        for text in (one.name, one.artist.name, one.artist.sort_name, *_aliases(one))
        if text
    }
    return frozenset(filter(None, map(letters.loose, texts)))


def _aliases(one: Credit) -> Iterable[str]:
    return (alias.name for alias in one.artist.aliases)
