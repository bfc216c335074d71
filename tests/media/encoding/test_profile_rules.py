"""The rules decide which tracks are encoded, and how."""

from __future__ import annotations

from typing import Any

import pytest

from mediakeep.errors import BadSetting
from mediakeep.media.audio.model import AudioProperties
from mediakeep.media.encoding import profile_rules, profiles
from mediakeep.media.encoding.profile_rules import Rule
from mediakeep.media.encoding.profiles import BUILT_IN
from tests.sampling import each_row

FLAC = AudioProperties(
    format="FLAC", codec="FLAC", lossless=True, sample_rate=44_100, channels=2, bits=16
)
MP3 = AudioProperties(format="MP3", codec="MP3", bitrate=192_000, sample_rate=44_100, channels=2)


def facts(**changes: Any) -> AudioProperties:
    values = {name: getattr(FLAC, name) for name in FLAC.__struct_fields__}
    return AudioProperties(**{**values, **changes})


@each_row(
    ("track", "profile", "action"),
    [
        (FLAC, "opus", "encode"),
        (FLAC, "alac", "encode"),
        (FLAC, "flac", "copy"),  # it would be the same again
        (FLAC, "keep", "copy"),
        (MP3, "opus", "copy"),  # never lossy to lossy
        (MP3, "flac", "copy"),
        (facts(bits=32), "flac", "encode"),
        (facts(format="MP4", codec="ALAC"), "alac", "copy"),
        (facts(channels=7), "alac", "encode"),
        (facts(channels=8), "alac", "copy"),  # it cannot store them
    ],
)
def test_lossless_is_encoded_and_lossy_is_kept(
    track: AudioProperties, profile: str, action: str
) -> None:
    decision = profile_rules.decide(track, "A/B", BUILT_IN[profile])
    assert decision.action == action
    assert (decision.parameters is not None) is (action == "encode")
    assert decision.reason


@each_row(
    ("rule", "track", "action", "name"),
    [
        (Rule(action="encode", formats=("mp3",)), MP3, "encode", "opus"),
        (Rule(action="encode", formats=("Opus",)), MP3, "copy", ""),
        (Rule(action="encode", lossless=False, min_bit_rate=256_000), MP3, "copy", ""),
        (Rule(action="encode", lossless=False, min_bit_rate=192_000), MP3, "encode", "opus"),
        (Rule(action="copy", max_bit_rate=128_000, lossless=True), FLAC, "copy", ""),
        (Rule(action="copy", folder="A/*"), FLAC, "copy", ""),
        (Rule(action="copy", folder="B/*"), FLAC, "encode", "opus"),
        (Rule(action="encode", folder="A/*", profile="aac"), FLAC, "encode", "aac"),
        (Rule(action="encode", profile="keep"), FLAC, "copy", ""),
    ],
)
def test_the_first_rule_that_matches_decides(
    rule: Rule, track: AudioProperties, action: str, name: str
) -> None:
    rules = (Rule(action="copy", formats=("WMA",)), rule)
    decision = profile_rules.decide(track, "A/Live", BUILT_IN["opus"], rules, BUILT_IN)
    assert decision.action == action
    assert (decision.parameters.profile.name if decision.parameters else "") == name


@each_row(
    ("rate", "profile", "expected"),
    [
        (44_100, "opus", 48_000),
        (44_100, "mp3-v0", 44_100),
        (96_000, "mp3-v0", 48_000),
        (88_200, "mp3-v0", 44_100),
        (176_400, "aac", 44_100),
        (192_000, "aac", 48_000),
        (22_050, "aac", 22_050),
        (192_000, "flac", 192_000),
        (37_800, "mp3-v0", 32_000),
        (4_000, "mp3-v0", 8_000),  # the lowest that MP3 has
    ],
)
def test_the_sample_rate_is_never_raised_without_need(
    rate: int, profile: str, expected: int
) -> None:
    chosen = profile_rules.choose_parameters(facts(sample_rate=rate), BUILT_IN[profile])
    assert chosen.sample_rate == expected


