"""Format history events as rows of the dashboard."""

from __future__ import annotations

from rich.text import Text

from mediakeep import size_text
from mediakeep.queue.history.queries import HistoryEvent
from mediakeep.views.dashboard.styled_text import Colour, TextPiece, compose_text
from mediakeep.views.dashboard.time_text import DisplayTime

_NAME_WIDTH = 40  # maximum cells of a name in front of what happened
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


def format_event(event: HistoryEvent, now: DisplayTime) -> list[Text]:
    """Format a history event as a row of a table: its time, and what happened."""
    time = compose_text((now.format_time(event.time), Colour.DIM))
    item = compose_text(event.item)
    item.truncate(_NAME_WIDTH, overflow="ellipsis")
    text = compose_text(is_row=True).append_text(item)
    text.append(" " if event.item else "")
    return [time, text.append_text(compose_text(*_describe_event(event)))]


def _describe_event(event: HistoryEvent) -> list[TextPiece]:
    if event.op != "settle":
        return [_TEXT_BY_OP.get(event.op, event.op).format(event.session)]
    state = "failed" if event.state == "error" else event.state
    counts = [
        (event.fixed, "repaired"),
        (event.opened, "new"),
        (event.closed, "closed"),
    ]
    more = event.error or ", ".join(f"{number:,} {word}" for number, word in counts if number)
    pieces: list[TextPiece] = [(state, _STATE_COLOURS.get(event.state, Colour.PLAIN))]
    return [*pieces, f": {more}"] if more else pieces


def format_folder_size(number: int, *, whole: bool) -> str:
    """Format a size in bytes; if `whole` is False, put "over" before it, as part was measured."""
    return f"{'' if whole else 'over '}{size_text.format_size(number)}"
