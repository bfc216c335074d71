"""Check the result of a worker call, before anything is done with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from msgspec.structs import replace

from mediakeep import path_text
from mediakeep.item import MAX_NUMBER, Status
from mediakeep.outcome import Outcome, Parts, Work

_FINAL_STATUSES = (Status.COMPLETED, Status.ERROR, Status.SKIPPED)
# Fields of an item that only the queue itself sets.
_QUEUE_FIELDS = frozenset(
    {
        *("status", "session", "claim", "first_claim", "settled", "suspect", "for_lookup"),
        *("attempts", "processing_stage", "failed_stage", "cleanup_stage", "resume_stage"),
        *("parts", "made_progress", "refunds"),
        *("parked", "out_of_space", "not_before", "error_message", "error_date", "returns_to"),
    }
)
# Facts of history events that are not about one run of a worker.
_QUEUE_FACTS = frozenset({"undone", "redone", "anew", "known", "renamed"})


def check_result(result: Any, work: Work) -> Outcome | Parts:
    """Return the result of a worker as plain JSON values.

    Raise TypeError or ValueError if it cannot be recorded. Only with a stage, or a time, an outcome
    may be pending.
    """
    if isinstance(result, Parts):
        return _check_parts(result)
    if not isinstance(result, Outcome):
        raise TypeError(f"the worker returned {type(result).__name__}, not an Outcome")
    _check_state(result, work)
    after = to_json_values(result.retry_after)
    outcome = replace(
        result,
        state=Status(result.state),
        message=path_text.to_printable(result.message),
        data=dict(to_json_values(result.data)),
        facts=dict(to_json_values(result.facts)),
        open_ids=tuple(to_json_values(result.open_ids)),
        retry_after=None if after is None else float(after),
        made_progress=to_byte_count(result.made_progress),
    )
    _check_names("data", outcome.data, _QUEUE_FIELDS)
    _check_names("facts", outcome.facts, _QUEUE_FACTS)
    return outcome


def to_byte_count(value: object) -> int:
    """Return a number of bytes as the queue can store it, 0 for one that is negative or none."""
    return int(min(max(0, value), MAX_NUMBER)) if isinstance(value, (int, float)) else 0


def _check_state(outcome: Outcome, work: Work) -> None:
    is_parked = outcome.state == Status.PENDING and (work.stage or outcome.retry_after is not None)
    if outcome.state not in _FINAL_STATUSES and not is_parked:
        raise ValueError(f"the worker returned {outcome.state!r}, which is not a final status")


def _check_names(what: str, names: Iterable[str], reserved: frozenset[str]) -> None:
    if taken := reserved & set(names):
        raise ValueError(f"the worker returned {what} with {min(taken)!r}, which the queue sets")


def _check_parts(parts: Parts) -> Parts:
    if not callable(parts.run):
        raise TypeError("the worker returned Parts without a function to run")
    weights = tuple(float(weight) for weight in parts.weights)
    return replace(parts, inputs=tuple(parts.inputs), weights=weights)


def to_json_values(thing: Any) -> Any:
    """Return a value as it would be after encoding to JSON and decoding.

    So it is the same as after a crash.
    """
    try:
        return msgspec.json.decode(msgspec.json.encode(thing))
    except (TypeError, ValueError) as error:
        raise TypeError(f"the result of the worker cannot be recorded: {error}") from error
