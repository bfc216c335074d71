"""Changes of files taken back: planned, their items taken, each file restored, all told.

What is refused stays as it is, and the rest goes on. Stopped or killed at any moment, each file is
in a state that is recorded, and the same command goes on from there.
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
_FORCE = "Use --force to restore it all the same; the version that is there now is kept aside."
_ABOVE = "Take that back first, or use --force; the version that is there now is kept aside."
_NOTHING = "There is nothing to take back: no change is recorded that fits, or all are taken back."


@dataclass(frozen=True)
class Manner:
    """How to go about it."""

    home: Path
    rules: Rules
    dry_run: bool
    force: bool
    as_json: bool


@dataclass(frozen=True)
class Restored:
    """A change that was taken back: what it had changed, and where another version is kept."""

    id: str
    path: str
    time: str
    session: str
    fields: dict[str, Changed]
    aside: str = ""


@dataclass
class TakeBack:
    """One call of the command, and what it came to; in a dry run, what it would come to."""

    manner: Manner
    restored: list[Restored] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)  # by path
    session: str = ""
    take_back: str = ""  # what to call that session by
    stopped: bool = False
    trouble: MediakeepError | None = None  # what ended it early
    damaged: bool = False  # whether a record could not be read

    def run(self, steps: Sequence[Step], store: Store) -> int:
        """Take changes back, and return the exit code."""
        possible = [step for step in steps if self.manner.force or not step.refusal]
        if self.manner.dry_run or not possible:
            self._rehearse(steps, store)
        else:
            records = [step.record for step in possible]
            with takings.begun(self.manner.home, _WHAT, records) as hands:
                self.session = next(iter(hands.values())).session
                self._restore(steps, hands)
            self.take_back = selection.spoken(store, self.session, min(hands))
        self._tell(found=bool(steps))
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
                kept = "The version that is there now would be kept aside."
                self._note(store, step.record, "", kept if step.refusal else "")

    def _restore(self, steps: Sequence[Step], hands: Mapping[str, Handwork]) -> None:
        """Restore change by change; the first Ctrl-C ends it after the one at work."""
        last = {_owner(step.record): number for number, step in enumerate(steps)}
        with Stop() as stop:
            for number, step in enumerate(steps):
                if stop.asked or self.trouble:
                    break
                record, hand = step.record, hands.get(step.record.queue)
                with self._refusals(step, hand):
                    self._permit(step)
                    assert hand is not None  # what the plan does not refuse is taken
                    self._apply(record, hand)
                if hand and record.item and last[_owner(record)] == number:
                    hand.settle(record.item)  # a kill leaves only the one at work untold
            self.stopped = stop.asked

    def _apply(self, record: Record, hand: Handwork) -> None:
        with hand.writing(_path(record), record.item) as stamp:
            made = undo.apply(hand.store, record, stamp, self.manner.rules, self.manner.force)
        if made:
            kept = f"The version that was there is kept: {made.aside}"
            self._note(hand.store, record, made.aside, kept if made.aside else "")

    @contextlib.contextmanager
    def _refusals(self, step: Step, hand: Handwork | None = None) -> Iterator[None]:
        """Note why a change is not taken back; of one file the last change tells it for all."""
        try:
            with file_errors.as_file_error(_path(step.record)):
                yield
        except (NoRoom, RecordNotWritten) as error:  # these are about every file
            self.trouble = error
        except (ItemFailed, StateDamaged) as error:
            self.refused.setdefault(step.record.path, str(error))
            self.damaged |= isinstance(error, StateDamaged)
            if hand and isinstance(error, Unexpected):
                hand.log([error])

    def _permit(self, step: Step) -> None:
        """Raise what the plan refuses; Unreadable where the file is gone."""
        if step.refusal and not self.manner.force:
            with swap.opened(_path(step.record)):
                cure = _ABOVE if step.refusal.startswith("session ") else _FORCE
                if step.record.old.is_nothing or step.record.new.is_nothing:
                    cure = additions.CURE
                raise NotUndone(step.record.path, step.refusal, cure)

    def _note(self, store: Store, record: Record, aside: str, kept: str) -> None:
        found = changes.fields(store, record)
        why = f"as before {record.session or moments.shown(record.time)}"
        back = {name: Changed(one.new, one.old, why) for name, one in found.items()}
        one = Restored(record.id, record.path, record.time, record.session, back, aside)
        self.restored.append(one)
        if not self.manner.as_json:
            lines = changes.told_fields(back, targets.shown(_path(record)))
            shared.show([*lines, *([f"  {kept}"] if kept else [])], None, as_json=False)

    def _tell(self, *, found: bool) -> None:
        for why in self.refused.values():
            click.echo(shared.plain(why), err=True)
        back = ""
        if self.restored and not self.manner.dry_run:
            back = f"{config.spoken(DOOR, self.manner.home)} --session {self.take_back}"
        lines = [self._summary() if found else _NOTHING]
        lines += ["Stopped. The same command goes on from here."] if self.stopped else []
        lines += [f"Take it back with: {back}"] if back else []
        data = {
            "dry_run": self.manner.dry_run,
            "session": self.session,
            "restored": [asdict(one) | changes.data(one.fields) for one in self.restored],
            "refused": self.refused,
            "stopped": self.stopped,
            "take_back": back,
        }
        shared.show(lines, data, as_json=self.manner.as_json)

    def _summary(self) -> str:
        verb = "would be" if self.manner.dry_run else "was" if self._count() < 2 else "were"
        told = f"nothing {verb} taken back"
        if self.restored:
            where = page.counted(len({one.path for one in self.restored}), "file")
            told = f"{page.counted(self._count(), 'change')} {verb} taken back in {where}"
        if self.refused:
            those = "it is" if len(self.refused) == 1 else "they are"
            told += f"; {page.counted(len(self.refused), 'file')} left as {those}"
        return f"Dry run: {told}." if self.manner.dry_run else f"{told[0].upper()}{told[1:]}."

    def _count(self) -> int:
        return sum(len(one.fields) for one in self.restored)


def _owner(record: Record) -> tuple[str, str]:
    return record.queue, record.item


def _path(record: Record) -> Path:
    return Path(files.unescape(record.path))
