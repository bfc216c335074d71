"""Assign local tracks to the tracks of a release at minimum cost."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TypeAlias

import msgspec

from mediakeep.music.matching import assignment, certainty, titles
from mediakeep.music.matching.evidence import Heard, Here
from mediakeep.music.matching.shapes import Shape, Slot
from mediakeep.music.matching.weights import Weights

_REMEMBERED = 512  # cached titles, each with those of one tracklist

Row: TypeAlias = "array[float]"  # by tracklist entry; a box set may have thousands


class Paired(msgspec.Struct, frozen=True):
    """The entry of each local track, or -1 if the release lacks it, and the cost of the pair."""

    slots: tuple[int, ...]
    costs: tuple[float, ...]  # 1 if there is no entry
    wordings: tuple[float, ...]  # -1 if unknown
    apart: tuple[float, ...]  # seconds, -1 if unknown
    sure: tuple[bool, ...]  # whether each is certainly that recording
    unread: frozenset[int]  # entries of unreadable files, by file name
    identified: int  # tracks with the MBID or ISRC of the recording

    @property
    def count(self) -> int:
        """The number of assigned tracks."""
        return sum(slot >= 0 for slot in self.slots)


class Far(dict[str, float]):
    """Letter distances of a title from others; 1 for those that are not listed."""

    def __missing__(self, title: str) -> float:
        return 1.0


class Letters:
    """Caches the letter distances of the last titles."""

    def __init__(self) -> None:
        self._far = lru_cache(maxsize=_REMEMBERED)(_far)

    def of(self, key: str, others: Iterable[str]) -> Far:
        """Return the distances of a title from others; beyond MAX_LETTER_DISTANCE they are 1."""
        return self._far(key, frozenset(others))


def _far(key: str, others: frozenset[str]) -> Far:
    if others == {key}:
        return Far({key: 0.0})
    from rapidfuzz import process  # imported on demand: loading is slow
    from rapidfuzz.distance import Levenshtein

    similar = process.extract(
        key,
        others,
        scorer=Levenshtein.normalized_distance,
        processor=None,
        limit=None,
        score_cutoff=titles.FAR,
    )
    return Far((other, apart) for other, apart, _ in similar)


def of(album: Here, shape: Shape, weights: Weights, letters: Letters) -> Paired:
    """Assign the tracks of an album to those of a tracklist."""
    rows = [_row(track, shape, weights, letters) for track in album.tracks]
    slots = assignment.cheapest([costs for costs, _ in rows], weights.reject)
    pairs = list(zip(album.tracks, rows, slots, strict=True))
    return Paired(
        slots=tuple(slots),
        costs=tuple(costs[slot] if slot >= 0 else 1.0 for _, (costs, _), slot in pairs),
        wordings=tuple(
            title_distances[slot] if slot >= 0 else -1.0 for _, (_, title_distances), slot in pairs
        ),
        apart=tuple(_apart(track, shape.slots, slot) for track, _, slot in pairs),
        sure=tuple(
            slot >= 0 and certainty.of(track, shape, slot, title_distances)
            for track, (_, title_distances), slot in pairs
        ),
        unread=frozenset(_unread(album, shape, slots)),
        identified=sum(
            slot >= 0 and certainty.is_recording(track, shape.slots[slot])
            for track, _, slot in pairs
        ),
    )


def _unread(album: Here, shape: Shape, slots: Sequence[int]) -> Iterator[int]:
    """Yield the unassigned entries that match the names of unreadable files."""
    unassigned = [entry for entry in range(len(shape.slots)) if entry not in slots]
    for file in album.unread:
        for index in unassigned:
            entry = shape.slots[index]
            if (
                file.title.key == entry.title.key
                if file.title
                else certainty.is_in_place(file, entry)
            ):
                unassigned.remove(index)
                yield index
                break


def _apart(track: Heard, slots: Sequence[Slot], slot: int) -> float:
    if slot < 0 or not (track.seconds and slots[slot].seconds):
        return -1.0
    return abs(track.seconds - slots[slot].seconds)


def _row(track: Heard, shape: Shape, weights: Weights, letters: Letters) -> tuple[Row, Row]:
    """Return the cost of a track with each entry, and the title distances, -1 if unknown."""
    title = track.title
    letter_distances = letters.of(title.key, shape.keys) if title else Far()
    cached: dict[titles.Title, float] = {}
    costs, title_distances = array("d"), array("d")
    for slot in shape.slots:
        title_distance = -1.0
        if title and title.latin == slot.title.latin:  # otherwise one of them is transliterated
            if slot.title not in cached:
                apart = letter_distances[slot.title.key]
                cached[slot.title] = titles.distance(title, slot.title, apart, weights, shape.free)
            title_distance = cached[slot.title]
        costs.append(_cost(track, slot, title_distance, weights, several=shape.several))
        title_distances.append(title_distance)
    return costs, title_distances


def _cost(
    track: Heard, slot: Slot, title_distance: float, weights: Weights, *, several: bool
) -> float:
    """Weigh all known data of both tracks; unknown data is neutral."""
    weight, weighted_sum = weights.title, weights.title * title_distance
    if title_distance < 0:
        weight = weights.title * weights.untold
        weighted_sum = weight / 2
    if track.seconds and slot.seconds:
        weight += weights.length
        deviation = (track.seconds - slot.seconds) / weights.sigma
        weighted_sum += weights.length * (1 - math.exp(-deviation * deviation / 2))
    else:
        weight += weights.length * weights.untold
        weighted_sum += weights.length * weights.untold / 2
    if track.position:
        weight += weights.position
        weighted_sum += 0 if certainty.is_in_place(track, slot) else weights.position
    if several and track.artists:
        weight += weights.performer
        weighted_sum += weights.performer if track.artists.isdisjoint(slot.artists) else 0
    if track.recordings:
        weight += weights.recording
        weighted_sum += 0 if slot.recording in track.recordings else weights.recording
    elif track.isrcs and not track.isrcs.isdisjoint(slot.isrcs):
        weight += weights.recording
    return weighted_sum / weight
