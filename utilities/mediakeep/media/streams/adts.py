"""AAC outside of any container, after ISO/IEC 14496-3 (1.A.2, ADTS) and 13818-7 (ADIF)."""

from __future__ import annotations

from mediakeep.media.anatomy import Anatomy, Info
from mediakeep.media.dialects import margins
from mediakeep.media.evidence import Sound
from mediakeep.media.layouts.descriptors import CHANNELS, RATES
from mediakeep.media.source import ReadAt, Source

_SAMPLES = 1024  # of a block; a frame holds one or more
_LOOKED_AT = 200  # frames whose sizes tell the bitrate
_FEWEST = 3

essence = margins.essence


def read(source: Source) -> Anatomy:
    """Read the first frames, whose mean tells the length; ValueError where there are too few."""
    audio = margins.between(source)
    if source.read(audio.start, 4) == b"ADIF":
        return Anatomy(info=Info(), blocks=margins.blocks(source))
    rate, channels, samples, size = _looked_at(source.within(*audio))
    info = Info(
        length=audio.size / size * samples / rate,
        bitrate=round(size * 8 * rate / samples),
        sample_rate=rate,
        channels=channels,
    )
    return Anatomy(info=info, blocks=margins.blocks(source))


def examine(source: Source) -> Sound:
    """Tell the size alone: nothing in a bare row of frames tells how many there should be."""
    return Sound(margins.between(source).size)


def _looked_at(read_at: ReadAt) -> tuple[int, int, int, int]:
    """Walk some frames; return the rate, the channels, and the samples and bytes of all."""
    first, place, samples = read_at(0, 7), 0, 0
    for _ in range(_LOOKED_AT):
        head = read_at(place, 7)
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5 if len(head) == 7 else 0
        if size < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] != first[2]:
            break
        samples += _SAMPLES * ((head[6] & 3) + 1)
        place += size
    if samples < _FEWEST * _SAMPLES:
        raise ValueError("too few frames")
    channels = CHANNELS[(first[2] & 1) << 2 | first[3] >> 6]
    return RATES[first[2] >> 2 & 15], channels, samples, place
