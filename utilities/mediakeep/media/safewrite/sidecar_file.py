"""Write and remove small files next to movies, such as NFO files, with undo records.

    read          returns the content
    needs_write   returns True if `write` would change anything, and raises what it would raise
    write         creates a file, or replaces one that is unchanged since it was read
    remove        removes a file that is unchanged since it was read

Changes made meanwhile by the user or another program are never lost: a file is replaced only if it
still has the content that the new content was derived from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from mediakeep import path_text
from mediakeep.errors import ConcurrentChange, Unreadable, VerificationFailed
from mediakeep.media import open_file
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.safewrite import atomic_replace, created_files
from mediakeep.media.safewrite.record_and_replace import (
    UndoContext,
    UndoRecordDraft,
    build_patch,
    replace_and_record,
)
from mediakeep.media.undo.record import ChangeRecord, FieldChange

MAX_SIZE = 64 << 20  # bytes

_MIME_TYPES = {
    ".nfo": "text/xml",
    ".xml": "text/xml",
    ".json": "application/json",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
_DEFAULT_MIME_TYPE = "application/octet-stream"
_DEFAULT_RULES = atomic_replace.ReplaceRules()
_FIX_HINT = "Move it away, then run again."


def read(path: Path) -> bytes | None:
    """Return the content of a small file next to a movie, or None if there is no file.

    Raises Unreadable if it cannot be read, is not a regular file, or is larger than 64 MiB.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:  # such as a name that is too long
        raise open_file.to_unreadable(path, error) from error
    with open_file.open_regular_file(path) as handle, open_file.translate_errors(path):
        data = handle.read(MAX_SIZE + 1)
    if len(data) > MAX_SIZE:
        raise Unreadable(path_text.escape_path(path), "it is larger than 64 MiB", _FIX_HINT)
    return data


def needs_write(
    path: Path,
    data: bytes,
    expected_content: bytes | None,
    rules: atomic_replace.ReplaceRules = _DEFAULT_RULES,
) -> bool:
    """Return True if `write` with the same arguments would change the file.

    Raises the errors that `write` would raise, as far as they are foreseeable.
    """
    if not _has_other_bytes(path, data, expected_content):
        return False
    if expected_content is None:
        with atomic_replace.guard_new_file(path, len(data)):
            return True
    with atomic_replace.open_original(path) as original:
        atomic_replace.check_writable(original, rules)
    return True


def write(
    path: Path,
    data: bytes,
    expected_content: bytes | None,
    fields: Mapping[str, FieldChange],
    context: UndoContext,
) -> ChangeRecord | None:
    """Write `data` to a file; return the undo record, or None if it has that content already.

    `expected_content` is the content that `data` was derived from, None for no file. Raises
    ConcurrentChange if the file has other content now, Unreadable, WriteRefused, DiskFull and
    RecordNotWritten; then the file is unchanged. Owner, mode and attributes are preserved, and
    links are followed.
    """
    if not _has_other_bytes(path, data, expected_content):
        return None
    if expected_content is None:
        draft = UndoRecordDraft(_mime_type(path), created_files.EMPTY_PATCH, {}, dict(fields))
        record = created_files.create_file(path, data, draft, context)
        if record is None:  # another program has just created it
            raise ConcurrentChange(path_text.escape_path(path))
        return record
    with atomic_replace.open_original(path) as original:
        source = BoundedFile(original.handle, original.stat.st_size)
        if source.read(0, len(expected_content) + 1) != expected_content:
            raise ConcurrentChange(path_text.escape_path(path))
        recipe, blobs = build_patch(original, source, _mime_type(path))
        old = sha256(expected_content).hexdigest()
        draft = UndoRecordDraft(_mime_type(path), recipe, blobs, dict(fields), sha256=old)
        return replace_and_record(
            original, [data], draft, context, partial(_verify_hash, path, data)
        )


def remove(
    path: Path, expected_content: bytes, fields: Mapping[str, FieldChange], context: UndoContext
) -> ChangeRecord | None:
    """Remove a file that has the expected content; return the undo record.

    Return None if there is no file. Raises the errors of `write`; then the file is unchanged.
    """
    return created_files.remove_if_equal(
        path, expected_content, _mime_type(path), dict(fields), context
    )


def _has_other_bytes(path: Path, data: bytes, expected_content: bytes | None) -> bool:
    """Return True if the file's content differs from `data` and has to change.

    Raises ConcurrentChange if the content is neither `data` nor `expected_content`.
    """
    current = read(path)
    if current == data:
        return False
    if current != expected_content:
        raise ConcurrentChange(path_text.escape_path(path))
    return True


def _mime_type(path: Path) -> str:
    return _MIME_TYPES.get(path.suffix.lower(), _DEFAULT_MIME_TYPE)


def _verify_hash(
    path: Path, data: bytes, _new: Path, _handle: int, new_sha256: Callable[[], str]
) -> str:
    """Verify a new file by its hash.

    Return "" as the hash of its audio, because it has no audio.
    """
    if new_sha256() != sha256(data).hexdigest():
        raise VerificationFailed(path_text.escape_path(path), "content differs in the new copy")
    return ""
