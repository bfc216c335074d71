"""The dashboard's board: kept ones, any size, and names that would steer a terminal."""

from __future__ import annotations

import io
import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment

from mediakeep.errors import SnapshotDamaged
from mediakeep.movies.item import MOVIES
from mediakeep.music.item import MUSIC
from mediakeep.music.reports import fix_commands
from mediakeep.queue.history import event_log, stage_rows
from mediakeep.queue.sessions import WorkerStatus
from mediakeep.views import dashboard_json
from mediakeep.views.dashboard import render, styled_text
from mediakeep.views.period_stats import PeriodTotals
from mediakeep.views.poller import HomeSnapshot, QueueSnapshot
from mediakeep.views.running_sessions import RunningSession
from mediakeep.views.summary import FailedItem, KindSummary
from tests.sampling import each_row
from tests.views import dashboards

CODES = re.compile(r"\x1b\[[\d;]*m")
NUMBERS = re.compile(r"\d[\d,.]*\d|\d")


def with_account(account: KindSummary) -> HomeSnapshot:
    """Return the made-up snapshot of a home with another summary."""
    look = QueueSnapshot(MUSIC, account, dashboards.CREWS, dashboards.EVENTS)
    return msgspec.structs.replace(dashboards.GLANCE, queues=[look])


def text(glance: HomeSnapshot, columns: int = 80) -> str:
    return "\n".join(dashboards.render(glance, columns))


def ascii_file() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="ascii")


@each_row(("columns", "lines"), dashboards.SIZES)
def test_a_board_is_the_one_that_was_looked_at(columns: int, lines: int) -> None:
    drawn = "\n".join(line.rstrip() for line in dashboards.drawn(columns, lines))
    assert f"{drawn}\n" == dashboards.kept(columns, lines).read_text()


@pytest.mark.long
@given(st.integers(1, 250), st.integers(1, 80), st.booleans(), st.booleans())
def test_a_board_fills_its_window_and_no_more(
    columns: int, lines: int, colour: bool, plain: bool
) -> None:
    settings = {"file": ascii_file()} if plain else {}
    drawn = dashboards.drawn(columns, lines, force_terminal=colour, **settings)
    assert len(drawn) == lines
    shown = [CODES.sub("", line) for line in drawn]
    assert {cell_len(line) for line in shown} == {columns}
    assert all(line.isprintable() for line in shown)
    assert not plain or all(line.isascii() for line in shown)


@pytest.mark.long
@given(st.integers(20, 250), st.integers(1, 80))
def test_no_number_is_cut_through_without_an_ellipsis(columns: int, lines: int) -> None:
    whole = {found.strip(".,") for found in NUMBERS.findall(text(dashboards.GLANCE, 1000))}
    counted = {f"{number}" for number in range(60)}  # of what is left out
    for line in dashboards.drawn(columns, lines):
        for found in NUMBERS.finditer(line):
            if not line[found.end() :].lstrip(".,").startswith("…"):
                assert found[0].strip(".,") in whole | counted, line


def test_colour_adds_nothing_but_colour() -> None:
    plain = dashboards.drawn(120, 40)
    coloured = dashboards.drawn(120, 40, force_terminal=True, color_system="standard")
    assert coloured != plain
    # The open part of the bar is drawn in colour, or left out.
    assert [re.sub("[━╸╺]", " ", CODES.sub("", line)) for line in coloured] == [
        re.sub("[━╸╺]", " ", line) for line in plain
    ]


def test_a_larger_window_shows_more_and_all_is_shown_where_nothing_limits() -> None:
    shown = [sum(bool(line.strip()) for line in dashboards.drawn(80, n)) for n in (12, 24, 50, 90)]
    assert shown == sorted(set(shown))
    told = text(dashboards.GLANCE)
    for part in ("Progress", "Now", "Failed", "Queue", "Issues", "To decide", "Lately"):
        assert re.search(rf"^{part}.* ──", told, re.MULTILINE)
    for part in ("Sessions", "Services", "Disk"):
        assert f"\n{part} ──" in told
    assert " more\n" not in re.sub(r" +\n", "\n", told)


def test_names_of_strangers_are_shown_as_text() -> None:
    told = text(dashboards.GLANCE, 200)
    assert r"Evil\x1b[2J\u202eN" in told
    assert r"Disk \x07 error 5" in told


