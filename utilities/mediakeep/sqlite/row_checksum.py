"""Checksums of cached rows, which detect damage by a power loss or a bad disk."""

from __future__ import annotations

from zlib import crc32

_SIZE = 4  # bytes


def add_checksum(data: bytes, name: str = "") -> bytes:
    """Prepend a CRC-32 to the data of a row, which also covers the row's `name`."""
    return _compute(data, name) + data


def remove_checksum(checked_data: bytes, name: str = "") -> memoryview | None:
    """Return the data of a row, or None if it is damaged or belongs to another name."""
    data = memoryview(checked_data)[_SIZE:]
    return data if checked_data[:_SIZE] == _compute(data, name) else None


def _compute(data: bytes | memoryview, name: str) -> bytes:
    return crc32(data, crc32(name.encode())).to_bytes(_SIZE)
