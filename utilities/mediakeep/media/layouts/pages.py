"""The pages of Ogg and the packets on them, after RFC 3533."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from mediakeep.media.source import Source

MARK = b"OggS\0"  # and the version
END = 0x04  # flag of the last page of a stream
FIXED = 27  # bytes of a page before its table of segments

_FLAGS = 8  # more than all of them together
_LARGEST = FIXED + 255 + 255 * 255
_TAILS = (16_384, _LARGEST + 16_384)  # bytes searched for the last page, seldom the second
_MOST = 20_000  # pages before the audio
_AT_ONCE = 128 * 1024  # bytes of a large packet


class Page(NamedTuple):
    """A page: where it, its content and its end lie."""

    flags: int
    granule: bytes
    serial: bytes
    lacing: bytes  # sizes of segments; a packet ends at each that is below 255
    start: int
    body: int
    end: int

    @property
    def known(self) -> bool:
        """Whether its flags are those of the standard, so that it is no page by chance."""
        return self.flags < _FLAGS


def read(source: Source, at: int) -> Page | None:
    """Read the header of the page at `at`; None if it is none or cut off."""
    return parse(source.read(at, FIXED + 255), at)


def parse(head: bytes, at: int) -> Page | None:
    """Read the header of a page that stands at `at`, from at most 282 bytes."""
    if not head.startswith(MARK) or len(head) < FIXED:
        return None
    body = FIXED + head[26]
    lacing = head[FIXED:body]
    if len(head) < body:
        return None
    end = at + body + sum(lacing)
    return Page(head[5], head[6:14], head[14:18], lacing, at, at + body, end)


def walk(source: Source, at: int) -> Iterator[Page]:
    """Give the pages from `at` on, as far as headers may reach."""
    for _ in range(_MOST):
        page = read(source, at)
        if page is None:
            return
        yield page
        at = page.end


def begun(source: Source, page: Page) -> tuple[bytes, bool]:
    """Return what a page holds of the packet that it begins with, and whether it ends there."""
    whole = len(page.lacing) - len(page.lacing.lstrip(b"\xff"))
    ends = whole < len(page.lacing)  # at a segment of less than 255 bytes
    size = 255 * whole + (page.lacing[whole] if ends else 0)
    source.allow(size)
    if not ends:
        source.hold(page.body, size, _AT_ONCE)
    return source.read(page.body, size), ends


def position(head: bytes, serial: bytes) -> int:
    """Return the sample that a page of a stream ends before; 0 or less where it tells none."""
    return int.from_bytes(head[6:14], "little", signed=True) if head[14:18] == serial else 0


def backwards(source: Source) -> Iterator[tuple[int, bytes]]:
    """Give where pages begin near the end of the file, and their headers, the last page first.

    Where none of the very last suits they are given once more, with those before them.
    """
    for reach in _TAILS:
        tail = source.tail(source.size, reach)
        before, at = source.size - len(tail), len(tail)
        while (at := tail.rfind(MARK, 0, at)) >= 0:
            yield before + at, tail[at : at + FIXED + 255]