def test_what_is_not_known_is_left_out_and_not_shown_as_zero() -> None:
    flow = PeriodTotals(completed=3)
    week = msgspec.structs.replace(dashboards.WEEKS[-1], flow=flow)
    standing = msgspec.structs.replace(
        dashboards.STANDING, per_hour=None, seconds_left=None, notes=0
    )
    account = msgspec.structs.replace(
        dashboards.ACCOUNT,
        weeks=[week],
        estimate=None,
        status=standing,
        failed_items=[],
        sessions=[],
    )
    glance = with_account(account)
    told = text(
        msgspec.structs.replace(
            glance,
            queues=[msgspec.structs.replace(glance.queues[0], running_sessions=[], events=[])],
        )
    )
    for word in (
        "Services",
        "request",
        "an hour",
        "done by 2",
        "Failed",
        "Now",
        "Sessions",
        "note",
    ):
        assert word not in told, word
    assert "this week 3 completed" in told


def test_a_finished_library_says_so_without_a_time_left() -> None:
    counts = {**dict.fromkeys(dashboards.STANDING.counts, 0), "completed": 14}
    standing = msgspec.structs.replace(
        dashboards.STANDING, total=14, counts=counts, percentage=100.0, waiting=0, seconds_left=0.0
    )
    account = msgspec.structs.replace(dashboards.ACCOUNT, status=standing, estimate=None)
    told = text(with_account(account))
    assert "14 of 14 artists completed (100.0%)" in told
    assert "of work left" not in told
    assert "412 artists an hour" in told


def test_workers_of_a_scheduler_are_shown_with_host_memory_pace_and_items() -> None:
    workers = [
        WorkerStatus("nas", "tcp://10.0.0.2:1", ["Sigur Rós"], 412_000_000, 12.5),
        WorkerStatus("attic", "tcp://10.0.0.3:1", [], 90_000_000, 0.0),
    ]
    crew = msgspec.structs.replace(
        dashboards.CREWS[1], workers=workers, scheduler_dashboard="http://nas:8787/status"
    )
    look = QueueSnapshot(MUSIC, dashboards.ACCOUNT, [crew], [])
    snapshot = msgspec.structs.replace(dashboards.GLANCE, queues=[look])
    shown = [" ".join(line.split()) for line in dashboards.render(snapshot, 100)]
    for line in (
        "Dask's dashboard: http://nas:8787/status",
        "nas 412 MB 12.5 tasks/min Sigur Rós",
        "attic 90.0 MB 0 tasks/min idle",
    ):
        assert line in shown
    assert any(line.startswith("Cluster: 2 workers on 2 hosts") for line in shown)
    (data,) = dashboard_json.to_json(snapshot)
    assert data["live"][0]["workers"] == [msgspec.to_builtins(worker) for worker in workers]
    assert data["live"][0]["scheduler_dashboard"] == "http://nas:8787/status"


def test_a_session_that_died_is_shown_as_dead() -> None:
    dead = msgspec.structs.replace(dashboards.CREWS[1], alive=False)
    look = msgspec.structs.replace(dashboards.GLANCE.queues[0], running_sessions=[dead])
    told = text(msgspec.structs.replace(dashboards.GLANCE, queues=[look]), 200)
    assert "Now: no session at work" in told
    dead_row = r"20251217_session_002 +dead +process 1234; the next batch retries its artists: "
    assert re.search(dead_row, text(msgspec.structs.replace(dashboards.GLANCE, queues=[look]), 250))


def test_a_session_whose_end_is_not_in_the_history_yet_is_not_called_killed() -> None:
    def state(seconds: int, crews: list[RunningSession]) -> str:
        now = datetime.fromisoformat(dashboards.SITTINGS[-1].last) + timedelta(seconds=seconds)
        look = msgspec.structs.replace(dashboards.GLANCE.queues[0], running_sessions=crews)
        told = text(msgspec.structs.replace(dashboards.GLANCE, queues=[look], now=now), 200)
        (line,) = [row for row in told.splitlines() if running.session in row and "430" in row]
        return line.split()[1]

    running = dashboards.CREWS[1]
    assert state(2, [running]) == "at"
    assert state(2, []) == "ending"
    assert state(2, [msgspec.structs.replace(running, alive=False)]) == "killed"
    assert state(120, []) == "killed"


def test_a_batch_that_found_nothing_to_do_is_not_called_killed() -> None:
    spans = [msgspec.structs.replace(dashboards.SITTINGS[-1], settled=0, seconds=0.0)]
    summary = msgspec.structs.replace(dashboards.ACCOUNT, sessions=spans)
    look = msgspec.structs.replace(
        dashboards.GLANCE.queues[0], running_sessions=[], summary=summary
    )
    told = text(msgspec.structs.replace(dashboards.GLANCE, queues=[look]), 200)
    assert re.search(r"ended +.*0 artists +20251217_session_002", told)


