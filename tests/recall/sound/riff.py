"""WAV and AIFF: plain samples, with tags in a chunk before or behind them."""

import struct

from tests.recall.sound.bits import noise

RATE = 8000


def chunk(name: bytes, body: bytes, order: str = "<") -> bytes:
    """A chunk with its size, filled up to an even one."""
    return name + struct.pack(f"{order}I", len(body)) + body + b"\0" * (len(body) % 2)


def wav(seed: object, tags: list[bytes], size: int = 1500, tags_first: bool = False) -> bytes:
    """Mono, eight bits; `tags` are whole chunks."""
    form = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, RATE, RATE, 1, 8))
    data = chunk(b"data", noise(seed, size))
    order = [form, *tags, data] if tags_first else [form, data, *tags]
    body = b"WAVE" + b"".join(order)
    return b"RIFF" + struct.pack("<I", len(body)) + body


_OWN = {"title": b"INAM", "artist": b"IART", "album": b"IPRD", "date": b"ICRD", "genres": b"IGNR"}


def info(tags: dict[str, list[str]]) -> bytes:
    """The LIST chunk of a WAV that holds plain texts, of those that are in ASCII."""
    texts = [(_OWN[name], tags[name][0]) for name in tags if name in _OWN and tags[name]]
    inner = [chunk(name, text.encode() + b"\0") for name, text in texts if text.isascii()]
    return chunk(b"LIST", b"INFO" + b"".join(inner))


def aiff(seed: object, tags: list[bytes], size: int = 1500, tags_first: bool = False) -> bytes:
    """Mono, eight bits; `tags` are whole chunks."""
    rate = struct.pack(">HQ", 0x400B, RATE << 51)
    common = chunk(b"COMM", struct.pack(">HIH", 1, size, 8) + rate, ">")
    data = chunk(b"SSND", bytes(8) + noise(seed, size), ">")
    order = [common, *tags, data] if tags_first else [common, data, *tags]
    body = b"AIFF" + b"".join(order)
    return b"FORM" + struct.pack(">I", len(body)) + body
