"""Use FFmpeg through PyAV, which is imported on first use, and only by way of this module.

Malformed files may crash native code, so callers run this in a process that may die.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from mediakeep.errors import DecodingFailed, NotAudio, UnsupportedAudio, UsageError
from mediakeep.media import open_file
from mediakeep.media.audio import formats, surrounding_tags
from mediakeep.media.audio.flac import flac_stream
from mediakeep.media.audio.formats import AudioFormat
from mediakeep.media.audio.riff import riff_stream
from mediakeep.media.bounded_file import BoundedFile

_MIN_PYAV_VERSION = 18  # major version of PyAV
_NOT_INSTALLED = (
    "PyAV (the decoders and encoders of FFmpeg) is not installed, or too old."
    ' Install it with: pip install "mediakeep[audio]"'
)
# What the loaders of Linux and macOS say of libraries for which there is too little memory.
_NO_MEMORY = ("failed to map segment", "annot allocate memory", "mmap")
# FFmpeg reserves the memory for as many entries as a header declares.
_TOO_LARGE = "its header is damaged, or there is too little memory for it"
_NOT_SUPPORTED = "FFmpeg does not support all that it contains"

# Codecs with checksums in each frame, which FFmpeg verifies only on request.
CHECKSUM_CODECS = frozenset({"flac", "wavpack", "ape", "tta"})
STRICT_OPTIONS = {"err_detect": "crccheck+bitstream+buffer+explode"}

_READ_SIZE = 1 << 18  # bytes
_MIN_PACKET, _MAX_PACKET = 1 << 12, 1 << 16  # bytes of WAV; FFmpeg's default is the former
_DTS_SEARCH_SIZE = 1 << 20  # bytes of WAV that may begin with DTS instead of samples
# Of 16 and of 14 bits, in both byte orders (ETSI TS 102 114, section 5.3 and annex C).
_DTS_SYNC_WORDS = tuple(map(bytes.fromhex, ("7ffe 8001", "fe7f 0180", "1fff e800", "ff1f 00e8")))
_VIDEO_SIGNATURES = ((0, b"\x1aE\xdf\xa3", "matroska"), (8, b"AVI ", "avi"))  # also of WebM
OGG_FORMATS = frozenset(
    kind.name for kind in (formats.VORBIS, formats.OPUS, formats.OGG_FLAC, formats.SPEEX)
)
_DEMUXERS = {
    **dict.fromkeys(OGG_FORMATS, "ogg"),
    formats.MP3.name: "mp3",
    formats.AAC.name: "aac",
    formats.FLAC.name: "flac",
    formats.MP4.name: "mov",
    formats.ASF.name: "asf",
    formats.WAV.name: "wav",
    formats.AIFF.name: "aiff",
    formats.DSF.name: "dsf",
    formats.MONKEYS.name: "ape",
    formats.WAVPACK.name: "wv",
    formats.TRUE_AUDIO.name: "tta",
}
_TAGGED_DEMUXERS = frozenset(
    {"mp3", "aac", "flac", "ape", "wv", "mpc", "mpc8", "tta"}
)  # formats that may end with tags
_UNTAGGED_DEMUXERS = frozenset({"ape", "wv", "mpc", "mpc8", "tta"})  # that skip no leading tags
_WAVPACK_INT32 = 0x103  # flags of a block: integers of four bytes, not all of whose bits are 0


def require_pyav() -> Any:
    """Return the module `av`; raise a usage error that says how to install it if unusable.

    Raises MemoryError if there is too little memory to load its libraries.
    """
    try:
        import av

        is_recent = int(av.__version__.partition(".")[0]) >= _MIN_PYAV_VERSION
    except (ImportError, ValueError) as error:
        if any(text in str(error) for text in _NO_MEMORY):
            raise MemoryError(f"PyAV not loaded: {error}") from error
        raise UsageError(_NOT_INSTALLED) from error
    if not is_recent:
        raise UsageError(_NOT_INSTALLED)
    return av


def describe_version() -> str:
    """Return the versions of FFmpeg and PyAV, such as "FFmpeg 8.1.2, PyAV 18.1.0"."""
    av = require_pyav()
    return f"FFmpeg {av.ffmpeg_version_info}, PyAV {av.__version__}"


def choose_demuxer(source: BoundedFile, format_name: str) -> str:
    """Return the name of FFmpeg's container parser for an audio format.

    It is given to FFmpeg explicitly, so that no file content can select a parser that opens other
    files.
    """
    if format_name == formats.MUSEPACK.name:
        start = surrounding_tags.find_audio_start(source)
        return "mpc" if source.read(start, 3) == b"MP+" else "mpc8"
    return _DEMUXERS[format_name]


def find_container_end(source: BoundedFile, demuxer: str) -> int:
    """Return the byte offset at which the audio container ends and trailing tags begin."""
    if demuxer not in _TAGGED_DEMUXERS:
        return source.size
    return surrounding_tags.find_audio_end(source, surrounding_tags.find_audio_start(source))


def find_container_start(source: BoundedFile, demuxer: str) -> int:
    """Return the byte offset after leading tags, if FFmpeg does not skip them in the format."""
    return surrounding_tags.find_audio_start(source) if demuxer in _UNTAGGED_DEMUXERS else 0


def may_fail_checksums(source: BoundedFile, demuxer: str) -> bool:
    """Return whether a file is WavPack with 32-bit integers, some of which FFmpeg misreads."""
    flags = source.read(find_container_start(source, demuxer) + 24, 4)
    is_int32 = int.from_bytes(flags, "little") & _WAVPACK_INT32 == _WAVPACK_INT32
    return demuxer == "wv" and is_int32


class OpenedAudio(NamedTuple):
    """PyAV's container and audio stream of an open file, and the bytes of the file.

    `lacks_start` is set if FFmpeg does not get the start of a FLAC file, which is overwritten.
    """

    container: Any
    stream: Any
    source: BoundedFile
    lacks_start: bool = False


@contextmanager
def open_audio(path: Path, mp3_start: int = 0) -> Iterator[OpenedAudio]:
    """Open an audio file, or a video, to decode its first audio stream.

    `mp3_start` is the byte offset of a frame: an MP3 is opened without what is before it. Raises
    Unreadable if the system cannot read it, NotAudio if there is no audio, DecodingFailed if FFmpeg
    refuses it.
    """
    av = require_pyav()
    with open_file.open_regular_file(path) as handle:
        source = BoundedFile(handle.fileno(), os.fstat(handle.fileno()).st_size, _READ_SIZE)
        demuxer = _find_video_demuxer(source)
        demuxer = demuxer or choose_demuxer(source, _detect(path, source).name)
        data = build_reader(source, demuxer, mp3_start)
        with translate_errors(path):
            options = _choose_options(source, demuxer)
            container = av.open(
                data, "r", format=demuxer, options=options, metadata_errors="replace"
            )
        with container:
            stream = next(iter(container.streams.audio), None)
            if stream is None:
                raise NotAudio(path, "it has no audio stream")
            if stream.codec_context is None:
                raise DecodingFailed(path, "FFmpeg has no decoder for it")
            yield OpenedAudio(container, stream, source, data.lacks_start)


def _choose_options(source: BoundedFile, demuxer: str) -> dict[str, str]:
    """Return the options of a parser: packets of PCM are large, but at most half a second.

    FFmpeg looks for compressed audio in the first packet of PCM, and for DTS, which often follows
    silence, in more of them if there may be any: that takes as long as to encode half a minute.
    """
    start = surrounding_tags.find_audio_start(source)
    chunks = riff_stream.walk_chunks(source, start) if demuxer == "wav" else ()
    starts = {one.name: one.start for one in reversed([*chunks])}  # of the first of each name
    head = source.read(starts[b"fmt "], 12) if b"fmt " in starts else b""
    known = {*riff_stream.PCM_FORMATS, riff_stream.EXTENSIBLE_FORMAT}
    if int.from_bytes(head[:2], "little") not in known:
        return {}
    rate = int.from_bytes(head[8:], "little")  # bytes a second
    size = min(max(rate // 2, _MIN_PACKET), _MAX_PACKET)
    begin = source.read(starts.get(b"data", start), _DTS_SEARCH_SIZE)
    may_be_dts = any(word in begin for word in _DTS_SYNC_WORDS)
    return {"max_size": str(size), "probesize": str(_DTS_SEARCH_SIZE if may_be_dts else size)}


def build_reader(source: BoundedFile, demuxer: str, mp3_start: int = 0) -> RangeReader:
    """Return what FFmpeg reads of a file: no tags that it does not skip, and no lost start."""
    end = find_container_end(source, demuxer)
    if demuxer == "flac" and (lost := flac_stream.find_lost_start(source)):
        return RangeReader(source, end, lost[1], lost[0])
    first = mp3_start if demuxer == "mp3" else find_container_start(source, demuxer)
    return RangeReader(source, end, first)


def _find_video_demuxer(source: BoundedFile) -> str:
    """Return the name of FFmpeg's parser for a video that is no MP4, or ""."""
    head = source.read(0, formats.HEAD_SIZE)
    found = (name for at, mark, name in _VIDEO_SIGNATURES if head.startswith(mark, at))
    return next(found, "")


