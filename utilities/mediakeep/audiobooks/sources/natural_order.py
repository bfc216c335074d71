"""Order names as people read them: numbers by value, also Chinese, Japanese and Roman ones."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from mediakeep import path_text

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
_ROMAN = re.compile(
    r"(?<![^\W_])(?=[ivxlc])c{0,3}(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})(?![^\W_])"  # up to 399
)
_ROMAN_DIGITS = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_RANKS = {  # of names without a number among those with one, which have 0 to 2
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

_Key = list[tuple[int, int, str]]


def order_names(names: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """Order paths in which numbers count by value: "2.mp3" before "10.mp3"; return warnings, too.

    Letters compare without case, and suffixes are ignored. Roman numerals count if all names of a
    folder have one, but for those with a word such as "Prologue", which are before or after them.
    """
    split = {name: _split(name) for name in names}
    folders = defaultdict[tuple[str, ...], set[str]](set)  # the names in each
    for parts in split.values():
        for at, part in enumerate(parts):
            folders[parts[:at]].add(part)
    keys: dict[tuple[str, ...], _Key] = {}
    warnings = []
    for folder, found in folders.items():
        texts, is_certain = _convert_roman(found)
        has_numbers = any(map(_NUMBER.search, texts.values()))
        for name, text in texts.items():
            keys[(*folder, name)] = _build_key(text, is_ranked=has_numbers)
        if not is_certain:
            shown = path_text.to_printable("/".join(folder))
            place = f" in {shown}" if shown else ""
            warnings.append(f"The Roman numerals{place} do not count up: check the order.")

    def key(name: str) -> tuple[list[_Key], str]:
        parts = split[name]
        return [keys[parts[:end]] for end in range(1, len(parts) + 1)], name

    return sorted(names, key=key), tuple(warnings)


def _split(name: str) -> tuple[str, ...]:
    """Return the names of the folders and the file of a path, to compare them."""
    stem, dot, suffix = unicodedata.normalize("NFKC", name).casefold().rpartition(".")
    parts = (stem if dot else suffix).split("/")
    return tuple(part if part.isascii() else _to_digits(part) for part in parts)


def _build_key(text: str, *, is_ranked: bool) -> _Key:
    """Return a sort key for a name; ranked, such as "prologue", if others have numbers."""
    key, end = _Key(), 0
    for match in _NUMBER.finditer(text):
        if match.start() > end:
            key.append((2, 0, text[end : match.start()]))
        key.append((1, int(match.group()), ""))
        end = match.end()
    word = _RANKED.search(text) if is_ranked and not end else None
    if end < len(text):
        key.append((2, 0, text[end:]))
    # The end of a name is before all that is longer.
    return [*([(_RANKS[word[0]], 0, "")] if word else []), *key, (0, 0, "")]


def _convert_roman(names: Collection[str]) -> tuple[Mapping[str, str], bool]:
    """Return the names with digits in place of Roman numerals, and whether these are certain.

    Only if all names have one, and none has digits, these are converted.
    """
    texts = {name: name for name in names}
    others = [name for name in names if not _RANKED.search(name)]
    found = [tuple(_parse_roman(match[0]) for match in _ROMAN.finditer(name)) for name in others]
    if len(set(filter(None, found))) < 2 or any(map(_NUMBER.search, names)):
        return texts, True  # they do not decide
    if not all(found):
        return texts, False
    texts |= {name: _ROMAN.sub(lambda one: str(_parse_roman(one[0])), name) for name in others}
    firsts = {values[0] for values in found}
    return texts, len(set(found)) == len(found) and max(firsts) - min(firsts) < len(firsts)


def _parse_roman(text: str) -> int:
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
