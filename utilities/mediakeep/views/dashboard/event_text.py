"""Format history events as rows of the dashboard."""

from __future__ import annotations

from datetime import datetime

from msgspec import UNSET
from rich.text import Text

from mediakeep.queue.history.queries import HistoryEvent
from mediakeep.views import terminal, wait_text
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
    "unpark": "no longer waiting",
    "cleanup": "working files removed",
    "add": "added",
    "keep": "keeps its settings, as a second output was added",
    "retire": "retired",
}
_STATE_COLOURS = {"completed": Colour.GOOD, "error": Colour.BAD, "skipped": Colour.WARN}


def format_event(event: HistoryEvent, now: DisplayTime) -> list[Text]:
    """Format a history event as a row of a table: its time, and what happened."""
    time = compose_text((now.format_time(event.time), Colour.DIM))
    item = compose_text(event.title)
    item.truncate(_NAME_WIDTH, overflow="ellipsis")
    text = compose_text(is_row=True).append_text(item)
    text.append(" " if event.item else "")
    return [time, text.append_text(compose_text(*_describe_event(event, now)))]


def _describe_event(event: HistoryEvent, now: DisplayTime) -> list[TextPiece]:
    if event.op != "settle":
        text = _TEXT_BY_OP.get(event.op, event.op).format(event.session)
        return _describe_run(event, now) or [text]
    state = "failed" if event.state == "error" else event.state
    if event.run is not UNSET and event.run.outcome != "completed":
        state = f"{event.run.stage} {state}"
    counts = [
        (event.fixed, "repaired"),
        (event.opened, "new"),
        (event.closed, "closed"),
    ]
    more = event.error or ", ".join(f"{number:,} {word}" for number, word in counts if number)
    pieces: list[TextPiece] = [(state, _STATE_COLOURS.get(event.state, Colour.PLAIN))]
    return [*pieces, f": {more}"] if more else pieces


def _describe_run(event: HistoryEvent, now: DisplayTime) -> list[TextPiece]:
    """Describe how the run of a stage ended; return [] if the event is about something else."""
    run = event.run
    if run is UNSET:
        return []
    if run.outcome == "parked" and run.until:
        moment = datetime.fromisoformat(event.time)
        wait = wait_text.format_wait(run.until, run.why, moment, now.zone)
        return [f"{run.stage} ", (wait, Colour.WARN)]
    seconds = "" if run.seconds is None else f" in {terminal.format_duration(run.seconds)}"
    colour = Colour.BAD if run.outcome == "failed" else Colour.PLAIN
    return [(f"{run.stage} {run.outcome}{seconds}", colour)]
