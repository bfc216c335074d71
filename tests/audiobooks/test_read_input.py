"""The input of a book: its format is explained, and parts are joined if they can be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mediakeep.audiobooks import read_input
from mediakeep.audiobooks.read_input import CheckedInput
from mediakeep.audiobooks.settings import BookOptions
from mediakeep.errors import UsageError
from tests.audiobooks import books


def read(folder: Path, **options: Any) -> CheckedInput:
    found = read_input.read_input([folder], BookOptions(**options))
    assert found is not None
    return found


def test_an_encoded_book_that_is_larger_than_needed_is_announced(tmp_path: Path) -> None:
    books.write_mp3(tmp_path / "a.mp3", books.Kind(22_050, 1, 2.0))
    found = read(tmp_path)
    (note,) = found.notes
    assert "is enough: --bitrate 64k --channels 1 --sample-rate 22050" in note
    assert found.book.warnings == (note,)
    assert read(tmp_path, bitrate="source").notes == ()


def test_a_given_format_is_encoded(tmp_path: Path) -> None:
    for name in "ab":
        books.write_part(tmp_path / f"{name}.m4a", 5000)
    joined = read(tmp_path)
    assert (joined.book.is_joined, joined.notes) == (True, ())
    encoded = read(tmp_path, bitrate="64k")
    assert (encoded.book.is_joined, encoded.notes) == (
        False,
        ("Encoded, not joined: a format is given.",),
    )
    books.write_mp3(tmp_path / "c.mp3", books.SHORT)
    mixed = read(tmp_path, bitrate="64k")
    assert (mixed.book.is_joined, mixed.notes) == (False, ())


def test_an_empty_folder_is_no_book_and_a_wrong_order_is_refused(tmp_path: Path) -> None:
    assert read_input.read_input([tmp_path], BookOptions()) is None
    books.write_mp3(tmp_path / "a.mp3", books.SHORT)
    with pytest.raises(UsageError, match="Order natrual not readable"):
        read(tmp_path, order="natrual")
