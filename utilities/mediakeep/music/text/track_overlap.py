"""Find which tracks of a release are owned, by MBIDs in the tags or by equal titles."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Sequence

import msgspec

from mediakeep.lookups.musicbrainz.model import Medium, Release
from mediakeep.lookups.musicbrainz.model import Track as Listed
from mediakeep.music.model import Track
from mediakeep.music.text import compare_text, title_keys

MediumTrack = tuple[Medium, Listed]

_NUMBER_PREFIX = re.compile(r"^(\d{1,3}[-.])?\d{1,3}[\s._-]+")  # the number in "1-07 - Title.mp3"
_SILENT_TITLES = frozenset({"[data track]", "[silence]"})
_VIDEO_FORMATS = ("DVD-Video", "Blu-ray", "VHS", "LaserDisc", "VCD", "SVCD")  # video media


class TrackKey(msgspec.Struct, frozen=True):
    """The facts by which a local track is recognized: MBIDs, title keys and position."""

    ids: tuple[str, ...]  # MBIDs of the recording and of the release track
    title: str  # title key, or "" if it has no title
    base: str  # key of title or file name, without trailing brackets
    disc: int  # 0 if unknown
    position: int
    name: str = ""  # title or file name, without trailing brackets
    seconds: float = 0.0  # 0 if unknown


class TrackOverlap(msgspec.Struct, frozen=True):
    """How local tracks fit a release: missing tracks, and the numbers of found and extra ones."""

    missing: tuple[MediumTrack, ...]
    found_count: int
    extra_count: int  # local tracks that are not on the release

    @property
    def distance(self) -> tuple[int, int]:
        """A sort key, lowest for the best fit: fewest missing and extra tracks, most found."""
        return len(self.missing) + self.extra_count, -self.found_count


def build_track_key(track: Track) -> TrackKey:
    """Return the facts by which a local track is recognized."""
    tags = track.tags
    mbids = (*tags.musicbrainz_recordingid, *tags.musicbrainz_trackid)
    title = compare_text.first_text(tags.title)
    name = title or _NUMBER_PREFIX.sub("", track.name.rpartition(".")[0])
    return TrackKey(
        ids=tuple(mbid.strip().lower() for mbid in mbids),
        title=title_keys.title_key(title),
        base=title_keys.base_title_key(name),
        disc=_parse_number(tags.disc),
        position=_parse_number(tags.track),
        name=title_keys.base_title(name),
        seconds=track.facts.duration if track.facts else 0.0,
    )


def audio_tracks(release: Release) -> list[MediumTrack]:
    """Return the audio tracks of a release, without videos and data tracks."""
    return [
        (medium, track)
        for medium, track in release.tracks
        if not track.recording.video
        and track.title not in _SILENT_TITLES
        and not (medium.format or "").startswith(_VIDEO_FORMATS)
    ]


def is_credited_to(medium_track: MediumTrack, release: Release, artist: str) -> bool:
    """Return whether an artist, given as MBID, is credited for a track or its whole release."""
    track = medium_track[1]
    artist_credit = track.artist_credit or track.recording.artist_credit
    return artist in {credit.artist.id for credit in (*artist_credit, *release.artist_credit)}


def select_common_tracks(lists: Sequence[Sequence[MediumTrack]]) -> tuple[MediumTrack, ...]:
    """Return the tracks of the first list that are in every list, by recording or by title."""
    first, *others = lists
    keys = [track_keys(other) for other in others]
    return tuple(
        track for track in first if not any(found.isdisjoint(track_keys([track])) for found in keys)
    )


def track_keys(medium_tracks: Iterable[MediumTrack]) -> set[str]:
    """Return the recording MBIDs and title keys of tracks, to compare them."""
    return {
        key
        for _, track in medium_tracks
        for key in (track.recording.id, title_keys.title_key(track.title))
        if key
    }


def match_tracks(tracks: Sequence[TrackKey], release: Release) -> TrackOverlap:
    """Pair local tracks with the tracks of a release, each at most once."""
    unmatched, unused = audio_tracks(release), list(tracks)
    count = len(unmatched)
    for local_keys, release_keys in _MATCHING_METHODS:
        unmatched, unused = _pair_by_common_key(unmatched, unused, local_keys, release_keys)
    return TrackOverlap(tuple(unmatched), count - len(unmatched), len(unused))


LookupKeys = Iterable[Hashable]

_MATCHING_METHODS: tuple[
    tuple[Callable[[TrackKey], LookupKeys], Callable[[MediumTrack], LookupKeys]], ...
] = (
    (lambda one: one.ids, lambda place: (place[1].id, place[1].recording.id)),
    (  # tracks with equal titles are distinguished by position
        lambda one: ((one.title, one.disc or 1, one.position),) if one.title else (),
        lambda place: (
            (title_keys.title_key(place[1].title), place[0].position, place[1].position),
        ),
    ),
    (lambda one: filter(None, (one.title,)), lambda place: (title_keys.title_key(place[1].title),)),
    (
        lambda one: filter(None, (one.base,)),
        lambda place: (title_keys.base_title_key(place[1].title),),
    ),
    (  # an untitled track may be the one missing at its position
        lambda one: () if one.title or not one.position else ((one.disc or 1, one.position),),
        lambda place: ((place[0].position, place[1].position),),
    ),
)


def _pair_by_common_key(
    medium_tracks: list[MediumTrack],
    tracks: list[TrackKey],
    track_keys: Callable[[TrackKey], LookupKeys],
    place_keys: Callable[[MediumTrack], LookupKeys],
) -> tuple[list[MediumTrack], list[TrackKey]]:
    """Pair local tracks and release tracks that share a key; return the unpaired ones of both."""
    if not (medium_tracks and tracks):
        return medium_tracks, tracks
    waiting: dict[Hashable, list[int]] = {}
    for number, place in enumerate(medium_tracks):
        for key in place_keys(place):
            waiting.setdefault(key, []).append(number)
    used: set[int] = set()
    unused = []
    for track in tracks:
        candidates = (
            index
            for key in track_keys(track)
            for index in waiting.get(key, ())
            if index not in used
        )
        number = next(candidates, -1)
        if number < 0:
            unused.append(track)
        else:
            used.add(number)
    return [place for number, place in enumerate(medium_tracks) if number not in used], unused


def _parse_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 5 else 0
