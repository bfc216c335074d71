"""How albums are added, planned and cleaned up: functions of their subject.

An album that is published in another profile or output folder than that of the settings is done,
unless the user wants a second twin of it: an item of its own.

An album is a folder with audio files, together with the folders below it. The folders of its discs
("CD 1", "Disc 2") are part of it. Audio files in a folder that contains other albums belong to no
album. Albums are found by listing folders; no file is opened.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from operator import attrgetter
from pathlib import Path

from mediakeep import path_text
from mediakeep.albums import album_job, plan_album, report
from mediakeep.albums.album_job import AlbumJob
from mediakeep.albums.item import AlbumItem, find_output_folder
from mediakeep.albums.settings import AlbumSettings
from mediakeep.errors import UsageError
from mediakeep.item import Item, NewItem, OutputRemoval, SecondOutputs, Status
from mediakeep.media import folder_groups
from mediakeep.media.folder_groups import FolderItems
from mediakeep.outcome import Outcome
from mediakeep.size_text import format_count
from mediakeep.workspace import output_records, quarantine

_Place = dict[str, str]  # the settings of an item by which an album gets there
ALBUM_FOLDERS = FolderItems(
    attrgetter("audio_files"), "track_count", choose_parts=lambda *_: folder_groups.is_disc
)
find_albums, find_strays = ALBUM_FOLDERS.find_items, ALBUM_FOLDERS.find_strays


def build_job(_home: Path, item: Item, settings: AlbumSettings) -> AlbumJob:
    """Return the job of an item."""
    assert isinstance(item, AlbumItem)
    return AlbumJob(item, item.output_name, settings)


def build_item(path: Path, settings: AlbumSettings) -> NewItem:
    """Return the item of a folder that the user adds; raise UsageError if it is no album."""
    own = {"profile": settings.processing.profile, "output_dir": settings.paths.output_dir}
    return ALBUM_FOLDERS.build_new_item(path, own)


def describe_stages(job: AlbumJob) -> Mapping[str, list[str]] | Outcome:
    """Return lines on each stage, and on each track below converting."""
    source = path_text.to_path(job.item.working_source_path or job.item.path)
    source = source if source.is_dir() else job.original
    if not source.is_dir():
        return album_job.skip_missing(job.item)
    _, plan = job.read_plan(source)
    processing, archive = job.settings.processing, job.settings.archive_dir
    deleted = ", then the original is deleted" if processing.delete_original else ""
    looked_up = ", missing tags and covers are looked up" if processing.enrich else ""
    own_output = path_text.unescape_path(job.item.output_dir)
    output = job.settings.find_output_dir(own_output, job.profile.name)
    kept = "removed" if processing.cleanup_working_on_success else "kept"
    lines = {
        "preparing": [f"preparing: {format_count(len(plan.tracks), 'track')}"],
        "converting": [
            f"converting: profile {plan.profile}{looked_up}",
            *(f"  {line}" for line in plan_album.describe_plan(plan)),
        ],
        "archiving": [f"archiving: {path_text.display_path(archive) if archive else 'off'}"],
        "finalizing": [f"finalizing: {path_text.display_path(output)}{deleted}"],
        "completed": [f"completed: working folders {kept}"],
    }
    if problem := plan_album.find_problem(plan, keep_going=job.settings.keep_going):
        shown = [*lines["preparing"], *lines["converting"]]
        return Outcome(Status.ERROR, problem, facts={"plan": shown})
    return lines


def describe_progress(job: AlbumJob) -> str:
    """Return how many tracks are converted, "" if there are no working folders."""
    dirs = job.files.find()
    if not dirs:
        return ""
    done = len(output_records.get_converted_tracks(dirs, check_hashes=False))
    return f"{done} of {job.item.track_count} tracks converted"


def may_remove_files(job: AlbumJob) -> bool:
    """Return False if the working folders of an album may have its only files."""
    if job.item.status is Status.COMPLETED or job.has_original:
        return True
    dirs = job.files.find()
    return not (dirs and dirs.source.is_dir())


def remove_outputs(job: AlbumJob, write: bool) -> OutputRemoval | None:
    """Move the output of an album whose original has vanished to quarantine."""
    if not (job.settings.mirror and job.item.playback_path):
        return None
    found = job.find_result("playback_path")
    kept = "" if found.is_removable else found.describe()
    if write:
        found.withdraw("its source has vanished")
    return OutputRemoval({"playback_path": ""}, kept)


def expire_quarantine(settings: AlbumSettings, items: Mapping[str, Item]) -> None:
    """Delete what was in quarantine for long enough, in the folders of all profiles and items."""
    days = settings.processing.quarantine_days
    if not days:
        return
    own = {
        (item.output_dir, item.profile) for item in items.values() if isinstance(item, AlbumItem)
    }
    outputs = {*own, *(("", name) for name in settings.build_profiles())}
    roots = {
        settings.working_dir,
        *(settings.find_output_dir(path_text.unescape_path(path), name) for path, name in outputs),
        *((settings.archive_dir,) if settings.archive_dir else ()),
    }
    for root in roots:
        quarantine.expire_entries(root, days)


def find_second_outputs(items: Mapping[str, Item], settings: AlbumSettings) -> SecondOutputs:
    """Return what to do for albums that are only published elsewhere.

    Raise UsageError if a twin would replace what is published.
    """
    profile = settings.get_profile().name
    wanted = _find_place(AlbumItem(status=Status.PENDING), settings, profile)
    published: dict[str, tuple[str, _Place]] = {}  # by the path of the original
    fitting, kept = set[str](), dict[str, _Place]()
    for key, item in items.items():
        assert isinstance(item, AlbumItem)
        place = _find_place(item, settings, profile)
        if place == wanted:
            fitting.add(item.path)
        elif item.playback_path and item.status is not Status.SKIPPED and not item.original_deleted:
            published.setdefault(item.path, (key, place))
            kept |= {} if item.profile or item.output_dir else {key: place}
    found = {key: place for path, (key, place) in published.items() if path not in fitting}
    if not settings.also:
        done = [
            _describe(place)
            for key, place in found.items()
            if items[key].status is Status.COMPLETED
        ]
        lines = [
            f"Done in {place}, but not in {_describe(wanted)}: {number:,} of {len(items):,}."
            " Add --also to have both; they need two output folders."
            for place, number in Counter(done).items()
        ]
        return SecondOutputs(tuple(lines))
    for place in found.values():
        if place["output_dir"] == wanted["output_dir"]:
            raise UsageError(
                f"--also needs another output folder: there are albums in {_describe(place)}."
                " Change --output, or use {profile} in it."
            )
    twins = tuple(_build_twin(key, items[key], wanted) for key in found)
    return SecondOutputs(new=twins, kept=kept)


def _find_place(item: AlbumItem, settings: AlbumSettings, profile: str) -> _Place:
    """Return where an album was published, or where the settings would publish it."""
    profile = item.profile or profile
    folder = settings.find_output_dir(path_text.unescape_path(item.output_dir), profile)
    if item.folder and (published := find_output_folder(item)):
        last = report.read_report(settings.home, item)
        profile = last.profile if last else profile
        folder = published
    return {"profile": profile, "output_dir": path_text.escape_path(os.path.normpath(folder))}


def _describe(place: _Place) -> str:
    return f"{place['profile']} in {path_text.display_path(path_text.to_path(place['output_dir']))}"


def _build_twin(key: str, item: Item, wanted: _Place) -> NewItem:
    assert isinstance(item, AlbumItem)
    return NewItem(
        name=f"{item.name or key} [{path_text.escape_path(wanted['profile'])}]",
        path=item.path,
        fingerprint=item.fingerprint,
        fields={"track_count": item.track_count, "folder": item.folder},
        settings=wanted,
    )
