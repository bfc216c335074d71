"""Checks of several kinds of tags in one file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from mediakeep.media.reading import Container, Tags
from mediakeep.music.checks import garbling, letters
from mediakeep.music.model import Track

_SHORT = "ID3v1"  # 30 letters in one byte each, of which encoding nobody knows
_TEXTS: Sequence[tuple[str, Callable[[Tags], Sequence[str]]]] = (
    ("title", lambda tags: tags.title),
    ("artist", lambda tags: tags.artist),
    ("album", lambda tags: tags.album),
)
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_UNCERTAIN = re.compile("[^a-z0-9]+")  # letters that depend on an encoding, and "?" for them


def tag_conflict(track: Track) -> str | None:
    """Two kinds of tags in one file that name another title, artist, album or year."""
    if not track.others or track.fault:
        return None
    kinds = [Container(name=track.container, tags=track.tags), *track.others]
    return "; ".join(_conflicts(kinds)) or None


def id3v1_only(track: Track) -> str | None:
    """No other tags than ID3v1."""
    return "" if track.container == _SHORT else None  # it is the last that speaks for a file


def _conflicts(kinds: Sequence[Container]) -> Iterator[str]:
    """Name each field once, with the first two kinds of tags that disagree on it."""
    for field, texts in _TEXTS:
        told = [(kind.name, text) for kind in kinds if (text := _joined(texts(kind.tags)))]
        for (one, this), (other, that) in combinations(told, 2):
            if not _agree(one, this, other, that):
                yield f"{field} {letters.quoted(this)} in {one}, {letters.quoted(that)} in {other}"
                break
    dated = [(kind.name, years) for kind in kinds if (years := _years(kind.tags))]
    for (one, these), (other, those) in combinations(dated, 2):
        if not these & those:
            yield f"year {min(these)} in {one}, {min(those)} in {other}"
            break


def _joined(texts: Sequence[str]) -> str:
    """Some kinds of tags hold several texts, others the same joined into one."""
    return " / ".join(garbling.restored(text) for text in texts if letters.holds(text))


def _agree(one: str, this: str, other: str, that: str) -> bool:
    """Compare two texts loosely; one in ID3v1 as far as it goes, and in the letters it can hold."""
    plain, against = letters.loose(this), letters.loose(that)
    if plain == against or _SHORT not in (one, other):
        return plain == against
    if plain.startswith(against) or against.startswith(plain):
        return True
    if this.isascii() and that.isascii():
        return False
    certain = (_UNCERTAIN.sub("", text.lower()) for text in (this, that))
    return _is_part(plain, against) or _is_part(*certain)


def _is_part(this: str, that: str) -> bool:
    """Tell whether one of two texts is the other with letters left out."""
    short, long = sorted((this, that), key=len)
    rest = iter(long)
    return all(char in rest for char in short)


def _years(tags: Tags) -> set[str]:
    return {found[0] for date in tags.date if (found := _YEAR.search(date))}
