"""Numbers in words: one and many, more and fewer, and nothing where nothing is known."""

from __future__ import annotations

from datetime import UTC, date
from typing import Any

from mediakeep.queue.history.queries import ItemRepairTotals
from mediakeep.views import terminal
from mediakeep.views.period_stats import PeriodTotals
from mediakeep.views.periods import DAY, WEEK, Period
from mediakeep.views.report import headline, kind_progress
from mediakeep.views.report.decisions import PendingReviews
from mediakeep.views.report.kind_progress import (
    CurrentState,
    IssueKindCounts,
    KindProgress,
    RemainingWork,
)
from mediakeep.views.report.priorities import DAMAGED, FAILED, VANISHED, UrgentRow
from mediakeep.views.summary import CompletionEstimate
from tests.sampling import each_row

TODAY = date(2025, 12, 22)
NOTHING = RemainingWork(
    done=2,
    items=0,
    failed=0,
    vanished=0,
    waiting=0,
    next_retry="",
    outdated=0,
    seconds=None,
    per_hour=None,
    sessions=0,
    estimate=None,
    next_items=[],
    batch="go on",
    redo="again",
    lookups=[],
)


def rest(items: int, per_hour: float | None = None, **more: Any) -> RemainingWork:
    seconds = 3600 * items / per_hour if per_hour else None
    fields = {name: getattr(NOTHING, name) for name in NOTHING.__struct_fields__}
    return RemainingWork(
        **{**fields, "items": items, "per_hour": per_hour, "seconds": seconds, **more}
    )


def build_progress(completed: int, total: int | None, gained: int = 0, **more: Any) -> KindProgress:
    fields: dict[str, Any] = {
        "library": "/m",
        "kind": "music",
        "noun": "artist",
        "plural": "artists",
        "piece": "track",
        "completed": completed,
        "total": total,
        "share": 100 * completed / total if total else None,
        "gained": gained,
        "share_gained": None,
        "flow": PeriodTotals(),
        "before": PeriodTotals(),
        "rows": [],
        "issues": [],
        "gains": [],
        "failed_items": 0,
        "present": None,
        "weeks": [],
        "days": [],
        "steps": [],
    }
    return KindProgress(**{**fields, **more})


def issue(kind: str, open_: int, more: int = 0, regressed: int = 0) -> IssueKindCounts:
    return IssueKindCounts(kind, max(more, 0), regressed, 0, 0, open_, more, [])


def describe_pace(
    progress: KindProgress, *urgent: UrgentRow, running: bool = True, days: int = WEEK
) -> str:
    return " ".join(
        headline.build_headline(
            progress, urgent, Period(date(2025, 12, 15), days, UTC), TODAY, running=running
        )
    )


@each_row(
    ("progress", "running", "sentence"),
    [
        (
            build_progress(40, 160, 12),
            True,
            "40 of 160 artists are done (25.0 %), 12 more than at the beginning of the week.",
        ),
        (
            build_progress(40, 160, 12),
            False,
            "40 of 160 artists were done (25.0 %), 12 more than before that week.",
        ),
        (
            build_progress(40, 160, -2),
            True,
            "40 of 160 artists are done (25.0 %), 2 fewer than at the beginning of the week.",
        ),
        (
            build_progress(1, 160, 1, share=0.6),
            True,
            "1 of 160 artists is done (0.6 %), 1 more than at the beginning of the week.",
        ),
        (
            build_progress(0, 1),
            True,
            "0 of 1 artist are done (0.0 %), as many as at the beginning of the week.",
        ),
        (build_progress(7, None, 7), False, "7 were done, 7 more than before that week."),
        (
            build_progress(1200, 1200, 1000),
            True,
            "All 1,200 artists are done, 1,000 more than at the beginning of the week.",
        ),
        (build_progress(1, 1, 1), True, "Done, 1 more than at the beginning of the week."),
    ],
)
def test_how_far_it_is(progress: KindProgress, running: bool, sentence: str) -> None:
    assert describe_pace(progress, running=running) == sentence


def test_a_day_is_called_a_day() -> None:
    assert describe_pace(build_progress(2, 4, 1), days=DAY).endswith(
        "1 more than at the beginning of the day."
    )


