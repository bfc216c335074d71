"""The options of a batch of any kind, and the batch configuration built from them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from mediakeep import files
from mediakeep.commands import alerting, deep, habits, shared, subjects
from mediakeep.commands.alerting import Wanted
from mediakeep.commands.habits import Habits
from mediakeep.commands.subject import Manner
from mediakeep.errors import UsageFailed
from mediakeep.kinds import Kind
from mediakeep.lookups.access import Access
from mediakeep.lookups.desk import CLOSED
from mediakeep.outcome import Opening
from mediakeep.policy import HANDS_OFF, Policy
from mediakeep.runner.plan import Limits, Plan, Retry

COUNT = click.IntRange(1)
_OPTIONS = (
    click.option(
        "--dry-run", is_flag=True, help="Process without writing: no report, no queue, no log."
    ),
    shared.setting("--checkpoint-every", COUNT, "Settled items between two checkpoints."),
    shared.setting(
        "--keep-checkpoints",
        click.IntRange(0),
        "Checkpoints to keep, in addition to one per day; 0: all.",
    ),
    shared.setting(
        "--time-budget", shared.Duration(), "Start no new items after this time, such as 2h."
    ),
    shared.setting("--item-timeout", shared.Duration(), "Maximum time per item."),
    shared.setting(
        "--retry-delay", shared.Duration(), "Wait before the second attempt; doubled each time."
    ),
    shared.setting("--max-attempts", COUNT, "Attempts per failing item."),
    shared.setting(
        "--workers", click.IntRange(0, 1000), "Worker processes; 1: inline, 0: one per core."
    ),
    shared.setting("--batch-size", COUNT, "Items to take from the queue."),
    shared.ignoring,
    shared.as_json,
)

_MOST_EARLY = 16  # workers


class Request(msgspec.Struct, frozen=True):
    """What is specific to one kind's batch.

    `name` limits the batch to one item. `native` work may crash its process; for `choose`, `force`
    and `ignored` see `WorkerOptions`.
    """

    kind: Kind
    name: str | None = None
    access: Access = CLOSED
    policy: Policy = HANDS_OFF
    native: bool = False
    choose: Any = None
    force: bool = False
    ignored: tuple[str, ...] = ()


class Asked(msgspec.Struct, frozen=True):
    """All options of a batch."""

    home: Path
    request: Request
    dry_run: bool
    as_json: bool
    plan: Plan
    deep: bool
    plan_out: Path | None = None  # the plan file that a dry run writes
    alerts: Wanted = Wanted()
    habits: Habits = Habits()

    @property
    def name(self) -> str:
        """The name of the only item to process, or ""."""
        return self.request.name or ""

    @property
    def access(self) -> Access:
        """The services that may be used."""
        return self.request.access

    def opening(self) -> Opening:
        """Return the factory of its workers."""
        request = self.request
        worker_options = Manner(
            not self.dry_run,
            self.deep,
            policy=request.policy,
            access=request.access,
            choose=request.choose,
            force=request.force,
            ignored=request.ignored,
        )
        return subjects.opening(request.kind, self.home, worker_options)

    @property
    def early(self) -> int:
        """The number of workers to start early: none for a single item, which is processed inline.

        At most 16, as the number of items is not known yet; the pool starts more on demand.
        """
        limits, size = self.plan.limits, self.plan.size
        count = min(limits.workers, _MOST_EARLY, *([] if size is None else [size]))
        several = count > 1 and not self.name
        return count if several and limits.inline and not self.dry_run else 0


def options(*all_: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds the options of a batch; --all may have aliases."""
    return functools.partial(_with_options, ("--all", *all_))


def _with_options(spelled: Sequence[str], function: Callable[..., Any]) -> Callable[..., Any]:
    whole = click.option(*spelled, "everything", is_flag=True, help="Take all remaining items.")
    for option in (*_OPTIONS[:-3], whole, *_OPTIONS[-3:]):
        function = option(function)
    return alerting.options(habits.options(function))


def fresh(kind: Kind, name: str | None, options: dict[str, Any]) -> bool:
    """Return whether to refresh the lookup; raise UsageError unless one item is named."""
    if options["refresh"] and not name:
        raise UsageFailed(f"--refresh needs a single {kind.noun}: add --{kind.noun} NAME.")
    return bool(options["refresh"])


def asked(home: Path, request: Request, options: dict[str, Any]) -> Asked:
    """Build the batch options from the command's options."""
    if request.name == "":
        raise UsageFailed("The name of the item is empty.")
    alerts = alerting.wanted(home, options)
    size = None if options["everything"] else options["batch_size"]
    is_deep = options.get("deep", False)
    limits = _limits(request, options, deep.LONGER if is_deep else 1)
    facts = {"batch_size": size, "workers": limits.workers, **_facts(options, request)}
    plan = Plan(
        size=size,
        limits=limits,
        retry=Retry(options["max_attempts"], options["retry_delay"]),
        time_budget=options["time_budget"],
        lookups=request.access.is_open,
        checkpoint_every=options["checkpoint_every"],
        keep_checkpoints=options["keep_checkpoints"],
        settings=facts,
    )
    plan_out = options.get("plan_out")
    dry_run = options["dry_run"] or plan_out is not None
    as_json, maintenance_options = options["as_json"], habits.asked(options)
    return Asked(
        home=home,
        request=request,
        dry_run=dry_run,
        as_json=as_json,
        plan=plan,
        deep=is_deep,
        plan_out=plan_out,
        alerts=alerts,
        habits=maintenance_options,
    )


def _limits(request: Request, options: dict[str, Any], longer: int) -> Limits:
    """Return the limits; if the user is prompted, work is serial and has no timeout."""
    if request.choose:
        return Limits(asked=True)
    workers = options["workers"] or shared.cores()
    return Limits(workers, options["item_timeout"] * longer, inline=not request.native)


def _facts(options: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return the options that are written to the session log."""
    names = ("time_budget", "item_timeout", "retry_delay", "max_attempts", "checkpoint_every")
    facts: dict[str, Any] = {name: options[name] for name in names}
    facts |= {"item": files.escape(request.name)} if request.name else {}
    facts |= {"deep": True} if options.get("deep", False) else {}
    return facts | {"fix": request.policy.fix.value}
