"""The frame of a video file: which container it is, and whether that goes on behind the file's end.

Only a few bytes are read here and there, so that it takes no time however large the file is. What
cannot be told is never taken for damage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

_MOST = 20_000  # boxes of a film in fragments of a second, and more than any other has
_HEAD = 4096
_SLACK = 16  # bytes by which some programs count an AVI too long
_DISC = 32_769  # where a disc image tells what it is
_ROOTS = frozenset(
    {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"pnot"}
)
_STARTS = (
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"FLV\x01", "flv"),
    (b"OggS", "ogg"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x00\x00\x01\xb3", "mpeg"),
    (b".RMF", "rm"),
    (b"\xb7\xd8\x00\x20\x37\x49\xda\x11", "wtv"),
)


class Frame(NamedTuple):
    """A container, "" where it is none that is known; and why it is taken to be cut off."""

    container: str = ""
    truncated: str = ""


def read(handle: BinaryIO, size: int) -> Frame:
    """Look at the frame of an open file; OSError where the disk refuses."""
    head = _at(handle, 0, _HEAD)
    if not size:
        return Frame(truncated="it is empty")
    if len(head) == min(size, _HEAD) and not head.strip(b"\0"):
        return Frame(truncated="it begins with zero bytes only")
    if _is_text(head):
        return Frame()
    for fits, look in _KINDS:
        if fits(head):
            return look(handle, head, size)
    if _at(handle, _DISC, 5) in (b"CD001", b"BEA01"):
        return Frame("iso")
    return Frame(next((name for start, name in _STARTS if head.startswith(start)), ""))


def _is_text(head: bytes) -> bool:
    """Tell a playlist or XML, which may be made to look like a container further in."""
    start = head[:4]
    if start.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return True
    return start.isascii() and start.lstrip()[:1] in (b"<", b"#")


def _at(handle: BinaryIO, place: int, length: int) -> bytes:
    handle.seek(place)
    return handle.read(length)


# MP4: ISO/IEC 14496-12, 4.2; QuickTime is put together in the same way.


def _is_boxes(head: bytes) -> bool:
    return head[4:8] in _ROOTS


def _boxes(handle: BinaryIO, head: bytes, size: int) -> Frame:
    name = "mov" if head[8:12] == b"qt  " or head[4:8] != b"ftyp" else "mp4"
    kinds = set()
    for kind, end in _walked(handle, size):
        kinds.add(kind)
        if end > size and kind in _ROOTS:
            return Frame(name, f"it lacks at least {end - size:,} bytes at its end")
    if kinds <= _ROOTS and b"moov" not in kinds:
        return Frame(name, 'it has no table of contents ("moov")')
    return Frame(name)


def _walked(handle: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Give the boxes of a file, each with where it ends; what is no box ends it, and is given."""
    at = 0
    for _ in range(_MOST):
        head = _at(handle, at, 16) if at < size else b""
        if len(head) < 8:
            return
        length = int.from_bytes(head[:4])
        if length == 1:
            length = int.from_bytes(head[8:16])
        elif length == 0:
            length = size - at
        yield head[4:8], at + length
        if length < 8:
            return
        at += length
    yield b"more", 0


# Matroska and WebM: RFC 8794, RFC 9559.


def _is_ebml(head: bytes) -> bool:
    return head.startswith(b"\x1aE\xdf\xa3")


def _ebml(handle: BinaryIO, head: bytes, size: int) -> Frame:
    name = "webm" if b"\x42\x82\x84webm" in head[:256] else "matroska"
    at = 0
    for _ in range(_MOST):  # the header, then the segment; fillers may stand between
        element = _at(handle, at, 12)
        length, begin = _length(element)
        if length is None:
            return Frame(name)
        end = at + begin + length
        if element.startswith(b"\x18\x53\x80\x67"):
            lacking = end - size
            return Frame(name, f"it lacks {lacking:,} bytes at its end" if lacking > 0 else "")
        if end >= size:
            return Frame(name, "it ends before its film begins")
        at = end
    return Frame(name)


def _length(element: bytes) -> tuple[int | None, int]:
    """Return the length of an element's data, and where that begins; None where it is not told."""
    start = _width(element[:1])
    width = _width(element[start : start + 1])
    if not start or not width or len(element) < start + width:
        return None, 0
    told = int.from_bytes(element[start : start + width]) & ((1 << 7 * width) - 1)
    return (None if told == (1 << 7 * width) - 1 else told), start + width


def _width(first: bytes) -> int:
    """Count the bytes of a number by the zero bits that it begins with; 0 for none."""
    return 9 - first[0].bit_length() if first and first[0] else 0


# AVI: one RIFF after the other, as in OpenDML.


def _is_avi(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:11] == b"AVI"


def _avi(handle: BinaryIO, _head: bytes, size: int) -> Frame:
    at = 0
    for _ in range(_MOST):
        head = _at(handle, at, 12)
        if len(head) < 12 or not head.startswith(b"RIFF"):
            break
        length = int.from_bytes(head[4:8], "little")
        if not length:
            return Frame("avi", "it was never finished: its length is not written")
        at += 8 + length + length % 2
    lacking = at - size
    return Frame("avi", f"it lacks {lacking:,} bytes at its end" if lacking > _SLACK else "")


# MPEG-TS: ISO/IEC 13818-1, 2.4.3; the packets of a Blu-ray have four bytes in front.


def _is_packets(head: bytes) -> bool:
    return any(
        len(head) > start + 3 * step
        and all(head[start + step * number] == 0x47 for number in range(4))
        for start, step in ((0, 188), (4, 192))
    )


def _packets(_handle: BinaryIO, _head: bytes, _size: int) -> Frame:
    return Frame("mpegts")


_KINDS: tuple[
    tuple[Callable[[bytes], bool], Callable[[BinaryIO, bytes, int], Frame]],
    ...,
] = ((_is_boxes, _boxes), (_is_ebml, _ebml), (_is_avi, _avi), (_is_packets, _packets))
