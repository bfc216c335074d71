"""A test of many rows names all that fail, and no row is left out."""

from __future__ import annotations

import inspect
import os
from pathlib import Path

import pytest

from tests.sampling import each_row


def test_every_row_is_run_and_those_that_fail_are_named() -> None:
    seen = []

    @each_row(("word", "size"), [("a", 1), pytest.param("b", 3), ("c", 1), ("d", 0)])
    def check(word: str, size: int, other: str) -> None:
        seen.append(word + other)
        assert len(word) == size

    assert list(inspect.signature(check).parameters) == ["other"]
    with pytest.raises(AssertionError) as told:
        check(other="!")
    assert seen == ["a!", "b!", "c!", "d!"]
    assert [note.partition(": A")[0] for note in told.value.__notes__] == [
        "row: 'b', 3",
        "fails as well: row: 'd', 0",
    ]


def test_a_row_is_named_by_its_id() -> None:
    @each_row("number", [1, 2], ids=["one", "two"])
    @each_row("size", [3], ids=lambda size: size * 2)
    def check(number: int, size: int) -> None:
        assert number == 1

    with pytest.raises(AssertionError) as raised:
        check()
    assert raised.value.__notes__ == ["row: 6", "row: two"]


def test_rows_of_two_tables_are_multiplied() -> None:
    seen = []

    @each_row("one", "ab")
    @each_row("other", "xy")
    def note(one: str, other: str) -> None:
        seen.append(one + other)

    note()
    assert seen == ["ax", "ay", "bx", "by"]


@each_row("number", [0, 1])
def test_each_row_has_an_empty_folder_and_patches_of_its_own(
    number: int, tmp_path: Path, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not list(tmp_path.iterdir()) + list(memory.iterdir())
    assert (tmp_path.name, memory.name) == (f"row{number}", f"row{number}")
    assert "MEDIAKEEP_ROW" not in os.environ
    monkeypatch.setenv("MEDIAKEEP_ROW", "1")
    (tmp_path / "file").touch()
    (memory / "file").touch()
