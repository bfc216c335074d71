"""Read the normalized tags and the technical properties of an audio file."""

from __future__ import annotations

import struct
from io import BufferedReader
from pathlib import Path

from msgspec import UNSET

from mediakeep import path_text
from mediakeep.errors import (
    ContainsVideo,
    MediakeepError,
    NotAudio,
    Truncated,
    UnsupportedAudio,
)
from mediakeep.media import open_file
from mediakeep.media.audio import formats, normalize_tags, registry
from mediakeep.media.audio.formats import AudioFormat
from mediakeep.media.audio.model import (
    AudioFile,
    AudioProperties,
    EmbeddedPicture,
    SecondaryTags,
    Tags,
)
from mediakeep.media.audio.mp4 import mp4_stream
from mediakeep.media.audio.parsed_file import PARSE_ERRORS, StreamInfo, TagBlock
from mediakeep.media.audio.stream_check import StreamCheck
from mediakeep.media.bounded_file import BoundedFile, open_bounded


def check_stream(source: BoundedFile, kind: AudioFormat) -> StreamCheck:
    """Check the audio stream of an open file for its size, truncation and DRM.

    A malformed header is no evidence of truncation. So whatever the bytes are, only an OSError of
    the disk can be raised. Each parser has its own limits, so the read limits of `source` are
    cleared.
    """
    source.clear_limits()
    try:
        return registry.get_parser(kind.name).check_stream(source)
    except (struct.error, IndexError):  # a truncated header
        return StreamCheck(source.size)


def truncation_reason(source: BoundedFile, kind: AudioFormat) -> str:
    """Return a clause that says why an audio file that cannot be parsed is truncated, or ""."""
    return check_stream(source, kind).truncated


__all__ = [
    "AudioFile",
    "AudioProperties",
    "EmbeddedPicture",
    "SecondaryTags",
    "StreamCheck",
    "Tags",
    "check_stream",
    "read",
    "truncation_reason",
]

_NO_TAGS = Tags()
_MAX_NUMBER = 2**53  # JSON readers lose digits beyond this; no real value comes near


def read(path: Path) -> AudioFile:
    """Read the tags and properties of an audio file; raise NotAudio, Truncated or Unreadable.

    Only regular files are opened, and read-only. Apart from the tags, a few KB of a large file are
    read, and never more than 512 KB.
    """
    with open_file.open_regular_file(path) as handle:
        try:
            return _read_open_file(handle, path)
        except MediakeepError:
            raise
        except Exception as error:  # malformed bytes may raise anything in a parser
            if isinstance(error, TimeoutError) and error.errno is None:
                raise  # the caller's timeout, not an error of the disk
            if os_error := _find_os_error(error):
                raise open_file.to_unreadable(path, os_error) from error
            raise _build_not_audio(path, handle) from error


def _read_open_file(handle: BufferedReader, path: Path) -> AudioFile:
    source, suffix = open_bounded(handle), path.suffix.lower()
    detected = formats.detect_in_source(source, suffix)
    if detected is None:
        raise _build_not_audio(path, handle)
    kind, certain = detected
    if suffix in formats.AMBIGUOUS_SUFFIXES and mp4_stream.has_video_track(source):
        raise ContainsVideo(path_text.escape_path(path), "it holds video")
    try:
        parsed = registry.get_parser(kind.name).parse(source)
    except PARSE_ERRORS as error:
        if reason := truncation_reason(source, kind):
            raise Truncated(path_text.escape_path(path), reason) from error
        raise
    if parsed.info.uncertain and not certain:
        # Bytes that look like audio by chance.
        raise _build_not_audio(path, handle)
    check = check_stream(source, kind)
    reading = _build_audio_file(
        parsed.blocks, _build_properties(parsed.info, kind.name, source.size, check)
    )
    if check.truncated and not (check.audio_complete or reading.container):
        # the tags were in the missing part
        raise Truncated(path_text.escape_path(path), check.truncated)
    return reading


def _find_os_error(error: BaseException) -> OSError | None:
    """Return the OSError that caused a parser's error, or None.

    File content never causes an OSError.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None


def _build_not_audio(path: Path, handle: BufferedReader) -> NotAudio:
    handle.seek(0)
    head, shown = handle.read(formats.HEAD_SIZE), path_text.escape_path(path)
    if unsupported := formats.describe_unsupported(head):
        return UnsupportedAudio(shown, unsupported)
    seems = formats.describe_content(head)
    damaged = "its header or its tags are damaged or truncated"
    return NotAudio(shown, f"it seems to be {seems}" if seems else damaged)


def _build_audio_file(blocks: list[TagBlock], facts: AudioProperties) -> AudioFile:
    """Build the result of reading a file from its tag blocks and properties.

    The first non-empty tag block is the main one; the others are secondary.
    """
    non_empty: list[tuple[TagBlock, Tags]] = []
    for block in blocks:
        tags = normalize_tags.normalize(block.texts, block.tag_format, block.pictures)
        if tags != _NO_TAGS:
            non_empty.append((block, tags))
    if not non_empty:
        return AudioFile(tags=_NO_TAGS, facts=facts, raw=blocks[0].texts if blocks else {})
    (main, tags), *others = non_empty
    return AudioFile(
        tags=tags,
        facts=facts,
        container=main.name,
        others=tuple(SecondaryTags(name=block.name, tags=other) for block, other in others),
        raw=main.texts,
    )


def _build_properties(
    info: StreamInfo, name: str, size: int, check: StreamCheck
) -> AudioProperties:
    duration = info.length
    duration = round(duration, 3) if 0 < duration < _MAX_NUMBER else 0.0
    return AudioProperties(
        format=name,
        codec=info.codec,
        lossless=info.lossless,
        duration=duration,
        bitrate=_to_int(info.bitrate or (size * 8 / duration if duration else 0)),
        sample_rate=_to_int(info.sample_rate),
        channels=_to_int(info.channels),
        bits=_to_int(info.bits_per_sample),
        size=size,
        payload=check.payload,
        truncated=check.truncated,
        protected=check.protected,
        audio_complete=check.audio_complete or UNSET,
    )


def _to_int(number: float) -> int:
    return int(number) if 0 < number < _MAX_NUMBER else 0
