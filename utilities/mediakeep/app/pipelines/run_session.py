"""Create a session of a pipeline, and run it.

    session = run_session.create_session(home, pipeline, inputs.find_inputs(...))
    code = run_session.run_session(home, session.id, output, console, options)

1. The queue of the session is created with all its files. Those of which no step has to be done
   again are completed at once.
2. A batch runs the stages up to one that waits for all files. Then what it has measured of them is
   combined, and another batch runs the stages from there on.
3. After a failure, no step begins, unless the pipeline is to continue. A stop signal pauses the
   session: exit code 130. `sessions.prepare_resume` prepares it to run again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import atomic_files, clock, path_text, suggestions
from mediakeep.app.batch import run_batch
from mediakeep.app.batch.batch_request import BatchOptions, BatchRequest
from mediakeep.app.batch.output import BatchOutput
from mediakeep.app.console import Console
from mediakeep.app.queue_admin import new_home
from mediakeep.app.subjects import registry
from mediakeep.cluster.settings import SchedulerConfig
from mediakeep.errors import UsageError
from mediakeep.item import Status
from mediakeep.kinds import Kind
from mediakeep.pipelines import records, session_file, step_worker
from mediakeep.pipelines.configuration import Pipeline
from mediakeep.pipelines.inputs import Inputs
from mediakeep.pipelines.item import PIPELINES, build_kind
from mediakeep.pipelines.records import FileRecords
from mediakeep.pipelines.session_file import PlannedStage, SessionFile, get_folder
from mediakeep.queue import actions, named_queues, queue, readonly, resets
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange
from mediakeep.runner import worker_process
from mediakeep.runner.batch_config import BatchConfig, ExecutionLimits, count_cpus
from mediakeep.runner.worker_process import WorkerProcess
from mediakeep.workspace import folder_locks
from mediakeep.workspace.system_errors import find_existing_parent

STOPPED = 130  # exit code after a signal
_FAILED = 1


class RunOptions(msgspec.Struct, frozen=True):
    """How a session runs: worker processes (0: one for each core), and limits of each of them.

    `stall` is the longest time in seconds in which a processor neither computes nor writes,
    `timeout` that of a step; 0 is no limit. `memory` is in bytes; 0 is that of the machine. With a
    `scheduler`, all its workers are used unless `workers` allows fewer.
    """

    workers: int = 0
    stall: float = 600.0
    timeout: float = 0.0
    memory: int = 0
    as_json: bool = False
    scheduler: SchedulerConfig | None = None

    def build_limits(self) -> ExecutionLimits:
        """Return the limits of a batch; no processor runs in this process, as it may die."""
        return ExecutionLimits(
            self.workers or (0 if self.scheduler else count_cpus()),
            self.timeout,
            self.stall,
            inline=False,
            memory=self.memory or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        )


DEFAULT_OPTIONS = RunOptions()


def create_session(
    home: Path, pipeline: Pipeline, given: Inputs, now: clock.Clock = clock.now
) -> SessionFile:
    """Create a session, pending, with the records of earlier sessions of the same output folder.

    Raise UsageError if that folder is a file, or in one.
    """
    output = find_existing_parent(pipeline.output_dir)
    if not output.is_dir():
        shown = path_text.display_path(output)
        raise UsageError(f"{shown} is not a folder. Choose another output folder.")
    new_home.create_status_folder(home)
    created = now()
    name = f"{created:%Y%m%d-%H%M%S-%f}"[:-2]  # sorted by time
    session = SessionFile(
        id=name,
        created=clock.format_iso(created),
        root=path_text.escape_path(given.root),
        pipeline=pipeline,
    )
    folder = get_folder(home, name)
    earlier = records.find_earlier(_list_related(home, pipeline))
    atomic_files.make_folder(folder / records.STATE_FOLDER)
    for file in given.files:
        kept = FileRecords.from_source(folder, path_text.escape_path(file))
        if before := earlier.get(kept.folder.name):
            kept.adopt(before)
    session.save(folder)
    kind = build_kind(name, [stage.name for stage in session.stages])
    with Queue.create(queue.locate_queue(folder), kind, session.root, given.list_items()) as opened:
        opened.commit(lambda state: _build_unchanged(state, session, folder))
    return session


def _list_related(home: Path, pipeline: Pipeline) -> Iterator[Path]:
    """Yield the folders of the sessions with the output folder of a pipeline, oldest first."""
    for path in sorted((home / "status" / PIPELINES.name).glob(f"*/{session_file.FILE_NAME}")):
        known = session_file.load(path.parent)
        if known.pipeline.output_dir == pipeline.output_dir:
            yield path.parent


def _build_unchanged(state: QueueState, session: SessionFile, folder: Path) -> QueueChange | None:
    """Return the change that completes the files whose steps are all up to date, or None if none.

    What needs all files is combined from earlier measurements, and again once all are measured.
    """
    sources = [item.path for item in state.items.values()]
    for step in [stage.step for stage in session.stages if stage.waits]:
        if (value := step_worker.combine(folder, session, step, sources)) is not None:
            step_worker.save_combined(folder, session, step, value)
    done = {
        key: {"status": Status.COMPLETED, "note": "unchanged", **fields}
        for key, item in state.items.items()
        if (fields := step_worker.get_fields_if_unchanged(key, item, session, folder)) is not None
    }
    return QueueChange("mark", done) if done else None


def list_names(home: Path) -> list[str]:
    """Return the ids of all sessions, newest first."""
    return named_queues.list_names(home / "status" / PIPELINES.name)[::-1]


def load_session(home: Path, name: str) -> SessionFile:
    """Return a session by its id; raise UsageError if there is none."""
    if name not in (known := list_names(home)):
        near = suggestions.suggest_closest_name(name, known)
        text = f'There is no session "{path_text.to_printable(name)}".{near}'
        raise UsageError(f"{text} List them: audiotoolkit sessions list")
    return session_file.load(get_folder(home, name))


def load_kind(home: Path, name: str) -> Kind:
    """Return the kind of a session, with the stages that its queue was created with."""
    return registry.load_queue_kind(home, build_kind(name, ["step"]))


def prestart_workers(
    home: Path, name: str, options: RunOptions
) -> contextlib.AbstractContextManager[list[WorkerProcess]]:
    """Fork the worker processes of a session before its queue is opened; see `run_session`."""
    session, kind = load_session(home, name), load_kind(home, name)
    keys = _list_pending(get_folder(home, name), kind, [stage.name for stage in session.stages])
    batch = _build_batch(home, session, kind, (), keys, options)
    count = 0 if options.scheduler else min(batch.config.limits.workers, len(keys))
    return worker_process.prestart_workers(
        batch.import_worker_factory, count, batch.config.limits.memory
    )


def run_session(
    home: Path,
    name: str,
    output: BatchOutput,
    console: Console,
    options: RunOptions = DEFAULT_OPTIONS,
    workers: Sequence[WorkerProcess] = (),
) -> int:
    """Run the pending files of a session, and return the exit code: 0, 1, or 130 after a signal.

    `workers` were started early. Raise UsageError if another process runs it.
    """
    session, folder = load_session(home, name), get_folder(home, name)
    kind, has_failed = load_kind(home, name), False
    with folder_locks.open_and_lock(folder) as is_locked, contextlib.ExitStack() as stack:
        if not is_locked:
            raise UsageError(f"Session {name} is running. Wait for it to end, or stop it.")
        stack.callback(step_worker.remove_scratch, session)
        for stages in _group_stages(session.stages):
            if stages[0].waits:
                _combine(folder, session, kind, stages[0])
            names = tuple(stage.name for stage in stages)
            if keys := _list_pending(folder, kind, names):
                batch = _build_batch(home, session, kind, names, keys, options)
                code, workers = run_batch.run(batch, workers, output, console), ()
                if code == STOPPED:
                    return code
            items = readonly.load_state(folder, kind).items.values()
            has_failed = any(item.status is Status.ERROR for item in items)
            must_stop = has_failed and not session.pipeline.settings.continue_on_error
            if must_stop or _list_pending(folder, kind, names):  # these wait for disk space
                return _FAILED
    return _FAILED if has_failed else 0


def _group_stages(stages: Sequence[PlannedStage]) -> list[list[PlannedStage]]:
    """Return the stages in groups, each of which begins after all files have passed the last."""
    groups: list[list[PlannedStage]] = [[]]
    for stage in stages:
        if stage.waits:
            groups.append([])
        groups[-1].append(stage)
    return [group for group in groups if group]


def _list_pending(folder: Path, kind: Kind, names: Sequence[str]) -> tuple[str, ...]:
    """Return the keys of the items that have not ended and whose next stage is one of these."""
    return tuple(
        key
        for key, item in readonly.load_state(folder, kind).items.items()
        if item.status in (Status.PENDING, Status.IN_PROGRESS)
        and kind.get_next_stage(item) in names
    )


def _build_batch(
    home: Path,
    session: SessionFile,
    kind: Kind,
    names: tuple[str, ...],
    keys: tuple[str, ...],
    options: RunOptions,
) -> BatchOptions:
    given = session.pipeline.settings
    config = BatchConfig(
        size=None,
        keys=keys,
        limits=options.build_limits(),
        stages=names,
        checkpoint_every=given.checkpoint_interval,
        stop_on_error=not given.continue_on_error,
        records_later=True,
        settings={"pipeline": session.pipeline.name, "stages": names},
    )
    return BatchOptions(
        home=home,
        request=BatchRequest(kind, settings={"session": session.id}),
        dry_run=False,
        as_json=options.as_json,
        config=config,
        deep=False,
        scheduler=options.scheduler,
    )


def _combine(folder: Path, session: SessionFile, kind: Kind, stage: PlannedStage) -> None:
    """Combine what a stage has measured; files that have passed it do it again if that changed."""
    table = kind.stages
    position = table.position(stage.name)

    def list_reached(state: QueueState, least: int) -> list[str]:
        places = {key: resets.find_reached_stage(kind, item) for key, item in state.items.items()}
        return [key for key in sorted(places) if table.position(places[key]) >= least]

    state = readonly.load_state(folder, kind)
    sources = [state.items[key].path for key in list_reached(state, position)]
    if (value := step_worker.combine(folder, session, stage.step, sources)) is None:
        return
    with Queue.open(queue.locate_queue(folder), kind) as opened:

        def choose(state: QueueState) -> list[str]:
            return [key for key in list_reached(state, position) if _has_passed(state, key)]

        def _has_passed(state: QueueState, key: str) -> bool:
            item = state.items[key]
            return item.status is Status.COMPLETED or kind.get_stage(item) != stage.name

        opened.commit(actions.reset_items(opened.location, choose, to_stage=stage.name))
    step_worker.save_combined(folder, session, stage.step, value)
