"""Write the tags of FLAC files: metadata blocks, and other tags around them."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

from collections import Counter
from io import BytesIO
from typing import Any, BinaryIO

from mutagen.flac import FLAC, MetadataBlock

from mediakeep.media.audio import tag_ranges
from mediakeep.media.audio.embedded_pictures import FRONT_COVER_TYPE
from mediakeep.media.audio.flac import flac_stream, metadata_blocks
from mediakeep.media.audio.flac.flac_stream import COMMENT_BLOCK, PICTURE_BLOCK, FlacBlock
from mediakeep.media.audio.flac.raw_comments import RawComments
from mediakeep.media.audio.tag_edits import SetCover, TargetTags
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.mutagen_tags import other_tags, vorbis_tags

TAG_FORMAT = vorbis_tags.TAG_FORMAT
PADDING = 4096  # bytes of new padding if the blocks have to grow

_PADDING_BLOCK = 1
_MAX_BLOCK_SIZE = (1 << 24) - 1
_STREAM_INFO = b"\x10\0\x10\0" + bytes(6) + b"\x0a\xc4\x42\xf0" + bytes(20)  # 44.1 kHz, stereo
_EMPTY_FILE = metadata_blocks.MAGIC + b"\x80\0\0\x22" + _STREAM_INFO


def save_tags(
    file: BinaryIO, source: BoundedFile, target: TargetTags, options: TagWriteOptions
) -> None:
    """Write target values into the open file `file`, whose current bytes are `source`."""
    start, held, audio = _read_blocks(source)
    leading = [
        other_tags.update_leading(source, span, target, options)
        for span in tag_ranges.find_leading_tags(source, start)
    ]
    size = audio.start - start
    blocks = ByteRange(start, audio.start), _save_blocks(_change_blocks(held, target), size)
    trailing = other_tags.update_trailing(source, audio.end, target, options)
    other_tags.apply_patches(file, [*leading, blocks, *trailing])


def read_texts(source: BoundedFile) -> dict[str, list[str]]:
    """Return the texts of the comment block as mutagen reads them."""
    return vorbis_tags.read_texts(_comments(_read_blocks(source)[1]).build())


def find_lost_items(old: BoundedFile, new: BoundedFile, target: TargetTags) -> list[str]:
    """Return names of comments and types of blocks that a new file has lost.

    What `target` changes is left out.
    """
    before, after = (_read_blocks(source)[1] for source in (old, new))
    changed = (_PADDING_BLOCK, COMMENT_BLOCK)
    expected = Counter(block for block in before if block[0] not in changed)
    if target.cover and (front := next(filter(_is_front_cover, before), None)):
        expected -= Counter([front])
        target = TargetTags(target.texts)
    lost = vorbis_tags.find_lost_entries(_comments(before), _comments(after), target)
    return [*lost, *(f"block {kind}" for kind, _ in expected - Counter(after))]


def _read_blocks(source: BoundedFile) -> tuple[int, list[tuple[int, bytes]], ByteRange]:
    """Return the offset of `fLaC`, type and content of each block, and the range of the audio."""
    audio = tag_ranges.find_audio(flac_stream.iter_essence(source))
    start, found = metadata_blocks.find_blocks(source, audio.start)
    return start, [(block.block_type, _content(source, block)) for block in found], audio


def _content(source: BoundedFile, block: FlacBlock) -> bytes:
    return source.read(block.start, block.end - block.start)


def _comments(held: list[tuple[int, bytes]]) -> RawComments:
    data = next((data for kind, data in held if kind == COMMENT_BLOCK), None)
    return vorbis_tags.new_comments() if data is None else RawComments.parse(data)


def _change_blocks(held: list[tuple[int, bytes]], target: TargetTags) -> list[tuple[int, bytes]]:
    """Return the blocks with changed comments, after the first block if there were none.

    A front cover in the comments is replaced only if no block contains one.
    """
    at = next((n for n, (kind, _) in enumerate(held) if kind == COMMENT_BLOCK), None)
    comments = _comments(held)
    vorbis_tags.assign_texts(comments, target)
    cover = target.cover
    has_front_block = any(map(_is_front_cover, held))
    if cover and not has_front_block and vorbis_tags.replace_front_cover(comments, cover):
        cover = None
    before, after = (1, 1) if at is None else (at, at + 1)
    held = [*held[:before], (COMMENT_BLOCK, comments.build()), *held[after:]]
    return _set_front_cover(held, cover) if cover else held


def _set_front_cover(held: list[tuple[int, bytes]], cover: SetCover) -> list[tuple[int, bytes]]:
    new = (PICTURE_BLOCK, vorbis_tags.build_picture(cover))
    for index, block in enumerate(held):
        if _is_front_cover(block):
            return [*held[:index], new, *held[index + 1 :]]
    return [*held, new]


def _is_front_cover(block: tuple[int, bytes]) -> bool:
    kind, data = block
    return kind == PICTURE_BLOCK and int.from_bytes(data[:4]) == FRONT_COVER_TYPE


def _save_blocks(held: list[tuple[int, bytes]], size: int) -> bytes:
    """Return the blocks as mutagen saves them, with `fLaC` before them.

    They take `size` bytes again if that is enough. Padding is one block at the end.
    """
    if any(len(data) > _MAX_BLOCK_SIZE for _, data in held):
        raise OverflowError
    kept = [block for block in held if block[0] != _PADDING_BLOCK]
    room = size - len(metadata_blocks.MAGIC) - sum(4 + len(data) for _, data in kept) - 4
    file = BytesIO(_EMPTY_FILE)
    audio: Any = FLAC(file)
    audio.metadata_blocks = [_raw_block(kind, data) for kind, data in kept]
    file.seek(0)
    audio.save(file, padding=lambda _: room if 0 <= room <= _MAX_BLOCK_SIZE else PADDING)
    return file.getvalue()


def _raw_block(kind: int, data: bytes) -> Any:
    block: Any = MetadataBlock(data)
    block.code = kind
    return block
