"""Pages of lists, by cursors: opaque texts with the list, and the row after which a page begins."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec

from mediakeep.errors import InvalidCursor

MAX_LIMIT = 500  # entries of a page


class _Cursor(msgspec.Struct, frozen=True, array_like=True):
    of: str
    value: str | int
    key: str


def encode_cursor(of: str, row: tuple[Any, str]) -> str:
    """Return the cursor of a row in a list."""
    data = msgspec.json.encode(_Cursor(of, *row))
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def decode_cursor(text: str, of: str) -> tuple[Any, str]:
    """Return the row of a cursor; raise InvalidCursor if it is none, or that of another list."""
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        cursor = msgspec.json.decode(data, type=_Cursor)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise InvalidCursor("is not valid") from error
    if cursor.of != of:
        raise InvalidCursor("belongs to another list")
    return cursor.value, cursor.key
