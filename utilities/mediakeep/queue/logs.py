"""Compress old session logs: NAME.log becomes NAME.log.gz.

The compressed file is synced before the log is removed. A kill in between leaves both; the log is
then compressed again, to the same bytes.
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

from mediakeep import files
from mediakeep.queue import history, sessions
from mediakeep.queue.rewrite import Place

LONGEST = 36500  # days
_DAY = 86400  # seconds
_BLOCK = 1 << 20  # bytes


class Archived(msgspec.Struct, frozen=True):
    """A compressed log, and its size in bytes before and after."""

    name: str
    before: int
    after: int


def archive(place: Place, days: int) -> list[Archived]:
    """Compress the logs of sessions that ended at least `days` days ago, oldest first."""
    folder = place.folder / sessions.LOGS
    if not folder.is_dir():
        return []
    files.sweep(folder)
    old = list(_old(place, folder, days))
    archived = [log for path in old if (log := _compressed(path))]
    if archived:
        files.sync_folder(folder)
    return archived


def changed(folder: Path) -> list[Path]:
    """Return the logs that were changed after their session ended, by name.

    They are compared with the size and digest in the history. Removed logs, logs of sessions that
    died, and those of versions that did not record this are ignored.
    """
    recorded: dict[str, list[object]] = {}
    for path in history.paths(folder):
        for _, event in history.read(path):
            log = event.get("log")
            if event["op"] == "end" and isinstance(log, dict) and event.get("session"):
                facts = (log.get("bytes"), log.get("blake2b"))
                recorded.setdefault(event["session"], []).append(facts)
    return [
        path
        for path in sorted((folder / sessions.LOGS).glob("*.log*"))
        if (name := sessions.numbered(path)) and name[0] in recorded
        if _facts(path) not in recorded[name[0]]
    ]


def _facts(path: Path) -> tuple[int, str] | None:
    """Return the size and digest of a log, compressed or not, or None if it cannot be read."""
    digest, size = blake2b(digest_size=sessions.DIGEST), 0
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as log:
            while block := log.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except (OSError, EOFError, zlib.error):
        return None
    return size, digest.hexdigest()


def _old(place: Place, folder: Path, days: int) -> Iterator[Path]:
    """Yield the logs of ended sessions whose last line was written at least `days` days ago."""
    latest = place.now().timestamp() - min(days, LONGEST) * _DAY
    for path in sorted(folder.glob("*.log")):
        with contextlib.suppress(FileNotFoundError):  # another process archives, too
            written = path.stat().st_mtime
            if (
                sessions.numbered(path)
                and written <= latest
                and not sessions.alive(place, path.stem)
            ):
                yield path


def _compressed(path: Path) -> Archived | None:
    """Replace a log by a compressed copy; return None if another process just did so."""
    temporary = path.with_name(f".{os.urandom(6).hex()}.tmp")
    try:
        with path.open("rb") as log, temporary.open("xb") as raw:
            with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
                shutil.copyfileobj(log, packed)
            raw.flush()
            files.sync_data(raw.fileno())
            info, size = os.fstat(log.fileno()), raw.tell()
        os.utime(temporary, ns=(info.st_atime_ns, info.st_mtime_ns))
        os.chmod(temporary, info.st_mode & 0o777)
        os.replace(temporary, path.with_name(path.name + ".gz"))
    except FileNotFoundError:
        return None
    finally:
        temporary.unlink(missing_ok=True)
    files.sync_folder(path.parent)
    path.unlink(missing_ok=True)
    return Archived(path.name, info.st_size, size)
