"""Decide for a track whether to copy or to encode it, and with which parameters.

The rules are data: the first rule that matches decides. Without a matching rule, lossless audio is
encoded by the profile, and lossy audio is copied, because encoding it again loses quality.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from mediakeep import config
from mediakeep.errors import BadSetting
from mediakeep.media.audio.model import AudioProperties
from mediakeep.media.encoding.profiles import KEEP, Profile

Action = Literal["copy", "encode"]
_DSD_DIVISOR = 16  # DSD64 becomes 176.4 kHz PCM: above that it is mostly noise
_DSD_BITS, _LOSSY_BITS = 24, 16  # significant bits of PCM from DSD and from lossy audio
_NEAR = 0.9  # prefer half the source's rate to the limit if it is not much lower: 44.1 to 48 kHz


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A condition and what to do with the tracks that match all of it.

    `formats` are names of formats or codecs ("MP3", "ALAC"), `folder` is a pattern for the path of
    the track's folder, such as "Classical/*"; bit rates are in bits per second. `profile` encodes
    with another profile than the chosen one.
    """

    action: Action
    formats: tuple[str, ...] = ()
    folder: str = ""
    lossless: bool | None = None
    min_bit_rate: Annotated[int, Meta(ge=0)] = 0
    max_bit_rate: Annotated[int, Meta(ge=0)] = 0  # 0 for no limit
    profile: str = ""


class EncodingParameters(msgspec.Struct, frozen=True):
    """A profile, and the format that it gives a track: Hz, channels, significant bits.

    `bits` is 0 if the codec is lossy. `bit_rate` is in bits per second, or 0 if the quality or the
    audio decides.
    """

    profile: Profile
    sample_rate: int
    channels: int
    bits: int = 0
    bit_rate: int = 0


class Decision(msgspec.Struct, frozen=True):
    """What to do with a track, and the reason, as a clause. A copy has no parameters."""

    action: Action
    reason: str
    parameters: EncodingParameters | None = None


def parse_rules(
    tables: Sequence[Mapping[str, object]], profiles: Mapping[str, Profile], origin: str
) -> tuple[Rule, ...]:
    """Return the rules of the settings; raise BadSetting if one is invalid.

    `origin` is the name of the settings file, for messages.
    """
    names = Rule.__struct_fields__
    for unknown in (key for table in tables for key in table if key not in names):
        raise BadSetting(origin, f"rules: {config.describe_unknown(unknown, names)}")
    try:
        rules = msgspec.convert(list(tables), tuple[Rule, ...])
    except msgspec.ValidationError as error:
        raise BadSetting(origin, f"invalid rule: {error}. Correct it and run again.") from error
    for rule in rules:
        if rule.profile and rule.profile not in profiles:
            known = ", ".join(profiles)
            raise BadSetting(origin, f"unknown profile {rule.profile!r}. Use one of: {known}.")
    return rules


def decide(
    facts: AudioProperties,
    folder: str,
    profile: Profile,
    rules: Sequence[Rule] = (),
    profiles: Mapping[str, Profile] | None = None,
) -> Decision:
    """Decide what to do with a track, given its properties and the path of its folder.

    `profiles` are those that rules may name.
    """
    if profile.name == KEEP:
        return Decision("copy", "the profile keeps every track")
    for number, rule in enumerate(rules, 1):
        if _matches(rule, facts, folder):
            if rule.action == "copy" or rule.profile == KEEP:
                return Decision("copy", f"rule {number} keeps it")
            chosen = (profiles or {}).get(rule.profile, profile)
            return Decision("encode", f"rule {number}", choose_parameters(facts, chosen))
    if not facts.lossless:
        return Decision("copy", f"it is lossy already ({facts.codec or facts.format})")
    parameters = choose_parameters(facts, profile)
    if profile.layouts and parameters.channels > len(profile.layouts):
        return Decision("copy", f"{profile.codec} cannot store {parameters.channels} channels")
    if _is_same_format(facts, parameters):
        return Decision("copy", f"it is {facts.codec or facts.format} already, within the limits")
    return Decision("encode", "it is lossless", parameters)


def choose_parameters(facts: AudioProperties, profile: Profile) -> EncodingParameters:
    """Return the parameters to encode a track: never more than its source or the profile has."""
    is_dsd = facts.bits == 1
    rate = facts.sample_rate // _DSD_DIVISOR if is_dsd else facts.sample_rate
    source_bits = _DSD_BITS if is_dsd else facts.bits or _LOSSY_BITS
    bit_rate = profile.bit_rate
    if bit_rate and not facts.lossless and facts.bitrate:
        bit_rate = min(bit_rate, facts.bitrate)
    return EncodingParameters(
        profile=profile,
        sample_rate=_choose_sample_rate(rate, profile),
        channels=_limit(facts.channels, profile.channels),
        bits=_limit(source_bits, profile.bits) if profile.lossless else 0,
        bit_rate=bit_rate,
    )


def _matches(rule: Rule, facts: AudioProperties, folder: str) -> bool:
    names = {facts.format.casefold(), facts.codec.casefold()}
    return (
        (not rule.formats or not names.isdisjoint(name.casefold() for name in rule.formats))
        and (not rule.folder or fnmatchcase(folder, rule.folder))
        and rule.lossless in (None, facts.lossless)
        and facts.bitrate >= rule.min_bit_rate
        and (not rule.max_bit_rate or facts.bitrate <= rule.max_bit_rate)
    )


def _is_same_format(facts: AudioProperties, parameters: EncodingParameters) -> bool:
    """Return True if encoding would give lossless audio the codec and format that it has."""
    return (
        parameters.profile.lossless
        and parameters.profile.codec in (facts.codec.casefold(), facts.format.casefold())
        and parameters.sample_rate == facts.sample_rate
        and parameters.channels == facts.channels
        and parameters.bits == facts.bits
    )


def _choose_sample_rate(rate: int, profile: Profile) -> int:
    """Return the highest rate that neither source nor profile exceeds, best half the source's.

    If the codec supports only higher rates, return the lowest of them.
    """
    limit = _limit(rate, profile.sample_rate)
    possible = [known for known in profile.sample_rates if known <= limit]
    if profile.sample_rates and not possible:
        return min(profile.sample_rates)
    best = max(possible, default=limit)
    halvings = (rate >> count for count in range(8) if rate % (1 << count) == 0)
    near = (half for half in halvings if _NEAR * best <= half <= best)
    return next((half for half in near if half in possible or not possible), best)


def _limit(value: int, maximum: int) -> int:
    return min(value, maximum) if maximum else value
