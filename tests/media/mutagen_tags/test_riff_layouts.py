"""WAV and AIFF files whose chunks and sizes do not agree keep all their chunks."""

from __future__ import annotations

import struct
from io import BytesIO
from pathlib import Path

import pytest
from mutagen.aiff import AIFF
from mutagen.wave import WAVE

from mediakeep.errors import ReadOnlyFormat
from mediakeep.media.safewrite.write_tags import SetField
from mediakeep.media.undo import apply_undo
from tests.media import mutations_tags as tagging
from tests.media import writable_files
from tests.sampling import each_row

TITLE = SetField("title", ("Ebb",))


def chunk(name: bytes, data: bytes, order: str = "<") -> bytes:
    return name + struct.pack(f"{order}I", len(data)) + data


def wav(*chunks: bytes) -> bytes:
    head = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8))
    return chunk(b"RIFF", b"WAVE" + head + b"".join(chunks))


def aiff(*chunks: bytes) -> bytes:
    rate = struct.pack(">HQ", 0x400B, 8000 << 51)
    head = chunk(b"COMM", struct.pack(">HIH", 1, 1501, 8) + rate, ">")
    return chunk(b"FORM", b"AIFF" + head + b"".join(chunks), ">")


DATA, ODD_DATA = chunk(b"data", b"\x80" * 4000), chunk(b"data", b"\x80" * 4001)
BEXT, CUE = chunk(b"bext", b"B" * 602), chunk(b"cue ", b"\1\0\0\0" + b"c" * 24)
ODD_SSND = chunk(b"SSND", bytes(8) + b"\1" * 1501, ">")


@each_row(
    ("name", "data"),
    [
        ("unpadded.wav", wav(ODD_DATA, BEXT, CUE)),
        ("nameless.wav", wav(DATA, chunk(b"\xff\xfea ", b"x" * 10), BEXT)),
        ("zeros.wav", wav(DATA, bytes(40), BEXT)),
        ("early.wav", b"RIFF" + bytes(4) + wav(bytes(8), DATA)[8:]),
        ("truncated.wav", wav(DATA, CUE, BEXT[:100])),
        ("unpadded.aiff", aiff(ODD_SSND, chunk(b"MARK", b"m" * 10, ">"))),
    ],
)
def test_a_file_with_chunks_that_do_not_fit_is_not_written(
    tmp_path: Path, name: str, data: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(ReadOnlyFormat, match="its chunks do not fit into each other"):
        writable_files.write(path, tmp_path, TITLE)
    assert path.read_bytes() == data


UNSIZED = wav(DATA, BEXT)[:4] + bytes(4) + wav(DATA, BEXT)[8:]
STREAMED = wav(DATA, BEXT)[:4] + b"\xff" * 4 + wav(DATA, BEXT)[8:]


@each_row(
    ("name", "data", "outside"),
    [
        ("unpadded.wav", wav(ODD_DATA), b""),
        ("padded.wav", wav(ODD_DATA) + b"\0", b""),
        ("id3v1.wav", wav(ODD_DATA), tagging.id3v1()),
        ("zeros.wav", wav(DATA, BEXT), bytes(64)),
        ("zeros-in-form.wav", wav(DATA, BEXT, bytes(64)), b""),
        ("junk.wav", wav(DATA, BEXT), b"junkjunkjunk"),
        ("streamed.wav", STREAMED, tagging.id3v1()),
        ("unsized.wav", UNSIZED, b""),
        ("unpadded.aiff", aiff(ODD_SSND), b""),
        ("zeros.aiff", aiff(chunk(b"SSND", bytes(1508), ">")), bytes(40)),
    ],
)
def test_a_tag_is_added_after_the_last_chunk(
    tmp_path: Path, name: str, data: bytes, outside: bytes
) -> None:
    path = tmp_path / name
    path.write_bytes(data + outside)
    record = writable_files.write(path, tmp_path, TITLE).record
    new = path.read_bytes()
    is_wav = name.endswith("wav")
    read_with_mutagen = WAVE if is_wav else AIFF
    assert [str(text) for text in read_with_mutagen(BytesIO(new)).tags["TIT2"].text] == ["Ebb"]
    assert struct.unpack_from("<I" if is_wav else ">I", new, 4)[0] + 8 == len(new) - len(outside)
    assert new.endswith(outside)
    assert apply_undo.apply_undo(writable_files.store(tmp_path), record)
    assert path.read_bytes() == data + outside
