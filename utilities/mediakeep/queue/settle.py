"""Field changes and history facts of a settle, which records the result of an item."""

from __future__ import annotations

from typing import Any

import msgspec

from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome
from mediakeep.queue import stage_changes
from mediakeep.queue.stage_changes import PROGRESS_FIELDS, TRANSIENT_FACTS


class SettleRequest(msgspec.Struct, frozen=True):
    """The outcome of an item and how long it took.

    `not_before` is the time of the next attempt after a failure, "" if there is none. For kinds
    with stages, `stage_seconds` is how long the last stage took, and `exhausted` is set if its last
    attempt failed.
    """

    outcome: Outcome
    seconds: float = 0.0
    not_before: str = ""
    stage_seconds: float = 0.0
    exhausted: bool = False


_CLAIM_FIELDS = ("claim", "first_claim", "suspect", "for_lookup", "cleanup_stage", "resume_stage")
_FAILURE_FIELDS = ("error_message", "error_date", "not_before", "parts", *PROGRESS_FIELDS)
_FORMER_STATE_FIELDS = ("outdated", "note", "skip_reason", "returns_to")


def build_settle_patch(
    kind: Kind, item: Item, ending: SettleRequest, seq: int, now: str
) -> dict[str, Any]:
    """Return the field changes (JSON merge patch) that record the outcome of an item.

    `seq` is the number of the change. An attempt only for the lookup counts as an attempt if it
    fails. Counts in the outcome are for the whole item, including earlier repairs.
    """
    outcome = ending.outcome
    is_refunded = stage_changes.is_refunded(item, outcome)
    changes = {
        **stage_changes.build_clear_patch(item, _CLAIM_FIELDS),
        **stage_changes.build_data_patch(item, outcome.data),
        "status": outcome.state,
        "settled": seq,
        "attempts": item.attempts
        if _is_still_complete(item, outcome) or is_refunded
        else stage_changes.increment_attempts(kind, item),
        **stage_changes.build_progress_patch(item, outcome),
        **stage_changes.build_settled_stage(kind, item, outcome, exhausted=ending.exhausted),
    }
    if kind.record_failure and (outcome.state is Status.ERROR or ending.exhausted):
        changes |= kind.record_failure(item, outcome, now)
    if outcome.state is Status.ERROR:
        # The next attempt continues the same work, so repairs are counted from the first claim.
        changes["first_claim"] = item.first_claim
        failed = {"error_message": outcome.message, "error_date": now}
        return {**changes, **failed, "not_before": ending.not_before or None}
    changes |= stage_changes.build_clear_patch(item, _FAILURE_FIELDS)
    if outcome.state is Status.COMPLETED:
        changes |= {
            **stage_changes.build_clear_patch(item, _FORMER_STATE_FIELDS),
            "processed_date": now,
            "rules": kind.rules,
        }
    elif item.for_lookup:
        changes["returns_to"] = Status.COMPLETED.value
    return changes


def _is_still_complete(item: Item, outcome: Outcome) -> bool:
    """Return whether an item claimed only for its lookup stays completed with this outcome."""
    return item.for_lookup and outcome.state is not Status.ERROR


def build_stage_facts(kind: Kind, item: Item, ending: SettleRequest) -> dict[str, Any]:
    """Return what the history stores about the stage in which an item was settled.

    Return {} for a kind without stages.
    """
    if not kind.stages:
        return {}
    stage = item.cleanup_stage or kind.get_stage(item)
    is_refunded = stage_changes.is_refunded(item, ending.outcome)
    is_counted = not item.cleanup_stage and not is_refunded
    facts = {
        "stage": stage,
        "stage_seconds": round(ending.stage_seconds, 3),
        "attempts": stage_changes.get_attempts(item, stage) + is_counted,
    }
    return {**facts, "refunded": True} if is_refunded else facts


def build_history_facts(ending: SettleRequest) -> dict[str, Any]:
    """Return what the history stores about the outcome of an item."""
    outcome = ending.outcome
    lasting = {name: fact for name, fact in outcome.facts.items() if name not in TRANSIENT_FACTS}
    facts = {**lasting, "state": outcome.state.value, "seconds": round(ending.seconds, 3)}
    if outcome.state is Status.COMPLETED:
        facts["open_ids"] = list(outcome.open_ids)
    if outcome.state is Status.ERROR:
        facts["error"] = outcome.message
    return msgspec.to_builtins(facts)  # type: ignore[no-any-return]
