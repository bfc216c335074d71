"""What a batch of any kind is asked for: its options, and the plan that they make."""

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
        "--workers", click.IntRange(0, 1000), "Processes to work in; 1 is inline, 0 one per core."
    ),
    shared.setting("--batch-size", COUNT, "How many to take from the queue."),
    shared.ignoring,
    shared.as_json,
)

_MOST_EARLY = 16  # workers


class Request(msgspec.Struct, frozen=True):
    """What the options of one kind's batch ask for.

    It is about one item alone where that has a `name`. Work that is `native` may crash its process;
    `choose`, `force` and `ignored` are those of `Manner`.
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
    """What the user asked for."""

    home: Path
    request: Request
    dry_run: bool
    as_json: bool
    plan: Plan
    deep: bool
    plan_out: Path | None = None  # where a dry run keeps what it would change
    alerts: Wanted = Wanted()
    habits: Habits = Habits()

    @property
    def name(self) -> str:
        """The name of the one item that it is about, or ""."""
        return self.request.name or ""

    @property
    def access(self) -> Access:
        """Which services may be asked."""
        return self.request.access

    def opening(self) -> Opening:
        """Give what opens its workers."""
        wish = self.request
        manner = Manner(
            not self.dry_run,
            self.deep,
            policy=wish.policy,
            access=wish.access,
            choose=wish.choose,
            force=wish.force,
            ignored=wish.ignored,
        )
        return subjects.opening(wish.kind, self.home, manner)

    @property
    def early(self) -> int:
        """How many workers start before the batch: none for a single item, which is done inline.

        At most 16, as the number of items is not known yet: the pool starts others on demand.
        """
        limits, size = self.plan.limits, self.plan.size
        count = min(limits.workers, _MOST_EARLY, *([] if size is None else [size]))
        several = count > 1 and not self.name
        return count if several and limits.inline and not self.dry_run else 0


def options(*all_: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give what adds the options of every batch; --all may be spelled in other ways, too."""
    return functools.partial(_with_options, ("--all", *all_))


def _with_options(spelled: Sequence[str], function: Callable[..., Any]) -> Callable[..., Any]:
    whole = click.option(*spelled, "everything", is_flag=True, help="Take all that is left.")
    for option in (*_OPTIONS[:-3], whole, *_OPTIONS[-3:]):
        function = option(function)
    return alerting.options(habits.options(function))


def fresh(kind: Kind, name: str | None, given: dict[str, Any]) -> bool:
    """Tell whether an item is to be asked about anew; UsageFailed where it is not one alone."""
    if given["refresh"] and not name:
        raise UsageFailed(f"--refresh is for one {kind.noun}: give --{kind.noun} NAME as well.")
    return bool(given["refresh"])


def asked(home: Path, request: Request, given: dict[str, Any]) -> Asked:
    """Make a plan of the options."""
    if request.name == "":
        raise UsageFailed("The name of the item is empty.")
    alerts = alerting.wanted(home, given)
    size = None if given["everything"] else given["batch_size"]
    deep_one = given.get("deep", False)
    limits = _limits(request, given, deep.LONGER if deep_one else 1)
    facts = {"batch_size": size, "workers": limits.workers, **_facts(given, request)}
    plan = Plan(
        size=size,
        limits=limits,
        retry=Retry(given["max_attempts"], given["retry_delay"]),
        time_budget=given["time_budget"],
        lookups=request.access.is_open,
        checkpoint_every=given["checkpoint_every"],
        keep_checkpoints=given["keep_checkpoints"],
        settings=facts,
    )
    plan_out = given.get("plan_out")
    dry_run = given["dry_run"] or plan_out is not None
    as_json, by_itself = given["as_json"], habits.asked(given)
    return Asked(
        home=home,
        request=request,
        dry_run=dry_run,
        as_json=as_json,
        plan=plan,
        deep=deep_one,
        plan_out=plan_out,
        alerts=alerts,
        habits=by_itself,
    )


def _limits(request: Request, given: dict[str, Any], longer: int) -> Limits:
    """Return what work keeps to; where a person is asked, it takes its time, one by one."""
    if request.choose:
        return Limits(asked=True)
    workers = given["workers"] or shared.cores()
    return Limits(workers, given["item_timeout"] * longer, inline=not request.native)


def _facts(given: dict[str, Any], request: Request) -> dict[str, Any]:
    """Return what the session log is to tell of the options."""
    names = ("time_budget", "item_timeout", "retry_delay", "max_attempts", "checkpoint_every")
    facts: dict[str, Any] = {one: given[one] for one in names}
    facts |= {"item": files.escape(request.name)} if request.name else {}
    facts |= {"deep": True} if given.get("deep", False) else {}
    return facts | {"fix": request.policy.fix.value}
