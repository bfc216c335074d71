"""Running a batch of any kind: the checks before it, what is shown of it, and its exit code."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec import structs

from mediakeep import files, sample_library
from mediakeep.commands import chores, planned, shared, subjects
from mediakeep.commands.alarms import Alarms
from mediakeep.commands.faces import Json, Overheard, Plain
from mediakeep.commands.subject import Subject
from mediakeep.commands.terms import Asked
from mediakeep.errors import LibraryGone, MediakeepError, ServiceFailed, StateDamaged, UsageFailed
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.media import temp_copies
from mediakeep.policy import Fix
from mediakeep.queue import actions, claims, queue, reading
from mediakeep.queue.claims import Line
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import State
from mediakeep.runner import attempt, batch, rehearsal
from mediakeep.runner.hand import Hand
from mediakeep.runner.plan import Face, Plan, Report, Settled
from mediakeep.views import review, summary

_NOT_AGAIN = "No sound was decoded. To have all decoded again, {} --reset-all makes all {} pending."

_AT_ONCE = 50  # items whose reports are brought up to date


def run(ask: Asked, early: Sequence[Hand]) -> int:
    """Run a batch, with the workers that started early, and return its exit code."""
    subject = subjects.of(ask.request.kind)
    asking = ask.plan.limits.asked
    plain = Plain(subject.kind, subject.told, asking=asking)
    shown = Overheard(Json() if ask.as_json else plain)
    report = _rehearse(subject, ask, shown) if ask.dry_run else _work(subject, ask, shown, early)
    if report.gone:
        raise report.gone
    if not ask.dry_run:
        _tidy(subject, ask, stopped=report.stopped)
    return code(report)


def code(report: Report) -> int:
    """Return the exit code of what a batch came to; items that failed win over services."""
    if report.stopped:
        return 130
    if report.settled[Status.ERROR]:
        return MediakeepError.exit_code
    return ServiceFailed.exit_code if report.unreached else 0


def _work(subject: Subject, ask: Asked, shown: Overheard, early: Sequence[Hand]) -> Report:
    alarms = Alarms(ask.home, subject.kind, ask.alerts)
    try:
        return _watched(subject, ask, shown, early, alarms)
    except StateDamaged as error:
        alarms.damaged(error)
        _warn(alarms.troubles)
        raise


def _watched(
    subject: Subject, ask: Asked, shown: Overheard, early: Sequence[Hand], alarms: Alarms
) -> Report:
    folder = subjects.folder(ask.home, subject.kind)
    temp_copies.remove_abandoned(ask.home / "status" / "undo")
    with Queue.open(queue.place(folder, notice=shared.notice), subject.kind) as opened:
        check(opened.state)
        if ask.request.policy.fix is not Fix.NONE:
            library = files.unescape(opened.state.head.library_path)
            sample_library.refuse_real_library(Path(library))
        sweep(ask.home, subject.kind)
        key = actions.find(opened.state, ask.name) if ask.name else ""
        plan = structs.replace(ask.plan, key=key)
        troubles = subject.ready(ask.home, ask.access, opened.state.items)

        def milestone() -> None:
            _write_views(subject, ask.home, opened.state, troubles)

        def settled(one: Settled) -> None:
            shown.settled(one)
            alarms.settled(one, opened)

        alarms.begun(opened)
        face = Face(shown.begun, settled, shown.progress, milestone)
        report = batch.run(opened, ask.opening(), plan, face, early)
        alarms.ended(report, opened)
        items = opened.state.items
        stale = {key: items[key] for key in subject.stale(items)}
    if stale and not report.stopped:
        report.manual_reviews += _again(subject, ask.home, stale, troubles)
    if ask.deep and not report.claimed:
        report.warnings.append(_NOT_AGAIN.format(subject.kind.manager, subject.kind.plural))
    if report.awaiting and not (ask.access.is_open or report.unmade):
        report.unmade = str(ask.access.refusal())
    # Only now is everything in the history, from which the pace is told.
    report.warnings += [*opened.warnings(), *troubles, *alarms.troubles]
    report.listed = review.read_total(ask.home)
    shown.ended(report, summary.read(folder, opened.state))
    _warn(report.warnings)
    return report


def _write_views(subject: Subject, home: Path, state: State, troubles: list[str]) -> None:
    """Bring what is made of a queue up to date; what cannot be, the next batch makes good."""
    entries = review.careful(subject.entries(home), troubles)
    try:
        review.update(home, subjects.folder(home, subject.kind), state, entries)
        troubles.extend(subject.views(home, state))
    except (OSError, MediakeepError) as error:
        troubles.append(f"Not all views could be written: {attempt.explain(error)}")


def _again(subject: Subject, home: Path, stale: Mapping[str, Item], troubles: list[str]) -> int:
    """Read items again whose reports tell of others that have changed.

    Return how many more decisions wait because of it. The items are taken a few at a time: what is
    taken when this is killed, is done again from the start.
    """
    from mediakeep.commands import handwork

    keys = list(stale)
    try:
        with handwork.begun(home, subject.kind, "bring_up_to_date") as hand:
            for first in range(0, len(keys), _AT_ONCE):
                # Where a batch beside this one has taken one, it, or the next batch, sees to these.
                with contextlib.suppress(UsageFailed):
                    hand.settle(*hand.take([], keys[first : first + _AT_ONCE]))
        state = reading.state(subjects.folder(home, subject.kind), subject.kind)
        _write_views(subject, home, state, troubles)
    except (OSError, MediakeepError) as error:
        why = attempt.explain(error)
        troubles.append(f"Not all reports could be brought up to date: {why}")
        return 0
    now = sum(state.items[key].manual_reviews for key in keys if key in state.items)
    return now - sum(one.manual_reviews for one in stale.values())


def _tidy(subject: Subject, ask: Asked, *, stopped: bool) -> None:
    """Write the reports that are due and keep the record in good order; a stopped batch only those.

    What was done is said where lines for people are asked for.
    """
    place = queue.place(subjects.folder(ask.home, subject.kind), notice=shared.notice)
    _warn(chores.report(place, ask.habits))
    if not stopped:
        done = chores.do(place, subject, ask.habits)
        shared.show([] if ask.as_json else done.notes, None, as_json=False)
        _warn(done.warnings)


def _warn(warnings: Sequence[str]) -> None:
    for warning in dict.fromkeys(warnings):
        click.echo(f"Warning: {shared.plain(warning)}", err=True)


def _rehearse(subject: Subject, ask: Asked, shown: Overheard) -> Report:
    """Work as a batch would, on the same items, and leave no trace."""
    folder = subjects.folder(ask.home, subject.kind)
    state = reading.state(folder, subject.kind)
    check(state)
    claims.rehearse(state, queue.place(folder))
    keys = [actions.find(state, ask.name)] if ask.name else _next(state, ask.plan)
    due: list[Any] = []

    def settled(one: Settled) -> None:
        due.extend(one.outcome.facts.get("due", ()))
        shown.settled(one)

    face = Face(shown.begun, settled, shown.progress)
    report = rehearsal.run(state, keys, ask.opening(), ask.plan, face)
    if ask.plan_out and not report.stopped:
        report.notes += planned.keep(ask.home, ask.plan_out, due)
    shown.rehearsed(report)
    return report


def _next(state: State, plan: Plan) -> list[str]:
    """Return the keys that a batch would take."""
    count = len(state.items) if plan.size is None else plan.size
    return Line(state).peek(count, lookups=plan.lookups)


def check(state: State) -> None:
    """Make sure that the library is there: an unmounted share must not look like a loss."""
    root = Path(files.unescape(state.head.library_path))
    try:
        empty = not any(root.iterdir())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryGone(files.escape(root), "missing") from error
    except OSError as error:
        raise UsageFailed(f"The library {files.display_path(root)}: {error.strerror}.") from error
    if empty:
        raise LibraryGone(files.escape(root), "empty")


def sweep(home: Path, kind: Kind) -> None:
    """Remove what a killed batch left half-written, where no other can be writing now."""
    outputs = home / "outputs"
    for folder in (outputs, outputs / kind.name, home / "issues" / kind.name):
        files.sweep(folder)
