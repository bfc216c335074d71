"""The sessions of a home: list them, describe one, prepare it to be resumed, remove old ones.

A session is pending until it runs, processing while it does, and completed, failed or paused after
that. So are its files; those of a session that was killed are paused.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

import msgspec

from mediakeep import clock
from mediakeep.app.pipelines import run_session
from mediakeep.app.subjects.registry import DamagedQueues
from mediakeep.errors import StateDamaged, UsageError
from mediakeep.item import Item, Status
from mediakeep.pipelines import session_file, step_worker
from mediakeep.pipelines.item import PIPELINES
from mediakeep.pipelines.records import FileRecords
from mediakeep.processors.interface import ProcessResult
from mediakeep.queue import actions, queue, readonly, sessions, snapshot
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import QueueState
from mediakeep.workspace import folder_locks


class SessionState(StrEnum):
    """The state of a session, or of one of its files."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    PAUSED = "paused"


class FileInfo(msgspec.Struct, frozen=True):
    """A file of a session; paths are escaped. `step` is the next one, "" if it is completed."""

    path: str
    state: SessionState
    step: str
    message: str
    output: str
    output_count: int


class SessionInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A session: its id, the name of its pipeline, its state, and its files by state."""

    id: str
    pipeline: str
    state: SessionState
    created: str
    output_dir: str
    steps: tuple[str, ...]
    counts: dict[str, int]
    files: tuple[FileInfo, ...]

    @property
    def completed(self) -> int:
        """The number of completed files."""
        return self.counts.get(SessionState.COMPLETED, 0)


def list_sessions(
    home: Path, damaged: DamagedQueues, limit: int | None = None
) -> list[SessionInfo]:
    """Return the newest sessions, newest first; those that cannot be read become `damaged`."""
    found = []
    for name in run_session.list_names(home)[:limit]:
        try:
            found.append(describe_session(home, name))
        except StateDamaged as error:
            damaged[f"{PIPELINES.name}/{name}"] = error
    return found


def describe_session(home: Path, name: str) -> SessionInfo:
    """Return a session; raise UsageError if there is none, StateDamaged if it cannot be read."""
    session, kind = run_session.load_session(home, name), run_session.load_kind(home, name)
    folder = session_file.get_folder(home, name)
    state = readonly.load_state(folder, kind)
    live = _is_running(folder)
    files = tuple(
        FileInfo(
            path=item.path,
            state=_get_state(item, is_running=live),
            step="" if item.status is Status.COMPLETED else kind.get_next_stage(item),
            message=item.error_message or item.parked or item.skip_reason,
            output=getattr(item, "output_path", ""),
            output_count=getattr(item, "output_count", 0),
        )
        for item in state.items.values()
    )
    counts = Counter(file.state for file in files)
    return SessionInfo(
        id=name,
        pipeline=session.pipeline.name,
        state=_combine_states(
            counts, is_running=live, has_begun=any((folder / sessions.LOG_FOLDER).glob("*"))
        ),
        created=session.created,
        output_dir=session.pipeline.settings.output_dir,
        steps=tuple(step.name for step in session.pipeline.steps),
        counts={state.value: counts[state] for state in SessionState if counts[state]},
        files=files,
    )


def _is_running(folder: Path) -> bool:
    location = queue.locate_queue(folder)
    return any(sessions.is_alive(location, path.stem) for path in sessions.list_live_files(folder))


def _get_state(item: Item, *, is_running: bool) -> SessionState:
    if item.status is Status.COMPLETED:
        return SessionState.COMPLETED
    if item.status in (Status.ERROR, Status.SKIPPED):
        return SessionState.FAILED
    if item.status is Status.IN_PROGRESS and is_running:
        return SessionState.PROCESSING
    has_begun = item.processing_stage or item.started_date
    return SessionState.PAUSED if has_begun else SessionState.PENDING


def _combine_states(
    counts: Mapping[SessionState, int], *, is_running: bool, has_begun: bool
) -> SessionState:
    if is_running:
        return SessionState.PROCESSING
    if set(counts) <= {SessionState.COMPLETED}:
        return SessionState.COMPLETED
    if counts.get(SessionState.FAILED):
        return SessionState.FAILED
    return SessionState.PAUSED if has_begun else SessionState.PENDING


def read_results(home: Path, info: SessionInfo) -> list[ProcessResult]:
    """Return what a session has made of each file, in their order; failures if not completed."""
    session = run_session.load_session(home, info.id)
    folder = session_file.get_folder(home, info.id)
    return [
        step_worker.read_result(folder, session, file.path)
        if file.state is SessionState.COMPLETED
        else ProcessResult(success=False, error_message=file.message or f"It is {file.state}.")
        for file in info.files
    ]


def find_unfinished(home: Path) -> str:
    """Return the id of the latest session that has not ended; raise UsageError if there is none."""
    for name in run_session.list_names(home):
        if describe_session(home, name).state is not SessionState.COMPLETED:
            return name
    raise UsageError("No session is unfinished. Begin one: audiotoolkit pipeline run --config FILE")


def prepare_resume(home: Path, name: str = "", *, force: bool = False) -> SessionInfo:
    """Let the unfinished files of a session run again, and return it; then call `run_session`.

    Without a name, it is the latest unfinished one. With `force`, all its files and steps begin
    again. Raise UsageError if it is completed, unless with `force`, or if it is running.
    """
    name = name or find_unfinished(home)
    info, kind = describe_session(home, name), run_session.load_kind(home, name)
    folder = session_file.get_folder(home, name)
    if info.state is SessionState.PROCESSING:
        raise UsageError(f"Session {name} is running. Wait for it to end, or stop it.")
    if info.state is SessionState.COMPLETED and not force:
        raise UsageError(f"Session {name} is completed. To begin it again, add --force.")
    with Queue.open(queue.locate_queue(folder), kind) as opened:
        if force:
            for item in opened.state.items.values():
                FileRecords.from_source(folder, item.path).invalidate()
            first = kind.first_stage
            opened.commit(actions.reset_items(opened.location, _list_keys, to_stage=first))
        else:
            failed = actions.select_by_status(Status.ERROR, Status.SKIPPED)
            opened.commit(actions.reset_items(opened.location, failed))
            opened.commit(actions.unpark_items(_list_keys))
    return describe_session(home, name)


def _list_keys(state: QueueState) -> list[str]:
    return list(state.items)


def clean(
    home: Path,
    seconds: float,
    damaged: DamagedQueues,
    *,
    force: bool = False,
    dry_run: bool = False,
) -> tuple[list[str], list[str]]:
    """Remove the sessions that ended at least so many seconds ago; their outputs stay.

    Return the ids of those, and lines on the sessions that were kept. A running one is never
    removed, and one that is not completed only with `force`. A dry run removes none.
    """
    removed, kept = [], []
    for info in list_sessions(home, damaged):
        folder = session_file.get_folder(home, info.id)
        age = clock.now().timestamp() - (folder / snapshot.FILE).stat().st_mtime
        if age < seconds:
            continue
        if info.state is SessionState.PROCESSING:
            kept.append(f"{info.id} is running.")
        elif info.state is not SessionState.COMPLETED and not force:
            kept.append(f"{info.id} is {info.state}. To remove it, too, add --force.")
        elif dry_run or _remove(folder):
            removed.append(info.id)
    for leftover in () if dry_run else (home / "status" / PIPELINES.name).glob(".removed-*"):
        shutil.rmtree(leftover)
    return removed, kept


def _remove(folder: Path) -> bool:
    """Remove the folder of a session, and what its processors left; return False if it runs."""
    session = session_file.load(folder)
    with folder_locks.open_and_lock(folder) as is_locked:
        if is_locked:
            step_worker.remove_scratch(session)
            folder.rename(folder.with_name(f".removed-{folder.name}"))
        return is_locked
