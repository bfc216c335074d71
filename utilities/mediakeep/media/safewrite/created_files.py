"""Create new files, such as a cover next to its tracks, and remove them again, with undo records.

    create_file       creates a file if the name is free
    remove_if_equal   removes a file if it has the expected content
    remove_created    undoes a creation, if the file is unchanged
    recreate_file     undoes a removal

1. Write the new file under a hidden name that no scan takes for a picture.
2. Write the undo record.
3. Link the file to its final name, which never overwrites another file.
4. Sync the folder.

If the process is killed, there is the whole file or none. The next command removes the hidden file,
see `temp_copies`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import struct
import zlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from mediakeep import atomic_files, file_copies, path_text
from mediakeep.errors import ConcurrentChange, MediakeepError, StateDamaged, UndoRefused
from mediakeep.media import open_file, temp_copies
from mediakeep.media.safewrite import atomic_replace
from mediakeep.media.safewrite.audio_layout import AudioLayout
from mediakeep.media.safewrite.record_and_replace import UndoContext, UndoRecordDraft, add_record
from mediakeep.media.undo import reverse_patch
from mediakeep.media.undo.record import (
    NO_FILE,
    ChangeRecord,
    FieldChange,
    FileVersion,
    ReversePatch,
)
from mediakeep.media.undo.store import VOID, UndoStore

EMPTY_PATCH = ReversePatch(zlib.compress(b""), ())  # restores to no file

_NOT_THE_CREATED_FILE = "it is no longer the file that was created"
KEPT_FILE_HINT = "It is kept; delete it yourself if you do not need it."


def create_file(
    path: Path, data: bytes, draft: UndoRecordDraft, context: UndoContext
) -> ChangeRecord | None:
    """Create a file and return its undo record, or None if another file has that name.

    Raises Unreadable if the folder cannot be resolved, WriteRefused or DiskFull if the file cannot
    be written, and RecordNotWritten.
    """
    path = _resolve_parent(path)
    context.rules.check_real_path(path)
    if os.path.lexists(path):
        return None
    with (
        atomic_replace.guard_new_file(path, len(data)),
        _temp_file(path, data, context) as (temp_path, new),
    ):
        record = add_record(path, draft, context, (NO_FILE, new, ""))
        try:
            linked = file_copies.link_into_place(temp_path, path)
        except OSError:
            context.store.append_state(record, VOID)
            raise
    if not linked:
        context.store.append_state(record, VOID)
        return None
    context.store.complete_change(record, path.parent)
    return record


def remove_created(
    record: ChangeRecord, fields: dict[str, FieldChange], context: UndoContext
) -> ChangeRecord | None:
    """Undo the creation of a file: remove it and return the new undo record.

    Return None if the file no longer exists. Raises UndoRefused if the file has changed since, and
    the errors of `create_file`.
    """
    path = _resolve_parent(Path(path_text.unescape_path(record.path)))
    if not os.path.lexists(path):
        return None
    with (
        atomic_replace.guard_new_file(path),
        _open_if_unchanged(path, record, record.new) as original,
    ):
        data = os.pread(original.handle, record.new.size, 0)
        draft = _draft_removal(data, record.kind, fields, undoes=record.id)
        removal = _record_and_unlink(original, draft, context)
    context.store.complete_change(removal, path.parent)
    return removal


def remove_if_equal(
    path: Path, data: bytes, kind: str, fields: dict[str, FieldChange], context: UndoContext
) -> ChangeRecord | None:
    """Remove a file that contains exactly `data`, and return the undo record.

    Return None if there is no file. Raises ConcurrentChange if the content differs or the file is a
    symbolic link, and the errors of `create_file`.
    """
    path = _resolve_parent(path)
    if not os.path.lexists(path):
        return None
    if path.is_symlink():
        raise ConcurrentChange(path_text.escape_path(path))
    with atomic_replace.guard_new_file(path), atomic_replace.open_original(path) as original:
        atomic_replace.check_writable(original, context.rules)
        if os.pread(original.handle, len(data) + 1, 0) != data:
            raise ConcurrentChange(path_text.escape_path(path))
        removal = _record_and_unlink(original, _draft_removal(data, kind, fields), context)
    context.store.complete_change(removal, path.parent)
    return removal


def _draft_removal(
    data: bytes, kind: str, fields: dict[str, FieldChange], *, undoes: str = ""
) -> UndoRecordDraft:
    """Return the draft of an undo record for removing a file.

    It stores the whole content of the file.
    """
    blobs = {sha256(data).hexdigest(): data}
    patch = ReversePatch(EMPTY_PATCH.raw, (("b", 0, 0, len(data)),), tuple(blobs))
    return UndoRecordDraft(kind, patch, blobs, fields, undoes=undoes, sha256=next(iter(blobs)))


def _record_and_unlink(
    original: atomic_replace.OriginalFile, draft: UndoRecordDraft, context: UndoContext
) -> ChangeRecord:
    """Write the undo record of a removal, then unlink the file."""
    old = FileVersion.from_stat(original.stat, draft.sha256)
    removal = add_record(original.path, draft, context, (old, NO_FILE, ""))
    try:
        if not original.is_unchanged():
            raise ConcurrentChange(path_text.escape_path(original.path))
        original.path.unlink()
    except (OSError, MediakeepError):
        context.store.append_state(removal, VOID)
        raise
    return removal


def recreate_file(
    record: ChangeRecord, fields: dict[str, FieldChange], context: UndoContext
) -> ChangeRecord | None:
    """Undo the removal of a file: create it again and return the new undo record.

    Return None if the same file exists again already. Raises UndoRefused if another file has the
    name, and the errors of `create_file`.
    """
    path = Path(path_text.unescape_path(record.path))
    data = _load_removed_content(record, context.store)
    restored = create_file(
        path, data, UndoRecordDraft(record.kind, EMPTY_PATCH, {}, fields, undoes=record.id), context
    )
    if restored is None:
        with _open_if_unchanged(_resolve_parent(path), record, record.old):
            return None
    return restored


def check_undo(record: ChangeRecord, store: UndoStore, *, unseen: bool = False) -> None:
    """Raise the error that undoing a file's creation or removal would raise; change nothing.

    With `unseen`, the file itself is not checked, because another of its changes is undone first.
    """
    path = _resolve_parent(Path(path_text.unescape_path(record.path)))
    expected = record.new
    if record.new.is_no_file:
        _load_removed_content(record, store)
        expected = record.old
    with atomic_replace.guard_new_file(path):
        if os.path.lexists(path) and not unseen:
            with _open_if_unchanged(path, record, expected):
                return


def _resolve_parent(path: Path) -> Path:
    """Return a path with the symbolic links of its folder resolved.

    The last component stays as it is.
    """
    try:
        return path.parent.resolve(strict=True) / path.name
    except (OSError, RuntimeError) as error:
        os_error = error if isinstance(error, OSError) else OSError(errno.ELOOP, str(error))
        raise open_file.to_unreadable(path, os_error) from error


@contextlib.contextmanager
def _temp_file(path: Path, data: bytes, context: UndoContext) -> Iterator[tuple[Path, FileVersion]]:
    """Write a hidden file next to `path` for a `with` block; yield its path and version."""
    temp_path = temp_copies.new_copy_path(path)
    with context.store.copies.register(temp_path):
        yield from _write_temp_file(temp_path, data, context.rules)


def _write_temp_file(
    temp_path: Path, data: bytes, rules: atomic_replace.ReplaceRules
) -> Iterator[tuple[Path, FileVersion]]:
    handle = os.open(temp_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        try:
            temp_copies.lock_file(handle)
            atomic_files.write_all(handle, data)
            rules.set_mtime(handle)
            atomic_files.sync_data(handle)
            facts = os.fstat(handle)
        finally:
            os.close(handle)
        yield temp_path, FileVersion.from_stat(facts, sha256(data).hexdigest())
    finally:
        with contextlib.suppress(OSError):
            temp_path.unlink()


@contextlib.contextmanager
def _open_if_unchanged(
    path: Path, record: ChangeRecord, expected: FileVersion
) -> Iterator[atomic_replace.OriginalFile]:
    """Open a file for a `with` block if it still has the recorded content.

    Raises UndoRefused if it does not.
    """
    if path.is_symlink() or not path.is_file():
        raise UndoRefused(record.path, _NOT_THE_CREATED_FILE, KEPT_FILE_HINT)
    with atomic_replace.open_original(path) as original:
        if file_copies.file_sha256(original.handle) != expected.sha256:
            raise UndoRefused(record.path, _NOT_THE_CREATED_FILE, KEPT_FILE_HINT)
        yield original


def _load_removed_content(record: ChangeRecord, store: UndoStore) -> bytes:
    """Return the stored content of a removed file.

    Raises StateDamaged if that content is lost.
    """
    try:
        parts = reverse_patch.apply(store.load_patch(record), AudioLayout(()), store.blobs.read)
        data = b"".join(part for part in parts if isinstance(part, bytes))
    except (ValueError, LookupError, struct.error) as error:
        raise StateDamaged(f"The undo record {record.id} is damaged: {error}.") from error
    if sha256(data).hexdigest() != record.old.sha256:
        raise StateDamaged(f"The undo record {record.id} is damaged: the content hash differs.")
    return data
