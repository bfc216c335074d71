"""The flow of an item through its stages: what follows from the result of a worker call.

1. A new item begins with the first stage of its kind; any other with the stage it has reached.
2. A stage that returns an outcome with `next_stage` is recorded, and that stage begins. If the
   batch does not run that stage, the item is released.
3. A stage that returns parts is called again with their results, once all have ended. A part that
   fails runs once more at once, unless the failure is final; if it fails again, the stage has
   failed, unless the parts `keep_going`.
4. A pending outcome parks the item: it waits until a time, in the same stage, and no attempt is
   counted. So does a full volume, unless it is the volume of the queue.
5. A failed stage is tried again later, as often as its retries allow; a failure with progress is
   no attempt. After the last failure, or one that is final, the worker is called once more with
   the failed stage, if its kind has a cleanup.
6. Then the item is settled as failed, or as skipped if its retries say so.
7. A completed, failed or skipped outcome of the last stage settles the item.

The functions here only decide; the batch and a dry run obey.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping

import msgspec
from msgspec import structs

from mediakeep.errors import InvalidOutcome
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.outcome import Outcome, Parts, Stamp, Work
from mediakeep.queue import stage_changes
from mediakeep.runner import stage_parts
from mediakeep.runner.batch_config import RetryPolicy
from mediakeep.stages import Retry


class BeginStage(msgspec.Struct, frozen=True):
    """The stage has ended, and another one follows."""

    outcome: Outcome


class RunParts(msgspec.Struct, frozen=True):
    """The stage continues in parts."""

    parts: Parts


class ParkItem(msgspec.Struct, frozen=True):
    """The item waits."""

    outcome: Outcome


class CallCleanup(msgspec.Struct, frozen=True):
    """The last attempt of the stage failed; the worker cleans up before the item is settled."""

    outcome: Outcome


class SettleItem(msgspec.Struct, frozen=True):
    """The attempt has ended; `is_last` if a failed stage is not tried again."""

    outcome: Outcome
    is_last: bool = False


Step = BeginStage | RunParts | ParkItem | CallCleanup | SettleItem


class ItemFlow:
    """The decisions for the items of a kind, with the retries that a batch has."""

    def __init__(
        self,
        kind: Kind,
        retry: RetryPolicy,
        stage_retries: Mapping[str, Retry] | None = None,
        stages: Container[str] = (),
    ) -> None:
        self._kind, self._stages = kind, stages
        self._default = Retry(retry.max_attempts, retry.delay)
        self._overrides = stage_retries or {}

    def build_work(self, item: Item, stamp: Stamp) -> Work:
        """Return the next worker call of an item: its current stage, or its cleanup."""
        if item.cleanup_stage:
            stage = item.cleanup_stage
            return Work(item, stamp, stage, failed_stage=stage, error_message=item.error_message)
        return Work(item, stamp, self._kind.get_next_stage(item))

    def runs_stage(self, stage: str) -> bool:
        """Return whether the batch runs a stage, which may be limited to some stages."""
        return not self._stages or stage in self._stages

    def get_retry(self, stage: str) -> Retry:
        """Return the retries of a stage: of the batch for this stage, of the kind, or of all."""
        if stage in self._overrides:
            return self._overrides[stage]
        found = self._kind.stages.find_stage(stage)
        return found.retry if found and found.retry else self._default

    def count_attempts(self, item: Item, outcome: Outcome) -> int:
        """Return the number of attempts of the current stage, with a failed one if it counts."""
        before = stage_changes.get_attempts(item, self._kind.get_next_stage(item))
        return before + (not stage_changes.is_refunded(item, outcome))

    def decide_step(self, item: Item, work: Work, result: Outcome | Parts) -> Step:
        """Return what follows from the result of a worker call.

        Raise InvalidOutcome if the stage table of the kind does not allow the result.
        """
        if self._kind.stages and (fault := self._find_fault(work, result)):
            name = self._kind.name_item(work.stamp.key, item)
            raise InvalidOutcome(f"{self._kind.noun} {name}", work.stage, *fault)
        if isinstance(result, Parts):
            return self._decide_parts(work, result)
        if result.state is Status.PENDING:
            return ParkItem(result)
        if work.failed_stage:
            return SettleItem(self._build_cleaned_outcome(item, result), is_last=True)
        if result.state is Status.COMPLETED and result.next_stage:
            return BeginStage(result)
        if result.state is Status.ERROR:
            return self.decide_failure(item, result)
        return SettleItem(result)

    def _decide_parts(self, work: Work, parts: Parts) -> Step:
        if not work.stage:
            return SettleItem(
                Outcome(Status.ERROR, "Its worker returned parts, but it has no stages.")
            )
        if work.results is None:
            return RunParts(parts)
        why = f"Its stage {work.stage} got results and returned parts again."
        return SettleItem(Outcome(Status.ERROR, why))

    def decide_failure(self, item: Item, outcome: Outcome) -> Step:
        """Return what follows from a failed attempt of an item, or from a failed cleanup."""
        if item.cleanup_stage:
            return SettleItem(self._build_cleaned_outcome(item, outcome), is_last=True)
        retry = self.get_retry(self._kind.get_next_stage(item))
        if not self._kind.stages:
            return SettleItem(outcome, is_last=outcome.is_final)
        if not outcome.is_final and self.count_attempts(item, outcome) < retry.times:
            return SettleItem(outcome)
        if self._kind.cleans_up:
            return CallCleanup(outcome)
        return SettleItem(_apply_exhaustion(retry, outcome), is_last=True)

    def _build_cleaned_outcome(self, item: Item, cleaned: Outcome) -> Outcome:
        """Return the outcome of an item after its cleanup, which may have failed, too."""
        message = item.error_message
        if cleaned.state is Status.ERROR and cleaned.message:
            end = "" if message.endswith(".") else "."
            message = f"{message}{end} The cleanup failed, too: {cleaned.message}"
        final = structs.replace(cleaned, state=Status.ERROR, message=message, retry_after=None)
        return _apply_exhaustion(self.get_retry(item.cleanup_stage), final)

    def _find_fault(self, work: Work, result: Outcome | Parts) -> tuple[str, str] | None:
        """Return what is wrong with a result and how to fix the worker, or None if it is valid."""
        if isinstance(result, Parts):
            if work.failed_stage:
                return "the cleanup returned parts", "Return an Outcome."
            why = stage_parts.describe_invalid_parts(result)
            return (why, "Give each part a positive weight, or none.") if why else None
        if result.state is Status.PENDING:
            return _find_park_fault(result)
        return self._find_stage_fault(work, result)

    def _find_stage_fault(self, work: Work, outcome: Outcome) -> tuple[str, str] | None:
        names = [stage.name for stage in self._kind.stages.stages]
        known = f"Use one of: {', '.join(names)}."
        for field in ("next_stage", "resume_stage"):
            if (name := getattr(outcome, field)) and name not in names:
                return f"{field} {name!r} is not in the stage table", known
        if not outcome.next_stage:
            return self._find_early_end(work, outcome)
        if work.failed_stage:
            return "the cleanup returned a next stage", "Return resume_stage instead."
        if outcome.state is not Status.COMPLETED:
            why = f"next_stage {outcome.next_stage!r} with the state {outcome.state.value}"
            return why, "Return next_stage only with a completed stage."
        if outcome.next_stage == work.stage and not _changes_item(work.item, outcome):
            why = "the stage follows itself, and nothing of the item changes"
            return why, "Return what it did as data, so that the next call goes on from there."
        return None

    def _find_early_end(self, work: Work, outcome: Outcome) -> tuple[str, str] | None:
        stage = self._kind.stages.find_stage(work.stage)
        if outcome.state is not Status.COMPLETED or work.failed_stage:
            return None
        if stage is None or not {*stage.next_stages} - {stage.name}:
            return None
        choices = ", ".join(stage.next_stages)
        return "a completed stage without the next one", f"Return next_stage: {choices}."


def _apply_exhaustion(retry: Retry, outcome: Outcome) -> Outcome:
    """Return the outcome after the last attempt: failed, or skipped with its reason."""
    if retry.exhaustion == "error" or outcome.state is not Status.ERROR:
        return outcome
    data = {**outcome.data, "skip_reason": outcome.message}
    return structs.replace(outcome, state=Status.SKIPPED, data=data)


def _changes_item(item: Item, outcome: Outcome) -> bool:
    return any(getattr(item, name, None) != value for name, value in outcome.data.items())


def _find_park_fault(outcome: Outcome) -> tuple[str, str] | None:
    if outcome.retry_after is None or not math.isfinite(outcome.retry_after):
        return "a pending outcome without a time", "Return retry_after in seconds."
    if not outcome.message:
        return "a pending outcome without a reason", "Return a message that says what it waits for."
    if outcome.next_stage:
        return "a pending outcome with a next stage", "Return next_stage first, then wait there."
    return None
