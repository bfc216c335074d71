"""Read the NFO file of a movie, and recognize other files with the suffix `.nfo`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import msgspec

from mediakeep.errors import BrokenNfo, NotNfo, UnsafeNfo
from mediakeep.media.nfo import encoding, ids, reading, tree
from mediakeep.media.nfo.details import Details
from mediakeep.media.nfo.encoding import Letters
from mediakeep.media.nfo.tree import Element

LIMIT = 4 * 1024 * 1024  # bytes

_OPENING = re.compile(r"<(?:\?xml\b|!--|!DOCTYPE\b|(?P<root>[A-Za-z][\w.:-]{0,60})(?=[\s/>]))")
_ROOT = re.compile(r"<([A-Za-z][\w.:-]{0,60})(?=[\s/>])")
_MOVIE = re.compile(r"<movie[\s/>]")
_HTML = re.compile(r"<(?:!doctype\s+)?html[\s>]", re.IGNORECASE)
_OWN_TYPES = re.compile(r"<!(?:DOCTYPE|ENTITY)\b")
_BEHIND = re.compile(r"<!--|-->|<[A-Za-z?!/]")
_YES = ("true", "1", "yes")


@dataclass(frozen=True)
class Nfo:
    """The NFO of a movie; `body` is its text in UTF-8, to which the offsets in `root` refer."""

    data: bytes
    letters: Letters
    body: bytes
    root: Element

    @cached_property
    def details(self) -> Details:
        """The content by Kodi's rules; links after the root give ids that it lacks."""
        content = reading.details(self.root)
        linked = ids.linked(self.body[self.root.end :].decode())
        return msgspec.structs.replace(content, ids=content.ids | {**linked, **content.ids})

    @property
    def invalid_ids(self) -> tuple[tuple[str, str], ...]:
        """The invalid ids, each with its service."""
        return tuple(dict.fromkeys(ids.invalid(self.root)))

    @property
    def is_locked(self) -> bool:
        """Whether the user forbids all changes with Jellyfin's `<lockdata>true</lockdata>`."""
        return self.root.said("lockdata").lower() in _YES

    @property
    def locked_fields(self) -> frozenset[str]:
        """The fields that the user has locked, by Jellyfin's names in lower case."""
        names = self.root.said("lockedfields").lower().replace(",", "|").split("|")
        return frozenset(name.strip() for name in names if name.strip())


def read(data: bytes) -> Nfo:
    """Read an NFO file.

    Raises NotAMovieNfo for other files, such as release notes, HTML pages or NFOs of episodes, and
    its subclasses BrokenNfo and UnsafeNfo for those that must not be edited.
    None of these files may ever be overwritten.
    """
    letters = _letters(data)
    text = letters.text
    opening = _OPENING.search(text)
    if opening is None or _MOVIE.search(text) is None:
        raise NotNfo(_nature(text))
    if _OWN_TYPES.search(text):
        if _HTML.search(text):
            raise NotNfo("it is an HTML page")
        raise UnsafeNfo("it defines its own document type or entities")
    body = text.encode()
    root = tree.parsed(body, len(text[: opening.start()].encode()))
    if root.name != "movie":
        raise NotNfo(f"its root element is <{root.name[:60]}>, not <movie>")
    _check_end(body[root.end :].decode())
    return Nfo(data, letters, body, root)


def ids_of(data: bytes) -> dict[str, str]:
    """Return the movie ids in any file with the suffix `.nfo`, in elements or links.

    Files that are about no movie or unsafe to read have none. In release notes only links count,
    and not if they lead to several movies.
    """
    try:
        return read(data).details.ids
    except UnsafeNfo:
        return {}
    except BrokenNfo:
        return ids.salvaged(_lenient(data)) if _MOVIE.search(_lenient(data)) else {}
    except NotNfo:
        text = _lenient(data)
        return {} if _ROOT.search(text) or _HTML.search(text) else ids.linked(text)


def _letters(data: bytes) -> Letters:
    if len(data) > LIMIT:
        raise UnsafeNfo(f"it has {len(data)} bytes; the limit is {LIMIT}")
    return encoding.decoded(data)


def _lenient(data: bytes) -> str:
    try:
        return _letters(data).text
    except BrokenNfo:
        return data.decode("latin-1")


def _nature(text: str) -> str:
    if _HTML.search(text):
        return "it is an HTML page"
    root = _ROOT.search(text)
    if root is not None:
        return f"its root element is <{root[1]}>, not <movie>"
    if ids.linked(text):
        return "it contains no XML, only a link to a movie"
    return "it contains no XML" if text.strip() else "it is empty"


def _check_end(trailing: str) -> None:
    """Raise BrokenNfo if more than comments and plain text follows the root."""
    in_comment = False
    for markup in _BEHIND.finditer(trailing):
        if markup[0] in ("<!--", "-->"):
            in_comment = markup[0] == "<!--"
        elif not in_comment:
            raise BrokenNfo("more XML follows </movie>")
