"""Running sessions of a queue, and sessions that died, read from the live files."""

from __future__ import annotations

import msgspec

from mediakeep.queue import sessions
from mediakeep.queue.compaction import QueueLocation


class RunningItem(msgspec.Struct, frozen=True):
    """An item that a session is working on: `done` of `of` parts, or both 0 if not reported."""

    item: str
    since: str
    done: int
    of: int
    service: str = ""  # the service it is waiting for


class RunningSession(msgspec.Struct, frozen=True):
    """A session and its items, oldest first."""

    session: str
    host: str  # "" for this machine
    pid: int
    started: str
    renewed: str
    alive: bool
    works: list[RunningItem]


def list_running_sessions(place: QueueLocation) -> list[RunningSession]:
    """List the running sessions, and the killed ones whose items are not recovered yet."""
    running = []
    for path in sessions.list_live_files(place.folder):
        live = sessions.read_live(place.folder, path.stem)
        if live is None:  # it ended since the listing
            continue
        items = [
            RunningItem(key, since, *live.progress.get(key, (0, 0)), live.waiting.get(key, ""))
            for key, since in _items_by_start(live)
        ]
        host = "" if live.host == place.host else live.host
        alive = sessions.is_alive(place, live.session)
        running.append(
            RunningSession(live.session, host, live.pid, live.started, live.renewed, alive, items)
        )
    return running


def _items_by_start(live: sessions.LiveStatus) -> list[tuple[str, str]]:
    return sorted(live.begun.items(), key=lambda entry: (entry[1], entry[0]))
