"""MP4: atoms, of which `mdat` holds the sound and `moov` the table of its chunks.

After ISO/IEC 14496-12, sections 4.2 (atoms), 8.1 and 8.7; the names of locked sound after
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
_MOST = 20_000  # atoms; a long book in fragments has some thousands
_LOCKS = {b"drms": "FairPlay", b"enca": "Common Encryption", b"aavd": "Audible"}


def read(source: Source) -> Anatomy:
    """Read the movie's header and its tags; ValueError where there is none, or no sound."""
    found = source.once(_movie)
    if found is None:
        raise ValueError("no moov")
    sounds = (mp4sound.read(source, track) for track in found.tracks)
    info = next((sound for sound in sounds if sound), None)
    if info is None:
        raise ValueError("no sound")
    tags = ilst.find(source, found.user) if found.user else None
    block = attempt(partial(ilst.read, source, tags)) if tags else None
    return Anatomy(info=info, blocks=[block] if block else [])


def holds_video(source: Source) -> bool:
    """Tell whether a track holds pictures that move, or chapters as pictures."""
    handlers = (track.get(b"hdlr") for track in (source.once(_movie) or Movie()).tracks)
    return any(atom and source.read(atom.start + 8, 4) == b"vide" for atom in handlers)


def examine(source: Source) -> Sound:
    """Follow the atoms to the end of the file, and the tables of chunks to their last one."""
    top, found = _top(source), source.once(_movie) or Movie()
    payload = sum(atom.size for atom in top if atom.name == b"mdat")
    return Sound(payload, _missing(source, top, found), _lock(source, found))


def essence(source: Source) -> Pieces:
    """Give each `mdat`, then where the first chunk begins in it.

    The sound of a file is lost, bit for bit as it may be, if the table points beside it.
    """
    spans = [Span(atom.start, atom.end) for atom in _top(source) if atom.name == b"mdat"]
    found = source.once(_movie) or Movie()
    for span in spans:
        yield span.size.to_bytes(8)
        yield span
    for first, _ in movie.chunks(source, found.tracks):
        begin = next((span.start for span in spans if span.start <= first < span.end), 0)
        yield (first - begin).to_bytes(9, signed=True)


def _movie(source: Source) -> Movie | None:
    for atom in atoms.walk(source, margins.front(source), source.size):
        if atom.name == b"moov":
            return movie.read(source, atom)
    return None


def _top(source: Source) -> list[Atom]:
    """The atoms of the file itself, up to its end or what is none, such as ID3v1."""
    walk = atoms.walk(source, margins.front(source), source.size, _MOST)
    return list(takewhile(lambda atom: atom.name in _TOP, walk))


def _lock(source: Source, found: Movie) -> str:
    """The name of the first description tells what the samples are: a count stands before it."""
    for track in found.tracks:
        described = track.get(b"stsd")
        if described and (lock := _LOCKS.get(source.read(described.start + 12, 4))):
            return lock
    return ""


def _missing(source: Source, top: list[Atom], found: Movie) -> str:
    if not top:
        return ""
    last, names = top[-1], {atom.name for atom in top}
    if last.claimed > source.size:
        return holds(source.size, last.claimed)
    if not names >= _NEEDED:
        whole = top[0].name == b"ftyp" and source.size - last.end < 8  # no strange bytes behind
        return "a part without which it cannot be played is missing" if whole else ""
    furthest = max((last for _, last in movie.chunks(source, found.tracks)), default=0)
    return holds(source.size, furthest + 1) if furthest >= source.size else ""
