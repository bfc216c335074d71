"""Split an APEv2 tag into its items, after the "APEv2 specification", for writers."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.audio.ape.apev2 import FOOTER_SIZE, MAGIC

FRONT_COVER_NAME = "cover art (front)"
TEXT_ITEM, BINARY_ITEM = 0, 1


class ApeItem(NamedTuple):
    """An item of a tag: its name as it is stored, its flags, its bytes, and its value in them."""

    name: str
    flags: int
    raw: bytes  # with its header
    value: bytes

    @property
    def kind(self) -> int:
        """The type of the value: `TEXT_ITEM`, `BINARY_ITEM`, or another number."""
        return self.flags >> 1 & 3


def split_items(data: bytes) -> Iterator[ApeItem]:
    """Yield the items of a whole tag; raise ValueError or struct.error if it is malformed."""
    at = FOOTER_SIZE if data.startswith(MAGIC) else 0
    count = int.from_bytes(data[-16:-12], "little")
    for _ in range(count):
        size, flags = struct.unpack_from("<II", data, at)
        stop = data.index(b"\0", at + 8)
        end = stop + 1 + size
        if end > len(data) - FOOTER_SIZE:
            raise ValueError("an item exceeds its tag")
        yield ApeItem(
            data[at + 8 : stop].decode("latin-1"), flags, data[at:end], data[stop + 1 : end]
        )
        at = end
