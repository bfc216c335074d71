"""Undo changes of files: plan, claim the items, restore each file, report.

A refused change is left as it is, and the others are undone. If the command is stopped or killed,
each file is in a recorded state, and the same command continues.

Data of old changes can be deleted to free space: then these can never be undone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mediakeep import clock, command_text, path_text, size_text
from mediakeep.app.console import CommandResult, Console
from mediakeep.app.edit import audio_targets, item_checkout
from mediakeep.app.edit.item_checkout import ItemCheckout
from mediakeep.app.undo import change_list, selector
from mediakeep.app.undo.selector import ChangeSelector
from mediakeep.errors import (
    DiskFull,
    ItemFailed,
    MediakeepError,
    RecordNotWritten,
    StateDamaged,
    Stopped,
    UndoLogDamaged,
    UndoRefused,
    UnexpectedError,
    UsageError,
)
from mediakeep.media import file_errors, temp_copies
from mediakeep.media.safewrite import atomic_replace, created_files
from mediakeep.media.safewrite.atomic_replace import ReplaceRules
from mediakeep.media.undo import apply_undo, prune
from mediakeep.media.undo.apply_undo import UndoStep
from mediakeep.media.undo.prune import PruneResult
from mediakeep.media.undo.record import ChangeRecord, FieldChange
from mediakeep.media.undo.store import UndoStore
from mediakeep.runner.signals import StopHandler
from mediakeep.size_text import format_count

SCRIPT_NAME = "undo_changes.py"

_COMMAND_NAME = SCRIPT_NAME.removesuffix(".py")
_MAX_SHOWN_LINES = 3  # damaged lines that are listed
_FORCE_HINT = "Use --force to undo it anyway; the current version is kept aside."
_UNDO_LATER_FIRST_HINT = "Undo that first, or use --force; the current version is kept aside."
_NOTHING_TO_UNDO = "Nothing to undo: no matching changes, or all already undone."


@dataclass(frozen=True)
class UndoOptions:
    """The options of an undo."""

    home: Path
    rules: ReplaceRules
    dry_run: bool
    force: bool
    as_json: bool


@dataclass(frozen=True)
class RestoredChange:
    """A change that was undone: its fields, and the path of the version kept aside."""

    id: str
    path: str
    time: str
    session: str
    fields: dict[str, FieldChange]
    aside: str = ""


@dataclass
class UndoRun:
    """One run of the command and its result; in a dry run, the expected result."""

    options: UndoOptions
    console: Console
    restored: list[RestoredChange] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # by path
    session: str = ""
    session_label: str = ""  # the name of that session
    stopped: bool = False
    fatal_error: MediakeepError | None = None  # what stopped the command early
    has_damaged_records: bool = False  # whether a record could not be read

    def run(self, steps: Sequence[UndoStep], store: UndoStore) -> int:
        """Undo changes, and return the exit code."""
        possible = [step for step in steps if self.options.force or not step.refusal]
        if self.options.dry_run or not possible:
            self._dry_run(steps, store)
        else:
            records = [step.record for step in possible]
            with item_checkout.open_for_records(
                self.options.home, _COMMAND_NAME, records, self.console
            ) as checkouts:
                self.session = next(iter(checkouts.values())).session_id
                self._restore_changes(steps, checkouts)
            self.session_label = selector.session_label(store, self.session, min(checkouts))
        self._print_result(has_steps=bool(steps))
        if self.fatal_error:
            raise self.fatal_error
        if self.stopped:
            return Stopped.exit_code
        if self.has_damaged_records:
            return StateDamaged.exit_code
        return ItemFailed.exit_code if self.refused else 0

    def _dry_run(self, steps: Sequence[UndoStep], store: UndoStore) -> None:
        for step in steps:
            with self._collecting_refusals(step):
                self._check_allowed(step)
                apply_undo.check_undo(store, step, self.options.rules)
                note = "The current version would be kept aside."
                self._add_restored(store, step.record, "", note if step.refusal else "")

    def _restore_changes(
        self, steps: Sequence[UndoStep], checkouts: Mapping[str, ItemCheckout]
    ) -> None:
        """Undo change by change; the first Ctrl-C stops after the current one."""
        last = {_item_of(step.record): number for number, step in enumerate(steps)}
        with StopHandler() as stop:
            for number, step in enumerate(steps):
                if stop.requested or self.fatal_error:
                    break
                record, checkout = step.record, checkouts.get(step.record.queue)
                with self._collecting_refusals(step, checkout):
                    self._check_allowed(step)
                    assert checkout is not None  # its item was claimed
                    self._undo_record(record, checkout)
                if checkout and record.item and last[_item_of(record)] == number:
                    # a kill leaves only the current item outdated
                    checkout.rescan_and_settle(record.item)
            self.stopped = stop.requested

    def _undo_record(self, record: ChangeRecord, checkout: ItemCheckout) -> None:
        with checkout.stamp_for_write(_record_path(record), record.item) as stamp:
            undone = apply_undo.apply_undo(
                checkout.store, record, stamp, self.options.rules, self.options.force
            )
        if undone:
            note = f"The previous version is kept: {undone.aside}"
            self._add_restored(checkout.store, record, undone.aside, note if undone.aside else "")

    @contextlib.contextmanager
    def _collecting_refusals(
        self, step: UndoStep, checkout: ItemCheckout | None = None
    ) -> Iterator[None]:
        """Collect refusals; for several changes of a file, only the first message is kept."""
        try:
            with file_errors.wrap_file_errors(_record_path(step.record)):
                yield
        except (DiskFull, RecordNotWritten) as error:  # these concern every file
            self.fatal_error = error
        except (ItemFailed, StateDamaged) as error:
            self.refused.setdefault(step.record.path, str(error))
            self.has_damaged_records |= isinstance(error, StateDamaged)
            if checkout and isinstance(error, UnexpectedError):
                checkout.log_errors([error])

    def _check_allowed(self, step: UndoStep) -> None:
        """Raise UndoRefused if the plan refuses the change, Unreadable if the file is missing."""
        if step.refusal and not self.options.force:
            with atomic_replace.open_original(_record_path(step.record)):
                hint = (
                    _UNDO_LATER_FIRST_HINT if step.refusal.startswith("session ") else _FORCE_HINT
                )
                if step.record.old.is_no_file or step.record.new.is_no_file:
                    hint = created_files.KEPT_FILE_HINT
                raise UndoRefused(step.record.path, step.refusal, hint)

    def _add_restored(self, store: UndoStore, record: ChangeRecord, aside: str, note: str) -> None:
        changed_fields = change_list.read_fields(store, record)
        reason = f"as before {record.session or clock.format_local(record.time)}"
        restored_fields = {
            name: FieldChange(changed.new, changed.old, reason)
            for name, changed in changed_fields.items()
        }
        changed = RestoredChange(
            record.id, record.path, record.time, record.session, restored_fields, aside
        )
        self.restored.append(changed)
        if not self.options.as_json:
            lines = change_list.format_fields(
                restored_fields, audio_targets.display_path(_record_path(record))
            )
            self.console.print_lines([*lines, *([f"  {note}"] if note else [])])

    def _print_result(self, *, has_steps: bool) -> None:
        for reason in self.refused.values():
            self.console.print_message(reason)
        redo_command = ""
        if self.restored and not self.options.dry_run:
            words = f"--session {self.session_label}"
            redo_command = command_text.format_command(SCRIPT_NAME, self.options.home, words)
        lines = [self._format_summary() if has_steps else _NOTHING_TO_UNDO]
        lines += ["Stopped. Run the same command to continue."] if self.stopped else []
        lines += [f"Redo with: {redo_command}"] if redo_command else []
        data = {
            "dry_run": self.options.dry_run,
            "session": self.session,
            "restored": [
                asdict(change) | change_list.fields_to_json(change.fields)
                for change in self.restored
            ],
            "refused": self.refused,
            "stopped": self.stopped,
            "take_back": redo_command,
        }
        self.console.print_result(lines, data, as_json=self.options.as_json)

    def _format_summary(self) -> str:
        text = "nothing would be undone" if self.options.dry_run else "nothing undone"
        if self.restored:
            where = format_count(len({change.path for change in self.restored}), "file")
            count = format_count(self._count_fields(), "change")
            text = f"undid {count} in {where}"
            if self.options.dry_run:
                text = f"{count} would be undone in {where}"
        if self.refused:
            text += f"; {format_count(len(self.refused), 'file')} not changed"
        return f"Dry run: {text}." if self.options.dry_run else f"{text[0].upper()}{text[1:]}."

    def _count_fields(self) -> int:
        return sum(len(change.fields) for change in self.restored)


def _item_of(record: ChangeRecord) -> tuple[str, str]:
    return record.queue, record.item


def _record_path(record: ChangeRecord) -> Path:
    return Path(path_text.unescape_path(record.path))


def undo_selected(
    store: UndoStore,
    options: UndoOptions,
    console: Console,
    select: Callable[[], ChangeSelector],
) -> int:
    """Undo the selected changes, and return the exit code.

    Raise UndoLogDamaged at the end if lines of the log cannot be read; if nothing is selected, a
    damaged line may be the reason.
    """
    if not options.dry_run:
        temp_copies.remove_abandoned(store.folder)
    damaged, code = store.verify(), 0
    try:
        code = UndoRun(options, console).run(select().plan_steps(store), store)
    except UsageError as error:
        if not damaged:
            raise
        console.print_message(f"Error: {error}")
    if damaged:
        rest = len(damaged) - _MAX_SHOWN_LINES
        more = f" and {rest:,} more" if rest > 0 else ""
        raise UndoLogDamaged(store.folder, "; ".join(damaged[:_MAX_SHOWN_LINES]) + more)
    return code


def forget_before(
    store: UndoStore, before: str, console: Console, *, yes: bool, dry_run: bool
) -> CommandResult:
    """Delete the undo data of changes made before a time; raise Stopped if the user declines."""
    result = prune.preview(store, before)
    if not dry_run and (result.records or result.bytes):
        if not yes and not console.confirm(_format_question(result, before)):
            raise Stopped
        result = prune.prune(store, before)
    verb = "would be deleted" if dry_run else "deleted"
    changes = format_count(result.records, "change")
    text = f"Undo data of {changes} {verb}, {size_text.format_size(result.bytes)} freed."
    data = {"dry_run": dry_run, "before": before, "records": result.records, "bytes": result.bytes}
    return CommandResult([f"{'Dry run: ' if dry_run else ''}{text}"], data)


def _format_question(result: PruneResult, before: str) -> str:
    return (
        f"Delete the undo data of {format_count(result.records, 'change')} made before"
        f" {clock.format_local(before)}? That frees {size_text.format_size(result.bytes)};"
        " they can never be undone."
    )
