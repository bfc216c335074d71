"""Durations and sizes, as users write them."""

from __future__ import annotations

import re

_SECONDS_PER_UNIT = {"": 1, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_BYTES_PER_UNIT = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12}


def parse_duration(text: str) -> float:
    """Parse a duration such as "90", "30m" or "1h30m" to seconds; raise ValueError if invalid."""
    spans = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.strip().lower())
    joined = "".join(number + unit for number, unit in spans)
    if (
        not spans
        or joined != re.sub(r"\s", "", text.lower())
        or any(u not in _SECONDS_PER_UNIT for _, u in spans)
    ):
        raise ValueError(f'"{text}" is not a duration; write it like 90s, 30m or 2h')
    return sum(float(number) * _SECONDS_PER_UNIT[unit] for number, unit in spans)


def parse_size(text: str) -> int:
    """Parse a size such as "500M", "2 GB" or "1.5g" to bytes; raise ValueError if invalid.

    The units are decimal, as in all output.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([kmgt]?)b?", text.strip().lower())
    if not match:
        raise ValueError(f'"{text}" is not a size; write it like 500M or 2G')
    return round(float(match[1]) * _BYTES_PER_UNIT[match[2]])
