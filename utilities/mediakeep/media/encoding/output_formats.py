"""Choose how to encode audio to a format, which may be that of its source."""

from __future__ import annotations

from msgspec import structs

from mediakeep.errors import UsageError
from mediakeep.media.audio.model import AudioProperties
from mediakeep.media.encoding import profile_rules, profiles
from mediakeep.media.encoding.profile_rules import EncodingParameters
from mediakeep.media.encoding.profiles import Profile

WAV = Profile(
    name="wav",
    suffix=".wav",
    codec="pcm_s24le",
    container="wav",
    lossless=True,
    bits=24,
    # Without the name of the encoder, as FFmpeg ignores ID3v2 next to it.
    container_options={"rf64": "auto", "fflags": "+bitexact"},
)
_PROFILES = {
    "wav": WAV,
    "flac": profiles.BUILT_IN["flac"],
    "alac": profiles.BUILT_IN["alac"],
    "mp3": profiles.BUILT_IN["mp3-v0"],
    "opus": profiles.BUILT_IN["opus"],
    "aac": profiles.BUILT_IN["aac"],
}
_KEPT_CODECS = frozenset(  # of WAV, besides those of 16 and 24 bits
    {"pcm_u8", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw"}
)
_CD_BITS = 16
_LOSSLESS, _LOSSY = "flac", "opus"  # where the format of the source cannot be written


def choose_parameters(
    facts: AudioProperties,
    name: str,
    bit_rate: int,
    *,
    sample_rate: int = 0,
    channels: int = 0,
    bits: int = 0,
) -> EncodingParameters:
    """Return how to encode audio with these properties to a format; 0 keeps a value of the source.

    "same" is the format of the source, if it can be written. Raises UsageError if the format cannot
    have a value.
    """
    profile = _PROFILES[_find_format(facts) if name == "same" else name]
    if bit_rate and not profile.lossless:
        profile = structs.replace(profile, bit_rate=bit_rate, quality=-1)
    elif name == "same" and facts.bitrate and not profile.lossless:
        profile = structs.replace(profile, bit_rate=_round(facts.bitrate), quality=-1)
    if channels and profile.channels and channels > profile.channels:
        raise UsageError(f"{profile.name} has {profile.channels} channels at most, not {channels}.")
    if sample_rate and profile.sample_rates and sample_rate not in profile.sample_rates:
        known = ", ".join(map(str, profile.sample_rates))
        raise UsageError(f"{profile.name} cannot have {sample_rate} Hz. Use one of: {known}.")
    chosen = profile_rules.choose_parameters(facts, profile)
    if bits and profile.lossless:
        chosen = structs.replace(chosen, bits=bits)
    if profile is WAV:
        chosen = _choose_pcm_codec(facts, chosen, keep=name == "same" and not bits)
    return structs.replace(
        chosen,
        sample_rate=sample_rate or chosen.sample_rate,
        channels=channels or chosen.channels,
    )


def keeps_samples(facts: AudioProperties, parameters: EncodingParameters) -> bool:
    """Return whether the new file has the samples of a WAV source, byte for byte."""
    new = (parameters.profile.codec, parameters.sample_rate, parameters.channels)
    is_wav = parameters.profile.container == WAV.container == facts.format.casefold()
    return is_wav and new == (facts.codec, facts.sample_rate, facts.channels)


def _choose_pcm_codec(
    facts: AudioProperties, chosen: EncodingParameters, *, keep: bool
) -> EncodingParameters:
    """Return the parameters for WAV, with the codec of the source if it shall keep its own."""
    if keep and facts.codec in _KEPT_CODECS:
        bits = 0 if facts.codec.startswith("pcm_f") else facts.bits  # 0: no dither
        profile = structs.replace(WAV, codec=facts.codec)
        return structs.replace(chosen, profile=profile, bits=bits)
    if chosen.bits <= _CD_BITS:
        return structs.replace(chosen, profile=structs.replace(WAV, codec="pcm_s16le"))
    return chosen


def _find_format(facts: AudioProperties) -> str:
    names = (facts.codec.removesuffix("float"), facts.format.casefold())
    found = next((name for name in names if name in _PROFILES), None)
    return found or (_LOSSLESS if facts.lossless else _LOSSY)


def _round(bit_rate: int) -> int:
    """Return a bit rate that MP3 can have, as that of a file is a mean."""
    rates = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    return next((rate * 1000 for rate in rates if rate * 1000 >= bit_rate * 0.97), 320_000)
