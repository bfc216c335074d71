"""Silence as AAC-LC (ISO/IEC 14496-3): frames without coefficients."""

from __future__ import annotations

from functools import cache

from mediakeep.rehearsal.films.bits import Bits

HERTZ = 48_000

_LOW_COMPLEXITY, _RATE = 2, 3  # object type; 48,000 Hz
_SINGLE, _PAIR, _LOW, _END = 0, 1, 3, 7
_ELEMENTS = {  # by number of channels, in the order of table 1.19
    1: (_SINGLE,),
    2: (_PAIR,),
    3: (_SINGLE, _PAIR),
    4: (_SINGLE, _PAIR, _SINGLE),
    5: (_SINGLE, _PAIR, _PAIR),
    6: (_SINGLE, _PAIR, _PAIR, _LOW),
    8: (_SINGLE, _PAIR, _PAIR, _PAIR, _LOW),
}
_SILENT = "0" * 8 + "0" * 11 + "000"  # gain; ics_info without bands; no pulses, TNS or gain control


def config(channels: int) -> bytes:
    """Return the AudioSpecificConfig of 1 to 6 or 8 channels."""
    layout = 7 if channels == 8 else channels
    return Bits().put(_LOW_COMPLEXITY, 5).put(_RATE, 4).put(layout, 4).put(0, 3).padded()


@cache
def frame(channels: int) -> bytes:
    """Return a silent frame."""
    bits, seen = Bits(), dict.fromkeys((_SINGLE, _PAIR, _LOW), 0)
    for element in _ELEMENTS[channels]:
        bits.put(element, 3).put(seen[element], 4)
        seen[element] += 1
        bits.raw("0" + _SILENT * 2 if element == _PAIR else _SILENT)
    return bits.put(_END, 3).padded()
