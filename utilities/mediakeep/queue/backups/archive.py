"""Read and write the archives of backups: a tar file with a description and checksums.

    mediakeep_backup.json        description: format, kind, time, last change, number of items
    status/music/...             the files, by their path relative to the home
    mediakeep_checksums.jsonl    name, size and SHA-256 of each file, in the same order

Any tar program can unpack it. The reader accepts only plain files below the home, each with its
checksum. It trusts no size, and needs constant memory.
"""

from __future__ import annotations

import contextlib
import errno
import gzip
import hashlib
import io
import os
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, Self, cast

import msgspec

from mediakeep import atomic_files, path_text
from mediakeep.errors import ItemFailed, NewerFormat, StateDamaged, UsageError
from mediakeep.queue.snapshot import SummaryValue
from mediakeep.untrusted_files import decode_json

FORMAT = 1
INFO_FILE = "mediakeep_backup.json"
CHECKSUMS_FILE = "mediakeep_checksums.jsonl"
SHARED_FOLDERS = (
    "undo",
    "reports",
    "templates",
    "planning",
    "reviews",
)  # folders in `status/` used by all kinds
HOME_FILES = ("mediakeep.toml",)  # files in the home itself
_CHUNK_SIZE = 1 << 20  # bytes
_MAX_INFO = 1 << 14  # bytes of the description
_MAX_NAME = 1 << 14  # bytes of a name
_MAX_MTIME = (1 << 33) - 1  # seconds: eleven octal digits, as in POSIX
_GZIP_MAGIC = b"\x1f\x8b"


class BackupInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The description of a backup: `items` is the summary of the queue, `seq` its last change."""

    format: int = FORMAT
    id: str
    kind: str
    written: str
    library_path: str
    seq: int
    items: dict[str, SummaryValue]


class CorruptArchive(Exception):
    """Raised if a backup archive is damaged; the message says how."""


# tarfile reads several headers of long names by recursion.
_DAMAGE_ERRORS = CorruptArchive, tarfile.TarError, RecursionError, EOFError, zlib.error


class ByteReader(Protocol):
    """The content of a file that is added to an archive."""

    def read(self, size: int, /) -> bytes:
        """Called until the file is complete; returns fewer bytes only at the end."""


class _Checksum(msgspec.Struct, frozen=True):
    name: str
    size: int
    sha256: str


def build_header(name: str, size: int, mode: int = 0o644, mtime: int = 0) -> tarfile.TarInfo:
    """Return the tar header of a plain file, by its path relative to the home."""
    header = tarfile.TarInfo(name)
    header.size, header.mode, header.mtime = size, mode, mtime
    return header


class _PlainFileHeader(tarfile.TarInfo):
    """A tar header as read from an archive: that of a plain file, or of a long name before it."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Called by tarfile for each header; raise CorruptArchive for links, devices and so on."""
        header = super().frombuf(buf, encoding, errors)
        if header.size < 0:
            raise CorruptArchive("a file in it has a negative size")
        is_name = header.type == tarfile.GNUTYPE_LONGNAME and header.size <= _MAX_NAME
        if header.type != tarfile.REGTYPE and not is_name:
            raise CorruptArchive(f"{path_text.display_path(header.name)} in it is not a plain file")
        return header


class _BackupTar(tarfile.TarFile):
    """A tar file in the format of backups; call `forget_members` after each file."""

    format, encoding = tarfile.GNU_FORMAT, "utf-8"
    tarinfo = _PlainFileHeader
    members: list[tarfile.TarInfo]
    # As an attribute, because Python before 3.11.4 has no filters. What this one refuses is also
    # refused by _PlainFileHeader and _check_name.
    extraction_filter = staticmethod(getattr(tarfile, "data_filter", lambda member, _: member))

    def forget_members(self) -> None:
        """Free the memory of the headers so far, which tarfile keeps to find files by name."""
        self.members.clear()


