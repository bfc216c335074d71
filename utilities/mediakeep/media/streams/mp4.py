"""MP4: atoms, of which `mdat` holds the audio and `moov` the tables of its chunks.

After ISO/IEC 14496-12, sections 4.2 (atoms), 8.1 and 8.7; the names of protected audio after
14496-12 section 8.12 and what Apple and Audible write.
"""

from __future__ import annotations

from functools import partial
from itertools import takewhile

from mediakeep.media.anatomy import Anatomy, Pieces, attempt
from mediakeep.media.dialects import ilst, margins
from mediakeep.media.evidence import Sound, holds
from mediakeep.media.layouts import atoms, movie
from mediakeep.media.layouts.atoms import Atom
from mediakeep.media.layouts.movie import Movie
from mediakeep.media.source import Source, Span
from mediakeep.media.streams import mp4sound

_TOP = frozenset(
    {b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide", b"uuid", b"meta", b"pnot", b"udta"}
    | {b"moof", b"mfra", b"sidx", b"ssix", b"styp", b"emsg", b"prft", b"pdin"}
)
_NEEDED = {b"moov", b"mdat"}
_MOST = 20_000  # atoms; a long fragmented audiobook has some thousands
_LOCKS = {b"drms": "FairPlay", b"enca": "Common Encryption", b"aavd": "Audible"}


def read(source: Source) -> Anatomy:
    """Parse the `moov` header and the tags; raise ValueError without header or audio track."""
    header = source.once(_movie)
    if header is None:
        raise ValueError("no moov")
    infos = (mp4sound.read(source, track) for track in header.tracks)
    info = next(filter(None, infos), None)
    if info is None:
        raise ValueError("no audio track")
    tags = ilst.find(source, header.user) if header.user else None
    block = attempt(partial(ilst.read, source, tags)) if tags else None
    return Anatomy(info=info, blocks=[block] if block else [])


def holds_video(source: Source) -> bool:
    """Return whether there is a video track, which chapter images are too."""
    handlers = (track.get(b"hdlr") for track in (source.once(_movie) or Movie()).tracks)
    return any(atom and source.read(atom.start + 8, 4) == b"vide" for atom in handlers)


def examine(source: Source) -> Sound:
    """Compare the declared ends of atoms and chunks with the file size, and find DRM."""
    top, header = _top(source), source.once(_movie) or Movie()
    payload = sum(atom.size for atom in top if atom.name == b"mdat")
    return Sound(payload, _missing(source, top, header), _lock(source, header))


def essence(source: Source) -> Pieces:
    """Yield each `mdat`, then the offsets of the first chunks in them.

    The offsets are included because identical audio cannot be played with wrong chunk tables.
    """
    spans = [Span(atom.start, atom.end) for atom in _top(source) if atom.name == b"mdat"]
    header = source.once(_movie) or Movie()
    for span in spans:
        yield span.size.to_bytes(8)
        yield span
    for first, _ in movie.chunks(source, header.tracks):
        mdat_start = next((span.start for span in spans if span.start <= first < span.end), 0)
        yield (first - mdat_start).to_bytes(9, signed=True)


def _movie(source: Source) -> Movie | None:
    for atom in atoms.walk(source, margins.front(source), source.size):
        if atom.name == b"moov":
            return movie.read(source, atom)
    return None


def _top(source: Source) -> list[Atom]:
    """Return the top-level atoms up to the end or to other data, such as ID3v1."""
    walk = atoms.walk(source, margins.front(source), source.size, _MOST)
    return list(takewhile(lambda atom: atom.name in _TOP, walk))


def _lock(source: Source, header: Movie) -> str:
    """Return the DRM scheme by the first sample entry, which follows a count; "" if none."""
    for track in header.tracks:
        descriptions = track.get(b"stsd")
        if descriptions and (scheme := _LOCKS.get(source.read(descriptions.start + 12, 4))):
            return scheme
    return ""


def _missing(source: Source, top: list[Atom], header: Movie) -> str:
    if not top:
        return ""
    last, names = top[-1], {atom.name for atom in top}
    if last.claimed > source.size:
        return holds(source.size, last.claimed)
    if not names >= _NEEDED:
        is_complete = top[0].name == b"ftyp" and source.size - last.end < 8  # no other data follows
        return "a part without which it cannot be played is missing" if is_complete else ""
    furthest = max((last for _, last in movie.chunks(source, header.tracks)), default=0)
    return holds(source.size, furthest + 1) if furthest >= source.size else ""
