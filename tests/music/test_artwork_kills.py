"""A run that adds covers is killed at any moment, and the next run completes it."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mediakeep import atomic_files
from mediakeep.policy import FixLevel
from tests.crash import faults
from tests.crash.faults import AFTER, BEFORE, TORN, Cut, Dead
from tests.crash.tagger import context
from tests.crash.tap import Call, Tap, ignore
from tests.music.coverless import Yard, made

KINDS = ("missing-cover", "cover-upgrade", "external-cover-not-embedded")


@pytest.mark.parametrize(
    "step", [9, pytest.param(1, marks=pytest.mark.slow)], ids=["some", "every"]
)
@pytest.mark.parametrize("matched", [False, True])
def test_a_run_that_is_killed_anywhere_is_ended_by_the_next(
    tmp_path: Path, matched: bool, step: int
) -> None:
    more = {"fix": FixLevel.MATCHED} if matched else {"cover_art": "both"}
    with made(tmp_path / "first") as yard:
        yard.fill("flac", picture="cover.jpg" if matched else "")
        yard.run(policy={"fix": FixLevel.NONE})
        before = yard.contents()
        shutil.copytree(yard.root, tmp_path / "kept")
        yard.run(policy=more)
        after = sorted(yard.contents())
        ends = set()
        for number in range(1, 10**6, step):
            shutil.rmtree(yard.root)
            shutil.copytree(tmp_path / "kept", yard.root)
            asked = len(yard.asked)
            cut = Cut(number, 0.5)
            with cut, contextlib.suppress(Dead):
                yard.run(policy=more)
            shelf_now = yard.covers(), (yard.album / "cover.png").exists()
            ends.add(str(shelf_now))
            outcome = yard.run(policy=more)
            assert yard.covers() == [(1200, 1200)] * 3
            atomic_files.remove_stale_temp_files(yard.album, older=-1)
            assert sorted(yard.contents()) == after
            assert len(yard.asked) - asked <= 2
            repairs = outcome.facts["repairs"]  # a cover that lies there already is another's
            assert sum(repairs.get(kind, 0) for kind in KINDS) == (3 if matched else 4)
            yard.take_back()
            assert yard.contents() == before
            if not cut.fired:
                break
        assert len(ends) > 3


def kept(call: Call) -> bool:
    return "/cache/covers/" in call.path


def beside(call: Call) -> bool:
    return call.path.endswith(".tmp") and "/music/" in call.path


def named(name: str, fits: Callable[[Call], bool]) -> Callable[[Call], bool]:
    return lambda call: call.name == name and fits(call)


POINTS: dict[str, faults.Moment] = {
    "fetched picture torn": (TORN, named("write", kept)),
    "fetched picture kept": (AFTER, named("replace", kept)),
    "file beside synced": (AFTER, named("sync", beside)),
    "record synced": (AFTER, named("sync", lambda call: "/undo/" in call.path)),
    "before its name": (BEFORE, named("link", beside)),
    "after its name": (AFTER, named("link", beside)),
    "first track written": (AFTER, named("replace", beside)),
}
USUAL = ("fetched picture kept", "before its name", "after its name")


def die_at(root: Path, url: str, point: str) -> None:
    """Give the album its cover, and kill this process at a point of that."""
    when, fits = POINTS[point]

    def come(call: Call) -> None:
        if fits(call):
            faults.torn(call, 0.5) if when == TORN else faults.die()

    with Tap(ignore if when == AFTER else come, come if when == AFTER else ignore):
        Yard(root, cast(Any, SimpleNamespace(url=url))).run(policy={"cover_art": "both"})


@pytest.mark.parametrize(
    "point",
    [point if point in USUAL else pytest.param(point, marks=pytest.mark.slow) for point in POINTS],
)
def test_a_killed_process_loses_nothing_and_nothing_is_fetched_twice(
    tmp_path: Path, point: str
) -> None:
    with made(tmp_path) as yard:
        yard.fill("flac")
        before = yard.contents()
        process = context.Process(target=die_at, args=(yard.root, yard.server.url, point))
        process.start()
        process.join(60)
        assert process.exitcode == -9
        fetched = len(yard.asked)
        assert (yard.album / "cover.png").exists() is (
            point in ("after its name", "first track written")
        )
        yard.run(policy={"cover_art": "both"})
        assert len(yard.asked) - fetched == (point == "fetched picture torn")
        assert yard.covers() == [(1200, 1200)] * 3
        assert (yard.album / "cover.png").is_file()
        atomic_files.remove_stale_temp_files(yard.album, older=-1)
        yard.take_back()
        assert yard.contents() == before
