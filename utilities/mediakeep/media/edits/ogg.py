"""Vorbis and Opus in Ogg: the packet of comments, after "Ogg Vorbis I" (5) and RFC 7845 (5.2)."""

from __future__ import annotations

from mediakeep.media.audio import formats
from mediakeep.media.audio.ogg import rewrite_pages
from mediakeep.media.audio.ogg.rewrite_pages import UnsupportedLayout
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.edits.comments import Comments
from mediakeep.media.safewrite import audio_layout
from mediakeep.media.safewrite.file_assembly import FilePart, RenumberedPages

MARKS = {formats.VORBIS.name: b"\x03vorbis", formats.OPUS.name: b"OpusTags"}


def vorbis(source: BoundedFile, wanted: TargetTags, _manner: TagWriteOptions) -> list[FilePart]:
    """Return a file of Vorbis with what is wanted in its comments."""
    return _edited(source, wanted, formats.VORBIS.name)


def opus(source: BoundedFile, wanted: TargetTags, _manner: TagWriteOptions) -> list[FilePart]:
    """Return a file of Opus with what is wanted in its comments."""
    return _edited(source, wanted, formats.OPUS.name)


def joined(source: BoundedFile, spans: tuple[ByteRange, ...]) -> bytes:
    """Return a packet that is spread over pages."""
    return b"".join(source.read(span.start, span.size) for span in spans)


def _edited(source: BoundedFile, wanted: TargetTags, kind: str) -> list[FilePart]:
    opening = rewrite_pages.read_header_pages(source, audio_layout.HEADER_PACKETS[kind])
    first, *others = (joined(source, spans) for spans in opening.packets)
    if not first.startswith(MARKS[kind]):
        raise UnsupportedLayout("its second packet holds no tags")
    tags = _changed(first.removeprefix(MARKS[kind]), wanted)
    laid = rewrite_pages.build_pages(
        [MARKS[kind] + tags, *others], opening.serial, opening.pages[0].number
    )
    sound = ByteRange(opening.span.end, source.size)
    by = len(laid) - len(opening.pages)
    return [
        ByteRange(0, opening.span.start),
        b"".join(laid),
        RenumberedPages(sound, opening.serial, by) if by else sound,
    ]


def _changed(data: bytes, wanted: TargetTags) -> bytes:
    """Change the comments; zeros behind them give way or grow, anything else stays as it is.

    For Vorbis a bit that is set stands before the zeros.
    """
    comments = Comments.parse(data)
    framing, zeros = comments.rest[:1].strip(b"\0"), comments.rest.lstrip(b"\1")
    comments.assign(wanted.texts)
    if wanted.cover:
        comments.embed(wanted.cover, anew=True)
    if zeros.strip(b"\0") or not zeros:
        return comments.render()
    comments.rest = framing
    body = comments.render()
    return body + bytes(max(0, len(data) - len(body)))
