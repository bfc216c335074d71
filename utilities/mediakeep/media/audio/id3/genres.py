"""The genre numbers of ID3v1 with the Winamp extensions.

MP4 uses the same numbers, counted from 1.
"""

from __future__ import annotations


def genre_name(number: int) -> str:
    """Return the name of an ID3v1 genre by its number, counted from 0, or "" if unknown."""
    from mutagen.id3 import TCON  # imported late: slow, and few files need it

    names: list[str] = TCON.GENRES
    return names[number] if 0 <= number < len(names) else ""
