"""One audiobook at work: its item, the settings, and its files in the working folders.

<name> [1f2e3d4c]_state/input.json       the sources in order, as they were checked
                        counted/         a file for each counted source
                        plan.json        the plan of the encoding
                        chapters.json, details.json
<name> [1f2e3d4c]_processed/000000.chunk ...     encoded chunks
                            book.m4b     the book before it is placed
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import msgspec

from mediakeep import path_text
from mediakeep.audiobooks.details import read_details
from mediakeep.audiobooks.details.book_tags import BookDetails
from mediakeep.audiobooks.details.read_details import FoundDetails
from mediakeep.audiobooks.encoding.book_plan import BookPlan, Chunk
from mediakeep.audiobooks.item import AudiobookItem
from mediakeep.audiobooks.read_input import BookInput
from mediakeep.audiobooks.settings import BookOptions, BookSettings
from mediakeep.audiobooks.sources.source_order import SourceFile
from mediakeep.errors import WorkingFilesChanged
from mediakeep.media import ignore_rules
from mediakeep.media.chapters.chapters import Chapter
from mediakeep.outcome import Progress
from mediakeep.workspace import working_dirs
from mediakeep.workspace.place_file import PlacedFile
from mediakeep.workspace.system_errors import (
    read_working_file,
    translate_errors,
    write_working_file,
)
from mediakeep.workspace.working_dirs import WorkingDirs

_INPUT, _PLAN, _CHAPTERS, _DETAILS = "input.json", "plan.json", "chapters.json", "details.json"
SECONDS = "seconds"  # of work, in the result of a part
_HINT = "Reset the audiobook to begin with its sources."
_T = TypeVar("_T")


class BookJob(msgspec.Struct, frozen=True, dict=True):
    """An audiobook with its settings; `key` is the key of its item in the queue."""

    item: AudiobookItem
    key: str
    settings: BookSettings

    @cached_property
    def options(self) -> BookOptions:
        return self.settings.get_options(self.item)

    @property
    def ignored(self) -> tuple[str, ...]:
        """The patterns of files to skip."""
        return ignore_rules.for_library(self.settings.ignore, self.item.library)

    def read_details(self, sources: Sequence[SourceFile]) -> FoundDetails:
        """Find the tags and the cover of the book; raises what `read_details` raises."""
        given = {name: getattr(self.options, name, "") for name in BookDetails.__struct_fields__}
        given["cover"] = path_text.unescape_path(given["cover"])
        item = self.item
        return read_details.read_details(item.folders, sources, given, item.library, self.ignored)

    @property
    def name(self) -> str:
        """The name of its working folders."""
        return path_text.unescape_path(self.item.output_name)

    @property
    def owner_key(self) -> str:
        """What the working folders are found by, unique among the items of all homes."""
        return f"audiobook {self.item.output_name}\n{self.settings.home}"

    @property
    def output_dir(self) -> Path:
        """The folder of the finished book."""
        return self.settings.below_home(self.options.output_dir)

    @property
    def published(self) -> PlacedFile | None:
        """The book that the queue has recorded, or None."""
        item = self.item
        return PlacedFile(item.output_path, item.output_sha256) if item.output_path else None

    def build_file_name(self, details: BookDetails) -> str:
        """Return the name of the finished book, without suffix, valid on every file system.

        With `timestamp_names`, the local date and time of the job are appended.
        """
        folder = self.item.folders[0].name
        name = path_text.unescape_path(self.options.output)
        name = path_text.safe_name(name or read_details.build_book_name(details, folder))
        if not (self.options.timestamp_names and self.item.added_date):
            return name
        return f"{name}_{datetime.fromisoformat(self.item.added_date).astimezone():%Y%m%d_%H%M%S}"

    def find_dirs(self) -> WorkingDirs | None:
        """Return the working folders of the book, or None if there are none."""
        return working_dirs.find_working_dirs(self.settings.working_dir, self.owner_key)

    def require_files(self) -> BookFiles:
        """Return the files of the book; raise WorkingFilesChanged if there are none."""
        if dirs := self.find_dirs():
            return BookFiles(dirs)
        raise WorkingFilesChanged(self.settings.working_dir, "its working folders are gone", _HINT)

    def create_files(self) -> BookFiles:
        """Create the working folders of the book, or complete those that it has."""
        folder = self.settings.working_dir
        return BookFiles(working_dirs.create_working_dirs(folder, self.name, self.owner_key))


class BookFiles(msgspec.Struct, frozen=True):
    """The files of a book in its working folders."""

    dirs: WorkingDirs

    @property
    def counted_dir(self) -> Path:
        """The folder of the counted sources."""
        return self.dirs.state / "counted"

    @property
    def plan_path(self) -> Path:
        return self.dirs.state / _PLAN

    @property
    def book_path(self) -> Path:
        """The path of the book before it is placed."""
        return self.dirs.processed / "book.m4b"

    def find_chunk(self, chunk: Chunk) -> Path:
        """Return the path of an encoded chunk."""
        return self.dirs.processed / f"{chunk.number:06}.chunk"

    def save_input(self, found: BookInput) -> None:
        write_working_file(self.dirs.state / _INPUT, found)

    def add_warnings(self, warnings: Sequence[str]) -> None:
        """Add warnings to those of the input, for the record of the job."""
        found = self.require_input()
        listed = tuple(dict.fromkeys((*found.warnings, *warnings)))
        self.save_input(msgspec.structs.replace(found, warnings=listed))

    def load_input(self) -> BookInput | None:
        """Return the checked sources, or None if they were not saved."""
        return read_working_file(self.dirs.state / _INPUT, BookInput, _HINT)

    def require_input(self) -> BookInput:
        """Return the checked sources; raise WorkingFilesChanged if they are missing."""
        return _require(self.load_input(), self.dirs.state / _INPUT)

    def save_plan(self, plan: BookPlan) -> None:
        write_working_file(self.plan_path, plan)

    def load_plan(self) -> BookPlan | None:
        """Return the plan of the encoding, or None if there is none."""
        return read_working_file(self.plan_path, BookPlan, _HINT)

    def require_plan(self) -> BookPlan:
        """Return the plan of the encoding; raise WorkingFilesChanged if it is missing."""
        return require_plan(self.plan_path)

    def save_details(self, details: FoundDetails) -> None:
        write_working_file(self.dirs.state / _DETAILS, details)

    def load_details(self) -> FoundDetails | None:
        """Return the tags of the book, or None if it was not muxed."""
        return read_working_file(self.dirs.state / _DETAILS, FoundDetails, _HINT)

    def require_details(self) -> FoundDetails:
        """Return the tags of the book; raise WorkingFilesChanged if they are missing."""
        return _require(self.load_details(), self.dirs.state / _DETAILS)

    def remove_encoded(self) -> None:
        """Remove the book and its chunks, so that all is encoded again."""
        for path in self.dirs.processed.iterdir():
            with translate_errors(path):
                path.unlink()

    def save_chapters(self, chapters: list[Chapter]) -> None:
        write_working_file(self.dirs.state / _CHAPTERS, chapters)

    def load_chapters(self) -> list[Chapter]:
        """Return the chapters, none if they are not found yet."""
        return read_working_file(self.dirs.state / _CHAPTERS, list[Chapter], _HINT) or []

    def require_chapters(self) -> list[Chapter]:
        """Return the chapters; raise WorkingFilesChanged if they are missing."""
        path = self.dirs.state / _CHAPTERS
        return _require(read_working_file(path, list[Chapter], _HINT), path)


def build_stoppable_report(progress: Progress) -> Callable[[int, int], None]:
    """Return a function that reports the progress of a part, which may be stopped meanwhile."""

    def report(done: int, of: int) -> None:
        progress(done, max(of, done), may_stop=True)

    return report


def require_plan(path: Path) -> BookPlan:
    """Return the plan in a file; raise WorkingFilesChanged if it is missing."""
    return _require(read_working_file(path, BookPlan, _HINT), path)


def _require(found: _T | None, path: Path) -> _T:
    if found is None:
        raise WorkingFilesChanged(path, "it is missing", _HINT)
    return found
