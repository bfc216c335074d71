"""Where the sound of a file lies, part by part, so that it can be put between other tags.

MP3, FLAC   all between the tags
MP4         each `trak`, which tells where its sound lies, and the content of each `mdat`
Ogg         the packet that Vorbis needs to decode, then all pages of sound
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from mediakeep.media import formats
from mediakeep.media.source import Source, Span
from mediakeep.media.splices import pages
from mediakeep.media.splices.chunks import Move
from mediakeep.media.splices.pages import Odd
from mediakeep.media.splices.pieces import Pages, Piece, Tables
from mediakeep.media.streams import flac, mpeg

PACKETS = {formats.VORBIS.name: 2, formats.OPUS.name: 1}  # between the first page and the sound

_MOST = 4096  # atoms beside each other
_IN_FRAGMENTS = frozenset({b"moof", b"mvex", b"sidx", b"mfra"})


class Atom(NamedTuple):
    """An atom of MP4: where it, its content and its end lie."""

    name: bytes
    start: int
    body: int
    end: int


@dataclass(frozen=True)
class SoundMap:
    """The sound of a file; beside the parts what tells their places: `mdat`s, or the first page."""

    parts: tuple[Span, ...]
    mdats: tuple[Span, ...] = ()
    serial: bytes = b""
    page: int = 0

    def placed(self, part: Span, mdats: tuple[int, ...], page: int) -> Piece:
        """Return a part as it is to be in a file with its `mdat`s, or its first page, elsewhere."""
        if self.serial and part == self.parts[-1] and page != self.page:
            return Pages(part, self.serial, page - self.page)
        if self.mdats and part not in self.mdats and (moves := self._moves(mdats)):
            return Tables(part, moves)
        return part

    def _moves(self, mdats: tuple[int, ...]) -> tuple[Move, ...]:
        return tuple(
            Move(span.start, span.end, start - span.start)
            for span, start in zip(self.mdats, mdats, strict=True)
            if span.start != start
        )


def of(source: Source, kind: str) -> SoundMap:
    """Find the sound of a file of a format; Odd where it is not put together as usual."""
    return _MAPS[kind](source)


def atoms(source: Source, start: int, end: int) -> Iterator[Atom]:
    """Give the atoms that lie beside each other; Odd where one reaches too far."""
    for _ in range(_MOST):
        head = source.read(start, 16)
        if start >= end or len(head) < 8:
            return
        size, body = int.from_bytes(head[:4]), start + 8
        if size == 1:
            size, body = int.from_bytes(head[8:]), start + 16
        elif size == 0:
            size = end - start
        if start + size < body or start + size > end:
            raise Odd("its atoms do not fit into each other")
        yield Atom(head[4:8], start, body, start + size)
        start += size


def _frames(source: Source) -> SoundMap:
    return SoundMap(tuple(mpeg.essence(source)))


def _flac(source: Source) -> SoundMap:
    return SoundMap(tuple(flac.essence(source)))


def _mp4(source: Source) -> SoundMap:
    tracks, mdats = list[Span](), list[Span]()
    for atom in _top(source):
        if atom.name in _IN_FRAGMENTS:
            raise Odd("its sound is in fragments")
        if atom.name == b"mdat":
            mdats.append(Span(atom.body, atom.end))
        elif atom.name == b"moov":
            inner = list(atoms(source, atom.body, atom.end))
            if any(one.name in _IN_FRAGMENTS for one in inner):
                raise Odd("its sound is in fragments")
            tracks += [Span(one.start, one.end) for one in inner if one.name == b"trak"]
    if not tracks or not mdats:
        raise Odd("a part without which it cannot be played is missing")
    return SoundMap(tuple(sorted([*tracks, *mdats])), tuple(mdats))


def _top(source: Source) -> Iterator[Atom]:
    """The atoms of the file itself, up to what is none, such as ID3v1."""
    found = atoms(source, 0, source.size)
    try:
        yield from islice(found, _MOST)
    except Odd:
        return


def _ogg(kind: str) -> Callable[[Source], SoundMap]:
    def find(source: Source) -> SoundMap:
        opening = pages.opening(source, PACKETS[kind])
        setup = [span for packet in opening.packets[1:] for span in packet]
        sound = Span(opening.span.end, source.size)
        return SoundMap((*setup, sound), (), opening.serial, opening.number)

    return find


_MAPS: Mapping[str, Callable[[Source], SoundMap]] = {
    formats.MP3.name: _frames,
    formats.FLAC.name: _flac,
    formats.MP4.name: _mp4,
    formats.VORBIS.name: _ogg(formats.VORBIS.name),
    formats.OPUS.name: _ogg(formats.OPUS.name),
}
