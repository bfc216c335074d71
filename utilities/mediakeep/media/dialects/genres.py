"""The genres that ID3v1 numbered, with the later ones of Winamp; MP4 counts them too, from 1."""

from __future__ import annotations


def name(number: int) -> str:
    """Return the genre of a number counted from 0, or "" where there is none."""
    from mutagen.id3 import TCON  # few files need the list, and loading it takes its time

    names: list[str] = TCON.GENRES
    return names[number] if 0 <= number < len(names) else ""
