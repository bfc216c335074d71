"""Look up the parser of each audio format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from mediakeep.media.audio import aac, dsf, formats, musepack, tta, wavpack
from mediakeep.media.audio.ape import ape_stream
from mediakeep.media.audio.asf import asf_stream
from mediakeep.media.audio.flac import flac_stream
from mediakeep.media.audio.mp3 import mp3_stream
from mediakeep.media.audio.mp4 import mp4_stream
from mediakeep.media.audio.ogg import ogg_stream
from mediakeep.media.audio.parsed_file import EssenceParts, ParsedFile
from mediakeep.media.audio.riff import riff_stream
from mediakeep.media.audio.stream_check import StreamCheck
from mediakeep.media.bounded_file import BoundedFile


class FormatParser(Protocol):
    """The functions of a parser module for one audio format.

    On malformed bytes they raise struct.error, IndexError or ValueError.
    """

    def parse(self, source: BoundedFile) -> ParsedFile:
        """Parse the audio properties and the tags of a file."""

    def check_stream(self, source: BoundedFile) -> StreamCheck:
        """Return the audio's size in bytes, why it is truncated, and its DRM scheme."""

    def iter_essence(self, source: BoundedFile) -> EssenceParts:
        """Yield the parts of the file that are audio, in order."""


_PARSERS: Mapping[str, FormatParser] = {
    formats.MP3.name: mp3_stream,
    formats.AAC.name: aac,
    formats.FLAC.name: flac_stream,
    formats.MP4.name: mp4_stream,
    formats.VORBIS.name: ogg_stream,
    formats.OPUS.name: ogg_stream,
    formats.OGG_FLAC.name: ogg_stream,
    formats.SPEEX.name: ogg_stream,
    formats.ASF.name: asf_stream,
    formats.WAV.name: riff_stream,
    formats.AIFF.name: riff_stream,
    formats.DSF.name: dsf,
    formats.MONKEYS.name: ape_stream,
    formats.WAVPACK.name: wavpack,
    formats.MUSEPACK.name: musepack,
    formats.TRUE_AUDIO.name: tta,
}


def get_parser(name: str) -> FormatParser:
    """Return the parser module of an audio format by the format's name."""
    return _PARSERS[name]
