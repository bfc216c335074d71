"""Cyrillic texts in Windows-1251 that were read as Latin-1, such as "Ïðèâåò"."""

from __future__ import annotations

import re

_LETTERS = "À-ÿ¨¸ª¯²³´¥º¿¡¢"  # what the letters of Russian, Ukrainian and Belarusian turn into
_WORD = re.compile(f"[A-Za-z{_LETTERS}]+")
GARBLED = f"[{_LETTERS}]"
_GARBLED = re.compile(f"{GARBLED}+")
_LONG, _SHORT = 4, 3  # letters of a word that proves it alone, and of one that needs a second

_VOWELS = frozenset("аеёиіїєоуыэюя")
_CONSONANTS = frozenset("бвгґджзйклмнпрстўфхцчшщ")

# Words of these alone are Latin: "Öö", "ÆØÅ", "äöüß", and what Icelandic may hold.
_LATIN = (frozenset("äöüõåæøéß²³´ºª"), frozenset("áðéíóúýþæö²³´ºª"))


def reread(text: str) -> str:
    """Return a text in Cyrillic where it is certain that it was, else as it is."""
    words = _WORD.findall(text)
    long = [word for word in words if len(word) >= _SHORT and _is_cyrillic(word)]
    if len(long) > 1 or any(len(word) >= _LONG for word in long):
        return _WORD.sub(lambda word: _decoded(word[0]), text)
    return text


def _is_cyrillic(word: str) -> bool:
    if not _GARBLED.fullmatch(word) or any(known.issuperset(word.lower()) for known in _LATIN):
        return False
    meant = _decoded(word)
    sounds = set(meant.lower())
    regular = meant in (meant.lower(), meant.upper(), meant.capitalize())
    return regular and bool(sounds & _VOWELS) and bool(sounds & _CONSONANTS)


def _decoded(word: str) -> str:
    if not _GARBLED.fullmatch(word):
        return word
    return word.encode("latin-1").decode("cp1251")
