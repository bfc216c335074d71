"""Put numbers of things into an order."""

from __future__ import annotations

from collections.abc import Mapping


def rank_counts(counts: Mapping[str, int]) -> dict[str, int]:
    """Return counts with the highest first; equal ones are in alphabetical order."""
    return dict(sorted(counts.items(), key=lambda entry: (-entry[1], entry[0])))
