"""Run a batch of any kind: checks, output, alerts and exit code."""

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

_NOT_AGAIN = (
    "No audio was decoded. To decode everything again, {} --reset-all makes all {} pending."
)

_AT_ONCE = 50  # items that are claimed together to update their reports


def run(options: Asked, workers: Sequence[Hand]) -> int:
    """Run a batch with workers that were started early, and return its exit code."""
    subject = subjects.of(options.request.kind)
    asking = options.plan.limits.asked
    text_output = Plain(subject.kind, subject.told, asking=asking)
    output = Overheard(Json() if options.as_json else text_output)
    report = (
        _rehearse(subject, options, output)
        if options.dry_run
        else _work(subject, options, output, workers)
    )
    if report.gone:
        raise report.gone
    if not options.dry_run:
        _tidy(subject, options, stopped=report.stopped)
    return code(report)


def code(report: Report) -> int:
    """Return the exit code of a batch; failed items take precedence over failed services."""
    if report.stopped:
        return 130
    if report.settled[Status.ERROR]:
        return MediakeepError.exit_code
    return ServiceFailed.exit_code if report.unreached else 0


def _work(subject: Subject, options: Asked, output: Overheard, workers: Sequence[Hand]) -> Report:
    triggers = Alarms(options.home, subject.kind, options.alerts)
    try:
        return _watched(subject, options, output, workers, triggers)
    except StateDamaged as error:
        triggers.damaged(error)
        _warn(triggers.troubles)
        raise


def _watched(
    subject: Subject, options: Asked, output: Overheard, workers: Sequence[Hand], triggers: Alarms
) -> Report:
    folder = subjects.folder(options.home, subject.kind)
    temp_copies.remove_abandoned(options.home / "status" / "undo")
    with Queue.open(queue.place(folder, notice=shared.notice), subject.kind) as open_queue:
        check(open_queue.state)
        if options.request.policy.fix is not Fix.NONE:
            library = files.unescape(open_queue.state.head.library_path)
            sample_library.refuse_real_library(Path(library))
        sweep(options.home, subject.kind)
        key = actions.find(open_queue.state, options.name) if options.name else ""
        plan = structs.replace(options.plan, key=key)
        warnings = subject.ready(options.home, options.access, open_queue.state.items)

        def milestone() -> None:
            _write_views(subject, options.home, open_queue.state, warnings)

        def settled(settled_item: Settled) -> None:
            output.settled(settled_item)
            triggers.settled(settled_item, open_queue)

        triggers.begun(open_queue)
        face = Face(output.begun, settled, output.progress, milestone)
        report = batch.run(open_queue, options.opening(), plan, face, workers)
        triggers.ended(report, open_queue)
        items = open_queue.state.items
        stale = {key: items[key] for key in subject.stale(items)}
    if stale and not report.stopped:
        report.manual_reviews += _again(subject, options.home, stale, warnings)
    if options.deep and not report.claimed:
        report.warnings.append(_NOT_AGAIN.format(subject.kind.manager, subject.kind.plural))
    if report.awaiting and not (options.access.is_open or report.unmade):
        report.unmade = str(options.access.refusal())
    # Only now is everything in the history, from which the pace is computed.
    report.warnings += [*open_queue.warnings(), *warnings, *triggers.troubles]
    report.listed = review.read_total(options.home)
    output.ended(report, summary.read(folder, open_queue.state))
    _warn(report.warnings)
    return report


def _write_views(subject: Subject, home: Path, state: State, warnings: list[str]) -> None:
    """Update the exports of a queue; what fails is written by the next batch."""
    entries = review.careful(subject.entries(home), warnings)
    try:
        review.update(home, subjects.folder(home, subject.kind), state, entries)
        warnings.extend(subject.views(home, state))
    except (OSError, MediakeepError) as error:
        warnings.append(f"Not all views could be written: {attempt.explain(error)}")


def _again(subject: Subject, home: Path, stale: Mapping[str, Item], warnings: list[str]) -> int:
    """Read items again whose reports mention other items that have changed.

    Return how many more reviews are open because of it. The items are claimed in small groups; if
    this is killed, a claimed group is read again from the start.
    """
    from mediakeep.commands import handwork

    keys = list(stale)
    try:
        with handwork.begun(home, subject.kind, "bring_up_to_date") as checkout:
            for first in range(0, len(keys), _AT_ONCE):
                # If another batch holds one of them, that batch or the next one updates these.
                with contextlib.suppress(UsageFailed):
                    checkout.settle(*checkout.take([], keys[first : first + _AT_ONCE]))
        state = reading.state(subjects.folder(home, subject.kind), subject.kind)
        _write_views(subject, home, state, warnings)
    except (OSError, MediakeepError) as error:
        reason = attempt.explain(error)
        warnings.append(f"Not all reports could be brought up to date: {reason}")
        return 0
    now = sum(state.items[key].manual_reviews for key in keys if key in state.items)
    return now - sum(item.manual_reviews for item in stale.values())


def _tidy(subject: Subject, options: Asked, *, stopped: bool) -> None:
    """Write due reports and maintain the record; after a stop only the reports.

    What was done is printed in text output only.
    """
    place = queue.place(subjects.folder(options.home, subject.kind), notice=shared.notice)
    _warn(chores.report(place, options.habits))
    if not stopped:
        result = chores.do(place, subject, options.habits)
        shared.show([] if options.as_json else result.notes, None, as_json=False)
        _warn(result.warnings)


def _warn(warnings: Sequence[str]) -> None:
    for warning in dict.fromkeys(warnings):
        click.echo(f"Warning: {shared.plain(warning)}", err=True)


def _rehearse(subject: Subject, options: Asked, output: Overheard) -> Report:
    """Do a dry run on the items that a batch would process, without leaving a trace."""
    folder = subjects.folder(options.home, subject.kind)
    state = reading.state(folder, subject.kind)
    check(state)
    claims.rehearse(state, queue.place(folder))
    keys = [actions.find(state, options.name)] if options.name else _next(state, options.plan)
    due: list[Any] = []

    def settled(settled_item: Settled) -> None:
        due.extend(settled_item.outcome.facts.get("due", ()))
        output.settled(settled_item)

    face = Face(output.begun, settled, output.progress)
    report = rehearsal.run(state, keys, options.opening(), options.plan, face)
    if options.plan_out and not report.stopped:
        report.notes += planned.keep(options.home, options.plan_out, due)
    output.rehearsed(report)
    return report


def _next(state: State, plan: Plan) -> list[str]:
    """Return the keys that a batch would claim."""
    count = len(state.items) if plan.size is None else plan.size
    return Line(state).peek(count, lookups=plan.lookups)


def check(state: State) -> None:
    """Raise LibraryMissing if the library is missing or empty: an unmounted share is not a loss."""
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
    """Remove partial outputs of a killed batch, while no other batch can be writing."""
    outputs = home / "outputs"
    for folder in (outputs, outputs / kind.name, home / "issues" / kind.name):
        files.sweep(folder)
