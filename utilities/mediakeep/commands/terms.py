"""What a batch of any kind is asked for: its options, and the plan that they make."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from mediakeep import files
from mediakeep.commands import alerting, deep, habits, services, shared, subjects
from mediakeep.commands.alerting import Wanted
from mediakeep.commands.habits import Habits
from mediakeep.commands.subjects import Manner
from mediakeep.errors import UsageFailed
from mediakeep.kinds import Kind
from mediakeep.lookups.access import Access
from mediakeep.lookups.desk import CLOSED
from mediakeep.outcome import Opening
from mediakeep.policy import HANDS_OFF, Policy
from mediakeep.runner.plan import Limits, Plan, Retry

COUNT = click.IntRange(1)
_OPTIONS = (
    click.option("--dry-run", is_flag=True, help="Do all but write: no report, no queue, no log."),
    shared.setting("--checkpoint-every", COUNT, "Settled items between two checkpoints."),
    shared.setting(
        "--keep-checkpoints", click.IntRange(0), "Checkpoints to keep, besides one a day; 0: all."
    ),
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


class Asked(msgspec.Struct, frozen=True):
    """What the user asked for."""

    home: Path
    name: str  # of one item, or ""
    dry_run: bool
    as_json: bool
    plan: Plan
    deep: bool
    policy: Policy = HANDS_OFF
    access: Access = CLOSED
    plan_out: Path | None = None  # where a dry run keeps what it would change
    alerts: Wanted = Wanted()
    habits: Habits = Habits()

    def opening(self, kind: Kind) -> Opening:
        """Give what opens its workers."""
        manner = Manner(not self.dry_run, self.deep, policy=self.policy, access=self.access)
        return subjects.opening(kind, self.home, manner)

    @property
    def early(self) -> int:
        """How many workers start before the batch: none for a single item, which is done inline."""
        limits, size = self.plan.limits, self.plan.size
        count = limits.workers if size is None else min(limits.workers, size)
        several = count > 1 and not self.name
        return count if several and limits.inline and not self.dry_run else 0


def options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every batch."""
    for option in _OPTIONS:
        function = option(function)
    return services.options(alerting.options(habits.options(function)))


def asked(home: Path, name: str | None, given: dict[str, Any], policy: Policy = HANDS_OFF) -> Asked:
    """Make a plan of the options."""
    if name == "":
        raise UsageFailed("The name of the item is empty.")
    alerts = alerting.wanted(home, given)
    workers = given["workers"] or shared.cores()
    size = None if given["everything"] else given["batch_size"]
    deep_one = given.get("deep", False)
    facts = {"batch_size": size, "workers": workers, **_facts(given, name, policy)}
    fresh = given.get("refresh", False)
    if fresh and not name:
        raise UsageFailed("--refresh is for one artist: give --artist NAME as well.")
    access = services.access(given, fresh=fresh)
    longest = given["item_timeout"] * (deep.LONGER if deep_one else 1)
    plan = Plan(
        size=size,
        limits=Limits(workers, longest, inline=not deep_one),
        retry=Retry(given["max_attempts"], given["retry_delay"]),
        time_budget=given["time_budget"],
        lookups=access.is_open,
        checkpoint_every=given["checkpoint_every"],
        keep_checkpoints=given["keep_checkpoints"],
        settings=facts,
    )
    plan_out = given.get("plan_out")
    dry_run = given["dry_run"] or plan_out is not None
    as_json, by_itself = given["as_json"], habits.asked(given)
    return Asked(
        home=home,
        name=name or "",
        dry_run=dry_run,
        as_json=as_json,
        plan=plan,
        deep=deep_one,
        policy=policy,
        access=access,
        plan_out=plan_out,
        alerts=alerts,
        habits=by_itself,
    )


def _facts(given: dict[str, Any], name: str | None, policy: Policy) -> dict[str, Any]:
    """Return what the session log is to tell of the options."""
    names = ("time_budget", "item_timeout", "retry_delay", "max_attempts", "checkpoint_every")
    facts: dict[str, Any] = {one: given[one] for one in names}
    facts |= {"item": files.escape(name)} if name else {}
    facts |= {"deep": True} if given.get("deep", False) else {}
    return facts | {"fix": policy.fix.value}
