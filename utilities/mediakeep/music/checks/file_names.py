"""Checks of file names against the tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from mediakeep import path_text
from mediakeep.music import album_grouping
from mediakeep.music.album_grouping import AlbumGroup
from mediakeep.music.model import Album, Track
from mediakeep.music.text import compare_text, mojibake, track_numbers

_MIN_NAMES = 3  # names required to derive a pattern
_MIN_SIMILARITY = 0.6  # similarity of two spellings of one text
_MAX_COMPARED = 100  # characters
_WORD = re.compile(r"[^\W_]+")
_IDEOGRAPHS = "\u2e80"  # from this character on, letters are words


def filename_tag_mismatch(album: Album) -> dict[str, str]:
    """Find file names with another number or title than the tags; return details by place.

    A name is only reported if most other names of the disc agree with their tags.
    """
    details: dict[str, str] = {}
    for disc in album_grouping.group_by_disc(album):
        if len(disc.tracks) >= _MIN_NAMES:
            details |= _find_other_titles(disc.tracks)
            numbers_by_name = find_numbers_unlike_tags(disc)
            for track, number in zip(disc.tracks, disc.numbers, strict=True):
                if track.place in numbers_by_name:
                    number_in_name = numbers_by_name[track.place]
                    details[track.place] = (
                        f"number {number_in_name} in the name, {number} in the tag"
                    )
    return details


def find_numbers_unlike_tags(disc: AlbumGroup) -> dict[str, int]:
    """Find files whose name has another track number than the tags.

    Return the number in each such name, by place. The result is empty unless most names of the disc
    agree with their tags.
    """
    numbered = different = 0
    numbers_by_place: dict[str, int] = {}
    for track, number in zip(disc.tracks, disc.numbers, strict=True):
        names = track_numbers.numbers_in_name(track.name, disc.disc)
        if number is None or not names:
            continue
        if number in names:
            numbered += 1
        elif not _starts_with_title(track):
            numbered += 1
            different += 1
            numbers_by_place[track.place] = min(names)
    return numbers_by_place if _is_consistent(numbered, different) else {}


def _starts_with_title(track: Track) -> bool:
    """Return whether the digits at the start of a file name belong to the title, as in "99"."""
    title = compare_text.comparison_key(compare_text.first_text(track.tags.title))
    return bool(title) and compare_text.comparison_key(_name_stem(track)).startswith(title)


def _find_other_titles(tracks: Iterable[Track]) -> dict[str, str]:
    """Find file names that share no word with the title, if most other names contain theirs.

    Return the title in each of these names, by place.
    """
    titled = different = 0
    details = {}
    for track in tracks:
        title = compare_text.first_text(track.tags.title)
        if not title:
            continue
        titled += 1
        if title.casefold() in track.name.casefold():
            continue
        name = _title_in_name(track)
        words, name_words = _split_words(title), _split_words(name)
        if not words or not name_words:
            titled -= 1
        elif not words <= name_words:
            different += 1
            if not _may_be_title(title, name, track):
                details[track.place] = f"the title is {compare_text.quote(title)}"
    return details if _is_consistent(titled, different) else {}


def _is_consistent(total: int, different: int) -> bool:
    return total >= _MIN_NAMES and 3 * (total - different) >= 2 * total


def _title_in_name(track: Track) -> str:
    """Return the part of a file name after the number, or "" if its letters are lost."""
    stem = path_text.unescape_path(_name_stem(track))
    readable = mojibake.decode_mojibake(track_numbers.title_in_name(stem))
    return readable if readable.encode(errors="ignore").decode() == readable else ""


def _may_be_title(title: str, name: str, track: Track) -> bool:
    """Return whether a file name may stand for a title.

    It does if they share a word, use different scripts, or are similar.
    """
    title = mojibake.decode_mojibake(title)
    artists = {word for artist in track.tags.artist for word in _split_words(artist)}
    remainder = " ".join(
        word for word in _WORD.findall(name) if compare_text.comparison_key(word) not in artists
    )
    if (
        not remainder
        or _split_words(title) & _split_words(remainder)
        or _is_latin(title) != _is_latin(name)
    ):
        return True
    title_key, name_key = compare_text.comparison_key(title), compare_text.comparison_key(remainder)
    if any(char >= _IDEOGRAPHS for char in set(title_key) & set(name_key)):
        return True
    return (
        title_key in compare_text.comparison_key(name)
        or name_key in title_key
        or _similarity(title_key, name_key) >= _MIN_SIMILARITY
    )


def _similarity(first: str, second: str) -> float:
    return SequenceMatcher(
        None, first[:_MAX_COMPARED], second[:_MAX_COMPARED], autojunk=False
    ).ratio()


def _is_latin(text: str) -> bool:
    """Return whether all letters of a text are Latin."""
    return all(char < "\u0370" or "\u1e00" <= char < "\u1f00" for char in text if char.isalpha())


def _split_words(text: str) -> frozenset[str]:
    return frozenset(map(compare_text.comparison_key, _WORD.findall(text)))


def _name_stem(track: Track) -> str:
    return track.name.rpartition(".")[0]
