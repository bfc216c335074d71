"""Planted defects of every kind are found, and nothing else is reported."""

from pathlib import Path

import pytest

from tests.recall import judge
from tests.recall.library import shelf
from tests.recall.plants.plan import PLANTS, planted

ENOUGH = 0.98


def _assert_right(folder: Path, tracks: int, each: int, small: bool) -> float:
    """Recall and precision of every kind; the answer is the share of files with a defect."""
    ground = planted(tracks, each, seed=1, small=small)
    count = shelf.write(ground.albums, folder / "music")
    judge.run(folder / "music", folder / "home")
    verdict = judge.judge(ground.defects, judge.issues(folder / "home"))
    for kind in {*PLANTS, *(issue["kind"] for issue in verdict.false)}:
        assert verdict.planted[kind] >= each, f"{kind}\n{judge.table(verdict)}"
        assert verdict.recall(kind) >= ENOUGH, f"{kind}\n{judge.table(verdict)}"
        assert verdict.precision(kind) >= ENOUGH, f"{kind}\n{judge.table(verdict)}"
    return len({defect.place[1:] for defect in ground.defects}) / count


@pytest.mark.loop
@pytest.mark.parametrize(
    ("tracks", "each"), [(750, 2), pytest.param(1500, 4, marks=pytest.mark.slow)]
)
def test_few_defects_of_every_kind_are_told_right(tmp_path: Path, tracks: int, each: int) -> None:
    """In tracks of all formats."""
    _assert_right(tmp_path, tracks, each, small=True)


@pytest.mark.slow
def test_many_defects_of_every_kind_are_told_right(tmp_path: Path) -> None:
    """In 24,000 tracks of all formats, of which few are faulty."""
    assert _assert_right(tmp_path, 24_000, 24, small=False) <= 0.05
