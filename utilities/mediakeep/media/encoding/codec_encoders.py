"""Encode PCM frames to packets with the encoder of a profile."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import Any, Protocol, cast

from mediakeep.media import ffmpeg
from mediakeep.media.encoding import lame_encoder
from mediakeep.media.encoding.pcm_source import PcmFormat
from mediakeep.media.encoding.profile_rules import EncodingParameters

_LAME_CODEC = "libmp3lame"
_QP_TO_LAMBDA = 118  # FFmpeg's scale of qualities


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
    if codec == _LAME_CODEC and lame_encoder.is_installed():
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
    if codec == _LAME_CODEC and lame_encoder.is_installed():
        return lame_encoder.describe_version()
    return f"{codec} ({ffmpeg.describe_version()})"


def open_encoder(stream: Any, parameters: EncodingParameters) -> PacketEncoder:
    """Return LAME for MP3 if `lameenc` is installed, else the stream with FFmpeg's encoder."""
    if parameters.profile.codec == _LAME_CODEC and lame_encoder.is_installed():
        return lame_encoder.LameEncoder(stream, parameters)
    return cast(PacketEncoder, stream)
