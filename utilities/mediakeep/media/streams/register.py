"""The parser of each audio format."""

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
    """A parser module; malformed bytes raise struct.error, IndexError or ValueError."""

    def read(self, source: Source) -> Anatomy:
        """Parse the stream info and the tags of a file."""

    def examine(self, source: Source) -> Sound:
        """Return the size of the audio, why it is truncated, and its DRM scheme."""

    def essence(self, source: Source) -> Pieces:
        """Yield the parts of the file that are audio, in order."""


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
    """Return the parser of a format by its name."""
    return _STREAMS[name]
