"""Read the header packets of Vorbis and Opus that follow the first page, for writers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from mediakeep.media.audio import formats
from mediakeep.media.audio.ogg import rewrite_pages
from mediakeep.media.audio.ogg.rewrite_pages import OggHeaderPages
from mediakeep.media.audio.unsupported_layout import UnsupportedLayout
from mediakeep.media.bounded_file import BoundedFile, ByteRange

# The number of packets between the first page and the audio.
HEADER_PACKETS: Mapping[str, int] = {formats.VORBIS.name: 2, formats.OPUS.name: 1}

_MAGIC: Mapping[str, bytes] = {formats.VORBIS.name: b"\x03vorbis", formats.OPUS.name: b"OpusTags"}


class CommentPacket(NamedTuple):
    """The packet with the comments of an Ogg file.

    `content` is what follows `magic`, `spans` are the byte ranges of the whole packet, `others` the
    packets between it and the audio, on the same `pages`.
    """

    magic: bytes
    content: bytes
    spans: tuple[ByteRange, ...]
    others: list[bytes]
    pages: OggHeaderPages


def read_packet(source: BoundedFile, kind: str) -> CommentPacket:
    """Read the comments of an Ogg file; `kind` is the name of its audio format.

    Raises UnsupportedLayout if the second packet contains no comments.
    """
    pages = rewrite_pages.read_header_pages(source, HEADER_PACKETS[kind])
    first, *others = (
        b"".join(source.read(span.start, span.size) for span in spans) for spans in pages.packets
    )
    magic = _MAGIC[kind]
    if not first.startswith(magic):
        raise UnsupportedLayout("its second packet contains no tags")
    return CommentPacket(magic, first.removeprefix(magic), pages.packets[0], others, pages)
