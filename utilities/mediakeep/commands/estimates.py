"""Estimate the requests and minutes that a batch would need, before anything is done."""

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


def show(options: Asked) -> int:
    """Print what the lookups of a batch would need."""
    kind = options.request.kind
    folder = subjects.folder(options.home, kind)
    state = reading.state(folder, kind)
    claims.rehearse(state, queue.place(folder))
    items = {key: state.items[key] for key in _keys(state, options)}
    estimate = subjects.of(kind).estimate(options.home, options.access, items)
    lines = _lines(estimate, kind)
    if not options.access.is_open:
        lines.append(str(options.access.refusal()))
    facts = msgspec.structs.asdict(estimate)
    shared.show(lines, {kind.plural: facts.pop("items"), **facts}, as_json=options.as_json)
    return 0


def _keys(state: State, options: Asked) -> Sequence[str]:
    if options.name:
        return [actions.find(state, options.name)]
    count = len(state.items) if options.plan.size is None else options.plan.size
    return Line(state).peek(count, lookups=True)


def _lines(estimate: Estimate, kind: Kind) -> list[str]:
    who = page.counted(estimate.items, kind.noun)
    cached = f", {estimate.known:,} of them already looked up" if estimate.known else ""
    time = f" in about {terminal.duration(estimate.seconds)}" if estimate.seconds else ""
    span = "" if estimate.low == estimate.high else f" ({estimate.low:,} to {estimate.high:,})"
    return [f"{who}{cached}: about {page.counted(estimate.requests, 'request')}{span}{time}."]
