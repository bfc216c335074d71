"""Formats with a sample count and APEv2 tags: Monkey's Audio, WavPack and Musepack."""

from __future__ import annotations

from msgspec import structs

from mediakeep.media.anatomy import Anatomy, Info
from mediakeep.media.dialects import margins
from mediakeep.media.source import Source


def anatomy(source: Source, samples: int, info: Info) -> Anatomy:
    """Combine a header and the surrounding tags; APEv2 is the native tag of the format."""
    length = samples / info.sample_rate if info.sample_rate else 0.0
    bitrate = round(margins.between(source).size * 8 / length) if length else 0
    blocks = sorted(margins.blocks(source), key=lambda block: block.dialect != "ape")
    return Anatomy(info=structs.replace(info, length=length, bitrate=bitrate), blocks=blocks)
