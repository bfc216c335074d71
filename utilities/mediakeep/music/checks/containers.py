"""Checks of several types of tags in one file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from mediakeep.media.reading import Container, Tags
from mediakeep.music.checks import garbling, letters
from mediakeep.music.model import Track

_SHORT = "ID3v1"  # 30 bytes per text, in an unknown encoding
_TEXTS: Sequence[tuple[str, Callable[[Tags], Sequence[str]]]] = (
    ("title", lambda tags: tags.title),
    ("artist", lambda tags: tags.artist),
    ("album", lambda tags: tags.album),
)
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_UNCERTAIN = re.compile(
    "[^a-z0-9]+"
)  # characters that depend on the encoding, and "?" in their place


def tag_conflict(track: Track) -> str | None:
    """Two types of tags in one file with different titles, artists, albums or years."""
    if not track.others or track.fault:
        return None
    types = [Container(name=track.container, tags=track.tags), *track.others]
    return "; ".join(_conflicts(types)) or None


def id3v1_only(track: Track) -> str | None:
    """No other tags than ID3v1."""
    return "" if track.container == _SHORT else None  # ID3v1 has the lowest priority of all tags


def _conflicts(types: Sequence[Container]) -> Iterator[str]:
    """Yield each conflicting field once, with the first two types of tags that disagree."""
    for field, texts in _TEXTS:
        texts_by_type = [
            (type_.name, text) for type_ in types if (text := _joined(texts(type_.tags)))
        ]
        for (first, first_text), (second, second_text) in combinations(texts_by_type, 2):
            if not _agree(first, first_text, second, second_text):
                quoted = letters.quoted(first_text), letters.quoted(second_text)
                yield f"{field} {quoted[0]} in {first}, {quoted[1]} in {second}"
                break
    years_by_type = [(type_.name, years) for type_ in types if (years := _years(type_.tags))]
    for (first, first_years), (second, second_years) in combinations(years_by_type, 2):
        if not first_years & second_years:
            yield f"year {min(first_years)} in {first}, {min(second_years)} in {second}"
            break


def _joined(texts: Sequence[str]) -> str:
    """Join the texts of a field, since some types of tags hold them joined into one."""
    return " / ".join(garbling.restored(text) for text in texts if letters.holds(text))


def _agree(first: str, first_text: str, second: str, second_text: str) -> bool:
    """Compare two texts loosely; ID3v1 only as far as its length and encoding allow."""
    first_key, second_key = letters.loose(first_text), letters.loose(second_text)
    if first_key == second_key or _SHORT not in (first, second):
        return first_key == second_key
    if first_key.startswith(second_key) or second_key.startswith(first_key):
        return True
    if first_text.isascii() and second_text.isascii():
        return False
    ascii_parts = (_UNCERTAIN.sub("", text.lower()) for text in (first_text, second_text))
    return _is_part(first_key, second_key) or _is_part(*ascii_parts)


def _is_part(first: str, second: str) -> bool:
    """Return whether one text is a subsequence of the other."""
    short, long = sorted((first, second), key=len)
    rest = iter(long)
    return all(char in rest for char in short)


def _years(tags: Tags) -> set[str]:
    return {match[0] for date in tags.date if (match := _YEAR.search(date))}
