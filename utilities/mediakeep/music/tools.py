"""The resources of a music worker: its configuration, caches, database and services."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep.lookups.access import Access
from mediakeep.lookups.desk import CLOSED, Desk
from mediakeep.media import ledger
from mediakeep.media.ledger import Ledger
from mediakeep.media.seen import Index
from mediakeep.policy import HANDS_OFF, Policy

if TYPE_CHECKING:
    from mediakeep.music.pen import Pen


class Places(msgspec.Struct, frozen=True):
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
    accept: bool = False
    policy: Policy = HANDS_OFF
    by_hand: bool = False
    access: Access = CLOSED
    lookup_key: str = ""
    ignored: tuple[str, ...] = ()


class Tools(msgspec.Struct, frozen=True, dict=True):
    """The resources that each process opens once."""

    index: Index
    ledger: Ledger
    places: Places

    @property
    def has_changed_files(self) -> bool:
        """Whether mediakeep has ever written to one of the user's files."""
        return (self.places.home / "status" / "undo").is_dir()

    @cached_property
    def desk(self) -> Desk:
        """The context of lookups."""
        return Desk(self.places.home / "status" / "cache", self.places.access)

    @cached_property
    def pen(self) -> Pen:
        """The writer of music files; loaded late: it is slow, and most artists need none."""
        from mediakeep.media.undoing.store import Store
        from mediakeep.music.pen import Pen

        return Pen.of(Store(self.places.home / "status" / "undo"), self.places.policy)

    def close(self) -> None:
        for resource in self.__dict__.values():  # the cached properties that were used
            closable = resource if isinstance(resource, Desk) else resource.store
            closable.close()


@contextlib.contextmanager
def opened(config: Places) -> Iterator[Tools]:
    """Open the resources of a process; raise StateDamaged if the essence database is damaged."""
    status = config.home / "status"
    with contextlib.ExitStack() as stack:
        write = config.write and config.deep
        database = Ledger.open(status / "music" / ledger.FILE, write=write)
        stack.callback(database.close)
        index = Index.open(status / "cache")
        stack.callback(index.close)
        context = Tools(index, database, config)
        stack.callback(context.close)
        yield context
