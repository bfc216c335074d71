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

from mediakeep import files
from mediakeep.errors import ChangedMeanwhile, Unreadable, Unverified
from mediakeep.media import access, additions, swap
from mediakeep.media.source import Source
from mediakeep.media.undoing.ending import Desk, Draft, replace, way_back
from mediakeep.media.undoing.record import Changed, Record

LARGEST = 64 << 20  # bytes

_KINDS = {
    ".nfo": "text/xml",
    ".xml": "text/xml",
    ".json": "application/json",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
_OTHER = "application/octet-stream"
_RULES = swap.Rules()
_CURE = "Move it away, then run again."


def read(path: Path) -> bytes | None:
    """Return the content of a file, or None if there is none.

    Raises Unreadable if it cannot be read, is not a regular file, or is larger than 64 MiB.
    """
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:  # such as a name that is too long
        raise access.refusal(path, error) from error
    with access.opened(path) as handle:
        try:
            data = handle.read(LARGEST + 1)
        except OSError as error:
            raise access.refusal(path, error) from error
    if len(data) > LARGEST:
        raise Unreadable(files.escape(path), "it is larger than 64 MiB", _CURE)
    return data


def due(path: Path, data: bytes, was: bytes | None, rules: swap.Rules = _RULES) -> bool:
    """Return True if `write` would change anything; raise its errors as far as foreseeable."""
    if not _is_due(path, data, was):
        return False
    if was is None:
        with swap.adding(path, len(data)):
            return True
    with swap.opened(path) as original:
        swap.permit(original, rules)
    return True


def write(
    path: Path, data: bytes, was: bytes | None, fields: Mapping[str, Changed], context: Desk
) -> Record | None:
    """Write `data` to a file and return the undo record, or None if it has that content already.

    `was` is the content that `data` was derived from, None for no file. Raises ChangedMeanwhile if
    the file has other content now, Unreadable, Refused, NoRoom and RecordNotWritten; then the file
    is unchanged. Owner, mode and attributes are preserved, and links are followed.
    """
    if not _is_due(path, data, was):
        return None
    if was is None:
        draft = Draft(_kind(path), additions.EMPTY, {}, dict(fields))
        record = additions.put(path, data, draft, context)
        if record is None:  # another program has just created it
            raise ChangedMeanwhile(files.escape(path))
        return record
    with swap.opened(path) as original:
        source = Source(original.handle, original.facts.st_size)
        if source.read(0, len(was) + 1) != was:
            raise ChangedMeanwhile(files.escape(path))
        recipe, blobs = way_back(original, source, _kind(path))
        old = sha256(was).hexdigest()
        draft = Draft(_kind(path), recipe, blobs, dict(fields), sha256=old)
        return replace(original, [data], draft, context, partial(_verify, path, data))


def remove(path: Path, was: bytes, fields: Mapping[str, Changed], context: Desk) -> Record | None:
    """Remove a file with the content `was`; return the undo record, or None if there is no file.

    Raises the errors of `write`; then the file is unchanged.
    """
    return additions.remove(path, was, _kind(path), dict(fields), context)


def _is_due(path: Path, data: bytes, was: bytes | None) -> bool:
    """Return True if the content has to change; raise ChangedMeanwhile if it is not `was`."""
    current = read(path)
    if current == data:
        return False
    if current != was:
        raise ChangedMeanwhile(files.escape(path))
    return True


def _kind(path: Path) -> str:
    return _KINDS.get(path.suffix.lower(), _OTHER)


def _verify(
    path: Path, data: bytes, _new: Path, _handle: int, new_sha256: Callable[[], str]
) -> str:
    """Verify the new file by its hash; return "", as it has no audio."""
    if new_sha256() != sha256(data).hexdigest():
        raise Unverified(files.escape(path), "content differs in the new copy")
    return ""
