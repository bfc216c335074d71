"""The genre numbers of ID3v1 with the Winamp extensions; MP4 uses them too, from 1."""

from __future__ import annotations


def genre_name(number: int) -> str:
    """Return the genre with a number, counted from 0, or "" if there is none."""
    from mutagen.id3 import TCON  # imported late: slow, and few files need it

    names: list[str] = TCON.GENRES
    return names[number] if 0 <= number < len(names) else ""
