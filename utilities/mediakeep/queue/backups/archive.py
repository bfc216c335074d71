"""The archive that a backup is: a tar of files, what it is of before them, their hashes behind.

    mediakeep_backup.json        what it is: format, kind, when, which change, how many items
    status/music/...             the files, by their place below the home
    mediakeep_checksums.jsonl    name, size and SHA-256 of each, in the same order

Any tar unpacks it. Read is only what a backup holds: plain files, below the home, each with its
checksum. No size is believed, and memory stays flat.
"""

from __future__ import annotations

import contextlib
import gzip
import tarfile
import tempfile
import zlib
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from mediakeep import files
from mediakeep.errors import NewerFormat, StateDamaged, UsageFailed
from mediakeep.queue.backups import blocks
from mediakeep.queue.backups.blocks import Damage, Entry

FORMAT = 1
HEAD = "mediakeep_backup.json"
SUMS = "mediakeep_checksums.jsonl"
SHARED = ("undo", "reports", "templates", "planning")  # folders of `status/` that all kinds share
LOOSE = ("mediakeep.toml",)  # files of the home itself
_PIECE = 1 << 20  # bytes
_LONGEST = 1 << 14  # bytes of the head, or of a line of the checksums


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is of; `items` is the queue's summary, `seq` its last change that is in."""

    format: int = FORMAT
    id: str
    kind: str
    written: str
    library_path: str
    seq: int
    items: dict[str, int | float]


class _Sum(msgspec.Struct, frozen=True):
    name: str
    size: int
    sha256: str


Take = Callable[[Entry, Iterator[bytes]], None]


def line(entry: Entry, digest: str) -> bytes:
    """Write a file's line among the checksums."""
    return msgspec.json.encode(_Sum(files.escape(entry.name), entry.size, digest)) + b"\n"


def head(path: Path, kind: str) -> Head:
    """Read what a backup is of, without checking the rest of it."""
    with _opened(path) as stream:
        return _head(path, kind, stream)[0]


def read(path: Path, kind: str, take: Take | None = None) -> Head:
    """Read a backup to its end and check all of it; each file of the home is shown to `take`.

    UsageFailed where it is no backup of that kind, NewerFormat or StateDamaged where it cannot be
    trusted. Only when this returns is it known that all was well.
    """
    with _opened(path) as stream, tempfile.TemporaryFile() as sums:
        found, first = _head(path, kind, stream)
        sums.write(first)
        while (entry := blocks.entry(stream)) and entry.name != SUMS:
            _below(entry.name, kind)
            sums.write(line(entry, _hashed(stream, entry, take)))
        if entry is None:
            raise Damage("its end is missing")
        sums.seek(0)
        _compare(stream, entry, sums)
        while rest := stream.read(_PIECE):  # to the end, where gzip has a checksum of its own
            if any(rest):
                raise Damage("something stands behind its end")
    return found


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open an archive, compressed or not, and say what is wrong with it in words."""
    shown = files.escape(path)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
    except (Damage, EOFError, zlib.error, gzip.BadGzipFile, tarfile.HeaderError) as error:
        why = "it is cut off" if isinstance(error, EOFError) else error
        raise StateDamaged(
            f"The backup {shown} is damaged: {why}. Nothing was changed. Take another backup, or"
            " copy this one anew from where it came."
        ) from error
    except OSError as error:
        raise UsageFailed(f"The backup {shown} cannot be read: {error.strerror}.") from error


def _head(path: Path, kind: str, stream: BinaryIO) -> tuple[Head, bytes]:
    """Read the first file, and its line among the checksums."""
    foreign = UsageFailed(f"{files.display_path(path)} is no backup that mediakeep made.")
    try:
        entry = blocks.entry(stream)
    except (Damage, OSError, EOFError, zlib.error, tarfile.HeaderError) as error:
        raise foreign from error
    if entry is None or entry.name != HEAD or entry.size > _LONGEST:
        raise foreign
    data = b"".join(blocks.exactly(stream, entry.size))
    blocks.fill(stream, entry)
    try:
        version = msgspec.json.decode(data, type=dict[str, msgspec.Raw]).get("format", b"0")
        if (number := msgspec.json.decode(version, type=int)) > FORMAT:
            raise NewerFormat(files.escape(path), number, FORMAT)
        found = msgspec.json.decode(data, type=Head)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damage(f"what it is of cannot be read, {error}") from error
    if found.kind != kind:
        raise UsageFailed(
            f"{files.display_path(path)} is a backup of {found.kind}, not of {kind}."
            " Nothing was changed."
            f" Restore it with the manager of {found.kind}."
        )
    return found, line(entry, sha256(data).hexdigest())


def _below(name: str, kind: str) -> None:
    """Refuse a name that does not lie where a backup of that kind has files."""
    parts = name.split("/")
    places = [("status", kind), ("issues", kind), ("outputs",), *(("status", x) for x in SHARED)]
    inside = any(len(parts) > len(p) and tuple(parts[: len(p)]) == p for p in places)
    plain = not {"", ".", ".."} & set(parts) and "\0" not in name
    if not plain or not (inside or name in LOOSE):
        raise Damage(f"it holds a file named {files.display_path(name)}, which no backup holds")


def _hashed(stream: BinaryIO, entry: Entry, take: Take | None) -> str:
    """Hash the content of a file while it is taken, and pass over what fills its last block."""
    digest = sha256()

    def content() -> Iterator[bytes]:
        for piece in blocks.exactly(stream, entry.size):
            digest.update(piece)
            yield piece

    shown = content()
    if take:
        take(entry, shown)
    for _ in shown:  # what was not taken
        pass
    blocks.fill(stream, entry)
    return digest.hexdigest()


def _compare(stream: BinaryIO, entry: Entry, sums: BinaryIO) -> None:
    """Hold the checksums against those of what was read: the same files, in the same order."""
    rest = b""
    for piece in blocks.exactly(stream, entry.size):
        *lines, rest = (rest + piece).split(b"\n")
        for text in lines:
            if (got := sums.readline()) != text + b"\n":
                raise Damage(f"{_told(got)} in it is not what its checksum says")
        if len(rest) > _LONGEST:
            raise Damage("its checksums cannot be read")
    if rest or sums.read(1):
        raise Damage("its checksums are not those of its files")
    blocks.fill(stream, entry)


def _told(text: bytes) -> str:
    return msgspec.json.decode(text, type=_Sum).name if text else "something"
