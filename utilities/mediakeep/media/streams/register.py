"""Which module knows which format, and what each of them can do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mediakeep.media import formats
from mediakeep.media.anatomy import Anatomy, Pieces
from mediakeep.media.evidence import Sound
from mediakeep.media.source import Source
from mediakeep.media.streams import (
    adts,
    asf,
    dsf,
    flac,
    monkeys,
    mp4,
    mpeg,
    musepack,
    ogg,
    riff,
    wavpack,
)


class Stream(Protocol):
    """What is asked of each format; struct.error, IndexError or ValueError where bytes make no
    sense."""

    def read(self, source: Source) -> Anatomy:
        """Take a file apart: what its header tells, and its tags."""

    def examine(self, source: Source) -> Sound:
        """Find how large the sound is, what proves that some is missing, and what locks it."""

    def essence(self, source: Source) -> Pieces:
        """Give the parts that are sound, in order."""


_STREAMS: Mapping[str, Stream] = {
    formats.MP3.name: mpeg,
    formats.AAC.name: adts,
    formats.FLAC.name: flac,
    formats.MP4.name: mp4,
    formats.VORBIS.name: ogg,
    formats.OPUS.name: ogg,
    formats.OGG_FLAC.name: ogg,
    formats.SPEEX.name: ogg,
    formats.ASF.name: asf,
    formats.WAV.name: riff,
    formats.AIFF.name: riff,
    formats.DSF.name: dsf,
    formats.MONKEYS.name: monkeys,
    formats.WAVPACK.name: wavpack,
    formats.MUSEPACK.name: musepack,
}


def of(name: str) -> Stream:
    """Return what knows the format of a name."""
    return _STREAMS[name]
