"""Folders that contain one disc of an album."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mediakeep.music.text import album_titles, compare_text

_NUMBER_WORDS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_DISC_NAME = re.compile(
    r"(?:cd|dis[ck]|digital media|vinyl|cassette|side|lp|sacd|dvd|blu-?ray)"
    rf"[\W_]*(?:\d+(?:of\d+)?|{_NUMBER_WORDS}|[ivx]+|[a-h])(?![^\W\d_])",
    re.IGNORECASE,
)


def is_disc_folder(name: str) -> bool:
    """Return whether a folder's name is that of a disc: CD1, Disc 2, Digital Media 01, Side A."""
    return _DISC_NAME.match(name) is not None


def album_folder(place: str) -> str:
    """Return the folder of the album that a folder belongs to: itself, or the one above a disc.

    A disc folder directly in the artist's folder is an album of its own.
    """
    above, _, name = place.rpartition("/")
    while above and is_disc_folder(name):
        place = above
        above, _, name = place.rpartition("/")
    return place


def trailing_disc_number(folder: str) -> str:
    """Return the disc number at the end of a folder's name, as in "Dawn (Disc 2)", or ""."""
    return album_titles.split_disc(folder.rpartition("/")[2])[1]


def merge_disc_folders(albums: Iterable[str]) -> dict[str, str]:
    """Return for each album folder the folder that stands for the whole album.

    This is the folder itself. For discs in neighbouring folders, such as "Dawn (Disc 1)" and "Dawn
    (Disc 2)", it is that of the first disc. If one disc has two folders, nothing is merged, as it
    is unknown which belong together.
    """
    stands_for = {album: album for album in albums}
    parts: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for album in stands_for:
        above, _, name = album.rpartition("/")
        title, disc = album_titles.split_disc(name)
        if disc:
            parts.setdefault((above, compare_text.comparison_key(title) or title), []).append(
                (disc, album)
            )
    for discs_of_album in parts.values():
        if len({disc for disc, _ in discs_of_album}) == len(discs_of_album):
            first = min(discs_of_album, key=lambda part: (len(part[0]), part))[1]
            stands_for |= {album: first for _, album in discs_of_album}
    return stands_for


def subfolder_of_album(place: str, album: str) -> str:
    """Return the folder of a track relative to its album's folder; "" if it is directly in it.

    The folder of a disc next to the album's folder is returned unchanged.
    """
    return "" if (folder := place.rpartition("/")[0]) == album else folder.removeprefix(f"{album}/")
