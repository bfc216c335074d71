"""Parse the audio tracks of MP4 files, after ISO/IEC 14496-12 (8.4, 8.5, 12.2)."""

from __future__ import annotations

import struct

from msgspec import structs

from mediakeep.media.audio.mp4 import atoms, codec_atoms, descriptors
from mediakeep.media.audio.mp4.atoms import Atom
from mediakeep.media.audio.mp4.tracks import TrackAtoms
from mediakeep.media.audio.parsed_file import StreamInfo
from mediakeep.media.bounded_file import BoundedFile

_SAMPLE_ENTRY_SIZE = 28  # bytes of an audio sample entry before its child atoms
_QUICKTIME_EXTRA_BYTES = {0: 0, 1: 16, 2: 36}  # extra bytes by QuickTime entry version
_MAX_RATE = 1 << 24  # Hz
_PCM_BITS = {"in24": 24, "in32": 32, "fl32": 32, "fl64": 64}  # the entry of version 1 has 16
_LOSSLESS_CODECS = frozenset(
    {"alac", "fLaC", "lpcm", "sowt", "twos", "in24", "in32", "fl32", "fl64", "raw "}
)


def parse_audio_track(source: BoundedFile, track: TrackAtoms) -> StreamInfo | None:
    """Parse the headers of an MP4 track; return None if it is not an audio track."""
    handler, descriptions = track.get(b"hdlr"), track.get(b"stsd")
    if handler is None or source.read(handler.start + 8, 4) != b"soun":
        return None
    scale, duration = parse_media_header(source, track.get(b"mdhd"))
    length = duration / scale if scale else 0.0
    entries = (
        atoms.walk_atoms(source, descriptions.start + 8, descriptions.end) if descriptions else ()
    )
    for entry in entries:
        return _parse_sample_entry(source, entry, length)
    return StreamInfo(length=length)


def parse_media_header(source: BoundedFile, header: Atom | None) -> tuple[int, int]:
    """Return the time units per second of an MP4 track and its duration in them, or 0 if unknown.

    `header` is its `mdhd` atom.
    """
    if header is None:
        return 0, 0
    data = source.read(header.start, 32)
    layout, offset = (">IQ", 20) if data[:1] == b"\1" else (">II", 12)
    scale, duration = struct.unpack_from(layout, data, offset)
    unknown = 0xFFFFFFFF if layout == ">II" else 0xFFFFFFFFFFFFFFFF
    return scale, 0 if duration == unknown else duration


def _parse_sample_entry(source: BoundedFile, entry: Atom, length: float) -> StreamInfo:
    data = source.read(entry.start, _SAMPLE_ENTRY_SIZE)
    version, channels, bits, rate = struct.unpack(">8xH6xHHxxxxI", data)
    codec = entry.name.decode("latin-1")
    hertz, bits = rate >> 16, _PCM_BITS.get(codec, bits)
    if version == 2 and entry.size >= _SAMPLE_ENTRY_SIZE + _QUICKTIME_EXTRA_BYTES[2]:
        extra = source.read(entry.start + _SAMPLE_ENTRY_SIZE, _QUICKTIME_EXTRA_BYTES[2])
        exact, channels, bits = struct.unpack_from(">4xdI4xI", extra)
        hertz = round(exact) if 0 < exact < _MAX_RATE else 0
    info = StreamInfo(
        length=length,
        sample_rate=hertz,
        channels=channels,
        bits_per_sample=bits,
        codec=codec,
        lossless=codec in _LOSSLESS_CODECS,
    )
    start = entry.start + _SAMPLE_ENTRY_SIZE + _QUICKTIME_EXTRA_BYTES.get(version, 0)
    return _apply_codec_atoms(source, entry._replace(start=start), info)


def _apply_codec_atoms(source: BoundedFile, entry: Atom, info: StreamInfo) -> StreamInfo:
    """Correct audio properties by the child atoms of a sample entry.

    They are more exact than the fields of the sample entry.
    """
    atoms_by_name = {atom.name: atom for atom in atoms.walk_atoms(source, entry.start, entry.end)}
    if wave := atoms_by_name.get(b"wave"):  # QuickTime nests them one level deeper
        atoms_by_name = {atom.name: atom for atom in atoms.walk_atoms(source, wave.start, wave.end)}
    if atom := atoms_by_name.get(b"esds"):
        return descriptors.apply_es_descriptor(
            source.read(atom.start + 4, min(atom.size, 256)), info
        )
    if (atom := atoms_by_name.get(b"alac")) and atom.size >= 28:
        bits, channels, bitrate, rate = struct.unpack(">9xB3xB6xII", source.read(atom.start, 28))
        return structs.replace(
            info, bits_per_sample=bits, channels=channels, bitrate=bitrate, sample_rate=rate
        )
    for name, apply_configuration in codec_atoms.CONFIGURATIONS.items():
        if atom := atoms_by_name.get(name):
            return apply_configuration(source.read(atom.start, min(atom.size, 64)), info)
    return info
