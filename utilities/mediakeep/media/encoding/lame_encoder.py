"""Encode MP3 with LAME through the package `lameenc`, if it is installed.

It is three times as fast as the LAME in PyAV's wheels, and writes the same stream.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from mediakeep.media import ffmpeg
from mediakeep.media.encoding.profile_rules import EncodingParameters

_FRAME_SIZE = 1152  # samples of MPEG-1; half of it at rates below 32 kHz
_DELAY = 1105  # samples: the encoder's 576 and the decoder's 529
_ALGORITHM_QUALITY = 3  # as `lame -V0` uses
_VBR_METHOD = 4  # MTRH


def is_installed() -> bool:
    """Return True if the package `lameenc` can be imported."""
    try:
        import lameenc  # noqa: F401
    except ImportError:
        return False
    return True


def describe_version() -> str:
    """Return the name and version of the encoder, such as "LAME (lameenc 1.9.0)"."""
    from importlib import metadata  # here, as only MP3 needs it

    return f"LAME (lameenc {metadata.version('lameenc')})"


class LameEncoder:
    """Encodes MP3 with `lameenc`.

    It takes interleaved 16-bit samples, and returns a byte stream, which FFmpeg splits into frames.
    """

    def __init__(self, stream: Any, parameters: EncodingParameters) -> None:
        import lameenc

        self._stream, self._rate = stream, parameters.sample_rate
        self._time_base = Fraction(1, self._rate)
        self._channels = parameters.channels
        self._parser = ffmpeg.require_pyav().CodecContext.create("mp3", "r")
        self._samples_per_frame = _FRAME_SIZE // (1 if self._rate >= 32000 else 2)
        self._at = -_DELAY
        self._lame = lameenc.Encoder()
        self._lame.silence()
        self._lame.set_channels(self._channels)
        self._lame.set_in_sample_rate(self._rate)
        self._lame.set_out_sample_rate(self._rate)
        self._lame.set_quality(_ALGORITHM_QUALITY)
        if parameters.bit_rate:
            self._lame.set_bit_rate(round(parameters.bit_rate / 1000))
        else:
            self._lame.set_vbr(_VBR_METHOD)
            self._lame.set_vbr_quality(parameters.profile.quality)

    def encode(self, frame: Any) -> Iterator[Any]:
        """Yield packets for a frame; called once more with None at the end."""
        if frame is None:
            yield from self._split(bytes(self._lame.flush()))
            yield from self._split(None)
        else:
            size = frame.samples * self._channels * 2
            yield from self._split(bytes(self._lame.encode(bytes(frame.planes[0])[:size])))

    def _split(self, data: bytes | None) -> Iterator[Any]:
        if data == b"":
            return  # which means the end to the parser
        for packet in self._parser.parse(data):
            packet.stream, packet.time_base = self._stream, self._time_base
            packet.pts = packet.dts = self._at
            packet.duration = self._samples_per_frame
            self._at += self._samples_per_frame
            yield packet
