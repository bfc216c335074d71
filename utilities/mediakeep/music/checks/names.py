"""Checks of file names against tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from mediakeep import files
from mediakeep.music.checks import garbling, groups, letters, positions
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Album, Track

_FEWEST = 3  # names required to derive a pattern
_ALIKE = 0.6  # similarity of two spellings of one text
_COMPARED = 100  # characters
_WORD = re.compile(r"[^\W_]+")
_IDEOGRAPHS = "\u2e80"  # from this character on, letters are words


def filename_tag_mismatch(album: Album) -> dict[str, str]:
    """A file name with another number or title than the tags, if the other names agree."""
    details: dict[str, str] = {}
    for disc in groups.of(album):
        if len(disc.tracks) >= _FEWEST:
            details |= _titles(disc.tracks)
            numbers_by_name = renumbered(disc)
            for track, number in zip(disc.tracks, disc.numbers, strict=True):
                if track.place in numbers_by_name:
                    number_in_name = numbers_by_name[track.place]
                    details[track.place] = (
                        f"number {number_in_name} in the name, {number} in the tag"
                    )
    return details


def renumbered(disc: Group) -> dict[str, int]:
    """Find names with another number than the tag, on a disc whose names mostly agree with it.

    Return the number in each of these names, by place.
    """
    numbered = different = 0
    numbers_by_place: dict[str, int] = {}
    for track, number in zip(disc.tracks, disc.numbers, strict=True):
        names = positions.in_name(track.name, disc.disc)
        if number is None or not names:
            continue
        if number in names:
            numbered += 1
        elif not _is_of_title(track):
            numbered += 1
            different += 1
            numbers_by_place[track.place] = min(names)
    return numbers_by_place if _is_habit(numbered, different) else {}


def _is_of_title(track: Track) -> bool:
    """Return whether the digits at the start of a name belong to the title, as in "99"."""
    title = letters.loose(letters.first(track.tags.title))
    return bool(title) and letters.loose(_stem(track)).startswith(title)


def _titles(tracks: Iterable[Track]) -> dict[str, str]:
    """Find names that share no word with the title, among names that mostly contain it."""
    titled = different = 0
    details = {}
    for track in tracks:
        title = letters.first(track.tags.title)
        if not title:
            continue
        titled += 1
        if title.casefold() in track.name.casefold():
            continue
        name = _readable_name(track)
        words, name_words = _words(title), _words(name)
        if not words or not name_words:
            titled -= 1
        elif not words <= name_words:
            different += 1
            if not _are_alike(title, name, track):
                details[track.place] = f"the title is {letters.quoted(title)}"
    return details if _is_habit(titled, different) else {}


def _is_habit(total: int, different: int) -> bool:
    return total >= _FEWEST and 3 * (total - different) >= 2 * total


def _readable_name(track: Track) -> str:
    """Return the part of a name after its number, or "" if its letters are lost."""
    stem = files.unescape(_stem(track))
    readable = garbling.restored(positions.title_in_name(stem))
    return readable if readable.encode(errors="ignore").decode() == readable else ""


def _are_alike(title: str, name: str, track: Track) -> bool:
    """Return whether a name may stand for a title: by a word, another script or similarity."""
    title = garbling.restored(title)
    artists = {word for artist in track.tags.artist for word in _words(artist)}
    remainder = " ".join(word for word in _WORD.findall(name) if letters.loose(word) not in artists)
    if not remainder or _words(title) & _words(remainder) or _is_latin(title) != _is_latin(name):
        return True
    title_key, name_key = letters.loose(title), letters.loose(remainder)
    if any(char >= _IDEOGRAPHS for char in set(title_key) & set(name_key)):
        return True
    return (
        title_key in letters.loose(name)
        or name_key in title_key
        or _likeness(title_key, name_key) >= _ALIKE
    )


def _likeness(first: str, second: str) -> float:
    return SequenceMatcher(None, first[:_COMPARED], second[:_COMPARED], autojunk=False).ratio()


def _is_latin(text: str) -> bool:
    """Return whether all letters of a text are Latin."""
    return all(char < "\u0370" or "\u1e00" <= char < "\u1f00" for char in text if char.isalpha())


def _words(text: str) -> frozenset[str]:
    return frozenset(map(letters.loose, _WORD.findall(text)))


def _stem(track: Track) -> str:
    return track.name.rpartition(".")[0]
