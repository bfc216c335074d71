"""Read the RIFF INFO list, after Microsoft's "Multimedia Programming Interface" 1.0 (2)."""

from __future__ import annotations

from mediakeep.media.audio.parsed_file import TagBlock
from mediakeep.media.bounded_file import BoundedFile

LIST_TYPE = b"INFO"

_MAX_TEXTS = 512  # texts
_MAX_TEXT_SIZE = 256 * 1024


def read_info_list(source: BoundedFile, offset: int, end: int) -> TagBlock:
    """Read the texts of a RIFF INFO list as a tag block.

    Their encoding is not declared; it is mostly UTF-8 or a Windows code page.
    """
    block = TagBlock(name="RIFF INFO", tag_format="riff")
    offset += len(LIST_TYPE)
    source.allow_tag_bytes(end - offset)
    for _ in range(_MAX_TEXTS):
        head = source.read(offset, 8)
        size = int.from_bytes(head[4:8], "little")
        offset += 8
        if len(head) < 8 or offset + size > end or block.is_full:
            break
        text = source.read(offset, min(size, _MAX_TEXT_SIZE)).partition(b"\0")[0]
        block.add_texts(head[:4].decode("latin-1"), [decode_text(text)])
        offset += size + (size & 1)
    return block


def decode_text(text: bytes) -> str:
    """Decode a text of an INFO list."""
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
