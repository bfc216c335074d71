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

from mediakeep import files
from mediakeep.errors import ChangedMeanwhile, MediakeepError, NotUndone, StateDamaged
from mediakeep.media import access, sums, swap, temp_copies
from mediakeep.media.splices.soundmap import SoundMap
from mediakeep.media.undoing import recipes
from mediakeep.media.undoing.ending import Desk, Draft, recorded
from mediakeep.media.undoing.record import NOTHING, Changed, Recipe, Record, State
from mediakeep.media.undoing.store import DONE, VOID, Store

EMPTY = Recipe(zlib.compress(b""), ())  # restores to no file

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_OTHER = "it is no longer the file that was created"
CURE = "It is kept; delete it yourself if you do not need it."


def put(path: Path, data: bytes, draft: Draft, context: Desk) -> Record | None:
    """Create a file and return its undo record, or None if the name is taken.

    Raises Unreadable if the folder cannot be resolved, Refused or NoRoom if the file cannot be
    written, and RecordNotWritten.
    """
    path = _placed(path)
    if os.path.lexists(path):
        return None
    with swap.adding(path, len(data)), _beside(path, data, context) as (temp_path, new):
        record = recorded(path, draft, context, (NOTHING, new, ""))
        try:
            linked = _give_name(temp_path, path)
        except OSError:
            context.store.mark(record, VOID)
            raise
    if not linked:
        context.store.mark(record, VOID)
        return None
    _sync(path.parent)
    context.store.mark(record, DONE)
    return record


def take_away(record: Record, fields: dict[str, Changed], context: Desk) -> Record | None:
    """Undo the creation of a file and return the record, or None if the file is already gone.

    Raises NotUndone if the file has changed since, and the errors of `create_file`.
    """
    path = _placed(Path(files.unescape(record.path)))
    if not os.path.lexists(path):
        return None
    with swap.adding(path), _ours(path, record, record.new) as original:
        data = os.pread(original.handle, record.new.size, 0)
        draft = _bringing_back(data, record.kind, fields, undoes=record.id)
        removal = _removed(original, draft, context)
    _sync(path.parent)
    context.store.mark(removal, DONE)
    return removal


def remove(
    path: Path, data: bytes, kind: str, fields: dict[str, Changed], context: Desk
) -> Record | None:
    """Remove a file that contains exactly `data`; return the record, or None if there is no file.

    Raises ChangedMeanwhile if the content differs or the file is a symbolic link, and the errors of
    `create_file`.
    """
    path = _placed(path)
    if not os.path.lexists(path):
        return None
    if path.is_symlink():
        raise ChangedMeanwhile(files.escape(path))
    with swap.adding(path), swap.opened(path) as original:
        swap.permit(original, context.rules)
        if os.pread(original.handle, len(data) + 1, 0) != data:
            raise ChangedMeanwhile(files.escape(path))
        removal = _removed(original, _bringing_back(data, kind, fields), context)
    _sync(path.parent)
    context.store.mark(removal, DONE)
    return removal


def _bringing_back(
    data: bytes, kind: str, fields: dict[str, Changed], *, undoes: str = ""
) -> Draft:
    """Return the draft of an undo record that stores the whole content of the file to remove."""
    blobs = {sha256(data).hexdigest(): data}
    patch = Recipe(EMPTY.raw, (("b", 0, 0, len(data)),), tuple(blobs))
    return Draft(kind, patch, blobs, fields, undoes=undoes, sha256=next(iter(blobs)))


def _removed(original: swap.Original, draft: Draft, context: Desk) -> Record:
    """Write the undo record of a removal, then unlink the file."""
    old = State.of(original.facts, draft.sha256)
    removal = recorded(original.path, draft, context, (old, NOTHING, ""))
    try:
        if not original.is_unchanged():
            raise ChangedMeanwhile(files.escape(original.path))
        original.path.unlink()
    except (OSError, MediakeepError):
        context.store.mark(removal, VOID)
        raise
    return removal


