"""List the sessions of a queue that are running, and those that died."""

from __future__ import annotations

import types
from collections.abc import Mapping

import msgspec
from msgspec import UNSET, UnsetType

from mediakeep.item import Item
from mediakeep.queue import sessions
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.sessions import StageProgress, WorkerStatus


class RunningItem(msgspec.Struct, frozen=True):
    """An item that a session is working on.

    `done` of its `of` parts, or of the steps of its stage, are finished; both are 0 if the session
    does not report progress.
    """

    item: str
    since: str
    done: int
    of: int
    service: str = ""  # the service it is waiting for
    stage: StageProgress | UnsetType = UNSET  # unset for kinds without stages
    name: str | UnsetType = UNSET  # for display; unset if the key is a name

    @property
    def title(self) -> str:
        """The name of the item, or its key."""
        return self.item if self.name is UNSET else self.name


class RunningSession(msgspec.Struct, frozen=True):
    """A session and the items that it is working on, oldest first.

    `workers` are those of a Dask scheduler, unset without one, and `scheduler_dashboard` is the
    address of Dask's own dashboard, if it runs.
    """

    session: str
    host: str  # "" for this machine
    pid: int
    started: str
    renewed: str
    alive: bool
    works: list[RunningItem]
    workers: list[WorkerStatus] | UnsetType = UNSET
    scheduler_dashboard: str | UnsetType = UNSET


def list_running_sessions(
    location: QueueLocation, known: Mapping[str, Item] = types.MappingProxyType({})
) -> list[RunningSession]:
    """List the running sessions of a queue; `known` are its items, as far as they can be read.

    Also list killed sessions whose items are not yet free for others.
    """
    running = []
    for path in sessions.list_live_files(location.folder):
        live_status = sessions.read_live_status(location.folder, path.stem)
        if live_status is None:  # it ended since the listing
            continue
        items = [
            RunningItem(
                key,
                since,
                *live_status.progress.get(key, (0, 0)),
                live_status.waiting.get(key, ""),
                live_status.stages.get(key, UNSET),
                (known[key].name if key in known else "") or UNSET,
            )
            for key, since in _items_by_start(live_status)
        ]
        host = "" if live_status.host == location.host else live_status.host
        alive = sessions.is_alive(location, live_status.session)
        running.append(
            RunningSession(
                live_status.session,
                host,
                live_status.pid,
                live_status.started,
                live_status.renewed,
                alive,
                items,
                live_status.workers or UNSET,
                live_status.scheduler_dashboard or UNSET,
            )
        )
    return running


def _items_by_start(live_status: sessions.LiveStatus) -> list[tuple[str, str]]:
    return sorted(live_status.begun.items(), key=lambda entry: (entry[1], entry[0]))
