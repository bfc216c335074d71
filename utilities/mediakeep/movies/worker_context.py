"""The configuration of the movie worker, and the resources that each process opens once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from mediakeep import home_rpc
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.lookups.tmdb.context import DISABLED, TmdbContext
from mediakeep.media import ignore_rules
from mediakeep.media.video import probe_isolated
from mediakeep.media.video.video_cache import VideoCache
from mediakeep.movies.identify.model import ChooseMovie
from mediakeep.policy import READ_ONLY, FixLevel, WritePolicy

if TYPE_CHECKING:
    from mediakeep.media.undo.store import UndoStore


SIDECAR_ROLES = frozenset({"nfo", "poster", "fanart", "metadata"})


class MovieWorkerConfig(msgspec.Struct, frozen=True):
    """The configuration of the movie worker; it writes no sidecars unless `write` is True.

    Reports go below `home`, sidecars next to the movies by `policy`. `services` configures the
    lookups, `choose` lets the user decide, and `force` replaces existing pictures; only files of
    the given `roles` are written. With `is_manual_run` it only refreshes what a command of the user
    has changed, so that the counts of the last batch stay. With `in_process` it runs in the
    command's own process, which a broken video must not crash. `ignored` exclude files and
    folders.
    """

    home: Path
    write: bool
    policy: WritePolicy = READ_ONLY
    services: ServiceConfig = DISABLED
    choose: ChooseMovie | None = None
    force: bool = False
    roles: frozenset[str] = SIDECAR_ROLES
    is_manual_run: bool = False
    in_process: bool = False
    ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING


class MovieWorkerContext(msgspec.Struct, frozen=True, dict=True):
    """The resources that each movie worker process opens once, such as the video cache."""

    video_cache: VideoCache
    tmdb_context: TmdbContext
    config: MovieWorkerConfig

    @property
    def has_changed_files(self) -> bool:
        """True if mediakeep has ever changed files of the user."""
        return home_rpc.call_at_home(Path.is_dir, self.config.home / "status" / "undo")

    @property
    def is_writing(self) -> bool:
        """True if files next to movies may be written."""
        return self.config.write and self.config.policy.fix is not FixLevel.NONE

    @cached_property
    def store(self) -> UndoStore:
        """The store of undo records."""
        from mediakeep.media.undo.store import open_store

        return open_store(self.config.home / "status" / "undo")

    def close(self) -> None:
        self.tmdb_context.close()
        if "store" in self.__dict__:
            self.store.close()


@contextlib.contextmanager
def open_context(config: MovieWorkerConfig) -> Iterator[MovieWorkerContext]:
    """Open the resources of a worker process for a `with` block; close them on exit."""
    caches = config.home / "status" / "cache"
    with contextlib.ExitStack() as stack:
        index = VideoCache.open(
            caches, probe_isolated.probe_in_subprocess if config.in_process else None
        )
        stack.callback(index.close)
        tools = MovieWorkerContext(index, TmdbContext(caches, config.services), config)
        stack.callback(tools.close)
        yield tools
