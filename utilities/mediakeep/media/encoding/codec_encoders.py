"""Encode PCM frames to packets with the encoder of a profile.

MP3 is encoded with LAME through the package `lameenc`, if it is installed: it is three times as
fast as the LAME in PyAV's wheels, and writes the same stream.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any, Protocol, cast

from mediakeep.media import ffmpeg
from mediakeep.media.encoding.pcm_source import PcmFormat
from mediakeep.media.encoding.profile_rules import EncodingParameters

_LAME_CODEC = "libmp3lame"
_QP_TO_LAMBDA = 118  # FFmpeg's scale of qualities
_FRAME_SIZE = 1152  # samples of MPEG-1; half of it at rates below 32 kHz
_DELAY = 1105  # samples: the encoder's 576 and the decoder's 529
_ALGORITHM_QUALITY = 3  # as `lame -V0` uses
_VBR_METHOD = 4  # MTRH


class PacketEncoder(Protocol):
    """Encodes frames of one PcmFormat and of any size, as a stream of PyAV does."""

    def encode(self, frame: Any) -> Iterable[Any]:
        """Return packets for a frame; called once more with None at the end."""


def add_stream(output: Any, parameters: EncodingParameters, target: PcmFormat) -> Any:
    """Add an audio stream with an opened encoder to an output container, and return it.

    Raises ValueError if the codec does not have an option of the profile.
    """
    profile = parameters.profile
    stream = output.add_stream(profile.codec, rate=target.sample_rate)
    context = stream.codec_context
    available = _list_sample_formats(profile.codec)
    is_taken = target.sample_format in available  # not by FFmpeg if lameenc encodes
    context.format = target.sample_format if is_taken else available[0]
    context.layout = target.layout
    context.thread_count = 1
    context.time_base = Fraction(1, target.sample_rate)
    options = dict(profile.codec_options)
    if parameters.bits:
        options["bits_per_raw_sample"] = str(parameters.bits)
    if parameters.bit_rate:
        context.bit_rate = parameters.bit_rate
    elif profile.quality >= 0:
        context.flags |= ffmpeg.require_pyav().codec.context.Flags.qscale
        context.global_quality = round(profile.quality * _QP_TO_LAMBDA)
    context.options = options
    context.open(strict=False)
    if context.options:  # those that the codec does not have
        raise ValueError(f"{profile.codec} has no option {', '.join(sorted(context.options))}")
    output.start_encoding()
    return stream


def choose_sample_format(codec: str, bits: int) -> str:
    """Return the sample format in which an encoder takes audio with these significant bits.

    `bits` is 0 for lossy codecs, which take floating point numbers if they can.
    """
    if codec == _LAME_CODEC and is_lame_installed():
        return "s16"
    available = _list_sample_formats(codec)
    wanted = ("fltp", "flt") if not bits else ("s16", "s16p") if bits <= 16 else ("s32", "s32p")
    return next((name for name in wanted if name in available), available[0])


def _list_sample_formats(codec: str) -> list[str]:
    return [form.name for form in ffmpeg.require_pyav().Codec(codec, "w").audio_formats or ()]


def describe_encoder(codec: str) -> str:
    """Return the name and the versions of the encoder that will be used for a codec.

    The same name, parameters and source give the same file again.
    """
    if codec == _LAME_CODEC and is_lame_installed():
        return describe_lame_version()
    return f"{codec} ({ffmpeg.describe_version()})"


def open_encoder(stream: Any, parameters: EncodingParameters) -> PacketEncoder:
    """Return LAME for MP3 if `lameenc` is installed, else the stream with FFmpeg's encoder."""
    if parameters.profile.codec == _LAME_CODEC and is_lame_installed():
        return LameEncoder(stream, parameters)
    return cast(PacketEncoder, stream)


def is_lame_installed() -> bool:
    """Return True if the package `lameenc` can be imported."""
    try:
        import lameenc  # noqa: F401
    except ImportError:
        return False
    return True


def describe_lame_version() -> str:
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
