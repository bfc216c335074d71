"""The snapshot: the whole queue as indented JSON, written and read a thousand items at a time.

So a million items need the memory of the items, not of the text. Files with another layout
(compact, other indent, other order) are decoded as a whole.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep import atomic_files, command_text, path_text
from mediakeep.errors import (
    NewerFormat,
    QueueNeedsImport,
    SnapshotDamaged,
    StateDamaged,
    UnknownField,
)
from mediakeep.item import Item, Number
from mediakeep.kinds import Kind
from mediakeep.queue import stage_checks
from mediakeep.stages import StageTable
from mediakeep.untrusted_files import JsonDecoder, decode_json, open_regular_file, read_bytes

FORMAT = 1
FILE = "processing_queue.json"
_CHUNK = 1000  # items
_BLOCK = 1 << 16  # bytes; larger ones leave holes in the memory of a long-lived process
_HEAD_SIZE = 1 << 16  # bytes that contain the whole head

_MAX_TRIES = 5  # attempts to read an unchanged file
_MAX_TRIES_WRITTEN = 400  # the same while a process has the file open for writing
_PAUSE = 0.05  # seconds between two attempts

FileIdentity = tuple[int, ...]
SummaryValue = float | dict[str, int]  # a number of items, or numbers by stage
T = TypeVar("T")


class RestoreInfo(
    msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """The last time that the user replaced the queue by another file, such as a checkpoint."""

    source: str  # the name of a checkpoint, or a description of the file
    date: str
    undone: tuple[int, int] | None = None  # first and last seq that no longer count
    aside: str = ""  # the previous queue, a file name in aside/


class SnapshotHead(
    msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Everything in a snapshot file except its items.

    `seq` is the number of the last change. `settled` counts the settles of all batches.
    """

    format: int = FORMAT
    kind: str
    generation: Number
    snapshot_id: str
    seq: Number
    library_path: str
    created: str
    last_updated: str = ""
    settled: Number = 0
    restored: RestoreInfo | None = None
    stages: StageTable | None = None  # of a kind that stores them
    summary: dict[str, SummaryValue] = {}


class LoadedSnapshot(msgspec.Struct, frozen=True):
    """Head and items of a snapshot file, and the digest and identity of the file."""

    head: SnapshotHead
    items: dict[str, Item]
    digest: str
    stat: FileIdentity


def stat_identity(info: os.stat_result) -> FileIdentity:
    """Return device, inode, size and mtime (ns) of a file.

    At least one of them differs after the file is replaced or written.
    """
    return (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns)


def file_identity(path: str | os.PathLike[str]) -> FileIdentity | None:
    """Return device, inode, size and mtime (ns) of the file at a path, or None if missing."""
    try:
        return stat_identity(os.stat(path))
    except FileNotFoundError:
        return None


def read_until_stable(path: Path, look: Callable[[], T | None]) -> T:
    """Call `look`, which reads a file, until it succeeds, and return its result.

    The file may be in the middle of a rename or a copy. `look` returns None if it has to be called
    again. Its last error is raised if the file has not changed for a while; that is longer while a
    process has it open for writing.
    """
    attempts, current = 0, file_identity(path)
    while True:
        before, current = current, file_identity(path)
        attempts = attempts + 1 if current == before else 1
        is_last = attempts >= _MAX_TRIES and not (
            attempts < _MAX_TRIES_WRITTEN and _is_open_for_writing(path)
        )
        try:
            if result := look():
                return result
        except (StateDamaged, FileNotFoundError):
            if is_last:
                raise
        time.sleep(_PAUSE)


def _is_open_for_writing(path: Path) -> bool:
    """Return whether a process has a file open for writing, or False if the system cannot say.

    Linux refuses a lease for reading on such a file (man 2 fcntl).
    """
    with contextlib.suppress(OSError, AttributeError), open_regular_file(path) as file:
        fcntl.fcntl(file, fcntl.F_SETSIG, signal.SIGURG)  # ignored, unlike the usual SIGIO
        try:
            fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        except BlockingIOError:
            return True
    return False


def write(
    path: str, head: SnapshotHead, items: dict[str, Item], plural: str
) -> tuple[str, FileIdentity]:
    """Write a snapshot to a new file and sync it; return the file's digest and identity."""
    digest = blake2b(digest_size=16)
    with atomic_files.open_handle(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as handle:
        for piece in _encode_chunks(head, items, plural):
            digest.update(piece)
            atomic_files.write_all(handle, piece)
        atomic_files.sync_data(handle)
        return digest.hexdigest(), stat_identity(os.fstat(handle))


def _encode_chunks(head: SnapshotHead, items: dict[str, Item], plural: str) -> Iterator[bytes]:
    top = {"format": head.format, **msgspec.to_builtins(head)}
    yield _format_json(top).removesuffix(b"\n}") + b',\n  "%b": {' % plural.encode()
    entries, between = iter(items.items()), b""
    while chunk := dict(islice(entries, _CHUNK)):
        body = _format_json({"": chunk})
        yield between + body[len(b'{\n  "": {') : -len(b"\n  }\n}")]
        between = b","
    yield b"\n  }\n}\n" if items else b"}\n}\n"


def _format_json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2)


