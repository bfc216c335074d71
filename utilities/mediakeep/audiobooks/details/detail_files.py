"""Read the details of a book from the metadata files next to it.

These are metadata.json of audiobookshelf, the OPF of Calibre and EPUB, and desc.txt and reader.txt.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.audiobooks.details import book_tags
from mediakeep.audiobooks.details.book_tags import ADVISORIES, Series
from mediakeep.errors import NotAMovieNfo, Unreadable
from mediakeep.media import folder_listing, ignore_rules, open_file
from mediakeep.media.nfo import encoding, xml_tree
from mediakeep.media.nfo.xml_tree import Element
from mediakeep.untrusted_files import decode_json

Details = dict[str, str]  # values by the names of fields of BookDetails, without empty ones
NOT_CARRIED = "not carried"  # the key of the names of details for which an M4B has no tag

_MAX_SIZE = 4 * 1024 * 1024  # bytes
_PACKAGE = re.compile(r"<(?:\w+:)?package[\s>]")
_CONTROLS = re.compile(r"[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_YEAR = re.compile(r"(\d{4})(?!\d)")
_AUTHOR, _NARRATOR = "aut", "nrt"  # MARC relator codes
_PLAIN = ("title", "subtitle", "publisher", "description", "isbn", "asin", "language")
_UNTAGGED = ("tags", "abridged", "publishedDate")
_ASIN = ("asin", "amazon", "mobi-asin")  # schemes; the last two are Calibre's
_TEXT_FILES = {"desc.txt": "description", "reader.txt": "narrator"}

_NAMES = (  # of HTML elements; others are text, such as "x<y and y>z"
    "a|abbr|acronym|address|article|aside|b|big|blockquote|body|br|center|cite|code|dd|del|dfn|div|dl"
    "|dt|em|figcaption|figure|font|footer|h[1-6]|head|header|hr|html|i|iframe|img|ins|kbd|li|link"
    "|main|mark|meta|nav|noscript|ol|p|pre|q|s|samp|script|section|small|span|strike|strong|style|sub"
    "|sup|table|tbody|td|tfoot|th|thead|time|title|tr|tt|u|ul|var|wbr"
)
_FLAGS = (  # attributes without a value
    r"allowfullscreen|alt|async|autoplay|checked|compact|controls|data-[\w.-]+|default|defer|disabled"
    "|download|draggable|hidden|inert|ismap|itemscope|loop|multiple|muted|noshade|nowrap|open"
    "|readonly|required|reversed|selected|spellcheck|translate"
)
_VALUE = r"""\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+)"""
_ATTRIBUTE = rf"\s+(?:[\w:.-]+{_VALUE}|(?:{_FLAGS})(?=[\s/>]))"
_MARKUP = rf"/?(?:{_NAMES})(?:{_ATTRIBUTE})*\s*/?>|!--(?:(?!<!--).)*?-->"
_TAG = re.compile(f"<(?:{_MARKUP})", re.IGNORECASE | re.DOTALL)
_NO_TAG = re.compile(f"<(?!{_MARKUP})", re.IGNORECASE | re.DOTALL)
_BLOCKS = frozenset(
    {"p", "div", "br", "li", "ul", "ol", "tr", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
)
_HIDDEN = frozenset({"script", "style", "head"})


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


def list_detail_files(
    folder: Path, ignored: ignore_rules.IgnoreSettings = ignore_rules.NOTHING
) -> list[Path]:
    """Return the metadata files of a folder, the most reliable first; raise OSError."""
    files = sorted(folder / file.name for file in folder_listing.list_folder(folder, ignored).files)
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
        if text and (field != "advisory" or text in ADVISORIES):
            found[field] = text
    return found


def to_plain_text(text: str) -> str:
    """Return a text without HTML tags and entities; blocks become lines.

    The lines of a text without tags are kept.
    """
    if not _TAG.search(text):
        text = html.unescape(text)  # Calibre's descriptions may be escaped twice
    if _TAG.search(text):
        parser = _TextParser()
        parser.feed(_NO_TAG.sub("&lt;", text))
        parser.close()
        text = "".join(parser.parts)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


class _TextParser(HTMLParser):
    """Collects the visible text of HTML in `parts`."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in _HIDDEN:
            self._hidden += 1
        elif tag in _BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in _HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag == "p":
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.parts.append(re.sub(r"\s+", " ", data))


