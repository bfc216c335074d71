"""Checks of the letters of tags."""

from __future__ import annotations

import re
from functools import lru_cache

from mediakeep.music.checks import garbling, letters
from mediakeep.music.model import Track

_WHITESPACE_IN = ("title", "artist", "album", "albumartist", "genres")
_GARBLED_IN = ("title", "artist", "album", "albumartist", "composer", "genres")
_NO_BREAK = "\u00a0\u202f"  # proper beside figures and French punctuation, not between words
_ODD = (
    ("space at the start", re.compile(r"^\s")),
    ("space at the end", re.compile(r"\s$")),
    ("two spaces in a row", re.compile(r"\S\s{2,}(?=\S)")),
    ("a tab or line break", re.compile(r"\S[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029](?=\S)")),
    ("a no-break space", re.compile(rf"[^\s\d.«][{_NO_BREAK}](?=[^\s\d»?!:;%])")),
    ("a character of no width", re.compile("[\u200b\u2060\ufeff]")),
)


def mojibake(track: Track) -> str | None:
    """A text that was certainly read in the wrong encoding."""
    tags = track.tags
    shared = tags.artist, tags.album, tags.albumartist, tags.composer, tags.genres
    if _are_ascii(*shared) and all(map(str.isascii, tags.title)):
        return None
    found: dict[str, list[str]] = {}
    for field in _GARBLED_IN:
        for text in getattr(tags, field):
            if (meant := garbling.judged(text)) is not None:
                found.setdefault(_proposal(text, meant), []).append(field.removesuffix("s"))
    told = [f"{letters.listed(where, ' and ')} {what}" for what, where in found.items()]
    return letters.listed(told, "; ") or None


def is_garbled(text: str) -> bool:
    """Tell whether a text was certainly read in the wrong encoding."""
    return not text.isascii() and garbling.judged(text) is not None


def _proposal(text: str, meant: str) -> str:
    if not meant:
        return f"{letters.quoted(text)} has lost letters"
    return f"{letters.quoted(text)} should be {letters.quoted(meant)}"


def whitespace(track: Track) -> str | None:
    """White space where none belongs, in a text that other tools compare letter by letter.

    A garbled text is left out: its white space may be half of a letter.
    """
    tags = track.tags
    shared = tags.artist, tags.album, tags.albumartist, tags.genres
    if _are_tidy(*shared) and all(map(_is_tidy, tags.title)):
        return None
    found = [
        f"{field.removesuffix('s')} {letters.quoted(text)}: {', '.join(odd)}"
        for field in _WHITESPACE_IN
        for text in getattr(tags, field)
        if (odd := _oddities(text)) and letters.holds(text) and not is_garbled(text)
    ]
    return letters.listed(found, "; ") or None


# Most tracks share these texts with their neighbours.


@lru_cache(maxsize=16)
def _are_ascii(*fields: tuple[str, ...]) -> bool:
    return all(text.isascii() for texts in fields for text in texts)


@lru_cache(maxsize=16)
def _are_tidy(*fields: tuple[str, ...]) -> bool:
    return all(_is_tidy(text) for texts in fields for text in texts)


def _is_tidy(text: str) -> bool:
    return text == " ".join(text.split()) and (text.isascii() or not _oddities(text))


@lru_cache(maxsize=256)
def _oddities(text: str) -> tuple[str, ...]:
    return tuple(name for name, pattern in _ODD if pattern.search(text))
