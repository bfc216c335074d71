"""The snapshot: the whole queue as indented JSON, written and read a thousand items at a time.

So a million items need the memory of the items, not of the text. The layout is that of JSON with an
indent of two; any other layout (compact, other indent, other order) is decoded in one piece.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from hashlib import blake2b
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep import config, files
from mediakeep.errors import (
    NewerFormat,
    QueueNeedsImport,
    SnapshotDamaged,
    StateDamaged,
    UnknownField,
)
from mediakeep.item import Item, Number
from mediakeep.kinds import Kind

FORMAT = 1
FILE = "processing_queue.json"
_CHUNK = 1000  # items
_BLOCK = 4 << 20  # bytes
_HEAD = 1 << 16  # bytes that contain the whole head

_LOOKS = 5  # attempts to read an unchanged file
_PAUSE = 0.05  # seconds between two attempts

Stat = tuple[int, ...]
T = TypeVar("T")


class Restored(
    msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """The last time that a file from elsewhere replaced the queue."""

    source: str  # the name of a checkpoint, or a description of the file
    date: str
    undone: tuple[int, int] | None = None  # first and last seq that no longer count
    aside: str = ""  # the previous queue, a file name in aside/


class Head(
    msgspec.Struct, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Everything in a snapshot except its items; `settled` counts the settles of all batches."""

    format: int = FORMAT
    kind: str
    generation: Number
    snapshot_id: str
    seq: Number
    library_path: str
    created: str
    last_updated: str = ""
    settled: Number = 0
    restored: Restored | None = None
    summary: dict[str, float] = {}


class Loaded(msgspec.Struct, frozen=True):
    """The content of a snapshot, and the digest and identity of its file."""

    head: Head
    items: dict[str, Item]
    digest: str
    stat: Stat


def identify(info: os.stat_result) -> Stat:
    """Return device, inode, size and mtime (ns): one changes if the file is replaced or written."""
    return (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns)


def identity(path: str | os.PathLike[str]) -> Stat | None:
    """Return the identity of the file at a path, or None if there is none."""
    try:
        return identify(os.stat(path))
    except FileNotFoundError:
        return None


def patiently(path: Path, look: Callable[[], T | None]) -> T:
    """Call `look` until it succeeds, because the file may be in the middle of a rename or a copy.

    `look` returns None if it has to be called again. Its last error is raised if the file has not
    changed for a while.
    """
    attempts, current = 0, identity(path)
    while True:
        before, current = current, identity(path)
        attempts = attempts + 1 if current == before else 1
        try:
            if result := look():
                return result
        except (StateDamaged, FileNotFoundError):
            if attempts >= _LOOKS:
                raise
        time.sleep(_PAUSE)


def write(path: str, head: Head, items: dict[str, Item], plural: str) -> tuple[str, Stat]:
    """Write a snapshot to a new file, synced; return its digest and identity."""
    digest = blake2b(digest_size=16)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        for piece in _pieces(head, items, plural):
            digest.update(piece)
            files.write_all(handle, piece)
        files.sync_data(handle)
        return digest.hexdigest(), identify(os.fstat(handle))
    finally:
        os.close(handle)


def _pieces(head: Head, items: dict[str, Item], plural: str) -> Iterator[bytes]:
    top = {"format": head.format, **msgspec.to_builtins(head)}
    yield _pretty(top).removesuffix(b"\n}") + b',\n  "%b": {' % plural.encode()
    entries, between = iter(items.items()), b""
    while chunk := dict(islice(entries, _CHUNK)):
        body = _pretty({"": chunk})
        yield between + body[len(b'{\n  "": {') : -len(b"\n  }\n}")]
        between = b","
    yield b"\n  }\n}\n" if items else b"}\n}\n"


def _pretty(thing: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(thing), indent=2)