def test_limits_of_a_profile_are_obeyed() -> None:
    table = {"cd": {"base": "flac", "bits": 16, "sample_rate": 48_000, "channels": 2}}
    cd = profiles.parse_profiles(table, "mediakeep.toml")["cd"]
    studio = facts(sample_rate=96_000, bits=24, channels=6)
    chosen = profile_rules.choose_parameters(studio, cd)
    assert (chosen.sample_rate, chosen.bits, chosen.channels) == (48_000, 16, 2)
    assert profile_rules.choose_parameters(facts(sample_rate=88_200), cd).sample_rate == 44_100
    assert profile_rules.decide(studio, "", cd).action == "encode"
    assert profile_rules.decide(FLAC, "", cd).action == "copy"


def test_the_bit_rate_of_lossy_sources_is_not_raised() -> None:
    low = AudioProperties(format="MP3", bitrate=64_000, sample_rate=44_100, channels=2)
    assert profile_rules.choose_parameters(low, BUILT_IN["opus"]).bit_rate == 64_000
    assert profile_rules.choose_parameters(FLAC, BUILT_IN["opus"]).bit_rate == 128_000


def test_dsd_becomes_pcm_of_a_sixteenth_of_its_rate() -> None:
    dsd = facts(format="DSF", codec="DSD", sample_rate=2_822_400, bits=1)
    chosen = profile_rules.choose_parameters(dsd, BUILT_IN["flac"])
    assert (chosen.sample_rate, chosen.bits) == (176_400, 24)


def test_users_define_profiles_and_change_built_in_ones() -> None:
    tables = {
        "opus": {"bit_rate": 96_000, "codec_options": {"vbr": "constrained"}},
        "small": {"base": "mp3-v0", "bit_rate": 128_000},
        "wv": {"codec": "wavpack", "container": "wv", "suffix": ".wv", "lossless": True},
    }
    found = profiles.parse_profiles(tables, "mediakeep.toml")
    assert found["opus"].bit_rate == 96_000
    assert found["opus"].codec_options == {"vbr": "constrained", "application": "audio"}
    assert (found["small"].quality, found["small"].codec) == (-1, "libmp3lame")
    assert found["wv"].codec == "wavpack"
    assert found["aac"] == BUILT_IN["aac"]


@each_row(
    ("table", "match"),
    [
        ({"bit_rat": 1}, "mediakeep.toml, profile x: .*bit_rat"),
        ({"codec": "flac"}, "suffix|container"),
        ({"base": "keep"}, "unknown base 'keep'. Use one of: opus, mp3-v0, aac, flac, alac"),
        ({"base": "flac", "bits": "16"}, "Expected `int`"),
        ({"base": "flac", "codec_options": 5}, "codec_options"),
    ],
)
def test_a_wrong_profile_is_named(table: dict[str, Any], match: str) -> None:
    with pytest.raises(BadSetting, match=match):
        profiles.parse_profiles({"x": table}, "mediakeep.toml")


def test_rules_are_read_from_settings() -> None:
    tables = [{"action": "encode", "formats": ["WMA"], "profile": "aac"}, {"action": "copy"}]
    rules = profile_rules.parse_rules(tables, BUILT_IN, "mediakeep.toml")
    assert rules == (Rule(action="encode", formats=("WMA",), profile="aac"), Rule(action="copy"))
    for table, match in (({"action": "skip"}, "invalid rule"), ({"action": "copy", "x": 1}, "x")):
        with pytest.raises(BadSetting, match=match):
            profile_rules.parse_rules([table], BUILT_IN, "mediakeep.toml")
    with pytest.raises(BadSetting, match="unknown profile 'mp4'"):
        profile_rules.parse_rules([{"action": "encode", "profile": "mp4"}], BUILT_IN, "x")