class ArchiveWriter:
    """Writes an archive; `close` adds the checksums and the end."""

    def __init__(self, stream: BinaryIO, info: BackupInfo) -> None:
        self._tar = _BackupTar.open(fileobj=stream, mode="w:")
        self._checksums = tempfile.TemporaryFile()  # noqa: SIM115 - on the disk, closed by close
        data = msgspec.json.format(msgspec.json.encode(info), indent=2) + b"\n"
        self.add_file(build_header(INFO_FILE, len(data)), io.BytesIO(data))

    def add_file(self, header: tarfile.TarInfo, content: ByteReader) -> None:
        """Add a file to the archive.

        Raise StateDamaged if its content is shorter than the size in its header.
        """
        reader = _HashingReader(content)
        try:
            self._tar.addfile(header, cast(BinaryIO, reader))
        except EOFError as error:
            raise StateDamaged(
                f"{path_text.display_path(header.name)} changed while it was being copied."
            ) from error
        self._tar.forget_members()
        self._checksums.write(_encode_checksum_line(header, reader.digest.hexdigest()))

    def close(self) -> None:
        """Write the checksums and the end of the archive."""
        with self._checksums as checksums:
            size = checksums.tell()
            checksums.seek(0)
            self._tar.addfile(build_header(CHECKSUMS_FILE, size), checksums)
        self._tar.close()


