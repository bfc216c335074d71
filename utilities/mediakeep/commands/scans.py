"""The manager's actions that compare the queue with its library: scan and relocate."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from mediakeep import files
from mediakeep.commands import homes, renames, subjects
from mediakeep.commands.desk import Answer, Desk
from mediakeep.errors import ScanRefused
from mediakeep.item import Found
from mediakeep.media import ignoring, temp_copies
from mediakeep.queue import snapshot, survey
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import State
from mediakeep.queue.store import Change
from mediakeep.queue.survey import Survey
from mediakeep.views import terminal

_NAMED = 5  # files that fit nothing
_FEW = 20  # items that were renamed


def scan(desk: Desk, path: str) -> Answer:
    """Make the queue of a library, or bring it up to date with what is on disk."""
    root = _root(path)
    temp_copies.remove_abandoned(desk.home / "status" / "undo")
    found = list(desk.subject.scan(root, desk.ignored))
    if (desk.folder / snapshot.FILE).exists():
        return _update(desk, root, found, moved=False)
    if not found:
        raise ScanRefused(f"{files.display_path(root)} holds no {desk.kind.shelf}.")
    homes.furnish(desk.home)
    Queue.create(desk.place, desk.kind, subjects.library_text(root), found).close()
    result = Survey(total=len(found), new={one.key: {} for one in found})
    return _answer(desk, root, result, [f"New queue: {_pieces(desk, found)}."], found)


def relocate(desk: Desk, path: str) -> Answer:
    """Follow a library that was moved: every item gets its new path and keeps its state."""
    root = _root(path)
    return _update(desk, root, list(desk.subject.scan(root, desk.ignored)), moved=True)


def _root(path: str) -> Path:
    root = Path(path).expanduser()
    if not root.is_dir():
        raise ScanRefused(f"There is no folder {files.display_path(root)}.")
    if not any(root.iterdir()):
        raise ScanRefused(f"{files.display_path(root)} is empty; is it mounted?")
    return root.resolve()


def _update(desk: Desk, root: Path, found: list[Found], *, moved: bool) -> Answer:
    library = subjects.library_text(root)
    result = Survey()

    def decide(state: State) -> Change | None:
        nonlocal result
        if library != state.head.library_path and not moved and not desk.yes:
            raise ScanRefused(_other(state, library))
        follow = partial(renames.find, desk, root)
        result = survey.compare(state, found, partial(_why, desk, root), follow)
        if not desk.yes:
            survey.guard(result, state, library)
        if not result.items() and library == state.head.library_path:
            return None
        if moved or result.renamed:
            renames.note(desk, state, result, library)
        known = len(state.items) + len(result.new)
        facts: dict[str, object] = {**result.counts(), "known": known, "library": library}
        if facts.pop("renamed"):  # for the history, which has all before by the old names
            facts["renamed"] = result.renamed
        return Change("scan", result.items(), facts)

    with desk.opened() as opened:
        opened.change(decide)
    lines = [_differences(result, desk), *_renames(result)]
    return _answer(desk, root, result, lines, found)


def _why(desk: Desk, root: Path, key: str) -> str:
    """Tell why a scan does not find an item any more."""
    path = root / files.unescape(key)
    if not os.path.lexists(path):
        return survey.VANISHED
    if ignoring.is_ignored(path, root, desk.ignored):
        return survey.IGNORED
    return survey.EMPTY if path.is_dir() else survey.VANISHED


def _other(state: State, library: str) -> str:
    return (
        f"This queue is of {state.head.library_path}, not of {library}. If the library was moved, "
        f"use --relocate {library}; if it is another library, use another --home."
    )


def _differences(result: Survey, desk: Desk) -> str:
    counts = result.counts()
    total = counts.pop("total")
    told = [f"{number:,} {name}" for name, number in counts.items() if number]
    told += [f"{len(result.moved):,} with a new path"] if result.moved else []
    known = terminal.count(total, desk.kind.noun, desk.kind.plural)
    return f"{known} on disk: {', '.join(told) or 'nothing has changed'}."


def _renames(result: Survey) -> list[str]:
    """Name the items that are followed: a few for people, as --json has them all."""
    pairs = list(result.renamed.items())
    lines = [f"{files.quoted(old)} is now {files.quoted(new)}." for old, new in pairs[:_FEW]]
    more = len(pairs) - _FEW
    return [*lines, f"And {more:,} more (--json names all)."] if more > 0 else lines


def _twins(found: Sequence[Found]) -> list[list[str]]:
    """List the keys that differ in the Unicode form of their accents alone (NFC, NFD)."""
    groups: dict[str, list[str]] = {}
    for one in found:
        if not one.key.isascii():
            groups.setdefault(unicodedata.normalize("NFC", one.key), []).append(one.key)
    return [keys for keys in groups.values() if len(keys) > 1]


def _twin_lines(desk: Desk, twins: Sequence[Sequence[str]]) -> Iterator[str]:
    for keys in twins[:_NAMED]:
        name = unicodedata.normalize("NFC", keys[0])
        yield (
            f"{files.quoted(name)} is there {len(keys)} times, with accents in different Unicode"
            f" forms (NFC, NFD), and counts as {len(keys)} {desk.kind.plural}. If it is one, move"
            " all of it into one folder."
        )
    if more := len(twins[_NAMED:]):
        yield f"And {more:,} more such names (--json names all)."


def _pieces(desk: Desk, found: list[Found]) -> str:
    piece = desk.kind.piece
    told = terminal.count(len(found), desk.kind.noun, desk.kind.plural)
    pieces = sum(one.fields.get(f"{piece}_count", 0) for one in found)
    return f"{told}, {terminal.count(pieces, piece)}" if pieces else told


def _answer(
    desk: Desk, root: Path, result: Survey, told: Sequence[str], found: Sequence[Found]
) -> Answer:
    twins = _twins(found)
    lines = [*told, *_twin_lines(desk, twins)]
    left_out = desk.subject.left_out(root, desk.ignored)
    if left_out.files:
        lines.append(
            f"{terminal.count(left_out.files, desk.kind.stray)} in {files.display_path(root)}"
            f" belong to no {desk.kind.noun} and are left out{_named(left_out.named)}."
        )
    data: dict[str, object] = {"left_out": left_out.files}
    if left_out.named:
        data["left_out_files"] = left_out.named
    if unread := sum(one.fields.get("unread_count", 0) for one in found):
        lines.append(
            f"{terminal.count(unread, 'audio file')} skipped: mediakeep cannot read their"
            " formats. They are listed in the reports of their artists."
        )
        data["unread"] = unread
    if left_out.sidecars:
        lines.append(_unfit(desk, left_out.sidecars))
        data["orphan_sidecars"] = left_out.sidecars
    data |= {"renames": result.renamed} if result.renamed else {}
    data |= {"twins": twins} if twins else {}
    return Answer(lines, {**result.counts(), **data})


def _unfit(desk: Desk, places: Sequence[str]) -> str:
    """Name sidecars that no player shows."""
    fit = "fits" if len(places) == 1 else "fit"
    return f"{terminal.count(len(places), 'sidecar')} {fit} no {desk.kind.noun}{_named(places)}."


def _named(places: Sequence[str]) -> str:
    """Name files, as the end of a sentence: a few for people, as --json has them all."""
    named = ", ".join(map(files.quoted, places[:_NAMED]))
    more = f", and {len(places) - _NAMED:,} more (--json names all)" if places[_NAMED:] else ""
    return f": {named}{more}" if places else ""