def bring_back(record: Record, fields: dict[str, Changed], context: Desk) -> Record | None:
    """Undo the removal of a file and return the record, or None if the same file is back already.

    Raises NotUndone if another file has the name, and the errors of `create_file`.
    """
    path = Path(files.unescape(record.path))
    data = _kept(record, context.store)
    restored = put(path, data, Draft(record.kind, EMPTY, {}, fields, undoes=record.id), context)
    if restored is None:
        with _ours(_placed(path), record, record.old):
            return None
    return restored


def rehearse(record: Record, store: Store, *, unseen: bool = False) -> None:
    """Raise what undoing a creation or removal would raise; change nothing.

    With `unseen`, do not check the file: another of its changes is undone first.
    """
    path = _placed(Path(files.unescape(record.path)))
    expected = record.new
    if record.new.is_nothing:
        _kept(record, store)
        expected = record.old
    with swap.adding(path):
        if os.path.lexists(path) and not unseen:
            with _ours(path, record, expected):
                return


def _placed(path: Path) -> Path:
    """Resolve links in the folder of a path, but not in its last component."""
    try:
        return path.parent.resolve(strict=True) / path.name
    except (OSError, RuntimeError) as error:
        os_error = error if isinstance(error, OSError) else OSError(errno.ELOOP, str(error))
        raise access.refusal(path, os_error) from error


@contextlib.contextmanager
def _beside(path: Path, data: bytes, context: Desk) -> Iterator[tuple[Path, State]]:
    """Write a hidden file next to `path` for a `with` block; yield its path and version."""
    temp_path = temp_copies.name_for(path)
    with context.store.copies.noted(temp_path):
        yield from _written(temp_path, data)


def _written(temp_path: Path, data: bytes) -> Iterator[tuple[Path, State]]:
    handle = os.open(temp_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        try:
            temp_copies.lock(handle)
            files.write_all(handle, data)
            files.sync_data(handle)
            facts = os.fstat(handle)
        finally:
            os.close(handle)
        yield temp_path, State.of(facts, sha256(data).hexdigest())
    finally:
        with contextlib.suppress(OSError):
            temp_path.unlink()


def _give_name(temp_path: Path, path: Path) -> bool:
    """Link the hidden file to its final name; return False if the name is taken."""
    try:
        os.link(temp_path, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _take_name(temp_path, path)
    return True


def _take_name(temp_path: Path, path: Path) -> bool:
    """Do the same on a file system without hard links; a kill in between leaves an empty file."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    except FileExistsError:
        return False
    temp_path.replace(path)
    return True


@contextlib.contextmanager
def _ours(path: Path, record: Record, expected: State) -> Iterator[swap.Original]:
    """Open a file that still has the recorded content; raise NotUndone if it does not."""
    if path.is_symlink() or not path.is_file():
        raise NotUndone(record.path, _OTHER, CURE)
    with swap.opened(path) as original:
        if sums.whole(original.handle) != expected.sha256:
            raise NotUndone(record.path, _OTHER, CURE)
        yield original


def _kept(record: Record, store: Store) -> bytes:
    """Return the stored content of a removed file; raise StateDamaged if it is lost."""
    try:
        parts = recipes.follow(store.recipe(record), SoundMap(()), store.blobs.read)
        data = b"".join(part for part in parts if isinstance(part, bytes))
    except (ValueError, LookupError, struct.error) as error:
        raise StateDamaged(f"The undo record {record.id} is damaged: {error}.") from error
    if sha256(data).hexdigest() != record.old.sha256:
        raise StateDamaged(f"The undo record {record.id} is damaged: the content hash differs.")
    return data


def _sync(folder: Path) -> None:
    with contextlib.suppress(
        OSError
    ):  # after a power loss the change may be missing, which is consistent too
        files.sync_folder(folder)
