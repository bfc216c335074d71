"""The dashboard's board: kept ones, any size, and names that would steer a terminal."""

from __future__ import annotations

import re
import shlex
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.errors import SnapshotDamaged
from mediakeep.kinds import MUSIC
from mediakeep.music import cures
from mediakeep.views import cells
from mediakeep.views.board import board
from mediakeep.views.board.board import Window
from mediakeep.views.board.rows import Style
from mediakeep.views.crews import Crew
from mediakeep.views.flows import Flow
from mediakeep.views.summary import Account, Trouble
from mediakeep.views.watch import Glance, Look
from tests.views import boards

CODES = re.compile(r"\x1b\[[\d;]*m")
NUMBERS = re.compile(r"\d[\d,.]*\d|\d")


def with_account(account: Account) -> Glance:
    """Return the made-up snapshot of a home with another summary."""
    look = Look(MUSIC, account, boards.CREWS, boards.EVENTS)
    return msgspec.structs.replace(boards.GLANCE, looks=[look])


def text(glance: Glance, columns: int = 80, lines: int | None = None) -> str:
    return "\n".join(board.board(glance, Window(columns, lines)))


@pytest.mark.parametrize(("columns", "lines"), boards.SIZES)
def test_a_board_is_the_one_that_was_looked_at(columns: int, lines: int) -> None:
    drawn = "\n".join(line.rstrip() for line in boards.drawn(columns, lines))
    assert f"{drawn}\n" == boards.kept(columns, lines).read_text()


@given(st.integers(1, 250), st.integers(1, 80), st.booleans(), st.booleans())
def test_a_board_fills_its_window_and_no_more(
    columns: int, lines: int, colour: bool, plain: bool
) -> None:
    drawn = boards.drawn(columns, lines, Style(colour, plain))
    assert len(drawn) == lines
    shown = [CODES.sub("", line) for line in drawn]
    assert {cells.width(line) for line in shown} == {columns}
    assert all(line.isprintable() for line in shown)
    assert not plain or all(line.isascii() for line in shown)


@given(st.integers(20, 250), st.integers(1, 80))
def test_no_number_is_cut_through(columns: int, lines: int) -> None:
    whole = {found.strip(".,") for found in NUMBERS.findall(text(boards.GLANCE, 1000))}
    counted = {f"{number}" for number in range(60)}  # of what is left out
    for line in boards.drawn(columns, lines):
        for found in NUMBERS.findall(line):
            assert found.strip(".,") in whole | counted, line


def test_colour_adds_nothing_but_colour() -> None:
    plain = boards.drawn(120, 40)
    coloured = boards.drawn(120, 40, Style(colour=True))
    assert coloured != plain
    assert [CODES.sub("", line) for line in coloured] == plain


def test_a_larger_window_shows_more_and_all_is_shown_where_nothing_limits() -> None:
    shown = [sum(bool(line.strip()) for line in boards.drawn(80, n)) for n in (12, 24, 50, 90)]
    assert shown == sorted(set(shown))
    told = text(boards.GLANCE)
    for part in ("Progress", "Now", "Failed", "Queue", "Issues", "To decide", "Lately"):
        assert f"── {part}" in told
    for part in ("Sessions", "Services", "Disk"):
        assert f"── {part}" in told
    assert " more\n" not in re.sub(r" +\n", "\n", told)


def test_names_of_strangers_are_shown_as_text() -> None:
    told = text(boards.GLANCE, 200)
    assert r"Evil\x1b[2J\u202eN" in told
    assert r"Disk \x07 error 5" in told


