"""What a command came to that writes what a person wants, as it is told."""

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
    """The files of one command; `failed` says by path, or by the id of an issue, what went wrong.

    In a dry run, `changed` are those that would be.
    """

    changed: list[FilePlan] = field(default_factory=list)
    same: int = 0  # files that held it already
    left_out: int = 0  # files that did not meet a condition
    untried: int = 0  # files that came after the disk was full
    notes: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    session: str = ""
    unexpected: list[Unexpected] = field(default_factory=list)  # for the session's log

    def fail(self, path: Path, error: Exception) -> None:
        """Note why a file was not written."""
        self.failed[files.escape(path)] = str(error)
        if isinstance(error, Unexpected):
            self.unexpected.append(error)

    def show(self, home: Path, *, dry_run: bool, as_json: bool) -> None:
        """Print all of it: what failed as errors, the rest as lines, or as data for programs."""
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
            yield f"Take it back with: {data['take_back']}"

    def _summary(self, *, dry_run: bool) -> Iterator[str]:
        changed = page.counted(len(self.changed), "file")
        yield (
            f"Dry run, nothing written: {changed} would be changed"
            if dry_run
            else (f"{changed} changed")
        )
        others = {
            "held it already": self.same,
            "left out": self.left_out,
            "failed": len(self.failed),
            "not tried": self.untried,
        }
        yield from (f"{count:,} {what}" for what, count in others.items() if count)

    def _take_back(self, home: Path) -> str:
        """Return the command that takes back what was written, "" where nothing was."""
        if not self.changed:
            return ""
        return f"{config.spoken('undo_changes.py', home)} --session {self.session}"
