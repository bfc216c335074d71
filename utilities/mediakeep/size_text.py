"""Numbers of bytes and of things as text."""

from __future__ import annotations

from collections.abc import Mapping

_UNITS = ("KB", "MB", "GB", "TB")


def format_size(number: float) -> str:
    """Format a number of bytes in decimal units, as in "900 B", "4.2 MB" and "120 GB"."""
    if number < 999.5:
        return f"{round(number)} B"
    value, unit = next(
        (number / 1000**power, unit)
        for power, unit in enumerate(_UNITS, 1)
        if number < 999.5 * 1000**power or unit == _UNITS[-1]
    )
    return f"{value:.1f} {unit}" if value < 99.95 else f"{value:,.0f} {unit}"


def compute_percentage(part: int, total: int) -> float:
    """Return a percentage with one decimal; 100.0 only for all things, and 0.0 only for none."""
    if part in (0, total):
        return 100.0 if part else 0.0
    return min(max(round(100 * part / total, 1), 0.1), 99.9)


def format_count(number: int, noun: str, plural: str = "") -> str:
    """Format a count with its noun, as in "1 artist", "2 boxes" and "1,200 artists"."""
    plural = plural or (f"{noun}es" if noun.endswith(("s", "x")) else f"{noun}s")
    return f"{number:,} {noun if number == 1 else plural}"


def format_counts(counts: Mapping[tuple[str, str], int]) -> str:
    """Format counts by their nouns, singular and plural, as in "3 artists, 1 movie"."""
    return ", ".join(format_count(count, *nouns) for nouns, count in counts.items())
