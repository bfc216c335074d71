"""Read the details of a book from the metadata files next to it.

These are metadata.json of audiobookshelf, the OPF of Calibre and EPUB, and desc.txt and reader.txt.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.audiobooks.details.plain_text import to_plain_text
from mediakeep.errors import NotAMovieNfo, Unreadable
from mediakeep.media import folder_listing, open_file
from mediakeep.media.nfo import encoding, xml_tree
from mediakeep.media.nfo.xml_tree import Element

Details = dict[str, str]  # values by the names of fields of BookDetails, without empty ones

_MAX_SIZE = 4 * 1024 * 1024  # bytes
_PACKAGE = re.compile(r"<(?:\w+:)?package[\s>]")
_SERIES = re.compile(r"(.*\S)\s+#([^#\s]+)")
_CONTROLS = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_YEAR = re.compile(r"(\d{4})(?!\d)")
_AUTHOR, _NARRATOR = "aut", "nrt"  # MARC relator codes
_TEXT_FILES = {"desc.txt": "description", "reader.txt": "narrator"}


def read_detail_file(path: Path) -> Details:
    """Read the details in a metadata file; raise ValueError with the cause if it is not usable."""
    try:
        with open_file.open_regular_file(path) as file:
            data = file.read(_MAX_SIZE + 1)
    except Unreadable as error:
        raise ValueError(error.args[1]) from error
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error
    if len(data) > _MAX_SIZE:
        raise ValueError("it is larger than 4 MB")
    try:
        text = encoding.decode_nfo(data).text
        if path.suffix.lower() == ".json":
            found = parse_json(text)
        elif path.suffix.lower() == ".opf":
            found = parse_opf(text)
        else:
            found = {_TEXT_FILES[path.name.lower()]: text.strip()}
    except NotAMovieNfo as error:
        raise ValueError(str(error.args[0])) from error
    return clean_details(found)


def list_detail_files(folder: Path) -> list[Path]:
    """Return the metadata files of a folder, the most reliable first; raise OSError."""
    files = sorted(folder / file.name for file in folder_listing.list_folder(folder).files)
    by_name = {path.name.lower(): path for path in files}
    others = [path for path in files if path.suffix.lower() == ".opf"]
    ordered = [by_name.get("metadata.json"), by_name.get("metadata.opf"), *others]
    ordered += [by_name.get(name) for name in _TEXT_FILES]
    return [path for path in dict.fromkeys(ordered) if path]


def clean_details(details: Details) -> Details:
    """Return details in plain text, in one line but for descriptions, without empty ones."""
    found = {}
    for field, value in details.items():
        text = _CONTROLS.sub("", to_plain_text(value))
        text = text if field == "description" else " ".join(text.split())
        if field == "year":
            match = _YEAR.match(text)
            text = match[1] if match else ""
        if text:
            found[field] = text
    return found


def parse_json(text: str) -> Details:
    """Parse the metadata.json of audiobookshelf, whose older versions have a "metadata" object.

    Raises ValueError if it is not a JSON object.
    """
    try:
        decoded = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(decoded, dict):
        raise ValueError("it is not a JSON object")
    inner = decoded.get("metadata")
    found = inner if isinstance(inner, dict) else decoded
    series, part = _parse_series(found.get("series"))
    return {
        "title": _join_texts(found.get("title")),
        "author": _join_texts(found.get("authors")) or _join_texts(found.get("author")),
        "narrator": _join_texts(found.get("narrators")) or _join_texts(found.get("narrator")),
        "series": series,
        "part": part,
        "year": _join_texts(found.get("publishedYear")),
        "description": _join_texts(found.get("description")),
        "language": _join_texts(found.get("language")),
    }


def _parse_series(value: Any) -> tuple[str, str]:
    """Return the first series and the part in it: from "Name #2", or an object."""
    first = value[0] if isinstance(value, list) and value else value
    name = _join_texts(first)
    if isinstance(first, dict) and (part := _join_texts(first.get("sequence"))):
        return name, part
    match = _SERIES.fullmatch(name.strip())
    return (match[1], match[2]) if match else (name, "")


def _join_texts(value: Any) -> str:
    """Return the text of a JSON value: itself, or of its names if it is an object or a list."""
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, list):
        return ", ".join(dict.fromkeys(filter(None, map(_join_texts, value))))
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value).strip()
    return ""


def parse_opf(text: str) -> Details:
    """Parse the metadata of an OPF package; raise NotAMovieNfo or ValueError if it is malformed.

    What is before the package element, such as a document type, is not parsed: entities other than
    those of XML are errors.
    """
    start = _PACKAGE.search(text)
    if not start:
        raise ValueError("it is not an OPF package")
    root = xml_tree.parse_xml(text[start.start() :].encode())
    metadata = next(_find_all(root, "metadata"), root)
    meta = {
        element.attributes["name"]: element.attributes.get("content", "")
        for element in _find_all(metadata, "meta")
        if "name" in element.attributes
    }
    return {
        "title": _first_text(metadata, "title"),
        "author": ", ".join(_find_creators(metadata, _AUTHOR)),
        "narrator": ", ".join(_find_creators(metadata, _NARRATOR)),
        "series": meta.get("calibre:series", ""),
        "part": _shorten_number(meta.get("calibre:series_index", "")),
        "year": _first_text(metadata, "date"),
        "description": _first_text(metadata, "description"),
        "language": _first_text(metadata, "language"),
    }


def _find_all(element: Element, name: str) -> Iterator[Element]:
    """Yield the descendants with a local name, in any namespace."""
    for child in element.children:
        if child.name.rpartition(":")[2] == name:
            yield child
        else:
            yield from _find_all(child, name)


def _first_text(metadata: Element, name: str) -> str:
    return next(filter(None, (found.text.strip() for found in _find_all(metadata, name))), "")


def _find_creators(metadata: Element, role: str) -> list[str]:
    """Return the creators and contributors with a role; a creator without one is an author.

    In EPUB 3, the role is not an attribute but a `meta` element that refines the creator.
    """
    refined = {
        element.attributes.get("refines", "").removeprefix("#"): element.text.strip()
        for element in _find_all(metadata, "meta")
        if element.attributes.get("property") == "role"
    }
    found = dict[str, None]()
    for name, default in (("creator", _AUTHOR), ("contributor", "")):
        for element in _find_all(metadata, name):
            stated = refined.get(element.attributes.get("id", ""), default)
            text = " ".join(element.text.split())
            if text and element.attributes.get("opf:role", stated) == role:
                found[text] = None
    return list(found)


def _shorten_number(text: str) -> str:
    """Return "2" for "2.0", as Calibre writes the number of a part."""
    return re.sub(r"\.0+$", "", text.strip())
