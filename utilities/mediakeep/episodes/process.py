"""The worker of episodes: the function of each stage."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import clock
from mediakeep.episodes import job, prepare_video, publish_video
from mediakeep.episodes.item import EpisodeItem, get_publication_order
from mediakeep.episodes.job import EpisodeJob
from mediakeep.episodes.settings import EpisodeSettings
from mediakeep.item import Status
from mediakeep.outcome import Outcome, Parts, Progress, Work, Worker
from mediakeep.workspace import stage_worker


def _begin(stage: str) -> Callable[[EpisodeJob, Work], Outcome]:
    """Return the function of a stage that ends at once, so that each state is recorded."""
    return lambda *_: Outcome(next_stage=stage)


_STAGES: Mapping[str, Callable[[EpisodeJob, Work], Outcome | Parts]] = {
    "discovered": _begin("downloading"),
    "downloading": prepare_video.download,
    "downloaded": _begin("converting"),
    "converting": prepare_video.convert,
    "converted": _begin("uploading"),
    "uploading": publish_video.upload,
    "uploaded": publish_video.finish_upload,
    "scheduled": publish_video.publish,
}


@contextlib.contextmanager
def open_worker(values: Mapping[str, Any]) -> Iterator[Worker]:
    """Yield the worker of episodes; `values` are the settings as plain data."""
    settings = msgspec.convert(values, EpisodeSettings)
    slots = job.find_slots(settings) if settings.episodes.schedule.every else None
    with contextlib.closing(job.open_clients(settings)) as clients:

        def build_job(work: Work, progress: Progress) -> EpisodeJob:
            assert isinstance(work.item, EpisodeItem)
            clients.progress = progress
            return EpisodeJob(work.item, settings, clients, progress)

        def announce(job: EpisodeJob, work: Work) -> None:
            if slots and work.stage != "scheduled":
                slots.announce(job.item.output_name, get_publication_order(job.item), clock.now())

        with stage_worker.open_worker(build_job, _STAGES, lambda *_: Outcome(), announce) as run:

            def work(work: Work, progress: Progress) -> Outcome | Parts:
                began = time.monotonic()
                outcome = run(work, progress)
                assert isinstance(work.item, EpisodeItem)
                if not isinstance(outcome, Outcome) or outcome.state is not Status.COMPLETED:
                    if slots:
                        slots.withdraw(work.item.output_name)
                    return outcome
                seconds = work.item.processing_time + time.monotonic() - began
                data = {**outcome.data, "processing_time": round(seconds, 3)}
                return structs.replace(outcome, data=data)

            yield work
