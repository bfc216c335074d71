"""Decode audio with FFmpeg through PyAV, which is imported on first use and only here.

Malformed files may crash native code, so callers run this in a process that may die.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from mediakeep.errors import UsageFailed
from mediakeep.media.decoding.flacsum import FlacSum
from mediakeep.media.source import Source, Span

_OLDEST = 14  # major version of PyAV
_MISSING = (
    "--deep needs PyAV (the FFmpeg decoders), which is not installed."
    ' Install it with: pip install "mediakeep[audio]"'
)

# Codecs with checksums in each frame, which FFmpeg verifies only on request.
_CHECKED = frozenset({"flac", "wavpack", "ape", "tta"})
_STRICT = {"err_detect": "crccheck+bitstream+buffer+explode"}
# Decode what the edit list of an MP4 omits, or it would seem to be missing.
_WHOLE = {"ignore_editlist": "1"}
_STEP = 0.002  # seconds; a larger gap is a dropped frame, FLAC frames are rarely shorter


class Decoded(msgspec.Struct):
    """The result of decoding; `is_supported` is false if there is no decoder for the codec."""

    known: bool = True
    seconds: float = 0.0  # up to the end of the decoded audio
    errors: list[float] = []  # seconds at which decoding failed
    checksum: bool | None = None  # None if there is none


def require() -> None:
    """Raise a usage error that says how to install PyAV if it is missing or too old."""
    try:
        import av

        is_recent = int(av.__version__.partition(".")[0]) >= _OLDEST
    except (ImportError, ValueError) as error:
        raise UsageFailed(_MISSING) from error
    if not is_recent:
        raise UsageFailed(_MISSING)


def decode(source: Source, end: int, demuxer: str) -> Decoded:
    """Decode the audio of a file up to `end`, without embedded pictures.

    The demuxer is given explicitly, so that no content can select one that opens other files.
    """
    import av

    result = Decoded()
    try:
        with av.open(
            Part(source, end), "r", format=demuxer, options=_WHOLE, metadata_errors="replace"
        ) as container:
            stream = next(iter(container.streams.audio), None)
            if stream is None or stream.codec_context is None:
                return Decoded(known=False)
            context = stream.codec_context
            if context.name in _CHECKED:
                context.options = {**_STRICT}
            md5 = FlacSum.of(context.extradata) if context.name == "flac" else None
            _run(result, container.demux(stream), md5)
            result.checksum = md5.agrees() if md5 and not result.errors else None
    except av.error.FFmpegError as error:
        _note(result, error)
    return result


def decode_frames(source: Source, ranges: Iterable[Span], codec: str) -> Decoded:
    """Decode frames at known byte ranges."""
    import av

    result = Decoded()
    context: Any = av.CodecContext.create(codec, "r")
    for frame_range in ranges:
        packet = av.Packet(source.read(frame_range.start, frame_range.size))
        try:
            _take(result, context.decode(packet), None)
        except av.error.FFmpegError as error:
            _note(result, error)
    return result


def _run(result: Decoded, packets: Iterable[Any], md5: FlacSum | None) -> None:
    """Decode packet by packet; failures are recorded, and decoding continues."""
    import av

    for packet in packets:
        try:
            _take(result, packet.decode(), md5)
        except av.error.FFmpegError as error:
            _note(result, error)
        if not result.known:
            return


def _take(result: Decoded, frames: Iterable[Any], md5: FlacSum | None) -> None:
    for frame in frames:
        if not result.seconds and frame.time:
            result.seconds = max(0.0, frame.time)  # a recorded stream may begin late
        elif md5 and frame.time and frame.time - result.seconds > _STEP:
            result.errors.append(result.seconds)  # FFmpeg drops FLAC frames with bad checksums
            result.seconds = frame.time
        result.seconds += frame.samples / frame.sample_rate
        if frame.is_corrupt:
            result.errors.append(result.seconds)
        if md5:
            md5.add(frame)


def _note(result: Decoded, error: Exception) -> None:
    """Record an error, or that this FFmpeg has no decoder for the codec."""
    import av

    if isinstance(
        error, av.error.PatchWelcomeError | av.error.NotImplementedError | av.error.LookupError
    ):
        result.known = False
    else:
        result.errors.append(result.seconds)


class Part:
    """File-like object for PyAV that ends at a given offset."""

    def __init__(self, source: Source, end: int) -> None:
        self._source, self._end, self._at = source, end, 0

    def read(self, count: int) -> bytes:
        """Return the next bytes; b"" at the end."""
        data = self._source.read(self._at, min(count, self._end - self._at))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Set the position relative to the start, the position or the end, and return it."""
        self._at = max(0, offset + (0, self._at, self._end)[whence])
        return self._at

    def tell(self) -> int:
        """Return the position."""
        return self._at
