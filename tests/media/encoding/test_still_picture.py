"""Pictures of any kind are fitted into a video's frame, or refused; title cards are drawn."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageFont

from mediakeep.errors import PictureRefused, UsageError
from mediakeep.media.encoding import still_picture
from tests.sampling import each_row

SIZE = (320, 180)
RED, GREEN = (200, 30, 60), (20, 160, 40)
BORDER = (24, 26, 32)


def save(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def png_of_size(width: int, height: int) -> bytes:
    """Return the start of a PNG, without its pixels."""
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    head = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    return b"\x89PNG\r\n\x1a\n" + head + struct.pack(">I4s", 9, b"IDAT")


def turned() -> bytes:
    """Return a JPEG, red at the left, whose EXIF data turn it by a quarter: red is at the top."""
    image, exif = Image.new("RGB", (160, 160), GREEN), Image.Exif()
    image.paste(RED, (0, 0, 80, 160))
    exif[0x0112] = 6
    return save(image, "JPEG", quality=95, exif=exif)


def half_transparent() -> bytes:
    image = Image.new("P", (320, 180), 1)
    image.putpalette([*RED, *GREEN])
    image.paste(0, (0, 0, 160, 180))
    return save(image, "GIF", transparency=1)


def animated() -> bytes:
    frames = [Image.new("RGB", (32, 18), color) for color in (RED, GREEN)]
    return save(frames[0], "GIF", save_all=True, append_images=frames[1:])


WHOLE = Image.new("RGB", (64, 36), RED)
NOISE = save(Image.effect_noise((64, 64), 50), "JPEG")


@each_row(
    ("data", "at", "color"),
    [
        (save(WHOLE, "PNG"), (0, 0), RED),
        (save(WHOLE, "WEBP", quality=95), (319, 179), RED),
        (save(Image.new("RGB", (18, 18), RED), "BMP"), (10, 90), BORDER),
        (save(Image.new("RGB", (18, 18), RED), "TIFF"), (160, 90), RED),
        (save(Image.new("RGB", (4000, 10), RED), "PNG"), (160, 0), BORDER),
        (save(Image.new("CMYK", (64, 36), (0, 255, 255, 0)), "JPEG"), (160, 90), (255, 0, 0)),
        (turned(), (160, 20), RED),
        (turned(), (160, 160), GREEN),
        (half_transparent(), (20, 90), RED),
        (half_transparent(), (300, 90), BORDER),
        (animated(), (160, 90), RED),
        (save(Image.new("I;16", (64, 36), 0x8000), "PNG"), (160, 90), (128, 128, 128)),
        (save(Image.new("L", (64, 36), 99), "PNG"), (160, 90), (99, 99, 99)),
        (save(Image.new("1", (64, 36), 1), "PNG"), (160, 90), (255, 255, 255)),
    ],
    ids=[
        *("png", "webp", "square", "square tiff", "wide", "cmyk", "turned, top", "turned, bottom"),
        *("palette", "its transparency", "animation", "16 bits", "gray", "two colors"),
    ],
)
def test_a_picture_is_shown(
    tmp_path: Path, data: bytes, at: tuple[int, int], color: tuple[int, int, int]
) -> None:
    path = tmp_path / "a"
    path.write_bytes(data)
    image = still_picture.load_picture(path, SIZE)
    assert (image.mode, image.size) == ("RGB", SIZE)
    assert image.getpixel(at) == pytest.approx(color, abs=12)


@each_row(
    ("data", "cause", "hint"),
    [
        (png_of_size(0, 9), "is no picture of a known format", "Export it again"),
        (png_of_size(10_000, 10_000), "has more than 89,478,485 pixels", "Scale it down"),
        (png_of_size(60_000, 60_000), "has more than 89,478,485 pixels", "Scale it down"),
        (png_of_size(9, 9), "cannot be decoded", "Export it again"),
        (NOISE[: len(NOISE) // 2], "cannot be decoded .*truncated", "Export it again"),
        (animated()[:40], "cannot be decoded", "Export it again"),
        (b"", "is no picture of a known format", "Export it again"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n", "is no picture of a known format", "Export it again"),
    ],
    ids=["no pixels", "100 million", "3.6 billion", "no data", "cut", "cut GIF", "empty", "EPS"],
)
def test_a_bad_picture_is_refused(tmp_path: Path, data: bytes, cause: str, hint: str) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(PictureRefused, match=rf"a\.png not used as picture: it {cause}.*{hint}"):
        still_picture.load_picture(path, SIZE)


def test_a_large_picture_is_shrunk_before_it_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, convert, sizes = tmp_path / "large.png", Image.Image.convert, list[int]()
    path.write_bytes(save(Image.new("RGB", (4000, 3000)), "PNG"))

    def record(image: Image.Image, *args: Any, **options: Any) -> Image.Image:
        sizes.append(max(image.size))
        return convert(image, *args, **options)

    monkeypatch.setattr(Image.Image, "convert", record)
    still_picture.load_picture(path, SIZE)
    assert max(sizes) == 2 * max(SIZE)


@each_row(
    ("title", "rows"),
    [
        ("Short", (60, 120)),
        ("The long road to Café Müller – an evening with friends and " * 9, (30, 150)),
        ("x" * 400, (30, 150)),
        ("A\nfew\tlines\0of title", (40, 140)),
    ],
)
def test_a_title_fits_into_its_card(title: str, rows: tuple[int, int]) -> None:
    image = still_picture.draw_title_card(title, "2020-01-31", "A Show", size=SIZE)
    text = image.convert("L").point(lambda value: 255 if value > 100 else 0)
    left, top, right, bottom = text.getbbox()
    assert image.size == SIZE
    assert (left > 10, top > 10, right < 310, bottom < 170) == (True,) * 4
    block = text.crop((0, 31, 320, 149)).getbbox()
    assert rows[0] <= block[1] + 31 < block[3] + 31 <= rows[1]


def test_a_card_without_texts_is_plain() -> None:
    image = still_picture.draw_title_card("", size=SIZE)
    assert image.getcolors() == [(SIZE[0] * SIZE[1], BORDER)]


def test_the_users_font_is_used_and_one_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    font = tmp_path / "own.ttf"
    own = ImageFont.load_default(20)
    assert isinstance(own, ImageFont.FreeTypeFont)
    font.write_bytes(own.font_bytes)
    cards = [still_picture.draw_title_card("AB", size=SIZE, font=one) for one in (font, None)]
    assert cards[0].tobytes() == cards[1].tobytes()
    font.write_bytes(b"no font")
    with pytest.raises(UsageError, match=r"own\.ttf not used: .*\. Use a TrueType or OpenType"):
        still_picture.draw_title_card("AB", size=SIZE, font=font)


def test_signs_that_no_font_has_are_simplified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(still_picture, "_FONTS", ("there is no such font.ttf",))
    accents, plain = (still_picture.draw_title_card(title, size=SIZE) for title in ("Ünï", "Uni"))
    assert accents.tobytes() == plain.tobytes()
    unknown = still_picture.draw_title_card("漢字", size=SIZE)
    assert unknown.getcolors() == [(SIZE[0] * SIZE[1], BORDER)]


def test_without_pillow_the_command_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIL", "PIL.Image"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UsageError, match=r'pip install "mediakeep\[art\]"'):
        still_picture.draw_title_card("A", size=SIZE)
