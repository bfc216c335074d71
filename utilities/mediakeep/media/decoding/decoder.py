"""The decoders of FFmpeg, through PyAV: the one place that knows it, and only once it is asked.

Native code that hostile bytes may crash: whoever calls does so in a process that may die.
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
    "--deep needs the decoders of FFmpeg, which are not installed."
    ' Get them with: pip install "mediakeep[audio]"'
)

# Codecs whose frames bear checksums of their own, which are checked only when asked for.
_CHECKED = frozenset({"flac", "wavpack", "ape", "tta"})
_STRICT = {"err_detect": "crccheck+bitstream+buffer+explode"}
# What an MP4 tells players to leave out is decoded too, or it would seem to be missing.
_WHOLE = {"ignore_editlist": "1"}
_STEP = 0.002  # seconds between two frames that are none; a frame of FLAC is seldom so short


class Decoded(msgspec.Struct):
    """What decoding came to; `known` is false where there is no decoder for it."""

    known: bool = True
    seconds: float = 0.0  # up to the end of what came out
    errors: list[float] = []  # the places of what did not decode
    checksum: bool | None = None  # whether the samples have it; None where there is none


def require() -> None:
    """Raise UsageFailed, with the line that installs them, where the decoders are missing."""
    try:
        import av

        fit = int(av.__version__.partition(".")[0]) >= _OLDEST
    except (ImportError, ValueError) as error:
        raise UsageFailed(_MISSING) from error
    if not fit:
        raise UsageFailed(_MISSING)


def decode(source: Source, end: int, demuxer: str) -> Decoded:
    """Decode the sound of a file up to `end`; embedded pictures are left alone.

    The demuxer is named, so that no bytes can bring about another one that opens further files.
    """
    import av

    done = Decoded()
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
            told = FlacSum.of(context.extradata) if context.name == "flac" else None
            _run(done, container.demux(stream), told)
            done.checksum = told.agrees() if told and not done.errors else None
    except av.error.FFmpegError as error:
        _note(done, error)
    return done


def decode_frames(source: Source, places: Iterable[Span], codec: str) -> Decoded:
    """Decode frames that lie at known places, one after the other."""
    import av

    done = Decoded()
    context: Any = av.CodecContext.create(codec, "r")
    for place in places:
        packet = av.Packet(source.read(place.start, place.size))
        try:
            _take(done, context.decode(packet), None)
        except av.error.FFmpegError as error:
            _note(done, error)
    return done


def _run(done: Decoded, packets: Iterable[Any], told: FlacSum | None) -> None:
    """Decode packet by packet; one that fails is noted, and the next one tried."""
    import av

    for packet in packets:
        try:
            _take(done, packet.decode(), told)
        except av.error.FFmpegError as error:
            _note(done, error)
        if not done.known:
            return


def _take(done: Decoded, frames: Iterable[Any], told: FlacSum | None) -> None:
    for frame in frames:
        if not done.seconds and frame.time:
            done.seconds = max(0.0, frame.time)  # a recording of a stream begins later than at 0
        elif told and frame.time and frame.time - done.seconds > _STEP:
            done.errors.append(done.seconds)  # a frame of FLAC with a wrong sum is left out
            done.seconds = frame.time
        done.seconds += frame.samples / frame.sample_rate
        if frame.is_corrupt:
            done.errors.append(done.seconds)
        if told:
            told.add(frame)


def _note(done: Decoded, error: Exception) -> None:
    """Tell what cannot be decoded by this FFmpeg from what cannot be decoded at all."""
    import av

    if isinstance(
        error, av.error.PatchWelcomeError | av.error.NotImplementedError | av.error.LookupError
    ):
        done.known = False
    else:
        done.errors.append(done.seconds)


class Part:
    """A file up to some place, as PyAV reads one."""

    def __init__(self, source: Source, end: int) -> None:
        self._source, self._end, self._at = source, end, 0

    def read(self, count: int) -> bytes:
        """Return the next bytes; b"" at the end."""
        data = self._source.read(self._at, min(count, self._end - self._at))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to a place, from the beginning, from here or from the end."""
        self._at = max(0, offset + (0, self._at, self._end)[whence])
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at
