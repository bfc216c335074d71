"""The edits of one command: one per file, without contradictions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from mediakeep.app.edit import audio_targets
from mediakeep.errors import UsageError
from mediakeep.media.audio.tag_edits import CopyToNativeTags, SetField
from mediakeep.music.repairs.plans import FileChange


@dataclass(frozen=True)
class FileEdit:
    """The changes of one file, by field; `real_path` is where links led when it was added.

    If a file of a `group` cannot be written, none of it is; "" stands for no group.
    """

    path: Path
    real_path: Path
    group: str = ""
    by_field: dict[str, FileChange] = field(default_factory=dict)

    @property
    def changes(self) -> list[FileChange]:
        """All changes of the file."""
        return list(self.by_field.values())


class FileEdits:
    """The edits of one command, by file."""

    def __init__(self) -> None:
        self._by_file: dict[Path, FileEdit] = {}

    @property
    def all(self) -> list[FileEdit]:
        """All edits, one for each file."""
        return list(self._by_file.values())

    def add(self, path: Path, changes: Iterable[FileChange], group: str = "") -> None:
        """Add changes of a file; raise UsageError if they contradict earlier ones.

        The file belongs to the group with which it is added first.
        """
        edit = self._by_file.setdefault(real := path.resolve(), FileEdit(path, real, group))
        for change in changes:
            if conflict := self.find_conflict(path, change):
                raise UsageError(f"{audio_targets.display_path(path)}: {conflict}.")
            edit.by_field.setdefault(_changed_field(change), change)

    def find_conflict(self, path: Path, change: FileChange) -> str:
        """Return how a change contradicts an earlier one, as a clause, or ""."""
        edit = self._by_file.get(path.resolve())
        other = edit.by_field.get(_changed_field(change)) if edit else None
        if other is None or _without_reason(other) == _without_reason(change):
            return ""
        return f"conflicting values of {_changed_field(change)} ({other.reason})"


def _changed_field(change: FileChange) -> str:
    if isinstance(change, SetField):
        return change.field
    return "container" if isinstance(change, CopyToNativeTags) else "cover"


def _without_reason(change: FileChange) -> FileChange:
    return structs.replace(change, reason="")