@each_row(
    ("flow", "open_", "sentence"),
    [
        (PeriodTotals(), 0, ""),
        (PeriodTotals(new={"a": 1}), 1, "1 decision waits. 1 issue was found."),
        (
            PeriodTotals(new={"a": 2}, regressed={"b": 1}, repaired={"c": 1200}),
            3,
            "3 decisions wait. 1,203 issues were found, 1,200 of them repaired at once.",
        ),
        (PeriodTotals(closed={"a": 1}), 0, "1 that waited was settled."),
        (
            PeriodTotals(
                new={"a": 5, "b": 1},
                regressed={"c": 2},
                closed={"c": 3},
                repaired={"a": 5, "b": 2},
                reverted={"a": 5, "b": 1},
                reopened={"c": 2},
            ),
            8,
            "8 decisions wait. 7 issues were found, 1 of them repaired at once;"
            " 1 that waited was settled; 8 more were undone by your commands.",
        ),
        (
            PeriodTotals(closed={"a": 1, "b": 2}),
            4,
            "4 decisions wait. 3 that waited were settled.",
        ),
    ],
)
def test_what_became_of_issues(flow: PeriodTotals, open_: int, sentence: str) -> None:
    issues = [issue("a", open_)] if open_ else []
    head = "2 of 4 artists are done (50.0 %), as many as at the beginning of the week."
    assert (
        describe_pace(build_progress(2, 4, flow=flow, issues=issues))
        == f"{head} {sentence}".strip()
    )


def test_reviews_pending_in_a_past_week_are_reported_in_the_past_tense() -> None:
    assert describe_pace(build_progress(2, 4, issues=[issue("a", 3)]), running=False).endswith(
        "3 decisions waited."
    )


def urgent(urgency: int, count: int) -> UrgentRow:
    noun = ("damaged file", "vanished artist", "failed artist")[urgency]
    return UrgentRow("music", urgency, (noun, f"{noun}s"), ["x"], count, "", "")


@each_row(
    ("rows", "open_", "proposed", "sentence"),
    [
        ([], 0, 0, "Nothing is damaged, vanished or failed; no decision waits."),
        ([], 2, 0, "Nothing is damaged, vanished or failed; 2 decisions wait."),
        (
            [urgent(DAMAGED, 1), urgent(DAMAGED, 2), urgent(VANISHED, 2)],
            1,
            1,
            "3 damaged files, 2 vanished artists; 1 decision waits, 1 with a proposal.",
        ),
        ([urgent(FAILED, 1)], 0, 0, "1 failed artist; no decision waits."),
    ],
)
def test_one_sentence_is_on_health(
    rows: list[UrgentRow], open_: int, proposed: int, sentence: str
) -> None:
    reviews = PendingReviews(open_, proposed, [], [], None)
    progress = build_progress(
        2,
        4,
        issues=[issue("a", open_)] if open_ else [],
        present=CurrentState(reviews, [], 0, 0, NOTHING),
    )
    assert describe_pace(progress, *rows).endswith(f" {sentence}")


def test_the_estimate_is_shown_with_its_basis() -> None:
    progress = build_progress(2, 62)
    assert headline.format_remaining(NOTHING, progress, None) == ""
    assert headline.format_remaining(rest(60), progress, None) == "60 artists are left."
    assert (
        headline.format_remaining(rest(60, 40.0, sessions=10), progress, None)
        == "60 artists are left: about 1 h 30 min of work, at the 40 an hour of the last 10"
        " sessions."
    )
    one_session = headline.format_remaining(rest(60, 40.0, sessions=1), progress, None)
    assert one_session.endswith("hour of the last session.")
    estimate = CompletionEstimate(per_week=30.0, days=28, date="2026-01-03")
    by_date = "done around 3 January 2026 at the pace of the last 28 days (30 a week)."
    assert (
        headline.format_remaining(rest(60, estimate=estimate), progress, None)
        == f"60 artists are left; {by_date}"
    )
    both = headline.format_remaining(rest(60, 40.0, sessions=2, estimate=estimate), progress, None)
    assert both.endswith(f"of the last 2 sessions; {by_date}")


