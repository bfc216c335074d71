"""The end of every change of a file: its sums, its record, the swap, and the mark."""

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

# Gets the new file by its path and its handle, and what gives its SHA-256; returns the hash of its
# sound, or raises where it is not what it should be.
Verify = Callable[[Path, int, Callable[[], str]], str]


@dataclass(frozen=True)
class Desk:
    """Where changes are recorded, who makes them, by which rules, and on which kind of items."""

    store: Store
    stamp: Stamp
    rules: swap.Rules
    queue: str = kinds.MUSIC.name


@dataclass(frozen=True)
class Draft:
    """What goes into a record beside the sums; `undoes` and `aside` as there.

    `sha256` is that of the file as it is, where it is known.
    """

    kind: str
    recipe: Recipe
    blobs: dict[str, bytes]
    fields: dict[str, Changed]
    undoes: str = ""
    aside: str = ""
    sha256: str = ""


def way_back(original: Original, source: Source, kind: str) -> tuple[Recipe, dict[str, bytes]]:
    """Return the recipe of a file as it is, and its blobs; ReadOnlyFormat where there is none."""
    try:
        return recipes.make(source, kind)
    except ValueError as error:
        raise ReadOnlyFormat(files.escape(original.path), error) from error


def replace(
    original: Original,
    parts: list[Piece],
    draft: Draft,
    desk: Desk,
    verify: Verify,
) -> Record:
    """Replace a file and return the record of it.

    The errors are those of `verify` and of `swap.replace`, and RecordNotWritten.
    """
    prepared, made = list[tuple[State, State, str]](), list[Record]()
    with ThreadPoolExecutor(3) as aside:  # a hash keeps a core busy, and others may be idle
        before = aside.submit(lambda: draft.sha256 or sums.whole(original.handle))

        def check(new: Path, handle: int) -> None:
            after = aside.submit(sums.whole, handle)
            back = aside.submit(_leads_back, original, draft, handle)
            try:
                essence = verify(new, handle, after.result)
            finally:
                after.exception(), back.exception()  # the handle is closed when this returns
            if not (back.result() or draft.aside):  # what is kept aside needs no way back
                raise Unverified(files.escape(original.path), "nothing led back to the old one")
            old = State.of(original.facts, before.result())
            now = State.of(os.fstat(handle), after.result())
            prepared.append((old, now, essence))

        def record() -> None:
            made.append(recorded(original.path, draft, desk, prepared[0]))

        try:
            swap.replace(original, parts, check, record, desk.rules, desk.store.copies)
        except MediakeepError:
            for one in made:
                desk.store.mark(one, VOID)
            raise
    desk.store.mark(made[0], DONE)
    return made[0]


def _leads_back(original: Original, draft: Draft, new: int) -> bool:
    """Undo the change for a trial, from the new file to the bytes of the old one."""
    source = Source(new, os.fstat(new).st_size)
    try:
        sound = recipes.sound_of(source, draft.kind)
        parts = recipes.follow(draft.recipe, sound, draft.blobs.__getitem__)
        return pieces.are(parts, new, original.handle)
    except (ValueError, LookupError, struct.error, EOFError):
        return False


def recorded(path: Path, draft: Draft, desk: Desk, change: tuple[State, State, str]) -> Record:
    """Record a change before it is made: the file before and after, and the hash of its sound."""
    old, new, essence = change
    record = Record(
        id=os.urandom(6).hex(),
        time=clock.text(desk.store.now()),
        path=files.escape(path),
        kind=draft.kind,
        old=old,
        new=new,
        essence=essence,
        session=desk.stamp.session,
        item=desk.stamp.key,
        queue=desk.queue,
        claim=desk.stamp.claim,
        first_claim=desk.stamp.first_claim,
        undoes=draft.undoes,
        aside=draft.aside,
        fields=draft.fields,
        recipe=draft.recipe,
    )
    return desk.store.add(record, draft.blobs)