def test_of_many_failures_the_number_is_told() -> None:
    many = [FailedItem(f"A{n}", "no", dashboards.at("10:00:00"), 1, "") for n in range(1500)]
    account = msgspec.structs.replace(dashboards.ACCOUNT, failed_items=many)
    told = "\n".join(dashboards.render(with_account(account), 80, 40))
    assert "Failed: 1,500 artists" in told
    hidden = re.search(r"and ([\d,]+) more", told.partition("Failed")[2])
    assert hidden
    shown = len(re.findall(r"A\d+ +1 try, given up", told))
    assert shown + int(hidden[1].replace(",", "")) == 1500


def test_failures_of_several_kinds_are_counted_and_retried_by_kind() -> None:
    def fail(*next_tries: str) -> KindSummary:
        failed = [
            FailedItem("A", "no", dashboards.at("10:00:00"), 1, next_) for next_ in next_tries
        ]
        return msgspec.structs.replace(dashboards.ACCOUNT, failed_items=failed)

    later = dashboards.at("15:00:00")
    queues = [
        QueueSnapshot(MUSIC, fail(later), [], []),
        QueueSnapshot(MOVIES, fail("", ""), [], []),
    ]
    shown = text(msgspec.structs.replace(dashboards.GLANCE, queues=queues), 100)
    assert "Failed: 1 artist, 2 movies" in shown
    (command,) = re.findall(r"(\S+)\.py .*--reset-errors", shown)
    assert command == "utilities/movie_queue_manager"  # no artist needs that


def test_every_recorded_operation_has_a_text() -> None:
    sources = Path(render.__file__).parents[2].rglob("*.py")
    calls = [re.findall(r'QueueChange\(\s*"(\w+)"', path.read_text()) for path in sources]
    recorded = {name for names in calls for name in names} - event_log.TRANSIENT_OPS
    assert "forget" in recorded
    assert recorded - stage_rows.STAGE_OPS - {"settle"} <= render._TEXT_BY_OP.keys()


def test_a_queue_that_cannot_be_read_says_why_before_all_else() -> None:
    error = SnapshotDamaged("/home/me/queue.json", "it is cut off", "cp good queue")
    look = QueueSnapshot(MUSIC, None, dashboards.CREWS, [], error)
    drawn = dashboards.render(msgspec.structs.replace(dashboards.GLANCE, queues=[look]), 80, 24)
    assert "The music queue cannot be read" in drawn[1]
    assert "it is cut off" in " ".join(line.strip() for line in drawn)


def test_a_command_can_be_pasted_whatever_the_home_is_called() -> None:
    glance = msgspec.structs.replace(
        dashboards.GLANCE,
        accept_command=fix_commands.accept_kind_command(Path("/home/me/my keep"), "missing-cover"),
    )
    lines = [line.strip() for line in text(glance).splitlines()]
    first = next(n for n, line in enumerate(lines) if "fix_metadata.py" in line)
    pasted = "\n".join(lines[first : first + 2]).replace("\\\n", " ")
    words = shlex.split(pasted)
    assert words[words.index("--home") + 1] == "/home/me/my keep"
    assert words[-2:] == ["--accept-kind", "missing-cover"]


def test_two_kinds_are_told_apart() -> None:
    films = msgspec.structs.replace(MUSIC, name="movies", noun="movie", plural="movies")
    standing = msgspec.structs.replace(
        dashboards.STANDING, kind="movies", noun="movie", plural="movies", total=12931
    )
    other: KindSummary = msgspec.structs.replace(dashboards.ACCOUNT, status=standing)
    looks = [*dashboards.GLANCE.queues, QueueSnapshot(films, other, [], [])]
    told = text(msgspec.structs.replace(dashboards.GLANCE, queues=looks), 200)
    assert re.search(r"music +━.* 7,559 of 12,930 artists completed", told)
    assert re.search(r"movies +━.* 7,559 of 12,931 movies completed", told)
    assert "movies:" in told.partition("Queue")[2]


def test_times_of_another_day_bear_their_date() -> None:
    later = msgspec.structs.replace(dashboards.GLANCE, now=dashboards.NOW + timedelta(days=1))
    assert "17 Dec 13:00" in text(later)
    assert "17 Dec 13:00" not in text(dashboards.GLANCE)


def test_markup_in_names_is_shown_as_text() -> None:
    failure = FailedItem("[red]A[/red]", "[link=x]:smile:[/]", dashboards.at("10:00:00"), 1, "")
    account = msgspec.structs.replace(dashboards.ACCOUNT, failed_items=[failure])
    told = text(with_account(account))
    assert "[red]A[/red]" in told
    assert "[link=x]:smile:[/]" in told


@given(st.text(max_size=20))
def test_text_for_an_ascii_terminal_has_the_same_width(name: str) -> None:
    plain = styled_text.compose_text(name).plain
    shown = styled_text.convert_to_ascii(Segment(plain)).text
    assert shown.isascii()
    assert cell_len(shown) == cell_len(plain)
