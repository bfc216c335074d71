"""What a music worker needs: its configuration, caches, the audio database, and services."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep import home_rpc
from mediakeep.lookups.musicbrainz.context import DISABLED, MusicBrainzContext
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media import ignore_rules
from mediakeep.media.audio import essence_db
from mediakeep.media.audio.essence_db import EssenceDatabase
from mediakeep.media.cache.caching_reader import CachingReader
from mediakeep.policy import READ_ONLY, WritePolicy

if TYPE_CHECKING:
    from mediakeep.music.repairs.tag_writer import TagWriter


class MusicWorkerConfig(msgspec.Struct, frozen=True):
    """The configuration of a music worker, which can be sent to another process.

    Everything is written below the folder `home`; without `write`, only caches are. `deep` decodes
    every file, and `accept_sound` accepts its current audio as right. `policy` says what may be
    repaired, and `access` which services may be used. With `by_hand`, the worker only updates what
    a user's command has changed; repairs of the batch before still count. `lookup_key` is the key
    under which the lookup is stored, or "" for that of the item. `ignored` are patterns of files
    and folders to skip.
    """

    home: Path
    write: bool
    deep: bool = False
    accept_sound: bool = False
    policy: WritePolicy = READ_ONLY
    by_hand: bool = False
    access: ServiceConfig = DISABLED
    lookup_key: str = ""
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING


class MusicWorkerContext(msgspec.Struct, frozen=True, dict=True):
    """The open caches, databases and services of a music worker; each process has one."""

    reader: CachingReader
    essence_db: EssenceDatabase
    config: MusicWorkerConfig

    @property
    def has_changed_files(self) -> bool:
        """Return whether mediakeep has ever written to any of the user's music files."""
        return home_rpc.call_at_home(Path.is_dir, self.config.home / "status" / "undo")

    @cached_property
    def lookups(self) -> MusicBrainzContext:
        """The MusicBrainz client and cache for lookups."""
        return MusicBrainzContext(self.config.home / "status" / "cache", self.config.access)

    @cached_property
    def tag_writer(self) -> TagWriter:
        """The writer of music files; it is created at first use, as loading it is slow."""
        from mediakeep.media.undo.store import open_store
        from mediakeep.music.repairs.tag_writer import TagWriter

        return TagWriter.from_policy(
            open_store(self.config.home / "status" / "undo"), self.config.policy
        )

    def close(self) -> None:
        for resource in self.__dict__.values():  # the cached properties that were used
            closable = resource if isinstance(resource, MusicBrainzContext) else resource.store
            closable.close()


@contextlib.contextmanager
def open_context(config: MusicWorkerConfig) -> Iterator[MusicWorkerContext]:
    """Open the resources of a worker process for a `with` block.

    Raise StateDamaged if the audio database is damaged.
    """
    status = config.home / "status"
    with contextlib.ExitStack() as stack:
        write = config.write and config.deep
        database = EssenceDatabase.open_for_worker(
            status / "music" / essence_db.FILE_NAME, write=write
        )
        stack.callback(database.close)
        index = CachingReader.open(status / "cache")
        stack.callback(index.close)
        context = MusicWorkerContext(index, database, config)
        stack.callback(context.close)
        yield context
