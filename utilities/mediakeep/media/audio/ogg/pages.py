"""Read Ogg pages and their packets, after RFC 3533."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.bounded_file import BoundedFile

MAGIC = b"OggS\0"  # capture pattern and version
END_OF_STREAM = 0x04  # flag of the last page
PAGE_HEADER_SIZE = 27  # bytes of a page header without the segment table

_FLAG_LIMIT = 8  # greater than all flags together
_MAX_PAGE_SIZE = PAGE_HEADER_SIZE + 255 + 255 * 255
_TAIL_SIZES = (
    16_384,
    _MAX_PAGE_SIZE + 16_384,
)  # bytes searched for the last page, rarely the second
_MAX_HEADER_PAGES = 20_000  # pages before the audio
_READ_AHEAD = 128 * 1024  # bytes read ahead of a large packet


class OggPage(NamedTuple):
    """The header of an Ogg page, and the byte offsets of the page, its body and its end."""

    flags: int
    granule_position: bytes
    serial: bytes
    lacing: bytes  # segment sizes in bytes; a size below 255 ends a packet
    start: int
    body_start: int
    end: int

    @property
    def has_valid_flags(self) -> bool:
        """True if the page has only defined flags.

        Other bytes only look like a page by chance.
        """
        return self.flags < _FLAG_LIMIT


def read_page(source: BoundedFile, at: int) -> OggPage | None:
    """Read the header of the Ogg page at a byte offset.

    Return None if there is no page or its header is truncated.
    """
    return parse_page(source.read(at, PAGE_HEADER_SIZE + 255), at)


def parse_page(head: bytes, at: int) -> OggPage | None:
    """Parse an Ogg page header from the first 282 bytes of the page at offset `at`.

    Return None if they are not a page header.
    """
    if not head.startswith(MAGIC) or len(head) < PAGE_HEADER_SIZE:
        return None
    body = PAGE_HEADER_SIZE + head[26]
    lacing = head[PAGE_HEADER_SIZE:body]
    if len(head) < body:
        return None
    end = at + body + sum(lacing)
    return OggPage(head[5], head[6:14], head[14:18], lacing, at, at + body, end)


def walk_pages(source: BoundedFile, at: int) -> Iterator[OggPage]:
    """Yield up to 20,000 Ogg pages from a byte offset on, which is more than headers need."""
    for _ in range(_MAX_HEADER_PAGES):
        page = read_page(source, at)
        if page is None:
            return
        yield page
        at = page.end


def read_first_packet_part(source: BoundedFile, page: OggPage) -> tuple[bytes, bool]:
    """Return the part of the first packet on an Ogg page, and True if the packet ends there."""
    full_segments = len(page.lacing) - len(page.lacing.lstrip(b"\xff"))
    ends = full_segments < len(page.lacing)  # with a segment of less than 255 bytes
    size = 255 * full_segments + (page.lacing[full_segments] if ends else 0)
    source.allow_tag_bytes(page.body_start - page.start + size)
    if not ends:
        source.preload(page.body_start, size, _READ_AHEAD)
    return source.read(page.body_start, size), ends


def parse_granule_position(head: bytes, serial: bytes) -> int:
    """Return the granule position of an Ogg page.

    It is 0 or less if it is unset or the page belongs to another stream.
    """
    return int.from_bytes(head[6:14], "little", signed=True) if head[14:18] == serial else 0


def find_pages_backwards(source: BoundedFile) -> Iterator[tuple[int, bytes]]:
    """Yield byte offset and header of the Ogg pages near the end of a file, the last page first.

    The pages of a small tail of the file are followed by those of a larger tail, which repeats the
    first ones.
    """
    for size in _TAIL_SIZES:
        tail = source.read_tail(source.size, size)
        tail_start, at = source.size - len(tail), len(tail)
        while (at := tail.rfind(MAGIC, 0, at)) >= 0:
            yield tail_start + at, tail[at : at + PAGE_HEADER_SIZE + 255]
