"""The order in which the files of a book are joined."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from pathlib import Path
from typing import Literal

import msgspec

from mediakeep import path_text
from mediakeep.audiobooks.sources import natural_order
from mediakeep.errors import Unreadable, UsageError
from mediakeep.media import open_file
from mediakeep.media.audio.model import Tags

Order = Literal["tags", "natural", "alphabetical", "list", "mixed"]
_ORDERS = frozenset({"auto", "tags", "natural", "alphabetical"})  # all others are lists
_SHOWN_FILES = 5  # in messages; more are counted
_MAX_GAP = 20  # numbers; larger ones are of numbers such as 101, 102, 201
_TAG_NUMBER = re.compile(r"\d{1,9}")


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
    names, warnings = natural_order.order_names(list(by_name))
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
