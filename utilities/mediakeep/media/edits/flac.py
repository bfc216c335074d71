"""FLAC's metadata blocks, after RFC 9639 (8): comments, pictures, and padding that gives way."""

from __future__ import annotations

from typing import NamedTuple

from mediakeep.media.audio.flac import flac_stream
from mediakeep.media.audio.ogg.rewrite_pages import UnsupportedLayout
from mediakeep.media.audio.tag_edits import SetCover, TargetTags
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.edits import around
from mediakeep.media.edits.comments import FRONT, Comments, picture
from mediakeep.media.safewrite.file_assembly import FilePart

PADDING = 4096  # bytes of fresh padding where the blocks have to grow

_MARK = b"fLaC"
_LAST = 0x80
PICTURE = 6

_PADDING, _COMMENT = 1, 4
_LARGEST = (1 << 24) - 1
_MOST = 1000


class Metadata(NamedTuple):
    """A block: its type, and where its content lies."""

    kind: int
    span: ByteRange


def edited(source: BoundedFile, wanted: TargetTags, manner: TagWriteOptions) -> list[FilePart]:
    """Return the file with what is wanted in its blocks; OverflowError if one is too large."""
    sound = next(flac_stream.iter_essence(source))
    start, found = blocks(source, sound.start)
    held = [(kind, source.read(span.start, span.size)) for kind, span in found]
    fronts = (source.read(span.start, span.size) for span in around.before(source, start))
    return [
        *(around.front(data, wanted, manner) for data in fronts),
        _MARK + _rendered(_changed(held, wanted), sound.start - start - len(_MARK)),
        sound,
        *around.back(source, sound.end, wanted, manner),
    ]


def blocks(source: BoundedFile, end: int) -> tuple[int, list[Metadata]]:
    """Return where `fLaC` stands, and the blocks up to the sound; Odd where they do not fit."""
    start = at = _start(source, end)
    at += len(_MARK)
    found: list[Metadata] = []
    while at < end and len(found) < _MOST:
        head = source.read(at, 4)
        span = ByteRange(at + 4, at + 4 + int.from_bytes(head[1:]))
        found.append(Metadata(head[0] & 0x7F, span))
        at = span.end
    if at != end or not found:
        raise UnsupportedLayout("its blocks do not fit into each other")
    return start, found


def _start(source: BoundedFile, end: int) -> int:
    for span in [*around.before(source, end), ByteRange(0, 0)]:
        if source.read(span.start, len(_MARK)) == _MARK:
            return span.start
    raise UnsupportedLayout("it does not begin like FLAC")


def _changed(held: list[tuple[int, bytes]], wanted: TargetTags) -> list[tuple[int, bytes]]:
    place = next((index for index, (kind, _) in enumerate(held) if kind == _COMMENT), None)
    comments = Comments.new() if place is None else Comments.parse(held[place][1])
    comments.assign(wanted.texts)
    covered = not wanted.cover or comments.embed(wanted.cover, anew=False)
    new = (_COMMENT, comments.render())
    before, after = (1, 1) if place is None else (place, place + 1)
    held = [*held[:before], new, *held[after:]]
    return held if covered or not wanted.cover else _covered(held, wanted.cover)


def _covered(held: list[tuple[int, bytes]], cover: SetCover) -> list[tuple[int, bytes]]:
    new = (PICTURE, picture(cover))
    for index, (kind, data) in enumerate(held):
        if kind == PICTURE and int.from_bytes(data[:4]) == FRONT:
            return [*held[:index], new, *held[index + 1 :]]
    place = 1 + max(index for index, (kind, _) in enumerate(held) if kind != _PADDING)
    return [*held[:place], new, *held[place:]]


def _rendered(held: list[tuple[int, bytes]], size: int) -> bytes:
    """Write the blocks in as many bytes as they had where the padding allows it."""
    left = size - sum(4 + len(data) for _, data in held)
    paddings = [index for index, (kind, _) in enumerate(held) if kind == _PADDING]
    if paddings:
        place = max(paddings, key=lambda index: len(held[index][1]))
        room = len(held[place][1]) + left
        held = [*held]
        held[place] = (_PADDING, bytes(room if 0 <= room <= _LARGEST else PADDING))
    elif left:
        held = [*held, (_PADDING, bytes(left - 4 if 4 <= left <= _LARGEST else PADDING))]
    last = len(held) - 1
    return b"".join(
        bytes([kind | _LAST * (index == last)]) + len(data).to_bytes(3) + data
        for index, (kind, data) in enumerate(held)
    )
