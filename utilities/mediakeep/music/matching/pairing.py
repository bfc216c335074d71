"""Tracks here paired with those of a release, as cheaply as that can be."""

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

_REMEMBERED = 512  # titles, each with those of one shape

Row: TypeAlias = "array[float]"  # of each slot; a box set may have thousands


class Paired(msgspec.Struct, frozen=True):
    """The slot of each track here, -1 for one that the release does not have, and what it costs."""

    slots: tuple[int, ...]
    costs: tuple[float, ...]  # 1 where there is no slot
    wordings: tuple[float, ...]  # how much the titles differ, -1 where that is not known
    apart: tuple[float, ...]  # seconds by which the lengths differ, -1 where that is not known
    sure: tuple[bool, ...]  # whether each is certainly that recording
    unread: frozenset[int]  # slots of files that cannot be read, by their names
    identified: int  # tracks whose MBID or ISRC is that of the recording

    @property
    def count(self) -> int:
        """How many tracks have a slot."""
        return sum(slot >= 0 for slot in self.slots)


class Far(dict[str, float]):
    """The distances of the letters of a title from others, but for those that have little alike."""

    def __missing__(self, title: str) -> float:
        return 1.0


class Letters:
    """The distances of the letters of titles, of which the last ones are remembered."""

    def __init__(self) -> None:
        self._far = lru_cache(maxsize=_REMEMBERED)(_far)

    def of(self, key: str, others: Iterable[str]) -> Far:
        """Return the distances of a title from others; those beyond `titles.FAR` are 1."""
        return self._far(key, frozenset(others))


def _far(key: str, others: frozenset[str]) -> Far:
    if others == {key}:
        return Far({key: 0.0})
    from rapidfuzz import process  # only here: loading it takes its time
    from rapidfuzz.distance import Levenshtein

    found = process.extract(
        key,
        others,
        scorer=Levenshtein.normalized_distance,
        processor=None,
        limit=None,
        score_cutoff=titles.FAR,
    )
    return Far((other, apart) for other, apart, _ in found)


def of(here: Here, shape: Shape, weights: Weights, letters: Letters) -> Paired:
    """Pair the tracks of an album with those of a shape."""
    rows = [_row(one, shape, weights, letters) for one in here.tracks]
    slots = assignment.cheapest([costs for costs, _ in rows], weights.reject)
    pairs = list(zip(here.tracks, rows, slots, strict=True))
    return Paired(
        slots=tuple(slots),
        costs=tuple(costs[slot] if slot >= 0 else 1.0 for _, (costs, _), slot in pairs),
        wordings=tuple(told[slot] if slot >= 0 else -1.0 for _, (_, told), slot in pairs),
        apart=tuple(_apart(one, shape.slots, slot) for one, _, slot in pairs),
        sure=tuple(
            slot >= 0 and certainty.of(one, shape, slot, told) for one, (_, told), slot in pairs
        ),
        unread=frozenset(_unread(here, shape, slots)),
        identified=sum(
            slot >= 0 and certainty.is_recording(one, shape.slots[slot]) for one, _, slot in pairs
        ),
    )


def _unread(here: Here, shape: Shape, slots: Sequence[int]) -> Iterator[int]:
    """Give the slots that are left for files which cannot be read, but named so."""
    free = [slot for slot in range(len(shape.slots)) if slot not in slots]
    for one in here.unread:
        for number in free:
            slot = shape.slots[number]
            if one.title.key == slot.title.key if one.title else certainty.is_in_place(one, slot):
                free.remove(number)
                yield number
                break


def _apart(one: Heard, slots: Sequence[Slot], slot: int) -> float:
    if slot < 0 or not (one.seconds and slots[slot].seconds):
        return -1.0
    return abs(one.seconds - slots[slot].seconds)


def _row(one: Heard, shape: Shape, weights: Weights, letters: Letters) -> tuple[Row, Row]:
    """Return what a track costs with each slot, and how much the titles differ, -1 if unknown."""
    title = one.title
    near = letters.of(title.key, shape.keys) if title else Far()
    known: dict[titles.Title, float] = {}
    costs, wordings = array("d"), array("d")
    for slot in shape.slots:
        wording = -1.0
        if title and title.latin == slot.title.latin:  # else one of them was transliterated
            if slot.title not in known:
                apart = near[slot.title.key]
                known[slot.title] = titles.distance(title, slot.title, apart, weights, shape.free)
            wording = known[slot.title]
        costs.append(_cost(one, slot, wording, weights, several=shape.several))
        wordings.append(wording)
    return costs, wordings


def _cost(one: Heard, slot: Slot, wording: float, weights: Weights, *, several: bool) -> float:
    """Weigh all that is known of both; what is not known is neither for nor against them."""
    weight, sum_ = weights.title, weights.title * wording
    if wording < 0:
        weight = weights.title * weights.untold
        sum_ = weight / 2
    if one.seconds and slot.seconds:
        weight += weights.length
        apart = (one.seconds - slot.seconds) / weights.sigma
        sum_ += weights.length * (1 - math.exp(-apart * apart / 2))
    else:
        weight += weights.length * weights.untold
        sum_ += weights.length * weights.untold / 2
    if one.position:
        weight += weights.position
        sum_ += 0 if certainty.is_in_place(one, slot) else weights.position
    if several and one.artists:
        weight += weights.performer
        sum_ += weights.performer if one.artists.isdisjoint(slot.artists) else 0
    if one.recordings:
        weight += weights.recording
        sum_ += 0 if slot.recording in one.recordings else weights.recording
    elif one.isrcs and not one.isrcs.isdisjoint(slot.isrcs):
        weight += weights.recording
    return sum_ / weight
