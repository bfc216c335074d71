"""The subject of recordings: how they are found, planned, rolled back and cleaned up."""

from __future__ import annotations

import functools
import shutil
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from mediakeep import atomic_files, path_text
from mediakeep.app.subjects.interface import JobActions, Settings, Subject, WorkerOptions
from mediakeep.errors import UsageError
from mediakeep.item import Item, NewItem, ScannedItem
from mediakeep.outcome import WorkerFactory
from tests.reference import worker
from tests.reference.recording import KIND, Recording
from tests.reference.worker import Folders


def _scan_library(root: Path, _ignored: tuple[str, ...]) -> Iterator[ScannedItem]:
    for folder in sorted(path for path in root.iterdir() if path.is_dir()):
        if tracks := worker.list_tracks(folder):
            key, path = path_text.escape_path(folder.name), path_text.escape_path(folder)
            yield ScannedItem(
                key=key,
                path=path,
                fingerprint=_fingerprint(tracks),
                fields={"track_count": len(tracks)},
            )


def _fingerprint(tracks: list[Path]) -> str:
    facts = [(track.name, track.stat().st_size, track.stat().st_mtime_ns) for track in tracks]
    return blake2b(repr(facts).encode(), digest_size=8).hexdigest()


def _build_item(path: Path, settings: Settings) -> NewItem:
    tracks = worker.list_tracks(path) if path.is_dir() else []
    if not tracks:
        raise UsageError(f"{path_text.display_path(path)} contains no WAV files.")
    own = {"output_dir": str(settings["output"] or "")}
    return NewItem(
        name=path_text.escape_path(path.name),
        path=path_text.escape_path(path),
        fingerprint=_fingerprint(tracks),
        fields={"track_count": len(tracks)},
        settings=own,
    )


def _build_worker_factory(home: Path, options: WorkerOptions) -> WorkerFactory:
    return functools.partial(worker.open_worker, home, options)


def _plan(item: Item, settings: Settings) -> list[str]:
    assert isinstance(item, Recording)
    stage = KIND.stages.get_current_stage(item.processing_stage)
    wait = f" after {settings['publish_after']:g} s" if settings["publish_after"] else ""
    lines = {
        "copying": f"copying: {item.track_count} tracks",
        "converting": f"converting: {item.track_count * worker.PARTS} parts",
        "publishing": f"publishing{wait}"
        + (", then the original is deleted" if settings["delete_original"] else ""),
    }
    return list(lines.values())[KIND.stages.position(stage) :]


def _describe_progress(home: Path, item: Item, settings: Settings) -> str:
    folders = Folders.locate(home, item, settings)
    done = len(worker.list_tracks(folders.processed)) if folders.processed.is_dir() else 0
    return f"{done} tracks converted" if done else ""


def _check_roll_back(home: Path, item: Item, settings: Settings) -> None:
    folders = Folders.locate(home, item, settings)
    if not (folders.original.is_dir() or folders.source.is_dir()):
        raise UsageError(
            f"{path_text.display_path(folders.original)} cannot be restored: its working copy was"
            " removed. Use --keep-working together with --delete-original."
        )


def _roll_back(home: Path, item: Item, settings: Settings) -> tuple[dict[str, Any], list[str]]:
    folders = Folders.locate(home, item, settings)
    lines = []
    if not folders.original.exists():
        temporary = folders.original.with_name(f".{folders.original.name}.new")
        worker.remove_folder(temporary)
        shutil.copytree(folders.source, temporary)
        temporary.rename(folders.original)
        atomic_files.sync_folder(folders.original.parent)
        lines.append(f"Restored: {path_text.display_path(folders.original)}")
    for folder in (folders.output, folders.processed, folders.source):
        if worker.remove_folder(folder):
            lines.append(f"Removed: {path_text.display_path(folder)}")
    return {"output_path": "", "working_path": "", "converted": 0.0}, lines


def _find_working_files(home: Path, item: Item, settings: Settings) -> list[str]:
    folders = Folders.locate(home, item, settings)
    return [str(path) for path in (folders.source, folders.processed) if path.is_dir()]


def _remove_working_files(home: Path, item: Item, settings: Settings) -> None:
    for path in _find_working_files(home, item, settings):
        worker.remove_folder(Path(path))


SUBJECT = Subject(
    kind=KIND,
    scan_library=_scan_library,
    worker_factory=_build_worker_factory,
    list_outputs=lambda _: [],
    jobs=JobActions(
        plan=_plan,
        build_item=_build_item,
        describe_progress=_describe_progress,
        check_roll_back=_check_roll_back,
        roll_back=_roll_back,
        default_settings={"working": None, "output": None},
        find_working_files=_find_working_files,
        remove_working_files=_remove_working_files,
    ),
)
