"""What a worker works with: where it writes, what it may ask, and what each process opens once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep.lookups.access import Access
from mediakeep.lookups.tmdb.desk import CLOSED, Desk
from mediakeep.media.video import apart
from mediakeep.media.video.index import Index
from mediakeep.movies.identify.choice import Choose
from mediakeep.policy import HANDS_OFF, Fix, Policy

if TYPE_CHECKING:
    from mediakeep.media.undoing.store import Store


ROLES = frozenset({"nfo", "poster", "fanart", "metadata"})


class Places(msgspec.Struct, frozen=True):
    """Where the worker writes: below `home`, beside the movies by its `policy`, nowhere by default.

    `access` says which services it may ask, `choose` has a person decide, and `force` replaces
    pictures that are there; only the files of those `roles` are written. With `by_hand` it only
    brings up to date what a person's command has changed, so that what the batch before has made
    still counts. `at_home` it works in the process of the command itself, which no video may crash.
    `ignored` are patterns of files and folders that are passed over.
    """

    home: Path
    write: bool
    policy: Policy = HANDS_OFF
    access: Access = CLOSED
    choose: Choose | None = None
    force: bool = False
    roles: frozenset[str] = ROLES
    by_hand: bool = False
    at_home: bool = False
    ignored: tuple[str, ...] = ()


class Tools(msgspec.Struct, frozen=True, dict=True):
    """What each process opens once."""

    index: Index
    desk: Desk
    places: Places

    @property
    def has_changed_files(self) -> bool:
        """Whether mediakeep has ever written beside a person's file."""
        return (self.places.home / "status" / "undo").is_dir()

    @property
    def is_writing(self) -> bool:
        """Whether anything is to be written beside movies."""
        return self.places.write and self.places.policy.fix is not Fix.NONE

    @cached_property
    def store(self) -> Store:
        """Where changes are recorded."""
        from mediakeep.media.undoing.store import Store

        return Store(self.places.home / "status" / "undo")

    def close(self) -> None:
        """Close what was opened."""
        self.desk.close()
        if "store" in self.__dict__:
            self.store.close()


@contextlib.contextmanager
def opened(places: Places) -> Iterator[Tools]:
    """Open the tools of a process."""
    caches = places.home / "status" / "cache"
    with contextlib.ExitStack() as open_ones:
        index = Index.open(caches, apart.probe if places.at_home else None)
        open_ones.callback(index.close)
        tools = Tools(index, Desk(caches, places.access), places)
        open_ones.callback(tools.close)
        yield tools
