"""Compress old session logs: NAME.log becomes NAME.log.gz.

The compressed file is synced before the log is removed. A kill in between leaves both files; the
log is then compressed again, to the same bytes.
"""

from __future__ import annotations

import contextlib
import gzip
import os
import shutil
import zlib
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from mediakeep import atomic_files
from mediakeep.queue import sessions
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log

MAX_DAYS = 36500  # days
_DAY_SECONDS = 86400  # seconds
_BLOCK_SIZE = 1 << 20  # bytes


class ArchivedLog(msgspec.Struct, frozen=True):
    """A compressed session log: its name, and its size in bytes before and after."""

    name: str
    before: int
    after: int


def archive_logs(location: QueueLocation, days: int) -> list[ArchivedLog]:
    """Compress the logs of sessions whose last line is at least `days` days old.

    Return the compressed logs, oldest first.
    """
    folder = location.folder / sessions.LOG_FOLDER
    if not folder.is_dir():
        return []
    atomic_files.remove_stale_temp_files(folder)
    old = list(_find_old_logs(location, folder, days))
    archived = [log for path in old if (log := _compress_log(path))]
    if archived:
        atomic_files.sync_folder(folder)
    return archived


def find_changed_logs(folder: Path) -> list[Path]:
    """Return the paths of session logs that were changed after their session ended, by name.

    The logs are compared with the size and digest in the history. Removed logs, logs of sessions
    that died, and logs of versions that did not record this are ignored.
    """
    recorded: dict[str, list[object]] = {}
    for path in event_log.list_files(folder):
        for _, event in event_log.iter_events(path):
            log = event.get("log")
            if event["op"] == "end" and isinstance(log, dict) and event.get("session"):
                facts = (log.get("bytes"), log.get("blake2b"))
                recorded.setdefault(event["session"], []).append(facts)
    return [
        path
        for path in sorted((folder / sessions.LOG_FOLDER).glob("*.log*"))
        if (name := sessions.match_session_name(path)) and name[0] in recorded
        if _size_and_digest(path) not in recorded[name[0]]
    ]


def _size_and_digest(path: Path) -> tuple[int, str] | None:
    """Return the size in bytes and the digest of a session log, compressed or not.

    Return None if it cannot be read.
    """
    digest, size = blake2b(digest_size=sessions.DIGEST_SIZE), 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as log:
            while block := log.read(_BLOCK_SIZE):
                digest.update(block)
                size += len(block)
    except (OSError, EOFError, zlib.error):
        return None
    return size, digest.hexdigest()


def _find_old_logs(location: QueueLocation, folder: Path, days: int) -> Iterator[Path]:
    """Yield the logs of ended sessions whose last line was written at least `days` days ago."""
    latest = location.now().timestamp() - min(days, MAX_DAYS) * _DAY_SECONDS
    for path in sorted(folder.glob("*.log")):
        with contextlib.suppress(FileNotFoundError):  # another process archives, too
            written = path.stat().st_mtime
            if (
                sessions.match_session_name(path)
                and written <= latest
                and not sessions.is_alive(location, path.stem)
            ):
                yield path


def _compress_log(path: Path) -> ArchivedLog | None:
    """Replace a session log by a compressed copy.

    Return the sizes, or None if another process has just compressed it.
    """
    temporary = path.with_name(f".{os.urandom(6).hex()}.tmp")
    try:
        with path.open("rb") as log, temporary.open("xb") as raw:
            with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
                shutil.copyfileobj(log, packed)
            raw.flush()
            atomic_files.sync_data(raw.fileno())
            info, size = os.fstat(log.fileno()), raw.tell()
        os.utime(temporary, ns=(info.st_atime_ns, info.st_mtime_ns))
        os.chmod(temporary, info.st_mode & 0o777)
        os.replace(temporary, path.with_name(path.name + ".gz"))
    except FileNotFoundError:
        return None
    finally:
        temporary.unlink(missing_ok=True)
    atomic_files.sync_folder(path.parent)
    path.unlink(missing_ok=True)
    return ArchivedLog(path.name, info.st_size, size)
