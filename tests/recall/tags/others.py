"""APEv2, Vorbis comments, and the tags of MP4 and ASF."""

import base64
import struct

from tests.recall.sound import asf
from tests.recall.sound.mp4 import atom
from tests.recall.tags.id3 import Tags, part_of
from tests.recall.tags.pictures import mime

_APE = {
    "title": "Title", "artist": "Artist", "album": "Album", "albumartist": "Album Artist",
    "date": "Year", "genres": "Genre", "composer": "Composer", "comment": "Comment",
    "conductor": "Conductor", "compilation": "Compilation", "originaldate": "OriginalDate",
}  # fmt: skip
_VORBIS = {"genres": "GENRE", "track": "TRACKNUMBER", "disc": "DISCNUMBER"}
_VORBIS |= {"track_total": "TRACKTOTAL", "disc_total": "DISCTOTAL"}
_MP4 = {
    "title": "©nam", "artist": "©ART", "album": "©alb", "albumartist": "aART", "date": "©day",
    "genres": "©gen", "composer": "©wrt", "comment": "©cmt",
}  # fmt: skip
_ASF = {
    "album": "WM/AlbumTitle", "albumartist": "WM/AlbumArtist", "date": "WM/Year",
    "genres": "WM/Genre", "composer": "WM/Composer", "conductor": "WM/Conductor",
    "track": "WM/TrackNumber", "disc": "WM/PartOfSet", "originaldate": "WM/OriginalReleaseYear",
}  # fmt: skip


def apev2(tags: Tags, pictures: list[bytes]) -> bytes:
    """A whole tag with header and footer."""
    items = [
        (_APE[name], "\0".join(values).encode(), 0) for name, values in tags.items() if name in _APE
    ]
    for name, key in (("track", "Track"), ("disc", "Disc")):
        if part_of(tags, name):
            items.append((key, part_of(tags, name)[0].encode(), 0))
    for picture in pictures:
        items.append(("Cover Art (Front)", b"cover.jpg\0" + picture, 2))
    body = b"".join(
        struct.pack("<II", len(value), flags) + key.encode() + b"\0" + value
        for key, value, flags in items
    )
    told = struct.pack("<III", 2000, len(body) + 32, len(items))
    head = b"APETAGEX" + told + struct.pack("<I", 0xA0000000) + bytes(8)
    foot = b"APETAGEX" + told + struct.pack("<I", 0x80000000) + bytes(8)
    return head + body + foot


def flac_picture(picture: bytes) -> bytes:
    """The body of a FLAC picture block: a front cover."""
    name = mime(picture).encode()
    sizes = struct.pack(">IIII", 500, 500, 24, 0)
    head = struct.pack(">II", 3, len(name)) + name + struct.pack(">I", 0)
    return head + sizes + struct.pack(">I", len(picture)) + picture


def comments(tags: Tags, pictures: list[bytes]) -> bytes:
    """Vorbis comments; pictures as text, the way Ogg keeps them."""
    rows = [
        f"{_VORBIS.get(name, name.upper())}={value}"
        for name, values in tags.items()
        for value in values
    ]
    for picture in pictures:
        rows.append("METADATA_BLOCK_PICTURE=" + base64.b64encode(flac_picture(picture)).decode())
    maker = b"sound 1.0"
    packed = [struct.pack("<I", len(row.encode())) + row.encode() for row in rows]
    return struct.pack("<I", len(maker)) + maker + struct.pack("<I", len(rows)) + b"".join(packed)


def _data(kind: int, body: bytes) -> bytes:
    """A value of MP4's list."""
    return atom(b"data", struct.pack(">II", kind, 0), body)


def _pair(tags: Tags, name: str) -> bytes | None:
    """A number and its total as MP4 writes them, or None where neither is there."""
    number, total = tags.get(name), tags.get(f"{name}_total")
    if not number and not total:
        return None
    return struct.pack(">HHH", 0, int((number or ["0"])[0]), int((total or ["0"])[0]))


def ilst(tags: Tags, pictures: list[bytes], encrypted: bool = False) -> bytes:
    """The user data of an MP4 with all its tags."""
    items = [
        atom(key.encode("latin-1"), *(_data(1, value.encode()) for value in tags[name]))
        for name, key in _MP4.items()
        if tags.get(name)
    ]
    for name, key, tail in (("track", b"trkn", b"\0\0"), ("disc", b"disk", b"")):
        pair = _pair(tags, name)
        if pair:
            items.append(atom(key, _data(0, pair + tail)))
    if tags.get("compilation"):
        items.append(atom(b"cpil", _data(21, b"\x01")))
    if pictures:
        kinds = [(14 if mime(picture) == "image/png" else 13, picture) for picture in pictures]
        items.append(atom(b"covr", *(_data(kind, picture) for kind, picture in kinds)))
    handler = atom(b"hdlr", bytes(8), b"mdirappl", bytes(9))
    return atom(
        b"udta", atom(b"meta", bytes(4), handler, atom(b"ilst", *items), atom(b"free", bytes(24)))
    )


def _wide(text: str) -> bytes:
    """A text as ASF writes it, with its end."""
    return text.encode("utf-16-le") + b"\0\0"


def asf_objects(tags: Tags, pictures: list[bytes]) -> list[bytes]:
    """Title and artist in the short object, all others in the long one."""
    short = [_wide((tags.get(name) or [""])[0]) for name in ("title", "artist")]
    short += [b"", b"", _wide((tags.get("comment") or [""])[0])]
    body = struct.pack("<5H", *(len(text) for text in short)) + b"".join(short)
    rows = [(_ASF[n], 0, _wide(v)) for n, values in tags.items() if n in _ASF for v in values]
    if tags.get("compilation"):
        rows.append(("WM/IsCompilation", 2, struct.pack("<I", 1)))
    for picture in pictures:
        head = struct.pack("<BI", 3, len(picture)) + _wide(mime(picture)) + _wide("")
        rows.append(("WM/Picture", 1, head + picture))
    packed = [
        struct.pack("<H", len(_wide(name)))
        + _wide(name)
        + struct.pack("<HH", kind, len(value))
        + value
        for name, kind, value in rows
    ]
    extended = struct.pack("<H", len(rows)) + b"".join(packed)
    return [asf.part(asf.CONTENT, body), asf.part(asf.EXTENDED, extended)]