def load(path: Path, kind: Kind) -> LoadedSnapshot:
    """Read a snapshot file.

    Raise SnapshotDamaged, UnknownField, NewerFormat or QueueNeedsImport if that is not possible.
    """
    try:
        with open_regular_file(path) as stream:
            stat = stat_identity(os.fstat(stream.fileno()))
            digest = blake2b(digest_size=16)
            try:
                head, items = _decode_blocks(_read_blocks(stream.read, digest), kind)
            except msgspec.MsgspecError:
                stream.seek(0)
                digest = blake2b(data := stream.read(), digest_size=16)
                head, items = _decode_whole(data, kind)
    except msgspec.MsgspecError as error:
        raise _diagnose_error(path, kind, error) from error
    except OSError as error:
        raise SnapshotDamaged(path, error.strerror, "") from error
    if head.format > FORMAT:
        raise NewerFormat(path, head.format, FORMAT)
    if head.kind != kind.name:
        raise SnapshotDamaged(path, f"it holds {head.kind}, not {kind.name}", "")
    if kind.stages:
        _check_stages(path, kind, items)
    return LoadedSnapshot(head, items, digest.hexdigest(), stat)


def _check_stages(path: Path, kind: Kind, items: dict[str, Item]) -> None:
    """Raise UnknownField if the stage of an item is not in the table of its kind."""
    for key, item in items.items():
        if fault := stage_checks.find_stage_fault(kind, item):
            raise UnknownField(path, f'{kind.noun} "{path_text.to_printable(key)}": {fault}')


def _read_blocks(read: Any, digest: Any) -> Iterator[bytes]:
    while block := read(_BLOCK):
        digest.update(block)
        yield block


def _decode_blocks(blocks: Iterator[bytes], kind: Kind) -> tuple[SnapshotHead, dict[str, Item]]:
    """Decode a snapshot in blocks of bytes if it has the usual layout, otherwise as a whole."""
    opening = _items_marker(kind)
    decoder = JsonDecoder(dict[str, kind.item_type])  # type: ignore[name-defined]
    data = next(blocks, b"")
    start = data.find(opening)
    if start < 0:
        return _decode_whole(data + b"".join(blocks), kind)
    head = decode_json(data[:start] + b"}", SnapshotHead)
    items: dict[str, Item] = {}
    remainder = data[start + len(opening) :]
    for block in blocks:
        body, cut, tail = (remainder + block).rpartition(b"\n    },\n")
        if cut:
            items.update(decoder.decode(b"{%b\n    }}" % body))
        remainder = tail
    items.update(decoder.decode(b"{%b" % remainder.rstrip().removesuffix(b"}")))
    return head, items


def _items_marker(kind: Kind) -> bytes:
    """Return the bytes between the head and the first item of a snapshot file."""
    return b',\n  "%b": {\n' % kind.plural.encode()


def _decode_whole(data: bytes, kind: Kind) -> tuple[SnapshotHead, dict[str, Item]]:
    fields = decode_json(data, dict[str, msgspec.Raw])
    raw = fields.pop(kind.plural, msgspec.Raw(b"null"))
    items = decode_json(raw, dict[str, kind.item_type])  # type: ignore[name-defined]
    return decode_json(msgspec.json.encode(fields), SnapshotHead), items


def read_head(path: Path, kind: Kind) -> tuple[SnapshotHead, FileIdentity] | None:
    """Return the head of a snapshot file and the identity of the file, without reading its items.

    Return None if the file is unreadable or its layout is not the usual one.
    """
    try:
        with open_regular_file(path) as stream:
            stat = stat_identity(os.fstat(stream.fileno()))
            before, marker, _ = stream.read(_HEAD_SIZE).partition(_items_marker(kind))
        return (decode_json(before + b"}", SnapshotHead), stat) if marker else None
    except (OSError, msgspec.MsgspecError):
        return None


def _diagnose_error(path: Path, kind: Kind, error: Exception) -> Exception:
    """Return the error that says what in a snapshot file cannot be decoded.

    That is a newer format, an item, or a key.
    """
    try:
        fields = decode_json(read_bytes(path), dict[str, msgspec.Raw])
        number = decode_json(fields.get("format", b"null"))
        if isinstance(number, int) and number > FORMAT:
            return NewerFormat(path, number, FORMAT)
        if kind.plural in fields and not fields.keys() & {"kind", "generation", "snapshot_id"}:
            return QueueNeedsImport(path, _import_command(path, kind))
        items = decode_json(fields.get(kind.plural, b"null"), dict[str, msgspec.Raw])
    except msgspec.MsgspecError as broken:
        return SnapshotDamaged(path, broken, "")
    for key, raw in items.items():
        try:
            decode_json(raw, kind.item_type)
        except msgspec.MsgspecError as culprit:
            return UnknownField(path, f'{kind.noun} "{key}": {culprit}')
    return UnknownField(path, str(error))


def _import_command(path: Path, kind: Kind) -> str:
    """Return the shell command that imports a queue file from before mediakeep."""
    home = next((parent.parent for parent in path.parents if parent.name == "status"), None)
    words = f"--import-queue {path_text.quote_path(path)}"
    return command_text.format_command(kind.manager_script, home, words)
