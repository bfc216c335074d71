"""Tracks here paired with those of a release, as cheaply as that can be."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mediakeep.music.matching import assignment, titles
from mediakeep.music.matching.evidence import Heard, Here
from mediakeep.music.matching.shapes import Shape, Slot
from mediakeep.music.matching.weights import Weights


class Paired(msgspec.Struct, frozen=True):
    """The slot of each track here, -1 for one that the release does not have, and what it costs."""

    slots: tuple[int, ...]
    costs: tuple[float, ...]  # 1 where there is no slot
    wordings: tuple[float, ...]  # how much the titles differ, -1 where that is not known
    apart: tuple[float, ...]  # seconds by which the lengths differ, -1 where that is not known
    unread: frozenset[int]  # slots of files that cannot be read, by their names
    identified: int  # tracks whose MBID or ISRC is that of the recording

    @property
    def count(self) -> int:
        """How many tracks have a slot."""
        return sum(slot >= 0 for slot in self.slots)


class Letters:
    """The distances of the letters of titles, each reckoned once."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, float]] = {}

    def of(self, key: str, others: Iterable[str]) -> dict[str, float]:
        """Return the distances of a title from others, and perhaps more."""
        known = self._known.setdefault(key, {key: 0.0})
        if new := [other for other in others if other not in known]:
            from rapidfuzz import process  # only here: loading it takes its time
            from rapidfuzz.distance import Levenshtein

            far = process.extract(
                key, new, scorer=Levenshtein.normalized_distance, processor=None, limit=None
            )
            known.update((other, apart) for other, apart, _ in far)
        return known


def of(here: Here, shape: Shape, weights: Weights, letters: Letters) -> Paired:
    """Pair the tracks of an album with those of a shape."""
    rows = [_row(one, shape, weights, letters) for one in here.tracks]
    costs = [[cost for cost, _ in row] for row in rows]
    slots = assignment.cheapest(costs, weights.reject)
    pairs = list(zip(here.tracks, rows, slots, strict=True))
    return Paired(
        slots=tuple(slots),
        costs=tuple(row[slot][0] if slot >= 0 else 1.0 for _, row, slot in pairs),
        wordings=tuple(row[slot][1] if slot >= 0 else -1.0 for _, row, slot in pairs),
        apart=tuple(_apart(one, shape.slots, slot) for one, _, slot in pairs),
        unread=frozenset(_unread(here, shape, slots)),
        identified=sum(
            slot >= 0 and is_recording(one, shape.slots[slot]) for one, _, slot in pairs
        ),
    )


def _unread(here: Here, shape: Shape, slots: Sequence[int]) -> Iterator[int]:
    """Give the slots that are left for files which cannot be read, but named so."""
    free = [slot for slot in range(len(shape.slots)) if slot not in slots]
    for one in here.unread:
        for number in free:
            slot = shape.slots[number]
            if one.title.key == slot.title.key if one.title else is_in_place(one, slot):
                free.remove(number)
                yield number
                break


def is_in_place(one: Heard, slot: Slot) -> bool:
    """Tell whether a track stands where the release has it; discs may be counted through."""
    if one.disc in (0, slot.disc) and one.position == slot.position:
        return True
    return one.disc < 2 and one.position == slot.place


def is_recording(one: Heard, slot: Slot) -> bool:
    """Tell whether a track bears the MBID or an ISRC of a recording."""
    return slot.recording in one.recordings or not one.isrcs.isdisjoint(slot.isrcs)


def _apart(one: Heard, slots: Sequence[Slot], slot: int) -> float:
    if slot < 0 or not (one.seconds and slots[slot].seconds):
        return -1.0
    return abs(one.seconds - slots[slot].seconds)


def _row(one: Heard, shape: Shape, weights: Weights, letters: Letters) -> list[tuple[float, float]]:
    """Return what a track costs with each slot, and how much the titles differ, -1 if unknown."""
    title = one.title
    near = letters.of(title.key, shape.keys) if title else {}
    known: dict[titles.Title, float] = {}
    row = []
    for slot in shape.slots:
        wording = -1.0
        if title and title.latin == slot.title.latin:  # else one of them was transliterated
            if slot.title not in known:
                apart = near[slot.title.key]
                known[slot.title] = titles.distance(title, slot.title, apart, weights, shape.free)
            wording = known[slot.title]
        row.append((_cost(one, slot, wording, weights, several=shape.several), wording))
    return row


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
        sum_ += 0 if is_in_place(one, slot) else weights.position
    if several and one.artists:
        weight += weights.performer
        sum_ += weights.performer if one.artists.isdisjoint(slot.artists) else 0
    if one.recordings:
        weight += weights.recording
        sum_ += 0 if slot.recording in one.recordings else weights.recording
    elif one.isrcs and not one.isrcs.isdisjoint(slot.isrcs):
        weight += weights.recording
    return sum_ / weight
