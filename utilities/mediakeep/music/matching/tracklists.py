"""Group releases by tracklist, so that editions with the same tracks are compared once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from mediakeep.lookups.musicbrainz.model import ArtistCredit, Release
from mediakeep.music.matching import local_album, titles
from mediakeep.music.matching.titles import ParsedTitle
from mediakeep.music.text import compare_text, track_overlap


class TracklistEntry(msgspec.Struct, frozen=True):
    """A track of a release; `overall_position` is its number counted over all media."""

    title: ParsedTitle
    seconds: float
    disc: int
    position: int
    overall_position: int
    artists: frozenset[str]
    recording: str
    isrcs: frozenset[str]


class Tracklist(msgspec.Struct, frozen=True):
    """A list of tracks, with all releases that have exactly these tracks."""

    entries: tuple[TracklistEntry, ...]
    releases: tuple[Release, ...]
    titles: frozenset[str]  # title keys of the releases and their groups
    mbids: frozenset[str]  # MBIDs of both
    keys: frozenset[str]
    recordings: frozenset[str]
    isrcs: frozenset[str]
    seconds: tuple[float, ...]  # shortest first
    has_several_artists: bool
    implied_kinds: frozenset[str]  # version kinds that titles need not name, as on a live album


_KIND_BY_GROUP_TYPE = {
    "Live": "live",
    "Remix": "remix",
    "DJ-mix": "remix",
    "Demo": "demo",
}  # by secondary type of the group


def group_by_tracklist(releases: Iterable[Release]) -> list[Tracklist]:
    """Group releases with the same tracks; leave out those without release group or tracks.

    Videos and data tracks do not count.
    """
    by_signature: dict[object, list[Release]] = {}
    for release in {item.id: item for item in releases if item.release_group}.values():
        tracks = track_overlap.audio_tracks(release)
        artist_ids = tuple(item.artist.id for item in release.artist_credit)
        signature = (
            artist_ids,
            _implied_kinds(release),
            tuple(
                (track.title, track.length, medium.position, track.position, track.recording.id)
                for medium, track in tracks
            ),
        )
        if tracks:
            by_signature.setdefault(signature, []).append(release)
    return [_build_tracklist(releases_) for releases_ in by_signature.values()]


def _build_tracklist(releases: Sequence[Release]) -> Tracklist:
    slots, several = _build_entries(releases[0])
    groups = [item.release_group for item in releases if item.release_group]
    names = {item.title for item in releases} | {item.title for item in groups}
    return Tracklist(
        entries=slots,
        releases=tuple(releases),
        titles=frozenset(titles.parse_title(text).key for text in names if text),
        mbids=frozenset(item.id for item in releases).union(item.id for item in groups),
        keys=frozenset(slot.title.key for slot in slots),
        recordings=frozenset(slot.recording for slot in slots),
        isrcs=frozenset[str]().union(*(slot.isrcs for slot in slots)),
        seconds=tuple(sorted(slot.seconds for slot in slots if slot.seconds)),
        has_several_artists=several,
        implied_kinds=_implied_kinds(releases[0]),
    )


def _build_entries(release: Release) -> tuple[tuple[TracklistEntry, ...], bool]:
    """Return a release's tracks, and whether any is by another artist than the release."""
    release_artists = frozenset(artist.artist.id for artist in release.artist_credit)
    slots, has_several_artists = [], False
    for place, (medium, track) in enumerate(track_overlap.audio_tracks(release), 1):
        credit = track.artist_credit or track.recording.artist_credit
        has_several_artists = has_several_artists or bool(
            credit and release_artists.isdisjoint(artist.artist.id for artist in credit)
        )
        slots.append(
            TracklistEntry(
                title=titles.parse_title(track.title),
                seconds=(track.length or track.recording.length or 0) / 1000,
                disc=medium.position or 1,
                position=track.position,
                overall_position=place,
                artists=credited_names(credit or release.artist_credit),
                recording=track.recording.id,
                isrcs=frozenset(map(local_album.normalize_identifier, track.recording.isrcs)),
            )
        )
    return tuple(slots), has_several_artists


def _implied_kinds(release: Release) -> frozenset[str]:
    kinds = release.release_group.secondary_types if release.release_group else ()
    return frozenset(_KIND_BY_GROUP_TYPE[kind] for kind in kinds if kind in _KIND_BY_GROUP_TYPE)


def credited_names(credited: Iterable[ArtistCredit]) -> frozenset[str]:
    """Return all normalized names of the credited artists."""
    credited = tuple(credited)
    texts = {"".join(credit.name + credit.joinphrase for credit in credited)} | {
        text
        for credit in credited
        for text in (
            credit.name,
            credit.artist.name,
            credit.artist.sort_name,
            *(alias.name for alias in credit.artist.aliases),
        )
        if text
    }
    return frozenset(filter(None, map(compare_text.comparison_key, texts)))
