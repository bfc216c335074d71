"""Find texts in the codepage of another script that were decoded as Latin-1 or Windows-1252.

Such a text can be decoded with each of a dozen codepages, and turned back into the garbled text
from each, so that proves nothing. What decides is how likely each result is: a text costs the sum
of -ln(p) over its letters, by the pairs of letters in an alphabet, and by how common a character is
in Chinese, Japanese and Korean. The garbled text is judged in the same way, as Latin letters.

The cheapest reading is the one that was meant if it costs less than the garbled text by `_GAIN`. It
is certain for Cyrillic only, and only if no other reading comes near.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from mediakeep.music.text.letter_costs import (
    HANGUL,
    LETTER_PAIRS,
    SIMPLIFIED_CHINESE,
    TRADITIONAL_CHINESE,
)

_C1_BYTES = bytes(range(0x80, 0xA0))
# Five bytes are undefined in Windows-1252; programs use the characters of Latin-1.
C1_TO_CP1252 = {
    byte: char
    for byte, char in zip(_C1_BYTES, _C1_BYTES.decode("cp1252", "replace"), strict=True)
    if char != "\ufffd"
}
CP1252_TO_BYTE = {ord(char): byte for byte, char in C1_TO_CP1252.items()}

# In nats; measured on 10,000 titles per encoding, and 340,000 genuine ones in Latin letters.
_GAIN = 5  # by which a reading must be more likely than the Latin letters
_CERTAIN_GAIN = 12  # the same for a certain reading
_CERTAIN_LEAD, _LEAD_OVER_OTHERS = 7, 10  # over other readings in Cyrillic, and in other scripts
_CERTAIN_LETTERS = 6  # Cyrillic letters in a text that can be certain

_ASCII, _PUNCTUATION, _ODD_CASE = 3, 5, 8
_LATIN_LETTER, _NEXT_LATIN_LETTER, _SYMBOL, _SYMBOL_IN_WORD, _CONTROL = 4, 6, 9, 13, 14
_KANA, _FOREIGN_KANA, _WIDE_PUNCTUATION = 4, 12, 7
_FREQUENT, _COMMON, _RARE = 6.5, 11, 14
_MARKS = frozenset("«»“”„‘’–—…№\u00a0")
_SYMBOLS = frozenset("§©®°·™‚‹›|^~{}")
_WIDE_MARKS = frozenset("、。「」『』・！？（）　《》…—“”，：；～")

_WORD = re.compile(r"[^\W\d_]+|.", re.DOTALL)
_MAY_BE_MISREAD = re.compile(rb"[\x80-\xff]{2}.*[\x80-\xff]|[\x80-\xff].*[\x80-\xff]{2}", re.DOTALL)
_CYRILLIC = re.compile("[\u0400-\u04ff]")
# Kana, Chinese characters and Hangul.
_CHARACTERS = re.compile("[\u3041-\u30ff\u4e00-\u9fff\uac00-\ud7a3]")
_IN_LATIN_WORD = re.compile("[A-Z][\u4e00-\u9fff\uac00-\ud7a3][A-Z]")  # an accent or two


_CostOfText = Callable[[str], float]


class Misreading(NamedTuple):
    """What a garbled text means; `is_certain` if it may be written without asking."""

    text: str
    is_certain: bool


class _CharacterSet(NamedTuple):
    """Characters of an East Asian language: first bytes of common ones, and frequent ones."""

    standard: str
    common: range
    frequent: frozenset[str]


def find_misreading(text: str) -> Misreading | None:
    """Return what a text means that was decoded with the wrong codepage; None if it was not."""
    try:
        raw = text.translate(CP1252_TO_BYTE).encode("latin-1")
    except UnicodeError:
        return None
    # A repeated word is no further evidence: "ÖÖ ÖÖ" may be Estonian as well as Chinese.
    judged = b" ".join(dict.fromkeys(raw.split(b" ")))
    if not _MAY_BE_MISREAD.search(judged):
        return None
    costs: dict[str, float] = {}
    for encoding, measure_cost in ((name, cost) for names, cost in _READINGS for name in names):
        with suppress(UnicodeError):
            decoded = raw.decode(encoding)
            cost = measure_cost(judged.decode(encoding))
            costs[decoded] = min(cost, costs.get(decoded, math.inf))
    best = min(costs, key=costs.__getitem__)
    cost = costs.pop(best)
    gain = _latin_cost(" ".join(dict.fromkeys(text.split(" ")))) - cost
    if gain < _GAIN:
        return None
    is_certain = (
        gain >= _CERTAIN_GAIN
        and all(
            other - cost >= (_CERTAIN_LEAD if _CYRILLIC.search(decoded) else _LEAD_OVER_OTHERS)
            for decoded, other in costs.items()
        )
        and len(_CYRILLIC.findall(best)) >= _CERTAIN_LETTERS
        and _SYMBOLS.isdisjoint(best)
        and not any(map(_has_mixed_case, _WORD.findall(best)))
        and text in (latin := raw.decode("latin-1"), latin.translate(C1_TO_CP1252))
    )
    return Misreading(best, is_certain)


def _latin_cost(text: str) -> float:
    cost, after_letter = 0, False
    for char in text:
        if char.isascii():
            cost += _ASCII
        elif char.isalpha():
            cost += _NEXT_LATIN_LETTER if after_letter else _LATIN_LETTER
        elif "\x80" <= char < "\xa0":
            cost += _CONTROL
        elif char in _MARKS or char in _SYMBOLS:
            cost += _LATIN_LETTER
        else:
            cost += _SYMBOL_IN_WORD if after_letter else _SYMBOL
        after_letter = not char.isascii() and char.isalpha()
    return cost


def _read_pairs(script: str) -> dict[tuple[str, str], int]:
    letters, *rows = LETTER_PAIRS[script]
    return {
        (before, after): int(digit)
        for before, row in zip(letters, rows, strict=True)
        for after, digit in zip(letters, row, strict=True)
    }


def _alphabet_cost(pairs: dict[tuple[str, str], int], text: str) -> float:
    """Return the cost of a text in an alphabet; infinite if it has letters of another one."""
    cost: float = 0
    for word in _WORD.findall(text):
        if word.isascii():
            cost += _ASCII * len(word)
        elif word in _MARKS:
            cost += _PUNCTUATION
        elif word in _SYMBOLS:
            cost += _SYMBOL
        else:
            letters = f" {word.lower()} "
            cost += sum(pairs.get(pair, math.inf) for pair in pairwise(letters))
            cost += _ODD_CASE if _has_mixed_case(word) else 1
    return cost


def _has_mixed_case(word: str) -> bool:
    return word not in (word.lower(), word.upper(), word.capitalize())


def _character_cost(characters: _CharacterSet, text: str) -> float:
    """Return the cost of a text in characters; infinite if it has none, or other letters."""
    if not _CHARACTERS.search(text) or _IN_LATIN_WORD.search(text):
        return math.inf
    return sum(_one_character_cost(characters, char) for char in text)


def _one_character_cost(characters: _CharacterSet, char: str) -> float:
    if char.isascii():
        return _ASCII
    if "\u3041" <= char <= "\u30ff":
        return _KANA if characters.standard == "euc_jp" else _FOREIGN_KANA
    if char in _WIDE_MARKS or "\uff01" <= char <= "\uff5e":
        return _WIDE_PUNCTUATION
    if not _CHARACTERS.match(char):
        return math.inf
    if char in characters.frequent:
        return _FREQUENT
    is_common = char.encode(characters.standard, "replace")[0] in characters.common
    return _COMMON if is_common else _RARE


_READINGS: tuple[tuple[tuple[str, ...], _CostOfText], ...] = (
    (
        # KOI8-U and cp1125 are KOI8-R and cp866 with the letters of Ukrainian.
        ("cp1251", "koi8-u", "cp866", "cp1125", "mac-cyrillic", "iso8859-5"),
        partial(_alphabet_cost, _read_pairs("Cyrillic")),
    ),
    (("cp1253",), partial(_alphabet_cost, _read_pairs("Greek"))),
    (("cp1255",), partial(_alphabet_cost, _read_pairs("Hebrew"))),
    (("cp1256",), partial(_alphabet_cost, _read_pairs("Arabic"))),
    (
        ("cp932", "euc_jp"),
        partial(
            _character_cost,
            _CharacterSet("euc_jp", range(0xB0, 0xD0), SIMPLIFIED_CHINESE | TRADITIONAL_CHINESE),
        ),
    ),
    (
        ("gbk",),
        partial(_character_cost, _CharacterSet("gb2312", range(0xB0, 0xD8), SIMPLIFIED_CHINESE)),
    ),
    (
        ("cp950",),
        partial(_character_cost, _CharacterSet("big5", range(0xA4, 0xC7), TRADITIONAL_CHINESE)),
    ),
    (("cp949",), partial(_character_cost, _CharacterSet("euc_kr", range(0xB0, 0xC9), HANGUL))),
)
