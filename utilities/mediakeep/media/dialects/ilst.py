"""MP4 tags (`ilst`), after Apple's "Metadata Handler" and what iTunes writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mediakeep.media import pictures
from mediakeep.media.anatomy import Block
from mediakeep.media.dialects import genres
from mediakeep.media.layouts import atoms
from mediakeep.media.layouts.atoms import Atom
from mediakeep.media.source import Source

_FRONT_COVER = 3
_MIMES = {12: "image/gif", 13: "image/jpeg", 14: "image/png", 27: "image/bmp"}
_UTF16, _WHOLE_NUMBERS = 2, frozenset({21, 22})
_TEXT_LIMIT = 256 * 1024
_AHEAD = 8  # bytes: type and locale
_USUAL = 256  # bytes; most texts are shorter
_PAIRS = (b"trkn", b"disk")


def find(source: Source, user: Atom) -> Atom | None:
    """Find the tag list in the user data; return None if there is none or it is truncated."""
    meta = atoms.find(source, user, b"meta")
    if meta is None:
        return None
    # In MP4 four bytes precede the child atoms, in QuickTime none.
    versioned = source.read(meta.start + 4, 4) != b"hdlr"
    tags = atoms.find(source, meta._replace(start=meta.start + 4 * versioned), b"ilst")
    # A wrong size of one of the two alone is tolerated.
    is_truncated = tags and min(tags.claimed, meta.claimed) > source.size
    return None if is_truncated else tags


def read(source: Source, tags: Atom) -> Block:
    """Read the tags of an `ilst` atom."""
    block = Block(name="MP4", dialect="mp4")
    source.allow(tags.size)
    for atom in atoms.walk(source, tags.start, tags.end):
        if block.full:
            break
        if atom.name == b"covr":
            _add_pictures(block, source, atom)
        elif atom.name == b"----":
            _add_own(block, source, atom)
        else:
            _add(block, source, atom)
    return block


def _add(block: Block, source: Source, atom: Atom) -> None:
    name = atom.name.decode("latin-1")
    for kind, data in _values(source, atom):
        if atom.name in _PAIRS:
            block.add(name, [_pair(data)])
        elif atom.name == b"gnre":  # a number instead of a text
            block.add("\xa9gen", [genres.name(int.from_bytes(data) - 1)])
        else:
            block.add(name, [_text(kind, data, numeric=name[0] != "\xa9")])


def _add_own(block: Block, source: Source, atom: Atom) -> None:
    """Add a freeform tag (`----`), which holds its own owner and name."""
    owner, name, texts = b"", b"", []
    for part in atoms.walk(source, atom.start, atom.end):
        if part.name == b"data":
            texts += [_text(kind, data, numeric=False) for kind, data in _value(source, part)]
        elif part.size > 4 and part.name in (b"mean", b"name"):
            text = source.read(part.start + 4, min(part.size - 4, _TEXT_LIMIT))
            owner, name = (text, name) if part.name == b"mean" else (owner, text)
    full_name = b"----:%b:%b" % (owner, name)
    block.add(full_name.decode("utf-8", "replace").lower(), texts)


def _add_pictures(block: Block, source: Source, atom: Atom) -> None:
    for part in atoms.walk(source, atom.start, atom.end):
        start = part.start + _AHEAD
        if part.name == b"data" and start <= part.end:
            mime = _MIMES.get(int.from_bytes(source.read(part.start, 4)) & 0xFFFFFF, "")
            read_at = source.within(start, part.end)
            block.embed(pictures.embedded(_FRONT_COVER, mime, part.end - start, read_at))


def _values(source: Source, atom: Atom) -> Iterable[tuple[int, bytes]]:
    """Return the values of an atom with their types; nearly always one short value."""
    size = atom.size
    if 8 + _AHEAD <= size <= _USUAL:
        data = source.read(atom.start, size)
        if data[4:8] == b"data" and int.from_bytes(data[:4]) == size == len(data):
            return ((int.from_bytes(data[9:12]), data[8 + _AHEAD :]),)
    parts = atoms.walk(source, atom.start, atom.end)
    return (value for part in parts if part.name == b"data" for value in _value(source, part))


def _value(source: Source, part: Atom) -> Iterator[tuple[int, bytes]]:
    if part.size >= _AHEAD:
        data = source.read(part.start, min(part.size, _TEXT_LIMIT))
        yield int.from_bytes(data[1:4]), data[_AHEAD:]


def _text(kind: int, data: bytes, *, numeric: bool) -> str:
    if kind in _WHOLE_NUMBERS or (kind == 0 and numeric and len(data) <= 8):
        return str(int.from_bytes(data, signed=kind != 22)) if data else ""
    return data.decode("utf-16-be" if kind == _UTF16 else "utf-8", "replace")


def _pair(data: bytes) -> str:
    """Format two numbers as "3/12", or "3" if the second is 0."""
    number, total = (str(int.from_bytes(data[offset : offset + 2]) or "") for offset in (2, 4))
    return f"{number}/{total}" if total else number
