"""The poller of the queues of a home, which the dashboard and the web show, and its queues."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path

from mediakeep import kinds
from mediakeep.app.subjects import registry
from mediakeep.kinds import Kind
from mediakeep.queue import named_queues, queue
from mediakeep.queue.incremental_reader import IncrementalReader
from mediakeep.views.poller import HomePoller, QueuePoller

# Takes a kind; returns the reader of its queue, locked for a `with` block.
ReaderOpener = Callable[[Kind], AbstractContextManager[IncrementalReader]]


def build_home_poller(
    home: Path, kinds: Iterable[Kind], open_reader: ReaderOpener | None = None
) -> HomePoller:
    """Return a poller of the queues of kinds; nothing is read yet."""
    chosen = list(kinds)
    folders = [registry.queue_folder(home, kind) for kind in chosen]
    return HomePoller(home, [_build_poller(home, kind, open_reader) for kind in chosen], folders)


def _build_poller(home: Path, kind: Kind, open_reader: ReaderOpener | None) -> QueuePoller:
    place = queue.locate_queue(registry.queue_folder(home, kind))
    opening = functools.partial(open_reader, kind) if open_reader else None
    if kind.stages:
        return QueuePoller(place, kind, open_reader=opening)
    accept_command = registry.get_reviewed(kind).accept_command
    return QueuePoller(place, kind, functools.partial(accept_command, home), opening)


class QueueListCache:
    """The queues of a home, which are looked for again if a folder has changed, or each second."""

    def __init__(self, home: Path) -> None:
        self._home, self._status = home, home / "status"
        self._stamp: object = None
        self._queues: Mapping[str, Kind] = {}
        self._folders: Mapping[str, Path] = {}

    def read(self) -> Mapping[str, Kind]:
        """Return the kinds of all queues by name, also of damaged and missing ones."""
        stamp = int(time.monotonic()), *self._stamp_folders()
        if stamp != self._stamp:
            self._queues = registry.list_queues(self._home, {})
            folders = {
                name: registry.queue_folder(self._home, it) for name, it in self._queues.items()
            }
            self._folders, self._stamp = folders, stamp
        return self._queues

    def read_folders(self) -> Mapping[str, Path]:
        """Return the folders of all queues by the names of their kinds."""
        self.read()
        return self._folders

    @cached_property
    def _watched_folders(self) -> list[Path]:
        staged = (kind for kind in kinds.list_kinds().values() if kind.stages)
        return [registry.queue_folder(self._home, kind) for kind in staged]

    def _stamp_folders(self) -> Iterator[int]:
        """Yield the times of the folders that may be those of queues, or contain some.

        Kinds without stages have one queue, in whose folder a batch renames files all the time.
        """
        for folder in (self._status, *self._watched_folders):
            with contextlib.suppress(FileNotFoundError):
                yield folder.stat().st_mtime_ns
                if folder is not self._status:
                    yield from (it.stat().st_mtime_ns for it in named_queues.iter_folders(folder))
