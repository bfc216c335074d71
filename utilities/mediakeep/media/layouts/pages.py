"""Ogg pages and their packets, after RFC 3533."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.source import Source

MARK = b"OggS\0"  # capture pattern and version
END = 0x04  # flag of the last page
FIXED = 27  # bytes of a page header without the segment table

_FLAGS = 8  # greater than all flags together
_LARGEST = FIXED + 255 + 255 * 255
_TAILS = (16_384, _LARGEST + 16_384)  # bytes searched for the last page, rarely the second
_MOST = 20_000  # pages before the audio
_AT_ONCE = 128 * 1024  # bytes read ahead of a large packet


class Page(NamedTuple):
    """The header of a page, with the offsets of the page, its body and its end."""

    flags: int
    granule: bytes
    serial: bytes
    lacing: bytes  # segment sizes; one below 255 ends a packet
    start: int
    body: int
    end: int

    @property
    def known(self) -> bool:
        """Whether the flags are defined ones, so that it is not a page by chance."""
        return self.flags < _FLAGS


def read(source: Source, at: int) -> Page | None:
    """Read the page header at an offset; return None if there is none or it is truncated."""
    return parse(source.read(at, FIXED + 255), at)


def parse(head: bytes, at: int) -> Page | None:
    """Parse the first 282 bytes of the page at an offset; return None if they are no header."""
    if not head.startswith(MARK) or len(head) < FIXED:
        return None
    body = FIXED + head[26]
    lacing = head[FIXED:body]
    if len(head) < body:
        return None
    end = at + body + sum(lacing)
    return Page(head[5], head[6:14], head[14:18], lacing, at, at + body, end)


def walk(source: Source, at: int) -> Iterator[Page]:
    """Yield up to 20,000 pages from an offset on, more than headers need."""
    for _ in range(_MOST):
        page = read(source, at)
        if page is None:
            return
        yield page
        at = page.end


def begun(source: Source, page: Page) -> tuple[bytes, bool]:
    """Return the part of the first packet on a page, and whether the packet ends there."""
    full_segments = len(page.lacing) - len(page.lacing.lstrip(b"\xff"))
    ends = full_segments < len(page.lacing)  # with a segment of less than 255 bytes
    size = 255 * full_segments + (page.lacing[full_segments] if ends else 0)
    source.allow(size)
    if not ends:
        source.hold(page.body, size, _AT_ONCE)
    return source.read(page.body, size), ends


def position(head: bytes, serial: bytes) -> int:
    """Return the granule position of a page; 0 or less if unset or of another stream."""
    return int.from_bytes(head[6:14], "little", signed=True) if head[14:18] == serial else 0


def backwards(source: Source) -> Iterator[tuple[int, bytes]]:
    """Yield the offsets and headers of the pages near the end of the file, the last one first.

    After the pages of a small tail those of a larger one follow, which repeats the first.
    """
    for size in _TAILS:
        tail = source.tail(source.size, size)
        tail_start, at = source.size - len(tail), len(tail)
        while (at := tail.rfind(MARK, 0, at)) >= 0:
            yield tail_start + at, tail[at : at + FIXED + 255]
