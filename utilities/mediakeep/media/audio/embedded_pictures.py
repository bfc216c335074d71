"""Find embedded pictures and where their bytes are, so that undo records store each only once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mediakeep.media.audio import dsf, formats, surrounding_tags, tag_ranges
from mediakeep.media.audio.ape import ape_items
from mediakeep.media.audio.asf import asf_stream, asf_tags
from mediakeep.media.audio.flac import flac_stream, metadata_blocks, raw_comments
from mediakeep.media.audio.flac.raw_comments import RawComments
from mediakeep.media.audio.id3 import frame_encoding, frames, id3v2, raw_frames
from mediakeep.media.audio.mp3 import mp3_stream
from mediakeep.media.audio.mp4 import tag_list
from mediakeep.media.audio.mp4.raw_atoms import iter_atoms
from mediakeep.media.audio.ogg import comment_packet
from mediakeep.media.audio.riff import raw_chunks, riff_stream
from mediakeep.media.bounded_file import BoundedFile, ByteRange

FRONT_COVER_TYPE = 3

_COMMENTS = "Vorbis comment"
_UNSYNCED = 0x02

_MP4_MIME_TYPES = {13: "image/jpeg", 14: "image/png", 27: "image/bmp"}


class StoredPicture(NamedTuple):
    """A picture embedded in an audio file: ID3 picture type, MIME type, bytes and location.

    `spans` are the byte ranges of the picture in the file, empty if it is stored in encoded form.
    `container` is the tag format, such as "ID3v2". In Ogg the ranges contain base64 text, possibly
    spread over pages; its decoded form is `block`, a FLAC picture block with a header.
    """

    type: int
    mime: str
    data: bytes
    spans: tuple[ByteRange, ...]
    block: bytes = b""
    container: str = _COMMENTS


def find_pictures(source: BoundedFile, kind: str) -> list[StoredPicture]:
    """Return the pictures embedded in an audio file, except pictures in compressed tag frames."""
    return list(_FINDERS[kind](source))


def find_front_cover(images: list[StoredPicture], container: str) -> StoredPicture | None:
    """Return the first front cover in a tag format, such as "ID3v2.4", or None."""
    fronts = (image for image in images if image.type == FRONT_COVER_TYPE)
    return next((image for image in fronts if container.startswith(image.container)), None)


def _find_in_mp3(source: BoundedFile) -> Iterator[StoredPicture]:
    audio = tag_ranges.find_audio(mp3_stream.iter_essence(source))
    yield from _find_around_audio(source, audio.start, audio.end)


def _find_in_flac(source: BoundedFile) -> Iterator[StoredPicture]:
    audio = tag_ranges.find_audio(flac_stream.iter_essence(source))
    start, blocks = metadata_blocks.find_blocks(source, audio.start)
    yield from _find_around_audio(source, start, audio.end)
    for block in blocks:
        if block.block_type != flac_stream.PICTURE_BLOCK:
            continue
        data = source.read(block.start, block.end - block.start)
        if parsed := _parse_picture_block(data):
            type_, mime, offset = parsed
            span = ByteRange(block.start + offset, block.end)
            yield StoredPicture(type_, mime, data[offset:], (span,))
    comments = next((one for one in blocks if one.block_type == flac_stream.COMMENT_BLOCK), None)
    if comments:
        yield from _find_in_comments(source.read(comments.start, comments.end - comments.start))


def _find_in_comments(data: bytes) -> Iterator[StoredPicture]:
    """Yield the pictures of a FLAC comment block, without ranges; none if it is damaged."""
    try:
        entries = RawComments.parse(data).entries
    except ValueError:
        return
    for entry in entries:
        name, _, text = entry.partition(b"=")
        if image := _decode_base64(name.decode("latin-1").lower(), text):
            yield image


def _find_in_mp4(source: BoundedFile) -> Iterator[StoredPicture]:
    content = tag_list.find_tag_list(source).content
    for atom in iter_atoms(source, content.start, content.end) if content else ():
        if atom.name == b"covr":
            for part in iter_atoms(source, atom.body, atom.end):
                data = source.read(part.body, part.end - part.body)
                if part.name == b"data" and len(data) > 8:
                    mime = _MP4_MIME_TYPES.get(int.from_bytes(data[1:4]), "")
                    yield StoredPicture(
                        FRONT_COVER_TYPE,
                        mime,
                        data[8:],
                        (ByteRange(part.body + 8, part.end),),
                        b"",
                        "MP4",
                    )


def _ogg_finder(kind: str) -> Callable[[BoundedFile], Iterator[StoredPicture]]:
    def find(source: BoundedFile) -> Iterator[StoredPicture]:
        packet = comment_packet.read_packet(source, kind)
        found = RawComments.parse(packet.content)
        at = len(packet.magic) + 8 + len(found.vendor)
        for entry in found.entries:
            at += 4
            name, _, text = entry.partition(b"=")
            if image := _decode_base64(name.decode("latin-1").lower(), text):
                start = at + len(entry) - len(text)
                yield image._replace(
                    spans=_split_over_ranges(packet.spans, start, start + len(text))
                )
            at += len(entry)

    return find


def _decode_base64(name: str, text: bytes) -> StoredPicture | None:
    """Decode a picture from base64 text.

    Return None if encoding it again would give another text.
    """
    if name not in (raw_comments.PICTURE_NAME, raw_comments.OLD_PICTURE_NAME):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    if base64.b64encode(data) != text:
        return None
    if name == raw_comments.OLD_PICTURE_NAME:
        return StoredPicture(FRONT_COVER_TYPE, "", data, (), data)
    parsed = _parse_picture_block(data)
    return StoredPicture(parsed[0], parsed[1], data[parsed[2] :], (), data) if parsed else None


def _parse_picture_block(data: bytes) -> tuple[int, str, int] | None:
    """Return picture type, MIME type and the byte offset of the image in a FLAC picture block."""
    mime = 8 + int.from_bytes(data[4:8])
    offset = mime + 4 + int.from_bytes(data[mime : mime + 4]) + 20
    if offset >= len(data) or int.from_bytes(data[offset - 4 : offset]) != len(data) - offset:
        return None
    return int.from_bytes(data[:4]), data[8:mime].decode("latin-1"), offset


def _find_around_audio(source: BoundedFile, start: int, end: int) -> Iterator[StoredPicture]:
    for span in tag_ranges.find_leading_tags(source, start):
        data = source.read(span.start, span.size)
        if id3v2.parse_tag_size(data):
            yield from _find_in_id3(data, span.start)
    for kind, span in tag_ranges.find_trailing_tags(source, end):
        if kind == tag_ranges.APEV2:
            yield from _find_in_apev2(source.read(span.start, span.size), span.start)


def _find_in_id3(data: bytes, start: int) -> Iterator[StoredPicture]:
    """Yield the pictures of an ID3v2 tag; pictures stored with unsynchronization have no ranges."""
    tag = raw_frames.parse_tag(data)
    for frame in tag.frames if tag else ():
        flags = frame.raw[9] if tag and tag.version > 2 else 0
        if not tag or frame.name != frames.PICTURE_FRAME or flags & ~_UNSYNCED:
            continue
        raw = frame.raw
        if tag.version == 4 and (flags or tag.unsynced):
            raw = frame_encoding.remove_unsynchronisation(frame.content)
        end = start + frame.offset + len(frame.raw)
        for image in tag.read_frame(frame).pictures:
            spans = () if tag.unsynced or flags else (ByteRange(end - image.size, end),)
            picture = raw[len(raw) - image.size :]
            yield StoredPicture(image.type, image.mime, picture, spans, b"", "ID3v2")


def _find_in_apev2(data: bytes, start: int) -> Iterator[StoredPicture]:
    at = 0
    for item in ape_items.split_items(data):
        at = data.index(item.raw, at) + len(item.raw)
        if item.name.lower() == ape_items.FRONT_COVER_NAME:
            picture = item.value[item.value.find(b"\0") + 1 :]
            span = ByteRange(start + at - len(picture), start + at)
            yield StoredPicture(FRONT_COVER_TYPE, "", picture, (span,), b"", "APEv2")


def _find_around_range(source: BoundedFile) -> Iterator[StoredPicture]:
    audio = surrounding_tags.find_audio_range(source)
    yield from _find_around_audio(source, audio.start, audio.end)


def _find_in_riff(source: BoundedFile) -> Iterator[StoredPicture]:
    for chunk in raw_chunks.split_file(source).chunks:
        if chunk.name in riff_stream.ID3_CHUNKS and chunk.end > chunk.body:
            yield from _find_in_id3(source.read(chunk.body, chunk.end - chunk.body), chunk.body)


def _find_in_dsf(source: BoundedFile) -> Iterator[StoredPicture]:
    span = dsf.find_tag(source)
    if span.size:
        yield from _find_in_id3(source.read(span.start, span.size), span.start)


def _find_in_asf(source: BoundedFile) -> Iterator[StoredPicture]:
    for item in asf_stream.find_tag_objects(source):
        for value in asf_tags.iter_values(source, item):
            if value.is_picture and (found := asf_tags.locate_picture(source, value.span)):
                data = source.read(found.span.start, found.span.size)
                yield StoredPicture(found.type, found.mime, data, (found.span,), b"", "ASF")


def _split_over_ranges(spans: tuple[ByteRange, ...], start: int, end: int) -> tuple[ByteRange, ...]:
    """Return the file ranges of a part of an Ogg packet; the packet may span several pages.

    `start` and `end` are byte offsets within the packet.
    """
    ranges, at = [], 0
    for span in spans:
        first, last = max(start - at, 0), min(end - at, span.size)
        if first < last:
            ranges.append(ByteRange(span.start + first, span.start + last))
        at += span.size
    return tuple(ranges)


_FINDERS: Mapping[str, Callable[[BoundedFile], Iterator[StoredPicture]]] = {
    formats.MP3.name: _find_in_mp3,
    formats.FLAC.name: _find_in_flac,
    formats.MP4.name: _find_in_mp4,
    formats.VORBIS.name: _ogg_finder(formats.VORBIS.name),
    formats.OPUS.name: _ogg_finder(formats.OPUS.name),
    formats.WAV.name: _find_in_riff,
    formats.AIFF.name: _find_in_riff,
    formats.DSF.name: _find_in_dsf,
    formats.ASF.name: _find_in_asf,
    formats.TRUE_AUDIO.name: _find_around_range,
    formats.MONKEYS.name: _find_around_range,
    formats.WAVPACK.name: _find_around_range,
    formats.MUSEPACK.name: _find_around_range,
}

SUPPORTED_FORMATS = frozenset(_FINDERS)
