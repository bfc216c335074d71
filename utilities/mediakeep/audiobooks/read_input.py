"""Read the sources of a book: which files, in which order, and how they become one book."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.audiobooks import find_chapters
from mediakeep.audiobooks.encoding import pcm_timeline
from mediakeep.audiobooks.encoding.book_plan import BookFormat
from mediakeep.audiobooks.muxing import join_parts
from mediakeep.audiobooks.settings import BookOptions
from mediakeep.audiobooks.sources import book_format, check_sources, find_books, source_order
from mediakeep.audiobooks.sources.check_sources import (
    CheckedFile,
    CheckedSources,
    OnChecked,
    SourceLimits,
)
from mediakeep.audiobooks.sources.find_books import LeftOut
from mediakeep.audiobooks.sources.source_order import OrderedSources, SourceFile
from mediakeep.errors import Unreadable
from mediakeep.media import ignore_rules
from mediakeep.media.audio import formats


class InputFile(msgspec.Struct, frozen=True):
    """A checked source: its escaped path, what identifies its content, its title and its format."""

    path: str
    size: int
    mtime_ns: int
    title: str
    codec: str
    sample_rate: int
    channels: int
    bit_rate: int

    @property
    def source(self) -> SourceFile:
        return SourceFile(path_text.to_path(self.path), title=self.title)


class BookInput(msgspec.Struct, frozen=True):
    """The checked sources of a book in order, and the format of its encoding.

    `order` says how they were ordered, and why. `seconds` is their length as their headers say.
    `is_joined` is set if they are joined without encoding.
    """

    files: tuple[InputFile, ...]
    format: BookFormat
    order: str
    seconds: float
    is_joined: bool = False
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The size of all sources in bytes."""
        return sum(file.size for file in self.files)

    @property
    def sources(self) -> list[SourceFile]:
        return [file.source for file in self.files]

    def is_current(self) -> bool:
        """Return whether no source has changed since it was checked."""
        try:
            return all(
                pcm_timeline.identify(file.source.path) == (file.size, file.mtime_ns)
                for file in self.files
            )
        except Unreadable:
            return False


class CheckedInput(msgspec.Struct, frozen=True):
    """The input of a book, and what it was decided from; `left_out` are other audio files.

    `notes` are sentences about the format of an encoded book.
    """

    book: BookInput
    checked: CheckedSources
    ordered: OrderedSources
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...] = ()


def read_input(
    folders: Sequence[Path],
    options: BookOptions,
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING,
    on_checked: OnChecked | None = None,
) -> CheckedInput | None:
    """Check and order the sources of a book; return None if there are none.

    `on_checked` is called after each file, with the files checked and those in total. Raises
    SourcesRefused with all that is wrong with them, and UsageError if they cannot be ordered as the
    options want it, or the file of chapters is not usable.
    """
    listed = find_books.list_sources(folders, options.formats, ignored)
    if not listed.files:
        return None
    find_chapters.check_mode(path_text.unescape_path(options.chapters))
    limits = SourceLimits(options.max_file_size_mb, options.max_total_size_mb)
    checked = check_sources.check_sources(folders, listed.files, limits, on_checked)
    order = path_text.unescape_path(options.order)
    ordered = source_order.order_sources([f.source for f in checked.files], folders, order)
    by_path = {file.source.path: file for file in checked.files}
    found = [by_path[source.path] for source in ordered.sources]
    chosen, warnings = book_format.choose_format(
        checked, options.bit_rate, options.channels, options.sample_rate
    )
    problem = "a format is given" if options.sets_format else join_parts.find_join_problem(found)
    notes = warnings if problem else ()
    if problem and all(file.format == formats.MP4.name for file in found):
        notes += (f"Encoded, not joined: {problem}.",)
    book = BookInput(
        files=tuple(map(_build_file, found)),
        format=chosen,
        order=f"{ordered.order} ({ordered.reason})",
        seconds=checked.seconds,
        is_joined=not problem,
        warnings=(*ordered.warnings, *checked.warnings, *notes),
    )
    return CheckedInput(book, checked, ordered, listed.left_out, notes)


def _build_file(file: CheckedFile) -> InputFile:
    return InputFile(
        path_text.escape_path(file.source.path),
        file.size,
        file.mtime_ns,
        file.source.title,
        file.codec,
        file.sample_rate,
        file.channels,
        file.bit_rate,
    )
