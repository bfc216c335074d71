"""Audio files that follow each other, and where each of them starts."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from pathlib import Path

import msgspec


class Timeline(msgspec.Struct, frozen=True):
    """Files in order, with their lengths in samples of one rate (Hz), and their title tags."""

    paths: tuple[Path, ...]
    lengths: tuple[int, ...]
    rate: int
    titles: tuple[str, ...]  # "" if a file has none

    @property
    def samples(self) -> int:
        """The length of all files."""
        return sum(self.lengths)

    @property
    def starts(self) -> list[int]:
        """The position of each file."""
        return find_starts(self.lengths)


def find_starts(lengths: Iterable[int]) -> list[int]:
    """Return the position at which each of consecutive parts starts, from their lengths."""
    return list(accumulate(lengths, initial=0))[:-1]
