"""Order names as people read them: by the values of numbers, also Chinese, Japanese and Roman ones.

English number words such as "Twenty-One" count as Roman numerals do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

_NUMBER = re.compile(r"\d+")
_CJK_DIGITS = (
    "[\u3007\u96f6\u4e00\u4e8c\u4e24\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341\u767e\u5343]+"
)
# Written-out numbers after an ordinal prefix or "volume", or as a whole name.
_CJK_NUMBER = re.compile(f"(?<=[\u7b2c\u5377\u5dfb]){_CJK_DIGITS}|^{_CJK_DIGITS}$")
# The first, middle and last volume, in parentheses, as a word, or before "volume".
_CJK_VOLUME = re.compile(
    "(?:(?<=[\\s(])|^)[\u4e0a\u4e2d\u4e0b](?=[\u5dfb\u5377\u90e8\u518a\u518c\u96c6)]|$)"
)
_CJK_VOLUMES = str.maketrans("\u4e0a\u4e2d\u4e0b", "123")
_ONES = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
    *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS = {word: value for value, word in enumerate(_ONES, 1)}
_WORDS |= dict(zip(_TENS, range(20, 100, 10), strict=True))
_WORD = re.compile("|".join(sorted(_WORDS, key=len, reverse=True)))
_NUMERAL = re.compile(  # Roman up to 399, and English words up to 99
    r"(?<![^\W_])(?:(?=[ivxlc])c{0,3}(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})"
    rf"|(?:{'|'.join(_TENS)})[ _-]?(?:{'|'.join(_ONES[:9])})|{'|'.join(_WORDS)})(?![^\W_])"
)
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_RANKS = {  # of names without a number among others, which have 0 to 2
    **dict.fromkeys(("opening credits", "opening", "title page"), -9),
    **dict.fromkeys(("dedication", "widmung", "epigraph"), -8),
    **dict.fromkeys(("preface", "foreword", "vorwort", "avant-propos", "prefacio"), -7),
    **dict.fromkeys(("introduction", "intro", "einleitung", "introducci\u00f3n"), -6),
    **dict.fromkeys(("prologue", "prolog", "pr\u00f3logo"), -5),
    **dict.fromkeys(("epilogue", "epilog", "ep\u00edlogo", "conclusion"), 5),
    **dict.fromkeys(("afterword", "postscript", "nachwort", "postface"), 6),
    **dict.fromkeys(("appendix", "anhang", "acknowledgements", "acknowledgments"), 7),
    **dict.fromkeys(("end credits", "closing credits", "closing", "outro"), 8),
}
_RANKED = re.compile(rf"\b(?:{'|'.join(_RANKS)})\b")

_WARNING = "Not all names can be ordered by their Roman numerals or number words: check the order."


def order_names(names: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Order paths in which numbers count by value: "2.mp3" before "10.mp3"; return warnings, too.

    Letters compare without case, and suffixes are ignored. Roman numerals and English number words
    count if all names have one, but for those with a word such as "Prologue", which are before or
    after numbers.
    """
    texts = {name: _to_text(name) for name in names}
    ranked = {name for name, text in texts.items() if _RANKED.search(text, text.rfind("/") + 1)}
    found = [
        tuple(map(_parse_number, _NUMERAL.findall(texts[name])))
        for name in texts
        if name not in ranked
    ]
    has_numbers = any(_NUMBER.search(text, text.rfind("/") + 1) for text in texts.values())
    if all(found):
        for name, text in texts.items():
            end = text.rfind("/") + 1 if name in ranked else len(text)
            texts[name] = (
                _NUMERAL.sub(lambda one: str(_parse_number(one[0])), text[:end]) + text[end:]
            )
    is_numbered = any(map(_NUMBER.search, texts.values()))
    ordered = sorted(names, key=lambda name: (_natural_key(texts[name], is_numbered), name))
    different = set(found) - {()}
    if len(different) < 2 or has_numbers:
        return ordered, ()  # they are no numbers, or others decide
    firsts = {numbers[0] for numbers in different}
    is_certain = len(different) == len(found) and max(firsts) - min(firsts) < len(firsts)
    return ordered, () if is_certain else (_WARNING,)


def _to_text(name: str) -> str:
    """Return a path without suffix and case, with digits in place of Chinese numbers."""
    stem, dot, suffix = unicodedata.normalize("NFKC", name).casefold().rpartition(".")
    parts = (stem if dot else suffix).split("/")
    return "/".join(part if part.isascii() else _to_digits(part) for part in parts)


def _natural_key(path: str, is_numbered: bool) -> list[tuple[int, int, str]]:
    key: list[tuple[int, int, str]] = []
    for part in path.split("/"):
        end = 0
        if is_numbered and (word := _RANKED.search(part)) and not _NUMBER.search(part):
            key.append((_RANKS[word[0]], 0, ""))
        for match in _NUMBER.finditer(part):
            if match.start() > end:
                key.append((2, 0, part[end : match.start()]))
            key.append((1, int(match.group()), ""))
            end = match.end()
        if end < len(part):
            key.append((2, 0, part[end:]))
        key.append((0, 0, ""))  # the end of a name is before all that is longer
    return key


def _parse_number(text: str) -> int:
    if words := _WORD.findall(text):
        return sum(map(_WORDS.__getitem__, words))
    values = [_ROMAN_DIGITS[letter] for letter in text]
    return sum(
        -value if value < following else value
        for value, following in zip(values, [*values[1:], 0], strict=True)
    )


def _to_digits(text: str) -> str:
    """Replace Chinese and Japanese numbers in a name by digits, as far as they order parts."""
    text = _CJK_NUMBER.sub(lambda match: str(_parse_cjk_number(match[0])), text)
    return _CJK_VOLUME.sub(lambda match: match[0].translate(_CJK_VOLUMES), text)


def _parse_cjk_number(text: str) -> int:
    total = digits = 0
    for value in (int(unicodedata.numeric(char)) for char in text):
        if value < 10:
            digits = digits * 10 + value
        else:
            total, digits = total + (digits or 1) * value, 0
    return total + digits
