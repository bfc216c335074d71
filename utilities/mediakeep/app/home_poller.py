"""The poller of the queues of a home, which the dashboard and the web show."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path

from mediakeep.app.subjects import registry
from mediakeep.kinds import Kind
from mediakeep.queue import queue
from mediakeep.views.poller import HomePoller, QueuePoller


def build_home_poller(home: Path, kinds: Iterable[Kind]) -> HomePoller:
    """Return a poller of the queues of kinds; nothing is read yet."""
    chosen = list(kinds)
    folders = [registry.queue_folder(home, kind) for kind in chosen]
    return HomePoller(home, [_build_poller(home, kind) for kind in chosen], folders)


def _build_poller(home: Path, kind: Kind) -> QueuePoller:
    place = queue.locate_queue(registry.queue_folder(home, kind))
    if kind.stages:
        return QueuePoller(place, kind)
    accept_command = registry.get_reviewed(kind).accept_command
    return QueuePoller(place, kind, functools.partial(accept_command, home))
