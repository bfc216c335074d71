"""The walk from frame to frame through MP3 and ADTS: gaps, a cut end, frames that are missing.

Each frame tells where the next one begins, so a bit that changed in a header, a sector of zeros or
a cut shows at once; what changed within a frame does not.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import msgspec

from mediakeep.media.decoding import headers
from mediakeep.media.decoding.headers import HEADER, Dialect, Frame
from mediakeep.media.source import Source, Span

_SEARCHED = 1 << 16  # bytes searched at once for the next frame
_REACH = 8192 + HEADER  # bytes from a frame to behind the next one's header, at most
_ID3V1, _APE = 128, 32
_FEW = 1  # frames that encoders count more than they write
_EMPTY = 4096  # bytes of nothing behind the last frame that are no padding any more


class Walk(msgspec.Struct):
    """What was met on the way; places as seconds of sound before them, sizes in bytes."""

    # Of the frames that hold sound: where each begins, and its bytes. A long book has millions.
    starts: array[int] = msgspec.field(default_factory=lambda: array("Q"))
    sizes: array[int] = msgspec.field(default_factory=lambda: array("H"))
    seconds: float = 0.0
    gaps: list[float] = []
    cut: bool = False  # the last frame goes on behind the end
    empty: bool = False  # nothing but zeros lies where more sound should be
    told: int = 0  # frames that there should be; 0 where nothing tells

    @property
    def places(self) -> Iterator[Span]:
        """Where each frame that holds sound lies."""
        pairs = zip(self.starts, self.sizes, strict=True)
        return (Span(start, start + size) for start, size in pairs)

    @property
    def missing(self) -> int:
        """How many frames there should be more."""
        lost = self.told - len(self.starts)
        return lost if self.told and lost > _FEW else 0


def walk(source: Source, audio: Span, dialect: Dialect) -> Walk | None:
    """Walk through the audio of a file; None where no two frames follow each other."""
    at = _search(source, audio, dialect)
    if at is None:
        return None
    found, kind = Walk(), None
    while at < audio.end:
        frame = dialect.read(source.read(at, HEADER))
        if frame and (kind is None or frame.kind == kind):
            found.cut = not _take(found, source, Span(at, at + frame.size), frame, audio.end)
            at, kind = at + frame.size, frame.kind
            continue
        behind = _behind_tag(source, at)
        following = _search(source, Span(behind, audio.end), dialect)
        if following is None:
            found.empty = _is_empty(source, Span(behind, audio.end))
            break
        if following > behind:
            found.gaps.append(found.seconds)
        at, kind = following, None
    return found


def _take(found: Walk, source: Source, place: Span, frame: Frame, end: int) -> bool:
    """Count a frame, unless it is the encoder's own or cut off; tell whether all of it is there."""
    if place.end > end:
        return False
    if not found.starts and not found.told:
        found.told = headers.told(source.read(place.start, min(place.size, 200)))
        if found.told:
            return True
    found.starts.append(place.start)
    found.sizes.append(place.size)
    found.seconds += frame.seconds
    return True


def _search(source: Source, span: Span, dialect: Dialect) -> int | None:
    """Find the next place where one frame follows another of its kind."""
    for start in range(span.start, span.end, _SEARCHED):
        piece = source.read(start, min(_SEARCHED + _REACH, span.end - start))
        for at in _candidates(piece, dialect):
            if at >= _SEARCHED:
                break
            first = dialect.read(piece[at : at + HEADER])
            if first is None:
                continue
            second = dialect.read(piece[at + first.size :][:HEADER])
            if (second and second.kind == first.kind) or start + at + first.size == span.end:
                return start + at
    return None


def _candidates(piece: bytes, dialect: Dialect) -> Iterator[int]:
    """Give each place that a frame may begin at; they may overlap."""
    at = -1
    while found := dialect.start.search(piece, at + 1):
        at = found.start()
        yield at


def _behind_tag(source: Source, at: int) -> int:
    """Return where a tag ends that stands between frames, as where files were joined."""
    head = source.read(at, _APE)
    if head.startswith(b"TAG"):
        return at + _ID3V1
    if head.startswith(b"ID3") and len(head) > 9:
        return at + 10 + sum((byte & 127) << 7 * n for n, byte in enumerate(reversed(head[6:10])))
    if head.startswith(b"APETAGEX"):
        return at + _APE + int.from_bytes(head[12:16], "little")
    return at


def _is_empty(source: Source, span: Span) -> bool:
    return span.size >= _EMPTY and not any(
        source.read(start, min(_SEARCHED, span.end - start)).strip(b"\0")
        for start in range(span.start, span.end, _SEARCHED)
    )
