"""The pipelines subject; its worker is imported when it is needed."""

from __future__ import annotations

import contextlib
import functools
from pathlib import Path
from typing import NoReturn

from mediakeep import kinds
from mediakeep.app.subjects.interface import JobActions, Settings, Subject, WorkerOptions
from mediakeep.errors import UsageError
from mediakeep.item import Item
from mediakeep.outcome import WorkerFactory
from mediakeep.pipelines.item import PIPELINES


def _build_worker_factory(home: Path, options: WorkerOptions) -> WorkerFactory:
    open_worker = kinds.load("mediakeep.pipelines.step_worker:open_worker")
    with contextlib.suppress(UsageError):  # plugins may need no PyAV, which takes longest
        kinds.load("mediakeep.media.ffmpeg:require_pyav")()
        kinds.load("mediakeep.media.transfer.transfer_tags:transfer_tags")  # of most new files
    return functools.partial(open_worker, home, options.settings)


def _refuse(*_: object) -> NoReturn:
    raise UsageError("Files are added by audio_toolkit.py pipeline run, which begins a session.")


def _plan(_home: Path, item: Item, _settings: Settings) -> list[str]:
    return [f"next step: {item.processing_stage}" if item.processing_stage else "all steps"]


SUBJECT = Subject(
    kind=PIPELINES,
    scan_library=_refuse,
    worker_factory=_build_worker_factory,
    jobs=JobActions(
        plan=_plan,
        build_item=_refuse,
        list_folders=lambda home, settings: [
            kinds.load("mediakeep.pipelines.session_file:load")(
                kinds.load("mediakeep.pipelines.session_file:get_folder")(home, settings["session"])
            ).pipeline.output_dir
        ],
    ),
)
