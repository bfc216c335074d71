"""A command that edits files as the user asked: plan, confirm, write, report.

1. Plan the changes of each file; a value that a file cannot hold stops the command here.
2. In a dry run, report the plan and stop.
3. If data would be lost, ask for confirmation.
4. Claim the artists of the files in the queue, and write the files one by one.
5. Read the artists again, and report the result.
"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from mediakeep import kinds
from mediakeep.commands import handwork, policies, shared
from mediakeep.commands.handwork import Handwork
from mediakeep.errors import (
    ChangedMeanwhile,
    NoRoom,
    NotWritten,
    Stopped,
    Unfit,
    Unreadable,
    UsageFailed,
)
from mediakeep.media import access, file_errors
from mediakeep.media.undoing.store import Store
from mediakeep.pages import page
from mediakeep.policy import Policy

if TYPE_CHECKING:  # importing these is slow, and --help must be quick
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.orders import Order
    from mediakeep.music.pen import Pen
    from mediakeep.music.plans import FilePlan

    Job = tuple[Order, FilePlan]  # an edit, and the changes planned for it

T = TypeVar("T")

_SHOWN = 20  # files that are listed if all are refused


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of all commands that edit files."""
    for option in (
        shared.as_json,
        policies.writing,
        click.option(
            "--yes", is_flag=True, help="Do not ask for confirmation, and skip the safeguards."
        ),
        click.option("--dry-run", is_flag=True, help="Print what would be changed; write nothing."),
    ):
        function = option(function)
    return function


@dataclass(frozen=True)
class Errand:
    """One run of an edit command.

    If all edits are proposals of mediakeep (`is_proposal`), no confirmation is asked, and a file
    that cannot hold its value does not stop the others.
    """

    home: Path
    door: str
    policy: Policy
    dry_run: bool
    yes: bool
    as_json: bool
    proposed: bool = False

    @classmethod
    def taken(cls, home: Path, door: str, options: dict[str, Any]) -> Errand:
        """Create the command from `options`, and remove the edit options from them."""
        flags = {name: options.pop(name) for name in ("dry_run", "yes", "as_json")}
        return cls(home, door, policies.policy(options), **flags)

    def run(self, edits: Sequence[Order], result: Account, doubts: Sequence[str] = ()) -> int:
        """Execute edits and return the exit code; ask for confirmation if there are `doubts`.

        Raise UsageError if a file cannot hold its value, Stopped if the user declines.
        """
        do = self._rehearse if self.dry_run else self._carry_out
        try:
            do(edits, result, doubts)
        except BaseException:
            if result.changed and not self.dry_run:
                result.show(self.home, dry_run=False, as_json=self.as_json)
            raise
        result.show(self.home, dry_run=self.dry_run, as_json=self.as_json)
        return 1 if result.failed else 0

    def _rehearse(self, edits: Sequence[Order], result: Account, doubts: Sequence[str]) -> None:
        with contextlib.closing(Store(self.home / "status" / "undo")) as store:
            jobs = self._planned(self._pen(store), edits, result)
        self._warn(jobs, doubts)
        result.changed += [due for _, due in jobs]

    def _carry_out(self, edits: Sequence[Order], result: Account, doubts: Sequence[str]) -> None:
        with handwork.begun(self.home, kinds.MUSIC, self.door) as checkout:
            pen = self._pen(checkout.store)
            jobs = self._planned(pen, edits, result)
            if self._warn(jobs, doubts) and not (self.yes or _confirmed()):
                raise Stopped
            if jobs:
                checkout.take(edit.path for edit, _ in jobs)
                result.session = checkout.session
                _write(checkout, pen, jobs, result)
                checkout.log(result.unexpected)

    def _pen(self, store: Store) -> Pen:
        from mediakeep.music.pen import Pen

        return Pen.of(store, self.policy)

    def _planned(self, pen: Pen, edits: Sequence[Order], result: Account) -> list[Job]:
        """Plan the changes of each file; raise UsageError if a file cannot hold a value."""
        jobs, unfit = [], []
        for edit in _paced(edits):
            try:
                with file_errors.as_file_error(edit.path):
                    due = pen.due(edit.path, edit.wishes)
                if due:
                    jobs.append((edit, due))
                else:
                    result.same += 1
            except (NotWritten, Unreadable) as error:
                result.fail(edit.path, error)
                unfit += [str(error)] if isinstance(error, Unfit) else []
        if unfit and not self.proposed:
            more = [f"and {len(unfit) - _SHOWN:,} more"] if len(unfit) > _SHOWN else []
            raise UsageFailed("\n".join([*unfit[:_SHOWN], *more, "Nothing was changed."]))
        return jobs

    def _warn(self, jobs: Sequence[Job], doubts: Sequence[str]) -> bool:
        """Print warnings about doubts and lost values; return whether there are any."""
        warnings = [*doubts, *([] if self.proposed else _losses(jobs))]
        for warning in warnings:
            click.echo(f"Warning: {shared.plain(warning)}", err=True)
        return bool(warnings)


def _losses(jobs: Sequence[Job]) -> list[str]:
    """Return how many files would lose the values of which fields."""
    from mediakeep.commands import wording

    lines = (line for _, due in jobs for line in due.changes)
    lost = Counter(line.field for line in lines if line.old and not line.new)
    return [
        f"{wording.spoken(field)} will be removed from {page.counted(count, 'file')}."
        for field, count in lost.items()
    ]


def _confirmed() -> bool:
    return click.confirm("Continue? (--yes skips this question)", err=True)


def _write(checkout: Handwork, pen: Pen, jobs: Sequence[Job], result: Account) -> None:
    """Write files; if the disk is full, the remaining files are not tried."""
    for number, (edit, due) in enumerate(_paced(jobs), 1):
        try:
            _check(edit.path, due)
            with file_errors.as_file_error(edit.path), checkout.writing(edit.path) as stamp:
                pen.write(edit.path, edit.wishes, stamp)
        except NoRoom as error:
            result.failed[due.path] = error.args[0]
            result.untried = len(jobs) - number
            return
        except (NotWritten, Unreadable) as error:
            result.fail(edit.path, error)
        else:
            result.changed.append(due)


def _check(path: Path, due: FilePlan) -> None:
    """Raise ConcurrentChange if a file changed since it was planned."""
    try:
        facts = path.stat()
    except OSError as error:
        raise access.refusal(path, error) from error
    if (facts.st_size, facts.st_mtime_ns) != (due.size, due.mtime_ns):
        raise ChangedMeanwhile(due.path)


def _paced(values: Sequence[T]) -> Iterator[T]:
    """Yield the values, and show a counter on a terminal."""
    live = sys.stderr.isatty()
    try:
        for number, value in enumerate(values, 1):
            if live:
                click.echo(f"\r\x1b[2K{number:,}/{len(values):,}", nl=False, err=True)
            yield value
    finally:
        if live:
            click.echo("\r\x1b[2K", nl=False, err=True)
