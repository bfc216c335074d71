"""Format history events as rows of the dashboard."""

from __future__ import annotations

from mediakeep.queue.history.queries import HistoryEvent
from mediakeep.views import terminal
from mediakeep.views.dashboard.text_layout import Colour, TextPiece, TextRow
from mediakeep.views.dashboard.time_text import DisplayTime

_TEXT_BY_OP = {
    "scan": "library scanned, changes found",
    "start": "session {} started",
    "end": "session {} ended",
    "reset": "reset to pending",
    "mark": "marked completed by hand",
    "prioritize": "moved to the front",
    "restore": "queue replaced by another file",
    "edit": "queue edited by hand",
    "replay": "changes undone by a restore replayed",
    "repair": "queue rebuilt",
}
_STATE_COLOURS = {"completed": Colour.GOOD, "error": Colour.BAD, "skipped": Colour.WARN}


def format_event(event: HistoryEvent, now: DisplayTime) -> TextRow:
    """Format a history event as a row of text, with its time first."""
    time = TextPiece(f"{now.format_time(event.time)}  ", Colour.DIM)
    if event.op == "settle":
        return [time, TextPiece(event.item, can_shrink=True), *_outcome_pieces(event)]
    description = _TEXT_BY_OP.get(event.op, event.op).format(event.session)
    subject = [TextPiece(f"{event.item} ", can_shrink=True)] if event.item else []
    return [time, *subject, TextPiece(description, can_shrink=not subject)]


def _outcome_pieces(event: HistoryEvent) -> list[TextPiece]:
    state = "failed" if event.state == "error" else event.state
    counts = [
        (event.fixed, "repaired"),
        (event.opened, "new"),
        (event.closed, "closed"),
    ]
    more = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    pieces = [TextPiece(f" {state}", _STATE_COLOURS.get(event.state, Colour.PLAIN))]
    if event.error:
        return [*pieces, TextPiece(f": {event.error}", can_shrink=True)]
    return [*pieces, TextPiece(f": {more}")] if more else pieces


def format_folder_size(number: int, *, whole: bool) -> str:
    """Format a size in bytes; if `whole` is False, put "over" before it, as part was measured."""
    return f"{'' if whole else 'over '}{terminal.format_size(number)}"
