"""The name and the mode that a finished book gets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mediakeep.audiobooks import settings
from mediakeep.audiobooks.book_job import BookJob
from mediakeep.audiobooks.details.book_tags import BookDetails
from mediakeep.audiobooks.item import AudiobookItem
from mediakeep.audiobooks.settings import BookSettings
from mediakeep.errors import UsageError
from mediakeep.item import Status

NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)


def build_name(name: str, *, has_time: bool = False) -> str:
    status, path = Status.PENDING, "/library/Book"
    item = AudiobookItem(status=status, path=path, added_date=NOW.isoformat())
    given = {"output": name, "timestamp_names": has_time}
    return BookJob(item, "Book", BookSettings(home="", given=given)).build_file_name(
        BookDetails("Book")
    )


@pytest.mark.parametrize(("text", "mode"), [("640", 0o640), ("0444", 0o444), ("", None)])
def test_a_valid_mode(text: str, mode: int | None) -> None:
    assert settings.parse_file_mode(text) == mode


@pytest.mark.parametrize("text", ["8", "rw-r-----", "999", "1640", "040", "64", "٦٤٠", "-640"])
def test_an_invalid_mode_is_explained(text: str) -> None:
    with pytest.raises(UsageError, match=r"Invalid file mode .*, such as 640\."):
        settings.parse_file_mode(text)


def test_a_name_is_valid_everywhere() -> None:
    assert build_name('A: "B"/C?') == "A_ _B__C_"
    name = build_name("字" * 300, has_time=True)
    assert name.endswith(f"_{NOW.astimezone():%Y%m%d_%H%M%S}")
    assert len(f"{name} (999).m4b".encode()) < 255
