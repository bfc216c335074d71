"""Undo recorded changes of files, byte for byte.

plan_undo       returns which changes can be undone, and why others cannot
check_undo      raises what else would prevent an undo
apply_undo      undoes one change, as safely as it was made
undone_values   returns the undone changes of a file, so that no batch repeats them
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mediakeep import files
from mediakeep.errors import MediakeepError, NotAudio, NotUndone, Unreadable
from mediakeep.media import additions, formats, sums, swap
from mediakeep.media.source import Source
from mediakeep.media.splices import pieces
from mediakeep.media.splices.pieces import Piece
from mediakeep.media.swap import Original
from mediakeep.media.undoing import aside, recipes
from mediakeep.media.undoing.ending import NOBODY, Desk, Draft, replace, way_back
from mediakeep.media.undoing.entries import is_gone
from mediakeep.media.undoing.index import Query
from mediakeep.media.undoing.record import Changed, Record
from mediakeep.media.undoing.store import DONE, FORGOTTEN, VOID, Entry, Store, Values, taken_back
from mediakeep.outcome import Stamp

__all__ = ["Query", "Step", "apply", "plan", "rehearse", "undone"]

_FORCE = "Use --force to undo it anyway; the current version is kept aside."
_SINCE = "it was changed since"
_RULES = swap.Rules()


@dataclass(frozen=True)
class Step:
    """A change to undo; `refusal` is a clause that says why it cannot be undone, or "".

    If `follows`, another change of the same file is undone first, so this one cannot be checked on
    the disk before.
    """

    record: Record
    refusal: str = ""
    follows: bool = False


def plan(store: Store, *queries: Query) -> list[Step]:
    """Return the changes to undo, file by file, the latest change of each file first.

    Changes already undone are left out. Only the latest change of a file can be checked on disk,
    the earlier ones are checked by their records. The index is compared with the log first.
    """
    store.verify()
    entries = (entry for query in queries for entry in store.find(query) if entry.state != VOID)
    selected = {entry.record.id: entry.record.path for entry in entries}
    names: dict[str, set[str]] = {}  # recorded paths by real path: a folder may be a link by now
    for path in set(selected.values()):
        real = files.escape(os.path.realpath(files.unescape(path)))
        names.setdefault(real, {real}).add(path)
    return [
        step
        for real in sorted(names)
        for step in _steps(selected, _entries(store, real, names[real]))
    ]


def _entries(store: Store, real: str, names: set[str]) -> list[Entry]:
    """Return all records of one file; those under its current path are the newest."""
    former = [entry for name in names - {real} for entry in store.find(Query(path=name))]
    former.sort(key=lambda entry: entry.record.time)
    return former + store.find(Query(path=real))


def _steps(selected: Container[str], entries: list[Entry]) -> Iterator[Step]:
    """Yield the undo steps of one file, given all its records."""
    undone_ids = taken_back(entry.record for entry in entries if entry.state == DONE)
    resulting = ""  # the hash of the file after the steps so far
    changed_by = dict[str, str]()  # file hash -> session that changed it, after the current entry
    for entry in reversed(entries):
        record = entry.record
        if (
            record.id in selected
            and record.id not in undone_ids
            and not _is_moot(record, selected, resulting)
        ):
            fits = resulting == record.new.sha256 or (not resulting and _is(record))
            refusal = "" if fits else _changed(changed_by.get(record.new.sha256, ""))
            step = Step(record, refusal, follows=bool(resulting))
            if record.forgotten:
                step = Step(record, FORGOTTEN)
            elif entry.state != DONE:
                step = Step(record, "it is unknown whether the change was made")
            resulting = resulting if step.refusal else record.old.sha256
            yield step
        if entry.state == DONE and record.id not in undone_ids:
            changed_by[record.old.sha256] = record.session


def _is_moot(record: Record, selected: Container[str], resulting: str) -> bool:
    """Return True if there is nothing left to undo.

    That is so for the undo of a change that is selected too, and for a created file that is gone.
    """
    gone = record.old.is_nothing and not resulting and is_gone(Path(files.unescape(record.path)))
    return record.undoes in selected or gone


def _changed(session: str) -> str:
    return f"session {session} changed it since" if session else _SINCE


def rehearse(store: Store, step: Step, rules: swap.Rules = _RULES) -> None:
    """Raise what `apply_undo` would raise, with force if the plan refuses; change nothing."""
    record = step.record
    if record.old.is_nothing or record.new.is_nothing:
        additions.rehearse(record, store, unseen=step.follows)
        return
    with swap.opened(Path(files.unescape(record.path))) as original:
        swap.permit(original, rules)
        for name in store.recipe(record).blobs:
            store.blobs.read(name)
        if step.refusal or record.aside:  # this reverse patch was not tested when it was made
            parts = _restored(store, record, Source(original.handle, original.facts.st_size))
            if pieces.digest(parts, original.handle) != record.old.sha256:
                raise _otherwise(record)


def apply(
    store: Store,
    record: Record,
    stamp: Stamp = NOBODY,
    rules: swap.Rules = _RULES,
    force: bool = False,
) -> Record | None:
    """Undo a change and return the record of the undo, or None if the old file is back already.

    Raises NotUndone if the file was changed since, unless `force`, which keeps the current version
    in `status/undo/aside/`; and if its audio is no longer the same. A created file is removed only
    if it is unchanged, even with `force`. Other errors are those of `write_tags.write`.
    """
    context, fields = Desk(store, stamp, rules, record.queue), _reversed(store.fields(record))
    if record.old.is_nothing:
        return additions.take_away(record, fields, context)
    if record.new.is_nothing:
        return additions.bring_back(record, fields, context)
    path = Path(files.unescape(record.path))
    with swap.opened(path) as original:
        current = sums.whole(original.handle)
        if current == record.old.sha256:
            return None
        is_changed = current != record.new.sha256
        if is_changed and not force:
            raise NotUndone(record.path, _SINCE, _FORCE)
        source = Source(original.handle, original.facts.st_size)
        kind = _kind(original, record) if is_changed else record.kind
        parts = _restored(store, record, source)
        recipe, blobs = way_back(original, source, kind)
        kept_version = aside.keep(store.folder, original, record.id) if is_changed else ""
        draft = Draft(kind, recipe, blobs, fields, record.id, kept_version, current)
        verify = partial(_verify, record)
        try:
            return replace(original, parts, draft, context, verify)
        except MediakeepError:
            aside.drop(kept_version)  # the file was not replaced
            raise


def undone(store: Store, path: Path) -> dict[str, frozenset[Values]]:
    """Return the undone changes of a file: for each field, the values that were undone."""
    return store.undone(path)


def _is(record: Record) -> bool:
    """Return True if a file is as the change left it, by its stat result, else by its hash."""
    path = Path(files.unescape(record.path))
    if record.new.is_nothing:
        return is_gone(path)
    try:
        facts = path.stat(follow_symlinks=False)
        if record.new.fits(facts):
            return True
        if facts.st_size != record.new.size:
            return False
        with swap.opened(path) as original:
            return sums.whole(original.handle) == record.new.sha256
    except (OSError, Unreadable):
        return False


def _restored(store: Store, record: Record, source: Source) -> list[Piece]:
    recipe = store.recipe(record)
    try:
        return recipes.follow(recipe, recipes.sound_of(source, record.kind), store.blobs.read)
    except (ValueError, LookupError, struct.error) as error:
        raise _otherwise(record) from error


def _reversed(fields: dict[str, Changed]) -> dict[str, Changed]:
    return {field: Changed(change.new, change.old, "undone") for field, change in fields.items()}


def _verify(record: Record, _new: Path, _handle: int, sha256: Callable[[], str]) -> str:
    """Verify the whole file; so its audio is the one of before the change."""
    if sha256() != record.old.sha256:
        raise _otherwise(record)
    return record.essence


def _otherwise(record: Record) -> NotUndone:
    hint = "Its tags can be written again, but this change cannot be undone."
    if record.aside:
        hint = f"The version before that change is kept: {record.aside}"
    return NotUndone(record.path, "its audio data is no longer the recorded one", hint)


def _kind(original: Original, record: Record) -> str:
    """Return the format of a version made by another program; keep a MIME type as it is."""
    if record.kind not in formats.ALL:
        return record.kind
    with os.fdopen(os.dup(original.handle), "rb") as handle:
        detected = formats.recognise(handle, original.path.suffix.lower())
    if detected is None:
        raise NotAudio(record.path, "it is another kind of file now")
    return detected[0].name
