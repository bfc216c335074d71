"""The result of a command that edits files, and how it is printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from mediakeep import config, files
from mediakeep.commands import shared, targets
from mediakeep.errors import Unexpected
from mediakeep.music import plans
from mediakeep.music.plans import FilePlan
from mediakeep.pages import page


@dataclass
class Account:
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
    unexpected: list[Unexpected] = field(default_factory=list)  # for the session's log

    def fail(self, path: Path, error: Exception) -> None:
        """Record why a file was not written."""
        self.failed[files.escape(path)] = str(error)
        if isinstance(error, Unexpected):
            self.unexpected.append(error)

    def show(self, home: Path, *, dry_run: bool, as_json: bool) -> None:
        """Print the result: failures to stderr, the rest as lines or as JSON."""
        for why in self.failed.values():
            click.echo(shared.plain(why), err=True)
        data = {"dry_run": dry_run, **vars(self)}
        del data["unexpected"]
        data |= {"take_back": "" if dry_run else self._take_back(home)}
        shared.show(list(self._lines(data)), data, as_json=as_json)

    def _lines(self, data: dict[str, Any]) -> Iterator[str]:
        for plan in self.changed:
            yield from plans.told(plan, targets.shown(Path(files.unescape(plan.path))))
        yield from self.notes
        yield "; ".join(self._summary(dry_run=data["dry_run"])) + "."
        if data["take_back"]:
            yield f"Undo with: {data['take_back']}"

    def _summary(self, *, dry_run: bool) -> Iterator[str]:
        changed = page.counted(len(self.changed), "file")
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

    def _take_back(self, home: Path) -> str:
        """Return the command that undoes the changes, or "" if there are none."""
        if not self.changed:
            return ""
        return f"{config.spoken('undo_changes.py', home)} --session {self.session}"
