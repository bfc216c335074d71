"""Replace a file with an undo record: hash, verify, record, rename, and mark as done."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mediakeep import clock, files, kinds
from mediakeep.errors import MediakeepError, ReadOnlyFormat, Unverified
from mediakeep.media import sums, swap
from mediakeep.media.source import Source
from mediakeep.media.splices import pieces
from mediakeep.media.splices.pieces import Piece
from mediakeep.media.swap import Original
from mediakeep.media.undoing import recipes
from mediakeep.media.undoing.record import Changed, Recipe, Record, State
from mediakeep.media.undoing.store import DONE, VOID, Store
from mediakeep.outcome import Stamp

NOBODY = Stamp("", "", 0, 0)

# Called with the path and handle of the new file, and a function that returns its SHA-256; returns
# the hash of its audio essence, or raises if the file is wrong.
Verify = Callable[[Path, int, Callable[[], str]], str]


@dataclass(frozen=True)
class Desk:
    """Where to record changes, who makes them, by which rules, and the queue of the item."""

    store: Store
    stamp: Stamp
    rules: swap.Rules
    queue: str = kinds.MUSIC.name


@dataclass(frozen=True)
class Draft:
    """The parts of an undo record that are known before the write, see `ChangeRecord`.

    `sha256` is the hash of the current file, or "" if unknown.
    """

    kind: str
    recipe: Recipe
    blobs: dict[str, bytes]
    fields: dict[str, Changed]
    undoes: str = ""
    aside: str = ""
    sha256: str = ""


def way_back(original: Original, source: Source, kind: str) -> tuple[Recipe, dict[str, bytes]]:
    """Return the reverse patch that restores the current file, and its blobs.

    Raises ReadOnlyFormat if the layout of the file is not supported.
    """
    try:
        return recipes.make(source, kind)
    except ValueError as error:
        raise ReadOnlyFormat(files.escape(original.path), error) from error


def replace(
    original: Original,
    parts: list[Piece],
    draft: Draft,
    context: Desk,
    verify: Verify,
) -> Record:
    """Replace a file and return the undo record.

    Raises the errors of `verify` and of `replace_file`, and RecordNotWritten.
    """
    prepared, records = list[tuple[State, State, str]](), list[Record]()
    with ThreadPoolExecutor(3) as executor:  # hashing uses a core each
        old_hash = executor.submit(lambda: draft.sha256 or sums.whole(original.handle))

        def check(new: Path, handle: int) -> None:
            new_hash = executor.submit(sums.whole, handle)
            reversible = executor.submit(_leads_back, original, draft, handle)
            try:
                essence = verify(new, handle, new_hash.result)
            finally:
                new_hash.exception(), reversible.exception()  # the handle is closed on return
            if not (reversible.result() or draft.aside):  # a saved version needs no reverse patch
                raise Unverified(
                    files.escape(original.path), "the change cannot be undone from the new copy"
                )
            old = State.of(original.facts, old_hash.result())
            now = State.of(os.fstat(handle), new_hash.result())
            prepared.append((old, now, essence))

        def record() -> None:
            records.append(recorded(original.path, draft, context, prepared[0]))

        try:
            swap.replace(original, parts, check, record, context.rules, context.store.copies)
        except MediakeepError:
            for change in records:
                context.store.mark(change, VOID)
            raise
    context.store.mark(records[0], DONE)
    return records[0]


def _leads_back(original: Original, draft: Draft, new: int) -> bool:
    """Return True if the reverse patch restores the old bytes from the new file."""
    source = Source(new, os.fstat(new).st_size)
    try:
        sound = recipes.sound_of(source, draft.kind)
        parts = recipes.follow(draft.recipe, sound, draft.blobs.__getitem__)
        return pieces.are(parts, new, original.handle)
    except (ValueError, LookupError, struct.error, EOFError):
        return False


def recorded(path: Path, draft: Draft, context: Desk, change: tuple[State, State, str]) -> Record:
    """Write the undo record of a change; `change` is old version, new version, essence hash."""
    old, new, essence = change
    record = Record(
        id=os.urandom(6).hex(),
        time=clock.text(context.store.now()),
        path=files.escape(path),
        kind=draft.kind,
        old=old,
        new=new,
        essence=essence,
        session=context.stamp.session,
        item=context.stamp.key,
        queue=context.queue,
        claim=context.stamp.claim,
        first_claim=context.stamp.first_claim,
        undoes=draft.undoes,
        aside=draft.aside,
        fields=draft.fields,
        recipe=draft.recipe,
    )
    return context.store.add(record, draft.blobs)
