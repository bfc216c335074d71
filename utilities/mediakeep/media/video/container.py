"""Detect the container of a video file and whether the file is truncated.

Only the headers of the outermost elements are read, so the time does not depend on the file size.
Unknown structures are never reported as damage.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

_MAX_BOXES = 20_000  # boxes; enough for a movie in one-second fragments
_HEAD_SIZE = 4096
_AVI_SIZE_TOLERANCE = 16  # bytes; some programs write AVI sizes that are too large
_ISO_MARK_OFFSET = 32_769  # offset of the identifier of a disc image
_TOP_LEVEL_BOXES = frozenset(
    {b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"free", b"skip", b"wide", b"pnot"}
)
_MAGIC_NUMBERS = (
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"FLV\x01", "flv"),
    (b"OggS", "ogg"),
    (b"\x00\x00\x01\xba", "mpeg"),
    (b"\x00\x00\x01\xb3", "mpeg"),
    (b".RMF", "rm"),
    (b"\xb7\xd8\x00\x20\x37\x49\xda\x11", "wtv"),
)


class ContainerInfo(NamedTuple):
    """The name of a video's container, "" if unknown, and why the file is truncated, or ""."""

    container: str = ""
    truncated: str = ""


def inspect_container(handle: BinaryIO, size: int) -> ContainerInfo:
    """Detect the container of an open video file of `size` bytes, and whether it is truncated.

    Raises OSError if the file cannot be read.
    """
    head = _read_at(handle, 0, _HEAD_SIZE)
    if not size:
        return ContainerInfo(truncated="it is empty")
    if len(head) == min(size, _HEAD_SIZE) and not head.strip(b"\0"):
        return ContainerInfo(truncated="it begins with zero bytes only")
    if _is_text_file(head):
        return ContainerInfo()
    for fits, inspect in _INSPECTORS:
        if fits(head):
            return inspect(handle, head, size)
    if _read_at(handle, _ISO_MARK_OFFSET, 5) in (b"CD001", b"BEA01"):
        return ContainerInfo("iso")
    return ContainerInfo(
        next((name for start, name in _MAGIC_NUMBERS if head.startswith(start)), "")
    )


def _is_text_file(head: bytes) -> bool:
    """Return True for a playlist or XML, whose later bytes may look like those of a container."""
    start = head[:4]
    if start.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return True
    return start.isascii() and start.lstrip()[:1] in (b"<", b"#")


def _read_at(handle: BinaryIO, offset: int, length: int) -> bytes:
    handle.seek(offset)
    return handle.read(length)


# MP4: ISO/IEC 14496-12, 4.2; QuickTime has the same structure.


def _is_mp4(head: bytes) -> bool:
    return head[4:8] in _TOP_LEVEL_BOXES


def _inspect_mp4(handle: BinaryIO, head: bytes, size: int) -> ContainerInfo:
    name = "mov" if head[8:12] == b"qt  " or head[4:8] != b"ftyp" else "mp4"
    names = set()
    for box_name, end in _walk_boxes(handle, size):
        names.add(box_name)
        if end > size and box_name in _TOP_LEVEL_BOXES:
            return ContainerInfo(name, f"it lacks at least {end - size:,} bytes at its end")
    if names <= _TOP_LEVEL_BOXES and b"moov" not in names:
        return ContainerInfo(name, 'it has no table of contents ("moov")')
    return ContainerInfo(name)


def _walk_boxes(handle: BinaryIO, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the name and the end offset of each MP4 box at the top level.

    The first invalid box is also yielded and ends the walk.
    """
    offset = 0
    for _ in range(_MAX_BOXES):
        head = _read_at(handle, offset, 16) if offset < size else b""
        if len(head) < 8:
            return
        length = int.from_bytes(head[:4])
        if length == 1:
            length = int.from_bytes(head[8:16])
        elif length == 0:
            length = size - offset
        yield head[4:8], offset + length
        if length < 8:
            return
        offset += length
    yield b"more", 0


# Matroska and WebM: RFC 8794, RFC 9559.


def _is_matroska(head: bytes) -> bool:
    return head.startswith(b"\x1aE\xdf\xa3")


def _inspect_matroska(handle: BinaryIO, head: bytes, size: int) -> ContainerInfo:
    name = "webm" if b"\x42\x82\x84webm" in head[:256] else "matroska"
    offset = 0
    for _ in range(_MAX_BOXES):  # header, fillers, then the segment
        element = _read_at(handle, offset, 12)
        length, begin = _parse_element_size(element)
        if length is None:
            return ContainerInfo(name)
        end = offset + begin + length
        if element.startswith(b"\x18\x53\x80\x67"):
            missing = end - size
            return ContainerInfo(
                name, f"it lacks {missing:,} bytes at its end" if missing > 0 else ""
            )
        if end >= size:
            return ContainerInfo(name, "it ends before its video data begins")
        offset = end
    return ContainerInfo(name)


def _parse_element_size(element: bytes) -> tuple[int | None, int]:
    """Return the data size of a Matroska element, None if unknown, and the offset of its data.

    Both are in bytes.
    """
    start = _vint_width(element[:1])
    width = _vint_width(element[start : start + 1])
    if not start or not width or len(element) < start + width:
        return None, 0
    size = int.from_bytes(element[start : start + width]) & ((1 << 7 * width) - 1)
    return (None if size == (1 << 7 * width) - 1 else size), start + width


def _vint_width(first: bytes) -> int:
    """Return the width in bytes of a Matroska number, or 0 if it is invalid.

    The leading zero bits of its first byte give the width.
    """
    return 9 - first[0].bit_length() if first and first[0] else 0


# AVI: consecutive RIFF chunks, as in OpenDML.


def _is_avi(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:11] == b"AVI"


def _inspect_avi(handle: BinaryIO, _head: bytes, size: int) -> ContainerInfo:
    offset = 0
    for _ in range(_MAX_BOXES):
        head = _read_at(handle, offset, 12)
        if len(head) < 12 or not head.startswith(b"RIFF"):
            break
        length = int.from_bytes(head[4:8], "little")
        if not length:
            return ContainerInfo("avi", "it was never finished: its length is not written")
        offset += 8 + length + length % 2
    missing = offset - size
    return ContainerInfo(
        "avi", f"it lacks {missing:,} bytes at its end" if missing > _AVI_SIZE_TOLERANCE else ""
    )


# MPEG-TS: ISO/IEC 13818-1, 2.4.3; Blu-ray packets have four more bytes in front.


def _is_mpeg_ts(head: bytes) -> bool:
    return any(
        len(head) > start + 3 * step
        and all(head[start + step * number] == 0x47 for number in range(4))
        for start, step in ((0, 188), (4, 192))
    )


def _inspect_mpeg_ts(_handle: BinaryIO, _head: bytes, _size: int) -> ContainerInfo:
    return ContainerInfo("mpegts")


_INSPECTORS: tuple[
    tuple[Callable[[bytes], bool], Callable[[BinaryIO, bytes, int], ContainerInfo]],
    ...,
] = (
    (_is_mp4, _inspect_mp4),
    (_is_matroska, _inspect_matroska),
    (_is_avi, _inspect_avi),
    (_is_mpeg_ts, _inspect_mpeg_ts),
)
