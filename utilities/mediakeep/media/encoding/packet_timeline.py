"""Find the gaps between the packets of a file by their timestamps, and what explains a long one.

The timestamps of FLAC, Ogg and WavPack count samples, so that they show what was skipped or left
out. A stream that is chained to another one in Ogg counts from any number.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

from mediakeep.errors import DecodingFailed
from mediakeep.media.audio import surrounding_tags
from mediakeep.media.audio.decode import damage, ogg_page_scan
from mediakeep.media.audio.decode.ogg_page_scan import OggPageScan
from mediakeep.media.audio.flac import flac_stream
from mediakeep.media.ffmpeg import OpenedAudio

_EXACT_TIMESTAMPS = frozenset({"flac", "ogg", "wv"})  # demuxers
_EXACT_LENGTH_CODECS = frozenset({"alac", "ape", "flac", "tta", "wavpack"})
_FLAC_NUMBER_OFFSET = 4  # in a frame header; 0 is the first frame (RFC 9639, section 9.1.5)
_FRAME_STARTS = (b"\xff\xf8", b"\xff\xf9", b"wv")  # of FLAC and WavPack
_MAX_PAGE_SECONDS = 60  # of audio in a damaged page of Ogg, and in those that went with it
_MAX_TIMESTAMP_ERROR = 2048  # samples, in Vorbis at a change of the block size


class PacketTimeline:
    """The positions of packets in the audio of an open file, in samples.

    `declared_samples` is the length in the header of the file, or 0 if it is unknown or another
    stream is chained to it. `packet_end` is the end of the last packet, or None if it is unknown.
    """

    def __init__(self, path: Path, opened: OpenedAudio) -> None:
        context = opened.stream.codec_context
        self._path, self._file, self._stream = path, opened.source, opened.stream
        self._lacks_start = opened.lacks_start
        self._demuxer: str = opened.container.format.name
        self._codec: str = context.name
        self._sample_rate: int = context.sample_rate
        self.declared_samples = 0
        self.packet_end: int | None = 0

    @property
    def has_exact_length(self) -> bool:
        """Return True if `declared_samples` is exact."""
        is_exact = self._codec in _EXACT_LENGTH_CODECS and self._demuxer != "ogg"
        return self.declared_samples > 0 and is_exact

    @cached_property
    def pages(self) -> OggPageScan:
        """What is wrong with the pages of an Ogg file; in other formats nothing."""
        is_ogg = self._demuxer == "ogg"
        return ogg_page_scan.scan_pages(self._file) if is_ogg else OggPageScan()

    def to_samples(self, duration: int | None, time_base: Fraction | None = None) -> int:
        """Return a duration in samples, 0 if it is unknown; the time base is the stream's."""
        base = time_base or self._stream.time_base
        return round(duration * base * self._sample_rate) if duration and base else 0

    def find_gap(self, packet: Any) -> int:
        """Return how many samples are missing before a packet, by its timestamp."""
        if packet.pts is None or self._demuxer not in _EXACT_TIMESTAMPS:
            return 0
        start, end = self.to_samples(packet.pts, packet.time_base), self.packet_end
        self.packet_end = next_start = start + self.to_samples(packet.duration, packet.time_base)
        if end and end > 0 and packet.has_sidedata("strings_metadata"):
            # A stream is chained to it, whose samples count from any number.
            self.packet_end, end, self.declared_samples = None, None, 0
        if end is None or start - end <= _MAX_TIMESTAMP_ERROR:
            return 0
        if end > 0:
            return start - end
        is_known = self.has_exact_length and not self._lacks_start
        head = self._read_audio_start() if is_known else b""
        if head.startswith(_FRAME_STARTS):
            if head[:1] == b"\xff" and head[_FLAC_NUMBER_OFFSET:] == b"\0":
                packet.pts = None  # that of the last of its frames, of which some may be lost
                self.packet_end = end
            return 0  # else it was copied from a longer one
        if not self.has_exact_length and 0 not in self.pages.damaged:
            return 0  # a recorded stream may begin late
        # Of Vorbis, the first packet only prepares the next one.
        return (next_start if self._codec == "vorbis" else start) - end

    def _read_audio_start(self) -> bytes:
        """Return the first bytes of the audio of a FLAC or WavPack file."""
        is_flac = self._codec == "flac"
        parts = flac_stream.iter_essence(self._file) if is_flac else None
        start = next(parts).start if parts else surrounding_tags.find_audio_start(self._file)
        return self._file.read(start, _FLAC_NUMBER_OFFSET + 1)

    def check_gap(self, samples: int, position: int) -> None:
        """Raise DecodingFailed if a gap at a position is too long to be true.

        More than a second must fit into a declared length that is exact, or damaged pages of Ogg
        must explain it.
        """
        if samples <= self._sample_rate:
            return
        pages = [] if self.has_exact_length else self.pages.damaged
        left = _MAX_PAGE_SECONDS * self._sample_rate * len(pages)
        if self.declared_samples:
            left = self.declared_samples - position
        if samples > left or not (self.has_exact_length or pages):
            self.refuse_times(position)

    def refuse_times(self, sample: int) -> NoReturn:
        """Raise DecodingFailed for a timestamp that cannot be true."""
        at = damage.format_position(sample / self._sample_rate)
        raise DecodingFailed(self._path, f"its timestamps are wrong at {at}")
