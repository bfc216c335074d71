"""Restore a backup; after a kill, either the old state is unchanged or the restore can be resumed.

1. The archive is unpacked into a hidden folder, verified to its end, and synced.
2. That folder is renamed to mark it as complete. From here on the same command finishes the
   restore.
3. Each file is installed; a replaced file is moved to a dated folder. Undo records are added to the
   existing ones: they refer to the files of the library, which no restore changes.
4. The folder of the queue is installed last, with two renames, while the lock of the queue is held.
   Its history is continued with the events since the backup, if it is that of the same queue.
5. The hidden folder is renamed back and removed.
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
from mediakeep.queue.backups import archive, begun, unpacking
from mediakeep.queue.backups.archive import Head
from mediakeep.queue.backups.begun import Order
from mediakeep.queue.backups.placement import carry, put
from mediakeep.queue.queue import Queue
from mediakeep.queue.rewrite import Place

_FILES = "files"
_ERRORS: Mapping[int, type[MediakeepError]] = {2: UsageFailed, 3: StateDamaged}  # by exit code


def check(place: Place, kind: Kind, path: Path) -> Head:
    """Verify a backup, and check that it can be restored now; return its description.

    The file of an unfinished restore is not needed any more, because it was unpacked completely.
    """
    if order := begun.read(place.folder):
        if not _same(order, kind, path):
            raise UsageFailed(
                f"The restore of {order.file} was interrupted. Finish it first: restore that file"
                " again, even if it no longer exists."
            )
        head = msgspec.json.decode(order.head, type=Head)
    elif path.is_file():
        head = archive.read(path, kind.name)
    else:
        raise UsageFailed(f"There is no backup {files.display_path(path)}.")
    refuse_busy(place)
    return head


def _same(order: Order, kind: Kind, path: Path) -> bool:
    """Return whether a file is the backup that is being restored, or has its name."""
    try:
        return archive.head(path, kind.name).id == order.id
    except MediakeepError:
        return files.escape(path) == order.file


def refuse_busy(place: Place) -> None:
    """Raise UsageFailed while any session of the queue is running."""
    for path in sessions.live(place.folder):
        if sessions.alive(place, path.stem):
            raise UsageFailed(
                f"Session {path.stem} is using this queue. Stop it or wait for its end, then run"
                " again."
            )


def run(place: Place, kind: Kind, path: Path) -> Path | None:
    """Restore a backup, or finish its restore; return the folder of replaced files, if any."""
    status = place.folder.parent
    files.make_folder(status)
    with _alone(status):
        order = begun.read(place.folder) or _begin(place, kind, path)
        replaced = status / order.replaced
        with _told():
            refuse_busy(place)
            _put_files(place, replaced)
            _put_queue(place, replaced)
            os.rename(
                begun.place(place.folder), _beside(place)
            )  # done, even if the removal is killed
            files.sync_folder(status)
        shutil.rmtree(_beside(place), ignore_errors=True)
    return replaced if replaced.exists() else None


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Add to the message of an error that the restore is unfinished."""
    try:
        yield
    except (MediakeepError, OSError) as error:
        place, why = getattr(error, "filename", None), getattr(error, "strerror", None)
        prefix = f"{files.display_path(place)}: " if isinstance(place, str) else ""
        sentence = f"{prefix}{why}." if why else str(error)
        kind = _ERRORS.get(getattr(error, "exit_code", 1), ItemFailed)
        raise kind(f"{sentence} The restore is unfinished; run it again.") from error


@contextlib.contextmanager
def _alone(status: Path) -> Iterator[None]:
    handle = os.open(status, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise UsageFailed(f"Another restore is running in {files.display_path(status)}.") from error
    finally:
        os.close(handle)


def _beside(place: Place) -> Path:
    return begun.place(place.folder).with_suffix(".tmp")


def _begin(place: Place, kind: Kind, path: Path) -> Order:
    """Unpack a backup completely; an error, such as a full disk, leaves nothing behind."""
    staging, status = _beside(place), place.folder.parent
    refuse_busy(place)
    shutil.rmtree(staging, ignore_errors=True)  # left by a killed restore; no other is running
    replaced = rewrite.free(status, f"replaced_{place.moment()}", "").name
    try:
        head = unpacking.run(path, kind, staging / _FILES)
        raw = msgspec.Raw(msgspec.json.encode(head))
        order = Order(head.id, files.escape(path), replaced, kind.manager, raw)
        files.write_atomic(staging / begun.ORDER, msgspec.json.encode(order))
        os.sync()  # one call, because syncing thousands of reports one by one takes long
        with contextlib.suppress(MediakeepError, OSError):  # adds its last records to the history
            if checkpoints.remains(place.folder):
                Queue.open(place, kind).close()
        with contextlib.ExitStack() as stack:
            if place.folder.is_dir():
                stack.enter_context(sessions.lock_queue(place))
            refuse_busy(place)
            os.rename(staging, begun.place(place.folder))  # from here on no batch can start
        files.sync_folder(status)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return order


def _put_files(place: Place, replaced: Path) -> None:
    """Install all files except the queue; the log of undo records comes last."""
    home, staged = place.folder.parent.parent, begun.place(place.folder) / _FILES
    own, undo = staged / "status" / place.folder.name, staged / "status" / "undo"
    logs = sorted(undo.glob("*.jsonl"))
    for root, folders, names in os.walk(staged):
        folders[:] = sorted(name for name in folders if Path(root, name) != own)
        for path in (Path(root, name) for name in sorted(names)):
            if path not in logs:
                name = path.relative_to(staged)
                put(path, home / name, replaced / name)
    os.sync()
    if logs:
        target = home / "status" / "undo"
        target.mkdir(parents=True, exist_ok=True)
        with gate.alone(target):
            for path in logs:
                union.join(target / path.name, path)


def _put_queue(place: Place, replaced: Path) -> None:
    """Install the folder of the queue, as the last step."""
    staged = begun.place(place.folder) / _FILES / "status" / place.folder.name
    if not staged.is_dir():
        return  # done before an interruption
    with contextlib.ExitStack() as stack:
        if place.folder.is_dir():
            stack.enter_context(sessions.lock_queue(place))
            refuse_busy(place)
            carry(place.folder, staged)
            old = replaced / "status"
            old.mkdir(parents=True, exist_ok=True)
            os.rename(place.folder, rewrite.free(old, place.folder.name, ""))
            files.sync_folder(old)
        os.rename(staged, place.folder)
        files.sync_folder(place.folder.parent)
