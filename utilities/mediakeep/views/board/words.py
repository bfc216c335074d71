"""History events as rows of the dashboard."""

from __future__ import annotations

from mediakeep.queue.past import Event
from mediakeep.views import terminal
from mediakeep.views.board.moments import Now
from mediakeep.views.board.rows import Ink, Piece, Row

_PLAIN = {
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
_INKS = {"completed": Ink.GOOD, "error": Ink.BAD, "skipped": Ink.WARN}


def told(event: Event, now: Now) -> Row:
    """Format an event with its time."""
    time = Piece(f"{now.clock(event.time)}  ", Ink.DIM)
    if event.op == "settle":
        return [time, Piece(event.item, gives=True), *_settled(event)]
    description = _PLAIN.get(event.op, event.op).format(event.session)
    subject = [Piece(f"{event.item} ", gives=True)] if event.item else []
    return [time, *subject, Piece(description, gives=not subject)]


def _settled(event: Event) -> list[Piece]:
    state = "failed" if event.state == "error" else event.state
    counts = [
        (event.fixed, "repaired"),
        (event.opened, "new"),
        (event.closed, "closed"),
    ]
    more = ", ".join(f"{number:,} {word}" for number, word in counts if number)
    pieces = [Piece(f" {state}", _INKS.get(event.state, Ink.PLAIN))]
    if event.error:
        return [*pieces, Piece(f": {event.error}", gives=True)]
    return [*pieces, Piece(f": {more}")] if more else pieces


def bytes_of(number: int, *, whole: bool) -> str:
    """Format a size; "over" marks one that was not measured completely."""
    return f"{'' if whole else 'over '}{terminal.size(number)}"
