"""Running a batch of any kind: its options, the checks before it, and its exit code."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mediakeep import files
from mediakeep.commands import deep, shared, subjects
from mediakeep.commands.faces import Json, Overheard, Plain
from mediakeep.commands.subjects import Manner, Subject
from mediakeep.errors import LibraryGone, MediakeepError, UsageFailed
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.queue import actions, claims, queue, reading
from mediakeep.queue.claims import Line
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import State
from mediakeep.runner import batch, rehearsal
from mediakeep.runner.plan import Face, Limits, Plan, Report, Retry
from mediakeep.views import review, summary

COUNT = click.IntRange(1)
_NOT_AGAIN = "No sound was decoded. To have all decoded again, {} --reset-all makes all {} pending."
_OPTIONS = (
    click.option("--dry-run", is_flag=True, help="Do all but write: no report, no queue, no log."),
    shared.setting("--checkpoint-every", COUNT, "Settled items between two checkpoints."),
    shared.setting("--keep-checkpoints", COUNT, "Checkpoints to keep, besides one a day."),
    shared.setting("--time-budget", shared.Duration(), "Start nothing new after this, as 2h."),
    shared.setting("--item-timeout", shared.Duration(), "The longest that one item may take."),
    shared.setting("--retry-delay", shared.Duration(), "Wait before a second try; then doubled."),
    shared.setting("--max-attempts", COUNT, "How often a failing item is tried."),
    shared.setting(
        "--workers", click.IntRange(0), "Processes to work in; 1 is inline, 0 one per core."
    ),
    click.option("--all", "everything", is_flag=True, help="Take all that is left."),
    shared.setting("--batch-size", COUNT, "How many to take from the queue."),
    shared.as_json,
)


@dataclasses.dataclass(frozen=True)
class Asked:
    """What the user asked for."""

    home: Path
    name: str  # of one item, or ""
    dry_run: bool
    as_json: bool
    plan: Plan
    deep: bool


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every batch."""
    for option in _OPTIONS:
        function = option(function)
    return function


def asked(home: Path, name: str | None, given: dict[str, Any]) -> Asked:
    """Make a plan of the options."""
    if name == "":
        raise UsageFailed("The name of the item is empty.")
    workers = given["workers"] or shared.cores()
    size = None if given["everything"] else given["batch_size"]
    deep_one = given.get("deep", False)
    names = ("time_budget", "item_timeout", "retry_delay", "max_attempts", "checkpoint_every")
    facts = {"batch_size": size, "workers": workers, **{one: given[one] for one in names}}
    facts |= {"item": files.escape(name)} if name else {}
    facts |= {"deep": True} if deep_one else {}
    longest = given["item_timeout"] * (deep.LONGER if deep_one else 1)
    plan = Plan(
        size=size,
        limits=Limits(workers, longest, inline=not deep_one),
        retry=Retry(given["max_attempts"], given["retry_delay"]),
        time_budget=given["time_budget"],
        checkpoint_every=given["checkpoint_every"],
        keep_checkpoints=given["keep_checkpoints"],
        settings=facts,
    )
    return Asked(home, name or "", given["dry_run"], given["as_json"], plan, deep_one)


def run(kind: Kind, ask: Asked) -> int:
    """Run a batch and return its exit code."""
    deep.check(ask.deep)
    subject = subjects.of(kind)
    shown = Overheard(Json() if ask.as_json else Plain(kind))
    report = (_rehearse if ask.dry_run else _work)(subject, ask, shown)
    if report.gone:
        raise report.gone
    if report.stopped:
        return 130
    return 1 if report.settled[Status.ERROR] else 0


def _work(subject: Subject, ask: Asked, shown: Overheard) -> Report:
    folder = subjects.folder(ask.home, subject.kind)
    with Queue.open(queue.place(folder), subject.kind) as opened:
        check(opened.state)
        sweep(ask.home, subject.kind)
        key = actions.find(opened.state, ask.name) if ask.name else ""
        plan = dataclasses.replace(ask.plan, key=key)
        troubles: list[str] = []

        def milestone() -> None:
            entries = _careful(subject, ask.home, troubles)
            try:
                review.update(ask.home, folder, opened.state, entries)
            except OSError as error:  # it is a view: the next batch makes it good
                troubles.append(f"{review.FILE} could not be written: {error.strerror}.")

        face = Face(shown.begun, shown.settled, shown.progress, milestone)
        report = batch.run(opened, subject.opening(ask.home, Manner(True, ask.deep)), plan, face)
    if ask.deep and not report.claimed:
        report.warnings.append(_NOT_AGAIN.format(subject.kind.manager, subject.kind.plural))
    # Only now is everything in the history, from which the pace is told.
    report.warnings += [*opened.warnings(), *troubles]
    shown.ended(report, summary.read(folder, opened.state))
    for warning in dict.fromkeys(report.warnings):
        click.echo(f"Warning: {shared.plain(warning)}", err=True)
    return report


def _rehearse(subject: Subject, ask: Asked, shown: Overheard) -> Report:
    """Work as a batch would, on the same items, and leave no trace."""
    folder = subjects.folder(ask.home, subject.kind)
    state = reading.state(folder, subject.kind)
    check(state)
    claims.rehearse(state, queue.place(folder))
    count = len(state.items) if ask.plan.size is None else ask.plan.size
    keys = [actions.find(state, ask.name)] if ask.name else Line(state).peek(count)
    face = Face(shown.begun, shown.settled, shown.progress)
    opening = subject.opening(ask.home, Manner(False, ask.deep))
    report = rehearsal.run(state, keys, opening, ask.plan, face)
    shown.rehearsed(report)
    return report


def _careful(subject: Subject, home: Path, troubles: list[str]) -> review.Entries:
    """Read an item's entries; a damaged file costs its own entries and a warning, no more."""
    entries = subject.entries(home)

    def read(item: Any) -> list[review.Entry]:
        try:
            return entries(item)
        except MediakeepError as error:
            troubles.append(str(error))
            return []

    return read


def check(state: State) -> None:
    """Make sure that the library is there: an unmounted share must not look like lost albums."""
    root = Path(files.unescape(state.head.library_path))
    try:
        empty = not any(root.iterdir())
    except (FileNotFoundError, NotADirectoryError) as error:
        raise LibraryGone(files.escape(root), "missing") from error
    except OSError as error:
        raise UsageFailed(f"The library {files.escape(root)}: {error.strerror}.") from error
    if empty:
        raise LibraryGone(files.escape(root), "empty")


def sweep(home: Path, kind: Kind) -> None:
    """Remove what a killed batch left half-written, where no other can be writing now."""
    for folder in (home / "outputs", home / "issues" / kind.name):
        files.sweep(folder)