class _HashingReader:
    """Computes the SHA-256 of content while tarfile reads it."""

    def __init__(self, content: ByteReader) -> None:
        self._content, self.digest = content, hashlib.sha256()

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes; raise EOFError if there are fewer."""
        data = self._content.read(size)
        if len(data) < size:
            raise EOFError
        self.digest.update(data)
        return data


def _encode_checksum_line(header: tarfile.TarInfo, digest: str) -> bytes:
    checksum = _Checksum(path_text.escape_path(header.name), header.size, digest)
    return msgspec.json.encode(checksum) + b"\n"


# Reading


def read_info(path: Path, kind: str) -> BackupInfo:
    """Read the description at the start of a backup, without checking the rest."""
    with _open_archive(path) as tar:
        return _read_info_member(path, kind, tar)[0]


def verify_archive(path: Path, kind: str) -> BackupInfo:
    """Read a backup to its end, verify it, and return its description.

    Raise UsageError if it is not a backup of that kind, NewerFormat or StateDamaged if it cannot be
    read.
    """
    return _read_archive(path, kind, None)


def unpack_archive(path: Path, kind: str, folder: Path) -> BackupInfo:
    """Unpack a backup into a new folder, and verify the unpacked files; return its description.

    Raise ItemFailed if writing fails, and the same errors as `verify_archive`. The files are
    verified only once this function returns.
    """
    return _read_archive(path, kind, folder)


def _read_archive(path: Path, kind: str, folder: Path | None) -> BackupInfo:
    """Verify a backup, and unpack it if there is a folder for its files."""
    with _open_archive(path) as tar, tempfile.TemporaryFile() as checksums:
        info, first_line = _read_info_member(path, kind, tar)
        checksums.write(first_line)
        while (member := tar.next()) and member.name != CHECKSUMS_FILE:
            tar.forget_members()
            _check_name(member.name, kind)
            unpacked = _unpack_member(tar, member, folder) if folder else None
            with unpacked or _open_member(tar, member) as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
            checksums.write(_encode_checksum_line(member, digest))
        if member is None:
            raise CorruptArchive("its end is missing")
        checksums.seek(0)
        _verify_checksums(_open_member(tar, member), checksums)
        stream = cast(BinaryIO, tar.fileobj)
        while rest := stream.read(_CHUNK_SIZE):  # to the end, where gzip has its checksum
            if any(rest):
                raise CorruptArchive("data follows its end")
    return info


@contextlib.contextmanager
def _open_archive(path: Path) -> Iterator[_BackupTar]:
    """Open an archive, compressed or not, for a `with` block.

    Errors become StateDamaged or UsageError.
    """
    shown = path_text.escape_path(path)
    try:
        with path.open("rb") as raw, _decompress(raw) as stream, _open_tar(path, stream) as tar:
            yield tar
    except (*_DAMAGE_ERRORS, gzip.BadGzipFile) as error:
        raise StateDamaged(
            f"The backup {shown} is damaged: {_damage_text(error)}. Nothing was changed."
            " Use another backup, or copy this one again from its source."
        ) from error
    except OSError as error:
        raise UsageError(f"The backup {shown} cannot be read: {error.strerror}.") from error


def _damage_text(error: Exception) -> str:
    if isinstance(error, EOFError) or "end of data" in str(error):
        return "it is truncated"
    return "a name in it cannot be read" if isinstance(error, RecursionError) else str(error)


def _decompress(raw: BinaryIO) -> BinaryIO:
    """Return a stream of the tar file in an archive.

    tarfile does not verify the checksum at the end of a gzip file, so it gets an open one.
    """
    is_compressed = raw.read(2) == _GZIP_MAGIC
    raw.seek(0)
    return cast(BinaryIO, gzip.GzipFile(fileobj=raw)) if is_compressed else raw


def _open_tar(path: Path, stream: BinaryIO) -> _BackupTar:
    """Open a tar file and read its first header; raise UsageError if it has none."""
    try:
        return _BackupTar.open(fileobj=stream, mode="r:")
    except (*_DAMAGE_ERRORS, OSError) as error:
        raise _not_a_backup_error(path) from error


def _not_a_backup_error(path: Path) -> UsageError:
    return UsageError(f"{path_text.display_path(path)} is not a backup made by mediakeep.")


def _read_info_member(path: Path, kind: str, tar: _BackupTar) -> tuple[BackupInfo, bytes]:
    """Read the description, and return it with its checksum line."""
    member = tar.next()
    if member is None or member.name != INFO_FILE or member.size > _MAX_INFO:
        raise _not_a_backup_error(path)
    data = _open_member(tar, member).read()
    try:
        version = decode_json(data, dict[str, msgspec.Raw]).get("format", b"0")
        if (number := decode_json(version, int)) > FORMAT:
            raise NewerFormat(path_text.escape_path(path), number, FORMAT)
        info = decode_json(data, BackupInfo)
    except msgspec.DecodeError as error:
        raise CorruptArchive(f"its description cannot be read, {error}") from error
    if info.kind != kind:
        raise UsageError(
            f"{path_text.display_path(path)} is a backup of {info.kind}, not of {kind}."
            " Nothing was changed."
            f" Restore it with the manager of {info.kind}."
        )
    return info, _encode_checksum_line(member, hashlib.sha256(data).hexdigest())


def _open_member(tar: _BackupTar, member: tarfile.TarInfo) -> io.BufferedReader:
    return cast(io.BufferedReader, tar.extractfile(member))


def _check_name(name: str, kind: str) -> None:
    """Raise an error if the path `name` cannot be in a backup of this kind (music or movies)."""
    parts = name.split("/")
    queue = kind.split("/")  # and its name, if it has one
    places = [
        ("status", *queue),
        ("issues", queue[0]),
        ("outputs",),
        *(("status", x) for x in SHARED_FOLDERS),
    ]
    inside = any(len(parts) > len(p) and tuple(parts[: len(p)]) == p for p in places)
    plain = not {"", ".", ".."} & set(parts) and "\0" not in name
    if not plain or not (inside or name in HOME_FILES):
        raise CorruptArchive(
            f"it contains {path_text.display_path(name)}, which is not part of a backup"
        )


def _unpack_member(tar: _BackupTar, member: tarfile.TarInfo, folder: Path) -> io.BufferedReader:
    """Unpack a file, and open the unpacked file."""
    path = folder / member.name
    try:
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
        tar.extract(member, folder, set_attrs=False)
        path.chmod(member.mode & 0o777 | 0o600)
        mtime = min(max(int(member.mtime), 0), _MAX_MTIME)
        os.utime(path, (mtime, mtime))
        stream = path.open("rb")
        if member.name.startswith("status/"):
            atomic_files.sync_data(stream.fileno())
        return stream
    except gzip.BadGzipFile:  # an OSError too
        raise
    except OSError as error:
        raise ItemFailed(
            f"{path_text.display_path(member.name)} cannot be unpacked into"
            f" {path_text.display_path(folder)}:"
            f" {error.strerror}. Nothing was changed."
        ) from error


def _verify_checksums(found: io.BufferedReader, expected: BinaryIO) -> None:
    """Compare the checksums in an archive with those of the files read.

    They must be of the same files in the same order.
    """
    for line in expected:
        if found.readline(len(line)) != line:
            name = decode_json(line, _Checksum).name
            raise CorruptArchive(f"the checksum of {name} is wrong")
    if found.read(1):
        raise CorruptArchive("its checksums do not match its files")
