"""Tables of figures, for a terminal."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], *notes: str) -> None:
    """Print a table, its first column to the left, and notes below."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    print(f"\n{title}")
    for line in lines:
        cells = [cell.rjust(width) for cell, width in zip(line, widths, strict=True)]
        cells[0] = line[0].ljust(widths[0])
        print("  " + "   ".join(cells).rstrip())
    for note in notes:
        print(f"  {note}")
    print(end="", flush=True)


def spread(values: Sequence[float], digits: int = 2, scale: float = 1.0) -> str:
    """Write the median, and the range in brackets."""
    low, middle, high = (
        f"{value * scale:.{digits}f}"
        for value in (min(values), statistics.median(values), max(values))
    )
    return f"{middle} ({low}-{high})"


def middle(values: Sequence[float], digits: int = 2, scale: float = 1.0) -> str:
    """Write the median alone."""
    return f"{statistics.median(values) * scale:,.{digits}f}"
