"""Files put where none was, such as a cover beside its tracks, and taken away again.

    put          puts a file where nothing is
    remove       removes a file that holds what its caller has read
    take_away    takes away what was put there, if it is still that very file
    bring_back   puts back what was taken away

1. The new file is written under a hidden name that no scan takes for a picture.
2. What makes the change undoable is recorded.
3. The file gets its name by a link, which never takes the place of another file.
4. The folder is brought to the disk.

A kill leaves the file or none. The hidden one is removed by the next command, see `temp_copies`.
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

EMPTY = Recipe(zlib.compress(b""), ())  # the way back to no file at all

_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})
_OTHER = "it is not the file that was put there"
CURE = "It stays; remove it yourself if it is not wanted."


def put(path: Path, data: bytes, draft: Draft, desk: Desk) -> Record | None:
    """Put a file where nothing is, and return the record of it; None where something is.

    Unreadable where its folder is none, Refused or NoRoom where it cannot be written, and
    RecordNotWritten.
    """
    path = _placed(path)
    if os.path.lexists(path):
        return None
    with swap.adding(path, len(data)), _beside(path, data, desk) as (beside, new):
        record = recorded(path, draft, desk, (NOTHING, new, ""))
        try:
            made = _give_name(beside, path)
        except OSError:
            desk.store.mark(record, VOID)
            raise
    if not made:
        desk.store.mark(record, VOID)
        return None
    _sync(path.parent)
    desk.store.mark(record, DONE)
    return record


def take_away(record: Record, fields: dict[str, Changed], desk: Desk) -> Record | None:
    """Take away a file that was put there, and return the record of it; None where it is gone.

    NotUndone where it is another file by now, else the errors of `put`.
    """
    path = _placed(Path(files.unescape(record.path)))
    if not os.path.lexists(path):
        return None
    with swap.adding(path), _ours(path, record, record.new) as original:
        data = os.pread(original.handle, record.new.size, 0)
        draft = _bringing_back(data, record.kind, fields, undoes=record.id)
        made = _removed(original, draft, desk)
    _sync(path.parent)
    desk.store.mark(made, DONE)
    return made


def remove(
    path: Path, data: bytes, kind: str, fields: dict[str, Changed], desk: Desk
) -> Record | None:
    """Remove a file that holds `data`, and return the record of it; None if there is no file.

    ChangedMeanwhile if the file holds other bytes or is a symbolic link, else the errors of `put`.
    """
    path = _placed(path)
    if not os.path.lexists(path):
        return None
    if path.is_symlink():
        raise ChangedMeanwhile(files.escape(path))
    with swap.adding(path), swap.opened(path) as original:
        swap.permit(original, desk.rules)
        if os.pread(original.handle, len(data) + 1, 0) != data:
            raise ChangedMeanwhile(files.escape(path))
        made = _removed(original, _bringing_back(data, kind, fields), desk)
    _sync(path.parent)
    desk.store.mark(made, DONE)
    return made


def _bringing_back(
    data: bytes, kind: str, fields: dict[str, Changed], *, undoes: str = ""
) -> Draft:
    """Return the draft of a record that keeps all bytes of a file, which is to be removed."""
    blobs = {sha256(data).hexdigest(): data}
    back = Recipe(EMPTY.raw, (("b", 0, 0, len(data)),), tuple(blobs))
    return Draft(kind, back, blobs, fields, undoes=undoes, sha256=next(iter(blobs)))


def _removed(original: swap.Original, draft: Draft, desk: Desk) -> Record:
    """Record the removal of a file, then remove it."""
    old = State.of(original.facts, draft.sha256)
    made = recorded(original.path, draft, desk, (old, NOTHING, ""))
    try:
        if not original.is_unchanged():
            raise ChangedMeanwhile(files.escape(original.path))
        original.path.unlink()
    except (OSError, MediakeepError):
        desk.store.mark(made, VOID)
        raise
    return made


def bring_back(record: Record, fields: dict[str, Changed], desk: Desk) -> Record | None:
    """Put back a file that was taken away, and return the record of it; None where it is there.

    NotUndone where another one is there by now, else the errors of `put`.
    """
    path = Path(files.unescape(record.path))
    data = _kept(record, desk.store)
    made = put(path, data, Draft(record.kind, EMPTY, {}, fields, undoes=record.id), desk)
    if made is None:
        with _ours(_placed(path), record, record.old):
            return None
    return made


def rehearse(record: Record, store: Store, *, unseen: bool = False) -> None:
    """Raise what taking a change back would; changes nothing.

    With `unseen` the file is not looked at, as another change of it goes first.
    """
    path = _placed(Path(files.unescape(record.path)))
    there = record.new
    if record.new.is_nothing:
        _kept(record, store)
        there = record.old
    with swap.adding(path):
        if os.path.lexists(path) and not unseen:
            with _ours(path, record, there):
                return


def _placed(path: Path) -> Path:
    """Return where a file lies in truth; its own name is never followed where it is a link."""
    try:
        return path.parent.resolve(strict=True) / path.name
    except (OSError, RuntimeError) as error:
        refused = error if isinstance(error, OSError) else OSError(errno.ELOOP, str(error))
        raise access.refusal(path, refused) from error


@contextlib.contextmanager
def _beside(path: Path, data: bytes, desk: Desk) -> Iterator[tuple[Path, State]]:
    """Write a hidden file beside another for a `with` block, and say what it is."""
    beside = temp_copies.name_for(path)
    with desk.store.copies.noted(beside):
        yield from _written(beside, data)


def _written(beside: Path, data: bytes) -> Iterator[tuple[Path, State]]:
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        try:
            temp_copies.lock(handle)
            files.write_all(handle, data)
            files.sync_data(handle)
            facts = os.fstat(handle)
        finally:
            os.close(handle)
        yield beside, State.of(facts, sha256(data).hexdigest())
    finally:
        with contextlib.suppress(OSError):
            beside.unlink()


def _give_name(beside: Path, path: Path) -> bool:
    """Let a hidden file bear its name, unless something else does by now."""
    try:
        os.link(beside, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _take_name(beside, path)
    return True


def _take_name(beside: Path, path: Path) -> bool:
    """Do the same where the disk knows no links; a kill between leaves an empty file."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666))
    except FileExistsError:
        return False
    beside.replace(path)
    return True


@contextlib.contextmanager
def _ours(path: Path, record: Record, there: State) -> Iterator[swap.Original]:
    """Open a file that is still what was put there; NotUndone where it is not."""
    if path.is_symlink() or not path.is_file():
        raise NotUndone(record.path, _OTHER, CURE)
    with swap.opened(path) as original:
        if sums.whole(original.handle) != there.sha256:
            raise NotUndone(record.path, _OTHER, CURE)
        yield original


def _kept(record: Record, store: Store) -> bytes:
    """Return the content of a file that was taken away; StateDamaged where it is lost."""
    try:
        parts = recipes.follow(store.recipe(record), SoundMap(()), store.blobs.read)
        data = b"".join(part for part in parts if isinstance(part, bytes))
    except (ValueError, LookupError, struct.error) as error:
        raise StateDamaged(f"The undo record {record.id} is damaged: {error}.") from error
    if sha256(data).hexdigest() != record.old.sha256:
        raise StateDamaged(f"The undo record {record.id} is damaged: its file is another.")
    return data


def _sync(folder: Path) -> None:
    with contextlib.suppress(OSError):  # a power loss may undo the change, which is as good
        files.sync_folder(folder)
