"""Decode audio with FFmpeg and record the positions that fail.

Malformed files may crash native code, so callers run this in a process that may die.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from mediakeep.media import ffmpeg
from mediakeep.media.audio.decode.flac_md5 import FlacMd5
from mediakeep.media.audio.decode.ogg_page_scan import OggPageScan
from mediakeep.media.bounded_file import BoundedFile, ByteRange

# Decode what the edit list of an MP4 omits, or it would seem to be missing.
_DEMUXER_OPTIONS = {"ignore_editlist": "1"}
_MAX_FRAME_GAP = 0.002  # seconds; a larger gap is a dropped frame, FLAC frames are rarely shorter


class DecodeResult(msgspec.Struct):
    """The result of decoding audio.

    `is_supported` is False if FFmpeg has no decoder for the codec, `pages` is set if they were
    scanned, and `has_checked_length` is set
    if its length was compared with the one that the file declares.
    """

    is_supported: bool = True
    seconds: float = 0.0  # up to the end of the decoded audio
    error_positions: list[float] = []  # seconds at which decoding failed
    checksum_matches: bool | None = None  # None if the format has no checksum
    has_checked_length: bool = False
    pages: OggPageScan | None = None

    @property
    def can_lack_audio(self) -> bool:
        """Return True if neither an error nor a checksum nor the length says whether it does."""
        is_checked = self.has_checked_length or self.checksum_matches is not None
        return self.is_supported and not self.error_positions and not is_checked


def decode_audio(source: BoundedFile, demuxer: str) -> DecodeResult:
    """Decode the audio of a file, without embedded pictures.

    `demuxer` is the name of FFmpeg's container parser. It is given explicitly, so that no file
    content can select a parser that opens other files.
    """
    av = ffmpeg.require_pyav()

    result, data = DecodeResult(), ffmpeg.build_reader(source, demuxer)
    if data.lacks_start:
        result.error_positions.append(0.0)
    try:
        with av.open(
            data,
            "r",
            format=demuxer,
            options=_DEMUXER_OPTIONS,
            metadata_errors="replace",
        ) as container:
            stream = next(iter(container.streams.audio), None)
            if stream is None or stream.codec_context is None:
                return DecodeResult(is_supported=False)
            context = stream.codec_context
            if context.name in ffmpeg.CHECKSUM_CODECS and not ffmpeg.may_fail_checksums(
                source, demuxer
            ):
                context.options = {**ffmpeg.STRICT_OPTIONS}
            md5 = FlacMd5.from_streaminfo(context.extradata) if context.name == "flac" else None
            if md5 and demuxer == "ogg" and md5.matches() is None:
                md5 = None  # nor can gaps be found: the times of Ogg pages may be inexact
            _decode_packets(result, container.demux(stream), md5)
            result.checksum_matches = md5.matches() if md5 else None
            if result.checksum_matches:
                result.error_positions.clear()  # a gap in the times, which older encoders leave
            elif result.error_positions:
                result.checksum_matches = None
    except av.error.FFmpegError as error:
        _record_error(result, error)
    return result


def decode_frames(source: BoundedFile, ranges: Iterable[ByteRange], codec: str) -> DecodeResult:
    """Decode the audio frames at known byte ranges of a file."""
    av = ffmpeg.require_pyav()

    result = DecodeResult()
    context: Any = av.CodecContext.create(codec, "r")
    for frame_range in ranges:
        packet = av.Packet(source.read(frame_range.start, frame_range.size))
        try:
            _add_frames(result, context.decode(packet), None)
        except av.error.FFmpegError as error:
            _record_error(result, error)
    return result


def _decode_packets(result: DecodeResult, packets: Iterable[Any], md5: FlacMd5 | None) -> None:
    """Decode packet by packet and collect the result in `result`.

    A failure is recorded as an error position, and decoding continues.
    """
    av = ffmpeg.require_pyav()

    for packet in packets:
        try:
            _add_frames(result, packet.decode(), md5)
        except av.error.FFmpegError as error:
            if packet.size or packet.pts is None:  # Speex files may end with an empty packet
                _record_error(result, error)
        if not result.is_supported:
            return


def _add_frames(result: DecodeResult, frames: Iterable[Any], md5: FlacMd5 | None) -> None:
    for frame in frames:
        if not result.seconds and frame.time:
            result.seconds = max(0.0, frame.time)  # a recorded stream may begin late
        elif md5 and frame.time and frame.time - result.seconds > _MAX_FRAME_GAP:
            # FFmpeg drops FLAC frames with bad checksums
            result.error_positions.append(result.seconds)
            result.seconds = frame.time
        result.seconds += frame.samples / frame.sample_rate
        if frame.is_corrupt:
            result.error_positions.append(result.seconds)
        if md5:
            md5.add_frame(frame)


def _record_error(result: DecodeResult, error: Exception) -> None:
    """Add a decoding error to the result.

    If nothing was decoded before and FFmpeg has no decoder for it, `is_supported` becomes False
    instead; later, damaged headers ask for what no decoder has.
    """
    av = ffmpeg.require_pyav()

    if not result.seconds and isinstance(
        error, av.error.PatchWelcomeError | av.error.NotImplementedError | av.error.LookupError
    ):
        result.is_supported = False
    else:
        result.error_positions.append(result.seconds)
