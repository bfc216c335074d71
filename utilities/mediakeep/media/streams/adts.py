"""AAC without a container, after ISO/IEC 14496-3 (1.A.2, ADTS) and 13818-7 (ADIF)."""

from __future__ import annotations

from mediakeep.media.anatomy import Anatomy, Info
from mediakeep.media.dialects import margins
from mediakeep.media.evidence import Sound
from mediakeep.media.layouts.descriptors import CHANNELS, RATES
from mediakeep.media.source import ReadAt, Source

_SAMPLES = 1024  # per block; a frame has 1 to 4 blocks
_LOOKED_AT = 200  # frames; their mean size gives the bitrate
_FEWEST = 3

essence = margins.essence


def read(source: Source) -> Anatomy:
    """Estimate the length from the first frames; raise ValueError if there are too few."""
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
    """Return the size only: plain ADTS frames do not declare how many there should be."""
    return Sound(margins.between(source).size)


def _looked_at(read_at: ReadAt) -> tuple[int, int, int, int]:
    """Read some frames; return sample rate, channels, and their total samples and bytes."""
    first, offset, samples = read_at(0, 7), 0, 0
    for _ in range(_LOOKED_AT):
        head = read_at(offset, 7)
        size = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5 if len(head) == 7 else 0
        if size < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] != first[2]:
            break
        samples += _SAMPLES * ((head[6] & 3) + 1)
        offset += size
    if samples < _FEWEST * _SAMPLES:
        raise ValueError("too few frames")
    channels = CHANNELS[(first[2] & 1) << 2 | first[3] >> 6]
    return RATES[first[2] >> 2 & 15], channels, samples, offset
