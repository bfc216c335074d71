"""Checks of file names against tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import SequenceMatcher

from mediakeep import files
from mediakeep.music.checks import garbling, groups, letters, positions
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Album, Track

_FEWEST = 3  # names from which a habit can be told
_ALIKE = 0.6  # likeness of two texts that may be one, written in two ways
_COMPARED = 100  # letters
_WORD = re.compile(r"[^\W_]+")
_IDEOGRAPHS = "\u2e80"  # from here on letters are words


def filename_tag_mismatch(album: Album) -> dict[str, str]:
    """A file's name that tells another number or title than the tags, where the others agree."""
    found: dict[str, str] = {}
    for disc in groups.of(album):
        if len(disc.tracks) >= _FEWEST:
            found |= _titles(disc.tracks)
            told = renumbered(disc)
            for track, number in zip(disc.tracks, disc.numbers, strict=True):
                if track.place in told:
                    name = told[track.place]
                    found[track.place] = f"the name tells number {name}, the tag {number}"
    return found


def renumbered(disc: Group) -> dict[str, int]:
    """Find names that tell another number than the tag, among names that mostly tell it.

    Gives the number that each of them tells.
    """
    told = others = 0
    found: dict[str, int] = {}
    for track, number in zip(disc.tracks, disc.numbers, strict=True):
        names = positions.in_name(track.name, disc.disc)
        if number is None or not names:
            continue
        if number in names:
            told += 1
        elif not _is_of_title(track):
            told += 1
            others += 1
            found[track.place] = min(names)
    return found if _is_habit(told, others) else {}


def _is_of_title(track: Track) -> bool:
    """Tell whether the figures at the beginning of a name are those of the title, as in "99"."""
    title = letters.loose(letters.first(track.tags.title))
    return bool(title) and letters.loose(_stem(track)).startswith(title)


def _titles(tracks: Iterable[Track]) -> dict[str, str]:
    """Find names that share no word with the title, among names that mostly hold it."""
    told = others = 0
    found = {}
    for track in tracks:
        title = letters.first(track.tags.title)
        if not title:
            continue
        told += 1
        if title.casefold() in track.name.casefold():
            continue
        name = _readable_name(track)
        words, of_name = _words(title), _words(name)
        if not words or not of_name:
            told -= 1
        elif not words <= of_name:
            others += 1
            if not _are_alike(title, name, track):
                found[track.place] = f"the title is {letters.quoted(title)}"
    return found if _is_habit(told, others) else {}


def _is_habit(told: int, others: int) -> bool:
    return told >= _FEWEST and 3 * (told - others) >= 2 * told


def _readable_name(track: Track) -> str:
    """What a name tells behind its number; "" where its letters cannot be told."""
    stem = files.unescape(_stem(track))
    readable = garbling.restored(positions.title_in_name(stem))
    return readable if readable.encode(errors="ignore").decode() == readable else ""


def _are_alike(title: str, name: str, track: Track) -> bool:
    """Tell whether a name can be meant for a title: by a word, another script or the likeness."""
    title = garbling.restored(title)
    artists = {word for artist in track.tags.artist for word in _words(artist)}
    rest = " ".join(word for word in _WORD.findall(name) if letters.loose(word) not in artists)
    if not rest or _words(title) & _words(rest) or _is_latin(title) != _is_latin(name):
        return True
    plain, against = letters.loose(title), letters.loose(rest)
    if any(char >= _IDEOGRAPHS for char in set(plain) & set(against)):
        return True
    return plain in letters.loose(name) or against in plain or _likeness(plain, against) >= _ALIKE


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one[:_COMPARED], other[:_COMPARED], autojunk=False).ratio()


def _is_latin(text: str) -> bool:
    """Tell whether a text is in Latin letters, as far as it has any."""
    return all(char < "\u0370" or "\u1e00" <= char < "\u1f00" for char in text if char.isalpha())


def _words(text: str) -> frozenset[str]:
    return frozenset(map(letters.loose, _WORD.findall(text)))


def _stem(track: Track) -> str:
    return track.name.rpartition(".")[0]
