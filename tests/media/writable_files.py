"""Files with all kinds of writable tags, and helpers to write them."""

from __future__ import annotations

import base64
import struct
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from random import Random

from mutagen import mp4
from mutagen.flac import FLAC, Picture
from mutagen.oggvorbis import OggVorbis

from mediakeep.media.safewrite import write_tags
from mediakeep.media.safewrite.write_tags import TagEdit, TagWriteResult, WriteRules
from mediakeep.media.undo.store import UndoStore
from mediakeep.outcome import Stamp
from mediakeep_samples.music import track_files
from tests.media import mutations_sounds as small
from tests.media import mutations_tags as tagging
from tests.media import unusual_files

STAMP = Stamp("20251217_session_001", "Velvet Harbour", 7, 7)
IMAGE = track_files.read_seed_file("cover.png") + Random("image").randbytes(200_000)
PHOTO = track_files.read_seed_file("cover.jpg") + Random("photo").randbytes(60_000)


_RULES = WriteRules()


def store(folder: Path) -> UndoStore:
    """Open the undo store of a test's home."""
    return UndoStore(folder / "status" / "undo")


def write(path: Path, home: Path, *changes: TagEdit, rules: WriteRules = _RULES) -> TagWriteResult:
    """Apply tag edits."""
    written = write_tags.write(path, changes, store(home), STAMP, rules, queue="music")
    assert written
    return written


def digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def put(folder: Path, name: str) -> Path:
    """Write a file of `NAMES`; its format is the extension."""
    path = folder / f"a.{name.rpartition('.')[2]}"
    path.write_bytes(whole(name))
    return path


@cache
def whole(name: str) -> bytes:
    return OWN[name]() if name in OWN else small.whole(name)


def _unsynced(version: int) -> bytes:
    """An unsynchronized tag: no 0xFF can begin a frame (id3.org, 2.3.0, 5)."""
    tag = bytearray(tagging.id3v2(version))
    body = bytes(tag[10:])
    if version == 4:
        text = b"\1\xff\xfeA\0\xff\xfeB\0".replace(b"\xff", b"\xff\0")
        body = b"TPE1" + tagging.syncsafe(len(text)) + b"\0\2" + text
        body += b"TIT2" + tagging.syncsafe(4) + b"\0\0\3One" + bytes(30)
    else:
        body = body.replace(b"\xff", b"\xff\0")
    return b"ID3" + bytes((version, 0, 0x80)) + tagging.syncsafe(len(body)) + body


def _strange() -> bytes:
    """Unknown frames, a repeated description, flags, and junk after the frames."""

    def frame(name: bytes, data: bytes, flags: bytes = b"\0\0") -> bytes:
        return name + struct.pack(">I", len(data)) + flags + data

    body = frame(b"XSOP", b"\0unknown", b"\x80\0") + frame(b"TXXX", b"\0MOOD\0calm")
    body += frame(b"TIT2", b"\1\xff\xfeL\0o\0w\0") + frame(b"TXXX", b"\0MOOD\0wild")
    body += frame(b"TSIZ", b"\x00123") + frame(b"TYER", b"\x001974") + frame(b"TDAT", b"\x000105")
    body += frame(b"TPE1", b"\0A/B") + frame(b"APIC", b"\0image/png\0\4\0" + PHOTO)
    body += frame(b"PRIV", b"owner\0" + bytes(range(256))) + b"\xffjunk"
    return (
        b"ID3\x03\0\0" + tagging.syncsafe(len(body)) + body + track_files.read_seed_file("bell.mp3")
    )


def _stacked() -> bytes:
    return (
        tagging.id3v2(3)
        + tagging.id3v2(4)
        + track_files.read_seed_file("chord.mp3")
        + tagging.id3v1()
    )


def _pictured_flac() -> bytes:
    file = BytesIO(track_files.read_seed_file("chord.flac"))
    audio = FLAC(file)
    audio["Title"], audio["ARTIST"] = ["Low Tide"], ["Velvet", "Anna"]
    for kind in (4, 3):
        picture = Picture()
        picture.type, picture.mime, picture.data = kind, "image/jpeg", PHOTO + bytes([kind])
        audio.add_picture(picture)
    audio.save(small.rewound(file), padding=lambda _: 100)
    return file.getvalue()


