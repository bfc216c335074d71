"""Checks of the characters in tags."""

from __future__ import annotations

import re
from functools import lru_cache

from mediakeep.music.checks import garbling, letters
from mediakeep.music.model import Track

_WHITESPACE_IN = ("title", "artist", "album", "albumartist", "genres")
_GARBLED_IN = ("title", "artist", "album", "albumartist", "composer", "genres")
_NO_BREAK = "\u00a0\u202f"  # correct next to digits and French punctuation, not between words
_ODD = (
    ("space at the start", re.compile(r"^\s")),
    ("space at the end", re.compile(r"\s$")),
    ("two spaces in a row", re.compile(r"\S\s{2,}(?=\S)")),
    ("a tab or line break", re.compile(r"\S[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029](?=\S)")),
    ("a no-break space", re.compile(rf"[^\s\d.«][{_NO_BREAK}](?=[^\s\d»?!:;%])")),
    ("a zero-width character", re.compile("[\u200b\u2060\ufeff]")),
)


def mojibake(track: Track) -> str | None:
    """A text that was certainly decoded with the wrong encoding."""
    tags = track.tags
    shared = tags.artist, tags.album, tags.albumartist, tags.composer, tags.genres
    if _are_ascii(*shared) and all(map(str.isascii, tags.title)):
        return None
    fields_by_text: dict[str, list[str]] = {}
    for field in _GARBLED_IN:
        for text in getattr(tags, field):
            if (decoded := garbling.judged(text)) is not None:
                fields_by_text.setdefault(_proposal(text, decoded), []).append(
                    field.removesuffix("s")
                )
    details = [
        f"{letters.listed(fields, ' and ')} {description}"
        for description, fields in fields_by_text.items()
    ]
    return letters.listed(details, "; ") or None


def is_garbled(text: str) -> bool:
    """Return whether a text was certainly decoded with the wrong encoding."""
    return not text.isascii() and garbling.judged(text) is not None


def _proposal(text: str, decoded: str) -> str:
    if not decoded:
        return f"{letters.quoted(text)} has lost letters"
    return f"{letters.quoted(text)} should be {letters.quoted(decoded)}"


def whitespace(track: Track) -> str | None:
    """Superfluous whitespace in a text that other tools compare exactly.

    Mojibake is skipped: its whitespace may be half of a letter.
    """
    tags = track.tags
    shared = tags.artist, tags.album, tags.albumartist, tags.genres
    if _are_tidy(*shared) and all(map(_is_tidy, tags.title)):
        return None
    details = [
        f"{field.removesuffix('s')} {letters.quoted(text)}: {', '.join(problems)}"
        for field in _WHITESPACE_IN
        for text in getattr(tags, field)
        if (problems := _oddities(text)) and letters.holds(text) and not is_garbled(text)
    ]
    return letters.listed(details, "; ") or None


# Cached: most tracks share these texts with the tracks around them.


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
