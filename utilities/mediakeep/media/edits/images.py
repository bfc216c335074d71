"""Find embedded pictures and the location of their bytes, so that each is stored only once."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mediakeep.media import formats
from mediakeep.media.dialects import frames, id3
from mediakeep.media.edits import apev2, around, comments, flac, mp4, ogg
from mediakeep.media.edits.id3 import Tag
from mediakeep.media.source import Source, Span
from mediakeep.media.splices import pages, soundmap
from mediakeep.media.streams import flac as flacstream
from mediakeep.media.streams import mpeg

FRONT = 3

_COMMENTS = "Vorbis comment"
_UNSYNCED = 0x02

_MIMES = {13: "image/jpeg", 14: "image/png", 27: "image/bmp"}


class Image(NamedTuple):
    """A picture: its ID3 picture type, MIME type, bytes, and their ranges in the file.

    `spans` is empty if the bytes are stored in encoded form. `container` is the tag format, such as
    "ID3v2". In Ogg the ranges contain base64, possibly spread over pages, of `block`, a FLAC
    picture block with a header.
    """

    type: int
    mime: str
    data: bytes
    spans: tuple[Span, ...]
    block: bytes = b""
    container: str = _COMMENTS


def of(source: Source, kind: str) -> list[Image]:
    """Return the pictures of a file, except compressed ones."""
    return list(_FINDERS[kind](source))


def front(images: list[Image], container: str) -> Image | None:
    """Return the first front cover in a container, such as "ID3v2.4"."""
    fronts = (image for image in images if image.type == FRONT)
    return next((image for image in fronts if container.startswith(image.container)), None)


def _sound(spans: Iterator[Span]) -> Span:
    """Return the first audio range; raise ValueError if a damaged header hides it.

    A bare `next` would end the generator that calls this with a RuntimeError.
    """
    first = next(spans, None)
    if first is None:
        raise ValueError("no audio between the tags")
    return first


def _mp3(source: Source) -> Iterator[Image]:
    sound = _sound(mpeg.essence(source))
    yield from _around(source, sound.start, sound.end)


def _flac(source: Source) -> Iterator[Image]:
    sound = _sound(flacstream.essence(source))
    start, blocks = flac.blocks(source, sound.start)
    yield from _around(source, start, sound.end)
    for block in blocks:
        data = source.read(block.span.start, block.span.size)
        if block.kind == flac.PICTURE and (parsed := _block(data)):
            type_, mime, place = parsed
            yield Image(
                type_, mime, data[place:], (Span(block.span.start + place, block.span.end),)
            )


def _mp4(source: Source) -> Iterator[Image]:
    place = mp4.find(source).list
    for atom in soundmap.atoms(source, place.start, place.end) if place else ():
        if atom.name == b"covr":
            for part in soundmap.atoms(source, atom.body, atom.end):
                data = source.read(part.body, part.end - part.body)
                if part.name == b"data" and len(data) > 8:
                    mime = _MIMES.get(int.from_bytes(data[1:4]), "")
                    yield Image(FRONT, mime, data[8:], (Span(part.body + 8, part.end),), b"", "MP4")


def _ogg(kind: str) -> Callable[[Source], Iterator[Image]]:
    def find(source: Source) -> Iterator[Image]:
        opening = pages.opening(source, soundmap.PACKETS[kind])
        spans, mark = opening.packets[0], ogg.MARKS[kind]
        packet = ogg.joined(source, spans)
        found = comments.Comments.parse(packet.removeprefix(mark))
        at = len(mark) + 8 + len(found.vendor)
        for entry in found.entries:
            at += 4
            name, _, text = entry.partition(b"=")
            if image := _written(name.decode("latin-1").lower(), text):
                start = at + len(entry) - len(text)
                yield image._replace(spans=_within(spans, start, start + len(text)))
            at += len(entry)

    return find


def _written(name: str, text: bytes) -> Image | None:
    """Decode a base64 picture; return None if encoding it again would give another text."""
    if name not in (comments.PICTURE, comments.OLD_PICTURE):
        return None
    try:
        data = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    if base64.b64encode(data) != text:
        return None
    if name == comments.OLD_PICTURE:
        return Image(FRONT, "", data, (), data)
    parsed = _block(data)
    return Image(parsed[0], parsed[1], data[parsed[2] :], (), data) if parsed else None


def _block(data: bytes) -> tuple[int, str, int] | None:
    """Return picture type, MIME type and data offset of a FLAC picture block."""
    mime = 8 + int.from_bytes(data[4:8])
    place = mime + 4 + int.from_bytes(data[mime : mime + 4]) + 20
    if place >= len(data) or int.from_bytes(data[place - 4 : place]) != len(data) - place:
        return None
    return int.from_bytes(data[:4]), data[8:mime].decode("latin-1"), place


def _around(source: Source, start: int, end: int) -> Iterator[Image]:
    for span in around.before(source, start):
        data = source.read(span.start, span.size)
        if id3.extent(data):
            yield from _framed(data, span.start)
    for kind, span in around.behind(source, end):
        if kind == "APEv2":
            yield from _items(source.read(span.start, span.size), span.start)


def _framed(data: bytes, start: int) -> Iterator[Image]:
    """Yield the pictures of an ID3v2 tag; unsynchronized ones have no ranges."""
    tag = Tag.parse(data)
    for frame in tag.frames if tag else ():
        flags = frame.raw[9] if tag and tag.version > 2 else 0
        if not tag or frame.name != frames.PICTURE or flags & ~_UNSYNCED:
            continue
        marked = tag.version == 4 and (flags or tag.unsynced)
        raw = frame.raw.replace(b"\xff\0", b"\xff") if marked else frame.raw
        end = start + frame.place + len(frame.raw)
        for image in tag.told(frame).pictures:
            spans = () if tag.unsynced or flags else (Span(end - image.size, end),)
            picture = raw[len(raw) - image.size :]
            yield Image(image.type, image.mime, picture, spans, b"", "ID3v2")


def _items(data: bytes, start: int) -> Iterator[Image]:
    at = 0
    for item in apev2.items(data):
        at = data.index(item.raw, at) + len(item.raw)
        if item.name.lower() == apev2.COVER:
            picture = item.value[item.value.find(b"\0") + 1 :]
            span = Span(start + at - len(picture), start + at)
            yield Image(FRONT, "", picture, (span,), b"", "APEv2")


def _within(spans: tuple[Span, ...], start: int, end: int) -> tuple[Span, ...]:
    """Return the ranges of a part of a packet that is spread over pages."""
    ranges, at = [], 0
    for span in spans:
        first, last = max(start - at, 0), min(end - at, span.size)
        if first < last:
            ranges.append(Span(span.start + first, span.start + last))
        at += span.size
    return tuple(ranges)


_FINDERS: Mapping[str, Callable[[Source], Iterator[Image]]] = {
    formats.MP3.name: _mp3,
    formats.FLAC.name: _flac,
    formats.MP4.name: _mp4,
    formats.VORBIS.name: _ogg(formats.VORBIS.name),
    formats.OPUS.name: _ogg(formats.OPUS.name),
}
