"""The configuration of the movie worker, and the resources that each process opens once."""

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
    """The configuration of the movie worker. It writes nothing unless `write` is set.

    Reports go below `home`, sidecars next to the movies by `policy`. `services` configures the
    lookups, `choose` lets the user decide, and `force` replaces existing pictures; only files of
    the given `roles` are written. With `is_manual_run` it only refreshes what a command of the user
    has changed, so that the counts of the last batch stay. With `in_process` it runs in the
    command's own process, which a broken video must not crash. `ignore_patterns` exclude files and
    folders.
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
    """The resources that each process opens once."""

    index: Index
    desk: Desk
    places: Places

    @property
    def has_changed_files(self) -> bool:
        """True if mediakeep has ever changed files of the user."""
        return (self.places.home / "status" / "undo").is_dir()

    @property
    def is_writing(self) -> bool:
        """True if files next to movies may be written."""
        return self.places.write and self.places.policy.fix is not Fix.NONE

    @cached_property
    def store(self) -> Store:
        """The undo records."""
        from mediakeep.media.undoing.store import Store

        return Store(self.places.home / "status" / "undo")

    def close(self) -> None:
        self.desk.close()
        if "store" in self.__dict__:
            self.store.close()


@contextlib.contextmanager
def opened(config: Places) -> Iterator[Tools]:
    """Open the resources of a process; close them on exit."""
    caches = config.home / "status" / "cache"
    with contextlib.ExitStack() as stack:
        index = Index.open(caches, apart.probe if config.at_home else None)
        stack.callback(index.close)
        tools = Tools(index, Desk(caches, config.access), config)
        stack.callback(tools.close)
        yield tools
