"""Header packets of any size are spread over valid Ogg pages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest
from mutagen.ogg import OggPage

from mediakeep.media.audio import tags
from mediakeep.media.audio.decode import ogg_page_scan
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.safewrite.write_tags import SetField
from tests.media import writable_files


@pytest.mark.parametrize("name", ["ogg", "opus"])
def test_comments_of_any_size_fit_on_pages(tmp_path: Path, name: str) -> None:
    path = writable_files.put(tmp_path, name)
    # Multiples of 255, of the page size, and just below the largest page.
    for size in (255 * 100, 31_000, 31_875, 32_100, 58_000, 61_500, 63_000, 64_500, 65_024, 65_536):
        for more in (1, 30_000):
            wanted = SetField("title", ("T" * size,)), SetField("album", ("A" * more,))
            writable_files.write(path, tmp_path, *wanted)
            assert len(tags.read(path).tags.title[0]) == size
            with path.open("rb") as handle:
                source = BoundedFile(handle.fileno(), path.stat().st_size)
                assert ogg_page_scan.scan_pages(source).damaged == []


def test_pages_are_renumbered_on_a_disk_that_writes_less_than_requested(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = writable_files.put(tmp_path, "ogg")
    real = os.pwrite

    def write_part(handle: int, data: memoryview, offset: int) -> int:  # POSIX allows it
        return real(handle, data[:16], offset)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", write_part)
        writable_files.write(path, tmp_path, SetField("title", ("T" * 65_536,)))
    with path.open("rb") as handle:
        source = BoundedFile(handle.fileno(), path.stat().st_size)
        assert ogg_page_scan.scan_pages(source).damaged == []
    with path.open("rb") as handle:
        numbers = list(read_page_numbers(handle))
    assert numbers == list(range(len(numbers)))


def read_page_numbers(handle: BinaryIO) -> Iterator[int]:
    while True:
        try:
            yield OggPage(handle).sequence
        except EOFError:
            return