def load(path: Path, kind: Kind) -> Loaded:
    """Read a snapshot.

    Raise SnapshotDamaged, UnknownField, NewerFormat or QueueNeedsImport if that is not possible.
    """
    try:
        with path.open("rb") as stream:
            stat = identify(os.fstat(stream.fileno()))
            digest = blake2b(digest_size=16)
            try:
                head, items = _load(_blocks(stream.read, digest), kind)
            except msgspec.MsgspecError:
                stream.seek(0)
                digest = blake2b(data := stream.read(), digest_size=16)
                head, items = _load_whole(data, kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise _explain(path, kind, error) from error
    except OSError as error:
        raise SnapshotDamaged(path, error.strerror, "") from error
    if head.format > FORMAT:
        raise NewerFormat(path, head.format, FORMAT)
    if head.kind != kind.name:
        raise SnapshotDamaged(path, f"it holds {head.kind}, not {kind.name}", "")
    return Loaded(head, items, digest.hexdigest(), stat)


def _blocks(read: Any, digest: Any) -> Iterator[bytes]:
    while block := read(_BLOCK):
        digest.update(block)
        yield block


def _load(blocks: Iterator[bytes], kind: Kind) -> tuple[Head, dict[str, Item]]:
    """Decode block by block if the layout is the usual one, else all in one piece."""
    opening = _opening(kind)
    decoder = msgspec.json.Decoder(dict[str, kind.item])  # type: ignore[name-defined]
    data = next(blocks, b"")
    start = data.find(opening)
    if start < 0:
        return _load_whole(data + b"".join(blocks), kind)
    head = msgspec.json.decode(data[:start] + b"}", type=Head)
    items: dict[str, Item] = {}
    rest = data[start + len(opening) :]
    for block in blocks:
        body, cut, tail = (rest + block).rpartition(b"\n    },\n")
        if cut:
            items.update(decoder.decode(b"{%b\n    }}" % body))
        rest = tail
    items.update(decoder.decode(b"{%b" % rest.rstrip().removesuffix(b"}")))
    return head, items


def _opening(kind: Kind) -> bytes:
    """Return the bytes between the head and the first item."""
    return b',\n  "%b": {\n' % kind.plural.encode()


def _load_whole(data: bytes, kind: Kind) -> tuple[Head, dict[str, Item]]:
    fields = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    raw = fields.pop(kind.plural, msgspec.Raw(b"null"))
    items = msgspec.json.decode(raw, type=dict[str, kind.item])  # type: ignore[name-defined]
    return msgspec.json.decode(msgspec.json.encode(fields), type=Head), items


def head(path: Path, kind: Kind) -> tuple[Head, Stat] | None:
    """Read only the head of a snapshot and the identity of its file; None if its layout differs."""
    try:
        with path.open("rb") as stream:
            stat = identify(os.fstat(stream.fileno()))
            before, marker, _ = stream.read(_HEAD).partition(_opening(kind))
        return (msgspec.json.decode(before + b"}", type=Head), stat) if marker else None
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _explain(path: Path, kind: Kind, error: Exception) -> Exception:
    """Return the error that names what cannot be decoded: a newer format, an item, or a key."""
    try:
        fields = msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])
        number = msgspec.json.decode(fields.get("format", b"null"))
        if isinstance(number, int) and number > FORMAT:
            return NewerFormat(path, number, FORMAT)
        if kind.plural in fields and not fields.keys() & {"kind", "generation", "snapshot_id"}:
            return QueueNeedsImport(path, _import_line(path, kind))
        items = msgspec.json.decode(fields.get(kind.plural, b"null"), type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError) as broken:
        return SnapshotDamaged(path, broken, "")
    for key, raw in items.items():
        try:
            msgspec.json.decode(raw, type=kind.item)
        except msgspec.MsgspecError as culprit:
            return UnknownField(path, f'{kind.noun} "{key}": {culprit}')
    return UnknownField(path, str(error))


def _import_line(path: Path, kind: Kind) -> str:
    """Return the command that imports a file, for the home that contains the file, if any."""
    home = next((parent.parent for parent in path.parents if parent.name == "status"), None)
    return f"{config.spoken(kind.manager, home)} --import-queue {files.quote_path(path)}"
