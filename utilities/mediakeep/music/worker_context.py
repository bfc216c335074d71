"""The resources of a music worker: its configuration, caches, database and services."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep.lookups.musicbrainz.context import DISABLED, MusicBrainzContext
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media.audio import essence_db
from mediakeep.media.audio.essence_db import EssenceDatabase
from mediakeep.media.cache.caching_reader import CachingReader
from mediakeep.policy import READ_ONLY, WritePolicy

if TYPE_CHECKING:
    from mediakeep.music.repairs.tag_writer import TagWriter


class MusicWorkerConfig(msgspec.Struct, frozen=True):
    """The configuration of a worker, which can be pickled.

    Everything is written below `home`, and only caches unless `write`. `deep` decodes every file,
    and `accept_sound` accepts its current audio as the right one. `policy` says what may be
    repaired, and `access` which services may be used. With `by_hand` the worker only updates what a
    command of the user has changed; the repairs of the batch before still count. The lookup is
    stored under `lookup_key`, "" for the key of the item. `ignored` are patterns of files and
    folders to skip.
    """

    home: Path
    write: bool
    deep: bool = False
    accept_sound: bool = False
    policy: WritePolicy = READ_ONLY
    by_hand: bool = False
    access: ServiceConfig = DISABLED
    lookup_key: str = ""
    ignored: tuple[str, ...] = ()


class MusicWorkerContext(msgspec.Struct, frozen=True, dict=True):
    """The resources that each process opens once."""

    reader: CachingReader
    essence_db: EssenceDatabase
    config: MusicWorkerConfig

    @property
    def has_changed_files(self) -> bool:
        """Whether mediakeep has ever written to one of the user's files."""
        return (self.config.home / "status" / "undo").is_dir()

    @cached_property
    def lookups(self) -> MusicBrainzContext:
        """The context of lookups."""
        return MusicBrainzContext(self.config.home / "status" / "cache", self.config.access)

    @cached_property
    def tag_writer(self) -> TagWriter:
        """The writer of music files; loaded late: it is slow, and most artists need none."""
        from mediakeep.media.undo.store import UndoStore
        from mediakeep.music.repairs.tag_writer import TagWriter

        return TagWriter.from_policy(
            UndoStore(self.config.home / "status" / "undo"), self.config.policy
        )

    def close(self) -> None:
        for resource in self.__dict__.values():  # the cached properties that were used
            closable = resource if isinstance(resource, MusicBrainzContext) else resource.store
            closable.close()


@contextlib.contextmanager
def open_context(config: MusicWorkerConfig) -> Iterator[MusicWorkerContext]:
    """Open the resources of a process; raise StateDamaged if the essence database is damaged."""
    status = config.home / "status"
    with contextlib.ExitStack() as stack:
        write = config.write and config.deep
        database = EssenceDatabase.open(status / "music" / essence_db.FILE_NAME, write=write)
        stack.callback(database.close)
        index = CachingReader.open(status / "cache")
        stack.callback(index.close)
        context = MusicWorkerContext(index, database, config)
        stack.callback(context.close)
        yield context
