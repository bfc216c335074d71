"""Whether a track is certainly the recording that it was paired with.

That an album is certain does not make each of its tracks so: where titles do not tell them apart,
two songs of nearly one length may have changed places, and nobody would ever find it.
"""

from __future__ import annotations

from collections.abc import Sequence

from mediakeep.music.matching.evidence import Heard
from mediakeep.music.matching.shapes import Shape, Slot

_OTHER, _MISSPELT = 0.5, 0.75  # titles that differ by more are of two songs: perhaps, and surely
_ALIKE = 0.2  # another title that is nearer by less does not tell them apart
_FAR = 6.0  # seconds: another take, or one that is cut off
_NEAR, _BESIDE = 2.0, 3.0  # by lengths alone, and where the number agrees
_ALONE = 8.0  # seconds by which every other length is further off


def of(one: Heard, shape: Shape, slot: int, wordings: Sequence[float]) -> bool:
    """Tell whether a track is that of a slot, given how its title differs from those of all.

    Identifiers tell it, or a title that no other slot has; else number and length together; else a
    length that stands alone.
    """
    there, wording = shape.slots[slot], wordings[slot]
    if is_recording(one, there):
        return True
    apart = abs(one.seconds - there.seconds) if one.seconds and there.seconds else -1.0
    if apart > _FAR or wording > _MISSPELT:
        return False
    if wording > _OTHER:
        return is_in_place(one, there) and 0 <= apart <= _NEAR
    rivals = [
        other
        for number, other in enumerate(shape.slots)
        if number != slot and (wording < 0 or 0 <= wordings[number] <= wording + _ALIKE)
    ]
    if not rivals:
        return True
    if apart < 0:
        return wording >= 0 and is_in_place(one, there)
    if is_in_place(one, there):
        return apart <= _BESIDE
    return not one.position and apart <= _NEAR and _is_alone(one, rivals, apart)


def _is_alone(one: Heard, rivals: Sequence[Slot], apart: float) -> bool:
    """Tell whether the lengths of all others are much further off."""
    return all(
        other.seconds and abs(one.seconds - other.seconds) >= apart + _ALONE for other in rivals
    )


def is_in_place(one: Heard, slot: Slot) -> bool:
    """Tell whether a track stands where the release has it; discs may be counted through."""
    if not one.position:
        return False
    if one.disc in (0, slot.disc) and one.position == slot.position:
        return True
    return one.disc < 2 and one.position == slot.place


def is_recording(one: Heard, slot: Slot) -> bool:
    """Tell whether a track bears the MBID or an ISRC of a recording."""
    return slot.recording in one.recordings or not one.isrcs.isdisjoint(slot.isrcs)
