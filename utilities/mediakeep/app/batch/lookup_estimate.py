"""Estimate the requests and minutes that a batch would need, before anything is done."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from mediakeep.app.batch.batch_request import BatchOptions
from mediakeep.app.console import CommandResult
from mediakeep.app.subjects import registry
from mediakeep.kinds import Kind
from mediakeep.lookups.service_config import LookupEstimate
from mediakeep.queue import actions, claims, queue, readonly
from mediakeep.queue.claims import PendingQueue
from mediakeep.queue.state import QueueState
from mediakeep.size_text import format_count
from mediakeep.views import terminal


def estimate_batch(options: BatchOptions) -> CommandResult:
    """Estimate what the lookups of a batch would need."""
    kind = options.request.kind
    folder = registry.queue_folder(options.home, kind)
    state = readonly.load_state(folder, kind)
    claims.simulate_recovery(state, queue.locate_queue(folder))
    items = {key: state.items[key] for key in _select_keys(state, options)}
    estimate = registry.get_reviewed(kind).estimate_lookups(options.home, options.access, items)
    lines = _format_estimate(estimate, kind)
    if not options.access.is_enabled:
        lines.append(str(options.access.build_skipped_error()))
    facts = msgspec.structs.asdict(estimate)
    return CommandResult(lines, {kind.plural: facts.pop("items"), **facts})


def _select_keys(state: QueueState, options: BatchOptions) -> Sequence[str]:
    if options.item_name:
        return [actions.find_item_key(state, options.item_name)]
    count = len(state.items) if options.config.size is None else options.config.size
    return PendingQueue(state).peek_keys(count, lookups=True)


def _format_estimate(estimate: LookupEstimate, kind: Kind) -> list[str]:
    who = format_count(estimate.items, kind.noun)
    cached = f", {estimate.known:,} of them already looked up" if estimate.known else ""
    time = f" in about {terminal.format_duration(estimate.seconds)}" if estimate.seconds else ""
    span = "" if estimate.low == estimate.high else f" ({estimate.low:,} to {estimate.high:,})"
    return [f"{who}{cached}: about {format_count(estimate.requests, 'request')}{span}{time}."]
