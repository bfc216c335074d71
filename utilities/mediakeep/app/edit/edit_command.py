"""A command that edits files as the user asked: plan, confirm, write, report.

1. Plan the changes of each file; a value that a file cannot hold stops the command here.
2. In a dry run, report the plan and stop.
3. If data would be lost, ask for confirmation.
4. Claim the artists of the files in the queue, and write the files one by one.
5. Read the artists again, and report the result.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mediakeep import path_text
from mediakeep.app.console import Console
from mediakeep.app.edit import item_checkout
from mediakeep.app.edit.item_checkout import ItemCheckout
from mediakeep.errors import (
    ConcurrentChange,
    DiskFull,
    NotWritten,
    Stopped,
    Unreadable,
    UsageError,
    ValueNotSupported,
)
from mediakeep.media import file_errors, open_file
from mediakeep.media.undo.store import UndoStore
from mediakeep.music.item import MUSIC
from mediakeep.music.repairs import history
from mediakeep.policy import WritePolicy
from mediakeep.size_text import format_count

if TYPE_CHECKING:  # importing these is slow, and --help must be quick
    from mediakeep.app.edit.edit_result import EditResult
    from mediakeep.app.edit.file_edits import FileEdit
    from mediakeep.music.repairs.plans import FilePlan
    from mediakeep.music.repairs.tag_writer import TagWriter

    Job = tuple[FileEdit, FilePlan]  # an edit, and the changes planned for it

_CONFIRM_QUESTION = "Continue? (--yes skips this question)"
_OTHER_PLANS = (
    "Not changed: the files differ from those that the shown changes were planned for. Look at the"
    " changes again."
)
_MAX_SHOWN_FILES = 20  # files that are listed if all are refused


@dataclass(frozen=True)
class EditCommand:
    """One run of an edit command.

    If all edits are proposals of mediakeep (`is_proposal`), no confirmation is asked, and a file
    that cannot hold its value does not stop the others. `session` marks the changes, "" stands for
    the session of the queue. `expected` is the digest of the plans that the user has seen; nothing
    is written if the plans differ now.
    """

    home: Path
    script_name: str
    policy: WritePolicy
    console: Console
    dry_run: bool
    yes: bool
    as_json: bool
    is_proposal: bool = False
    session: str = ""
    expected: str = ""

    def run(self, edits: Sequence[FileEdit], result: EditResult, doubts: Sequence[str] = ()) -> int:
        """Execute edits and return the exit code; ask for confirmation if there are `doubts`.

        Raise UsageError if a file cannot hold its value, Stopped if the user declines.
        """
        try:
            self.apply(edits, result, doubts)
        except BaseException:
            if result.changed and not self.dry_run:
                result.print_result(self.console, self.home, dry_run=False, as_json=self.as_json)
            raise
        result.print_result(self.console, self.home, dry_run=self.dry_run, as_json=self.as_json)
        return 1 if result.failed else 0

    def apply(
        self, edits: Sequence[FileEdit], result: EditResult, doubts: Sequence[str] = ()
    ) -> None:
        """Execute edits, or only plan them in a dry run; raise the errors of `run`."""
        (self._dry_run if self.dry_run else self._execute)(edits, result, doubts)

    def _dry_run(
        self, edits: Sequence[FileEdit], result: EditResult, doubts: Sequence[str]
    ) -> None:
        with contextlib.closing(UndoStore(self.home / "status" / "undo")) as store:
            jobs = self._plan_jobs(self._create_tag_writer(store), edits, result)
        self._print_warnings(jobs, doubts)
        result.changed += [due for _, due in jobs]

    def _execute(
        self, edits: Sequence[FileEdit], result: EditResult, doubts: Sequence[str]
    ) -> None:
        with item_checkout.open_checkout(
            self.home, MUSIC, self.script_name, self.console, self.session
        ) as checkout:
            writer = self._create_tag_writer(checkout.store)
            jobs = self._plan_jobs(writer, edits, result)
            self._check_expected(jobs)
            if self._print_warnings(jobs, doubts) and not self.yes:
                self._confirm()
            if jobs:
                checkout.claim(edit.path for edit, _ in jobs)
                result.session = checkout.session_id
                result.session_label = checkout.session_label
                self._write_files(checkout, writer, jobs, result)
                checkout.log_errors(result.unexpected)

    def _check_expected(self, jobs: Sequence[Job]) -> None:
        from mediakeep.music.repairs import plans

        if self.expected and plans.digest_plans([due for _, due in jobs]) != self.expected:
            raise UsageError(_OTHER_PLANS)

    def _create_tag_writer(self, store: UndoStore) -> TagWriter:
        from mediakeep.music.repairs.tag_writer import TagWriter

        return TagWriter.from_policy(store, self.policy)

    def _plan_jobs(
        self, writer: TagWriter, edits: Sequence[FileEdit], result: EditResult
    ) -> list[Job]:
        """Plan the changes of each file; raise UsageError if a file cannot hold a value."""
        jobs, unfit, refused = [], [], dict[str, str]()
        with self.console.track_progress(edits) as tracked_edits:
            for edit in tracked_edits:
                try:
                    with file_errors.wrap_file_errors(edit.path):
                        due = writer.plan_changes(edit.path, edit.changes)
                    if due:
                        jobs.append((edit, due))
                    else:
                        result.same += 1
                except (NotWritten, Unreadable) as error:
                    result.add_failure(edit.path, error)
                    refused |= {edit.group: str(error)} if edit.group else {}
                    unfit += [str(error)] if isinstance(error, ValueNotSupported) else []
        if unfit and not self.is_proposal:
            more = (
                [f"and {len(unfit) - _MAX_SHOWN_FILES:,} more"]
                if len(unfit) > _MAX_SHOWN_FILES
                else []
            )
            raise UsageError("\n".join([*unfit[:_MAX_SHOWN_FILES], *more, "Nothing was changed."]))
        for edit, due in jobs:
            if why := refused.get(edit.group):
                name = path_text.display_path(edit.path)
                result.failed[due.path] = f"{name} not changed, as they change together: {why}"
        return [(edit, due) for edit, due in jobs if edit.group not in refused]

    def _print_warnings(self, jobs: Sequence[Job], doubts: Sequence[str]) -> bool:
        """Print warnings about doubts and lost values; return whether there are any."""
        warnings = [*doubts, *([] if self.is_proposal else _format_losses(jobs))]
        for warning in warnings:
            self.console.print_warning(warning)
        return bool(warnings)

    def _confirm(self) -> None:
        """Ask whether to continue; raise Stopped if the user declines."""
        if not self.console.confirm(_CONFIRM_QUESTION):
            raise Stopped

    def _write_files(
        self, checkout: ItemCheckout, writer: TagWriter, jobs: Sequence[Job], result: EditResult
    ) -> None:
        """Write files; if the disk is full, the remaining files are not tried."""
        with self.console.track_progress(jobs) as tracked_jobs:
            for number, (edit, due) in enumerate(tracked_jobs, 1):
                try:
                    _check_unchanged(edit.path, due)
                    with (
                        file_errors.wrap_file_errors(edit.path),
                        checkout.stamp_for_write(edit.path) as stamp,
                    ):
                        writer.write(edit.path, edit.changes, stamp, edit.real_path)
                except DiskFull as error:
                    result.failed[due.path] = error.args[0]
                    result.untried = len(jobs) - number
                    return
                except (NotWritten, Unreadable) as error:
                    result.add_failure(edit.path, error)
                else:
                    result.changed.append(due)


def _format_losses(jobs: Sequence[Job]) -> list[str]:
    """Return how many files would lose the values of which fields."""

    lines = (line for _, due in jobs for line in due.changes)
    lost = Counter(line.field for line in lines if line.old and not line.new)
    return [
        f"{history.field_label(field)} will be removed from {format_count(count, 'file')}."
        for field, count in lost.items()
    ]


def _check_unchanged(path: Path, plan: FilePlan) -> None:
    """Raise ConcurrentChange if a file changed since it was planned."""
    with open_file.translate_errors(path):
        facts = path.stat()
    if (facts.st_size, facts.st_mtime_ns) != (plan.size, plan.mtime_ns):
        raise ConcurrentChange(plan.path)
