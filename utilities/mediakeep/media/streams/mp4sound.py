"""Audio tracks of MP4, after ISO/IEC 14496-12 (8.4, 8.5, 12.2)."""

from __future__ import annotations

import struct

from msgspec import structs

from mediakeep.media.anatomy import Info
from mediakeep.media.layouts import atoms, descriptors
from mediakeep.media.layouts.atoms import Atom
from mediakeep.media.layouts.movie import Track
from mediakeep.media.source import Source

_ENTRY = 28  # bytes of an audio sample entry before its child atoms
_MORE = {0: 0, 1: 16, 2: 36}  # extra bytes by QuickTime entry version
_LOSSLESS = frozenset(
    {"alac", "fLaC", "lpcm", "sowt", "twos", "in24", "in32", "fl32", "fl64", "raw "}
)


def read(source: Source, track: Track) -> Info | None:
    """Parse the headers of a track; return None if it is no audio track."""
    handler, descriptions = track.get(b"hdlr"), track.get(b"stsd")
    if handler is None or source.read(handler.start + 8, 4) != b"soun":
        return None
    length = _length(source, track.get(b"mdhd"))
    entries = atoms.walk(source, descriptions.start + 8, descriptions.end) if descriptions else ()
    for entry in entries:
        return _described(source, entry, length)
    return Info(length=length)


def _length(source: Source, header: Atom | None) -> float:
    if header is None:
        return 0.0
    data = source.read(header.start, 32)
    layout, offset = (">IQ", 20) if data[:1] == b"\1" else (">II", 12)
    scale, duration = struct.unpack_from(layout, data, offset)
    unknown = 0xFFFFFFFF if layout == ">II" else 0xFFFFFFFFFFFFFFFF
    return duration / scale if scale and duration != unknown else 0.0


def _described(source: Source, entry: Atom, length: float) -> Info:
    data = source.read(entry.start, _ENTRY)
    version, channels, bits, rate = struct.unpack(">8xH6xHHxxxxI", data)
    codec = entry.name.decode("latin-1")
    info = Info(
        length=length,
        sample_rate=rate >> 16,
        channels=channels,
        bits_per_sample=bits,
        codec=codec,
        lossless=codec in _LOSSLESS,
    )
    start = entry.start + _ENTRY + _MORE.get(version, 0)
    return _detailed(source, entry._replace(start=start), info)


def _detailed(source: Source, entry: Atom, info: Info) -> Info:
    """Apply the child atoms of a sample entry, which are more exact than its fields."""
    atoms_by_name = {atom.name: atom for atom in atoms.walk(source, entry.start, entry.end)}
    if wave := atoms_by_name.get(b"wave"):  # QuickTime nests them one level deeper
        atoms_by_name = {atom.name: atom for atom in atoms.walk(source, wave.start, wave.end)}
    if atom := atoms_by_name.get(b"esds"):
        return descriptors.detailed(source.read(atom.start + 4, min(atom.size, 256)), info)
    if (atom := atoms_by_name.get(b"alac")) and atom.size >= 28:
        bits, channels, bitrate, rate = struct.unpack(">9xB3xB6xII", source.read(atom.start, 28))
        return structs.replace(
            info, bits_per_sample=bits, channels=channels, bitrate=bitrate, sample_rate=rate
        )
    return info
