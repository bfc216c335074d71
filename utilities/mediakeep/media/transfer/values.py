"""Convert tag values between the conventions of the tag formats: ratings, gains, people, lyrics."""

from __future__ import annotations

import re
from bisect import bisect_left

MAX_FRACTION_RATING = 1.0
# The stored values of 0 to 5 stars in Windows Media Player, which most players follow.
POPM_STARS = (0, 1, 64, 128, 196, 255)
ASF_STARS = (0, 1, 25, 50, 75, 99)
_PERCENT_STARS = (0, 20, 40, 60, 80, 100)
_RATING_TOLERANCE = 0.005  # the steps of a stored rating are up to 0.008 wide

_R128_OFFSET = 5.0  # dB: ReplayGain 2.0 refers to -18 LUFS, R128 gains to -23 LUFS (RFC 7845, 5.2)
_REPLAYGAIN_LUFS, _REPLAYGAIN_SPL = -18.0, 89.0  # the same reference in both units
_Q7_8 = 256  # steps per dB
_MAX_Q7_8 = 0x7FFF
_NUMBER = re.compile(r"\s*([-+]?\d+(?:[.,]\d+)?)")
_PERFORMER = re.compile(r"(?P<name>.+) \((?P<role>[^()]+(?:\([^()]*\)[^()]*)*)\)", re.DOTALL)
_LRC_LINE = re.compile(r"\[(\d+):(\d\d)\.(\d{2,3})\](.*)")


def rating_from_stars(text: str, stars: tuple[int, ...]) -> str:
    """Return a stored rating as a fraction from 0 to 1, or "" if it is out of range.

    `stars` are the stored values of 0 to 5 stars.
    """
    if not text.isdecimal() or int(text) > stars[-1]:
        return ""
    value = int(text)
    upper = max(1, bisect_left(stars, value))
    low, high = stars[upper - 1], stars[upper]
    return _format_fraction((upper - 1 + (value - low) / (high - low)) / 5)


def rating_to_stars(fraction: str, stars: tuple[int, ...]) -> str:
    """Return the stored value of a rating from 0 to 1; only 0 becomes 0, which means unrated."""
    steps = min(MAX_FRACTION_RATING, max(0.0, float(fraction))) * 5
    lower = min(4, int(steps))
    stored = round(stars[lower] + (steps - lower) * (stars[lower + 1] - stars[lower]))
    return str(max(stored, 1 if steps else 0))


def is_same_rating(fraction: str, other: str) -> bool:
    """Return True if two ratings differ only by the rounding of a stored value."""
    return abs(float(fraction) - float(other)) < _RATING_TOLERANCE


def rating_from_text(text: str) -> str:
    """Return a rating in a text as a fraction, or "" if it is no rating.

    A number with a point is a fraction; up to 5 it is stars, and up to 100 percent.
    """
    number = parse_number(text)
    if number is None or not 0 <= number <= _PERCENT_STARS[-1]:
        return ""
    if number <= MAX_FRACTION_RATING and not text.strip().isdecimal():
        return _format_fraction(number)
    scale = 5 if number <= 5 else _PERCENT_STARS[-1]
    return _format_fraction(number / scale)


def rating_to_percent(fraction: str) -> str:
    return f"{float(fraction) * _PERCENT_STARS[-1]:.2f}".rstrip("0").rstrip(".")


def _format_fraction(number: float) -> str:
    text = f"{number:.4f}".rstrip("0")
    return text + "0" if text.endswith(".") else text


def gain_to_r128(gain: str, reference: str = "") -> str:
    """Return a ReplayGain text such as "-6.50 dB" as an R128 gain in Q7.8, or "" if it is invalid.

    `reference` is the reference loudness of the gain, in LUFS or dB SPL; by default -18 LUFS.
    """
    number = parse_number(gain)
    if number is None:
        return ""
    steps = round((number - _reference_offset(reference) - _R128_OFFSET) * _Q7_8)
    return str(steps) if -_MAX_Q7_8 - 1 <= steps <= _MAX_Q7_8 else ""


def gain_from_r128(text: str) -> str:
    """Return an R128 gain in Q7.8 as a ReplayGain text, or "" if it is invalid."""
    digits = text.strip().removeprefix("+")
    if not digits.removeprefix("-").isdecimal():
        return ""
    return f"{int(digits) / _Q7_8 + _R128_OFFSET:+.2f} dB".replace("+", "")


def _reference_offset(reference: str) -> float:
    """Return by how many dB a reference loudness is above that of ReplayGain 2.0."""
    number = parse_number(reference)
    if number is None:
        return 0.0
    return number - (_REPLAYGAIN_LUFS if number < 0 else _REPLAYGAIN_SPL)


def parse_number(text: str) -> float | None:
    """Return the number at the beginning of a text, or None if there is none."""
    match = _NUMBER.match(text)
    return float(match[1].replace(",", ".")) if match else None


def join_performer(name: str, role: str) -> str:
    """Return a performer as in Vorbis comments: "Anna (violin)"."""
    return f"{name} ({role})" if role else name


def split_performer(text: str) -> tuple[str, str]:
    """Return name and role of a performer as in Vorbis comments; the role may be ""."""
    match = _PERFORMER.fullmatch(text)
    return (match["name"], match["role"]) if match else (text, "")


def lyrics_to_lrc(lines: tuple[str, ...]) -> str:
    """Return synchronized lyrics, each line "<milliseconds>\\t<text>", in the LRC format."""
    result = []
    for line in lines:
        time, _, text = line.partition("\t")
        minutes, milliseconds = divmod(int(time), 60_000)
        stamp = f"{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
        result.append(f"[{stamp}]{text.strip(chr(10))}")
    return "\n".join(result)


def lyrics_from_lrc(text: str) -> tuple[str, ...]:
    """Return lyrics in the LRC format as lines "<milliseconds>\\t<text>", or () if they are not."""
    lines = []
    for line in text.splitlines():
        match = _LRC_LINE.fullmatch(line)
        if not match:
            return ()
        time = int(match[1]) * 60_000 + int(match[2]) * 1000 + int(match[3].ljust(3, "0"))
        lines.append(f"{time}\t{match[4]}")
    return tuple(lines)
