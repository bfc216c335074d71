"""Releases grouped by tracklist: editions with exactly the same tracks are compared once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from mediakeep.lookups.catalogue import Credit, Release
from mediakeep.music.checks import letters
from mediakeep.music.discography import fit
from mediakeep.music.matching import evidence, titles
from mediakeep.music.matching.titles import Title


class Slot(msgspec.Struct, frozen=True):
    """A track of a release; `overall_position` counts through all media."""

    title: Title
    seconds: float
    disc: int
    position: int
    place: int
    artists: frozenset[str]
    recording: str
    isrcs: frozenset[str]


class Shape(msgspec.Struct, frozen=True):
    """A list of tracks, and the releases that have it."""

    slots: tuple[Slot, ...]
    releases: tuple[Release, ...]
    titles: frozenset[str]  # title keys of the releases and their groups
    mbids: frozenset[str]  # MBIDs of both
    keys: frozenset[str]
    recordings: frozenset[str]
    isrcs: frozenset[str]
    seconds: tuple[float, ...]  # shortest first
    several: bool
    free: frozenset[str]  # version kinds that titles need not name, as on a live album


_IMPLIED = {
    "Live": "live",
    "Remix": "remix",
    "DJ-mix": "remix",
    "Demo": "demo",
}  # by secondary type of the group


def made(releases: Iterable[Release]) -> list[Shape]:
    """Group releases with the same tracks; those without group or tracks are left out.

    Videos and data tracks do not count: see `audio_tracks`.
    """
    by_signature: dict[object, list[Release]] = {}
    for release in {item.id: item for item in releases if item.release_group}.values():
        tracks = fit.listed(release)
        artist_ids = tuple(item.artist.id for item in release.artist_credit)
        signature = (
            artist_ids,
            _implied(release),
            tuple(
                (track.title, track.length, medium.position, track.position, track.recording.id)
                for medium, track in tracks
            ),
        )
        if tracks:
            by_signature.setdefault(signature, []).append(release)
    return [_shape(releases_) for releases_ in by_signature.values()]


def _shape(releases: Sequence[Release]) -> Shape:
    slots, several = _slots(releases[0])
    groups = [item.release_group for item in releases if item.release_group]
    names = {item.title for item in releases} | {item.title for item in groups}
    return Shape(
        slots=slots,
        releases=tuple(releases),
        titles=frozenset(titles.parsed(text).key for text in names if text),
        mbids=frozenset(item.id for item in releases).union(item.id for item in groups),
        keys=frozenset(slot.title.key for slot in slots),
        recordings=frozenset(slot.recording for slot in slots),
        isrcs=frozenset[str]().union(*(slot.isrcs for slot in slots)),
        seconds=tuple(sorted(slot.seconds for slot in slots if slot.seconds)),
        several=several,
        free=_implied(releases[0]),
    )


def _slots(release: Release) -> tuple[tuple[Slot, ...], bool]:
    """Return the tracks of a release, and whether any is by another artist than the release."""
    release_artists = frozenset(artist.artist.id for artist in release.artist_credit)
    slots, has_several_artists = [], False
    for place, (medium, track) in enumerate(fit.listed(release), 1):
        credit = track.artist_credit or track.recording.artist_credit
        has_several_artists = has_several_artists or bool(
            credit and release_artists.isdisjoint(artist.artist.id for artist in credit)
        )
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
    return tuple(slots), has_several_artists


def _implied(release: Release) -> frozenset[str]:
    kinds = release.release_group.secondary_types if release.release_group else ()
    return frozenset(_IMPLIED[kind] for kind in kinds if kind in _IMPLIED)


def names(credited: Iterable[Credit]) -> frozenset[str]:
    """Return all normalized names of the credited artists."""
    credited = tuple(credited)
    texts = {"".join(credit.name + credit.joinphrase for credit in credited)} | {
        text
        for credit in credited
        for text in (credit.name, credit.artist.name, credit.artist.sort_name, *_aliases(credit))
        if text
    }
    return frozenset(filter(None, map(letters.loose, texts)))


def _aliases(credit: Credit) -> Iterable[str]:
    return (alias.name for alias in credit.artist.aliases)
