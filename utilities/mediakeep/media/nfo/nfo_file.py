"""Read the NFO file of a movie, and recognize other files with the suffix `.nfo`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import msgspec

from mediakeep.errors import BrokenNfo, NotAMovieNfo, UnsafeNfo
from mediakeep.media.nfo import encoding, ids, kodi_parser, xml_tree
from mediakeep.media.nfo.encoding import DecodedText
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.media.nfo.xml_tree import Element

MAX_SIZE = 4 * 1024 * 1024  # bytes

_FIRST_MARKUP = re.compile(r"<(?:\?xml\b|!--|!DOCTYPE\b|(?P<root>[A-Za-z][\w.:-]{0,60})(?=[\s/>]))")
_FIRST_ELEMENT = re.compile(r"<([A-Za-z][\w.:-]{0,60})(?=[\s/>])")
_MOVIE_ELEMENT = re.compile(r"<movie[\s/>]")
_HTML_PAGE = re.compile(r"<(?:!doctype\s+)?html[\s>]", re.IGNORECASE)
_TYPE_DEFINITION = re.compile(r"<!(?:DOCTYPE|ENTITY)\b")
_TRAILING_MARKUP = re.compile(r"<!--|-->|<[A-Za-z?!/]")
_TRUE_VALUES = ("true", "1", "yes")


@dataclass(frozen=True)
class NfoFile:
    """The NFO file of a movie.

    `body` is its text in UTF-8, to which the byte offsets in `root`, the parsed XML, refer.
    """

    data: bytes
    decoded_text: DecodedText
    body: bytes
    root: Element

    @cached_property
    def details(self) -> NfoMovie:
        """The content of the NFO, parsed by Kodi's rules.

        Links after the root element give IDs that it lacks.
        """
        content = kodi_parser.parse_movie(self.root)
        linked = ids.find_linked_ids(self.body[self.root.end :].decode())
        return msgspec.structs.replace(content, ids=content.ids | {**linked, **content.ids})

    @property
    def invalid_ids(self) -> tuple[tuple[str, str], ...]:
        """The invalid movie IDs in the NFO, as pairs of service and text."""
        return tuple(dict.fromkeys(ids.find_invalid_ids(self.root)))

    @property
    def is_locked(self) -> bool:
        """True if the user forbids all changes with Jellyfin's `<lockdata>true</lockdata>`."""
        return self.root.child_text("lockdata").lower() in _TRUE_VALUES

    @property
    def locked_fields(self) -> frozenset[str]:
        """The fields that the user has locked, by Jellyfin's names in lower case."""
        names = self.root.child_text("lockedfields").lower().replace(",", "|").split("|")
        return frozenset(name.strip() for name in names if name.strip())


def parse_nfo(data: bytes) -> NfoFile:
    """Parse an NFO file of a movie.

    Raises NotAMovieNfo for other files, such as release notes, HTML pages or NFOs of episodes.
    Raises its subclasses BrokenNfo and UnsafeNfo for files that must not be edited. None of these
    files may ever be overwritten.
    """
    letters = _decode_text(data)
    text = letters.text
    opening = _FIRST_MARKUP.search(text)
    if opening is None or _MOVIE_ELEMENT.search(text) is None:
        raise NotAMovieNfo(_describe_content(text))
    if _TYPE_DEFINITION.search(text):
        if _HTML_PAGE.search(text):
            raise NotAMovieNfo("it is an HTML page")
        raise UnsafeNfo("it defines its own document type or entities")
    body = text.encode()
    root = xml_tree.parse_xml(body, len(text[: opening.start()].encode()))
    if root.name != "movie":
        raise NotAMovieNfo(f"its root element is <{root.name[:60]}>, not <movie>")
    _check_trailing_content(body[root.end :].decode())
    return NfoFile(data, letters, body, root)


def find_movie_ids(data: bytes) -> dict[str, str]:
    """Return the movie IDs in the elements or links of any file with the suffix `.nfo`.

    Files that are not about a movie or unsafe to read have none. In release notes only links count,
    unless they lead to several movies.
    """
    try:
        return parse_nfo(data).details.ids
    except UnsafeNfo:
        return {}
    except BrokenNfo:
        return (
            ids.find_ids_in_broken_xml(_decode_leniently(data))
            if _MOVIE_ELEMENT.search(_decode_leniently(data))
            else {}
        )
    except NotAMovieNfo:
        text = _decode_leniently(data)
        return (
            {}
            if _FIRST_ELEMENT.search(text) or _HTML_PAGE.search(text)
            else ids.find_linked_ids(text)
        )


def _decode_text(data: bytes) -> DecodedText:
    if len(data) > MAX_SIZE:
        raise UnsafeNfo(f"it has {len(data)} bytes; the limit is {MAX_SIZE}")
    return encoding.decode_nfo(data)


def _decode_leniently(data: bytes) -> str:
    try:
        return _decode_text(data).text
    except BrokenNfo:
        return data.decode("latin-1")


def _describe_content(text: str) -> str:
    if _HTML_PAGE.search(text):
        return "it is an HTML page"
    root = _FIRST_ELEMENT.search(text)
    if root is not None:
        return f"its root element is <{root[1]}>, not <movie>"
    if ids.find_linked_ids(text):
        return "it contains no XML, only a link to a movie"
    return "it contains no XML" if text.strip() else "it is empty"


def _check_trailing_content(trailing: str) -> None:
    """Raise BrokenNfo if more than comments and plain text follows the root element."""
    in_comment = False
    for markup in _TRAILING_MARKUP.finditer(trailing):
        if markup[0] in ("<!--", "-->"):
            in_comment = markup[0] == "<!--"
        elif not in_comment:
            raise BrokenNfo("more XML follows </movie>")
