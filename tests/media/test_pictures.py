"""Pictures are identified by their bytes, with width and height, in files and tags."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mediakeep.errors import Unreadable
from mediakeep.media import pictures
from mediakeep.media.audio import tags
from mediakeep_samples.music import track_files
from tests.music import shelf
from tests.sampling import each_row

WIDE, HIGH = 640, 480


def segment(marker: int, size: int) -> bytes:
    """A segment of a JPEG with a content of that many bytes (ITU-T T.81, B.1.1.4)."""
    return struct.pack(">BBH", 0xFF, marker, 2 + size) + bytes(size)


def jpeg(*before: bytes, marker: int = 0xC0) -> bytes:
    frame = struct.pack(">BBHBHHB", 0xFF, marker, 17, 8, HIGH, WIDE, 3)
    return b"\xff\xd8" + b"".join(before) + frame + bytes(9)


def webp(kind: bytes, content: bytes) -> bytes:
    """A WebP file of one chunk (RFC 9649)."""
    body = b"WEBP" + kind + struct.pack("<I", len(content)) + content
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff(order: str) -> bytes:
    """A directory with width as a short and height as a long number (TIFF 6.0, 2)."""
    mark = b"II" if order == "<" else b"MM"
    entries = struct.pack(f"{order}HHIH2x", 0x100, 3, 1, WIDE)
    entries += struct.pack(f"{order}HHII", 0x101, 4, 1, HIGH)
    return mark + struct.pack(f"{order}HIH", 42, 8, 2) + entries + bytes(4)


THREE = (WIDE - 1).to_bytes(3, "little") + (HIGH - 1).to_bytes(3, "little")
IMAGES = {
    "plain.jpg": ("image/jpeg", jpeg()),
    "progressive.jpg": ("image/jpeg", jpeg(marker=0xC2)),
    "camera.jpg": (
        "image/jpeg",
        jpeg(segment(0xE1, 60_000), segment(0xE2, 65_000), segment(0xC4, 30)),
    ),
    "filled.jpg": ("image/jpeg", jpeg(b"\xff\xff", segment(0xDB, 64), b"\xff\x01")),
    "a.png": ("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", WIDE, HIGH)),
    "a.gif": ("image/gif", b"GIF89a" + struct.pack("<HH", WIDE, HIGH)),
    "old.gif": ("image/gif", b"GIF87a" + struct.pack("<HH", WIDE, HIGH)),
    "lossy.webp": (
        "image/webp",
        webp(b"VP8 ", bytes(3) + b"\x9d\x01\x2a" + struct.pack("<HH", WIDE | 0x4000, HIGH)),
    ),
    "lossless.webp": (
        "image/webp",
        webp(b"VP8L", b"\x2f" + struct.pack("<I", WIDE - 1 | HIGH - 1 << 14)),
    ),
    "extended.webp": ("image/webp", webp(b"VP8X", bytes(4) + THREE)),
    "a.bmp": ("image/bmp", b"BM" + struct.pack("<IIIIii", 99, 0, 54, 40, WIDE, -HIGH)),
    "old.bmp": ("image/bmp", b"BM" + struct.pack("<IIIIHH", 99, 0, 26, 12, WIDE, HIGH)),
    "little.tif": ("image/tiff", tiff("<")),
    "big.tif": ("image/tiff", tiff(">")),
}


@each_row("name", IMAGES)
def test_a_picture_file_is_known_by_its_bytes(tmp_path: Path, name: str) -> None:
    mime, data = IMAGES[name]
    path = tmp_path / "cover.txt"
    path.write_bytes(data + bytes(100))
    assert pictures.read_picture_info(path) == (mime, WIDE, HIGH)


@each_row("name", IMAGES)
@each_row("suffix", shelf.FORMATS)
def test_an_embedded_picture_is_known_by_its_bytes(
    tmp_path: Path, name: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    mime, data = IMAGES[name]
    with monkeypatch.context() as patch:  # only the drawn ones come with the package
        patch.setattr(
            track_files, "read_seed_file", lambda asked: data if "cover" in asked else SEED(asked)
        )
        path = shelf.put(tmp_path / f"a.{suffix}", picture="cover.png")
    (picture,) = tags.read(path).tags.pictures
    assert (picture.seen, picture.width, picture.height) == (mime, WIDE, HIGH)
    assert (picture.mime, picture.size) == ("image/png", len(data))


SEED = track_files.read_seed_file


@each_row("name", IMAGES)
def test_a_picture_that_ends_early_keeps_its_kind_or_is_none(tmp_path: Path, name: str) -> None:
    mime, data = IMAGES[name]
    path = tmp_path / "cover.jpg"
    for length in range(len(data)) if len(data) < 100 else (1, 3, 10, 70_000):
        path.write_bytes(data[:length])
        seen, width, height = pictures.read_picture_info(path)
        assert seen in ("", mime)
        assert seen or (width, height) == (0, 0)


@each_row(
    "data",
    [
        b"",
        b"<!DOCTYPE html><html>404 Not Found</html>",
        b"BMW is a car maker, and this a text about it",
        b"RIFF\0\0\0\0WAVEfmt ",
        b"GIF88a" + bytes(50),
        bytes(5000),
    ],
)
def test_what_is_no_picture_is_none(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "cover.jpg"
    path.write_bytes(data)
    assert pictures.read_picture_info(path) == ("", 0, 0)


def test_a_jpeg_without_end_of_its_segments_has_no_size(tmp_path: Path) -> None:
    path = tmp_path / "cover.jpg"
    path.write_bytes(b"\xff\xd8" + segment(0xE1, 40_000) * 200)
    assert pictures.read_picture_info(path) == ("image/jpeg", 0, 0)


def test_a_picture_file_that_refuses_says_why(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="a broken link"):
        pictures.read_picture_info(tmp_path / "cover.jpg")
    path = tmp_path / "locked.jpg"
    path.write_bytes(jpeg())
    with (
        shelf.deny_access(path),
        pytest.raises(Unreadable, match="Grant this user read permission"),
    ):
        pictures.read_picture_info(path)
