"""Tags of every kind for files that are to be damaged."""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from mutagen import apev2, id3

from mediakeep_samples.music import track_files

PICTURE = track_files.read_seed_file("cover.jpg")


def id3v2(version: int = 4) -> bytes:
    """An ID3v2 tag with texts, a picture, chapters and a comment (id3.org, 2.2 to 2.4)."""
    tag = id3.ID3()
    for frame in (id3.TIT2, id3.TPE1, id3.TALB, id3.TPE2, id3.TRCK, id3.TCON):
        tag.add(frame(encoding=3, text=["7/9" if frame is id3.TRCK else "Moorings"]))
    tag.add(id3.TDRC(encoding=3, text=["1974"]))
    tag.add(id3.TXXX(encoding=1, desc="ARTISTS", text=["Velvet Harbour", "Anna"]))
    tag.add(id3.COMM(encoding=1, lang="eng", desc="", text=["Low Tide"]))
    tag.add(id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=PICTURE))
    inner = [id3.TIT2(encoding=3, text=["One"])]
    tag.add(id3.CHAP(element_id="c1", start_time=0, end_time=9, sub_frames=inner))
    tag.add(id3.CTOC(element_id="toc", flags=3, child_element_ids=["c1"], sub_frames=inner))
    file = BytesIO()
    if version == 3:
        tag.update_to_v23()
    tag.save(file, v2_version=version, v1=0, padding=lambda _: 40)
    return file.getvalue()


def id3v22() -> bytes:
    """ID3v2.2 has names of three letters and sizes of three bytes (id3.org, id3v2-00)."""
    texts = ((b"TT2", b"\0Low Tide"), (b"TP1", b"\0Velvet Harbour"), (b"TRK", b"\x001/9"))
    frames = [*texts, (b"PIC", b"\0JPG\x03\0" + PICTURE)]
    body = b"".join(name + struct.pack(">I", len(data))[1:] + data for name, data in frames)
    return b"ID3\x02\0\0" + syncsafe(len(body)) + body


def id3v24_with_flags() -> bytes:
    """An ID3v2.4 tag whose frames are compressed, unsynchronised and lengthened in turn."""

    def frame(name: bytes, flags: int, data: bytes) -> bytes:
        return name + syncsafe(len(data)) + struct.pack(">H", flags) + data

    text = b"\x03" + b"Low Tide " * 9
    body = frame(b"TIT2", 0x0009, syncsafe(len(text)) + zlib.compress(text))
    body += frame(b"TPE1", 0x0002, b"\x01\xff\0\xfeA\0\xff\0\0")
    body += frame(b"TALB", 0x0041, b"\x07" + syncsafe(9) + b"\x03Moorings")
    extended = b"\0\0\0\x06\x01\0"
    return b"ID3\x04\0\x40" + syncsafe(len(extended + body)) + extended + body


def syncsafe(number: int) -> bytes:
    """Write a number in four bytes of seven bits each."""
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def apev2_tag() -> bytes:
    """APEv2 and ID3v1, which stand at the end of a file."""
    file = BytesIO()
    tag = apev2.APEv2()
    tag.update({"Title": "Low Tide", "Artist": "Velvet Harbour", "Track": "1/9", "Year": "1974"})
    cover = apev2.APEValue(b"cover.jpg\0" + PICTURE, apev2.BINARY)
    tag["Cover Art (Front)"] = cover
    tag.save(file)
    return file.getvalue()


def id3v1() -> bytes:
    """A tag of 128 bytes."""
    fields = (b"Low Tide", b"Velvet Harbour", b"Moorings")
    return b"TAG" + b"".join(text.ljust(30, b"\0") for text in fields) + b"1974" + bytes(30) + b"\0"


def vorbis_comments() -> bytes:
    """A vendor and three texts."""
    texts = [b"TITLE=Low Tide", b"ARTIST=Velvet Harbour", b"TRACKNUMBER=1"]
    listed = b"".join(struct.pack("<I", len(text)) + text for text in texts)
    return struct.pack("<I", 3) + b"own" + struct.pack("<I", len(texts)) + listed
