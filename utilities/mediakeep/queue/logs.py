"""Old session logs, compressed: NAME.log.gz beside where NAME.log was.

The compressed file is on the disk before the log goes. A kill in between leaves both, and the next
time the log is compressed again, to the very same bytes.
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
    """A log that was compressed, and its bytes before and after."""

    name: str
    before: int
    after: int


def archive(place: Place, days: int) -> list[Archived]:
    """Compress the logs of sessions that ended at least so many days ago, oldest first."""
    folder = place.folder / sessions.LOGS
    if not folder.is_dir():
        return []
    files.sweep(folder)
    old = list(_old(place, folder, days))
    done = [found for path in old if (found := _compressed(path))]
    if done:
        files.sync_folder(folder)
    return done


def changed(folder: Path) -> list[Path]:
    """Return the logs of sessions that ended and that are not as these left them, by name.

    The history knows each log's size and digest since sessions note them. Removed ones are no
    concern, and neither are those of sessions that died.
    """
    known: dict[str, list[object]] = {}
    for path in history.paths(folder):
        for _, event in history.read(path):
            log = event.get("log")
            if event["op"] == "end" and isinstance(log, dict) and event.get("session"):
                facts = (log.get("bytes"), log.get("blake2b"))
                known.setdefault(event["session"], []).append(facts)
    return [
        path
        for path in sorted((folder / sessions.LOGS).glob("*.log*"))
        if (name := sessions.numbered(path)) and name[0] in known
        if _facts(path) not in known[name[0]]
    ]


def _facts(path: Path) -> tuple[int, str] | None:
    """Return the size and the digest of a log, compressed or not; None if it cannot be read."""
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
    """Give the logs whose last line was written so long ago, by a session that is over."""
    latest = place.now().timestamp() - min(days, LONGEST) * _DAY
    for path in sorted(folder.glob("*.log")):
        with contextlib.suppress(FileNotFoundError):  # another archives, too
            written = path.stat().st_mtime
            if (
                sessions.numbered(path)
                and written <= latest
                and not sessions.alive(place, path.stem)
            ):
                yield path


def _compressed(path: Path) -> Archived | None:
    """Put a log's compressed copy in its place; None where another has done so meanwhile."""
    beside = path.with_name(f".{os.urandom(6).hex()}.tmp")
    try:
        with path.open("rb") as log, beside.open("xb") as raw:
            with gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as packed:
                shutil.copyfileobj(log, packed)
            raw.flush()
            files.sync_data(raw.fileno())
            info, size = os.fstat(log.fileno()), raw.tell()
        os.utime(beside, ns=(info.st_atime_ns, info.st_mtime_ns))
        os.chmod(beside, info.st_mode & 0o777)
        os.replace(beside, path.with_name(path.name + ".gz"))
    except FileNotFoundError:
        return None
    finally:
        beside.unlink(missing_ok=True)
    files.sync_folder(path.parent)
    path.unlink(missing_ok=True)
    return Archived(path.name, info.st_size, size)
