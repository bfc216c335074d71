"""What happened, in words: the events of the history as lines of a board."""

from __future__ import annotations

from mediakeep.queue.past import Event
from mediakeep.views import terminal
from mediakeep.views.board.moments import Now
from mediakeep.views.board.rows import Ink, Piece, Row

_PLAIN = {
    "scan": "the library was scanned, and differed",
    "start": "session {} began",
    "end": "session {} ended",
    "reset": "made pending again",
    "mark": "marked completed by hand",
    "prioritize": "put first",
    "restore": "a file from elsewhere became the queue",
    "edit": "a file edited by hand became the queue",
    "replay": "what a restore undid was brought back",
    "repair": "the queue was rebuilt",
}
_INKS = {"completed": Ink.GOOD, "error": Ink.BAD, "skipped": Ink.WARN}


def told(event: Event, now: Now) -> Row:
    """Tell what happened, and when."""
    time = Piece(f"{now.clock(event.time)}  ", Ink.DIM)
    if event.op == "settle":
        return [time, Piece(event.item, gives=True), *_settled(event)]
    words = _PLAIN.get(event.op, event.op).format(event.session)
    named = [Piece(f"{event.item} ", gives=True)] if event.item else []
    return [time, *named, Piece(words, gives=not named)]


def _settled(event: Event) -> list[Piece]:
    state = "failed" if event.state == "error" else event.state
    found = [
        (event.fixed, "repaired"),
        (event.opened, "new"),
        (event.closed, "closed"),
    ]
    more = ", ".join(f"{number:,} {word}" for number, word in found if number)
    pieces = [Piece(f" {state}", _INKS.get(event.state, Ink.PLAIN))]
    if event.error:
        return [*pieces, Piece(f": {event.error}", gives=True)]
    return [*pieces, Piece(f": {more}")] if more else pieces


def bytes_of(number: int, *, whole: bool) -> str:
    """Write a size; of what was not measured to the end that it is more."""
    return f"{'' if whole else 'over '}{terminal.size(number)}"
