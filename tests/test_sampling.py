"""A test of many rows names all that fail, and no row is left out."""

from __future__ import annotations

import inspect

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


def test_rows_of_two_tables_are_multiplied() -> None:
    seen = []

    @each_row("one", "ab")
    @each_row("other", "xy")
    def note(one: str, other: str) -> None:
        seen.append(one + other)

    note()
    assert seen == ["ax", "ay", "bx", "by"]
