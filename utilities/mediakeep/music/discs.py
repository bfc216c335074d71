"""Folders that hold one disc of an album."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mediakeep.music.checks import letters, titles

_WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_DISC = re.compile(
    r"(?:cd|dis[ck]|digital media|vinyl|cassette|side|lp|sacd|dvd|blu-?ray)"
    rf"[\W_]*(?:\d+(?:of\d+)?|{_WORDS}|[ivx]+|[a-h])(?![^\W\d_])",
    re.IGNORECASE,
)


def is_disc(name: str) -> bool:
    """Tell whether a folder's name is that of a disc: CD1, Disc 2, Digital Media 01, Side A."""
    return _DISC.match(name) is not None


def album_of(place: str) -> str:
    """Return the place of the album that a folder is part of: its own, unless it holds a disc.

    A disc right in the artist's folder, which is no album, is one of its own.
    """
    above, _, name = place.rpartition("/")
    while above and is_disc(name):
        place = above
        above, _, name = place.rpartition("/")
    return place


def number_of(folder: str) -> str:
    """Return the disc that the name of an album's folder ends in, as in "Dawn (Disc 2)", or ""."""
    return titles.parted(folder.rpartition("/")[2])[1]


def merged(albums: Iterable[str]) -> dict[str, str]:
    """Return for the folder of each album the one that stands for it.

    That is its own, or that of the first disc if its discs are next to each other, as in "Dawn
    (Disc 1)" and "Dawn (Disc 2)". If there are two folders for one disc, nobody can say which of
    them belong together.
    """
    found = {album: album for album in albums}
    parts: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for album in found:
        above, _, name = album.rpartition("/")
        title, disc = titles.parted(name)
        if disc:
            parts.setdefault((above, letters.loose(title) or title), []).append((disc, album))
    for several in parts.values():
        if len({disc for disc, _ in several}) == len(several):
            first = min(several, key=lambda part: (len(part[0]), part))[1]
            found |= {album: first for _, album in several}
    return found


def folder_within(place: str, album: str) -> str:
    """Return the folder of a track below that of its album, "" if it lies right in it.

    The folder of a disc next to the album's is returned whole.
    """
    return "" if (folder := place.rpartition("/")[0]) == album else folder.removeprefix(f"{album}/")
