"""The audio formats: told apart by their first bytes, never by their names alone."""

from __future__ import annotations

from codecs import getincrementaldecoder
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from io import BufferedReader
from typing import Any

EXTENSIONS = frozenset(
    {
        *(".mp3", ".m4a", ".m4b", ".m4p", ".flac", ".ogg", ".oga", ".opus", ".wma", ".wav"),
        *(".aif", ".aiff", ".ape", ".wv", ".mpc", ".dsf", ".aac"),
    }
)


@dataclass(frozen=True)
class Format:
    """A container: its name, the dialect of its tags, and what parses it (imported when needed)."""

    name: str
    dialect: str
    module: str
    parser: str

    def parse(self, handle: BufferedReader) -> Any:
        """Read tags and technical facts with mutagen, which may raise anything."""
        return getattr(import_module(f"mutagen.{self.module}"), self.parser)(handle)


MP3 = Format("MP3", "id3", "mp3", "MP3")
AAC = Format("AAC", "id3", "aac", "AAC")
FLAC = Format("FLAC", "vorbis", "flac", "FLAC")
MP4 = Format("MP4", "mp4", "mp4", "MP4")
VORBIS = Format("Ogg Vorbis", "vorbis", "oggvorbis", "OggVorbis")
OPUS = Format("Opus", "vorbis", "oggopus", "OggOpus")
OGG_FLAC = Format("Ogg FLAC", "vorbis", "oggflac", "OggFLAC")
SPEEX = Format("Speex", "vorbis", "oggspeex", "OggSpeex")
ASF = Format("WMA", "asf", "asf", "ASF")
WAV = Format("WAV", "id3", "wave", "WAVE")
AIFF = Format("AIFF", "id3", "aiff", "AIFF")
DSF = Format("DSF", "id3", "dsf", "DSF")
MONKEYS = Format("Monkey's Audio", "ape", "monkeysaudio", "MonkeysAudio")
WAVPACK = Format("WavPack", "ape", "wavpack", "WavPack")
MUSEPACK = Format("Musepack", "ape", "musepack", "Musepack")

STARTS = (
    (b"fLaC", FLAC),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ASF),
    (b"MAC ", MONKEYS),
    (b"wvpk", WAVPACK),
    (b"MPCK", MUSEPACK),
    (b"MP+", MUSEPACK),
    (b"DSD ", DSF),
    (b"ADIF", AAC),
)
IN_OGG = (
    (b"\x01vorbis", VORBIS),
    (b"OpusHead", OPUS),
    (b"\x7fFLAC", OGG_FLAC),
    (b"Speex   ", SPEEX),
)
_IN_CHUNKS = {(b"RIFF", b"WAVE"): WAV, (b"FORM", b"AIFF"): AIFF, (b"FORM", b"AIFC"): AIFF}
_ATOMS = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"})

_STRANGERS: tuple[tuple[str, Callable[[bytes], object]], ...] = (
    (
        "zero bytes only: an unfinished download or a damaged disk",
        lambda head: not head.strip(b"\0"),
    ),
    ("a JPEG picture", lambda head: head.startswith(b"\xff\xd8\xff")),
    ("a PNG picture", lambda head: head.startswith(b"\x89PNG")),
    ("a GIF picture", lambda head: head.startswith(b"GIF8")),
    ("a PDF document", lambda head: head.startswith(b"%PDF")),
    ("a ZIP archive", lambda head: head.startswith(b"PK\x03\x04")),
    ("a RAR archive", lambda head: head.startswith(b"Rar!")),
    ("a Matroska or WebM film", lambda head: head.startswith(b"\x1aE\xdf\xa3")),
    ("a web page", lambda head: head.lstrip().lower().startswith((b"<!doctype", b"<html"))),
    ("text", lambda head: _is_text(head)),
)

HEAD = 128  # bytes that tell a format


def recognise(handle: BufferedReader, suffix: str) -> tuple[Format, bool] | None:
    """Tell the format of an open file, and whether its bytes leave no doubt; None for a stranger.

    What is named .mp3, or begins with an ID3 tag, may hold sound further in: that is no certainty.
    """
    head = handle.read(HEAD)
    tagged = head.startswith(b"ID3") and len(head) > 9
    if tagged:
        handle.seek(10 + _id3_size(head[6:10]))
        head = handle.read(HEAD)
    handle.seek(0)
    if found := _by_head(head):
        return found, True
    return (MP3, False) if tagged or suffix == ".mp3" else None


def describe(head: bytes) -> str:
    """Say what a file that is not audio seems to be, as a noun, or "" where nothing is known."""
    return next((name for name, fits in _STRANGERS if fits(head)), "")


def _id3_size(field: bytes) -> int:
    """Four bytes of seven bits each."""
    return sum(byte << 7 * place for place, byte in enumerate(reversed(field)))


def _is_text(head: bytes) -> bool:
    try:
        text = getincrementaldecoder("utf-8")().decode(head)  # a letter may be cut at the end
    except UnicodeDecodeError:
        return False
    return " ".join(text.split()).isprintable()


def _by_head(head: bytes) -> Format | None:
    for start, found in STARTS:
        if head.startswith(start):
            return found
    if head.startswith(b"OggS"):
        return next((found for mark, found in IN_OGG if mark in head), None)
    if head[4:8] in _ATOMS:
        return MP4
    return _IN_CHUNKS.get((head[:4], head[8:12])) or _by_sync(head)


def _by_sync(head: bytes) -> Format | None:
    """Eleven bits set open a frame of MPEG audio; a layer of 0 makes it AAC."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return MP3 if head[1] & 0x06 else AAC
