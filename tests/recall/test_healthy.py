"""Healthy albums of all sorts earn notes at most."""

import re
from pathlib import Path

import pytest

from tests.recall import healthy, judge
from tests.recall.library import shelf


def _alarms(folder: Path, each: int, seed: int) -> tuple[int, list[str]]:
    """How many albums there are, and a line for each error or warning in them."""
    sorts = healthy.albums(each, seed)
    albums = [album for made in sorts.values() for album in made]
    shelf.write(albums, folder / "music")
    judge.run(folder / "music", folder / "home")
    lines = [
        judge.line(issue) for issue in judge.issues(folder / "home") if issue["severity"] != "note"
    ]
    assert min(len(made) for made in sorts.values()) >= each
    return len(albums), lines


@pytest.mark.loop
@pytest.mark.parametrize("each", [5, pytest.param(30, marks=pytest.mark.slow)])
def test_healthy_albums_of_ten_sorts_have_no_error_and_no_warning(
    tmp_path: Path, each: int
) -> None:
    count, lines = _alarms(tmp_path, each, seed=2024)
    assert count >= 10 * each
    assert not lines, "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_three_thousand_more_have_none_either(tmp_path: Path, seed: int) -> None:
    """Other names, other formats, other manners."""
    _, lines = _alarms(tmp_path, 30, seed)
    assert not lines, "\n".join(lines)


def test_the_judge_knows_nothing_of_what_it_judges() -> None:
    """No module here imports mediakeep, or the library that it reads tags with."""
    foreign = re.compile(r"^\s*(?:from|import)\s+(?:mediakeep|mutagen|utilities)\b", re.MULTILINE)
    for path in Path(__file__).parent.rglob("*.py"):
        assert not foreign.search(path.read_text("utf-8")), path
