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
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.errors import ItemFailed, MediakeepError, StateDamaged, UsageFailed
from mediakeep.kinds import Kind
from mediakeep.media.undoing import gate, union
from mediakeep.queue import checkpoints, rewrite, sessions
from mediakeep.queue.backups import archive, begun, placement, unpacking
from mediakeep.queue.backups.archive import Head
from mediakeep.queue.backups.begun import Order
from mediakeep.queue.queue import Queue
from mediakeep.queue.rewrite import Place

_FILES = "files"
_ERRORS: Mapping[int, type[MediakeepError]] = {2: UsageFailed, 3: StateDamaged}  # by exit code


def check(place: Place, kind: Kind, path: Path) -> Head:
    """Check a whole backup, and whether it may be restored now.

    Once it is begun the backup is not needed any more: all of it lies ready.
    """
    if order := begun.read(place.folder):
        if not _same(order, kind, path):
            raise UsageFailed(
                f"The restore of {order.file} was interrupted. End it first: restore that file"
                " again, even if it is gone by now."
            )
        head = msgspec.json.decode(order.head, type=Head)
    elif path.is_file():
        head = archive.read(path, kind.name)
    else:
        raise UsageFailed(f"There is no backup {files.display_path(path)}.")
    refuse_busy(place)
    return head


def _same(order: Order, kind: Kind, path: Path) -> bool:
    """Tell whether a file is the backup that is being restored, or bore its name."""
    try:
        return archive.head(path, kind.name).id == order.id
    except MediakeepError:
        return files.escape(path) == order.file


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
    files.make_folder(status)
    with _alone(status):
        order = begun.read(place.folder) or _begin(place, kind, path)
        replaced = status / order.replaced
        with _told():
            refuse_busy(place)
            _put_files(place, replaced)
            _put_queue(place, replaced)
            os.rename(begun.place(place.folder), _beside(place))  # done, whatever kills the removal
            files.sync_folder(status)
        shutil.rmtree(_beside(place), ignore_errors=True)
    return replaced if replaced.exists() else None


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Have an error say that the restore is begun."""
    try:
        yield
    except (MediakeepError, OSError) as error:
        place, why = getattr(error, "filename", None), getattr(error, "strerror", None)
        named = f"{files.display_path(place)}: " if isinstance(place, str) else ""
        sentence = f"{named}{why}." if why else str(error)
        kind = _ERRORS.get(getattr(error, "exit_code", 1), ItemFailed)
        raise kind(f"{sentence} The restore is begun; run it again.") from error


@contextlib.contextmanager
def _alone(status: Path) -> Iterator[None]:
    handle = os.open(status, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise UsageFailed(f"Another restore is at work in {files.display_path(status)}.") from error
    finally:
        os.close(handle)


def _beside(place: Place) -> Path:
    return begun.place(place.folder).with_suffix(".tmp")


def _begin(place: Place, kind: Kind, path: Path) -> Order:
    """Have all of a backup lie ready; an error, such as a full disk, leaves nothing behind."""
    beside, status = _beside(place), place.folder.parent
    refuse_busy(place)
    shutil.rmtree(beside, ignore_errors=True)  # of a killed restore: nobody else is at it
    replaced = rewrite.free(status, f"replaced_{place.moment()}", "").name
    try:
        head = unpacking.run(path, kind, beside / _FILES)
        raw = msgspec.Raw(msgspec.json.encode(head))
        order = Order(head.id, files.escape(path), replaced, kind.manager, raw)
        files.write_atomic(beside / begun.ORDER, msgspec.json.encode(order))
        os.sync()  # all at once: one sync for each of many thousand reports would take long
        with contextlib.suppress(MediakeepError, OSError):  # what it says last goes to its history
            if checkpoints.remains(place.folder):
                Queue.open(place, kind).close()
        with contextlib.ExitStack() as stack:
            if place.folder.is_dir():
                stack.enter_context(sessions.lock_queue(place))
            refuse_busy(place)
            os.rename(beside, begun.place(place.folder))  # from here on no batch begins
        files.sync_folder(status)
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
    return order


def _put_files(place: Place, replaced: Path) -> None:
    """Put everything in its place but the queue; of the undo records the log last."""
    home, staged = place.folder.parent.parent, begun.place(place.folder) / _FILES
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
    staged = begun.place(place.folder) / _FILES / "status" / place.folder.name
    if not staged.is_dir():
        return  # done before a kill
    with contextlib.ExitStack() as stack:
        if place.folder.is_dir():
            stack.enter_context(sessions.lock_queue(place))
            refuse_busy(place)
            placement.carry(place.folder, staged)
            kept = replaced / "status"
            kept.mkdir(parents=True, exist_ok=True)
            os.rename(place.folder, rewrite.free(kept, place.folder.name, ""))
            files.sync_folder(kept)
        os.rename(staged, place.folder)
        files.sync_folder(place.folder.parent)
