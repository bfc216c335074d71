"""The order in which the files of a book are joined.

Names are ordered as people read them: by the values of numbers, also Chinese, Japanese and Roman
ones. English number words such as "Twenty-One" count as Roman numerals do.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Literal

import msgspec

from mediakeep import path_text
from mediakeep.errors import Unreadable, UsageError
from mediakeep.media import open_file
from mediakeep.media.audio.model import Tags

Order = Literal["tags", "natural", "alphabetical", "list", "mixed"]
_ORDERS = frozenset({"auto", "tags", "natural", "alphabetical"})  # all others are lists
_SHOWN_FILES = 5  # in messages; more are counted
_MAX_GAP = 20  # numbers; larger ones are of numbers such as 101, 102, 201
_TAG_NUMBER = re.compile(r"\d{1,9}")
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


class SourceFile(msgspec.Struct, frozen=True):
    """A file of a book with the tags that order and name it; numbers are 0 if missing."""

    path: Path
    disc: int = 0
    track: int = 0
    title: str = ""


class OrderedSources(msgspec.Struct, frozen=True):
    """The files of a book in order, how they were ordered, and why, as a clause.

    The order is "mixed" if that of its folders differs. `warnings` name numbers that are missing,
    and folders whose order is not certain.
    """

    sources: tuple[SourceFile, ...]
    order: Order
    reason: str
    warnings: tuple[str, ...] = ()


def build_source_file(path: Path, found: Tags) -> SourceFile:
    """Return a file with the tags that order and name it."""
    title = found.title[0].strip() if found.title else ""
    return SourceFile(path, _to_number(found.disc), _to_number(found.track), title)


def find_root(path: Path, folders: Sequence[Path]) -> Path:
    """Return the folder that contains a file; the innermost one if folders contain each other."""
    above = [folder for folder in folders if path.is_relative_to(folder)]
    return max(above, key=lambda folder: len(folder.parts))


def display_source(path: Path, folders: Sequence[Path]) -> str:
    """Return the path of a file for display: below its folder, with its name if there are more."""
    base = _find_base(folders)
    return path_text.display_path(path if path in folders else path.relative_to(base))


def order_sources(
    sources: Sequence[SourceFile], folders: Sequence[Path], order: str
) -> OrderedSources:
    """Order the files of a book by "auto", "tags", "natural", "alphabetical", or a list.

    Folders follow each other as they are given, and each is ordered on its own. "auto" means by
    tags if all files have a track number, no two are equal and no folders are mixed; else natural.
    Any other order is the path of a text file that names each file once, one a line, relative to
    the folder; of several, relative to the folder that contains them. Raises UsageError.
    """
    if order not in _ORDERS:
        return _order_by_list(sources, folders, Path(order))
    base, ordered = _find_base(folders), dict[str, OrderedSources]()
    for folder in folders:
        group = [one for one in sources if find_root(one.path, folders) == folder]
        shown = path_text.display_path(folder.relative_to(base))
        ordered[shown] = _order_folder(group, folder, order)
    files = tuple(source for one in ordered.values() for source in one.sources)
    warnings = tuple(text for one in ordered.values() for text in one.warnings)
    first, *others = ordered.values()
    if all((one.order, one.reason) == (first.order, first.reason) for one in others):
        return OrderedSources(files, first.order, first.reason, warnings)
    reasons = [f"{folder}: {one.order}, {one.reason}" for folder, one in ordered.items()]
    return OrderedSources(files, "mixed", "; ".join(reasons), warnings)


def _order_folder(sources: Sequence[SourceFile], root: Path, order: str) -> OrderedSources:
    if order == "natural":
        return _order_naturally(sources, root, "chosen")
    if order == "alphabetical":
        by_name = sorted(sources, key=lambda source: _relative(source, root))
        return OrderedSources(tuple(by_name), "alphabetical", "chosen")
    by_tags = sorted(sources, key=lambda source: (source.disc, source.track))
    problem = _find_tag_problem(sources, root) or _find_mixed_folders(by_tags)
    if not problem:
        number = (
            "disc and track number" if any(source.disc for source in sources) else "track number"
        )
        reason = f"each file has its own {number}"
        return OrderedSources(tuple(by_tags), "tags", reason, tuple(_find_gaps(by_tags)))
    if order == "tags":
        raise UsageError(
            f"Files not ordered by tags: {problem}. Correct the tags or choose another order."
        )
    return _order_naturally(sources, root, problem)


def _order_naturally(sources: Sequence[SourceFile], root: Path, reason: str) -> OrderedSources:
    by_name = {_relative(source, root): source for source in sources}
    names, warnings = order_names(list(by_name))
    return OrderedSources(tuple(map(by_name.__getitem__, names)), "natural", reason, warnings)


def _find_tag_problem(sources: Sequence[SourceFile], root: Path) -> str:
    """Return why tags do not order the files, as a clause, or "" if they do."""
    without = [source for source in sources if not source.track]
    if without:
        return f"no track number in {_list_names(without, root)}"
    has_disc = [source for source in sources if source.disc]
    if has_disc and len(has_disc) < len(sources):
        return f"no disc number in {_list_names([s for s in sources if not s.disc], root)}"
    seen: dict[tuple[int, int], SourceFile] = {}
    for source in sources:
        other = seen.setdefault((source.disc, source.track), source)
        if other is not source:
            return f"the same disc and track number in {_list_names([other, source], root)}"
    return ""


def _find_gaps(by_tags: Sequence[SourceFile]) -> Iterator[str]:
    """Yield a warning for each number between two others that no file has."""
    for one, other in pairwise(by_tags):
        if one.disc == other.disc:
            name, first, last = "track", one.track + 1, other.track - 1
        else:
            name, first, last = "disc", one.disc + 1, other.disc - 1
        if 0 <= last - first < _MAX_GAP:
            numbers = f"{first}" if first == last else f"{first} to {last}"
            disc = f" of disc {one.disc}" if name == "track" and one.disc else ""
            yield f"No file has the {name} number {numbers}{disc}: check that none is missing."


def _find_mixed_folders(by_tags: Sequence[SourceFile]) -> str:
    """Return a clause if tags would put files of one folder between those of another."""
    runs = [folder for folder, _ in groupby(by_tags, lambda source: source.path.parent)]
    mixed = [folder for folder, count in Counter(runs).items() if count > 1]
    names = [path_text.display_path(folder.name) for folder in mixed]
    return f"tags would divide the files of {join_names(names)}" if mixed else ""


def _order_by_list(
    sources: Sequence[SourceFile], folders: Sequence[Path], listing: Path
) -> OrderedSources:
    shown = path_text.display_path(listing)
    try:
        with open_file.open_regular_file(listing) as handle:
            text = handle.read().decode("utf-8-sig")
    except Unreadable as error:
        raise UsageError(
            f"Order {shown} not readable: {error.args[1]}. Choose auto, tags, natural,"
            " alphabetical, or a text file."
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"Order {shown} not readable: it is not UTF-8. Convert it.") from error
    base = _find_base(folders)
    by_name = {_relative(source, base): source for source in sources}
    lines = [line.rstrip("\r") for line in text.split("\n")]
    names = [
        line if line in by_name else line.strip()
        for line in lines
        if line in by_name or (line.strip() and not line.startswith("#"))
    ]
    listed = set(names)
    for problem, found in (
        ("names files that are not in the folder", [one for one in names if one not in by_name]),
        ("lacks files of the folder", [one for one in by_name if one not in listed]),
        ("names files twice", [one for one, count in Counter(names).items() if count > 1]),
    ):
        if found:
            raise UsageError(f"Order {shown} {problem}: {join_names(found)}. Correct it.")
    ordered = tuple(by_name[name] for name in names)
    return OrderedSources(ordered, "list", f"listed in {shown}")


def _find_base(folders: Sequence[Path]) -> Path:
    """Return the folder that names of files are relative to."""
    if len(folders) == 1:
        return folders[0]
    return Path(os.path.commonpath([folder.parent for folder in folders]))


def _relative(source: SourceFile, root: Path) -> str:
    return path_text.escape_path(source.path.relative_to(root))


def _to_number(text: str) -> int:
    match = _TAG_NUMBER.search(text)
    return int(match.group()) if match else 0


def _list_names(sources: Sequence[SourceFile], root: Path) -> str:
    return join_names([display_source(source.path, [root]) for source in sources])


def join_names(names: Sequence[str]) -> str:
    """Return names for a message; of many, the first ones and the number of the others."""
    more = len(names) - _SHOWN_FILES
    shown = map(path_text.to_printable, names[:_SHOWN_FILES])
    return ", ".join(shown) + (f" and {more:,} more" if more > 0 else "")


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
