"""Read and write the series of a book as audiobookshelf does: "Foundation #2; Robots"."""

from __future__ import annotations

import re
from collections.abc import Iterable

_NUMBERED = re.compile(r"(.*\S)\s+#([^#\s]+)")
_SEPARATOR = ";"

Series = tuple[str, str]  # its name, and the number of the book in it or ""


def parse(text: str) -> Series:
    """Return the series in a text such as "Foundation #2"."""
    match = _NUMBERED.fullmatch(text.strip())
    return (match[1], match[2]) if match else (text.strip(), "")


def parse_list(text: str) -> list[Series]:
    """Return the series in a list of several."""
    return [parse(part) for part in text.split(_SEPARATOR) if part.strip()]


def format_list(found: Iterable[Series]) -> str:
    """Return the text that `parse_list` reads."""
    return f"{_SEPARATOR} ".join(f"{name} #{part}" if part else name for name, part in found)


def to_details(found: Iterable[Series]) -> dict[str, str]:
    """Return the details of a book that is in these series: the first one, then the others."""
    (name, part), *others = [one for one in found if one[0]] or [("", "")]
    return {"series": name, "part": part, "more_series": format_list(dict(others).items())}
