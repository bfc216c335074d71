"""Field changes and history facts of a settle, which records the result of an item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome


class SettleRequest(msgspec.Struct, frozen=True):
    """The outcome of an item and how long it took.

    `not_before` is the time of the next attempt after a failure, "" if there is none.
    """

    outcome: Outcome
    seconds: float = 0.0
    not_before: str = ""


_CLAIM_FIELDS = ("claim", "first_claim", "suspect", "for_lookup")
_FAILURE_FIELDS = ("error_message", "error_date", "not_before", "parts")
_FORMER_STATE_FIELDS = ("outdated", "note", "skip_reason", "returns_to", "processing_stage")
_TRANSIENT_FACTS = frozenset({"unasked"})  # facts for the summary of the batch, not for the history


def build_settle_patch(
    kind: Kind, item: Item, ending: SettleRequest, seq: int, now: str
) -> dict[str, Any]:
    """Return the field changes (JSON merge patch) that record the outcome of an item.

    `seq` is the number of the change. An attempt only for the lookup counts as an attempt if it
    fails. Counts in the outcome are for the whole item, including earlier repairs.
    """
    outcome = ending.outcome
    changes = {
        **build_clear_patch(item, _CLAIM_FIELDS),
        **build_data_patch(item, outcome.data),
        "status": outcome.state,
        "settled": seq,
        "attempts": item.attempts
        if _is_still_complete(item, outcome)
        else increment_attempts(kind, item),
    }
    if outcome.state is Status.ERROR:
        # The next attempt continues the same work, so repairs are counted from the first claim.
        changes["first_claim"] = item.first_claim
        failed = {"error_message": outcome.message, "error_date": now}
        return {**changes, **failed, "not_before": ending.not_before or None}
    changes |= build_clear_patch(item, _FAILURE_FIELDS)
    if outcome.state is Status.COMPLETED:
        changes |= {
            **build_clear_patch(item, _FORMER_STATE_FIELDS),
            "processed_date": now,
            "rules": kind.rules,
        }
    elif item.for_lookup:
        changes["returns_to"] = Status.COMPLETED.value
    return changes


def _is_still_complete(item: Item, outcome: Outcome) -> bool:
    """Return whether an item claimed only for its lookup stays completed with this outcome."""
    return item.for_lookup and outcome.state is not Status.ERROR


def build_clear_patch(item: Item, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the field changes that clear those of the fields that have a value."""
    return {name: None for name in names if getattr(item, name)}


def increment_attempts(kind: Kind, item: Item) -> int | dict[str, int]:
    """Return the number of attempts of an item, including the current one.

    For kinds with stages, return a dict of the current stage and its number of attempts.
    """
    stage = item.processing_stage or kind.first_stage
    times = get_attempts(item, stage) + 1
    return {stage: times} if kind.stages else times


def get_attempts(item: Item, stage: str) -> int:
    """Return the number of earlier attempts of an item, or of one of its stages."""
    if item.for_lookup:
        return 0
    return item.attempts if isinstance(item.attempts, int) else item.attempts.get(stage, 0)


def build_data_patch(item: Item, data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the field changes (JSON merge patch) that set fields of an item to new values.

    If a new value is an object, keys of the old object that it lacks are set to null, which removes
    them.
    """
    patch: dict[str, Any] = {}
    for name, value in data.items():
        if isinstance(value, dict):
            old = getattr(item, name, None)
            gone = dict.fromkeys(old) if isinstance(old, dict) else {}
            patch[name] = {**gone, **value}
        else:
            patch[name] = value
    return patch


def build_history_facts(ending: SettleRequest) -> dict[str, Any]:
    """Return what the history stores about the outcome of an item."""
    outcome = ending.outcome
    lasting = {name: fact for name, fact in outcome.facts.items() if name not in _TRANSIENT_FACTS}
    facts = {**lasting, "state": outcome.state.value, "seconds": round(ending.seconds, 3)}
    if outcome.state is Status.COMPLETED:
        facts["open_ids"] = list(outcome.open_ids)
    if outcome.state is Status.ERROR:
        facts["error"] = outcome.message
    return msgspec.to_builtins(facts)  # type: ignore[no-any-return]
