"""Write the comments of Vorbis and Opus in Ogg: "Ogg Vorbis I" (5) and RFC 7845 (5.2).

mutagen builds the header pages. The pages after them are renumbered by mediakeep: mutagen would
compute their checksums again, which hides damaged audio.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import BinaryIO

from mutagen.ogg import OggPage

from mediakeep import atomic_files
from mediakeep.media.audio.flac.raw_comments import RawComments
from mediakeep.media.audio.ogg import comment_packet, rewrite_pages
from mediakeep.media.audio.ogg.rewrite_pages import OggHeaderPages
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.mutagen_tags import other_tags, vorbis_tags

_PAGE_SIZE = 125 * 255  # bytes; mutagen fills pages up to twice that, and 255 * 255 is the limit
_CHUNK = 1 << 20  # bytes renumbered at once


class OggTagWriter:
    """The tag writer for one audio format in Ogg; `kind` is its name."""

    TAG_FORMAT = vorbis_tags.TAG_FORMAT

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def save_tags(
        self, file: BinaryIO, source: BoundedFile, target: TargetTags, _options: TagWriteOptions
    ) -> None:
        """Write target values into the open file `file`, whose current bytes are `source`."""
        packet = comment_packet.read_packet(source, self._kind)
        new = packet.magic + _change_comments(packet.content, target)
        header = packet.pages
        pages = _build_pages([new, *packet.others], header)
        data = b"".join(page.write() for page in pages)
        other_tags.apply_patches(file, [(header.span, data)])
        if by := len(pages) - len(header.pages):
            _renumber_pages(file, header.span.start + len(data), header.serial, by)

    def read_texts(self, source: BoundedFile) -> dict[str, list[str]]:
        """Return the texts of the comment packet as mutagen reads them."""
        return vorbis_tags.read_texts(comment_packet.read_packet(source, self._kind).content)

    def find_lost_items(self, old: BoundedFile, new: BoundedFile, target: TargetTags) -> list[str]:
        """Return the names of comments that a new file has lost."""
        before, after = (
            RawComments.parse(comment_packet.read_packet(source, self._kind).content)
            for source in (old, new)
        )
        lost = vorbis_tags.find_lost_entries(before, after, target)
        if before.rest.strip(b"\0") != after.rest.strip(b"\0"):
            lost.append("data after the comments")
        return lost


def _change_comments(data: bytes, target: TargetTags) -> bytes:
    """Return changed comments; zeros after them shrink or grow, other bytes stay.

    In Vorbis a framing bit precedes the zeros.
    """
    comments = RawComments.parse(data)
    framing, zeros = comments.rest[:1].strip(b"\0"), comments.rest.lstrip(b"\1")
    vorbis_tags.assign_texts(comments, target)
    if target.cover and not vorbis_tags.replace_front_cover(comments, target.cover):
        vorbis_tags.add_front_cover(comments, target.cover)
    if zeros.strip(b"\0") or not zeros:
        return comments.build()
    comments.rest = framing
    return comments.build().ljust(len(data), b"\0")


def _build_pages(packets: list[bytes], header: OggHeaderPages) -> list[OggPage]:
    pages: list[OggPage] = OggPage.from_packets(
        packets, header.pages[0].number, default_size=_PAGE_SIZE, wiggle_room=0
    )
    for page in pages:
        page.serial = int.from_bytes(header.serial, "little")
    return pages


def _renumber_pages(file: BinaryIO, start: int, serial: bytes, by: int) -> None:
    """Increase the numbers of the pages from an offset on by `by`."""
    file.flush()
    size, at = os.fstat(file.fileno()).st_size, start
    source = BoundedFile(file.fileno(), size, _CHUNK)
    for data in rewrite_pages.renumber_pages(_read_chunks(source, start, size), serial, by):
        atomic_files.write_at(file.fileno(), data, at)
        at += len(data)


def _read_chunks(source: BoundedFile, start: int, end: int) -> Iterator[bytes]:
    for at in range(start, end, _CHUNK):
        span = ByteRange(at, min(at + _CHUNK, end))
        yield source.read(span.start, span.size)
