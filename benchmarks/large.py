"""Files as large as those of real libraries, each with a sound of its own, made fast.

What is in the frames is noise, but headers, tables, sums and ends are right. Three of ten files
hold a cover of the common size, and every folder has one.
"""

# Most of mutagen is not annotated.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random

from mutagen import id3
from mutagen.flac import FLAC, Picture
from mutagen.mp4 import MP4, MP4Cover
from mutagen.ogg import OggFileType, OggPage
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis

from benchmarks import large_flac, large_mp4
from mediakeep_samples.music import track_files

_LEAST, _MORE = 5_000_000, 1_000_000  # bytes of sound
_TRACKS, _ALBUMS = 10, 2  # in an album, by an artist
_NOISE = 1 << 23
_COVERED = (0, 3, 7)  # tracks of ten that hold a picture

Fields = Mapping[str, str]


def make(folder: Path, count: int) -> list[Path]:
    """Write so many files as artists with albums, all tracks of an album in one format."""
    return [_put(folder, number) for number in range(count)]


def _put(folder: Path, number: int) -> Path:
    album, track = divmod(number, _TRACKS)
    suffix, build = list(_BUILDERS.items())[album % len(_BUILDERS)]
    artist = f"Artist {album // _ALBUMS:03}"
    fields = {
        "title": f"Song {number}",
        "artist": artist,
        "albumartist": artist,
        "album": f"Album {album}",
        "date": str(1960 + album % 60),
        "genre": "Folk",
        "tracknumber": f"{track + 1}/{_TRACKS}",
    }
    place = folder / artist / fields["album"] / f"{track + 1:02} {fields['title']}{suffix}"
    place.parent.mkdir(parents=True, exist_ok=True)
    if not track:
        (place.parent / "cover.jpg").write_bytes(cover())
    picture = cover() if number % 10 in _COVERED else b""
    place.write_bytes(build(fields, picture, number))
    return place


@cache
def cover() -> bytes:
    """A picture of 60 KB."""
    return track_files.read_seed_file("cover.jpg") + Random(0).randbytes(57_000)


@cache
def _pool() -> bytes:
    return Random(1).randbytes(_NOISE)


def noise(size: int, number: int) -> bytes:
    """Give bytes that are others for each number."""
    rng, found = Random(number), []
    while size > 0:
        start = rng.randrange(_NOISE)
        found.append(_pool()[start : start + size])
        size -= len(found[-1])
    return b"".join(found)


def _size(number: int) -> int:
    """No two files of an artist are of a size, as none would be a copy of the other."""
    return _LEAST + number * 104_729 % _MORE


def _mp3(fields: Fields, picture: bytes, number: int) -> bytes:
    """256 kbit/s at 44.1 kHz without padding, and an Info frame as LAME writes it."""
    length = 835
    count = _size(number) // length
    sound = bytearray(noise(count * length, number))
    for place, byte in enumerate(b"\xff\xfb\xd0\x64"):
        sound[place::length] = bytes([byte]) * count
    packed = struct.pack(">4sIII", b"Info", 15, count, (count + 1) * length)
    table = bytes(place * 256 // 100 for place in range(100)) + bytes(3) + b"\x4e"
    first = b"\xff\xfb\xd0\x64" + bytes(32) + packed + table + b"LAME3.100"
    return _id3(fields, picture) + first.ljust(length, b"\0") + sound


def _id3(fields: Fields, picture: bytes) -> bytes:
    frames = {"title": id3.TIT2, "artist": id3.TPE1, "albumartist": id3.TPE2, "album": id3.TALB}
    frames |= {"date": id3.TDRC, "genre": id3.TCON, "tracknumber": id3.TRCK}
    tags, file = id3.ID3(), BytesIO()
    for field, text in fields.items():
        tags.add(frames[field](encoding=id3.Encoding.UTF8, text=[text]))
    if picture:
        image = {"mime": "image/jpeg", "type": 3, "desc": "", "data": picture}
        tags.add(id3.APIC(encoding=id3.Encoding.LATIN1, **image))
    tags.save(file)
    return file.getvalue()


def _flac(fields: Fields, picture: bytes, number: int) -> bytes:
    file = BytesIO(large_flac.sound(_size(number), Random(number)))
    audio = FLAC(file)
    audio.update(_comments(fields))
    if picture:
        audio.add_picture(_picture(picture))
    file.seek(0)
    audio.save(file)
    return file.getvalue()


def _m4a(fields: Fields, picture: bytes, number: int) -> bytes:
    file = BytesIO(track_files.read_seed_file("bell.m4a"))
    audio = MP4(file)
    atoms = {"title": "\xa9nam", "artist": "\xa9ART", "albumartist": "aART", "album": "\xa9alb"}
    atoms |= {"date": "\xa9day", "genre": "\xa9gen"}
    audio.update({atoms[field]: [text] for field, text in fields.items() if field in atoms})
    audio["trkn"] = [tuple(map(int, fields["tracknumber"].split("/")))]
    if picture:
        audio["covr"] = [MP4Cover(picture, imageformat=MP4Cover.FORMAT_JPEG)]
    file.seek(0)
    audio.save(file)
    return large_mp4.lengthened(file.getvalue(), noise(_size(number), number))


def _ogg(fields: Fields, picture: bytes, number: int) -> bytes:
    return _paged(OggVorbis, "bell.ogg", (fields, picture, number))


def _opus(fields: Fields, picture: bytes, number: int) -> bytes:
    return _paged(OggOpus, "bell.opus", (fields, picture, number))


def _paged(
    kind: Callable[[BytesIO], OggFileType], seed: str, what: tuple[Fields, bytes, int]
) -> bytes:
    """A second of 16 KB on every page."""
    fields, picture, number = what
    file = BytesIO(track_files.read_seed_file(seed))
    audio = kind(file)
    audio.update(_comments(fields))
    if picture:
        block = base64.b64encode(_picture(picture).write()).decode("ascii")
        audio["metadata_block_picture"] = [block]
    file.seek(0)
    audio.save(file)
    file.seek(0)
    rate = getattr(audio.info, "sample_rate", 48_000)  # that of Opus, which does not store it
    pages = [*_headers(file), *_sounding(number, rate)]
    for sequence, page in enumerate(pages):
        page.sequence, page.serial = sequence, number + 1
    pages[-1].last = True
    return b"".join(page.write() for page in pages)


def _headers(file: BytesIO) -> Iterator[OggPage]:
    """The pages before the sound: on them no time has passed."""
    while (page := OggPage(file)).position in (0, -1):
        yield page


def _sounding(number: int, rate: int) -> Iterator[OggPage]:
    length, sound = 500, noise(_size(number), number)
    parts = [sound[start : start + length] for start in range(0, len(sound), length)]
    for second in range(1, len(parts) // 32 + 1):
        page = OggPage()
        page.packets = parts[32 * (second - 1) : 32 * second]
        page.position = second * rate
        yield page


def _comments(fields: Fields) -> dict[str, list[str]]:
    number, total = fields["tracknumber"].split("/")
    texts = {**fields, "tracknumber": number, "tracktotal": total}
    return {field: [text] for field, text in texts.items()}


def _picture(data: bytes) -> Picture:
    picture = Picture()
    picture.type, picture.mime, picture.data = 3, "image/jpeg", data
    return picture


_BUILDERS: Mapping[str, Callable[[Fields, bytes, int], bytes]] = {
    ".mp3": _mp3,
    ".flac": _flac,
    ".m4a": _m4a,
    ".ogg": _ogg,
    ".opus": _opus,
}
