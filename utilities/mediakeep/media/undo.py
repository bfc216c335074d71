"""Changes of files taken back, byte for byte, whoever made them and whatever happened since.

plan       tells which changes can be taken back, and why others cannot
rehearse   finds out what would forbid it besides
apply      takes one back, by the same safe way in which it was made
undone     tells which changes of a file were taken back, so that no batch makes them again
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

_FORCE = "Use --force to restore it all the same; the version that is there now is kept aside."
_SINCE = "it was changed since"
_RULES = swap.Rules()


@dataclass(frozen=True)
class Step:
    """A change that is to be taken back; `refusal` says why it cannot be, as a sentence's end.

    One that `follows` another of the same file cannot be seen on the disk until that is taken back.
    """

    record: Record
    refusal: str = ""
    follows: bool = False


def plan(store: Store, *queries: Query) -> list[Step]:
    """Return the changes to take back file by file, of each the last one first.

    Those that are taken back already are left out. Of changes that follow each other on one file
    only the last can be seen on the disk, so the others are judged by their records. The index is
    compared with the log first.
    """
    store.verify()
    found = (entry for query in queries for entry in store.find(query) if entry.state != VOID)
    asked = {entry.record.id: entry.record.path for entry in found}
    names: dict[str, set[str]] = {}  # of each file; another one where a link leads to it by now
    for path in set(asked.values()):
        real = files.escape(os.path.realpath(files.unescape(path)))
        names.setdefault(real, {real}).add(path)
    return [
        step for real in sorted(names) for step in _steps(asked, _entries(store, real, names[real]))
    ]


def _entries(store: Store, real: str, names: set[str]) -> list[Entry]:
    """Return all records of one file; those under its present name are the newest."""
    former = [entry for name in names - {real} for entry in store.find(Query(path=name))]
    former.sort(key=lambda entry: entry.record.time)
    return former + store.find(Query(path=real))


def _steps(asked: Container[str], entries: list[Entry]) -> Iterator[Step]:
    """Give the steps of one file, given all its records."""
    back = taken_back(entry.record for entry in entries if entry.state == DONE)
    there = ""  # the hash that the file will have then
    since = dict[str, str]()  # which session changed a file of that hash, after the entry at hand
    for entry in reversed(entries):
        record = entry.record
        if record.id in asked and record.id not in back and not _is_moot(record, asked, there):
            fits = there == record.new.sha256 or (not there and _is(record))
            refusal = "" if fits else _changed(since.get(record.new.sha256, ""))
            step = Step(record, refusal, follows=bool(there))
            if record.forgotten:
                step = Step(record, FORGOTTEN)
            elif entry.state != DONE:
                step = Step(record, "nobody can tell whether the change was made")
            there = there if step.refusal else record.old.sha256
            yield step
        if entry.state == DONE and record.id not in back:
            since[record.old.sha256] = record.session


def _is_moot(record: Record, asked: Container[str], there: str) -> bool:
    """Tell whether nothing is left to take back: an undoing goes with what it undid.

    So does a file that was put there, where it is gone.
    """
    gone = record.old.is_nothing and not there and is_gone(Path(files.unescape(record.path)))
    return record.undoes in asked or gone


def _changed(session: str) -> str:
    return f"session {session} changed it since" if session else _SINCE


def rehearse(store: Store, step: Step, rules: swap.Rules = _RULES) -> None:
    """Raise what `apply` would, by force where the plan refuses; changes nothing."""
    record = step.record
    if record.old.is_nothing or record.new.is_nothing:
        additions.rehearse(record, store, unseen=step.follows)
        return
    with swap.opened(Path(files.unescape(record.path))) as original:
        swap.permit(original, rules)
        for name in store.recipe(record).blobs:
            store.blobs.read(name)
        if step.refusal or record.aside:  # this way back was not tried when it was made
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
    """Take a change back, and return the record of that; None where the old file is there already.

    NotUndone where the file was changed since, unless `force` keeps that version in
    `status/undo/aside/`, or where its sound is no longer the same. A file that was put there is
    taken away only as it was put there, by force or not. The other errors are those of
    `safewrite.write`.
    """
    desk, fields = Desk(store, stamp, rules, record.queue), _reversed(store.fields(record))
    if record.old.is_nothing:
        return additions.take_away(record, fields, desk)
    if record.new.is_nothing:
        return additions.bring_back(record, fields, desk)
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
        kept = aside.keep(store.folder, original, record.id) if strange else ""
        draft = Draft(kind, recipe, blobs, fields, record.id, kept, there)
        verify = partial(_verify, record)
        try:
            return replace(original, parts, draft, desk, verify)
        except MediakeepError:
            aside.drop(kept)  # it still stands in its own place
            raise


def undone(store: Store, path: Path) -> dict[str, frozenset[Values]]:
    """Return the changes of a file that were taken back: of each field the values it had got."""
    return store.undone(path)


def _is(record: Record) -> bool:
    """Tell whether a file is as the change left it: by its signs, else by its hash."""
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
    return {field: Changed(one.new, one.old, "undone") for field, one in fields.items()}


def _verify(record: Record, _new: Path, _handle: int, sha256: Callable[[], str]) -> str:
    """The whole file is proved, so its sound is the same as before the change."""
    if sha256() != record.old.sha256:
        raise _otherwise(record)
    return record.essence


def _otherwise(record: Record) -> NotUndone:
    cure = "Its tags can be written anew, but this change cannot be taken back."
    if record.aside:
        cure = f"The version before it is kept: {record.aside}"
    return NotUndone(record.path, "its sound is no longer the one that was recorded", cure)


def _kind(original: Original, record: Record) -> str:
    """Tell what a version is that somebody else made; what had no sound has none."""
    if record.kind not in formats.ALL:
        return record.kind
    with os.fdopen(os.dup(original.handle), "rb") as handle:
        found = formats.recognise(handle, original.path.suffix.lower())
    if found is None:
        raise NotAudio(record.path, "it has become something else")
    return found[0].name
