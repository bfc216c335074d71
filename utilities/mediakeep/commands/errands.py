"""A command that writes what a person wants: planned whole, asked about, written, told.

1. What is due in each file is found out; a value that a file cannot hold ends it here.
2. In a dry run that is told, and nothing else happens.
3. Where something would be lost, the person is asked.
4. The artists of the files are taken out of the queue, and the files are written one by one.
5. The artists are read again, and all is told.
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

if TYPE_CHECKING:  # loading these takes its time, and --help is to be quick
    from mediakeep.commands.accounts import Account
    from mediakeep.commands.orders import Order
    from mediakeep.music.pen import Pen
    from mediakeep.music.plans import FilePlan

    Job = tuple[Order, FilePlan]  # an order, and what is due because of it

T = TypeVar("T")

_SHOWN = 20  # files that are named where all is refused


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that writes what a person wants."""
    for option in (
        shared.as_json,
        policies.writing,
        click.option("--yes", is_flag=True, help="Do it without asking, and past the safeguards."),
        click.option("--dry-run", is_flag=True, help="Say what would be changed; write nothing."),
    ):
        function = option(function)
    return function


@dataclass(frozen=True)
class Errand:
    """One call of such a command; `door` is its name.

    Where all that is written was `proposed`, nothing is asked, and a file that cannot hold it stops
    no other.
    """

    home: Path
    door: str
    policy: Policy
    dry_run: bool
    yes: bool
    as_json: bool
    proposed: bool = False

    @classmethod
    def taken(cls, home: Path, door: str, given: dict[str, Any]) -> Errand:
        """Make one of a command's options, of which those of `options` are removed."""
        words = {name: given.pop(name) for name in ("dry_run", "yes", "as_json")}
        return cls(home, door, policies.policy(given), **words)

    def run(self, orders: Sequence[Order], account: Account, doubts: Sequence[str] = ()) -> int:
        """Carry out orders, and return the exit code; the person is asked about `doubts`.

        UsageFailed where a file cannot hold what it should, Stopped where the person says no.
        """
        do = self._rehearse if self.dry_run else self._carry_out
        try:
            do(orders, account, doubts)
        except BaseException:
            if account.changed and not self.dry_run:
                account.show(self.home, dry_run=False, as_json=self.as_json)
            raise
        account.show(self.home, dry_run=self.dry_run, as_json=self.as_json)
        return 1 if account.failed else 0

    def _rehearse(self, orders: Sequence[Order], account: Account, doubts: Sequence[str]) -> None:
        with contextlib.closing(Store(self.home / "status" / "undo")) as store:
            jobs = self._planned(self._pen(store), orders, account)
        self._warn(jobs, doubts)
        account.changed += [due for _, due in jobs]

    def _carry_out(self, orders: Sequence[Order], account: Account, doubts: Sequence[str]) -> None:
        with handwork.begun(self.home, kinds.MUSIC, self.door) as hand:
            pen = self._pen(hand.store)
            jobs = self._planned(pen, orders, account)
            if self._warn(jobs, doubts) and not (self.yes or _confirmed()):
                raise Stopped
            if jobs:
                hand.take(order.path for order, _ in jobs)
                account.session = hand.session
                _write(hand, pen, jobs, account)
                hand.log(account.unexpected)

    def _pen(self, store: Store) -> Pen:
        from mediakeep.music.pen import Pen

        return Pen.of(store, self.policy)

    def _planned(self, pen: Pen, orders: Sequence[Order], account: Account) -> list[Job]:
        """Find out what is due; UsageFailed where a value does not fit into a file."""
        jobs, unfit = [], []
        for order in _paced(orders):
            try:
                with file_errors.as_file_error(order.path):
                    due = pen.due(order.path, order.wishes)
                if due:
                    jobs.append((order, due))
                else:
                    account.same += 1
            except (NotWritten, Unreadable) as error:
                account.fail(order.path, error)
                unfit += [str(error)] if isinstance(error, Unfit) else []
        if unfit and not self.proposed:
            more = [f"and {len(unfit) - _SHOWN:,} more"] if len(unfit) > _SHOWN else []
            raise UsageFailed("\n".join([*unfit[:_SHOWN], *more, "Nothing was changed."]))
        return jobs

    def _warn(self, jobs: Sequence[Job], doubts: Sequence[str]) -> bool:
        """Tell doubts, and what would be lost; tell whether there is any of it."""
        warnings = [*doubts, *([] if self.proposed else _losses(jobs))]
        for warning in warnings:
            click.echo(f"Warning: {shared.plain(warning)}", err=True)
        return bool(warnings)


def _losses(jobs: Sequence[Job]) -> list[str]:
    """Say from how many files which fields would be taken away."""
    from mediakeep.commands import wording

    lines = (line for _, due in jobs for line in due.changes)
    lost = Counter(line.field for line in lines if line.old and not line.new)
    return [
        f"{wording.spoken(field)} is taken away from {page.counted(count, 'file')}."
        for field, count in lost.items()
    ]


def _confirmed() -> bool:
    return click.confirm("Do it all the same? (--yes says so beforehand)", err=True)


def _write(hand: Handwork, pen: Pen, jobs: Sequence[Job], account: Account) -> None:
    """Write files; where there is no room for one, those behind it are not tried."""
    for number, (order, due) in enumerate(_paced(jobs), 1):
        try:
            _check(order.path, due)
            with file_errors.as_file_error(order.path), hand.writing(order.path) as stamp:
                pen.write(order.path, order.wishes, stamp)
        except NoRoom as error:
            account.failed[due.path] = error.args[0]
            account.untried = len(jobs) - number
            return
        except (NotWritten, Unreadable) as error:
            account.fail(order.path, error)
        else:
            account.changed.append(due)


def _check(path: Path, due: FilePlan) -> None:
    """Refuse a file that is no longer the one that was planned for."""
    try:
        facts = path.stat()
    except OSError as error:
        raise access.refusal(path, error) from error
    if (facts.st_size, facts.st_mtime_ns) != (due.size, due.mtime_ns):
        raise ChangedMeanwhile(due.path)


def _paced(some: Sequence[T]) -> Iterator[T]:
    """Give one after the other, and show on a terminal how far it is."""
    live = sys.stderr.isatty()
    try:
        for number, one in enumerate(some, 1):
            if live:
                click.echo(f"\r\x1b[2K{number:,}/{len(some):,}", nl=False, err=True)
            yield one
    finally:
        if live:
            click.echo("\r\x1b[2K", nl=False, err=True)