def _mixed_case_ogg() -> bytes:
    file = BytesIO(track_files.read_seed_file("drops.ogg"))
    audio = OggVorbis(file)
    block = Picture()
    block.type, block.mime, block.data = 3, "image/jpeg", PHOTO
    audio.tags[:] = [
        *(("Artist", "A"), ("TITLE", "Low"), ("artist", "B"), ("X-own", "kept")),
        *(("TrackNumber", "03/12"), ("ALBUM ARTIST", "A"), ("albumartist", "A"), ("YEAR", "1974")),
        ("METADATA_BLOCK_PICTURE", base64.b64encode(block.write()).decode()),
    ]
    audio.save(small.rewound(file), padding=lambda _: 0)
    return file.getvalue()


def _front_m4a() -> bytes:
    """An MP4 with `moov` before the audio and no free space next to the tags."""
    file = BytesIO(track_files.read_seed_file("bell.m4a"))
    audio = mp4.MP4(file)
    audio["\xa9nam"], audio["tmpo"], audio["disk"] = ["Low Tide"], [90], [(1, 2)]
    audio["----:com.apple.iTunes:ARTISTS"] = [mp4.MP4FreeForm(b"A"), mp4.MP4FreeForm(b"B")]
    audio["----:org.own:Thing"] = [mp4.MP4FreeForm(b"\x01\x02", mp4.AtomDataType.INTEGER)]
    audio.save(small.rewound(file), padding=lambda _: 0)
    atoms = dict(top(file.getvalue()))
    moov = atoms[b"moov"]
    at = moov.index(b"stco") + 12
    moved = struct.pack(">I", struct.unpack_from(">I", moov, at)[0] + len(moov) + 8)
    moov = moov[:at] + moved + moov[at + 4 :]
    parts = {b"ftyp": atoms[b"ftyp"], b"moov": moov}
    parts |= {name: data for name, data in atoms.items() if name not in parts}
    return b"".join(struct.pack(">I4s", 8 + len(data), name) + data for name, data in parts.items())


def top(data: bytes) -> list[tuple[bytes, bytes]]:
    """Split an MP4 file into its top-level atoms."""
    found, at = [], 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        found.append((name, data[at + 8 : at + size]))
        at += size
    return found


def _id3v1_only() -> bytes:
    return track_files.read_seed_file("bell.mp3") + tagging.id3v1()


OWN = {
    "bare.mp3": lambda: track_files.read_seed_file("chord.mp3"),
    "unsynced3.mp3": lambda: _unsynced(3) + track_files.read_seed_file("bell.mp3"),
    "unsynced4.mp3": lambda: _unsynced(4) + track_files.read_seed_file("bell.mp3"),
    "strange.mp3": _strange,
    "stacked.mp3": _stacked,
    "old.mp3": _id3v1_only,
    "bare.flac": lambda: track_files.read_seed_file("bell.flac"),
    "pictured.flac": _pictured_flac,
    "bare.m4a": lambda: track_files.read_seed_file("bell.m4a"),
    "front.m4a": _front_m4a,
    "bare.ogg": lambda: track_files.read_seed_file("bell.ogg"),
    "mixed.ogg": _mixed_case_ogg,
    "bare.opus": lambda: track_files.read_seed_file("chord.opus"),
    **unusual_files.OWN,
}
WRITTEN = [
    *(name for name, (kind, _) in small.SOUNDS.items() if name.endswith((".mp3", "mp3"))),
    *("m4a", "first.m4a", "flac", "tagged.flac", "ogg", "opus", "wma", "wav", "aiff", "dsf"),
    *("tta", "ape", "old.ape", "wv", "mpc", "seven.mpc"),
]
NAMES = [*WRITTEN, *OWN]
UNWRITTEN = [name for name in small.SOUNDS if name not in WRITTEN]
