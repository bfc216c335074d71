"""Parse the details of a book from the names of its folders, as audiobookshelf does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from mediakeep import path_text
from mediakeep.audiobooks.details.detail_files import Details

_NARRATOR = re.compile(r"(.*\S)\s*\{(.+)\}")
_YEAR_FIRST = re.compile(r"\(?(\d{4})\)?\s+-\s+(.+)")
_YEAR_LAST = re.compile(r"(.*\S)\s*[(\[](\d{4})[)\]]")
# "Book 2", "Vol. 3 Title", "1.5", "6. Title"; a title such as "101 Dalmatians" is none of them.
_PART = re.compile(
    r"(?P<label>vol\.? |volume |book )?(?P<number>\d{1,3}(?:\.\d{1,2})?)(?P<dot>\.?)"
    r"(?: (?P<rest>.+))?",
    re.IGNORECASE,
)
_SERIES_PART = re.compile(r"(.*\D)\s+#?(?:book |vol\.? |volume )?(\d{1,3}(?:\.\d{1,2})?)", re.I)
_DISC = re.compile(
    r"[\s,_-]*[(\[]?\b(?:cd|disc|disk|part|teil|tape)\W{0,2}\d{1,3}(?:\s*(?:of|/)\s*\d+)?[)\]]?",
    re.IGNORECASE,
)
_SEPARATOR = " - "


def parse_folders(folders: Sequence[Path], root: Path | None = None) -> Details:
    """Return the details in the names of a book's folders, which always contain a title.

    Below a root, the folders are Author/Title or Author/Series/Title. The last name may be
    "Author - Title" or "Author - Series 2 - Title", without the author below a root, and have a
    part, a year and a narrator: "2 - Title (1999) {Narrator}".
    """
    folder = folders[0]
    if len(folders) > 1:
        title = remove_disc(folder.name)
        folder = folder.with_name(title) if title else folder.parent
    above, name = _list_parents(folder, root), folder.name
    found: Details = {}
    name = path_text.display_path(name).replace("_", " ").strip()
    if match := _NARRATOR.fullmatch(name):
        name, found["narrator"] = match[1], match[2]
    if match := _YEAR_LAST.fullmatch(name):
        name, found["year"] = match[1], match[2]
    if match := _YEAR_FIRST.fullmatch(name):
        found["year"], name = match[1], match[2]
    parts = [part.strip() for part in name.split(_SEPARATOR) if part.strip()]
    if above:
        found["author"] = path_text.display_path(above[0])
        _take_part(parts, found)
        if len(above) > 1:
            found["series"] = path_text.display_path(above[-1])
    else:
        _take_part(parts, found)
        _take_author(parts, found)
    found["title"] = _SEPARATOR.join(parts) or name or "Audiobook"
    return found


def remove_disc(name: str) -> str:
    """Return a name without the number of a disc at its end: "Title (Disc 2)" is "Title"."""
    matches = [*_DISC.finditer(name)]
    return (
        name[: matches[-1].start()].strip() if matches and matches[-1].end() == len(name) else name
    )


def _list_parents(folder: Path, root: Path | None) -> list[str]:
    """Return the names of at most two folders above a book and below the root."""
    if root is None or not folder.is_relative_to(root):
        return []
    return list(folder.relative_to(root).parts[:-1][-2:])


def _take_part(parts: list[str], found: Details) -> None:
    """Move the number of a part from the pieces of a name to the details."""
    for index, piece in enumerate(parts):
        match = _PART.fullmatch(piece)
        if not match:
            continue
        is_labelled = match["label"] or match["dot"]
        is_followed = match["rest"] or index < len(parts) - 1
        if (is_labelled or not match["rest"]) and (is_followed or (is_labelled and index)):
            found["part"] = _shorten(match["number"])
            parts[index : index + 1] = [match["rest"]] if match["rest"] else []
            return


def _take_author(parts: list[str], found: Details) -> None:
    """Move the author, and the series between author and title, to the details."""
    if len(parts) > 1:
        found["author"] = parts.pop(0)
    if len(parts) > 1 and (match := _SERIES_PART.fullmatch(parts[0])):
        found["series"], found["part"] = match[1].strip(), _shorten(match[2])
        del parts[0]


def _shorten(number: str) -> str:
    """Return a number without zeros before it: "0.5" for "00.5"."""
    return re.sub(r"^0+(?=\d)", "", number)
