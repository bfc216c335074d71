"""The summary, and the lines that are made from it."""

from __future__ import annotations

import pytest

from mediakeep.item import Status
from mediakeep.music.item import MUSIC, MusicItem
from mediakeep.queue.history.queries import Throughput
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState, percentage
from mediakeep.views import summary, terminal
from tests.sampling import each_row


def state(**items: MusicItem) -> QueueState:
    head = SnapshotHead(
        kind="music", generation=1, snapshot_id="a", seq=1, library_path="/m", created="2026"
    )
    return QueueState(MUSIC, head, dict(items))


DONE = MusicItem(
    status=Status.COMPLETED,
    rules=MUSIC.rules,
    issues={"missing-cover": 2, "missing-date": 3},
    manual_reviews=5,
)


def test_a_summary_adds_up() -> None:
    status = summary.build_queue_status(
        state(
            A=DONE,
            B=MusicItem(status=Status.PENDING),
            C=MusicItem(status=Status.ERROR, not_before="2026"),
            D=MusicItem(status=Status.SKIPPED, issues={"missing-cover": 9}),
            E=MusicItem(status=Status.COMPLETED, rules=0),
        ),
        Throughput(settled=10, seconds=100.0),
    )
    assert status.counts == {
        "pending": 1,
        "in_progress": 0,
        "completed": 2,
        "error": 1,
        "skipped": 1,
    }
    assert status.issues == {"missing-date": 3, "missing-cover": 2}
    assert (status.percentage, status.reviews, status.waiting, status.outdated) == (50.0, 5, 1, 1)
    assert status.per_hour == pytest.approx(360)
    assert status.seconds_left == pytest.approx(10)


def test_pending_lookups_are_reported_while_they_run() -> None:
    status = summary.build_queue_status(
        state(
            A=MusicItem(status=Status.COMPLETED, rules=MUSIC.rules, lookup="pending"),
            B=MusicItem(status=Status.IN_PROGRESS, session="s", lookup="pending", for_lookup=True),
            C=MusicItem(status=Status.PENDING, lookup="pending"),
            D=MusicItem(status=Status.COMPLETED, rules=MUSIC.rules, lookup="unsure"),
            E=MusicItem(status=Status.COMPLETED, rules=MUSIC.rules, lookup="unknown"),
        ),
        Throughput(0, 0.0),
    )
    assert (status.awaiting, status.looked_up, status.unsure, status.unknown) == (2, 2, 1, 1)
    lines = terminal.describe_queue(status)
    assert "  2 artists wait for their lookup" in lines
    assert "  Looked up: 2 artists; 1 unsure, 1 unknown" in lines
    assert terminal.format_pending_lookups(1, status) == "1 artist waits for its lookup"


def test_matched_albums_are_summarized_in_one_line() -> None:
    first = MusicItem(
        status=Status.COMPLETED,
        albums_matched=800,
        albums_tied=96,
        albums_unsure=14,
        fields_filled=12_203,
    )
    second = MusicItem(
        status=Status.COMPLETED, albums_matched=12, albums_unknown=8, fields_filled=1
    )
    before = MusicItem(status=Status.COMPLETED)
    undone = MusicItem(status=Status.PENDING, albums_matched=5)
    status = summary.build_queue_status(
        state(A=first, B=second, C=before, D=undone), Throughput(0, 0.0)
    )
    line = (
        "  Albums: 812 certain, 96 certain except the edition, 14 unsure, 8 unknown;"
        " 12,204 fields filled"
    )
    assert line in terminal.describe_queue(status)
    assert terminal.describe_tallies("music", {"albums_tied": 1}) == [
        "Albums: 1 certain except the edition"
    ]
    assert terminal.describe_tallies("music", {"fields_filled": 1}) == ["1 field filled"]


def test_of_a_queue_of_before_nothing_is_said_of_albums() -> None:
    status = summary.build_queue_status(
        state(A=MusicItem(status=Status.COMPLETED)), Throughput(0, 0.0)
    )
    assert status.tallies == {}
    assert terminal.describe_tallies(status.kind, status.tallies) == []
    assert "Albums" not in "\n".join(terminal.describe_queue(status))


def test_what_is_not_known_is_left_out() -> None:
    status = summary.build_queue_status(
        state(A=MusicItem(status=Status.PENDING)), Throughput(0, 0.0)
    )
    assert status.per_hour is None
    text = "\n".join(terminal.describe_queue(status))
    assert "hour" not in text
    assert "issue" not in text


@each_row(
    ("done", "total", "share"), [(0, 0, 0.0), (1, 3, 33.3), (99999, 100000, 99.9), (3, 3, 100.0)]
)
def test_a_share_is_whole_only_when_all_is_done(done: int, total: int, share: float) -> None:
    assert percentage(done, total) == share


@each_row(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3599, "59 min 59 s"),
        (7260, "2 h 1 min"),
        (90000, "1 d 1 h"),
    ],
)
def test_spans_of_time_are_written_with_two_units(seconds: float, text: str) -> None:
    assert terminal.format_duration(seconds) == text


def test_names_cannot_steer_the_terminal() -> None:
    lines = terminal.list_items(state(**{"evil\x1b[2J": MusicItem(status=Status.PENDING)}), None)
    assert lines == ["pending      evil\\x1b[2J"]
