"""Changes of files taken back, byte for byte, whoever made them and whatever happened since.

plan     tells which changes can be taken back, and why others cannot
apply    takes one back, by the same safe way in which it was made
undone   tells which changes of a file were taken back, so that no batch makes them again
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mediakeep import files
from mediakeep.errors import NotAudio, NotUndone, RecordNotWritten, Unreadable
from mediakeep.media import formats, sums, swap
from mediakeep.media.source import Source, Span
from mediakeep.media.splices import pieces, soundmap
from mediakeep.media.splices.pieces import Piece
from mediakeep.media.swap import Original
from mediakeep.media.undoing import recipes
from mediakeep.media.undoing.ending import NOBODY, Desk, Draft, replace, way_back
from mediakeep.media.undoing.index import Query
from mediakeep.media.undoing.record import Changed, Record
from mediakeep.media.undoing.store import DONE, VOID, Entry, Store, Values, taken_back
from mediakeep.outcome import Stamp

__all__ = ["Query", "Step", "apply", "plan", "undone"]

ASIDE = "aside"

_FORCE = "Use --force to restore it all the same; the version that is there now is kept aside."
_SINCE = "it was changed since"
_RULES = swap.Rules()


@dataclass(frozen=True)
class Step:
    """A change that is to be taken back; `refusal` says why it cannot be, as a sentence's end."""

    record: Record
    refusal: str = ""


def plan(store: Store, query: Query) -> list[Step]:
    """Return the changes to take back, the last one first; those taken back already are left out.

    Of changes that follow each other on one file only the last can be seen on the disk, so the
    others are judged by their records.
    """
    asked = {entry.record.id for entry in store.find(query) if entry.state != VOID}
    steps = list[Step]()
    for path in {entry.record.path for entry in store.find(query)}:
        steps += _steps(asked, store.find(Query(path=path)))
    order = {entry.record.id: place for place, entry in enumerate(store.find(query))}
    return sorted(steps, key=lambda step: -order[step.record.id])


def _steps(asked: set[str], entries: list[Entry]) -> Iterator[Step]:
    """Give the steps of one file, given all its records."""
    back = taken_back(entry.record for entry in entries if entry.state == DONE)
    there = ""  # the hash that the file will have then
    for entry in reversed(entries):
        record = entry.record
        if record.id not in asked or record.id in back or record.undoes in asked:
            continue
        if entry.state != DONE:
            yield Step(record, "nobody can tell whether the change was made")
        elif there == record.new.sha256 or (not there and _is(record)):
            there = record.old.sha256
            yield Step(record)
        else:
            later = (e.record for e in entries if e.record.old.sha256 == record.new.sha256)
            session = next((one.session for one in later if one.session), "")
            yield Step(record, f"session {session} changed it since" if session else _SINCE)


def apply(
    store: Store,
    record: Record,
    stamp: Stamp = NOBODY,
    rules: swap.Rules = _RULES,
    force: bool = False,
) -> Record | None:
    """Take a change back, and return the record of that; None where the old file is there already.

    NotUndone where the file was changed since, unless `force` keeps that version in
    `status/undo/aside/`, or where its sound is no longer the same. The other errors are those of
    `safewrite.write`.
    """
    path = Path(files.unescape(record.path))
    with swap.opened(path) as original:
        there = sums.whole(original.handle)
        if there == record.old.sha256:
            return None
        strange = there != record.new.sha256
        if strange and not force:
            raise NotUndone(record.path, _SINCE, _FORCE)
        source = Source(original.handle, original.facts.st_size)
        kind = _kind(original, record) if strange else record.kind
        parts = _restored(store, record, source)
        recipe, blobs = way_back(original, source, kind)
        aside = _set_aside(store, original, record) if strange else ""
        draft = Draft(kind, recipe, blobs, _reversed(store.fields(record)), record.id, aside, there)
        verify = partial(_verify, record)
        return replace(original, parts, draft, Desk(store, stamp, rules), verify)


def undone(store: Store, path: Path) -> dict[str, frozenset[Values]]:
    """Return the changes of a file that were taken back: of each field the values it had got."""
    return store.undone(path)


def _is(record: Record) -> bool:
    """Tell whether a file is as the change left it: by its signs, else by its hash."""
    path = Path(files.unescape(record.path))
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
        return recipes.follow(recipe, soundmap.of(source, record.kind), store.blobs.read)
    except (ValueError, LookupError, struct.error) as error:
        raise _otherwise(record) from error


def _reversed(fields: dict[str, Changed]) -> dict[str, Changed]:
    return {field: Changed(one.new, one.old, "undone") for field, one in fields.items()}


def _verify(record: Record, _new: Path, _handle: int, sha256: Callable[[], str]) -> str:
    """The whole file is proved, so its sound is the same as before the change."""
    if sha256() != record.old.sha256:
        raise _otherwise(record)
    return record.essence


def _otherwise(record: Record) -> NotUndone:
    cure = "Its tags can be written anew, but this change cannot be taken back."
    return NotUndone(record.path, "its sound is no longer the one that was recorded", cure)


def _kind(original: Original, record: Record) -> str:
    with os.fdopen(os.dup(original.handle), "rb") as handle:
        found = formats.recognise(handle, original.path.suffix.lower())
    if found is None:
        raise NotAudio(record.path, "it has become something else")
    return found[0].name


def _set_aside(store: Store, original: Original, record: Record) -> str:
    """Keep the version that is there now, and return its name."""
    folder = store.folder / ASIDE
    path = folder / f"{record.id}-{os.urandom(3).hex()}{original.path.suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            pieces.write([Span(0, original.facts.st_size)], original.handle, handle)
            files.sync_data(handle)
        finally:
            os.close(handle)
        files.sync_folder(folder)
    except OSError as error:
        raise RecordNotWritten(path, error.strerror or error) from error
    return files.escape(path)
