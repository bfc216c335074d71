"""Pair local tracks with the tracks of a release at minimum total cost."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

import msgspec

from mediakeep.music.matching import hungarian, titles, track_certainty
from mediakeep.music.matching.local_album import LocalAlbum, LocalTrack
from mediakeep.music.matching.tracklists import Tracklist, TracklistEntry
from mediakeep.music.matching.weights import MatchingWeights

_CACHE_SIZE = 512  # cached titles, each with those of one tracklist

DistanceRow: TypeAlias = "array[float]"  # by tracklist entry; a box set may have thousands


class TrackAssignment(msgspec.Struct, frozen=True):
    """The index of the release's track for each local track, or -1, with the cost of each pair."""

    slots: tuple[int, ...]
    costs: tuple[float, ...]  # cost of each pair; 1 if there is no entry
    title_distances: tuple[float, ...]  # -1 if unknown
    length_differences: tuple[float, ...]  # seconds, -1 if unknown
    certain: tuple[bool, ...]  # whether each is certainly that recording
    unreadable_slots: frozenset[int]  # entries of unreadable files, by file name
    identified_count: int  # tracks with the MBID or ISRC of the recording

    @property
    def count(self) -> int:
        """The number of local tracks that are paired."""
        return sum(slot >= 0 for slot in self.slots)


class TitleDistances(dict[str, float]):
    """How much the letters of one title differ from other titles; 1 for titles not listed."""

    def __missing__(self, title: str) -> float:
        return 1.0


class TitleDistanceCache:
    """A cache of letter distances for the titles compared last."""

    def __init__(self) -> None:
        self._compute = lru_cache(maxsize=_CACHE_SIZE)(_compute_distances)

    def distances_from(self, key: str, others: Iterable[str]) -> TitleDistances:
        """Return the letter distance of a title from others; large distances are returned as 1."""
        return self._compute(key, frozenset(others))


def _compute_distances(key: str, others: frozenset[str]) -> TitleDistances:
    if others == {key}:
        return TitleDistances({key: 0.0})
    from rapidfuzz import process  # imported on demand: loading is slow
    from rapidfuzz.distance import Levenshtein

    similar = process.extract(
        key,
        others,
        scorer=Levenshtein.normalized_distance,
        processor=None,
        limit=None,
        score_cutoff=titles.MAX_LETTER_DISTANCE,
    )
    return TitleDistances((other, apart) for other, apart, _ in similar)


def assign_tracks(
    album: LocalAlbum,
    tracklist: Tracklist,
    weights: MatchingWeights,
    title_distance_cache: TitleDistanceCache,
) -> TrackAssignment:
    """Pair the tracks of an album with those of a tracklist."""
    rows = [_cost_row(track, tracklist, weights, title_distance_cache) for track in album.tracks]
    slots = hungarian.minimum_cost_assignment([costs for costs, _ in rows], weights.reject)
    pairs = list(zip(album.tracks, rows, slots, strict=True))
    return TrackAssignment(
        slots=tuple(slots),
        costs=tuple(costs[slot] if slot >= 0 else 1.0 for _, (costs, _), slot in pairs),
        title_distances=tuple(
            title_distances[slot] if slot >= 0 else -1.0 for _, (_, title_distances), slot in pairs
        ),
        length_differences=tuple(
            _length_difference(track, tracklist.entries, slot) for track, _, slot in pairs
        ),
        certain=tuple(
            slot >= 0 and track_certainty.is_certain_match(track, tracklist, slot, title_distances)
            for track, (_, title_distances), slot in pairs
        ),
        unreadable_slots=frozenset(_entries_of_unreadable_files(album, tracklist, slots)),
        identified_count=sum(
            slot >= 0 and track_certainty.has_same_recording(track, tracklist.entries[slot])
            for track, _, slot in pairs
        ),
    )


def _entries_of_unreadable_files(
    album: LocalAlbum, tracklist: Tracklist, rate_limit: Sequence[int]
) -> Iterator[int]:
    """Yield the index of each unpaired track of the release that an unreadable file's name fits."""
    unassigned = [entry for entry in range(len(tracklist.entries)) if entry not in rate_limit]
    for file in album.unreadable:
        for index in unassigned:
            entry = tracklist.entries[index]
            if (
                file.title.key == entry.title.key
                if file.title
                else track_certainty.is_at_position(file, entry)
            ):
                unassigned.remove(index)
                yield index
                break


def _length_difference(track: LocalTrack, rate_limit: Sequence[TracklistEntry], slot: int) -> float:
    if slot < 0 or not (track.seconds and rate_limit[slot].seconds):
        return -1.0
    return abs(track.seconds - rate_limit[slot].seconds)


def _cost_row(
    track: LocalTrack,
    tracklist: Tracklist,
    weights: MatchingWeights,
    title_distance_cache: TitleDistanceCache,
) -> tuple[DistanceRow, DistanceRow]:
    """Return for each track of the release the cost of a pair with a local track.

    The second result is the difference of the titles, or -1 if unknown.
    """
    title = track.title
    letter_distances = (
        title_distance_cache.distances_from(title.key, tracklist.keys)
        if title
        else TitleDistances()
    )
    cached: dict[titles.ParsedTitle, float] = {}
    costs, title_distances = array("d"), array("d")
    for slot in tracklist.entries:
        title_distance = -1.0
        # otherwise one of them is transliterated
        if title and title.is_latin == slot.title.is_latin:
            if slot.title not in cached:
                apart = letter_distances[slot.title.key]
                cached[slot.title] = titles.title_distance(
                    title, slot.title, apart, weights, tracklist.implied_kinds
                )
            title_distance = cached[slot.title]
        costs.append(
            _pair_cost(track, slot, title_distance, weights, several=tracklist.has_several_artists)
        )
        title_distances.append(title_distance)
    return costs, title_distances


def _pair_cost(
    track: LocalTrack,
    entry: TracklistEntry,
    title_distance: float,
    weights: MatchingWeights,
    *,
    several: bool,
) -> float:
    """Return the cost from 0 to 1 of pairing two tracks; unknown data are neutral."""
    weight, weighted_sum = weights.title, weights.title * title_distance
    if title_distance < 0:
        weight = weights.title * weights.untold
        weighted_sum = weight / 2
    if track.seconds and entry.seconds:
        weight += weights.length
        deviation = (track.seconds - entry.seconds) / weights.sigma
        weighted_sum += weights.length * (1 - math.exp(-deviation * deviation / 2))
    else:
        weight += weights.length * weights.untold
        weighted_sum += weights.length * weights.untold / 2
    if track.position:
        weight += weights.position
        weighted_sum += 0 if track_certainty.is_at_position(track, entry) else weights.position
    if several and track.artists:
        weight += weights.performer
        weighted_sum += weights.performer if track.artists.isdisjoint(entry.artists) else 0
    if track.recordings:
        weight += weights.recording
        weighted_sum += 0 if entry.recording in track.recordings else weights.recording
    elif track.isrcs and not track.isrcs.isdisjoint(entry.isrcs):
        weight += weights.recording
    return weighted_sum / weight
