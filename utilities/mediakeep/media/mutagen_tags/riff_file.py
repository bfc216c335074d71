"""Write the tags of WAV and AIFF files: an ID3v2 tag in a chunk, and the texts of RIFF INFO.

mutagen cannot read RIFF INFO, so its texts are changed here.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
from typing import Any, BinaryIO

from mutagen import _riff, aiff

from mediakeep.media.audio import to_native_tags
from mediakeep.media.audio.id3 import id3v2, raw_frames
from mediakeep.media.audio.riff import info_tags, raw_chunks, riff_stream
from mediakeep.media.audio.riff.raw_chunks import RawChunk, RiffFile
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import OtherTags, TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.mutagen_tags import copy_file, id3_tags, other_tags
from mediakeep.media.mutagen_tags.other_tags import SIZE_FIELD, Patch

TAG_FORMAT = "id3"

_MAX_SIZE = 0xFFFFFFFF  # bytes that the header of a file can declare
_NEW_CHUNK_NAMES = {"<": b"id3 ", ">": b"ID3 "}
_TAG_FORMAT = "riff"
_SEPARATOR = "; "  # between values, of which an item has only one

_Item = tuple[bytes, bytes, bytes]  # name, content, and the byte after content of an odd size


def save_tags(
    file: BinaryIO, source: BoundedFile, target: TargetTags, options: TagWriteOptions
) -> None:
    """Write target values into the open file `file`, whose current bytes are `source`."""
    riff = raw_chunks.split_exact_file(source)
    main = _find_main_chunk(source, riff)
    patches = []
    for chunk in riff.chunks:
        if chunk != main and not raw_chunks.is_tag_chunk(source, chunk):
            continue
        if chunk != main and options.other_tags is OtherTags.REMOVE:
            patches.append((chunk.whole, b""))
        elif chunk == main or options.other_tags is OtherTags.UPDATE:
            new = _update_chunk(
                source.read(chunk.body, chunk.end - chunk.body), chunk, target, options
            )
            patches.append((chunk.whole, raw_chunks.build_chunk(chunk.name, new, riff.order)))
    if main is None:
        missing_padding = bytes((riff.end - riff.start) % 2)
        new = id3_tags.update_tag(b"", target, options.id3)
        chunk_bytes = raw_chunks.build_chunk(_NEW_CHUNK_NAMES[riff.order], new, riff.order)
        patches.append((ByteRange(riff.end, riff.end), missing_padding + chunk_bytes))
    other_tags.apply_patches(file, [_build_size_patch(riff, patches), *patches])


def read_texts(source: BoundedFile) -> dict[str, list[str]]:
    """Return the texts of the main tag as mutagen reads them."""
    data = _read_main_tag(source)
    return id3_tags.read_texts(data) if data else {}


def find_lost_items(old: BoundedFile, new: BoundedFile, target: TargetTags) -> list[str]:
    """Return the names of frames that a new file lacks and `target` does not change.

    A wrong size in the header of the new file is among them.
    """
    before = _read_main_tag(old)
    lost = id3_tags.find_lost_frames(before, _read_main_tag(new), target) if before else []
    if not _is_main_tag_in_mutagen(new):
        lost = [*lost, "ID3 chunk"]
    return lost if _has_exact_size(new) else [*lost, SIZE_FIELD]


def _is_main_tag_in_mutagen(source: BoundedFile) -> bool:
    """Return True if mutagen finds the ID3 chunk, if any, among the chunks of the whole file."""
    riff = raw_chunks.split_exact_file(source)
    main = _find_main_chunk(source, riff)
    view = copy_file.FileView(source, riff.start)
    file: Any = _riff.RiffFile(view) if riff.order == "<" else aiff.AIFFFile(view)
    return not main or main.start - riff.start in [chunk.offset for chunk in file.root.subchunks()]


def _has_exact_size(source: BoundedFile) -> bool:
    riff = raw_chunks.split_exact_file(source)
    (size,) = struct.unpack(f"{riff.order}I", source.read(riff.start + 4, 4))
    return bool(riff.start + raw_chunks.HEADER_SIZE + size == riff.form_end)


def _update_chunk(
    data: bytes, chunk: RawChunk, target: TargetTags, options: TagWriteOptions
) -> bytes:
    if chunk.name == riff_stream.LIST_CHUNK:
        return update_list(data, target)
    return id3_tags.update_tag(data, target, options.id3)


def _read_main_tag(source: BoundedFile) -> bytes:
    main = _find_main_chunk(source, raw_chunks.split_exact_file(source))
    return source.read(main.body, main.end - main.body) if main else b""


def _find_main_chunk(source: BoundedFile, riff: RiffFile) -> RawChunk | None:
    """Return the first ID3 chunk with texts or pictures, or the first one if none has any.

    Raises ValueError if that is not empty and does not contain ID3v2.
    """
    chunks = [chunk for chunk in riff.chunks if chunk.name in riff_stream.ID3_CHUNKS]
    for chunk in chunks:
        data = source.read(chunk.body, chunk.end - chunk.body)
        tag = raw_frames.parse_tag(data) if id3v2.parse_tag_size(data) else None
        block = tag.read() if tag else None
        if block and (block.texts or block.pictures):
            return chunk
    main = chunks[0] if chunks else None
    if main and main.end > main.body and not id3v2.parse_tag_size(source.read(main.body, 10)):
        raise ValueError("an ID3 chunk without a tag")
    return main


def _build_size_patch(riff: RiffFile, patches: list[Patch]) -> Patch:
    """Return the patch of the size in the header of the file."""
    growth = sum(len(data) - span.size for span, data in patches)
    size = riff.form_end + growth - riff.start - raw_chunks.HEADER_SIZE
    if size > _MAX_SIZE:
        raise OverflowError
    return ByteRange(riff.start + 4, riff.start + 8), struct.pack(f"{riff.order}I", size)


def update_list(data: bytes, target: TargetTags) -> bytes:
    """Return the content of an INFO list with the target values that have a name in it.

    They are added, too: FFmpeg ignores ID3v2 next to an INFO list, even if that has only the name
    of the encoder.
    """
    items, rest = _split_items(data)
    texts: dict[str, list[str]] = {}
    for item_name, content, _ in items:
        text = info_tags.decode_text(content.partition(b"\0")[0])
        texts.setdefault(item_name.decode("latin-1"), []).append(text)
    wanted = {
        field: values
        for field, values in target.texts.items()
        if field == "track_total" or to_native_tags.native_names(field, _TAG_FORMAT)
    }
    for name, values in to_native_tags.convert_to_native_tags(texts, _TAG_FORMAT, wanted).items():
        items = _assign(items, name.encode("latin-1"), _SEPARATOR.join(values))
    return info_tags.LIST_TYPE + b"".join(_build_item(*item) for item in items) + rest


def _split_items(data: bytes) -> tuple[list[_Item], bytes]:
    """Return the items up to the first one that exceeds the list, and the bytes after them.

    The byte after content of an odd size may be missing.
    """
    items, at = list[_Item](), len(info_tags.LIST_TYPE)
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        end = at + 8 + size
        if end > len(data):
            break
        at = end + size % 2
        if size % 2 and _is_item(data, end) and not _is_item(data, at):
            at = end
        items.append((name, data[end - size : end], data[end:at]))
    return items, data[at:]


def _is_item(data: bytes, at: int) -> bool:
    """Return True if an item with a printable name begins at a byte offset of a list."""
    if at + 8 > len(data):
        return False
    name, size = struct.unpack_from("<4sI", data, at)
    return at + 8 + size <= len(data) and all(0x20 <= byte <= 0x7E for byte in name)


def _assign(items: list[_Item], name: bytes, text: str) -> list[_Item]:
    """Replace the first item of a name and remove the others; add one if there is none."""
    places = [index for index, item in enumerate(items) if item[0] == name]
    at = places[0] if places else len(items)
    kept = [item for index, item in enumerate(items) if index not in places]
    new = [(name, text.encode() + b"\0", b"")] if text else []
    return [*kept[:at], *new, *kept[at:]]


def _build_item(name: bytes, content: bytes, padding: bytes) -> bytes:
    padding = padding or bytes(len(content) % 2)
    return name + struct.pack("<I", len(content)) + content + padding
