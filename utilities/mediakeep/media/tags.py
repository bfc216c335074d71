"""Read an audio file: normalized tags and technical properties."""

from __future__ import annotations

from io import BufferedReader
from pathlib import Path

from mediakeep import files
from mediakeep.errors import MediakeepError, NotAudio, Truncated
from mediakeep.media import access, formats, sound, vocabulary
from mediakeep.media.anatomy import BROKEN, Block, Info
from mediakeep.media.evidence import SLIGHT, Sound
from mediakeep.media.reading import Container, Facts, Picture, Reading, Tags
from mediakeep.media.source import glance
from mediakeep.media.streams import mp4, register

__all__ = ["Container", "Facts", "Picture", "Reading", "Tags", "read"]

_NOTHING = Tags()
_LARGEST = 2**53  # JSON readers lose digits beyond this; no real value comes near


def read(path: Path) -> Reading:
    """Read a file's tags and properties; raise NotAudio, Truncated or Unreadable.

    Only regular files are opened, and read-only. Apart from the tags, a few KB of a large file are
    read, and never more than 512 KB.
    """
    with access.opened(path) as handle:
        try:
            return _read(handle, path)
        except MediakeepError:
            raise
        except Exception as error:  # malformed bytes may raise anything in a parser
            if isinstance(error, TimeoutError) and error.errno is None:
                raise  # the caller's timeout, not an error of the disk
            if os_error := _of_the_disk(error):
                raise access.refusal(path, os_error) from error
            raise NotAudio(files.escape(path), _what_it_is(handle)) from error


def _read(handle: BufferedReader, path: Path) -> Reading:
    source = glance(handle)
    detected = formats.told(source, path.suffix.lower())
    if detected is None:
        raise NotAudio(files.escape(path), _what_it_is(handle))
    kind, certain = detected
    if path.suffix.lower() in formats.MIXED and mp4.holds_video(source):
        raise NotAudio(files.escape(path), formats.VIDEO)
    try:
        parsed = register.of(kind.name).read(source)
    except BROKEN as error:
        if reason := sound.cut(source, kind):
            raise Truncated(files.escape(path), reason) from error
        raise
    if parsed.info.sketchy and not certain:
        # Bytes that look like audio by chance.
        raise NotAudio(files.escape(path), _what_it_is(handle))
    check = sound.examine(source, kind)
    reading = _reading(parsed.blocks, _facts(parsed.info, kind.name, source.size, check))
    if check.truncated not in ("", *SLIGHT) and not reading.container:
        raise Truncated(files.escape(path), check.truncated)  # the tags were in the missing part
    return reading


def _of_the_disk(error: BaseException) -> OSError | None:
    """Return the OSError behind a parser's error, if any: file content never causes one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None


def _what_it_is(handle: BufferedReader) -> str:
    handle.seek(0)
    seems = formats.describe(handle.read(formats.HEAD))
    return f"it seems to be {seems}" if seems else "its header or its tags are damaged or truncated"


def _reading(blocks: list[Block], facts: Facts) -> Reading:
    """Build the result: the first non-empty tag block is the main one, the rest are secondary."""
    non_empty: list[tuple[Block, Tags]] = []
    for block in blocks:
        tags = vocabulary.translate(block.texts, block.dialect, block.pictures)
        if tags != _NOTHING:
            non_empty.append((block, tags))
    if not non_empty:
        return Reading(tags=_NOTHING, facts=facts, raw=blocks[0].texts if blocks else {})
    (main, tags), *others = non_empty
    return Reading(
        tags=tags,
        facts=facts,
        container=main.name,
        others=tuple(Container(name=block.name, tags=other) for block, other in others),
        raw=main.texts,
    )


def _facts(info: Info, name: str, size: int, check: Sound) -> Facts:
    duration = info.length
    duration = round(duration, 3) if 0 < duration < _LARGEST else 0.0
    return Facts(
        format=name,
        codec=info.codec,
        lossless=info.lossless,
        duration=duration,
        bitrate=_whole(info.bitrate or (size * 8 / duration if duration else 0)),
        sample_rate=_whole(info.sample_rate),
        channels=_whole(info.channels),
        bits=_whole(info.bits_per_sample),
        size=size,
        payload=check.payload,
        truncated=check.truncated,
        protected=check.protected,
    )


def _whole(number: float) -> int:
    return int(number) if 0 < number < _LARGEST else 0
