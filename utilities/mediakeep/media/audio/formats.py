"""Detect audio formats by the first bytes of files, never by file names alone."""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from collections.abc import Callable
from io import BufferedReader

import msgspec

from mediakeep.media.audio import surrounding_tags
from mediakeep.media.bounded_file import BoundedFile, open_bounded


class AudioFormat(msgspec.Struct, frozen=True):
    """An audio container format: its name and its file extensions, the most usual one first."""

    name: str
    suffixes: tuple[str, ...]


MP3 = AudioFormat("MP3", (".mp3", ".mp2"))
AAC = AudioFormat("AAC", (".aac",))
FLAC = AudioFormat("FLAC", (".flac",))
MP4 = AudioFormat("MP4", (".m4a", ".m4b", ".m4p", ".mp4"))
VORBIS = AudioFormat("Ogg Vorbis", (".ogg", ".oga"))
OPUS = AudioFormat("Opus", (".opus", ".ogg", ".oga"))
OGG_FLAC = AudioFormat("Ogg FLAC", (".oga", ".ogg"))
SPEEX = AudioFormat("Speex", (".ogg", ".oga", ".spx"))
ASF = AudioFormat("WMA", (".wma",))
WAV = AudioFormat("WAV", (".wav",))
AIFF = AudioFormat("AIFF", (".aiff", ".aif"))
DSF = AudioFormat("DSF", (".dsf",))
MONKEYS = AudioFormat("Monkey's Audio", (".ape",))
WAVPACK = AudioFormat("WavPack", (".wv",))
MUSEPACK = AudioFormat("Musepack", (".mpc",))
TRUE_AUDIO = AudioFormat("True Audio", (".tta",))

ALL = {
    kind.name: kind
    for kind in (
        *(MP3, AAC, FLAC, MP4, VORBIS, OPUS, OGG_FLAC, SPEEX),
        *(ASF, WAV, AIFF, DSF, MONKEYS, WAVPACK, MUSEPACK, TRUE_AUDIO),
    )
}
AMBIGUOUS_SUFFIXES = frozenset({".mp4"})  # also used for videos: only the content tells
AUDIO_SUFFIXES = (
    frozenset(suffix for kind in ALL.values() for suffix in kind.suffixes) - AMBIGUOUS_SUFFIXES
)
UNSUPPORTED_SUFFIXES = {  # audio that is reported, but not read
    ".tak": "TAK",
    ".dff": "DSDIFF",
    ".mka": "Matroska",
    ".ofr": "OptimFROG",
}

SIGNATURES = (
    (b"fLaC", FLAC),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", ASF),
    (b"MAC ", MONKEYS),
    (b"wvpk", WAVPACK),
    (b"MPCK", MUSEPACK),
    (b"MP+", MUSEPACK),
    (b"DSD ", DSF),
    (b"TTA1", TRUE_AUDIO),
    (b"ADIF", AAC),
)
_SIGNATURE_BYTES = tuple(start for start, _ in SIGNATURES)
OGG_SIGNATURES = (
    (b"\x01vorbis", VORBIS),
    (b"OpusHead", OPUS),
    (b"\x7fFLAC", OGG_FLAC),
    (b"Speex   ", SPEEX),
)
_OGG_PATTERN = re.compile(b"|".join(re.escape(mark) for mark, _ in OGG_SIGNATURES))
_CHUNK_FORMATS = {
    **{(start, b"WAVE"): WAV for start in (b"RIFF", b"RF64", b"BW64")},
    **{(b"FORM", form): AIFF for form in (b"AIFF", b"AIFC")},
}
_MP4_ATOMS = frozenset({b"ftyp", b"moov", b"mdat", b"free", b"skip", b"wide"})

