"""A run that adds covers is killed at any moment, and the next run completes it."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from mediakeep import atomic_files
from mediakeep.policy import FixLevel
from tests.crash import faults
from tests.crash.faults import AFTER, BEFORE, TORN, InterruptingTap, ProcessDied
from tests.crash.tagger import context
from tests.crash.tap import FileCall, Tap, ignore, named
from tests.music.coverless import Workspace, open_workspace

KINDS = ("missing-cover", "cover-upgrade", "external-cover-not-embedded")


@pytest.mark.loop
@pytest.mark.parametrize(
    "step", [9, pytest.param(1, marks=pytest.mark.slow)], ids=["some", "every"]
)
@pytest.mark.parametrize("matched", [False, True])
def test_a_run_that_is_killed_anywhere_is_ended_by_the_next(
    tmp_path: Path, matched: bool, step: int
) -> None:
    more = {"fix": FixLevel.MATCHED} if matched else {"cover_art": "both"}
    with open_workspace(tmp_path / "first") as workspace:
        workspace.fill("flac", picture="cover.jpg" if matched else "")
        workspace.run(policy={"fix": FixLevel.NONE})
        before = workspace.contents()
        shutil.copytree(workspace.root, tmp_path / "kept")
        workspace.run(policy=more)
        after = sorted(workspace.contents())
        ends = set()
        for number in range(1, 10**6, step):
            shutil.rmtree(workspace.root)
            shutil.copytree(tmp_path / "kept", workspace.root)
            request_count = len(workspace.asked)
            cut = InterruptingTap(number, 0.5)
            with cut, contextlib.suppress(ProcessDied):
                workspace.run(policy=more)
            shelf_now = workspace.covers(), (workspace.album / "cover.png").exists()
            ends.add(str(shelf_now))
            outcome = workspace.run(policy=more)
            assert workspace.covers() == [(1200, 1200)] * 3
            atomic_files.remove_stale_temp_files(workspace.album, older=-1)
            assert sorted(workspace.contents()) == after
            assert len(workspace.asked) - request_count <= 2
            repairs = outcome.facts["repairs"]  # a cover that is there already is another's
            assert sum(repairs.get(kind, 0) for kind in KINDS) == (3 if matched else 4)
            workspace.take_back()
            assert workspace.contents() == before
            if not cut.fired:
                break
        assert len(ends) > 3


def is_cover_write(call: FileCall) -> bool:
    return "/cache/covers/" in call.path


def is_sidecar_write(call: FileCall) -> bool:
    return call.path.endswith(".tmp") and "/music/" in call.path


POINTS: dict[str, faults.Moment] = {
    "fetched picture torn": (TORN, named("write", is_cover_write)),
    "fetched picture kept": (AFTER, named("replace", is_cover_write)),
    "file beside synced": (AFTER, named("sync", is_sidecar_write)),
    "record synced": (AFTER, named("sync", lambda call: "/undo/" in call.path)),
    "before its name": (BEFORE, named("link", is_sidecar_write)),
    "after its name": (AFTER, named("link", is_sidecar_write)),
    "first track written": (AFTER, named("replace", is_sidecar_write)),
}
USUAL = ("fetched picture kept", "before its name", "after its name")


def die_at(root: Path, url: str, point: str) -> None:
    """Give the album its cover, and kill this process at a point of that."""
    when, fits = POINTS[point]

    def come(call: FileCall) -> None:
        if fits(call):
            faults.write_partly(call, 0.5) if when == TORN else faults.die()

    with Tap(ignore if when == AFTER else come, come if when == AFTER else ignore):
        Workspace(root, cast(Any, SimpleNamespace(url=url))).run(policy={"cover_art": "both"})


@pytest.mark.parametrize(
    "point",
    [point if point in USUAL else pytest.param(point, marks=pytest.mark.slow) for point in POINTS],
)
def test_a_killed_process_loses_nothing_and_nothing_is_fetched_twice(
    tmp_path: Path, point: str
) -> None:
    with open_workspace(tmp_path) as workspace:
        workspace.fill("flac")
        before = workspace.contents()
        process = context.Process(target=die_at, args=(workspace.root, workspace.server.url, point))
        process.start()
        process.join(60)
        assert process.exitcode == -9
        fetched = len(workspace.asked)
        assert (workspace.album / "cover.png").exists() is (
            point in ("after its name", "first track written")
        )
        workspace.run(policy={"cover_art": "both"})
        assert len(workspace.asked) - fetched == (point == "fetched picture torn")
        assert workspace.covers() == [(1200, 1200)] * 3
        assert (workspace.album / "cover.png").is_file()
        atomic_files.remove_stale_temp_files(workspace.album, older=-1)
        workspace.take_back()
        assert workspace.contents() == before
