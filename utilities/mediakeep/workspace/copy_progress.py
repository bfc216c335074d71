"""Report copies as progress in bytes, so that a long one is not taken for a stalled one."""

from __future__ import annotations

from collections.abc import Callable

Report = Callable[[int, int], object]  # (bytes done, bytes in total)

_PASSES = 3  # a file is copied, then it and its copy are hashed


class CopyProgress:
    """Adds up the bytes of copies and hashes; `size` is the size of the files to copy."""

    def __init__(self, size: int, report: Report | None) -> None:
        self._done, self._total, self._report = 0, size * _PASSES, report

    def __call__(self, count: int) -> None:
        """Add bytes; what `report` raises, such as for a stop, ends the copy."""
        self._done += count
        if self._report:
            self._report(self._done, max(self._done, self._total))