def test_what_is_not_known_is_left_out_and_not_shown_as_zero() -> None:
    flow = Flow(completed=3)
    week = msgspec.structs.replace(boards.WEEKS[-1], flow=flow)
    standing = msgspec.structs.replace(boards.STANDING, per_hour=None, seconds_left=None, notes=0)
    account = msgspec.structs.replace(
        boards.ACCOUNT, weeks=[week], estimate=None, standing=standing, troubles=[], sittings=[]
    )
    glance = with_account(account)
    told = text(
        msgspec.structs.replace(
            glance, looks=[msgspec.structs.replace(glance.looks[0], crews=[], events=[])]
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
    counts = {**dict.fromkeys(boards.STANDING.counts, 0), "completed": 14}
    standing = msgspec.structs.replace(
        boards.STANDING, total=14, counts=counts, percentage=100.0, waiting=0, seconds_left=0.0
    )
    account = msgspec.structs.replace(boards.ACCOUNT, standing=standing, estimate=None)
    told = text(with_account(account))
    assert "14 of 14 artists completed (100.0%)" in told
    assert "of work left" not in told
    assert "412 artists an hour" in told


def test_a_session_that_died_is_shown_as_dead() -> None:
    dead = msgspec.structs.replace(boards.CREWS[1], alive=False)
    look = msgspec.structs.replace(boards.GLANCE.looks[0], crews=[dead])
    told = text(msgspec.structs.replace(boards.GLANCE, looks=[look]), 200)
    assert "Now: no session at work" in told
    assert "dead: 20251217_session_002, process 1234; the next batch retries its artists" in told


def test_a_session_whose_end_is_not_in_the_history_yet_is_not_called_killed() -> None:
    def state(seconds: int, crews: list[Crew]) -> str:
        now = datetime.fromisoformat(boards.SITTINGS[-1].last) + timedelta(seconds=seconds)
        look = msgspec.structs.replace(boards.GLANCE.looks[0], crews=crews)
        told = text(msgspec.structs.replace(boards.GLANCE, looks=[look], now=now), 200)
        (line,) = [row for row in told.splitlines() if running.session in row and "430" in row]
        return line.split()[1]

    running = boards.CREWS[1]
    assert state(2, [running]) == "at"
    assert state(2, []) == "ending"
    assert state(2, [msgspec.structs.replace(running, alive=False)]) == "killed"
    assert state(120, []) == "killed"


def test_of_many_failures_the_number_is_told() -> None:
    many = [Trouble(f"A{n}", "no", boards.at("10:00:00"), 1, "") for n in range(1500)]
    account = msgspec.structs.replace(boards.ACCOUNT, troubles=many)
    told = "\n".join(board.board(with_account(account), Window(80, 40)))
    assert "Failed: 1,500 artists" in told
    hidden = re.search(r"and ([\d,]+) more", told.partition("Failed")[2])
    assert hidden
    shown = len(re.findall(r"A\d+ +1 try, given up", told))
    assert shown + int(hidden[1].replace(",", "")) == 1500


def test_a_queue_that_cannot_be_read_says_why_before_all_else() -> None:
    error = SnapshotDamaged("/home/me/queue.json", "it is cut off", "cp good queue")
    look = Look(MUSIC, None, boards.CREWS, [], error)
    drawn = board.board(msgspec.structs.replace(boards.GLANCE, looks=[look]), Window(80, 24))
    assert "The music queue cannot be read" in drawn[1]
    assert "it is cut off" in " ".join(line.strip() for line in drawn)


def test_a_command_can_be_pasted_whatever_the_home_is_called() -> None:
    glance = msgspec.structs.replace(
        boards.GLANCE, accept=cures.accept_all(Path("/home/me/my keep"), "missing-cover")
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
        boards.STANDING, kind="movies", noun="movie", plural="movies", total=12931
    )
    other: Account = msgspec.structs.replace(boards.ACCOUNT, standing=standing)
    looks = [*boards.GLANCE.looks, Look(films, other, [], [])]
    told = text(msgspec.structs.replace(boards.GLANCE, looks=looks), 200)
    assert re.search(r"music █.* 7,559 of 12,930 artists completed", told)
    assert re.search(r"movies █.* 7,559 of 12,931 movies completed", told)
    assert "movies:" in told.partition("Queue")[2]


def test_times_of_another_day_bear_their_date() -> None:
    later = msgspec.structs.replace(boards.GLANCE, now=boards.NOW + timedelta(days=1))
    assert "17 Dec 13:00" in text(later)
    assert "17 Dec 13:00" not in text(boards.GLANCE)
