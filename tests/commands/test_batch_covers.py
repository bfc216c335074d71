"""Batches give albums their covers: dry run, planned, reported, undone, and requested once."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import response_faults
from tests.commands import covered, hands
from tests.commands.covered import Desk, Stock
from tests.commands.hands import Told, state
from tests.music.coverless import is_cover

BATCH, UNDO = "process_music_batch", "undo_changes"
BOTH = ("--cover-art", "both")


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Stock, dict[Path, bytes]]]:
    """A library before and after it has got its covers, and its files before."""
    for one in covered.made(tmp_path_factory.mktemp("desk")):
        covered.fill(one)
        one.home.scan()
        before, kept = contents(one), Stock(one)
        kept.keep("fresh")
        one.ok(BATCH, "--all", *BOTH)
        assert one.covers() == [(1200, 1200)] * 3
        kept.keep("done")
        yield kept, before


@pytest.fixture
def desk(stock: tuple[Stock, dict[Path, bytes]]) -> Desk:
    return stock[0].desk("fresh")


@pytest.fixture
def done(stock: tuple[Stock, dict[Path, bytes]]) -> tuple[Desk, dict[Path, bytes]]:
    """A library that has got its covers, and what it was before."""
    return stock[0].desk("done"), stock[1]


def contents(desk: Desk) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in desk.home.music.rglob("*") if path.is_file()}


def undo(desk: Desk, *words: object) -> Told:
    return hands.run(desk.home, UNDO, *words)


def pictures(desk: Desk) -> list[str]:
    """The pictures that were asked for, each by its last address."""
    return [request.path for request in desk.server.requests if request.path.startswith("/image/")]


def item(desk: Desk) -> dict[str, object]:
    found: dict[str, object] = desk.home.snapshot()["artists"]["Vera"]
    return found


# SimulatedHome and planned


@pytest.mark.long
def test_a_dry_run_tells_of_it_and_what_it_fetched_is_not_asked_for_again(desk: Desk) -> None:
    before = state(desk.home.music)
    told = desk.ok(BATCH, "--dry-run", *BOTH)
    release = desk.world.releases[0].id
    assert f"Dawn/cover.png: created (missing-cover: front cover of the release {release})" in told
    assert f'Dawn: 3 files: cover nothing -> "{release}-1200.png" (missing-cover: ' in told
    assert state(desk.home.music) == before
    desk.ok(BATCH, "--all", *BOTH)
    assert desk.covers() == [(1200, 1200)] * 3
    assert len(pictures(desk)) == 1


def test_a_plan_is_applied_later_and_asks_nobody(desk: Desk, tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    desk.ok(BATCH, "--plan-out", plan, *BOTH)
    listed = json.loads(plan.read_text())["files"]
    lines = [line for one in listed for line in one["changes"]]
    assert {line["field"] for line in lines} >= {"pictures", "cover_file"}
    before, asked = contents(desk), len(desk.server.requests)
    told = desk.ok(BATCH, "--apply-plan", plan)
    assert "4 files changed." in told
    assert desk.covers() == [(1200, 1200)] * 3
    assert (desk.album / "cover.png").is_file()
    assert "4 files already up to date." in desk.ok(BATCH, "--apply-plan", plan)
    assert len(desk.server.requests) == asked
    assert undo(desk, "--session", "last").code == 0
    assert contents(desk) == before


def test_a_plan_whose_picture_is_gone_is_refused(desk: Desk, tmp_path: Path) -> None:
    plan, before = tmp_path / "plan.json", state(desk.home.music)
    desk.ok(BATCH, "--plan-out", plan, *BOTH)
    for path in (desk.home.path / "status" / "cache" / "covers").iterdir():
        path.unlink()
    told = desk.run(BATCH, "--apply-plan", plan)
    assert told.code == 1
    assert "The file is missing" in told.out
    assert state(desk.home.music) == before


# Told and taken back


def test_what_was_done_is_told_and_counted(done: tuple[Desk, dict[Path, bytes]]) -> None:
    desk, _ = done
    found = item(desk)
    assert found["lookup"] == "done"
    assert "issues" not in found
    assert found["auto_fixed"] == 7  # the file, and in each track the cover and the MBIDs
    told = undo(desk, "--list", "--session", "last").out
    assert "Dawn/cover.png: created (missing-cover: front cover of the release " in told
    report = (desk.home.path / str(found["report"])).read_text()
    assert "Dawn/cover.png" in report


@pytest.mark.parametrize(
    "words",
    [("--session", "last"), ("--artist", "Vera"), ("--since", "2h"), ("--file", "Vera")],
    ids=lambda words: words[0],
)
def test_all_of_it_is_taken_back_byte_for_byte_and_not_done_again_by_itself(
    done: tuple[Desk, dict[Path, bytes]], words: tuple[str, ...]
) -> None:
    desk, before = done
    told = undo(desk, *words)
    assert told.code == 0, told
    assert "Dawn/cover.png: removed (as before " in told.out
    assert contents(desk) == before
    assert "auto_fixed" not in item(desk)
    asked = len(desk.server.requests)
    hands.ok(desk.home, "music_queue_manager", "--reset-all", "--yes")
    desk.ok(BATCH, "--all", *BOTH)
    assert [path.name for path in desk.album.iterdir()] == [path.name for path in before]
    assert desk.covers() == [(0, 0)] * 3
    assert [request for request in desk.server.requests[asked:] if is_cover(request)] == []


def test_the_file_alone_is_taken_back_and_brought_back(
    done: tuple[Desk, dict[Path, bytes]],
) -> None:
    desk, _ = done
    cover = desk.album / "cover.png"
    picture = cover.read_bytes()
    told = undo(desk, "--file", cover, "--json").data
    assert [Path(one["path"]).name for one in told["restored"]] == ["cover.png"]
    assert not cover.exists()
    assert desk.covers() == [(1200, 1200)] * 3
    assert undo(desk, "--session", told["session"]).code == 0
    assert cover.read_bytes() == picture


def test_a_file_that_is_another_by_now_is_left_alone_and_the_rest_is_taken_back(
    done: tuple[Desk, dict[Path, bytes]],
) -> None:
    desk, before = done
    cover = desk.album / "cover.png"
    cover.write_bytes(b"mine")
    for words in ((), ("--force",)):
        told = undo(desk, "--artist", "Vera", *words)
        assert told.code == 1
        assert "cover.png not undone: " in told.err
        assert "It is kept; delete it yourself if you do not need it." in told.err
        assert contents(desk) == {**before, cover: b"mine"}


def test_taking_back_can_be_rehearsed(done: tuple[Desk, dict[Path, bytes]]) -> None:
    desk, _ = done
    now = state(desk.home.music)
    told = undo(desk, "--artist", "Vera", "--dry-run")
    assert told.code == 0, told
    assert "Dawn/cover.png: removed" in told.out
    assert state(desk.home.music) == now


def test_what_was_taken_back_is_done_again_where_a_person_asks_for_it(
    done: tuple[Desk, dict[Path, bytes]],
) -> None:
    desk, _ = done
    assert undo(desk, "--artist", "Vera").code == 0
    desk.ok(BATCH, "--artist", "Vera", "--redo", *BOTH)
    assert desk.covers() == [(1200, 1200)] * 3
    assert (desk.album / "cover.png").is_file()


# Set once, and kept for a while


def test_the_settings_of_a_home_are_obeyed(desk: Desk) -> None:
    (desk.home.path / "mediakeep.toml").write_text('cover_art = "file"\ncover_size = "500"\n')
    desk.ok(BATCH, "--all")
    assert desk.covers() == [(0, 0)] * 3
    assert pictures(desk)[0].endswith("_thumb500.png")
    assert (desk.album / "cover.png").is_file()


def test_a_picture_that_nobody_came_for_is_removed_after_a_month(desk: Desk) -> None:
    desk.ok(BATCH, "--dry-run", *BOTH)
    (picture,) = (desk.home.path / "status" / "cache" / "covers").iterdir()
    for days, stays in ((29, True), (31, False)):
        old = time.time() - days * 86400
        os.utime(picture, (old, old))
        desk.ok(BATCH, "--all", "--cover-art", "none")
        assert picture.exists() is stays


def test_an_outage_of_the_archive_is_told_in_one_line_and_ends_with_it(desk: Desk) -> None:
    desk.server.faults.fail_next(response_faults.http_error(retry_after="3600"), 1, is_cover)
    told = desk.run(BATCH, "--all")
    assert told.code == 4
    last = told.out.splitlines()[-1]
    assert last.startswith("1 artist waits for its lookup. The Cover Art Archive is unreachable")
    assert item(desk)["lookup"] == "pending"
    for path in desk.home.path.parent.glob("mediakeep/*.slots"):  # an hour passes
        path.unlink()
    desk.ok(BATCH, "--all")
    assert item(desk)["lookup"] == "done"
    assert desk.covers() == [(1200, 1200)] * 3