_NON_AUDIO: tuple[tuple[str, Callable[[bytes], object]], ...] = (
    (
        "zero bytes only: an unfinished download or a damaged disk",
        lambda head: not head.strip(b"\0"),
    ),
    ("a JPEG picture", lambda head: head.startswith(b"\xff\xd8\xff")),
    ("a PNG picture", lambda head: head.startswith(b"\x89PNG")),
    ("a GIF picture", lambda head: head.startswith(b"GIF8")),
    ("a PDF document", lambda head: head.startswith(b"%PDF")),
    ("a ZIP archive", lambda head: head.startswith(b"PK\x03\x04")),
    ("a gzip archive", lambda head: head.startswith(b"\x1f\x8b\x08")),
    ("encrypted data", lambda head: head.startswith((b"Salted__", b"-----BEGIN PGP MESSAGE"))),
    ("a RAR archive", lambda head: head.startswith(b"Rar!")),
    ("a Matroska or WebM film", lambda head: head.startswith(b"\x1aE\xdf\xa3")),
    ("a web page", lambda head: head.lstrip().lower().startswith((b"<!doctype", b"<html"))),
    ("text", lambda head: _is_text(head)),
)

# Audio that is not read: how it begins, what it is, and what helps.
_UNSUPPORTED_AUDIO = (
    (b"FRM8", "it is DSDIFF; convert it to DSF, which holds the same audio"),
    (b"tBaK", "it is TAK; convert it to FLAC, which holds the same audio"),
    (b"OFR ", "it is OptimFROG; convert it to FLAC, which holds the same audio"),
)

HEAD_SIZE = 256  # bytes needed to detect a format


def detect_format(handle: BufferedReader, suffix: str) -> tuple[AudioFormat, bool] | None:
    """Return the format of an open audio file and whether it is certain, or None if no audio.

    A file named .mp3 or .mp2, or a file that begins with an ID3 tag, may contain audio further in:
    then MP3 is returned as uncertain (False).
    """
    return detect_in_source(open_bounded(handle), suffix)


def detect_in_source(source: BoundedFile, suffix: str) -> tuple[AudioFormat, bool] | None:
    """Return the audio format of a bounded file and whether it is certain, or None if no audio.

    Leading ID3v2 tags are skipped; otherwise it works like `detect_format`.
    """
    start = surrounding_tags.find_audio_start(source)
    if detected := _match_head(source.read(start, HEAD_SIZE)):
        return detected, True
    return (MP3, False) if start or suffix in MP3.suffixes else None


def is_usual_suffix(name: str, suffix: str) -> bool:
    """Return True if a file extension, in lower case with its dot, is usual for a format."""
    return suffix in ALL[name].suffixes


def describe_content(head: bytes) -> str:
    """Return a noun for what a file that is not audio seems to be, or "" if unknown."""
    return next((name for name, fits in _NON_AUDIO if fits(head)), "")


def describe_unsupported(head: bytes) -> str:
    """Return the name of an audio format that is not read, and what helps, or ""."""
    return next((text for start, text in _UNSUPPORTED_AUDIO if head.startswith(start)), "")


def _is_text(head: bytes) -> bool:
    try:
        text = getincrementaldecoder("utf-8")().decode(head)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return " ".join(text.split()).isprintable()


def _match_head(head: bytes) -> AudioFormat | None:
    if head.startswith(_SIGNATURE_BYTES):
        return next(kind for start, kind in SIGNATURES if head.startswith(start))
    if head.startswith(b"OggS"):
        marked = _OGG_PATTERN.search(head)
        return dict(OGG_SIGNATURES)[marked[0]] if marked else None
    if head[4:8] in _MP4_ATOMS:
        return MP4
    return _CHUNK_FORMATS.get((head[:4], head[8:12])) or _match_mpeg_sync(head)


def _match_mpeg_sync(head: bytes) -> AudioFormat | None:
    """Detect MPEG audio or AAC by the sync word of a frame, which is eleven set bits.

    Layer 0 in the frame header means AAC.
    """
    if len(head) < 2 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    return MP3 if head[1] & 0x06 else AAC
