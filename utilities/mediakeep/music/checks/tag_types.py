"""Checks of files that contain several types of tags, such as ID3v1 and ID3v2."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from mediakeep.media.audio.model import SecondaryTags, Tags
from mediakeep.music.checks import tag_texts
from mediakeep.music.model import Track
from mediakeep.music.text import compare_text, mojibake

_ID3V1 = "ID3v1"  # 30 bytes per text, in an unknown encoding
_UNKNOWN_ENCODING = "the encoding of a text is unknown, so edit that text first"
_TEXT_FIELDS: Sequence[tuple[str, Callable[[Tags], Sequence[str]]]] = (
    ("title", lambda tags: tags.title),
    ("artist", lambda tags: tags.artist),
    ("album", lambda tags: tags.album),
)
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
# characters that depend on the encoding, and "?" in their place
_NOT_ASCII_ALNUM = re.compile("[^a-z0-9]+")


def tag_conflict(track: Track) -> str | None:
    """Check whether types of tags in one file have different titles, artists, albums or years."""
    if not track.other_tags or track.fault:
        return None
    types = [SecondaryTags(name=track.container, tags=track.tags), *track.other_tags]
    return "; ".join(_find_conflicts(types)) or None


def id3v1_only(track: Track) -> str | None:
    """Check whether a file has no other tags than ID3v1, which does not name its encoding.

    Some players guess it right. Any change of the file writes the texts as they were read here.
    """
    if track.container != _ID3V1:  # it has the lowest priority of all tags
        return None
    return _UNKNOWN_ENCODING if is_id3v1_in_unknown_encoding(track) else ""


def is_id3v1_in_unknown_encoding(track: Track) -> bool:
    """Return whether a file has only ID3v1, with a text whose encoding is not certain."""
    return track.container == _ID3V1 and tag_texts.has_unknown_encoding(track)


def _find_conflicts(types: Sequence[SecondaryTags]) -> Iterator[str]:
    """Describe each field on which types of tags disagree, with the first two that do."""
    for field, texts in _TEXT_FIELDS:
        texts_by_type = [
            (type_.name, text) for type_ in types if (text := _join_texts(texts(type_.tags)))
        ]
        for (first, first_text), (second, second_text) in combinations(texts_by_type, 2):
            if not _are_equivalent(first, first_text, second, second_text):
                quoted = compare_text.quote(first_text), compare_text.quote(second_text)
                yield f"{field} {quoted[0]} in {first}, {quoted[1]} in {second}"
                break
    years_by_type = [(type_.name, years) for type_ in types if (years := _find_years(type_.tags))]
    for (first, first_years), (second, second_years) in combinations(years_by_type, 2):
        if not first_years & second_years:
            yield f"year {min(first_years)} in {first}, {min(second_years)} in {second}"
            break


def _join_texts(texts: Sequence[str]) -> str:
    """Join several values of a field into one text, as some types of tags store them."""
    return " / ".join(
        mojibake.decode_mojibake(text) for text in texts if compare_text.has_text(text)
    )


def _are_equivalent(first: str, first_text: str, second: str, second_text: str) -> bool:
    """Return whether two texts of a field are loosely equal.

    `first` and `second` are the types of tags. ID3v1 is only compared as far as its length and
    encoding allow.
    """
    first_key, second_key = (
        compare_text.comparison_key(first_text),
        compare_text.comparison_key(second_text),
    )
    if first_key == second_key or _ID3V1 not in (first, second):
        return first_key == second_key
    if first_key.startswith(second_key) or second_key.startswith(first_key):
        return True
    if first_text.isascii() and second_text.isascii():
        return False
    ascii_parts = (_NOT_ASCII_ALNUM.sub("", text.lower()) for text in (first_text, second_text))
    return _is_subsequence(first_key, second_key) or _is_subsequence(*ascii_parts)


def _is_subsequence(first: str, second: str) -> bool:
    """Return whether one text is a subsequence of the other."""
    short, long = sorted((first, second), key=len)
    rest = iter(long)
    return all(char in rest for char in short)


def _find_years(tags: Tags) -> set[str]:
    return {match[0] for date in tags.date if (match := _YEAR.search(date))}
