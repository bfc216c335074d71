"""The picture of a video: a file of the user that is fitted into the frame, or a drawn title card.

Pillow is imported on first use, and only by way of this module.
"""

from __future__ import annotations

import math
import textwrap
import unicodedata
import warnings
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from mediakeep import path_text
from mediakeep.errors import PictureRefused, SettingLost, UsageError
from mediakeep.media import open_file

_FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF")  # others may start programs
_NOT_INSTALLED = (
    "Pillow (reads and draws pictures) is not installed."
    ' Install it with: pip install "mediakeep[art]"'
)
_HINT = "Export it again as JPEG or PNG, or use another picture."
_SCALE_HINT = "Scale it down to the size of the video."

_BACKGROUND, _TITLE_COLOR, _COLOR = (24, 26, 32), (255, 255, 255), (170, 178, 190)
_MAX_TITLE = 300  # characters
_MAX_WIDTH = 0.86  # of the frame
_FONT_SIZE = 100  # in which texts are measured
_MISSING = "\uffff"  # a character of which each font draws the sign for those that it lacks
# Fonts of systems that have more characters than Pillow's own, which has those of ASCII.
_FONTS = (
    *("NotoSans-Regular.ttf", "DejaVuSans.ttf", "LiberationSans-Regular.ttf", "Arial.ttf"),
    *("NotoSansCJK-Regular.ttc", "Arial Unicode.ttf", "Hiragino Sans GB.ttc", "unifont.otf"),
)


def _require_pillow(name: str) -> Any:
    try:
        return import_module(f"PIL.{name}")
    except ImportError as error:
        raise UsageError(_NOT_INSTALLED) from error


def load_picture(path: Path, size: tuple[int, int]) -> Any:
    """Return a picture file as an RGB image of Pillow that is fitted into a size, with borders.

    It is turned as its EXIF data say; only the first frame of an animation is used, and transparent
    parts get the color of the borders. Raises Unreadable, or PictureRefused, before it is decoded
    if it has more pixels than Pillow's limit of 89 million.
    """
    image_module, operations = _require_pillow("Image"), _require_pillow("ImageOps")
    bombs = (image_module.DecompressionBombWarning, image_module.DecompressionBombError)
    with open_file.open_regular_file(path) as file, warnings.catch_warnings():
        warnings.simplefilter("error", image_module.DecompressionBombWarning)
        try:
            image = image_module.open(file, formats=_FORMATS)
            if image.mode in ("L", "RGB", "CMYK") and "transparency" not in image.info:
                image.thumbnail((2 * max(size),) * 2)  # a third of the memory of a large picture
            image = operations.exif_transpose(image)
            if image.mode.startswith("I"):  # 16 bits, of which Pillow would clip the upper ones
                image = image.point(lambda value: value / 256).convert("L")
            image = image.convert("RGBA")
        except bombs as error:
            limit = f"it has more than {image_module.MAX_IMAGE_PIXELS:,} pixels"
            raise PictureRefused(path, limit, _SCALE_HINT) from error
        except image_module.UnidentifiedImageError as error:
            raise PictureRefused(path, "it is no picture of a known format", _HINT) from error
        except (OSError, SyntaxError, ValueError) as error:
            raise PictureRefused(path, f"it cannot be decoded ({error})", _HINT) from error
    background = image_module.new("RGBA", size, _BACKGROUND)
    background.alpha_composite(operations.pad(image, size, color=(0, 0, 0, 0)))
    return background.convert("RGB")


def draw_title_card(
    title: str, date: str = "", show: str = "", *, size: tuple[int, int], font: Path | None = None
) -> Any:
    """Return an RGB image of Pillow with a wrapped title, and a show and date above and below it.

    `font` is a font file of the user; without it, or if it lacks a character, the first of Pillow's
    and the system's fonts that has all of them is used. If none has, the text is reduced to ASCII:
    without accents and other scripts, as signs for missing characters tell viewers nothing.
    """
    image = _require_pillow("Image").new("RGB", size, _BACKGROUND)
    draw = _require_pillow("ImageDraw").Draw(image)
    width, height = size
    rows = (  # text, its center, the height of a line, of all lines, and the color
        (show, 0.12, 0.06, 0.12, _COLOR),
        (title[:_MAX_TITLE] + "…" * (len(title) > _MAX_TITLE), 0.5, 0.15, 0.56, _TITLE_COLOR),
        (date, 0.88, 0.06, 0.12, _COLOR),
    )
    for text, center, max_size, max_height, color in rows:
        shown, scalable = _choose_font(text, font)
        columns = max(14, round(math.sqrt(5 * len(shown))))  # a block of about two by one
        wrapped = "\n".join(textwrap.wrap(shown, columns))
        spacing = 0.25 * scalable.size
        bounds = draw.multiline_textbbox((0, 0), wrapped, scalable, spacing=spacing)
        fit = min(
            max_size * height / scalable.size,
            _MAX_WIDTH * width / max(1, bounds[2]),
            max_height * height / max(1, bounds[3]),
        )
        draw.multiline_text(
            (width / 2, center * height),
            wrapped,
            color,
            scalable.font_variant(size=fit * scalable.size),
            spacing=fit * spacing,
            anchor="mm",
            align="center",
        )
    return image


def _choose_font(text: str, font: Path | None) -> tuple[str, Any]:
    """Return a text and a font that has all its characters; the text is ASCII if none has."""
    for candidate in _iter_fonts(font):
        missing = bytes(candidate.getmask(_MISSING))
        if all(one.isspace() or bytes(candidate.getmask(one)) != missing for one in set(text)):
            return text, candidate
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    shown = "".join(one if one.isprintable() else " " for one in plain)
    return shown, _require_pillow("ImageFont").load_default(_FONT_SIZE)


def _iter_fonts(font: Path | None) -> Iterator[Any]:
    module = _require_pillow("ImageFont")
    if font:
        try:
            yield module.truetype(font, _FONT_SIZE)
        except OSError as error:
            shown = path_text.display_path(font)
            raise SettingLost(
                f"Font {shown} not used: {error}. Use a TrueType or OpenType file."
            ) from error
    yield module.load_default(_FONT_SIZE)
    for name in _FONTS:
        try:
            yield module.truetype(name, _FONT_SIZE)
        except OSError:
            continue  # not installed
