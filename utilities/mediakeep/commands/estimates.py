"""What a batch would ask of services: requests and minutes, before anything is done."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from mediakeep.commands import shared, subjects
from mediakeep.commands.terms import Asked
from mediakeep.item import MusicItem
from mediakeep.kinds import Kind
from mediakeep.lookups.desk import Desk
from mediakeep.music.discography import estimate
from mediakeep.music.discography.estimate import Estimate
from mediakeep.pages import page
from mediakeep.queue import actions, claims, queue, reading
from mediakeep.queue.claims import Line
from mediakeep.queue.state import State
from mediakeep.views import terminal


def show(kind: Kind, ask: Asked) -> int:
    """Print what the look-ups of a batch would need."""
    folder = subjects.folder(ask.home, kind)
    state = reading.state(folder, kind)
    claims.rehearse(state, queue.place(folder))
    albums = {key: _albums(state, key) for key in _keys(state, ask)}
    desk = Desk(ask.home / "status" / "cache", ask.access)
    with contextlib.closing(desk):
        known = None if ask.access.fresh or not desk.has_file else desk.known
        found = estimate.of(albums, known, ask.access.catalogue.interval)
    lines = _lines(found, kind)
    if not ask.access.is_open:
        lines.append(str(ask.access.refusal()))
    shared.show(lines, found, as_json=ask.as_json)
    return 0


def _keys(state: State, ask: Asked) -> Sequence[str]:
    if ask.name:
        return [actions.find(state, ask.name)]
    count = len(state.items) if ask.plan.size is None else ask.plan.size
    return Line(state).peek(count, lookups=True)


def _albums(state: State, key: str) -> int:
    item = state.items[key]
    return item.album_count if isinstance(item, MusicItem) else 0


def _lines(found: Estimate, kind: Kind) -> list[str]:
    who = page.counted(found.artists, kind.noun)
    known = f", {found.known:,} of them looked up before" if found.known else ""
    time = f" in about {terminal.duration(found.seconds)}" if found.seconds else ""
    span = "" if found.low == found.high else f" ({found.low:,} to {found.high:,})"
    return [f"{who}{known}: about {page.counted(found.requests, 'request')}{span}{time}."]
