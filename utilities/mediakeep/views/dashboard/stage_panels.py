"""Dashboard panel of the items that wait, and the rows of the stages of a queue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec import UNSET
from rich.table import Column

from mediakeep.size_text import format_counts
from mediakeep.views import stage_text
from mediakeep.views.dashboard.panel_layout import DashboardPanel
from mediakeep.views.dashboard.styled_text import Colour, TextPiece, compose_text
from mediakeep.views.dashboard.time_text import DisplayTime
from mediakeep.views.summary import KindSummary, QueueStatus
from mediakeep.views.wait_text import format_wait

_NAME_WIDTH = 24  # cells


def waiting_panel(
    summaries: Sequence[KindSummary], now: DisplayTime, width: int
) -> DashboardPanel | None:
    """Build the panel of parked items: until when they wait, and why; None if none is parked."""
    parked = [
        (summary.status, summary.status.stages)
        for summary in summaries
        if summary.status.stages is not UNSET and summary.status.stages.parked
    ]
    if not parked:
        return None
    nouns: Counter[tuple[str, str]] = Counter()
    for status, stages in parked:
        nouns[status.noun, status.plural] += stages.parked
    waits = [wait for _, stages in parked for wait in stages.parked_items]
    waits.sort(key=lambda wait: (wait.until, wait.item))
    return DashboardPanel(
        f"Waiting: {format_counts(nouns)}",
        columns=[Column(max_width=min(_NAME_WIDTH, width // 3)), Column()],
        rows=[
            [
                compose_text(wait.title, is_row=True),
                compose_text(format_wait(wait.until, wait.why, now.moment, now.zone), is_row=True),
            ]
            for wait in waits
        ],
        min_lines=2,
        is_list=True,
        hidden_count=nouns.total() - len(waits),
    )


def build_stage_pieces(status: QueueStatus) -> list[TextPiece]:
    """Return lines on the stages of a queue: counts, failures, and cleanups that are due."""
    stages = status.stages
    if stages is UNSET:
        return []
    pieces: list[TextPiece] = []
    if stages.by_stage:
        pieces.append(stage_text.format_counts(stages.by_stage))
    pieces += [
        (stage_text.format_failures(failures, status.noun, status.plural), Colour.BAD)
        for failures in stages.failures
    ]
    if stages.cleanup_due:
        text = stage_text.format_cleanups(stages.cleanup_due, status.noun, status.plural)
        pieces.append((text, Colour.WARN))
    return pieces
