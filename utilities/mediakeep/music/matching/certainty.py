"""Whether a track is certainly the recording that it was assigned to.

A certain album does not make each of its tracks certain: if titles do not distinguish them, two
songs of similar length may be swapped unnoticed.
"""

from __future__ import annotations

from collections.abc import Sequence

from mediakeep.music.matching.evidence import Heard
from mediakeep.music.matching.shapes import Shape, Slot

_OTHER, _MISSPELT = 0.5, 0.75  # titles that differ by more are possibly, or certainly, two songs
_ALIKE = 0.2  # two titles whose distances differ by less are not distinguished
_FAR = 6.0  # seconds: beyond it, another take or a truncated one
_NEAR, _BESIDE = 2.0, 3.0  # seconds: by length alone, and if the position agrees
_ALONE = 8.0  # seconds by which all other lengths must differ more


def of(track: Heard, shape: Shape, slot: int, title_distances: Sequence[float]) -> bool:
    """Return whether a track is certainly that of a tracklist entry; with its title distances.

    It is if identifiers say so, or a title that no other entry has; else if position and length
    agree; else if no other length is near.
    """
    entry, title_distance = shape.slots[slot], title_distances[slot]
    if is_recording(track, entry):
        return True
    length_difference = (
        abs(track.seconds - entry.seconds) if track.seconds and entry.seconds else -1.0
    )
    if length_difference > _FAR or title_distance > _MISSPELT:
        return False
    if title_distance > _OTHER:
        return is_in_place(track, entry) and 0 <= length_difference <= _NEAR
    rivals = [
        other
        for number, other in enumerate(shape.slots)
        if number != slot
        and (title_distance < 0 or 0 <= title_distances[number] <= title_distance + _ALIKE)
    ]
    if not rivals:
        return True
    if length_difference < 0:
        return title_distance >= 0 and is_in_place(track, entry)
    if is_in_place(track, entry):
        return length_difference <= _BESIDE
    return (
        not track.position
        and length_difference <= _NEAR
        and _is_alone(track, rivals, length_difference)
    )


def _is_alone(track: Heard, rivals: Sequence[Slot], length_difference: float) -> bool:
    """Return whether the lengths of all other entries differ much more."""
    return all(
        other.seconds and abs(track.seconds - other.seconds) >= length_difference + _ALONE
        for other in rivals
    )


def is_in_place(track: Heard, slot: Slot) -> bool:
    """Return whether a track is at its position on the release; discs may be numbered through."""
    if not track.position:
        return False
    if track.disc in (0, slot.disc) and track.position == slot.position:
        return True
    return track.disc < 2 and track.position == slot.place


def is_recording(track: Heard, slot: Slot) -> bool:
    """Return whether a track has the MBID or an ISRC of a recording."""
    return slot.recording in track.recordings or not track.isrcs.isdisjoint(slot.isrcs)
