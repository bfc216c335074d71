"""The result of a command that edits files, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mediakeep import command_text, path_text
from mediakeep.app.console import Console
from mediakeep.app.edit import audio_targets
from mediakeep.errors import UnexpectedError
from mediakeep.music.repairs import plans
from mediakeep.music.repairs.plans import FilePlan
from mediakeep.size_text import format_count


@dataclass
class EditResult:
    """The files of one command; `failed` maps a path or an issue id to the error.

    In a dry run, `changed` holds the files that would be changed.
    """

    changed: list[FilePlan] = field(default_factory=list)
    same: int = 0  # files that already had the values
    left_out: int = 0  # files that did not meet a condition
    untried: int = 0  # files that came after the disk was full
    notes: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    session: str = ""
    session_label: str = ""  # its name in commands
    unexpected: list[UnexpectedError] = field(default_factory=list)  # for the session's log

    def add_failure(self, path: Path, error: Exception) -> None:
        """Record why a file was not written."""
        self.failed[path_text.escape_path(path)] = str(error)
        if isinstance(error, UnexpectedError):
            self.unexpected.append(error)

    def print_result(self, console: Console, home: Path, *, dry_run: bool, as_json: bool) -> None:
        """Print the failures, and the rest as lines or as JSON."""
        for why in self.failed.values():
            console.print_message(why)
        data = {"dry_run": dry_run, **vars(self)}
        del data["unexpected"], data["session_label"]
        data |= {"take_back": "" if dry_run else self._undo_command(home)}
        console.print_result(list(self._format_lines(data)), data, as_json=as_json)

    def _format_lines(self, data: dict[str, Any]) -> Iterator[str]:
        for plan in self.changed:
            yield from plans.format_plan(
                plan, audio_targets.display_path(Path(path_text.unescape_path(plan.path)))
            )
        yield from self.notes
        yield "; ".join(self._format_summary(dry_run=data["dry_run"])) + "."
        if data["take_back"]:
            yield f"Undo with: {data['take_back']}"

    def _format_summary(self, *, dry_run: bool) -> Iterator[str]:
        changed = format_count(len(self.changed), "file")
        yield (
            f"Dry run, nothing written: {changed} would be changed"
            if dry_run
            else (f"{changed} changed")
        )
        others = {
            "already up to date": self.same,
            "skipped": self.left_out,
            "failed": len(self.failed),
            "not tried": self.untried,
        }
        yield from (f"{count:,} {what}" for what, count in others.items() if count)

    def _undo_command(self, home: Path) -> str:
        """Return the command that undoes the changes, or "" if there are none."""
        if not self.changed:
            return ""
        return command_text.format_command(
            "undo_changes.py", home, f"--session {self.session_label}"
        )
