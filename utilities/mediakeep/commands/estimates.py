"""What a batch would ask of services: requests and minutes, before anything is done."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mediakeep.commands import shared, subjects
from mediakeep.commands.subject import Estimate
from mediakeep.commands.terms import Asked
from mediakeep.kinds import Kind
from mediakeep.pages import page
from mediakeep.queue import actions, claims, queue, reading
from mediakeep.queue.claims import Line
from mediakeep.queue.state import State
from mediakeep.views import terminal


def show(ask: Asked) -> int:
    """Print what the look-ups of a batch would need."""
    kind = ask.request.kind
    folder = subjects.folder(ask.home, kind)
    state = reading.state(folder, kind)
    claims.rehearse(state, queue.place(folder))
    items = {key: state.items[key] for key in _keys(state, ask)}
    found = subjects.of(kind).estimate(ask.home, ask.access, items)
    lines = _lines(found, kind)
    if not ask.access.is_open:
        lines.append(str(ask.access.refusal()))
    facts = msgspec.structs.asdict(found)
    shared.show(lines, {kind.plural: facts.pop("items"), **facts}, as_json=ask.as_json)
    return 0


def _keys(state: State, ask: Asked) -> Sequence[str]:
    if ask.name:
        return [actions.find(state, ask.name)]
    count = len(state.items) if ask.plan.size is None else ask.plan.size
    return Line(state).peek(count, lookups=True)


def _lines(found: Estimate, kind: Kind) -> list[str]:
    who = page.counted(found.items, kind.noun)
    known = f", {found.known:,} of them looked up before" if found.known else ""
    time = f" in about {terminal.duration(found.seconds)}" if found.seconds else ""
    span = "" if found.low == found.high else f" ({found.low:,} to {found.high:,})"
    return [f"{who}{known}: about {page.counted(found.requests, 'request')}{span}{time}."]
