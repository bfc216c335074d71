"""The kind of audiobooks, its queue item, and its own settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import msgspec

from mediakeep import path_text
from mediakeep.item import Item, Number
from mediakeep.kinds import AUDIO_METRICS, HistoryView, Kind
from mediakeep.stages import Stage, StageTable

Failure = Literal["", "input", "processing", "output", "system"]


class AudiobookItem(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """A folder of audio files that become one book; all paths are escaped, see `escape_path`.

    `sources` are the folders of a book that is made of several. `options` are the book's own
    settings, which replace those of the command; see `settings.BookOptions`. `failure` says what
    the last attempt failed of.
    """

    file_count: Number = 0
    depth: Number = 0  # of its folder below the library, such as 2 for Author/Book; 0: it was added
    sources: tuple[str, ...] = ()
    options: dict[str, Any] = msgspec.field(default_factory=dict)
    backup_path: str = ""
    output_path: str = ""
    output_sha256: str = ""
    failure: Failure = ""
    metrics: dict[str, float] = msgspec.field(default_factory=dict)

    @property
    def library(self) -> Path | None:
        """The library that the book was found in, or None if it was added."""
        return path_text.to_path(self.path).parents[self.depth - 1] if self.depth else None

    @property
    def folders(self) -> list[Path]:
        """The source folders in order."""
        return [path_text.to_path(text) for text in self.sources or (self.path,)]


# A job whose working folder is missing, or whose sources have changed, starts over with its input.
AUDIOBOOKS = Kind(
    name="audiobooks",
    noun="audiobook",
    plural="audiobooks",
    manager_script="audiobook_queue_manager.py",
    batch_script="build_audiobooks.py",
    item_type=AudiobookItem,
    subject="mediakeep.app.subjects.audiobooks:SUBJECT",
    settings="mediakeep.audiobooks.settings:BookSettings",
    stages=StageTable(
        (
            Stage("input", ("backup", "counting"), "failed_input"),
            Stage("backup", ("counting",), "failed_backup"),
            Stage("counting", ("encoding", "muxing", "input"), "failed_counting"),
            Stage("encoding", ("muxing", "input"), "failed_encoding"),
            Stage("muxing", ("verifying", "input"), "failed_muxing"),
            Stage("verifying", ("placing", "muxing", "input"), "failed_verifying"),
            Stage("placing", ("completed", "muxing", "input"), "failed_placing"),
            Stage("completed"),
        )
    ),
    cleans_up=True,
    history_views=(
        HistoryView(
            "audiobooks",
            "items",
            {
                "audiobook": "item",
                "status": "processing_stage",
                **{name: name for name in ("output_path", "backup_path", "failure")},
                **{name: name for name in ("audio_seconds", "input_bytes", "output_bytes")},
                "started": "first_time",
                "finished": "time",
                "seconds": "total_seconds",
            },
        ),
    ),
    part_noun="file",
    measures=AUDIO_METRICS,
    library_noun="folders with audio files",
    stray_noun="audio file",
    stray_fix="Move them to a folder of their own, then scan again.",
)
