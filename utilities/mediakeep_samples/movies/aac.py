"""Silence as AAC-LC (ISO/IEC 14496-3): frames without coefficients."""

from __future__ import annotations

from functools import cache

from mediakeep_samples.movies.bit_writer import BitWriter

SAMPLE_RATE = 48_000

_LOW_COMPLEXITY, _RATE = 2, 3  # object type; 48,000 Hz
_SINGLE, _CHANNEL_PAIR, _LOW_FREQUENCY, _END = 0, 1, 3, 7
_ELEMENTS_BY_CHANNELS = {  # by number of channels, in the order of table 1.19
    1: (_SINGLE,),
    2: (_CHANNEL_PAIR,),
    3: (_SINGLE, _CHANNEL_PAIR),
    4: (_SINGLE, _CHANNEL_PAIR, _SINGLE),
    5: (_SINGLE, _CHANNEL_PAIR, _CHANNEL_PAIR),
    6: (_SINGLE, _CHANNEL_PAIR, _CHANNEL_PAIR, _LOW_FREQUENCY),
    8: (_SINGLE, _CHANNEL_PAIR, _CHANNEL_PAIR, _CHANNEL_PAIR, _LOW_FREQUENCY),
}
_SILENT_CHANNEL = (
    "0" * 8 + "0" * 11 + "000"
)  # gain; ics_info without bands; no pulses, TNS or gain control


def audio_config(channels: int) -> bytes:
    """Return the AudioSpecificConfig of 1 to 6 or 8 channels."""
    layout = 7 if channels == 8 else channels
    return BitWriter().put(_LOW_COMPLEXITY, 5).put(_RATE, 4).put(layout, 4).put(0, 3).to_bytes()


@cache
def silent_frame(channels: int) -> bytes:
    """Return a silent frame."""
    bits, seen = BitWriter(), dict.fromkeys((_SINGLE, _CHANNEL_PAIR, _LOW_FREQUENCY), 0)
    for element in _ELEMENTS_BY_CHANNELS[channels]:
        bits.put(element, 3).put(seen[element], 4)
        seen[element] += 1
        bits.put_bits("0" + _SILENT_CHANNEL * 2 if element == _CHANNEL_PAIR else _SILENT_CHANNEL)
    return bits.put(_END, 3).to_bytes()
