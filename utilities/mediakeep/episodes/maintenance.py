"""Check the episodes of a home, clean up what belongs to none, and rebuild a lost queue."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import clock, command_text, path_text, untrusted_files
from mediakeep.episodes.exports import document, state_db
from mediakeep.episodes.exports.follower import INDEX_FILE, build_index
from mediakeep.episodes.item import (
    DONE,
    EPISODES,
    EpisodeItem,
    get_state,
    list_episodes,
    name_playlist_step,
)
from mediakeep.episodes.state_manager import StateManager
from mediakeep.episodes.states import (
    TRIED,
    ProcessingStage,
    can_transition,
    find_transitions,
)
from mediakeep.errors import Unreadable, UsageError
from mediakeep.item import Item, Status
from mediakeep.queue import actions, stage_edits
from mediakeep.queue.queue import Queue, locate_queue
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange
from mediakeep.size_text import format_count
from mediakeep.workspace import job_files, quarantine

_S = ProcessingStage
_STATUSES = {
    _S.FAILED: Status.ERROR,
    _S.SKIPPED: Status.SKIPPED,
    _S.PUBLISHED: Status.COMPLETED,
}
_REBUILT = "unknown, as the queue was rebuilt"  # when an upload was opened


class Finding(msgspec.Struct, frozen=True):
    """A problem of an episode, or of an export if `episode_id` is ""."""

    episode_id: str
    problem: str


def retry_episodes(manager: StateManager, names: Iterable[str]) -> None:
    """Make those of some episodes pending again that have failed or are skipped.

    One whose upload was opened begins with its upload, one with a video after it.
    """
    keys = [manager.find_key(name) for name in names]

    def list_ended(state: QueueState) -> list[str]:
        return [key for key in keys if get_state(state.items[key]) in (_S.FAILED, _S.SKIPPED)]

    reset = actions.reset_items(manager.location, list_ended)
    manager.change_queue(keys, lambda queue: queue.commit(reset))


def skip_episode(manager: StateManager, name: str, reason: str, *, dry_run: bool = False) -> None:
    """Skip an episode until the user retries it; raise UsageError if it has a video."""
    key = manager.find_key(name)
    _check_skippable(manager.state.items[key])
    if not dry_run:
        skip = partial(stage_edits.skip_item, key=key, reason=reason, check=_check_skippable)
        manager.change_queue([key], skip)


def _check_skippable(item: Item) -> None:
    if find_transitions(state := get_state(item), _S.SKIPPED) is None:
        why = f"it is {state}, and only episodes without a video can be"
        raise UsageError(f"{item.output_name} cannot be skipped: {why}. Nothing was changed.")


def verify_exports(manager: StateManager) -> list[Finding]:
    """Compare the queue with YAML files, index.json, state.db and the files of episodes."""
    items = {item.output_name: item for item in list_episodes(manager.state)}
    settings = manager.settings.state_management
    rows, problem = manager.read_table("SELECT * FROM episode_states", checked=True)
    stored = {row[0]: row for row in rows}
    index = untrusted_files.read_json(manager.folder / INDEX_FILE, dict[str, Any])
    findings = [Finding("", problem)] if problem else []
    if index != build_index(items.values()):
        findings.append(Finding("", f"{INDEX_FILE} differs from the queue"))
    for name, item in items.items():
        if settings.retention.yaml_files and not document.is_current(manager.folder, item):
            findings.append(Finding(name, "its YAML file differs from the queue"))
        row = stored.get(name)
        known = row[state_db.TIME_COLUMN] if row else ""
        time = document.find_last_update(manager.folder, item, known)
        if not problem and row != state_db.build_row(item, time):
            findings.append(Finding(name, "its row in state.db differs from the queue"))
        findings += [Finding(name, problem) for problem in _find_file_problems(item)]
    return findings + [
        Finding(name, "it is in state.db, but not in the queue") for name in stored - items.keys()
    ]


def _find_file_problems(item: EpisodeItem) -> Iterator[str]:
    """Yield what is wrong with the files that an unfinished episode needs."""
    needed = {
        _S.DOWNLOADED: (item.audio_file, item.audio_size),
        _S.CONVERTING: (item.audio_file, item.audio_size),
        _S.CONVERTED: (item.video_file, item.video_size),
        _S.UPLOADING: (item.video_file, item.video_size),
    }
    text, size = needed.get(get_state(item), ("", 0))
    path = Path(path_text.unescape_path(text))
    if text and not path.is_file():
        yield f"{path_text.display_path(path)} is missing"
    elif text and size and path.stat().st_size != size:
        yield f"{path_text.display_path(path)} has {path.stat().st_size} bytes instead of {size}"


def list_notes(manager: StateManager) -> dict[str, dict[str, str]]:
    """Return what was left out of videos or refused by YouTube, by episode and step."""
    return {
        item.output_name: notes
        for item in list_episodes(manager.state)
        if (notes := {name: note for name, note in item.steps.items() if note != DONE})
    }


def audit_log(manager: StateManager) -> list[Finding]:
    """Check that the log has legal transitions only, and that no two episodes have a video."""
    query = "SELECT episode_id, stage, event FROM processing_log ORDER BY episode_id, id"
    rows, problem = manager.read_table(query, checked=True)
    findings = [Finding("", problem)] if problem else []
    for name, group in groupby(rows, key=lambda row: row[0]):
        last = _S.DISCOVERED
        for _, stage, event in group:
            if event == "transition" and not can_transition(last, stage):
                findings.append(Finding(name, f"changed from {last} to {stage}"))
            last = stage
    videos = Counter(item.video_id for item in list_episodes(manager.state) if item.video_id)
    return findings + [
        Finding(item.output_name, f"another episode has its video {item.video_id}")
        for item in list_episodes(manager.state)
        if videos[item.video_id] > 1
    ]


def read_log(manager: StateManager, episode_id: str) -> list[tuple[str, ...]]:
    """Return time, state, event and details of each change of an episode."""
    query = "SELECT episode_id, timestamp, stage, event, details FROM processing_log ORDER BY id"
    return [row[1:] for row in manager.read_table(query, checked=True)[0] if row[0] == episode_id]


def cleanup_orphaned_files(manager: StateManager, *, dry_run: bool = True) -> list[Path]:
    """Return the files that belong to no episode; without `dry_run`, move them to quarantine.

    These are YAML files in the state directory, and working folders.
    """
    folder, items = manager.folder, list_episodes(manager.state)
    known = {folder / document.get_relative_path(item) for item in items}
    found = [path for path in folder.glob(f"{document.FOLDER}/*/*.yaml*") if path.is_file()]
    gone = [path for path in found if path.with_name(path.name.removesuffix(".gz")) not in known]
    working, prefix = manager.settings.working_dir, f"episodes/{manager.settings.home}/"
    keys = {f"{prefix}{item.output_name}" for item in items}
    orphans = sorted(gone) + job_files.find_orphaned(working, prefix, keys)
    quarantine_files(manager, () if dry_run else orphans)
    return orphans


def quarantine_files(manager: StateManager, paths: Iterable[Path]) -> None:
    """Move orphaned files to the quarantine of their folder."""
    for path in paths:
        is_export = path.is_relative_to(manager.folder)
        root = manager.folder if is_export else manager.settings.working_dir
        quarantine.move_to_quarantine(path, root, "it belongs to no episode")


def refuse_lost_queue(home: Path, folder: Path) -> None:
    """Raise UsageError if a state directory without a queue has episodes.

    A new queue would upload all of them once more.
    """
    if count := len(untrusted_files.read_json(folder / INDEX_FILE, dict[str, Any]) or {}):
        command = command_text.format_command("migrate_episodes.py rebuild", home, "--from-yaml")
        raise UsageError(
            f"The queue of {format_count(count, 'episode')} in {path_text.display_path(folder)} is"
            f" missing: a new one would upload all of them again. Run: {command}\n"
            "To start over, move that folder away."
        )


def rebuild_queue(
    home: Path, folder: Path, *, dry_run: bool = False
) -> tuple[list[str], list[Finding]]:
    """Create the queue of a home from the YAML files of a state directory.

    Return the ids of the episodes, and what could not be read. No upload is forgotten: that of an
    episode without a video is looked for before another one is opened. Raise UsageError if the
    home has a queue, or the directory no YAML file of an episode.
    """
    found: dict[str, document.EpisodeState] = {}
    problems = []
    for path in sorted((folder / document.FOLDER).glob("*/*.yaml*")):
        try:
            state = document.read(path)
            found.setdefault(state.archive_identifier, state)
        except Unreadable as error:
            problems.append(Finding(path.name, str(error)))
    if not (found or problems):
        shown = path_text.display_path(folder / document.FOLDER)
        raise UsageError(f"{shown} has no YAML file of an episode. Nothing was changed.")
    if not dry_run:
        now = clock.format_iso(clock.now())
        items = {uuid.uuid4().hex: _build_item(state, now) for state in found.values()}
        place = locate_queue(home / "status" / EPISODES.name)
        with Queue.create(place, EPISODES, "", ()) as queue:
            queue.commit(lambda _: QueueChange("add", items, {"why": "rebuilt from YAML"}))
    return [state.episode_id for state in found.values()], problems


def _build_item(state: document.EpisodeState, now: str) -> dict[str, Any]:
    """Return the fields of a queue item from the state of its episode."""
    errors = state.error_history
    status = _STATUSES.get(state.stage, Status.PENDING)
    failed = state.stage is _S.FAILED or (status is Status.SKIPPED and bool(errors))
    waits = status is Status.ERROR or (status is Status.PENDING and bool(state.status_message))
    item = EpisodeItem(
        status=status,
        name=state.archive_identifier,
        path=state.archive_identifier,
        output_name=state.episode_id,
        added_date=state.last_updated,
        processed_date=state.last_updated if status is Status.COMPLETED else "",
        processing_stage=_S.FAILED if failed else "" if status is Status.SKIPPED else state.stage,
        failed_stage=errors[-1].stage if failed and errors else "",
        skip_reason=state.status_message if status is Status.SKIPPED else "",
        error_message=state.status_message if status is Status.ERROR else "",
        error_date=errors[-1].timestamp if errors else "",
        parked=state.status_message if status is Status.PENDING else "",
        not_before=now if waits else "",
        attempts={
            stage: count
            for stage, count in zip(
                TRIED.values(), msgspec.structs.astuple(state.attempts), strict=True
            )
            if count
        },
        title=state.title,
        date=state.date,
        source_url=state.files.source_url,
        audio_file=path_text.escape_path(state.files.audio_file),
        audio_size=state.metrics.audio_size,
        audio_duration=state.metrics.audio_duration,
        video_file=path_text.escape_path(state.files.video_file),
        video_size=state.metrics.video_size,
        transcript_file=path_text.escape_path(state.files.transcript_file),
        upload_opened="" if state.youtube.video_id else _REBUILT,
        video_id=state.youtube.video_id,
        scheduled_date=state.youtube.scheduled_date,
        published_date=state.youtube.published_date,
        playlist_ids=state.youtube.playlist_ids,
        steps={name_playlist_step(one): DONE for one in state.youtube.playlist_ids},
        processing_time=state.metrics.processing_time,
        errors=errors,
    )
    return msgspec.to_builtins(item)  # type: ignore[no-any-return]
