"""Replace a file with an undo record: hash, verify, record, rename, sync, and mark as done."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mediakeep import clock, file_copies, path_text
from mediakeep.errors import MediakeepError, ReadOnlyFormat, VerificationFailed
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.safewrite import atomic_replace, file_assembly
from mediakeep.media.safewrite.atomic_replace import ChangeCopy, OriginalFile
from mediakeep.media.safewrite.file_assembly import FilePart
from mediakeep.media.undo import reverse_patch
from mediakeep.media.undo.record import ChangeRecord, FieldChange, FileVersion, ReversePatch
from mediakeep.media.undo.store import VOID, UndoStore
from mediakeep.outcome import Stamp

NO_STAMP = Stamp("", "", 0, 0)
_SMALL_FILE = 1 << 20  # bytes, which are hashed in less time than a thread needs to start

# Called with the path and handle of the new file, and a function that returns its SHA-256; returns
# the hash of its audio essence, or raises if the file is wrong.
VerifyCopy = Callable[[Path, int, Callable[[], str]], str]


@dataclass(frozen=True)
class UndoContext:
    """What is needed to record changes for undo.

    This is the undo store, a stamp that says who makes the change, the replace rules, and the queue
    of the item.
    """

    store: UndoStore
    stamp: Stamp
    rules: atomic_replace.ReplaceRules
    queue: str


@dataclass(frozen=True)
class UndoRecordDraft:
    """The parts of an undo record that are known before the write, see `ChangeRecord`.

    `sha256` is the hash of the current file, or "" if unknown.
    """

    kind: str
    recipe: ReversePatch
    blobs: dict[str, bytes]
    fields: dict[str, FieldChange]
    undoes: str = ""
    aside: str = ""
    sha256: str = ""


def build_patch(
    original: OriginalFile, source: BoundedFile, kind: str
) -> tuple[ReversePatch, dict[str, bytes]]:
    """Return the reverse patch that restores the current file, and the blobs that it needs.

    A blob is data stored by its SHA-256. Raises ReadOnlyFormat if the layout of the file is not
    supported.
    """
    try:
        return reverse_patch.build(source, kind)
    except ValueError as error:
        raise ReadOnlyFormat(path_text.escape_path(original.path), error) from error


def replace_and_record(
    original: OriginalFile,
    parts: list[FilePart],
    draft: UndoRecordDraft,
    context: UndoContext,
    verify: VerifyCopy,
    change_copy: ChangeCopy | None = None,
) -> ChangeRecord:
    """Replace a file by a new one assembled from parts, and return the undo record.

    `change_copy`, if given, changes the new copy, then `verify` checks it. Raises the
    errors of these functions and of `replace_file`, and RecordNotWritten.
    """
    prepared, records = list[tuple[FileVersion, FileVersion, str]](), list[ChangeRecord]()
    with _open_executor(original.stat.st_size) as executor:
        old_hash = executor.submit(lambda: draft.sha256 or file_copies.file_sha256(original.handle))

        def check(new: Path, handle: int) -> None:
            new_hash = executor.submit(file_copies.file_sha256, handle)
            reversible = executor.submit(_restores_original, original, draft, handle)
            try:
                essence = verify(new, handle, new_hash.result)
            finally:
                new_hash.exception(), reversible.exception()  # the handle is closed on return
            if not (reversible.result() or draft.aside):  # a saved version needs no reverse patch
                raise VerificationFailed(
                    path_text.escape_path(original.path),
                    "the change cannot be undone from the new copy",
                )
            old = FileVersion.from_stat(original.stat, old_hash.result())
            now = FileVersion.from_stat(os.fstat(handle), new_hash.result())
            prepared.append((old, now, essence))

        def record() -> None:
            records.append(add_record(original.path, draft, context, prepared[0]))

        try:
            atomic_replace.replace_file(
                original, parts, check, record, context.rules, context.store.copies, change_copy
            )
        except MediakeepError:
            for change in records:
                context.store.append_state(change, VOID)
            raise
    context.store.complete_change(records[0], original.path.parent)
    return records[0]


class _CallingExecutor(Executor):
    """An executor that calls each function at once, in the thread of its caller."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future = Future[Any]()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - raised by `Future.result`
            future.set_exception(error)
        return future


def _open_executor(size: int) -> Executor:
    """Return an executor for hashing and comparing files of `size` bytes, each on its own core."""
    return _CallingExecutor() if size <= _SMALL_FILE else ThreadPoolExecutor(3)


def _restores_original(original: OriginalFile, draft: UndoRecordDraft, new: int) -> bool:
    """Return True if the drafted reverse patch rebuilds the old bytes from the new file."""
    source = BoundedFile(new, os.fstat(new).st_size)
    try:
        layout = reverse_patch.find_audio(source, draft.kind)
        parts = reverse_patch.apply(draft.recipe, layout, draft.blobs.__getitem__)
        return file_assembly.parts_equal_file(parts, new, original.handle)
    except (ValueError, LookupError, struct.error, EOFError):
        return False


def add_record(
    path: Path,
    draft: UndoRecordDraft,
    context: UndoContext,
    change: tuple[FileVersion, FileVersion, str],
) -> ChangeRecord:
    """Write the undo record of a change and return it.

    `change` is a tuple: old file version, new file version, hash of the audio.
    """
    old, new, essence = change
    record = ChangeRecord(
        id=os.urandom(6).hex(),
        time=clock.format_iso(context.store.now()),
        path=path_text.escape_path(path),
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
