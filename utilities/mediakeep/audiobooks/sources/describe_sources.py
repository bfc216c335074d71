"""Lines about the files of a book for a dry run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from mediakeep import size_text
from mediakeep.audiobooks.encoding.book_plan import BookFormat
from mediakeep.audiobooks.sources import book_format, source_order
from mediakeep.audiobooks.sources.check_sources import CheckedFile, CheckedSources
from mediakeep.audiobooks.sources.find_books import LeftOut
from mediakeep.audiobooks.sources.source_order import OrderedSources
from mediakeep.pages import render

_SPEED = 50.0  # times real time: AAC on one core of 2026
_ORDERS = {
    "tags": "by disc and track number",
    "natural": "by name, numbers by value",
    "alphabetical": "by name, letter by letter",
    "list": "by a list",
    "mixed": "each folder on its own",
}


def describe_sources(
    ordered: OrderedSources,
    checked: CheckedSources,
    left_out: Sequence[LeftOut],
    folders: Sequence[Path],
) -> Iterator[str]:
    """Yield a line for each file in order, with their order, their sum, and what is left out."""
    yield f"Order: {_ORDERS[ordered.order]} ({ordered.reason})"
    by_path = {file.source.path: file for file in checked.files}
    for number, source in enumerate(ordered.sources, 1):
        shown = source_order.display_source(source.path, folders)
        yield f"{number:4}  {shown}: {_describe_file(by_path[source.path])}"
    counts = Counter(file.format for file in checked.files)
    formats = ", ".join(f"{count:,} {name}" for name, count in counts.most_common())
    size = size_text.format_size(checked.size)
    yield f"Sources: {formats}; {format_length(checked.seconds)}, {size}"
    for file in left_out:
        yield f"Left out: {source_order.display_source(file.path, folders)}: {file.reason}"
    yield from (*ordered.warnings, *checked.warnings)


def describe_encoding(
    checked: CheckedSources, chosen: BookFormat, processes: int = 1, speed: float = _SPEED
) -> str:
    """Return the format of an encoded book, and about its size and the time it takes.

    `speed` is that of one process, in times real time.
    """
    size = size_text.format_size(book_format.estimate_size(checked, chosen))
    minutes = max(1, round(checked.seconds / speed / processes / 60))
    shown = book_format.describe_format(chosen)
    workers = render.pluralize(processes, "process")
    return f"AAC, {shown}; about {size}, about {minutes:,} min with {workers}"


def format_length(seconds: float) -> str:
    """Format a playing time, such as "1:02:03"."""
    whole = round(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"


def _describe_file(file: CheckedFile) -> str:
    channels = book_format.describe_channels(file.channels)
    rate = f", {round(file.bit_rate / 1000):,} kbit/s" if file.bit_rate else ""
    length = format_length(file.seconds)
    return f"{length}, {file.format}, {file.sample_rate:,} Hz, {channels}{rate}"
