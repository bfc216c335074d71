"""A backup made the present again, so that a kill leaves the old state or one that can be ended.

1. The archive is unpacked into a hidden folder, checked to its end, and synced.
2. That folder gets the name by which it is known to be whole. From here on the same command ends
   what was begun.
3. Each file takes its place; one that it replaces goes to a dated folder. Undo records are added to
   those that are there: they tell of the library's files, which no restore changes.
4. The queue's folder takes its place last, in two renames, while the queue's lock is held. Its
   history goes on with what happened since the backup, where it is the same queue's.
5. The hidden folder loses its name, and goes.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.errors import ItemFailed, MediakeepError, UsageFailed
from mediakeep.kinds import Kind
from mediakeep.media.undoing import gate, union
from mediakeep.queue import checkpoints, rewrite, sessions
from mediakeep.queue.backups import archive, placement
from mediakeep.queue.backups.archive import Head
from mediakeep.queue.backups.blocks import Entry
from mediakeep.queue.queue import Queue
from mediakeep.queue.rewrite import Place
from mediakeep.queue.store import LOCK

_ORDER = "order.json"
_FILES = "files"


class Order(msgspec.Struct, frozen=True):
    """A restore that has to be ended: of which backup, and where what it replaces goes."""

    id: str
    file: str
    replaced: str  # a name in `status/`


def check(place: Place, kind: Kind, path: Path) -> Head:
    """Check a whole backup, and whether it may be restored now."""
    if not path.is_file():
        raise UsageFailed(f"There is no backup {files.escape(path)}.")
    head = archive.read(path, kind.name)
    begun = _begun(place)
    if begun and begun.id != head.id:
        raise UsageFailed(
            f"The restore of {begun.file} was interrupted. End it first: restore that file again."
        )
    refuse_busy(place)
    return head


def refuse_busy(place: Place) -> None:
    """Refuse while any session of the queue lives."""
    for path in sessions.live(place.folder):
        if sessions.alive(place, path.stem):
            raise UsageFailed(
                f"Session {path.stem} is at work on this queue. Stop it, or wait for its end, then"
                " run again."
            )


def run(place: Place, kind: Kind, path: Path) -> Path | None:
    """Restore a backup, or end a restore of it; return where what it replaced is kept."""
    status = place.folder.parent
    status.mkdir(parents=True, exist_ok=True)
    with _alone(status):
        order = _begun(place)
        if order is None:
            order = _unpack(place, kind, path)
        with contextlib.suppress(MediakeepError, OSError):  # what it says last goes to its history
            if checkpoints.remains(place.folder):
                Queue.open(place, kind).close()
        replaced = status / order.replaced
        _put_files(place, replaced)
        _put_queue(place, replaced)
        os.rename(_hidden(place), _beside(place))  # done, whatever kills the removal
        files.sync_folder(status)
        shutil.rmtree(_beside(place), ignore_errors=True)
    return replaced if replaced.exists() else None


@contextlib.contextmanager
def _alone(status: Path) -> Iterator[None]:
    handle = os.open(status, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise UsageFailed(f"Another restore is at work in {files.escape(status)}.") from error
    finally:
        os.close(handle)


def _hidden(place: Place) -> Path:
    return place.folder.parent / f".restoring_{place.folder.name}"


def _beside(place: Place) -> Path:
    return _hidden(place).with_suffix(".tmp")


def _begun(place: Place) -> Order | None:
    try:
        return msgspec.json.decode((_hidden(place) / _ORDER).read_bytes(), type=Order)
    except FileNotFoundError:
        return None


def _unpack(place: Place, kind: Kind, path: Path) -> Order:
    """Unpack a backup beside everything; an error, such as a full disk, leaves nothing behind."""
    hidden, beside = _hidden(place), _beside(place)
    shutil.rmtree(beside, ignore_errors=True)  # of a killed restore: nobody else is at it
    replaced = rewrite.free(hidden.parent, f"replaced_{place.moment()}", "").name

    def take(entry: Entry, content: Iterator[bytes]) -> None:
        try:
            _write(beside / _FILES / entry.name, entry, content)
        except OSError as error:
            raise ItemFailed(
                f"{files.escape(entry.name)} cannot be unpacked into {files.escape(hidden.parent)}:"
                f" {error.strerror}. Nothing was changed."
            ) from error

    try:
        head = archive.read(path, kind.name, take)
        order = Order(head.id, files.escape(path), replaced)
        files.write_atomic(beside / _ORDER, msgspec.json.encode(order))
        os.sync()  # all at once: one sync for each of many thousand reports would take long
        os.rename(beside, hidden)
        files.sync_folder(hidden.parent)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return order


def _write(path: Path, entry: Entry, content: Iterator[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as stream:
        for piece in content:
            stream.write(piece)
        stream.flush()
        os.fchmod(stream.fileno(), entry.mode | 0o600)
        if entry.name.startswith("status/"):
            files.sync_data(stream.fileno())
    os.utime(path, (entry.mtime, entry.mtime))


def _put_files(place: Place, replaced: Path) -> None:
    """Put everything in its place but the queue; of the undo records the log last."""
    home, staged = place.folder.parent.parent, _hidden(place) / _FILES
    own, undo = staged / "status" / place.folder.name, staged / "status" / "undo"
    logs = sorted(undo.glob("*.jsonl"))
    for root, folders, names in os.walk(staged):
        folders[:] = sorted(name for name in folders if Path(root, name) != own)
        for path in (Path(root, name) for name in sorted(names)):
            if path not in logs:
                name = path.relative_to(staged)
                placement.put(path, home / name, replaced / name)
    os.sync()
    if logs:
        target = home / "status" / "undo"
        target.mkdir(parents=True, exist_ok=True)
        with gate.alone(target):
            for path in logs:
                union.join(target / path.name, path)


def _put_queue(place: Place, replaced: Path) -> None:
    """Put the queue's folder in its place, as the last step."""
    staged = _hidden(place) / _FILES / "status" / place.folder.name
    if not staged.is_dir():
        return  # done before a kill
    with contextlib.ExitStack() as stack:
        if place.folder.is_dir():
            stack.enter_context(files.locked(place.folder / LOCK))
            refuse_busy(place)
            placement.carry(place.folder, staged)
            kept = replaced / "status"
            kept.mkdir(parents=True, exist_ok=True)
            os.rename(place.folder, rewrite.free(kept, place.folder.name, ""))
            files.sync_folder(kept)
        os.rename(staged, place.folder)
        files.sync_folder(place.folder.parent)
