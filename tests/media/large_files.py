"""A file of 8 MB of every format, grown from a small real one: its sound is repeated or padded."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
from collections.abc import Callable
from io import BytesIO

from mutagen import id3

from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.media import mutations_tags as tagging
from tests.music import shelf

SIZE = 8_000_000


def _repeated(part: bytes) -> bytes:
    return part * (SIZE // len(part) + 1)


def _mp3(seed: str, *, told: bool) -> bytes:
    """With or without the first frame, in which the encoder tells of all."""
    whole = track_files.read_seed_file(seed)
    second = whole.index(whole[:2], 4)
    first = whole[:second] if told else b""
    return tagging.id3v2() + first + _repeated(whole[second:]) + tagging.id3v1()


def _mp3_with_picture() -> bytes:
    """A picture of 3 MB in the tags."""
    file, frames = BytesIO(), id3.ID3()
    frames.add(id3.TIT2(encoding=3, text=["Low Tide"]))
    data = track_files.read_seed_file("cover.jpg").ljust(3_000_000, b"\0")
    frames.add(id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=data))
    frames.save(file)
    return file.getvalue() + _repeated(track_files.read_seed_file("bell.mp3")[200:])


def _m4a(*, first: bool) -> bytes:
    """With `moov` before or behind the sound."""
    atoms, rest = {}, shelf.render("m4a")
    while rest:
        (size,) = struct.unpack_from(">I", rest)
        atoms[rest[4:8]], rest = rest[:size], rest[size:]
    sound = struct.pack(">I", 8 + SIZE) + b"mdat" + _repeated(atoms[b"mdat"][8:])[:SIZE]
    parts = (atoms[b"moov"], sound) if first else (sound, atoms[b"moov"])
    return atoms[b"ftyp"] + b"".join(parts)


def _flac() -> bytes:
    whole = shelf.render("flac", picture="cover.jpg")
    return whole + _repeated(whole[whole.index(b"\xff\xf8") :])


def _ogg(suffix: str) -> bytes:
    """The last page is repeated."""
    whole = shelf.render(suffix)
    last = whole.rindex(b"OggS")
    return whole[:last] + _repeated(whole[last:])


def _wav() -> bytes:
    sound = small.chunk(b"fmt ", struct.pack("<HHIIHH", 1, 2, 44100, 176400, 4, 16))
    parts = sound + small.chunk(b"data", bytes(SIZE)) + small.chunk(b"id3 ", tagging.id3v2())
    return small.chunk(b"RIFF", b"WAVE" + parts)


def _aiff() -> bytes:
    common = struct.pack(">hIh", 1, SIZE // 2, 16) + bytes.fromhex("400bfa00000000000000")
    sound = small.chunk(b"SSND", bytes(8 + SIZE), ">")
    parts = small.chunk(b"COMM", common, ">") + sound + small.chunk(b"ID3 ", tagging.id3v2(), ">")
    return small.chunk(b"FORM", b"AIFF" + parts, ">")


def _wma() -> bytes:
    """The data object stands last; its packets have 300 bytes."""
    whole = small.whole("wma")
    start = whole.index(bytes.fromhex("3626b2758e66cf11"))
    count = SIZE // 300 + 1
    head = whole[start : start + 16] + struct.pack("<Q", 50 + 300 * count)
    return whole[:start] + head + bytes(16) + struct.pack("<QH", count, 257) + bytes(300 * count)


def _ape() -> bytes:
    """Frames of 9,000 bytes behind a table of where each begins."""
    frames = SIZE // 9000 + 1
    sizes = (52, 24, 4 * frames, 0, 9000 * frames, 0, 0)
    head = b"MAC " + struct.pack("<HH7I16s", 3990, 0, *sizes, bytes(16))
    head += struct.pack("<HHIIIHHI", 2000, 0, 73728, 4096, frames, 16, 2, 44100)
    table = struct.pack(f"<{frames}I", *range(0, 9000 * frames, 9000))
    return head + table + bytes(9000 * frames) + tagging.apev2_tag()


def _wavpack() -> bytes:
    blocks = SIZE // 4032 + 1
    count = 1000 * blocks

    def block(index: int) -> bytes:
        fields = (24 + 4000, 0x410, 0, 0, count, index * 1000, 1000, 0x04800021, 0)
        return b"wvpk" + struct.pack("<IHBBIIIII", *fields) + bytes(4000)

    return b"".join(map(block, range(blocks))) + tagging.apev2_tag()


def _musepack8() -> bytes:
    """Packets of sound with 2,000 bytes each."""
    whole = small.whole("mpc")
    start, end = whole.index(b"AP"), whole.index(b"SE")
    packet = b"AP\x8f\x54" + bytes(2000 - 4)
    return whole[:start] + _repeated(packet) + whole[end:]


def _dsf() -> bytes:
    tags, sound = tagging.id3v2(), struct.pack("<6IQII", 1, 0, 1, 1, 2822400, 1, 8 * SIZE, 4096, 0)
    parts = b"fmt " + struct.pack("<Q", 52) + sound
    parts += b"data" + struct.pack("<Q", 12 + SIZE) + bytes(SIZE)
    at = 28 + len(parts)
    return b"DSD " + struct.pack("<QQQ", 28, at + len(tags), at) + parts + tags


def _aac() -> bytes:
    frames = small.whole("aac").partition(b"\xff\xf1")
    return tagging.id3v2() + _repeated(b"\xff\xf1" + frames[2][:125])


FILES: dict[str, Callable[[], bytes]] = {
    "vbr.mp3": lambda: _mp3("drops.mp3", told=True),
    "cbr.mp3": lambda: _mp3("bell.mp3", told=True),
    "untold.mp3": lambda: _mp3("bell.mp3", told=False),
    "pictured.mp3": _mp3_with_picture,
    "first.m4a": lambda: _m4a(first=True),
    "last.m4a": lambda: _m4a(first=False),
    "flac": _flac,
    "ogg": lambda: _ogg("ogg"),
    "opus": lambda: _ogg("opus"),
    "wav": _wav,
    "aiff": _aiff,
    "wma": _wma,
    "ape": _ape,
    "wv": _wavpack,
    "mpc": _musepack8,
    "seven.mpc": lambda: small.whole("seven.mpc").partition(b"APETAGEX")[0].ljust(SIZE, b"\0"),
    "dsf": _dsf,
    "aac": _aac,
}
