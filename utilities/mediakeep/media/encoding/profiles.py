"""Encoding profiles: codec, container and quality as data. Users may define more in settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from msgspec import Meta, structs

from mediakeep import config
from mediakeep.errors import BadSetting

MP3_SAMPLE_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_AAC_SAMPLE_RATES = (*MP3_SAMPLE_RATES, 64000, 88200, 96000)
KEEP = "keep"  # the profile that copies every track

Count = Annotated[int, Meta(ge=0)]


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to encode: names of FFmpeg's codec and container, with their options.

    `suffix` is that of the new file, "" for that of the source. `bit_rate` is in bits per second;
    `quality` replaces it for MP3's variable bit rate (0 is the best, 9 the smallest), and is -1 if
    unused. `sample_rate`, `bits` and `channels` are upper limits, 0 for those of the source.
    `sample_rates` and `layouts` are those that the codec supports, () for all; the layouts, in
    FFmpeg's names, are one for each number of channels from 1 on.
    """

    name: str
    suffix: Annotated[str, Meta(pattern=r"^(\.[a-z0-9]+)?$")]
    codec: str
    container: str
    lossless: bool = False
    bit_rate: Count = 0
    quality: Annotated[float, Meta(ge=-1, le=10)] = -1
    sample_rate: Count = 0
    sample_rates: tuple[int, ...] = ()
    bits: Count = 0
    channels: Count = 0
    layouts: tuple[str, ...] = ()
    codec_options: dict[str, str] = {}
    container_options: dict[str, str] = {}


BUILT_IN = {
    profile.name: profile
    for profile in (
        Profile(
            name="opus",
            suffix=".opus",
            codec="libopus",
            container="ogg",
            bit_rate=128_000,
            sample_rates=(48000,),  # the decoder's rate, whatever the rate of the source
            channels=8,
            layouts=("mono", "stereo", "3.0", "quad", "5.0", "5.1", "6.1", "7.1"),
            codec_options={"vbr": "on", "application": "audio"},
        ),
        Profile(
            name="mp3-v0",
            suffix=".mp3",
            codec="libmp3lame",
            container="mp3",
            quality=0,
            sample_rates=MP3_SAMPLE_RATES,
            channels=2,
            container_options={"id3v2_version": "0", "write_id3v1": "0"},
        ),
        Profile(
            name="aac",
            suffix=".m4a",
            codec="aac",
            container="ipod",
            bit_rate=192_000,
            sample_rate=48000,
            sample_rates=_AAC_SAMPLE_RATES,
            channels=8,
            container_options={"movflags": "+faststart"},
        ),
        Profile(
            name="flac",
            suffix=".flac",
            codec="flac",
            container="flac",
            lossless=True,
            bits=24,
            channels=8,
            codec_options={"compression_level": "5"},
        ),
        Profile(
            name="alac",
            suffix=".m4a",
            codec="alac",
            container="ipod",
            lossless=True,
            bits=24,
            layouts=("mono", "stereo", "3.0", "4.0", "5.0", "5.1", "6.1(back)"),
            container_options={"movflags": "+faststart"},
        ),
        Profile(name=KEEP, suffix="", codec="copy", container=""),
    )
}


def parse_profiles(tables: Mapping[str, Mapping[str, Any]], origin: str) -> dict[str, Profile]:
    """Return the built-in profiles and those of the settings, by name.

    A table may name a built-in profile as its `base` and then needs only what differs, such as
    `{"base": "flac", "bits": 16}`. Without `base`, a table with a built-in name changes that one.
    `origin` is the name of the settings file, for messages. Raises BadSetting.
    """
    profiles = dict(BUILT_IN)
    for name, table in tables.items():
        profiles[name] = _parse_profile(name, table, f"{origin}, profile {name}")
    return profiles


def _parse_profile(name: str, table: Mapping[str, Any], origin: str) -> Profile:
    values = {key: value for key, value in table.items() if key != "base"}
    names = [field for field in Profile.__struct_fields__ if field != "name"]
    if unknown := next((key for key in values if key not in Profile.__struct_fields__), None):
        raise BadSetting(origin, config.describe_unknown(unknown, ["base", *names]))
    base = table.get("base", name if name in BUILT_IN else None)
    if base is not None:
        if base not in BUILT_IN or base == KEEP:
            known = ", ".join(known for known in BUILT_IN if known != KEEP)
            raise BadSetting(origin, f"unknown base {base!r}. Use one of: {known}.")
        inherited = structs.asdict(BUILT_IN[base])
        for key in ("codec_options", "container_options"):
            given = values.get(key, {})
            values[key] = {**inherited[key], **given} if isinstance(given, Mapping) else given
        if "bit_rate" in values:
            inherited["quality"] = -1  # one of the two decides
        values = {**inherited, **values}
    try:
        return msgspec.convert({**values, "name": name}, Profile)
    except msgspec.ValidationError as error:
        raise BadSetting(origin, f"{error}. Correct it and run again.") from error
