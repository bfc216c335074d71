"""Manager actions that compare the queue with its library: scan and relocate."""

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

_NAMED = 5  # files and names that are listed
_FEW = 20  # renamed items that are listed


def scan(context: Desk, path: str) -> Answer:
    """Create the queue of a library, or update it to what is on disk."""
    root = _root(path)
    temp_copies.remove_abandoned(context.home / "status" / "undo")
    scanned = list(context.subject.scan(root, context.ignored))
    if (context.folder / snapshot.FILE).exists():
        return _update(context, root, scanned, moved=False)
    if not scanned:
        raise ScanRefused(f"{files.display_path(root)} holds no {context.kind.shelf}.")
    homes.furnish(context.home)
    Queue.create(context.place, context.kind, subjects.library_text(root), scanned).close()
    result = Survey(total=len(scanned), new={item.key: {} for item in scanned})
    return _answer(context, root, result, [f"New queue: {_pieces(context, scanned)}."], scanned)


def relocate(context: Desk, path: str) -> Answer:
    """Follow a moved library: every item gets its new path and keeps its state."""
    root = _root(path)
    return _update(context, root, list(context.subject.scan(root, context.ignored)), moved=True)


def _root(path: str) -> Path:
    root = Path(path).expanduser()
    if not root.is_dir():
        raise ScanRefused(f"No such folder: {files.display_path(root)}.")
    if not any(root.iterdir()):
        raise ScanRefused(f"{files.display_path(root)} is empty; is it mounted?")
    return root.resolve()


def _update(context: Desk, root: Path, scanned: list[Found], *, moved: bool) -> Answer:
    library = subjects.library_text(root)
    result = Survey()

    def decide(state: State) -> Change | None:
        nonlocal result
        if library != state.head.library_path and not moved and not context.yes:
            raise ScanRefused(_other(state, library))
        follow = partial(renames.find, context, root)
        result = survey.compare(state, scanned, partial(_why, context, root), follow)
        if not context.yes:
            survey.guard(result, state, library)
        if not result.items() and library == state.head.library_path:
            return None
        if moved or result.renamed:
            renames.note(context, state, result, library)
        total = len(state.items) + len(result.new)
        facts: dict[str, object] = {**result.counts(), "known": total, "library": library}
        if facts.pop("renamed"):  # for the history, where earlier entries have the old names
            facts["renamed"] = result.renamed
        return Change("scan", result.items(), facts)

    with context.opened() as open_queue:
        open_queue.change(decide)
    lines = [_differences(result, context), *_renames(result)]
    return _answer(context, root, result, lines, scanned)


def _why(context: Desk, root: Path, key: str) -> str:
    """Return why a scan no longer finds an item."""
    path = root / files.unescape(key)
    if not os.path.lexists(path):
        return survey.VANISHED
    if ignoring.is_ignored(path, root, context.ignored):
        return survey.IGNORED
    return survey.EMPTY if path.is_dir() else survey.VANISHED


def _other(state: State, library: str) -> str:
    return (
        f"This queue belongs to {state.head.library_path}, not to {library}. If the library was"
        f" moved, use --relocate {library}; if it is another library, use another --home."
    )


def _differences(result: Survey, context: Desk) -> str:
    counts = result.counts()
    total = counts.pop("total")
    parts = [f"{number:,} {name}" for name, number in counts.items() if number]
    parts += [f"{len(result.moved):,} with a new path"] if result.moved else []
    count_text = terminal.count(total, context.kind.noun, context.kind.plural)
    return f"{count_text} on disk: {', '.join(parts) or 'no changes'}."


def _renames(result: Survey) -> list[str]:
    """List renamed items: a few as text, as --json has all."""
    pairs = list(result.renamed.items())
    lines = [f"{files.quoted(old)} is now {files.quoted(new)}." for old, new in pairs[:_FEW]]
    more = len(pairs) - _FEW
    return [*lines, f"And {more:,} more (--json names all)."] if more > 0 else lines


def _twins(scanned: Sequence[Found]) -> list[list[str]]:
    """List keys that differ only in the Unicode form of their accents (NFC, NFD)."""
    groups: dict[str, list[str]] = {}
    for item in scanned:
        if not item.key.isascii():
            groups.setdefault(unicodedata.normalize("NFC", item.key), []).append(item.key)
    return [keys for keys in groups.values() if len(keys) > 1]


def _twin_lines(context: Desk, twins: Sequence[Sequence[str]]) -> Iterator[str]:
    for keys in twins[:_NAMED]:
        name = unicodedata.normalize("NFC", keys[0])
        yield (
            f"{files.quoted(name)} exists {len(keys)} times, with accents in different Unicode"
            f" forms (NFC, NFD), and counts as {len(keys)} {context.kind.plural}. If they are the"
            " same, move everything into one folder."
        )
    if more := len(twins[_NAMED:]):
        yield f"And {more:,} more such names (--json names all)."


def _pieces(context: Desk, scanned: list[Found]) -> str:
    noun = context.kind.piece
    text = terminal.count(len(scanned), context.kind.noun, context.kind.plural)
    parts = sum(item.fields.get(f"{noun}_count", 0) for item in scanned)
    return f"{text}, {terminal.count(parts, noun)}" if parts else text


def _answer(
    context: Desk, root: Path, result: Survey, messages: Sequence[str], scanned: Sequence[Found]
) -> Answer:
    twins = _twins(scanned)
    lines = [*messages, *_twin_lines(context, twins)]
    unassigned = context.subject.left_out(root, context.ignored)
    if unassigned.files:
        lines.append(
            f"{terminal.count(unassigned.files, context.kind.stray)} in {files.display_path(root)}"
            f" belong to no {context.kind.noun} and are skipped{_named(unassigned.named)}."
        )
    data: dict[str, object] = {"left_out": unassigned.files}
    if unassigned.named:
        data["left_out_files"] = unassigned.named
    if unread := sum(item.fields.get("unread_count", 0) for item in scanned):
        lines.append(
            f"{terminal.count(unread, 'audio file')} skipped: mediakeep cannot read their"
            " formats. They are listed in the reports of their artists."
        )
        data["unread"] = unread
    if unassigned.sidecars:
        lines.append(_unfit(context, unassigned.sidecars))
        data["orphan_sidecars"] = unassigned.sidecars
    data |= {"renames": result.renamed} if result.renamed else {}
    data |= {"twins": twins} if twins else {}
    return Answer(lines, {**result.counts(), **data})


def _unfit(context: Desk, places: Sequence[str]) -> str:
    """Return a line on sidecars that no player shows."""
    fit = "fits" if len(places) == 1 else "fit"
    return f"{terminal.count(len(places), 'sidecar')} {fit} no {context.kind.noun}{_named(places)}."


def _named(places: Sequence[str]) -> str:
    """List file names as the end of a sentence: a few, as --json has all."""
    named = ", ".join(map(files.quoted, places[:_NAMED]))
    more = f", and {len(places) - _NAMED:,} more (--json names all)" if places[_NAMED:] else ""
    return f": {named}{more}" if places else ""
