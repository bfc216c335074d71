"""Find the audio parts of a file, so that they can be combined with other tags.

MP3, FLAC   everything between the tags
MP4         each `trak`, which contains the offsets of its audio, and the content of each `mdat`
Ogg         the Vorbis setup packet, then all audio pages
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

PACKETS = {formats.VORBIS.name: 2, formats.OPUS.name: 1}  # between the first page and the audio

_MOST = 4096  # sibling atoms
_IN_FRAGMENTS = frozenset({b"moof", b"mvex", b"sidx", b"mfra"})


class Atom(NamedTuple):
    """The offsets of an MP4 atom, its content and its end."""

    name: bytes
    start: int
    body: int
    end: int


@dataclass(frozen=True)
class SoundMap:
    """The audio parts of a file, with the `mdat` ranges (MP4) or first page number (Ogg)."""

    parts: tuple[Span, ...]
    mdats: tuple[Span, ...] = ()
    serial: bytes = b""
    page: int = 0

    def placed(self, part: Span, mdats: tuple[int, ...], page: int) -> Piece:
        """Return a part for a file with other `mdat` offsets, or another first page number."""
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
    """Return the audio layout of a file; raise UnsupportedLayout for an unusual structure."""
    return _MAPS[kind](source)


def atoms(source: Source, start: int, end: int) -> Iterator[Atom]:
    """Yield sibling atoms; raise UnsupportedLayout if one exceeds its parent."""
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
            raise Odd("its atoms are not nested properly")
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
            raise Odd("its audio is fragmented")
        if atom.name == b"mdat":
            mdats.append(Span(atom.body, atom.end))
        elif atom.name == b"moov":
            inner = list(atoms(source, atom.body, atom.end))
            if any(child.name in _IN_FRAGMENTS for child in inner):
                raise Odd("its audio is fragmented")
            tracks += [Span(child.start, child.end) for child in inner if child.name == b"trak"]
    if not tracks or not mdats:
        raise Odd("an atom that is required for playback is missing")
    return SoundMap(tuple(sorted([*tracks, *mdats])), tuple(mdats))


def _top(source: Source) -> Iterator[Atom]:
    """Yield the top-level atoms, up to trailing data such as ID3v1."""
    siblings = atoms(source, 0, source.size)
    try:
        yield from islice(siblings, _MOST)
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
