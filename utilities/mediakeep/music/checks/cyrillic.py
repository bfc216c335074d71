"""Cyrillic texts in Windows-1251 that were decoded as Latin-1, such as "Ïðèâåò"."""

from __future__ import annotations

import re

_LETTERS = "À-ÿ¨¸ª¯²³´¥º¿¡¢"  # what Russian, Ukrainian and Belarusian letters turn into
_WORD = re.compile(f"[A-Za-z{_LETTERS}]+")
GARBLED = f"[{_LETTERS}]"
_GARBLED = re.compile(f"{GARBLED}+")
_LONG, _SHORT = 4, 3  # length of a word that is proof alone, and of one that needs a second

_VOWELS = frozenset("аеёиіїєоуыэюя")
_CONSONANTS = frozenset("бвгґджзйклмнпрстўфхцчшщ")

# Words of only these letters are Latin: "Öö", "ÆØÅ", "äöüß", and Icelandic words.
_LATIN = (frozenset("äöüõåæøéß²³´ºª"), frozenset("áðéíóúýþæö²³´ºª"))


def reread(text: str) -> str:
    """Return a text with its Cyrillic restored if it certainly was Cyrillic, else unchanged."""
    words = _WORD.findall(text)
    long = [word for word in words if len(word) >= _SHORT and _is_cyrillic(word)]
    if len(long) > 1 or any(len(word) >= _LONG for word in long):
        return _WORD.sub(lambda word: _decoded(word[0]), text)
    return text


def _is_cyrillic(word: str) -> bool:
    if not _GARBLED.fullmatch(word) or any(letters.issuperset(word.lower()) for letters in _LATIN):
        return False
    decoded = _decoded(word)
    letters_used = set(decoded.lower())
    regular = decoded in (decoded.lower(), decoded.upper(), decoded.capitalize())
    return regular and bool(letters_used & _VOWELS) and bool(letters_used & _CONSONANTS)


def _decoded(word: str) -> str:
    if not _GARBLED.fullmatch(word):
        return word
    return word.encode("latin-1").decode("cp1251")
