"""Vorbis and Opus in Ogg: the packet of comments, after "Ogg Vorbis I" (5) and RFC 7845 (5.2)."""

from __future__ import annotations

from mediakeep.media import formats
from mediakeep.media.edits.changes import Wanted
from mediakeep.media.edits.comments import Comments
from mediakeep.media.edits.manner import Manner
from mediakeep.media.source import Source, Span
from mediakeep.media.splices import pages, soundmap
from mediakeep.media.splices.pages import Odd
from mediakeep.media.splices.pieces import Pages, Piece

MARKS = {formats.VORBIS.name: b"\x03vorbis", formats.OPUS.name: b"OpusTags"}


def vorbis(source: Source, wanted: Wanted, _manner: Manner) -> list[Piece]:
    """Return a file of Vorbis with what is wanted in its comments."""
    return _edited(source, wanted, formats.VORBIS.name)


def opus(source: Source, wanted: Wanted, _manner: Manner) -> list[Piece]:
    """Return a file of Opus with what is wanted in its comments."""
    return _edited(source, wanted, formats.OPUS.name)


def joined(source: Source, spans: tuple[Span, ...]) -> bytes:
    """Return a packet that is spread over pages."""
    return b"".join(source.read(span.start, span.size) for span in spans)


def _edited(source: Source, wanted: Wanted, kind: str) -> list[Piece]:
    opening = pages.opening(source, soundmap.PACKETS[kind])
    first, *others = (joined(source, spans) for spans in opening.packets)
    if not first.startswith(MARKS[kind]):
        raise Odd("its second packet holds no tags")
    tags = _changed(first.removeprefix(MARKS[kind]), wanted)
    laid = pages.paged([MARKS[kind] + tags, *others], opening.serial, opening.pages[0].number)
    sound = Span(opening.span.end, source.size)
    by = len(laid) - len(opening.pages)
    return [
        Span(0, opening.span.start),
        b"".join(laid),
        Pages(sound, opening.serial, by) if by else sound,
    ]


def _changed(data: bytes, wanted: Wanted) -> bytes:
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
