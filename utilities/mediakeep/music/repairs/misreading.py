"""Garbled texts of which it is proven what they were meant to be.

The proof is that reading the mended text in the wrong encoding gives the garbled one, letter for
letter. So nothing is lost, and whoever would have it back can have it.
"""

from __future__ import annotations

from mediakeep.music.checks import garbling

_PASSES = 3  # UTF-8 that was read wrong so often
_FIRST, _LAST = "\u0401", "\u0491"  # of the Cyrillic letters of Windows-1251
_HIGH = bytes(range(0x80, 0xA0))
# Five bytes have no letter in Windows-1252; programs take those of Latin-1 for them.
_WINDOWS = {
    byte: char
    for byte, char in zip(_HIGH, _HIGH.decode("cp1252", "replace"), strict=True)
    if char != garbling.LOST
}


def mended(text: str) -> str:
    """Return what a garbled text was meant to be; the text itself where that is not proven."""
    meant = garbling.judged(text)
    if not meant or garbling.judged(meant) is not None:
        return text
    return meant if _leads_back(meant, text) else text


def _leads_back(meant: str, text: str) -> bool:
    """Tell whether wrong readings of one kind, one upon the other, make one text of another.

    Where UTF-8 and Windows-1251 were both read wrong, nobody can tell which of them it was.
    """
    if _as_cyrillic(meant) == text:
        return True
    texts = {meant}
    for _ in range(_PASSES):
        wrong = {read(one) for one in texts for read in (_as_latin, _as_windows)}
        if text in wrong:
            return True
        texts = {one for one in wrong - texts if len(one) <= len(text)}  # they only grow
    return False


def _as_latin(text: str) -> str:
    return text.encode(errors="surrogatepass").decode("latin-1")


def _as_windows(text: str) -> str:
    return _as_latin(text).translate(_WINDOWS)


def _as_cyrillic(text: str) -> str:
    """Windows-1251 as Latin-1: the Cyrillic letters alone, as only these were judged."""
    return "".join(_misread(char) if _FIRST <= char <= _LAST else char for char in text)


def _misread(char: str) -> str:
    return char.encode("cp1251", "replace").decode("latin-1")
