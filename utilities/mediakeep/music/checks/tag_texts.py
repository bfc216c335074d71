"""Checks of the characters in tags: wrongly decoded letters and superfluous whitespace."""

from __future__ import annotations

import re
from functools import lru_cache

from mediakeep.music.model import Track
from mediakeep.music.text import compare_text
from mediakeep.music.text import mojibake as text_mojibake

_WHITESPACE_FIELDS = ("title", "artist", "album", "albumartist", "genres")
_MOJIBAKE_FIELDS = ("title", "artist", "album", "albumartist", "composer", "genres")
_NO_BREAK_SPACES = (
    "\u00a0\u202f"  # correct next to digits and French punctuation, not between words
)
_WHITESPACE_PATTERNS = (
    ("space at the start", re.compile(r"^\s")),
    ("space at the end", re.compile(r"\s$")),
    ("two spaces in a row", re.compile(r"\S\s{2,}(?=\S)")),
    ("a tab or line break", re.compile(r"\S[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029](?=\S)")),
    ("a no-break space", re.compile(rf"[^\s\d.«][{_NO_BREAK_SPACES}](?=[^\s\d»?!:;%])")),
    ("a zero-width character", re.compile("[\u200b\u2060\ufeff]")),
)


def mojibake(track: Track) -> str | None:
    """Find texts in a track's tags that were certainly decoded with the wrong encoding."""
    tags = track.tags
    shared = tags.artist, tags.album, tags.albumartist, tags.composer, tags.genres
    if _are_ascii(*shared) and all(map(str.isascii, tags.title)):
        return None
    fields_by_text: dict[str, list[str]] = {}
    for field in _MOJIBAKE_FIELDS:
        for text in getattr(tags, field):
            if (decoded := text_mojibake.detect_mojibake(text)) is not None:
                fields_by_text.setdefault(_format_proposal(text, decoded), []).append(
                    field.removesuffix("s")
                )
    details = [
        f"{compare_text.join_parts(fields, ' and ')} {description}"
        for description, fields in fields_by_text.items()
    ]
    return compare_text.join_parts(details, "; ") or None


def is_mojibake(text: str) -> bool:
    """Return whether a text was certainly decoded with the wrong encoding.

    A text with C1 control characters was, even if the right encoding is unknown.
    """
    return not text.isascii() and (
        text_mojibake.C1_CONTROL.search(text) is not None
        or text_mojibake.detect_mojibake(text) is not None
    )


def has_unknown_encoding(track: Track) -> bool:
    """Return whether a text was decoded wrong, and its right encoding is not certain."""
    return any(
        is_mojibake(text_mojibake.repair_mojibake(text))
        for field in _MOJIBAKE_FIELDS
        for text in getattr(track.tags, field)
    )


def _format_proposal(text: str, decoded: str) -> str:
    if not decoded:
        return f"{compare_text.quote(text)} has lost letters"
    return f"{compare_text.quote(text)} should be {compare_text.quote(decoded)}"


def whitespace(track: Track) -> str | None:
    """Find superfluous whitespace in tags that other programs compare exactly.

    Texts with wrongly decoded letters are skipped, since their whitespace may be half of a letter.
    """
    tags = track.tags
    shared = tags.artist, tags.album, tags.albumartist, tags.genres
    if _are_clean(*shared) and all(map(_is_clean, tags.title)):
        return None
    details = [
        f"{field.removesuffix('s')} {compare_text.quote(text)}: {', '.join(problems)}"
        for field in _WHITESPACE_FIELDS
        for text in getattr(tags, field)
        if (problems := _find_whitespace(text))
        and compare_text.has_text(text)
        and not is_mojibake(text)
    ]
    return compare_text.join_parts(details, "; ") or None


# Cached: most tracks share these texts with the tracks around them.


@lru_cache(maxsize=16)
def _are_ascii(*fields: tuple[str, ...]) -> bool:
    return all(text.isascii() for texts in fields for text in texts)


@lru_cache(maxsize=16)
def _are_clean(*fields: tuple[str, ...]) -> bool:
    return all(_is_clean(text) for texts in fields for text in texts)


def _is_clean(text: str) -> bool:
    return text == " ".join(text.split()) and (text.isascii() or not _find_whitespace(text))


@lru_cache(maxsize=256)
def _find_whitespace(text: str) -> tuple[str, ...]:
    return tuple(name for name, pattern in _WHITESPACE_PATTERNS if pattern.search(text))
