"""A long MP4 file made of a short one: other sound, and tables that fit it (ISO 14496-12, 8)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

_SAMPLES = 1024  # in a frame of AAC
_FRAME = 683  # bytes: 118 kbit/s at 22 kHz
_CHUNK = 20  # frames
_RATE = 22_050
_HOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts")
_BOUND_TO_SAMPLES = (b"sgpd", b"sbgp")


def lengthened(short: bytes, audio: bytes) -> bytes:
    """Put another sound into a file whose tables stand behind its sound."""
    atoms = dict(_atoms(short))
    chunks = len(audio) // (_FRAME * _CHUNK)
    start = _atom(b"ftyp", atoms[b"ftyp"]) + _atom(b"free", b"")
    data = _atom(b"mdat", audio[: chunks * _CHUNK * _FRAME])
    moov = _rewritten(b"moov", atoms[b"moov"], chunks, len(start) + 8)
    return start + data + _atom(b"moov", moov)


def _atoms(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        yield name, data[at + 8 : at + size]
        at += size


def _atom(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(data), name) + data


def _rewritten(name: bytes, data: bytes, chunks: int, offset: int) -> bytes:
    if name in _HOLDERS:
        return b"".join(
            _atom(inner, _rewritten(inner, content, chunks, offset))
            for inner, content in _atoms(data)
            if inner not in _BOUND_TO_SAMPLES
        )
    frames = chunks * _CHUNK
    seconds = frames * _SAMPLES / _RATE
    tables = {
        b"stts": (1, frames, _SAMPLES),
        b"stsc": (1, 1, _CHUNK, 1),
        b"stsz": (_FRAME, frames),
        b"stco": (chunks, *(offset + n * _CHUNK * _FRAME for n in range(chunks))),
    }
    if name in tables:
        return struct.pack(f">{1 + len(tables[name])}I", 0, *tables[name])
    places = {b"mvhd": (16, 1000), b"tkhd": (20, 1000), b"mdhd": (16, _RATE), b"elst": (8, 1000)}
    if name in places:
        place, scale = places[name]
        return data[:place] + struct.pack(">I", int(seconds * scale)) + data[place + 4 :]
    return data