def _detect(path: Path, source: BoundedFile) -> AudioFormat:
    detected = formats.detect_in_source(source, path.suffix.lower())
    if detected is None or not source.size:
        head = source.read(0, formats.HEAD_SIZE)
        if unsupported := formats.describe_unsupported(head):
            raise UnsupportedAudio(path, unsupported)
        raise NotAudio(path, f"it is {formats.describe_content(head) or 'of an unknown format'}")
    return detected[0]


@contextmanager
def capture_messages() -> Iterator[list[tuple[int, str, str]]]:
    """Yield the list of FFmpeg's messages in this thread, from warnings on, also repeated ones."""
    logging = require_pyav().logging
    before, skips = logging.get_level(), logging.get_skip_repeated()
    logging.set_level(logging.WARNING)
    logging.set_skip_repeated(False)
    try:
        with logging.Capture(local=True) as messages:
            yield messages
    finally:
        logging.set_level(before)
        logging.set_skip_repeated(skips)


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Raise DecodingFailed for FFmpeg's errors, and Unreadable for those of the system."""
    av = require_pyav()
    try:
        yield
    except av.error.FFmpegError as error:
        known = {av.error.MemoryError: _TOO_LARGE, av.error.PatchWelcomeError: _NOT_SUPPORTED}
        raise DecodingFailed(path, known.get(type(error)) or describe_error(error)) from error
    except TimeoutError:
        raise  # a timeout of the caller, not of the disk
    except OSError as error:
        raise open_file.to_unreadable(path, error) from error


def describe_error(error: Exception) -> str:
    """Return the message of an FFmpeg error, with the last line that FFmpeg logged about it."""
    text = str(getattr(error, "strerror", "") or error)
    log = getattr(error, "log", None)
    return f"{text} ({log[2].strip()})" if log else text


class RangeReader:
    """A read-only file-like object for PyAV with a part of a file, between two byte offsets.

    `header` replaces what is before the part.
    """

    def __init__(self, source: BoundedFile, end: int, start: int = 0, header: bytes = b"") -> None:
        self._source, self._start, self._header = source, start - len(header), header
        self._size, self._at = end - self._start, 0

    @property
    def lacks_start(self) -> bool:
        """Return True if headers replace the start of the file."""
        return bool(self._header)

    def read(self, count: int) -> bytes:
        """Return the next `count` bytes, or b"" at the end."""
        data = self._header[self._at :][:count]
        if not data:
            data = self._source.read(self._start + self._at, min(count, self._size - self._at))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the read position and return it; `whence` works as in `io.IOBase.seek`."""
        self._at = max(0, offset + (0, self._at, self._size)[whence])
        return self._at

    def tell(self) -> int:
        """Return the read position in bytes."""
        return self._at
