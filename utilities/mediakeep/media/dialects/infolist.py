"""The RIFF INFO list, after Microsoft's "Multimedia Programming Interface" 1.0 (2)."""

from __future__ import annotations

from mediakeep.media.anatomy import Block
from mediakeep.media.source import Source

MARK = b"INFO"

_MOST = 512  # texts
_TEXT_LIMIT = 256 * 1024


def read(source: Source, offset: int, end: int) -> Block:
    """Read the texts; their encoding is not declared, mostly UTF-8 or a Windows code page."""
    block = Block(name="RIFF INFO", dialect="riff")
    offset += len(MARK)
    source.allow(end - offset)
    for _ in range(_MOST):
        head = source.read(offset, 8)
        size = int.from_bytes(head[4:8], "little")
        offset += 8
        if len(head) < 8 or offset + size > end or block.full:
            break
        text = source.read(offset, min(size, _TEXT_LIMIT)).partition(b"\0")[0]
        block.add(head[:4].decode("latin-1"), [_decoded(text)])
        offset += size + (size & 1)
    return block


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
