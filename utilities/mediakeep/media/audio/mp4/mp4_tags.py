"""Read MP4 tags (`ilst`), after Apple's "Metadata Handler" and what iTunes writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mediakeep.media import pictures
from mediakeep.media.audio.id3 import genres
from mediakeep.media.audio.mp4 import atoms
from mediakeep.media.audio.mp4.atoms import Atom
from mediakeep.media.audio.parsed_file import TagBlock
from mediakeep.media.bounded_file import BoundedFile

_FRONT_COVER = 3
_MIME_TYPES = {12: "image/gif", 13: "image/jpeg", 14: "image/png", 27: "image/bmp"}
_UTF16_TYPE, _INTEGER_TYPES = 2, frozenset({21, 22})
_MAX_TEXT_SIZE = 256 * 1024
_VALUE_HEADER_SIZE = 8  # bytes: type and locale
_MAX_SHORT_VALUE = 256  # bytes; most texts are shorter
_NUMBER_PAIR_ATOMS = (b"trkn", b"disk")


def find_tag_list(source: BoundedFile, user: Atom) -> Atom | None:
    """Return the tag list (`ilst`) in the user data of an MP4 file.

    Return None if there is none or it is truncated.
    """
    meta = atoms.find_atom(source, user, b"meta")
    if meta is None:
        return None
    # In MP4 four bytes precede the child atoms, in QuickTime none.
    versioned = source.read(meta.start + 4, 4) != b"hdlr"
    tags = atoms.find_atom(source, meta._replace(start=meta.start + 4 * versioned), b"ilst")
    # A wrong size of one of the two alone is tolerated.
    is_truncated = tags and min(tags.claimed_end, meta.claimed_end) > source.size
    return None if is_truncated else tags


def read_tags(source: BoundedFile, tags: Atom) -> TagBlock:
    """Read the tags in the tag list (`ilst`) of an MP4 file."""
    block = TagBlock(name="MP4", tag_format="mp4")
    source.allow_tag_bytes(tags.size)
    for atom in atoms.walk_atoms(source, tags.start, tags.end):
        if block.is_full:
            break
        if atom.name == b"covr":
            _add_pictures(block, source, atom)
        elif atom.name == b"----":
            _add_freeform_tag(block, source, atom)
        else:
            _add_standard_tag(block, source, atom)
    return block


def _add_standard_tag(block: TagBlock, source: BoundedFile, atom: Atom) -> None:
    name = atom.name.decode("latin-1")
    for kind, data in _read_values(source, atom):
        if atom.name in _NUMBER_PAIR_ATOMS:
            block.add_texts(name, [_format_number_pair(data)])
        elif atom.name == b"gnre":  # a number instead of a text
            block.add_texts("\xa9gen", [genres.genre_name(int.from_bytes(data) - 1)])
        else:
            block.add_texts(name, [_decode_value(kind, data, numeric=name[0] != "\xa9")])


def _add_freeform_tag(block: TagBlock, source: BoundedFile, atom: Atom) -> None:
    """Add a freeform MP4 tag (`----`), which contains its namespace and its name."""
    owner, name, texts = b"", b"", []
    for part in atoms.walk_atoms(source, atom.start, atom.end):
        if part.name == b"data":
            texts += [
                _decode_value(kind, data, numeric=False) for kind, data in _read_value(source, part)
            ]
        elif part.size > 4 and part.name in (b"mean", b"name"):
            text = source.read(part.start + 4, min(part.size - 4, _MAX_TEXT_SIZE))
            owner, name = (text, name) if part.name == b"mean" else (owner, text)
    full_name = b"----:%b:%b" % (owner, name)
    block.add_texts(full_name.decode("utf-8", "replace").lower(), texts)


def _add_pictures(block: TagBlock, source: BoundedFile, atom: Atom) -> None:
    for part in atoms.walk_atoms(source, atom.start, atom.end):
        start = part.start + _VALUE_HEADER_SIZE
        if part.name == b"data" and start <= part.end:
            mime = _MIME_TYPES.get(int.from_bytes(source.read(part.start, 4)) & 0xFFFFFF, "")
            read_at = source.make_part_reader(start, part.end)
            block.add_picture(
                pictures.build_embedded_picture(_FRONT_COVER, mime, part.end - start, read_at)
            )


def _read_values(source: BoundedFile, atom: Atom) -> Iterable[tuple[int, bytes]]:
    """Return the values of an MP4 tag, each with its data type number.

    Nearly always there is one short value.
    """
    size = atom.size
    if 8 + _VALUE_HEADER_SIZE <= size <= _MAX_SHORT_VALUE:
        data = source.read(atom.start, size)
        if data[4:8] == b"data" and int.from_bytes(data[:4]) == size == len(data):
            return ((int.from_bytes(data[9:12]), data[8 + _VALUE_HEADER_SIZE :]),)
    parts = atoms.walk_atoms(source, atom.start, atom.end)
    return (value for part in parts if part.name == b"data" for value in _read_value(source, part))


def _read_value(source: BoundedFile, part: Atom) -> Iterator[tuple[int, bytes]]:
    if part.size >= _VALUE_HEADER_SIZE:
        data = source.read(part.start, min(part.size, _MAX_TEXT_SIZE))
        yield int.from_bytes(data[1:4]), data[_VALUE_HEADER_SIZE:]


def _decode_value(kind: int, data: bytes, *, numeric: bool) -> str:
    if kind in _INTEGER_TYPES or (kind == 0 and numeric and len(data) <= 8):
        return str(int.from_bytes(data, signed=kind != 22)) if data else ""
    return data.decode("utf-16-be" if kind == _UTF16_TYPE else "utf-8", "replace")


def _format_number_pair(data: bytes) -> str:
    """Format a number and a total as "3/12", or as "3" if the total is 0."""
    number, total = (str(int.from_bytes(data[offset : offset + 2]) or "") for offset in (2, 4))
    return f"{number}/{total}" if total else number
