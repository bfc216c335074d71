"""Pictures that end early are found; whole ones are not, whatever follows or precedes the picture.

All pictures are complete ones that any program opens.
"""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mediakeep.errors import Unreadable
from mediakeep.media import pictures, truncated_pictures
from mediakeep_samples.music import track_files
from tests.recall.tags import pictures as drawn
from tests.sampling import each_row


def bitmap() -> bytes:
    """16 x 16 pixels of 24 bits, stored from the top."""
    header = struct.pack("<IiiHHIIiiII", 40, 16, -16, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + 768, 0, 0, 54) + header + bytes(768)


def with_thumbnail(picture: bytes) -> bytes:
    """A JPEG with another one in its Exif segment, which has an end marker, too."""
    inner = b"Exif\0\0" + drawn.jpeg(16, 16)
    return picture[:2] + struct.pack(">BBH", 0xFF, 0xE1, 2 + len(inner)) + inner + picture[2:]


WHOLE = {
    "cover.jpg": track_files.read_seed_file("cover.jpg"),
    "cover.png": track_files.read_seed_file("cover.png"),
    "thumbnail.jpg": with_thumbnail(track_files.read_seed_file("cover.jpg")),
    "a.gif": drawn.gif(320, 320),
    "a.webp": drawn.webp(300, 300),
    "a.bmp": bitmap(),
}


def is_truncated(folder: Path, data: bytes) -> bool:
    path = folder / "poster.jpg"
    path.write_bytes(data)
    return truncated_pictures.is_truncated(path, pictures.read_picture_info(path)[0])


@each_row("name", WHOLE)
def test_every_end_but_the_whole_one_is_found(tmp_path: Path, name: str) -> None:
    data = WHOLE[name]
    assert not is_truncated(tmp_path, data)
    for part in range(1, 20):
        end = max(20, len(data) * part // 20)
        assert is_truncated(tmp_path, data[:end]), end
    assert is_truncated(tmp_path, data[:-1])


@each_row("name", WHOLE)
def test_bytes_after_the_picture_do_not_matter(tmp_path: Path, name: str) -> None:
    assert not is_truncated(tmp_path, WHOLE[name] + bytes(300))
    if not name.endswith(".gif"):
        assert not is_truncated(tmp_path, WHOLE[name] + b"appended by a camera" * 9_000)


def test_a_file_without_a_check_is_not_called_truncated(tmp_path: Path) -> None:
    assert not is_truncated(tmp_path, b"II*\0" + bytes(40))
    assert not is_truncated(tmp_path, b"<html>")


def test_a_png_of_more_chunks_than_are_read_passes(tmp_path: Path) -> None:
    chunk = struct.pack(">I4sI", 0, b"teST", 0)
    data = drawn.png(20, 20)
    assert not is_truncated(tmp_path, data[:33] + chunk * 60_000 + data[33:-20])


def test_a_picture_that_cannot_be_opened_is_unreadable(tmp_path: Path) -> None:
    with pytest.raises(Unreadable):
        truncated_pictures.is_truncated(tmp_path / "gone.jpg", "image/jpeg")
