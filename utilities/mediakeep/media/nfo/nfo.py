"""An NFO file: told from all else that is called `.nfo`, read, and whether it is locked."""

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
    """The NFO of a movie; `body` is its text in UTF-8, which the places in `root` refer to."""

    data: bytes
    letters: Letters
    body: bytes
    root: Element

    @cached_property
    def details(self) -> Details:
        """What it tells, by Kodi's rules; a link after its end gives an id that is not within."""
        found = reading.details(self.root)
        behind = ids.linked(self.body[self.root.end :].decode())
        return msgspec.structs.replace(found, ids=found.ids | {**behind, **found.ids})

    @property
    def invalid_ids(self) -> tuple[tuple[str, str], ...]:
        """What stands in it for an id and cannot be one, each with its service."""
        return tuple(dict.fromkeys(ids.invalid(self.root)))

    @property
    def is_locked(self) -> bool:
        """Whether a person forbids every change, by `<lockdata>true</lockdata>` of Jellyfin."""
        return self.root.said("lockdata").lower() in _YES

    @property
    def locked_fields(self) -> frozenset[str]:
        """The fields that a person forbids to change, as Jellyfin calls them, in lower case."""
        names = self.root.said("lockedfields").lower().replace(",", "|").split("|")
        return frozenset(name.strip() for name in names if name.strip())


def read(data: bytes) -> Nfo:
    """Read an NFO file.

    Raises NotNfo for what is none of a movie, such as the text of a release, a page of HTML or
    the NFO of an episode; BrokenNfo and UnsafeNfo, which are NotNfo too, for what is none to be
    changed. None of them may ever be written over.
    """
    letters = _letters(data)
    text = letters.text
    opening = _OPENING.search(text)
    if opening is None or _MOVIE.search(text) is None:
        raise NotNfo(_nature(text))
    if _OWN_TYPES.search(text):
        if _HTML.search(text):
            raise NotNfo("it is a page of HTML")
        raise UnsafeNfo("it defines types or entities of its own")
    body = text.encode()
    root = tree.parsed(body, len(text[: opening.start()].encode()))
    if root.name != "movie":
        raise NotNfo(f"it is about a <{root.name[:60]}>")
    _check_end(body[root.end :].decode())
    return Nfo(data, letters, body, root)


def ids_of(data: bytes) -> dict[str, str]:
    """Return the ids that any file called `.nfo` gives of a movie: in its elements, or as links.

    What is about no movie, and what is not safe to read, gives none. In the text of a release only
    a link counts, and one that leads to several movies does not.
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
        raise UnsafeNfo(f"it has {len(data)} bytes, and no NFO has more than {LIMIT}")
    return encoding.decoded(data)


def _lenient(data: bytes) -> str:
    try:
        return _letters(data).text
    except BrokenNfo:
        return data.decode("latin-1")


def _nature(text: str) -> str:
    if _HTML.search(text):
        return "it is a page of HTML"
    root = _ROOT.search(text)
    if root is not None:
        return f"it is about a <{root[1]}>"
    if ids.linked(text):
        return "it holds no XML, but a link to a movie"
    return "it holds no XML" if text.strip() else "it is empty"


def _check_end(behind: str) -> None:
    """Allow comments and plain text after the root, such as the address of a movie."""
    noted = False
    for one in _BEHIND.finditer(behind):
        if one[0] in ("<!--", "-->"):
            noted = one[0] == "<!--"
        elif not noted:
            raise BrokenNfo("more XML follows the end of its <movie>")
