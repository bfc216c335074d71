"""Write the tags and the cover of a book with mutagen, as audiobook players read them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from mediakeep.media import pictures
from mediakeep.media.audio import formats
from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.mutagen_tags.tag_items import FileItems, TagItem, TagPicture

_NUMBERED = re.compile(r"(.*\S)\s+#([^#\s]+)")  # a series, as in "Foundation #2"
_SERIES_SEPARATOR = ";"
_AUDIOBOOK = "2"  # iTunes' media kind
_MAX_MOVEMENT = 32_767  # of the 16 bits in its atom
_FREEFORM = "----:com.apple.iTunes:"
_FIELDS = {  # of the items that have the value of a field
    "\xa9nam": "title",
    "\xa9alb": "title",
    "\xa9ART": "author",
    "aART": "author",
    "\xa9wrt": "narrator",  # the composer is where players look for it
    "\xa9day": "year",
    "\xa9gen": "genre",
    "desc": "description",
    "ldes": "description",
    "rtng": "advisory",
    # As audiobookshelf reads them.
    **{
        _FREEFORM + name.upper(): name
        for name in ("subtitle", "publisher", "language", "isbn", "asin")
    },
}
ADVISORIES = ("1", "2", "4")  # explicit, clean, and explicit as iTunes wrote it before


Series = tuple[str, str]  # its name, and the number of the book in it or ""


class BookDetails(msgspec.Struct, frozen=True):
    """The tags of a book, "" for those that are unknown; `cover` is a JPEG or PNG, or b"".

    `more_series` are the other series, as in "Robots #3; Empire", and genres are separated alike.
    `advisory` is one of ADVISORIES.
    """

    title: str
    author: str = ""
    narrator: str = ""
    series: str = ""
    part: str = ""
    year: str = ""
    genre: str = "Audiobook"
    description: str = ""
    more_series: str = ""
    subtitle: str = ""
    publisher: str = ""
    language: str = ""
    isbn: str = ""
    asin: str = ""
    advisory: str = ""
    cover: bytes = b""


def write_tags(path: Path, details: BookDetails) -> None:
    """Replace the tags of an M4B that is not published yet.

    Raises ValueError if the cover is neither JPEG nor PNG, and OSError.
    """
    values = {name: getattr(details, field) for name, field in _FIELDS.items()}
    values |= {"stik": _AUDIOBOOK, "pgap": "1", **_build_series(details)}
    items = tuple(TagItem(name, (value,)) for name, value in values.items() if value)
    covers = (_to_picture(details.cover),) if details.cover else ()
    adapter.save_items(path, formats.MP4.name, FileItems(items, covers))


def _build_series(details: BookDetails) -> dict[str, str]:
    """Return the items of the series.

    Audiobookshelf reads several from SERIES and SERIES-PART only if all have a number; else it
    reads them from the grouping, but only without SERIES.
    """
    if not details.series:
        return {}
    found = [(details.series, details.part), *parse_series_list(details.more_series)]
    names, parts = zip(*found, strict=True)
    is_movement = details.part.isdecimal() and int(details.part) <= _MAX_MOVEMENT
    is_numbered = len(found) == 1 or all(parts)
    return {
        "\xa9mvn": details.series,
        "\xa9mvi": details.part if is_movement else "",
        "shwm": "1",
        "\xa9grp": format_series(found) if len(found) > 1 else "",
        _FREEFORM + "SERIES": "; ".join(names) if is_numbered else "",
        _FREEFORM + "SERIES-PART": "; ".join(parts) if is_numbered else "",
    }


def _to_picture(cover: bytes) -> TagPicture:
    mime, _, _ = pictures.identify_picture(lambda offset, size: cover[offset : offset + size])
    if mime not in ("image/jpeg", "image/png"):
        raise ValueError("the cover is neither JPEG nor PNG")
    return TagPicture(FRONT_COVER_TYPE, mime, "", cover)


def parse_series(text: str) -> Series:
    """Return the series in a text such as "Foundation #2"."""
    match = _NUMBERED.fullmatch(text.strip())
    return (match[1], match[2]) if match else (text.strip(), "")


def parse_series_list(text: str) -> list[Series]:
    """Return the series in a list of several."""
    return [parse_series(part) for part in text.split(_SERIES_SEPARATOR) if part.strip()]


def format_series(found: Iterable[Series]) -> str:
    """Return the text that `parse_series_list` reads."""
    return f"{_SERIES_SEPARATOR} ".join(f"{name} #{part}" if part else name for name, part in found)


def to_series_details(found: Iterable[Series]) -> dict[str, str]:
    """Return the details of a book that is in these series: the first one, then the others."""
    (name, part), *others = [one for one in found if one[0]] or [("", "")]
    return {"series": name, "part": part, "more_series": format_series(dict(others).items())}
