"""The albums subject; each part is imported when it is needed."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mediakeep import path_text
from mediakeep.albums.item import ALBUMS, AlbumItem, find_output_folder, to_path
from mediakeep.app.subjects.interface import (
    JobActions,
    OutputRemoval,
    Settings,
    Subject,
    UnassignedFiles,
    WorkerOptions,
)
from mediakeep.errors import UsageError
from mediakeep.item import Item, NewItem, ScannedItem, SecondOutputs, Status
from mediakeep.outcome import Outcome, WorkerFactory

if TYPE_CHECKING:
    from mediakeep.albums.album_job import AlbumJob
    from mediakeep.albums.plan_album import AlbumPlan
    from mediakeep.albums.settings import AlbumSettings
    from mediakeep.workspace.working_dirs import WorkingDirs


def _scan_library(root: Path, ignored: tuple[str, ...]) -> Iterator[ScannedItem]:
    from mediakeep.albums import scan

    return scan.find_albums(root, ignored)


def _find_unassigned_files(root: Path, ignored: tuple[str, ...]) -> UnassignedFiles:
    from mediakeep.albums import scan

    strays = scan.find_strays(root, ignored)
    return UnassignedFiles(len(strays), named=strays)


def _build_worker_factory(home: Path, options: WorkerOptions) -> WorkerFactory:
    from mediakeep.albums import process

    settings = _convert_settings(options.settings)
    if not (settings.access and settings.processing.enrich):
        return functools.partial(process.open_worker, options.settings)
    from mediakeep.app import album_lookup

    open_lookup = functools.partial(
        album_lookup.open_lookup, home / "status" / "cache", settings.access, settings.cover_size
    )
    return functools.partial(process.open_worker, options.settings, open_lookup)


def _list_outputs(_item: Item) -> list[str]:
    """Return no files: an album whose report was deleted need not be converted again."""
    return []


def _check_settings(settings: Settings) -> None:
    from mediakeep.media import ffmpeg

    _convert_settings(settings).check()
    ffmpeg.require_pyav()


def _before_batch(home: Path, options: WorkerOptions, items: Mapping[str, Item]) -> list[str]:
    """Delete what was in quarantine for long enough, and check the cache of lookups."""
    from mediakeep.workspace import quarantine

    settings = _convert_settings(options.settings)
    if days := settings.processing.quarantine_days:
        for root in _list_quarantine_roots(settings, items.values()):
            quarantine.expire_entries(root, days)
    if not (settings.access and settings.processing.enrich):
        return []
    from mediakeep.app.music import lookup_cache

    return lookup_cache.check_cache(home, settings.access)


def _list_quarantine_roots(settings: AlbumSettings, items: Iterable[Item]) -> set[Path]:
    """Return the working folder, the archive, and the output folders of all profiles and items."""
    own = {(item.output_dir, item.profile) for item in items if isinstance(item, AlbumItem)}
    outputs = {*own, *(("", name) for name in settings.build_profiles())}
    return {
        settings.working_dir,
        *(settings.find_output_dir(path_text.unescape_path(path), name) for path, name in outputs),
        *((settings.archive_dir,) if settings.archive_dir else ()),
    }


def _convert_settings(settings: Settings) -> AlbumSettings:
    import msgspec

    from mediakeep.albums.settings import AlbumSettings

    return msgspec.convert(settings, AlbumSettings)


def _build_job(item: Item, settings: Settings) -> AlbumJob:
    from mediakeep.albums.album_job import AlbumJob

    assert isinstance(item, AlbumItem)
    return AlbumJob(item, item.output_name, _convert_settings(settings))


def _plan(item: Item, settings: Settings) -> list[str] | Outcome:
    """Return a line for each stage that would run, and below converting one for each track."""
    from mediakeep.albums import plan_album, process

    job = _build_job(item, settings)
    source = to_path(job.item.working_source_path or item.path)
    source = source if source.is_dir() else job.original
    if not source.is_dir():
        return process.skip_missing(job.item)
    _, plan = job.read_plan(source)
    lines = _describe_stages(job, plan)
    if problem := plan_album.find_problem(plan, keep_going=job.settings.keep_going):
        shown = [line for stage in ("preparing", "converting") for line in lines[stage]]
        return Outcome(Status.ERROR, problem, facts={"plan": shown})
    stages = ALBUMS.stages
    first = stages.position(stages.get_current_stage(item.processing_stage))
    return [line for part in list(lines.values())[first:] for line in part]


def _describe_stages(job: AlbumJob, plan: AlbumPlan) -> dict[str, list[str]]:
    """Return the lines of each stage."""
    from mediakeep.albums import plan_album
    from mediakeep.views import terminal

    processing = job.settings.processing
    archive = job.settings.archive_dir
    deleted = ", then the original is deleted" if processing.delete_original else ""
    looked_up = ", missing tags and covers are looked up" if processing.enrich else ""
    own_output = path_text.unescape_path(job.item.output_dir)
    output = job.settings.find_output_dir(own_output, job.profile.name)
    return {
        "preparing": [f"preparing: {terminal.format_count(len(plan.tracks), 'track')}"],
        "converting": [
            f"converting: profile {plan.profile}{looked_up}",
            *(f"  {line}" for line in plan_album.describe_plan(plan)),
        ],
        "archiving": [f"archiving: {path_text.display_path(archive) if archive else 'off'}"],
        "finalizing": [f"finalizing: {path_text.display_path(output)}{deleted}"],
        "completed": ["completed: working folders removed"]
        if processing.cleanup_working_on_success
        else ["completed: working folders kept"],
    }


def _build_item(path: Path, settings: Settings) -> NewItem:
    from mediakeep.albums import scan

    found = scan.scan_album(path) if path.is_dir() else None
    if found is None:
        raise UsageError(f"{path_text.display_path(path)} contains no audio files.")
    processing, paths = settings["processing"], settings["paths"]
    own = {
        "profile": processing.get("profile", ""),
        "output_dir": path_text.escape_path(paths.get("output_dir", "")),
    }
    return NewItem(
        name=path_text.escape_path(path.name),
        path=found.path,
        fingerprint=found.fingerprint,
        fields=found.fields,
        settings=own,
    )


def _describe_progress(_home: Path, item: Item, settings: Settings) -> str:
    from mediakeep.workspace import output_records

    job = _build_job(item, settings)
    dirs = job.find_dirs()
    if not dirs:
        return ""
    done = len(output_records.get_converted_tracks(dirs, check_hashes=False))
    return f"{done} of {job.item.track_count} tracks converted"


def _check_roll_back(_home: Path, item: Item, settings: Settings) -> None:
    from mediakeep.albums import roll_back

    roll_back.check(_build_job(item, settings))


def _roll_back(_home: Path, item: Item, settings: Settings) -> tuple[dict[str, Any], list[str]]:
    from mediakeep.albums import roll_back

    return roll_back.roll_back(_build_job(item, settings))


def _find_removable_dirs(item: Item, settings: Settings) -> WorkingDirs | None:
    """Return the working folders of an album, or None if they may have its only files."""
    job = _build_job(item, settings)
    dirs = job.find_dirs()
    is_safe = item.status is Status.COMPLETED or job.has_original
    return dirs if dirs and (is_safe or not dirs.source.is_dir()) else None


def _find_working_files(_home: Path, item: Item, settings: Settings) -> list[str]:
    dirs = _find_removable_dirs(item, settings)
    folders = (dirs.source, dirs.processed, dirs.state) if dirs else ()
    return [str(folder) for folder in folders if folder.exists()]


def _remove_working_files(_home: Path, item: Item, settings: Settings) -> None:
    from mediakeep.workspace import working_dirs

    if dirs := _find_removable_dirs(item, settings):
        working_dirs.cleanup_working_dirs(dirs)


def _remove_outputs(
    _home: Path, item: Item, settings: Settings, write: bool
) -> OutputRemoval | None:
    """Move the output of an album whose original has vanished to quarantine."""
    assert isinstance(item, AlbumItem)
    if not (settings["mirror"] and item.playback_path):
        return None
    job = _build_job(item, settings)
    found = job.find_result(item.playback_path)
    if write:
        job.withdraw_result(found, "its source has vanished")
    return OutputRemoval({"playback_path": ""}, "" if found.is_removable else found.describe())


def _find_second_outputs(items: Mapping[str, Item], settings: Settings) -> SecondOutputs:
    from mediakeep.albums import second_outputs

    return second_outputs.find_second_outputs(items, _convert_settings(settings))


SUBJECT = Subject(
    kind=ALBUMS,
    scan_library=_scan_library,
    worker_factory=_build_worker_factory,
    list_outputs=_list_outputs,
    unassigned_files=_find_unassigned_files,
    before_batch=_before_batch,
    jobs=JobActions(
        check_settings=_check_settings,
        plan=_plan,
        build_item=_build_item,
        find_output=lambda item: getattr(item, "playback_path", ""),
        find_output_folder=find_output_folder,
        describe_progress=_describe_progress,
        check_roll_back=_check_roll_back,
        roll_back=_roll_back,
        find_working_files=_find_working_files,
        remove_working_files=_remove_working_files,
        remove_outputs=_remove_outputs,
        find_second_outputs=_find_second_outputs,
    ),
)
