"""Field changes and history facts of a claimed item's stages: their ends, waits and cleanups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from mediakeep import clock, stages
from mediakeep.errors import InvalidItemData
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome, PartFailed
from mediakeep.queue.store import QueueChange

TRANSIENT_FACTS = frozenset({"unasked"})  # facts for the summary of the batch, not for the history
PROGRESS_FIELDS = ("made_progress", "refunds")
_LEAST_WAIT = 1.0  # seconds
_LONGEST_WAIT = 366 * 86400.0  # seconds


def build_advance_change(kind: Kind, key: str, item: Item, ending: StageEnding) -> QueueChange:
    """Return the change that ends a stage of a claimed item and begins the next one.

    Raise InvalidItemData if the next stage may not follow the current one.
    """
    outcome = ending.outcome
    stage = kind.get_stage(item)
    if not kind.stages.can_follow(stage, outcome.next_stage):
        current = kind.stages.find_stage(stage)
        choices = ", ".join(current.next_stages) if current else ""
        raise InvalidItemData(
            kind.name,
            f"{kind.noun} {kind.name_item(key, item)}: stage {stage or 'none'} cannot be followed"
            f" by {outcome.next_stage!r}."
            f" Return one of: {choices or 'none, it is the last stage'}.",
        )
    changes = build_data_patch(item, outcome.data)
    changes |= {"processing_stage": outcome.next_stage, "parts": None}
    changes |= build_clear_patch(item, PROGRESS_FIELDS)
    attempts = get_attempts(item, stage) + 1
    facts = {"stage": stage, "next": outcome.next_stage, "outcome": "done", "attempts": attempts}
    return QueueChange("stage", {key: changes}, ending.build_facts(facts))


def build_cleanup_change(kind: Kind, key: str, item: Item, ending: StageEnding) -> QueueChange:
    """Return the change that records the last failure of a stage, after which cleanup is due.

    The message of the outcome is the error.
    """
    stage = kind.get_stage(item)
    changes = {
        **build_failure_patch(kind, stage),
        "cleanup_stage": stage,
        "attempts": increment_attempts(kind, item),
        "error_message": ending.outcome.message,
        "error_date": ending.now,
    }
    attempts = get_attempts(item, stage) + 1
    facts = {"stage": stage, "outcome": "failed", "attempts": attempts}
    return QueueChange(
        "stage", {key: changes}, ending.build_facts({**facts, "error": ending.outcome.message})
    )


class StageEnding(msgspec.Struct, frozen=True):
    """How a run of a stage ended: its outcome, its seconds, and the time."""

    outcome: Outcome
    seconds: float
    now: str

    def build_facts(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """Return facts together with those of the worker and the seconds, as JSON types."""
        lasting = {
            name: fact for name, fact in self.outcome.facts.items() if name not in TRANSIENT_FACTS
        }
        built = {**lasting, **facts, "seconds": round(self.seconds, 3)}
        return msgspec.to_builtins(built)  # type: ignore[no-any-return]


def build_park_change(kind: Kind, key: str, item: Item, ending: StageEnding) -> QueueChange:
    """Return the change that ends a claim and lets the item wait; no attempt is counted.

    Raise InvalidItemData if the outcome lacks the seconds to wait or the reason.
    """
    outcome = ending.outcome
    stage = kind.get_stage(item)
    where = f"{kind.noun} {kind.name_item(key, item)}" + (f", stage {stage}" if stage else "")
    if not outcome.message:
        raise InvalidItemData(kind.name, f"{where}: it waits without a reason. Return a message.")
    if outcome.retry_after is None or outcome.retry_after != outcome.retry_after:
        raise InvalidItemData(kind.name, f"{where}: it waits without a time. Return retry_after.")
    if item.for_lookup:
        raise InvalidItemData(kind.name, f"{where}: it is completed and cannot wait for a lookup.")
    wait = min(max(outcome.retry_after, _LEAST_WAIT), _LONGEST_WAIT)
    until = clock.format_end(datetime.fromisoformat(ending.now), wait)
    changes = {
        **build_data_patch(item, outcome.data),
        **dict.fromkeys(("session", "claim", "suspect")),
        "status": Status.PENDING,
        "not_before": until,
        "parked": outcome.message,
        "out_of_space": outcome.out_of_space or None,
        **build_failed_parts_patch(item),
    }
    facts = {"stage": stage, "until": until, "why": outcome.message}
    return QueueChange("park", {key: changes}, ending.build_facts(facts))


def build_part_patch(item: Item, name: str, result: Any) -> dict[str, Any]:
    """Return the field changes that record the result of a part.

    A PartFailed counts one more failure of the part.
    """
    if isinstance(result, PartFailed):
        failures = item.parts.failed.get(name, 0) if item.parts else 0
        return {"parts": {"failed": {name: failures + 1}}}
    return {"parts": {"done": {name: [msgspec.to_builtins(result)]}, "failed": {name: None}}}


def build_failed_parts_patch(item: Item) -> dict[str, Any]:
    """Return the field changes that forget the failures of parts, whose results are kept."""
    if not item.parts or not item.parts.failed:
        return {}
    return {"parts": {"failed": dict.fromkeys(item.parts.failed)}}


def build_settled_stage(
    kind: Kind, item: Item, outcome: Outcome, *, exhausted: bool
) -> dict[str, Any]:
    """Return the changes of the stage fields of an item that is settled.

    A failed attempt leaves the failure code of its stage. Raise InvalidItemData if the outcome
    names an unknown stage.
    """
    if not kind.stages:
        cleared = item.processing_stage and outcome.state is Status.COMPLETED
        return {"processing_stage": None} if cleared else {}
    if outcome.state is Status.COMPLETED:
        return {"processing_stage": kind.stages.completed} if kind.stages.completed else {}
    stage = item.cleanup_stage or kind.get_stage(item)
    changes: dict[str, Any] = {}
    if outcome.state is Status.ERROR or exhausted or item.cleanup_stage:
        changes = build_failure_patch(kind, stage)
        changes |= build_failed_parts_patch(item)
    if resume := outcome.resume_stage:
        _check_resume_stage(kind, stage, resume)
        changes["resume_stage"] = resume
        if resume != stage:
            changes |= {"parts": None, **build_clear_patch(item, PROGRESS_FIELDS)}
    return changes


def _check_resume_stage(kind: Kind, stage: str, resume: str) -> None:
    names = [known.name for known in kind.stages.stages]
    if resume not in names or kind.stages.position(resume) > kind.stages.position(stage):
        raise InvalidItemData(
            kind.name,
            f"stage {stage} named {resume!r} to resume in. Return one of:"
            f" {', '.join(names[: kind.stages.position(stage) + 1])}.",
        )


def build_failure_patch(kind: Kind, stage: str) -> dict[str, Any]:
    """Return the field changes of an item that failed in a stage: its failure code.

    The stage is kept next to a code that several stages share.
    """
    found = kind.stages.find_stage(stage)
    code = (found.failure_code if found else "") or stage
    shared = {"failed_stage": stage} if kind.stages.is_shared_code(code) else {}
    return {"processing_stage": code, **shared}


def increment_attempts(kind: Kind, item: Item) -> int | dict[str, int]:
    """Return the number of attempts of an item, including the current one.

    For kinds with stages, return a dict of the current stage and its number of attempts. A cleanup
    is no attempt.
    """
    if not kind.stages:
        return get_attempts(item, "") + 1
    if item.cleanup_stage:
        return {}
    stage = kind.get_stage(item)
    return {stage: get_attempts(item, stage) + 1}


def is_refunded(item: Item, outcome: Outcome) -> bool:
    """Return whether a failed attempt of a claimed item is not counted, as it made progress."""
    if outcome.state is not Status.ERROR or outcome.is_final or item.cleanup_stage:
        return False
    return stages.is_refunded(outcome.made_progress, item.made_progress, item.refunds)


def build_progress_patch(item: Item, outcome: Outcome) -> dict[str, Any]:
    """Return the field changes of an item's progress and refunds after a failed attempt."""
    changes: dict[str, Any] = {}
    if outcome.state is Status.ERROR and outcome.made_progress > item.made_progress:
        changes["made_progress"] = outcome.made_progress
    if is_refunded(item, outcome):
        changes["refunds"] = item.refunds + 1
    elif item.refunds:
        changes["refunds"] = None
    return changes


def get_attempts(item: Item, stage: str) -> int:
    """Return the number of earlier attempts of an item, or of one of its stages."""
    if item.for_lookup:
        return 0
    return item.attempts if isinstance(item.attempts, int) else item.attempts.get(stage, 0)


def build_clear_patch(item: Item, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the field changes that clear those of the fields that have a value."""
    return {name: None for name in names if getattr(item, name)}


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
