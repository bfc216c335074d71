"""Processing stages of a kind, and the retries of each stage.

An item of a staged kind passes through the stages of its kind's table. Its field
`processing_stage` holds the name of its current stage, of a stage's failure code after a failed
attempt, or of the table's completed stage at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

Exhaustion = Literal["error", "skipped"]

_LEAST_PROGRESS = 65_536  # bytes by which a failed attempt must have come further
_MOST_REFUNDS = 20  # in a row


class Retry(msgspec.Struct, frozen=True):
    """How often a stage is tried, and the seconds before its second attempt.

    The delay doubles with each further attempt. `exhaustion` is the status of an item whose last
    attempt failed: "error", or "skipped" with the failure as the skip reason.
    """

    times: int = 3
    delay: float = 600.0
    exhaustion: Exhaustion = "error"


def is_refunded(made_progress: int, before: int, refunds: int) -> bool:
    """Return whether a failed attempt is not counted, as it came further than those before.

    `made_progress` is the number of bytes that exist after it, and `before` the most that existed
    after an earlier one. Of the attempts in a row, `refunds` were not counted.
    """
    return made_progress - before >= _LEAST_PROGRESS and refunds < _MOST_REFUNDS


class Stage(msgspec.Struct, frozen=True):
    """A processing stage: the stages that may follow it, its failure code, and its retries.

    `next_stages` is () for a last stage, or only the stage itself if it runs in several calls.
    `failure_code` is the `processing_stage` of an item that failed in this stage; "" keeps the name
    of the stage. If several stages share it, the item's `failed_stage` has the name of the stage.
    `retry` is None if the retries of the batch apply.
    """

    name: str
    next_stages: tuple[str, ...] = ()
    failure_code: str = ""
    retry: Retry | None = None


class StageTable(msgspec.Struct, frozen=True):
    """The stages of a kind in their order; empty for a kind without stages.

    `completed` is the `processing_stage` of completed items; "" keeps their last stage.
    """

    stages: tuple[Stage, ...] = ()
    completed: str = ""

    def __post_init__(self) -> None:
        """Check that the names are unique and that every following stage exists."""
        codes = dict.fromkeys(stage.failure_code for stage in self.stages if stage.failure_code)
        names = [stage.name for stage in self.stages] + [*codes]
        names += [self.completed] if self.completed else []
        if duplicate := next((name for name in names if names.count(name) > 1), ""):
            raise ValueError(f"The stage table has the name {duplicate!r} twice.")
        known = {stage.name for stage in self.stages}
        for stage in self.stages:
            if unknown := set(stage.next_stages) - known:
                raise ValueError(f"Stage {stage.name!r} is followed by unknown {sorted(unknown)}.")

    def __bool__(self) -> bool:
        return bool(self.stages)

    @property
    def first(self) -> str:
        """The name of the first stage, or "" if there are no stages."""
        return self.stages[0].name if self.stages else ""

    def all_names(self) -> Iterator[str]:
        """Yield every value that `processing_stage` may have: stages, failure codes, completed."""
        names = [name for stage in self.stages for name in (stage.name, stage.failure_code)]
        return filter(None, dict.fromkeys([*names, self.completed]))

    def find_stage(self, name: str, failed_stage: str = "") -> Stage | None:
        """Return the stage with a name or failure code; None if the table has no such stage.

        Of several with this failure code, it is the `failed_stage`, or the first one without that.
        """
        matches = [
            stage for stage in self.stages if name and name in (stage.name, stage.failure_code)
        ]
        return next((stage for stage in matches if stage.name == failed_stage), None) or next(
            iter(matches), None
        )

    def is_shared_code(self, code: str) -> bool:
        """Return whether several stages have this failure code."""
        return [stage.failure_code for stage in self.stages].count(code) > 1

    def get_current_stage(self, processing_stage: str, failed_stage: str = "") -> str:
        """Return the name of the stage in which an item with these fields runs next.

        That is the first stage for a new, completed or unknown `processing_stage`.
        """
        stage = self.find_stage(processing_stage, failed_stage) if self.stages else None
        return stage.name if stage else self.first

    def position(self, name: str) -> int:
        """Return the index of a stage in the table; raise ValueError if it is unknown."""
        return [stage.name for stage in self.stages].index(name)

    def can_follow(self, before: str, after: str) -> bool:
        """Return whether stage `after` may follow stage `before`; both are names of stages."""
        stage = self.find_stage(before)
        return stage is not None and after in stage.next_stages
