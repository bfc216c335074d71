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
from mediakeep.media import ignore_rules
from mediakeep.media.chapters.chapters import Chapter
from mediakeep.outcome import NO_PROGRESS, Progress
from mediakeep.workspace import stage_worker
from mediakeep.workspace.job_files import JobFiles, StateFile, WorkingDirs
from mediakeep.workspace.place_file import PlacedFile

SECONDS = "seconds"  # of work, in the result of a part
_HINT = "Reset the audiobook to begin with its sources."
INPUT = StateFile("input.json", BookInput, _HINT)
PLAN = StateFile("plan.json", BookPlan, _HINT)
CHAPTERS = StateFile("chapters.json", list[Chapter], _HINT)
DETAILS = StateFile("details.json", FoundDetails, _HINT)


class BookJob(msgspec.Struct, frozen=True, dict=True):
    """An audiobook with its settings; `key` is the key of its item in the queue."""

    item: AudiobookItem
    key: str
    settings: BookSettings
    progress: Progress = NO_PROGRESS

    @cached_property
    def options(self) -> BookOptions:
        return self.settings.get_options(self.item)

    @cached_property
    def report(self) -> Callable[[int, int], None]:
        """The function that reports progress; the job may be stopped meanwhile."""
        return stage_worker.build_stoppable_report(self.progress)

    @property
    def ignored(self) -> ignore_rules.IgnoreSettings:
        """The rules of files to skip."""
        return self.settings.ignore.for_library(self.item.library)

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
    def files(self) -> JobFiles:
        return JobFiles(self.settings.working_dir, self.owner_key, _HINT)

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

    def find_target(self, stage: str) -> Path:
        if stage == "backup":
            return self.settings.backup_dir
        return self.output_dir if stage == "placing" else self.settings.working_dir


def find_book(dirs: WorkingDirs) -> Path:
    """Return the path of the book before it is placed."""
    return dirs.processed / "book.m4b"


def find_chunk(dirs: WorkingDirs, chunk: Chunk) -> Path:
    """Return the path of an encoded chunk."""
    return dirs.processed / f"{chunk.number:06}.chunk"


def add_warnings(dirs: WorkingDirs, warnings: Sequence[str]) -> None:
    """Add warnings to those of the input, for the record of the job."""
    found = INPUT.require(dirs.state)
    listed = tuple(dict.fromkeys((*found.warnings, *warnings)))
    INPUT.save(dirs.state, msgspec.structs.replace(found, warnings=listed))