def parse_json(text: str) -> Details:
    """Parse the metadata.json of audiobookshelf, whose older versions have a "metadata" object.

    Raises ValueError if it is not a JSON object.
    """
    try:
        decoded = decode_json(text)
    except msgspec.DecodeError as error:
        raise ValueError("it is not JSON") from error
    if not isinstance(decoded, dict):
        raise ValueError("it is not a JSON object")
    inner = decoded.get("metadata")
    found = inner if isinstance(inner, dict) else decoded
    listed = found.get("series")
    entries = listed if isinstance(listed, list) else [listed]
    return {
        **{name: _join_texts(found.get(name)) for name in _PLAIN},
        "author": _join_texts(found.get("authors")) or _join_texts(found.get("author")),
        "narrator": _join_texts(found.get("narrators")) or _join_texts(found.get("narrator")),
        "genre": _join_texts(found.get("genres"), "; "),
        "year": _join_texts(found.get("publishedYear")),
        "advisory": "1" if str(found.get("explicit")).lower() == "true" else "",
        **book_tags.to_series_details(map(_parse_series, entries)),
        NOT_CARRIED: ", ".join(
            name for name in _UNTAGGED if found.get(name) or (found is inner and decoded.get(name))
        ),
    }


def _parse_series(value: Any) -> Series:
    """Return a series from "Name #2", or from an object."""
    if isinstance(value, dict) and (part := _join_texts(value.get("sequence"))):
        return _join_texts(value), part
    return book_tags.parse_series(_join_texts(value))


def _join_texts(value: Any, separator: str = ", ") -> str:
    """Return the text of a JSON value: itself, or of its names if it is an object or a list."""
    if isinstance(value, dict):
        value = value.get("name")
    if isinstance(value, list):
        return separator.join(dict.fromkeys(filter(None, map(_join_texts, value))))
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
    genres = dict.fromkeys(_iter_texts(metadata, "subject"))
    return {
        **{name: next(_iter_texts(metadata, name), "") for name in _PLAIN},
        "author": ", ".join(_find_creators(metadata, _AUTHOR)),
        "narrator": ", ".join(_find_creators(metadata, _NARRATOR)),
        "genre": "; ".join(genres),
        "year": next(_iter_texts(metadata, "date"), ""),
        "isbn": _find_identifier(metadata, ("isbn",)),
        "asin": _find_identifier(metadata, _ASIN),
        **book_tags.to_series_details(_find_series(metadata)),
        NOT_CARRIED: "tags" if next(_iter_texts(metadata, "tag"), "") else "",
    }


def _find_series(metadata: Element) -> list[Series]:
    """Return the series of Calibre; each number follows its series, but that of a single one."""
    metas = [
        (_find_attribute(element, "name"), _find_attribute(element, "content").strip())
        for element in _find_all(metadata, "meta")
    ]
    found = [
        (name, _shorten_number(number) if other == "calibre:series_index" else "")
        for (key, name), (other, number) in pairwise([*metas, ("", "")])
        if key == "calibre:series" and name
    ]
    if len(found) == 1 and not found[0][1]:
        return [(found[0][0], _shorten_number(dict(metas).get("calibre:series_index", "")))]
    return found


def _find_identifier(metadata: Element, schemes: tuple[str, ...]) -> str:
    """Return the identifier with one of the schemes: an attribute, or as in "urn:isbn:..."."""
    for element in _find_all(metadata, "identifier"):
        scheme, _, text = element.text.strip().rpartition(":")
        stated = _find_attribute(element, "scheme") or scheme.rpartition(":")[2]
        if stated.casefold() in schemes:
            return text
    return ""


def _find_all(element: Element, name: str) -> Iterator[Element]:
    """Yield the descendants with a local name, in any namespace."""
    for child in element.children:
        if child.name.rpartition(":")[2] == name:
            yield child
        else:
            yield from _find_all(child, name)


def _iter_texts(metadata: Element, name: str) -> Iterator[str]:
    return filter(None, (found.text.strip() for found in _find_all(metadata, name)))


def _find_attribute(element: Element, name: str) -> str:
    """Return the value of an attribute with a local name, in any namespace, or ""."""
    found = element.attributes.items()
    return next((value for key, value in found if key.rpartition(":")[2] == name), "")


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
            if text and (_find_attribute(element, "role") or stated) == role:
                found[text] = None
    return list(found)


def _shorten_number(text: str) -> str:
    """Return "2" for "2.0", as Calibre writes the number of a part."""
    return re.sub(r"\.0+$", "", text.strip())
