"""Space for a book is checked before it is encoded."""

from __future__ import annotations

import pytest

from mediakeep.audiobooks import prepare_book
from mediakeep.audiobooks.book_job import BookJob
from mediakeep.audiobooks.item import AudiobookItem
from mediakeep.audiobooks.settings import BookPaths, BookSettings
from mediakeep.errors import NotEnoughSpace
from mediakeep.item import Status


@pytest.mark.linux  # /proc is a volume without space
def test_an_output_folder_that_is_a_volume_of_its_own_is_checked() -> None:
    options = {"output_dir": "/proc"}
    item = AudiobookItem(status=Status.PENDING, path="/none/Book", options=options)
    settings = BookSettings(home="/none", paths=BookPaths(working_dir="/none"))
    with pytest.raises(NotEnoughSpace, match="on /proc, 0 B free"):
        prepare_book.check_space(BookJob(item, "Book", settings), 1)
