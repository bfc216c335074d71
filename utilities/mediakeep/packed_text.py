"""Text files that may be compressed: NAME, or NAME.gz."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from mediakeep import atomic_files, untrusted_files


def pack_name(path: Path) -> Path:
    """Return the path of a compressed file."""
    return path.with_name(f"{path.name}.gz")


def read(path: Path) -> str:
    """Return the content of a file, compressed or not, "" if it is missing or damaged."""
    for one in (path, pack_name(path)):
        try:
            data = untrusted_files.read_bytes(one)
            return (data if one == path else unpack(data)).decode()
        except (OSError, EOFError, zlib.error, UnicodeDecodeError):
            continue
    return ""


def unpack(data: bytes) -> bytes:
    """Return the content of a compressed file of a limited size; raise zlib.error."""
    return zlib.decompressobj(31).decompress(data, untrusted_files.MAX_SETTINGS_SIZE)


def write(path: Path, text: str, *, packed: bool) -> None:
    """Write a file, unless it has this content, and remove the other one; nothing is synced."""
    wanted, other = (pack_name(path), path) if packed else (path, pack_name(path))
    if other.exists() or not wanted.exists() or read(path) != text:
        data = gzip.compress(text.encode(), mtime=0) if packed else text.encode()
        atomic_files.write_atomic(wanted, data, sync=False)
        other.unlink(missing_ok=True)
