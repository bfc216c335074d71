"""Undo changes of files: plan, claim the items, restore each file, report.

A refused change is left as it is, and the others are undone. If the command is stopped or killed,
each file is in a recorded state, and the same command continues.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import click

from mediakeep import config, files
from mediakeep.commands import changes, moments, selection, shared, takings, targets
from mediakeep.commands.handwork import Handwork
from mediakeep.errors import (
    ItemFailed,
    MediakeepError,
    NoRoom,
    NotUndone,
    RecordNotWritten,
    StateDamaged,
    Stopped,
    Unexpected,
)
from mediakeep.media import additions, file_errors, swap, undo
from mediakeep.media.swap import Rules
from mediakeep.media.undo import Step
from mediakeep.media.undoing.record import Changed, Record
from mediakeep.media.undoing.store import Store
from mediakeep.pages import page
from mediakeep.runner.stop import Stop

DOOR = "undo_changes.py"

_WHAT = DOOR.removesuffix(".py")
_FORCE = "Use --force to undo it anyway; the current version is kept aside."
_ABOVE = "Undo that first, or use --force; the current version is kept aside."
_NOTHING = "Nothing to undo: no matching changes, or all already undone."


@dataclass(frozen=True)
class Manner:
    """The options of an undo."""

    home: Path
    rules: Rules
    dry_run: bool
    force: bool
    as_json: bool


@dataclass(frozen=True)
class Restored:
    """A change that was undone: its fields, and the path of the version kept aside."""

    id: str
    path: str
    time: str
    session: str
    fields: dict[str, Changed]
    aside: str = ""


@dataclass
class TakeBack:
    """One run of the command and its result; in a dry run, the expected result."""

    manner: Manner
    restored: list[Restored] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # by path
    session: str = ""
    take_back: str = ""  # the name of that session
    stopped: bool = False
    trouble: MediakeepError | None = None  # what stopped the command early
    damaged: bool = False  # whether a record could not be read

    def run(self, steps: Sequence[Step], store: Store) -> int:
        """Undo changes, and return the exit code."""
        possible = [step for step in steps if self.manner.force or not step.refusal]
        if self.manner.dry_run or not possible:
            self._rehearse(steps, store)
        else:
            records = [step.record for step in possible]
            with takings.begun(self.manner.home, _WHAT, records) as checkouts:
                self.session = next(iter(checkouts.values())).session
                self._restore(steps, checkouts)
            self.take_back = selection.spoken(store, self.session, min(checkouts))
        self._tell(has_steps=bool(steps))
        if self.trouble:
            raise self.trouble
        if self.stopped:
            return Stopped.exit_code
        if self.damaged:
            return StateDamaged.exit_code
        return ItemFailed.exit_code if self.refused else 0

    def _rehearse(self, steps: Sequence[Step], store: Store) -> None:
        for step in steps:
            with self._refusals(step):
                self._permit(step)
                undo.rehearse(store, step, self.manner.rules)
                note = "The current version would be kept aside."
                self._note(store, step.record, "", note if step.refusal else "")

    def _restore(self, steps: Sequence[Step], checkouts: Mapping[str, Handwork]) -> None:
        """Undo change by change; the first Ctrl-C stops after the current one."""
        last = {_owner(step.record): number for number, step in enumerate(steps)}
        with Stop() as stop:
            for number, step in enumerate(steps):
                if stop.asked or self.trouble:
                    break
                record, checkout = step.record, checkouts.get(step.record.queue)
                with self._refusals(step, checkout):
                    self._permit(step)
                    assert checkout is not None  # its item was claimed
                    self._apply(record, checkout)
                if checkout and record.item and last[_owner(record)] == number:
                    checkout.settle(record.item)  # a kill leaves only the current item outdated
            self.stopped = stop.asked

    def _apply(self, record: Record, checkout: Handwork) -> None:
        with checkout.writing(_path(record), record.item) as stamp:
            undone = undo.apply(checkout.store, record, stamp, self.manner.rules, self.manner.force)
        if undone:
            note = f"The previous version is kept: {undone.aside}"
            self._note(checkout.store, record, undone.aside, note if undone.aside else "")

    @contextlib.contextmanager
    def _refusals(self, step: Step, checkout: Handwork | None = None) -> Iterator[None]:
        """Collect refusals; for several changes of a file, only the first message is kept."""
        try:
            with file_errors.as_file_error(_path(step.record)):
                yield
        except (NoRoom, RecordNotWritten) as error:  # these concern every file
            self.trouble = error
        except (ItemFailed, StateDamaged) as error:
            self.refused.setdefault(step.record.path, str(error))
            self.damaged |= isinstance(error, StateDamaged)
            if checkout and isinstance(error, Unexpected):
                checkout.log([error])

    def _permit(self, step: Step) -> None:
        """Raise UndoRefused if the plan refuses the change, Unreadable if the file is missing."""
        if step.refusal and not self.manner.force:
            with swap.opened(_path(step.record)):
                hint = _ABOVE if step.refusal.startswith("session ") else _FORCE
                if step.record.old.is_nothing or step.record.new.is_nothing:
                    hint = additions.CURE
                raise NotUndone(step.record.path, step.refusal, hint)

    def _note(self, store: Store, record: Record, aside: str, note: str) -> None:
        changed_fields = changes.fields(store, record)
        reason = f"as before {record.session or moments.shown(record.time)}"
        restored_fields = {
            name: Changed(changed.new, changed.old, reason)
            for name, changed in changed_fields.items()
        }
        changed = Restored(
            record.id, record.path, record.time, record.session, restored_fields, aside
        )
        self.restored.append(changed)
        if not self.manner.as_json:
            lines = changes.told_fields(restored_fields, targets.shown(_path(record)))
            shared.show([*lines, *([f"  {note}"] if note else [])], None, as_json=False)

    def _tell(self, *, has_steps: bool) -> None:
        for reason in self.refused.values():
            click.echo(shared.plain(reason), err=True)
        redo_command = ""
        if self.restored and not self.manner.dry_run:
            redo_command = f"{config.spoken(DOOR, self.manner.home)} --session {self.take_back}"
        lines = [self._summary() if has_steps else _NOTHING]
        lines += ["Stopped. Run the same command to continue."] if self.stopped else []
        lines += [f"Redo with: {redo_command}"] if redo_command else []
        data = {
            "dry_run": self.manner.dry_run,
            "session": self.session,
            "restored": [asdict(change) | changes.data(change.fields) for change in self.restored],
            "refused": self.refused,
            "stopped": self.stopped,
            "take_back": redo_command,
        }
        shared.show(lines, data, as_json=self.manner.as_json)

    def _summary(self) -> str:
        text = "nothing would be undone" if self.manner.dry_run else "nothing undone"
        if self.restored:
            where = page.counted(len({change.path for change in self.restored}), "file")
            count = page.counted(self._count(), "change")
            text = f"undid {count} in {where}"
            if self.manner.dry_run:
                text = f"{count} would be undone in {where}"
        if self.refused:
            text += f"; {page.counted(len(self.refused), 'file')} not changed"
        return f"Dry run: {text}." if self.manner.dry_run else f"{text[0].upper()}{text[1:]}."

    def _count(self) -> int:
        return sum(len(change.fields) for change in self.restored)


def _owner(record: Record) -> tuple[str, str]:
    return record.queue, record.item


def _path(record: Record) -> Path:
    return Path(files.unescape(record.path))
