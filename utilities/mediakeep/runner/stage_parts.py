"""Track the parts of a processing stage: what is done, what failed, and how far they are.

Each method takes the same time however many parts there are, except those that return them all.
"""

from __future__ import annotations

import math
from hashlib import blake2b
from typing import Any

from mediakeep import stages
from mediakeep.item import PartsRecord, Status
from mediakeep.outcome import Outcome, PartFailed, Parts

_STEPS = 1000  # steps of weighted progress


def describe_invalid_parts(parts: Parts) -> str:
    """Return what is wrong with the parts of a stage, or "" if they are valid."""
    if parts.weights and len(parts.weights) != len(parts.inputs):
        return f"{len(parts.inputs)} parts have {len(parts.weights)} weights"
    if not all(math.isfinite(weight) and weight > 0 for weight in parts.weights):
        return "the weight of a part is not a positive number"
    return ""


class PartTracker:
    """Tracks which parts of a stage have finished or failed, and their weighted progress.

    A part is identified by its number and its input. Parts in `record` that finished before with
    the same input are not repeated.
    """

    def __init__(self, parts: Parts, record: PartsRecord | None) -> None:
        self.parts = parts
        self.names = [_part_name(number, value) for number, value in enumerate(parts.inputs)]
        self._weights = parts.weights or (1.0,) * len(parts.inputs)
        self._total = math.fsum(self._weights)
        before = record.done if record else {}
        self._done = {
            number: before[name][0] for number, name in enumerate(self.names) if name in before
        }
        self._ended_weight = math.fsum(self._weights[number] for number in self._done)
        self.failures: dict[int, PartFailed] = {}
        self._retried: set[int] = set()
        self._progress: dict[int, tuple[int, int]] = {}  # the bytes of a part, and its refunds
        self._shares: dict[int, float] = {}  # of the running parts, how much is done
        self._is_weighted = bool(parts.weights)

    def missing_parts(self) -> list[int]:
        """Return the numbers of the parts without a result, those with the most weight first."""
        missing = [number for number in range(len(self.names)) if number not in self._done]
        return sorted(missing, key=lambda number: -self._weights[number])

    def add_result(self, number: int, result: Any) -> None:
        """Store the result of a part."""
        self._done[number] = result
        self._end_part(number)

    def add_failure(self, number: int, failure: PartFailed) -> None:
        """Store the failure of a part that does not run again at once."""
        self.failures[number] = failure
        self._end_part(number)

    def _end_part(self, number: int) -> None:
        self._shares.pop(number, None)
        self._ended_weight += self._weights[number]

    def may_retry(self, number: int, made_progress: int = 0) -> bool:
        """Return whether a failed part may run once more at once.

        True only the first time, and whenever it has come further, as `stages.is_refunded` says.
        """
        before, refunds = self._progress.get(number, (0, 0))
        is_refunded = stages.is_refunded(made_progress, before, refunds)
        self._progress[number] = max(made_progress, before), refunds + is_refunded
        if not is_refunded and number in self._retried:
            return False
        if not is_refunded:
            self._retried.add(number)
        self._shares.pop(number, None)
        return True

    def report_progress(self, number: int, done: int, of: int) -> None:
        """Store that a running part has done `done` of its `of` steps."""
        if of > 0 and number not in self._done and number not in self.failures:
            self._is_weighted = True
            self._shares[number] = min(max(done / of, 0.0), 1.0)

    @property
    def counts(self) -> tuple[int, int]:
        """The number of parts that have ended, and of all parts."""
        return len(self._done) + len(self.failures), len(self.names)

    def measure_progress(self) -> tuple[int, int]:
        """Return the steps done and all steps of the stage.

        A step is a part, until parts have weights or report progress of their own; then it is a
        thousandth of the total weight.
        """
        if not self._is_weighted:
            return self.counts
        running = math.fsum(self._weights[n] * share for n, share in self._shares.items())
        if self.is_complete():
            return _STEPS, _STEPS
        done = int(_STEPS * (self._ended_weight + running) / self._total)
        return min(done, _STEPS - 1), _STEPS

    def is_complete(self) -> bool:
        """Return whether all parts have finished or failed."""
        return len(self._done) + len(self.failures) == len(self.names)

    @property
    def has_failed(self) -> bool:
        """Whether the stage fails because of its parts."""
        return bool(self.failures) and not self.parts.keep_going

    def ordered_results(self) -> tuple[Any, ...]:
        """Return the results of all parts in the order of their inputs, PartFailed for failures."""
        return tuple(
            self._done[number] if number in self._done else self.failures[number]
            for number in range(len(self.names))
        )

    def build_failure(self) -> Outcome:
        """Return the outcome of a stage that fails because of its parts.

        Its message has the number of failed parts and the first error.
        """
        failures = list(self.failures.values())
        message = f"{len(failures)} of {len(self.names)} parts failed."
        message += f" The first: {failures[0].message}"
        is_final = any(failure.is_final for failure in failures)
        return Outcome(Status.ERROR, message, is_final=is_final)


def _part_name(number: int, value: Any) -> str:
    return f"{number}:{blake2b(repr(value).encode(), digest_size=4).hexdigest()}"
