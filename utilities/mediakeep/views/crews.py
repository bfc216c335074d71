"""Who works on a queue now, told by the live files: sessions that run, and those that died."""

from __future__ import annotations

import msgspec

from mediakeep.queue import sessions
from mediakeep.queue.rewrite import Place


class Work(msgspec.Struct, frozen=True):
    """An item that a session has begun; `done` of `of` parts, both 0 where that is not told."""

    item: str
    since: str
    done: int
    of: int
    service: str = ""  # that it waits for


class Crew(msgspec.Struct, frozen=True):
    """A session and what it works on, oldest work first."""

    session: str
    host: str  # "" for this machine
    pid: int
    started: str
    renewed: str
    alive: bool
    works: list[Work]


def crews(place: Place) -> list[Crew]:
    """Tell who works, or worked until it was killed and nobody took its items back."""
    found = []
    for path in sessions.live(place.folder):
        live = sessions.read_live(place.folder, path.stem)
        if live is None:  # ended between the two looks
            continue
        works = [
            Work(key, since, *live.progress.get(key, (0, 0)), live.waiting.get(key, ""))
            for key, since in _begun(live)
        ]
        host = "" if live.host == place.host else live.host
        alive = sessions.alive(place, live.session)
        found.append(Crew(live.session, host, live.pid, live.started, live.renewed, alive, works))
    return found


def _begun(live: sessions.Live) -> list[tuple[str, str]]:
    return sorted(live.begun.items(), key=lambda entry: (entry[1], entry[0]))
