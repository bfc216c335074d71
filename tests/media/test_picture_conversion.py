"""Pictures of any format become JPEGs with the same size and colors."""

from __future__ import annotations

import struct

import pytest

from mediakeep.errors import DecodingFailed
from mediakeep.media import picture_conversion, pictures
from tests.media import drawn_pictures
from tests.sampling import each_row

COLOR = (200, 30, 60, 255)


@each_row("mime", drawn_pictures.ENCODERS)
def test_pictures_become_jpegs(mime: str) -> None:
    data = drawn_pictures.draw_picture(mime, COLOR)
    converted = picture_conversion.convert_to_jpeg(data)
    info = pictures.identify_picture(lambda offset, size: converted[offset : offset + size])
    assert info == ("image/jpeg", 64, 48)
    assert drawn_pictures.read_color(converted) == pytest.approx(
        COLOR[:3], abs=64 if mime == "image/gif" else 3
    )


@each_row("mime", ["image/png", "image/tiff", "image/webp"])
def test_transparent_pixels_become_white(mime: str) -> None:
    converted = picture_conversion.convert_to_jpeg(drawn_pictures.draw_picture(mime, (9, 9, 9, 0)))
    assert drawn_pictures.read_color(converted) == pytest.approx((255, 255, 255), abs=1)


SIDE = struct.pack("<H", 9000)  # 81 million pixels
HUGE_GIF = b"GIF89a" + SIDE * 2 + b"\0\0\0,\0\0\0\0" + SIDE * 2 + b"\0\x08"
TRUNCATED_PNG = drawn_pictures.draw_picture("image/png", COLOR)[:60]


@each_row(
    ("data", "cause"),
    [
        (b"no picture", "its format is unknown"),
        (b"", "its format is unknown"),
        (HUGE_GIF, "Invalid argument"),
        (TRUNCATED_PNG, "Invalid data|no frame"),
    ],
)
def test_unusable_pictures_are_refused(data: bytes, cause: str) -> None:
    with pytest.raises(DecodingFailed, match=rf"The picture cannot be decoded: .*({cause})"):
        picture_conversion.convert_to_jpeg(data)
