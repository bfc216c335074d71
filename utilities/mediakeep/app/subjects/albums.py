"""The albums subject; each part is imported when it is needed."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep import kinds
from mediakeep.albums.item import ALBUMS, find_output_folder
from mediakeep.app.subjects import job_subject
from mediakeep.app.subjects.interface import WorkerOptions
from mediakeep.item import Item
from mediakeep.kinds import import_later
from mediakeep.outcome import WorkerFactory

if TYPE_CHECKING:
    from mediakeep.albums.settings import AlbumSettings

_SUBJECT = "mediakeep.albums.subject"


def _build_worker_factory(home: Path, options: WorkerOptions) -> WorkerFactory:
    open_worker = functools.partial(
        kinds.load("mediakeep.albums.process:open_worker"), options.settings
    )
    settings: AlbumSettings = msgspec.convert(options.settings, kinds.load(ALBUMS.settings))
    if not (settings.access and settings.processing.enrich):
        return open_worker
    from mediakeep.app import album_lookup

    return functools.partial(
        open_worker,
        functools.partial(
            album_lookup.open_lookup,
            home / "status" / "cache",
            settings.access,
            settings.cover_size,
        ),
    )


def _before_batch(home: Path, settings: AlbumSettings, items: Mapping[str, Item]) -> list[str]:
    """Delete what was in quarantine for long enough, and check the cache of lookups."""
    import_later(f"{_SUBJECT}:expire_quarantine")(settings, items)
    if not (settings.access and settings.processing.enrich):
        return []
    from mediakeep.app.music import lookup_cache

    return lookup_cache.check_cache(home, settings.access)


SUBJECT = job_subject.build_subject(
    ALBUMS,
    _SUBJECT,
    _build_worker_factory,
    import_later("mediakeep.albums.subject:find_albums"),
    find_strays=import_later("mediakeep.albums.subject:find_strays"),
    check_settings=lambda settings: settings.check(),
    needs_pyav=True,
    may_remove_files=import_later(f"{_SUBJECT}:may_remove_files"),
    before_batch=_before_batch,
    job_functions={
        "describe_progress": f"{_SUBJECT}:describe_progress",
        "check_roll_back": "mediakeep.albums.publish_album:check_roll_back",
        "roll_back": "mediakeep.albums.publish_album:roll_back",
        "remove_outputs": f"{_SUBJECT}:remove_outputs",
    },
    find_output=lambda item: item.playback_path,
    item_functions={"find_second_outputs": f"{_SUBJECT}:find_second_outputs"},
    find_output_folder=find_output_folder,
)
