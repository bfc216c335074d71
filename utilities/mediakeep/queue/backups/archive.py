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
from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from mediakeep import path_text
from mediakeep.errors import NewerFormat, StateDamaged, UsageError

_COPY_CHUNK = 1 << 20  # bytes


class ArchiveWriter:
    """Writes an archive; `close` adds the checksums and the end."""

    def __init__(self, stream: BinaryIO, head: BackupInfo) -> None:
        self._stream = stream
        self._checksums = tempfile.TemporaryFile()  # noqa: SIM115 - on the disk, closed by close
        data = msgspec.json.format(msgspec.json.encode(head), indent=2) + b"\n"
        self.add_file(ArchiveEntry(INFO_FILE, len(data)), [data])

    def add_file(self, entry: ArchiveEntry, content: Iterable[bytes]) -> None:
        """Add a file to the archive.

        Raise StateDamaged if its content does not have the size given in the entry.
        """
        self._checksums.write(encode_checksum_line(entry, self._write_entry(entry, content)))

    def _write_entry(self, entry: ArchiveEntry, content: Iterable[bytes]) -> str:
        self._stream.write(build_tar_header(entry))
        digest, left = sha256(), entry.size
        for piece in content:
            digest.update(piece)
            self._stream.write(piece)
            left -= len(piece)
        if left:
            raise StateDamaged(
                f"{path_text.display_path(entry.name)} changed while it was being copied."
            )
        self._stream.write(bytes(entry.padding))
        return digest.hexdigest()

    def close(self) -> None:
        """Write the checksums and the end of the archive."""
        with self._checksums as sums:
            size = sums.tell()
            sums.seek(0)
            self._write_entry(ArchiveEntry(CHECKSUMS_FILE, size), read_chunks(sums, size))
        self._stream.write(bytes(2 * TAR_BLOCK))


def read_chunks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield the next `size` bytes of a stream in pieces; fewer if the stream ends before."""
    while size and (piece := stream.read(min(size, _COPY_CHUNK))):
        size -= len(piece)
        yield piece


TAR_BLOCK = tarfile.BLOCKSIZE
_CHUNK_SIZE = 1 << 20  # bytes
_MAX_NAME = 1 << 14  # bytes of a name
_MAX_MTIME = (1 << 33) - 1  # seconds: eleven octal digits, as in POSIX


class ArchiveEntry(msgspec.Struct, frozen=True):
    """A file in an archive: its path relative to the home, size in bytes, mode and time."""

    name: str
    size: int
    mode: int = 0o644
    mtime: int = 0

    @property
    def padding(self) -> int:
        """The number of zero bytes that fill the last tar block of the file."""
        return -self.size % TAR_BLOCK


class CorruptArchive(Exception):
    """Raised if a backup archive is damaged; the message says how."""


def build_tar_header(entry: ArchiveEntry) -> bytes:
    """Return the tar header of a file as bytes."""
    info = tarfile.TarInfo(entry.name)
    info.size, info.mode, info.mtime = entry.size, entry.mode, entry.mtime
    return info.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")


def read_entry(stream: BinaryIO) -> ArchiveEntry | None:
    """Read the tar header of the next file in an archive; return None at the end of the archive."""
    name = ""
    while True:
        block = b"".join(read_exactly(stream, TAR_BLOCK))
        if block == bytes(TAR_BLOCK):
            return None
        info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        if info.size < 0:
            raise CorruptArchive("a file in it has a negative size")
        if info.type == tarfile.REGTYPE:
            mtime = min(max(int(info.mtime), 0), _MAX_MTIME)
            return ArchiveEntry(name or info.name, info.size, info.mode & 0o777, mtime)
        if info.type != tarfile.GNUTYPE_LONGNAME or name or info.size > _MAX_NAME:
            raise CorruptArchive(f"{path_text.display_path(info.name)} in it is not a plain file")
        text = b"".join(read_exactly(stream, info.size + -info.size % TAR_BLOCK))[: info.size]
        name = text.rstrip(b"\0").decode("utf-8", "surrogateescape")


def read_exactly(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield exactly `size` bytes in pieces; raise EOFError if there are fewer."""
    while size:
        piece = stream.read(min(size, _CHUNK_SIZE))
        if not piece:
            raise EOFError
        size -= len(piece)
        yield piece


def skip_padding(stream: BinaryIO, entry: ArchiveEntry) -> None:
    """Skip the zero bytes after the content of a file in an archive."""
    for _ in read_exactly(stream, entry.padding):
        pass


FORMAT = 1
INFO_FILE = "mediakeep_backup.json"
CHECKSUMS_FILE = "mediakeep_checksums.jsonl"
SHARED_FOLDERS = (
    "undo",
    "reports",
    "templates",
    "planning",
)  # folders in `status/` used by all kinds
HOME_FILES = ("mediakeep.toml",)  # files in the home itself
_READ_CHUNK = 1 << 20  # bytes
_MAX_LINE = 1 << 14  # bytes of the description, or of a line of the checksums


class BackupInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The description of a backup: `items` is the summary of the queue, `seq` its last change."""

    format: int = FORMAT
    id: str
    kind: str
    written: str
    library_path: str
    seq: int
    items: dict[str, int | float]


class _Checksum(msgspec.Struct, frozen=True):
    name: str
    size: int
    sha256: str


FileConsumer = Callable[[ArchiveEntry, Iterator[bytes]], None]


def encode_checksum_line(entry: ArchiveEntry, digest: str) -> bytes:
    """Return the checksum line of a file."""
    return (
        msgspec.json.encode(_Checksum(path_text.escape_path(entry.name), entry.size, digest))
        + b"\n"
    )


def read_info(path: Path, kind: str) -> BackupInfo:
    """Read the description at the start of a backup, without checking the rest."""
    with _open_archive(path) as stream:
        return _read_info_entry(path, kind, stream)[0]


def read_archive(path: Path, kind: str, take: FileConsumer | None = None) -> BackupInfo:
    """Read a backup to its end and verify it; each file of the home is passed to `take`.

    Raise UsageError if it is not a backup of that kind, NewerFormat or StateDamaged if it cannot be
    read. The files are verified only once this function returns.
    """
    with _open_archive(path) as stream, tempfile.TemporaryFile() as sums:
        info, first = _read_info_entry(path, kind, stream)
        sums.write(first)
        while (entry := read_entry(stream)) and entry.name != CHECKSUMS_FILE:
            _check_entry_name(entry.name, kind)
            sums.write(encode_checksum_line(entry, _hash_entry(stream, entry, take)))
        if entry is None:
            raise CorruptArchive("its end is missing")
        sums.seek(0)
        _verify_checksums(stream, entry, sums)
        while rest := stream.read(_READ_CHUNK):  # to the end, where gzip has its checksum
            if any(rest):
                raise CorruptArchive("data follows its end")
    return info


@contextlib.contextmanager
def _open_archive(path: Path) -> Iterator[BinaryIO]:
    """Open an archive, compressed or not, for a `with` block.

    Errors become StateDamaged or UsageError.
    """
    shown = path_text.escape_path(path)
    try:
        with path.open("rb") as raw:
            packed = raw.read(2) == b"\x1f\x8b"
            raw.seek(0)
            yield cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if packed else raw
    except (CorruptArchive, EOFError, zlib.error, gzip.BadGzipFile, tarfile.HeaderError) as error:
        why = "it is truncated" if isinstance(error, EOFError) else error
        raise StateDamaged(
            f"The backup {shown} is damaged: {why}. Nothing was changed."
            " Use another backup, or copy this one again from its source."
        ) from error
    except OSError as error:
        raise UsageError(f"The backup {shown} cannot be read: {error.strerror}.") from error


def _read_info_entry(path: Path, kind: str, stream: BinaryIO) -> tuple[BackupInfo, bytes]:
    """Read the description, and return it with its checksum line."""
    foreign = UsageError(f"{path_text.display_path(path)} is not a backup made by mediakeep.")
    try:
        entry = read_entry(stream)
    except (CorruptArchive, OSError, EOFError, zlib.error, tarfile.HeaderError) as error:
        raise foreign from error
    if entry is None or entry.name != INFO_FILE or entry.size > _MAX_LINE:
        raise foreign
    data = b"".join(read_exactly(stream, entry.size))
    skip_padding(stream, entry)
    try:
        version = msgspec.json.decode(data, type=dict[str, msgspec.Raw]).get("format", b"0")
        if (number := msgspec.json.decode(version, type=int)) > FORMAT:
            raise NewerFormat(path_text.escape_path(path), number, FORMAT)
        info = msgspec.json.decode(data, type=BackupInfo)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CorruptArchive(f"its description cannot be read, {error}") from error
    if info.kind != kind:
        raise UsageError(
            f"{path_text.display_path(path)} is a backup of {info.kind}, not of {kind}."
            " Nothing was changed."
            f" Restore it with the manager of {info.kind}."
        )
    return info, encode_checksum_line(entry, sha256(data).hexdigest())


def _check_entry_name(name: str, kind: str) -> None:
    """Raise an error if the path `name` cannot be in a backup of this kind (music or movies)."""
    parts = name.split("/")
    places = [
        ("status", kind),
        ("issues", kind),
        ("outputs",),
        *(("status", x) for x in SHARED_FOLDERS),
    ]
    inside = any(len(parts) > len(p) and tuple(parts[: len(p)]) == p for p in places)
    plain = not {"", ".", ".."} & set(parts) and "\0" not in name
    if not plain or not (inside or name in HOME_FILES):
        raise CorruptArchive(
            f"it contains {path_text.display_path(name)}, which is not part of a backup"
        )


def _hash_entry(stream: BinaryIO, entry: ArchiveEntry, take: FileConsumer | None) -> str:
    """Return the SHA-256 of a file's content in an archive, while `take` reads that content.

    The padding after the content is skipped.
    """
    digest = sha256()

    def content() -> Iterator[bytes]:
        for piece in read_exactly(stream, entry.size):
            digest.update(piece)
            yield piece

    pieces = content()
    if take:
        take(entry, pieces)
    for _ in pieces:  # what `take` did not read
        pass
    skip_padding(stream, entry)
    return digest.hexdigest()


def _verify_checksums(stream: BinaryIO, entry: ArchiveEntry, sums: BinaryIO) -> None:
    """Compare the checksums in an archive with those of the files read.

    They must be of the same files in the same order.
    """
    rest = b""
    for piece in read_exactly(stream, entry.size):
        *lines, rest = (rest + piece).split(b"\n")
        for text in lines:
            if (got := sums.readline()) != text + b"\n":
                raise CorruptArchive(f"the checksum of {_checksum_name(got)} is wrong")
        if len(rest) > _MAX_LINE:
            raise CorruptArchive("its checksums cannot be read")
    if rest or sums.read(1):
        raise CorruptArchive("its checksums do not match its files")
    skip_padding(stream, entry)


def _checksum_name(text: bytes) -> str:
    return msgspec.json.decode(text, type=_Checksum).name if text else "something"
