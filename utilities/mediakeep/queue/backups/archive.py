"""Read and write the archive format of backups: a tar with a description and checksums.

    mediakeep_backup.json        description: format, kind, time, last change, number of items
    status/music/...             the files, by their path relative to the home
    mediakeep_checksums.jsonl    name, size and SHA-256 of each file, in the same order

Any tar program can unpack it. The reader accepts only plain files below the home, each with its
checksum. It trusts no size, and needs constant memory.

The tar layout is POSIX.1-1988 ("ustar"), with entries of type L for long names (GNU tar manual,
"Basic Tar Format"). Links, devices and folders are refused.
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
SHARED = ("undo", "reports", "templates", "planning")  # folders in `status/` used by all kinds
LOOSE = ("mediakeep.toml",)  # files in the home itself
_PIECE = 1 << 20  # bytes
_LONGEST = 1 << 14  # bytes of the description, or of a line of the checksums


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The description of a backup: `items` is the summary of the queue, `seq` its last change."""

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
    """Return the checksum line of a file."""
    return msgspec.json.encode(_Sum(files.escape(entry.name), entry.size, digest)) + b"\n"


def head(path: Path, kind: str) -> Head:
    """Read the description of a backup, without checking the rest."""
    with _opened(path) as stream:
        return _head(path, kind, stream)[0]


def read(path: Path, kind: str, take: Take | None = None) -> Head:
    """Read a backup to its end and verify it; each file of the home is passed to `take`.

    Raise UsageFailed if it is not a backup of that kind, NewerFormat or StateDamaged if it cannot
    be read. The files are verified only once this function returns.
    """
    with _opened(path) as stream, tempfile.TemporaryFile() as sums:
        info, first = _head(path, kind, stream)
        sums.write(first)
        while (entry := blocks.entry(stream)) and entry.name != SUMS:
            _below(entry.name, kind)
            sums.write(line(entry, _hashed(stream, entry, take)))
        if entry is None:
            raise Damage("its end is missing")
        sums.seek(0)
        _compare(stream, entry, sums)
        while rest := stream.read(_PIECE):  # to the end, where gzip has its checksum
            if any(rest):
                raise Damage("data follows its end")
    return info


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """Open an archive, compressed or not; translate errors to StateDamaged or UsageFailed."""
    shown = files.escape(path)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
    except (Damage, EOFError, zlib.error, gzip.BadGzipFile, tarfile.HeaderError) as error:
        why = "it is truncated" if isinstance(error, EOFError) else error
        raise StateDamaged(
            f"The backup {shown} is damaged: {why}. Nothing was changed."
            " Use another backup, or copy this one again from its source."
        ) from error
    except OSError as error:
        raise UsageFailed(f"The backup {shown} cannot be read: {error.strerror}.") from error


def _head(path: Path, kind: str, stream: BinaryIO) -> tuple[Head, bytes]:
    """Read the description, and return it with its checksum line."""
    foreign = UsageFailed(f"{files.display_path(path)} is not a backup made by mediakeep.")
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
        info = msgspec.json.decode(data, type=Head)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Damage(f"its description cannot be read, {error}") from error
    if info.kind != kind:
        raise UsageFailed(
            f"{files.display_path(path)} is a backup of {info.kind}, not of {kind}."
            " Nothing was changed."
            f" Restore it with the manager of {info.kind}."
        )
    return info, line(entry, sha256(data).hexdigest())


def _below(name: str, kind: str) -> None:
    """Raise an error if a backup of that kind has no files at the path `name`."""
    parts = name.split("/")
    places = [("status", kind), ("issues", kind), ("outputs",), *(("status", x) for x in SHARED)]
    inside = any(len(parts) > len(p) and tuple(parts[: len(p)]) == p for p in places)
    plain = not {"", ".", ".."} & set(parts) and "\0" not in name
    if not plain or not (inside or name in LOOSE):
        raise Damage(f"it contains {files.display_path(name)}, which is not part of a backup")


def _hashed(stream: BinaryIO, entry: Entry, take: Take | None) -> str:
    """Hash the content of a file while `take` reads it, and skip its padding."""
    digest = sha256()

    def content() -> Iterator[bytes]:
        for piece in blocks.exactly(stream, entry.size):
            digest.update(piece)
            yield piece

    pieces = content()
    if take:
        take(entry, pieces)
    for _ in pieces:  # what `take` did not read
        pass
    blocks.fill(stream, entry)
    return digest.hexdigest()


def _compare(stream: BinaryIO, entry: Entry, sums: BinaryIO) -> None:
    """Compare the checksums with those of the files read: the same files in the same order."""
    rest = b""
    for piece in blocks.exactly(stream, entry.size):
        *lines, rest = (rest + piece).split(b"\n")
        for text in lines:
            if (got := sums.readline()) != text + b"\n":
                raise Damage(f"the checksum of {_told(got)} is wrong")
        if len(rest) > _LONGEST:
            raise Damage("its checksums cannot be read")
    if rest or sums.read(1):
        raise Damage("its checksums do not match its files")
    blocks.fill(stream, entry)


def _told(text: bytes) -> str:
    return msgspec.json.decode(text, type=_Sum).name if text else "something"