def test_what_is_left_is_of_the_day_of_writing_where_the_time_is_over() -> None:
    assert (
        headline.format_remaining(rest(60, failed=1), build_progress(1, 63), TODAY)
        == "When this was written, on 22 December 2025, 2 were done and 60 artists left,"
        " 1 failed."
    )


@each_row(
    ("per_hour", "words"),
    [(94296.4, "94,000"), (123.4, "120"), (42.4, "42"), (4.25, "4.2"), (4.0, "4"), (0.04, "0.04")],
)
def test_a_pace_has_two_digits(per_hour: float, words: str) -> None:
    text = headline.format_remaining(rest(6, per_hour, sessions=2), build_progress(2, 8), None)
    assert f"at the {words} an hour" in text


def test_one_artist_that_is_left_is_one() -> None:
    assert headline.format_remaining(
        rest(1, 40.0, sessions=10), build_progress(2, 3), None
    ).startswith("1 artist is left: about 1 min 30 s of work")


def test_a_slow_pace_is_not_shown_as_zero() -> None:
    slow = rest(60, 0.4, sessions=3, estimate=CompletionEstimate(0.3, 28, "2030-01-01"))
    words = headline.format_remaining(slow, build_progress(2, 62), None)
    assert "0.4 an hour" in words
    assert "(0.3 a week)" in words


def with_worse(issues: list[IssueKindCounts], **more: Any) -> KindProgress:
    return build_progress(2, 4, issues=issues, worse=kind_progress._list_worse(issues, {}), **more)


def test_what_got_worse_is_named_worst_first() -> None:
    issues = [issue("a", 5, 1), issue("b", 9, 4), issue("c", 0, -2), issue("d", 3, 0, 2)]
    progress = with_worse(issues)
    assert headline.format_worse_kinds(progress) == (
        "b: 4 more open (now 9), a: 1 more open (now 5), d: 2 came back"
    )
    issues += [issue(name, 1, 1, 1) for name in "efgh"]
    assert headline.format_worse_kinds(with_worse(issues)).endswith(", and 1 more kind")
    issues += [issue("i", 1, 1)]
    assert headline.format_worse_kinds(with_worse(issues)).endswith(", and 2 more kinds")
    assert headline.format_worse_kinds(with_worse(issues, before=None)) == "", (
        "nothing to compare with"
    )
    assert headline.format_worse_kinds(with_worse([issue("c", 0, -2)])) == ""


@each_row(
    ("gain", "words"),
    [
        (ItemRepairTotals("A", 1, 0, {"x": 1}), "1 repair (1 x)"),
        (ItemRepairTotals("A", 0, 2, {}), "2 open issues resolved"),
        (
            ItemRepairTotals("A", 1209, 1, {"x": 1200, "y": 4, "z": 3, "v": 1, "w": 1}),
            "1,209 repairs (1,200 x, 4 y, 3 z, and 2 other kinds), 1 open issue resolved",
        ),
    ],
)
def test_a_gain_names_its_most_frequent_repairs(gain: ItemRepairTotals, words: str) -> None:
    assert headline.format_item_gain(gain) == words


def test_a_trend_is_as_high_as_its_numbers() -> None:
    assert terminal.draw_sparkline([None, 0, 4, 8]) == " ▁▅█"
    assert {terminal.draw_sparkline(numbers) for numbers in ([0, 0], [None], [])} == {""}


def test_the_estimate_is_current_and_shown_only_while_recent() -> None:
    progress = build_progress(
        2, 62, present=CurrentState(None, [], 0, 0, rest(60, 40.0, sessions=2))
    )
    assert ". 60 artists are left: about" in describe_pace(progress)
    day = CompletionEstimate(per_week=30.0, days=28, date="2026-01-03")
    dated = build_progress(2, 62, present=CurrentState(None, [], 0, 0, rest(60, estimate=day)))
    assert "the beginning of the week; done around 3 January 2026. " in describe_pace(dated)
    over = ". When this was written, on 22 December 2025, 2 were done and 60 artists left: about"
    assert over in describe_pace(progress, running=False)
    assert "left" not in describe_pace(build_progress(2, 62))
