"""What the errors of stages and parts become; what keeps a worker from a stage."""

from __future__ import annotations

import errno
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from mediakeep import errors
from mediakeep.item import Item, Status
from mediakeep.outcome import NO_PROGRESS, Outcome, Progress, Stamp, Work
from mediakeep.workspace import stage_worker
from tests.sampling import each_row


class Job(NamedTuple):
    """A job whose stage raises an error."""

    error: BaseException

    def find_target(self, stage: str) -> Path:
        return Path(f"/volume of {stage}")


def run_stage(error: BaseException, failed: str = "", resumed: Outcome | None = None) -> Any:
    """Run the only stage of a job, which raises an error."""

    def build_job(_work: Work, _: Progress) -> Job:
        return Job(error)

    def fail(job: Job, _: Work) -> Outcome:
        raise job.error

    with stage_worker.open_worker(
        build_job,
        {"encoding": fail},
        lambda _job, work: Outcome(message=f"cleaned up {work.failed_stage}"),
        lambda *_: resumed,
        lambda work, raised: {"failure": f"{work.stage}: {type(raised).__name__}"},
    ) as worker:
        item = Item(status=Status.IN_PROGRESS)
        return worker(Work(item, Stamp("", "", 1, 1), "encoding", None, failed), NO_PROGRESS)


def build_error(error: BaseException, cause: BaseException | None = None) -> BaseException:
    error.__cause__ = cause
    return error


FULL, FULL_PATH = OSError(errno.ENOSPC, "full"), OSError(errno.EDQUOT, "full", "/other/file")
NO_MEMORY = "Not enough memory. Close other programs or use fewer --workers, then run again."


@each_row(
    "error, message, is_final",
    [
        (errors.ItemFailed("It broke."), "It broke.", False),
        (errors.BadSetting("a", "b"), "a: b", True),
        (errors.LinkInOriginal("x"), str(errors.LinkInOriginal("x")), True),
        (
            errors.SourcesRefused(("p",), is_final=False),
            "1 problem with the source files: p",
            False,
        ),
        (errors.DiskFull("x."), str(errors.DiskFull("x.")), False),
        (MemoryError(), NO_MEMORY, False),
    ],
    ids=repr,
)
def test_an_error_of_the_item_is_its_failure(
    error: Exception, message: str, is_final: bool
) -> None:
    data = {"failure": f"encoding: {type(error).__name__}"}
    assert run_stage(error) == Outcome(Status.ERROR, message, data, is_final=is_final)


def test_progress_of_a_failure_is_kept() -> None:
    assert run_stage(errors.TransferCut("a.mp3", 70_000, 80_000)).made_progress == 70_000


def test_while_a_service_fails_the_item_waits() -> None:
    until = datetime.now(UTC) + timedelta(hours=1)
    limit, failed = (
        run_stage(errors.LimitReached("YouTube", "quotaExceeded", until)),
        run_stage(errors.ServiceFailed("YouTube", "captive portal")),
    )
    assert (limit.state, failed.state) == (Status.PENDING, Status.PENDING)
    assert 3000 < limit.retry_after <= 3600
    assert failed.retry_after == 600
    refused = errors.RequestRefused("YouTube", "no", "forbidden")
    assert run_stage(refused).state is Status.ERROR


def test_without_enough_space_the_item_waits() -> None:
    message = str(errors.NotEnoughSpace("x"))
    waiting = Outcome(Status.PENDING, message, retry_after=600.0, out_of_space=True)
    assert run_stage(errors.NotEnoughSpace("x")) == waiting


@each_row(
    "error, path",
    [
        (build_error(errors.DiskFull("x"), FULL), "/volume of encoding"),
        (build_error(errors.EncodingFailed("x", "y", "z"), FULL_PATH), "/other/file"),
        (FULL_PATH, "/other/file"),
    ],
    ids=repr,
)
def test_the_runner_is_told_of_a_full_volume(error: BaseException, path: str) -> None:
    with pytest.raises(OSError, match="full") as raised:
        run_stage(error)
    assert raised.value.filename == path


@each_row(
    "error",
    [
        errors.VolumeFull("x"),
        errors.LibraryMissing("x", "y"),
        errors.NoCache("x", "y"),
        errors.NotAuthorised("x", "y"),
        errors.Stopped(),
        ValueError("x"),
    ],
    ids=repr,
)
def test_other_errors_are_left_to_the_runner(error: BaseException) -> None:
    with pytest.raises(type(error)):
        run_stage(error)


def test_a_cleanup_or_a_resume_replaces_the_stage() -> None:
    resumed = Outcome(message="again", next_stage="input")
    assert run_stage(ValueError(), "encoding", resumed).message == "cleaned up encoding"
    assert run_stage(ValueError(), "", resumed) == resumed


@each_row(
    "error, is_final",
    [
        (errors.DecodingFailed("x", "y"), True),
        (errors.NotAudio("x", "y"), True),
        (build_error(errors.DecodingFailed("x", "y"), MemoryError()), False),
        (build_error(errors.DecodingFailed("x", "y"), OSError()), False),
        (errors.EncodingFailed("x", "y", "z"), False),
    ],
    ids=repr,
)
def test_a_part_with_a_damaged_source_is_not_tried_again(
    error: errors.MediakeepError, is_final: bool
) -> None:
    with pytest.raises(type(error)), stage_worker.translate_part_errors(Path("/volume")):
        raise error
    assert error.is_final == is_final
