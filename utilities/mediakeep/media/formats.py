"""The audio formats, detected by their first bytes and never by file names alone."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable
from io import BufferedReader

import msgspec

from mediakeep.media.dialects import margins
from mediakeep.media.source import Source, glance


class Format(msgspec.Struct, frozen=True):
    """A container format: its name and its file extensions, the most usual first."""

    name: str
    suffixes: tuple[str, ...]


MP3 = Format("MP3", (".mp3", ".mp2"))
AAC = Format("AAC", (".aac",))
FLAC = Format("FLAC", (".flac",))
MP4 = Format("MP4", (".m4a", ".m4b", ".m4p", ".mp4"))
VORBIS = Format("Ogg Vorbis", (".ogg", ".oga"))
OPUS = Format("Opus", (".opus", ".ogg", ".oga"))
OGG_FLAC = Format("Ogg FLAC", (".oga", ".ogg"))
SPEEX = Format("Speex", (".ogg", ".oga", ".spx"))
ASF = Format("WMA", (".wma",))
WAV = Format("WAV", (".wav",))
AIFF = Format("AIFF", (".aiff", ".aif"))
DSF = Format("DSF", (".dsf",))
MONKEYS = Format("Monkey's Audio", (".ape",))
WAVPACK = Format("WavPack", (".wv",))
MUSEPACK = Format("Musepack", (".mpc",))

ALL = {
    kind.name: kind
    for kind in (
        *(MP3, AAC, FLAC, MP4, VORBIS, OPUS, OGG_FLAC, SPEEX),
        *(ASF, WAV, AIFF, DSF, MONKEYS, WAVPACK, MUSEPACK),
    )
}
MIXED = frozenset({".mp4"})  # also used for videos: only the content tells
EXTENSIONS = frozenset(suffix for kind in ALL.values() for suffix in kind.suffixes) - MIXED
UNREAD = {  # audio that is reported, but not read
    ".tta": "True Audio",
    ".tak": "TAK",
    ".dff": "DSDIFF",
    ".mka": "Matroska",
    ".ofr": "OptimFROG",
}
VIDEO = "it holds video"

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
_STARTS = tuple(start for start, _ in STARTS)
IN_OGG = (
    (b"\x01vorbis", VORBIS),
    (b"OpusHead", OPUS),
    (b"\x7fFLAC", OGG_FLAC),
    (b"Speex   ", SPEEX),
)
_MARKED = re.compile(b"|".join(re.escape(mark) for mark, _ in IN_OGG))
_IN_CHUNKS = {
    **{(start, b"WAVE"): WAV for start in (b"RIFF", b"RF64", b"BW64")},
    **{(b"FORM", form): AIFF for form in (b"AIFF", b"AIFC")},
}
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

HEAD = 256  # bytes needed to detect a format


def recognise(handle: BufferedReader, suffix: str) -> tuple[Format, bool] | None:
    """Return the format of an open file and whether it is certain, or None if it is not audio.

    A file named .mp3 or .mp2, or one that begins with an ID3 tag, may contain audio further in:
    then MP3 is returned as uncertain.
    """
    return told(glance(handle), suffix)


def told(source: Source, suffix: str) -> tuple[Format, bool] | None:
    """Do the same for a bounded file, skipping leading ID3v2 tags."""
    start = margins.front(source)
    if detected := _by_head(source.read(start, HEAD)):
        return detected, True
    return (MP3, False) if start or suffix in MP3.suffixes else None


def fits(name: str, suffix: str) -> bool:
    """Return True if an extension, in lower case with its dot, is used for the named format."""
    return suffix in ALL[name].suffixes


def describe(head: bytes) -> str:
    """Return a noun for what a non-audio file seems to be, or "" if unknown."""
    return next((name for name, fits in _STRANGERS if fits(head)), "")


def _is_text(head: bytes) -> bool:
    try:
        text = getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return " ".join(text.split()).isprintable()


def _by_head(head: bytes) -> Format | None:
    if head.startswith(_STARTS):
        return next(kind for start, kind in STARTS if head.startswith(start))
    if head.startswith(b"OggS"):
        marked = _MARKED.search(head)
        return dict(IN_OGG)[marked[0]] if marked else None
    if head[4:8] in _ATOMS:
        return MP4
    return _IN_CHUNKS.get((head[:4], head[8:12])) or _by_sync(head)


def _by_sync(head: bytes) -> Format | None:
    """Detect an MPEG audio frame by its sync word of eleven set bits; layer 0 is AAC."""
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return MP3 if head[1] & 0x06 else AAC
