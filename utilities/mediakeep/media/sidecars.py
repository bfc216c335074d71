"""Small files beside a person's films, such as an NFO: put there, or replaced, with a way back.

    read    returns what is there
    due     tells whether there is anything to write, and raises what `write` would
    write   puts a new file, or replaces one that is still as it was read
    remove  removes one that is still as it was read

What a person or another program has written meanwhile is never lost: only the very bytes that the
new ones were made from are replaced.
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

LARGEST = 64 << 20  # bytes of a file that is read whole

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
    """Return what a file holds, None where there is none.

    Unreadable where it refuses, is no regular file, or is too large for any sidecar.
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
        raise Unreadable(files.escape(path), "it is far too large", _CURE)
    return data


def due(path: Path, data: bytes, was: bytes | None, rules: swap.Rules = _RULES) -> bool:
    """Tell whether `write` would change anything; its errors, as far as they can be foreseen."""
    if not _is_due(path, data, was):
        return False
    if was is None:
        with swap.adding(path, len(data)):
            return True
    with swap.opened(path) as original:
        swap.permit(original, rules)
    return True


def write(
    path: Path, data: bytes, was: bytes | None, fields: Mapping[str, Changed], desk: Desk
) -> Record | None:
    """Have a file hold these bytes, and return the record of it; None where it does already.

    `was` is what the new bytes were made from: None for no file. ChangedMeanwhile where that is not
    what is there now; Unreadable, Refused, NoRoom and RecordNotWritten, too, and the file is as
    before. Owner, mode and attributes are kept, and of a link the file that it leads to is written.
    """
    if not _is_due(path, data, was):
        return None
    if was is None:
        draft = Draft(_kind(path), additions.EMPTY, {}, dict(fields))
        made = additions.put(path, data, draft, desk)
        if made is None:  # somebody was quicker by a hair
            raise ChangedMeanwhile(files.escape(path))
        return made
    with swap.opened(path) as original:
        source = Source(original.handle, original.facts.st_size)
        if source.read(0, len(was) + 1) != was:
            raise ChangedMeanwhile(files.escape(path))
        recipe, blobs = way_back(original, source, _kind(path))
        old = sha256(was).hexdigest()
        draft = Draft(_kind(path), recipe, blobs, dict(fields), sha256=old)
        return replace(original, [data], draft, desk, partial(_verify, path, data))


def remove(path: Path, was: bytes, fields: Mapping[str, Changed], desk: Desk) -> Record | None:
    """Remove a file that holds `was`, and return the record of it; None if there is no file.

    The errors are those of `write`, and the file stays then.
    """
    return additions.remove(path, was, _kind(path), dict(fields), desk)


def _is_due(path: Path, data: bytes, was: bytes | None) -> bool:
    """Tell whether other bytes are there; ChangedMeanwhile where they are not those that were."""
    there = read(path)
    if there == data:
        return False
    if there != was:
        raise ChangedMeanwhile(files.escape(path))
    return True


def _kind(path: Path) -> str:
    return _KINDS.get(path.suffix.lower(), _OTHER)


def _verify(path: Path, data: bytes, _new: Path, _handle: int, found: Callable[[], str]) -> str:
    """Prove the new file by its hash; nothing in it is sound."""
    if found() != sha256(data).hexdigest():
        raise Unverified(files.escape(path), "other bytes were found than had been written")
    return ""
