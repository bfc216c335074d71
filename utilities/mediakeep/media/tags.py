"""Reading an audio file: its tags in one vocabulary, and its technical facts."""

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
_LARGEST = 2**53  # beyond this JSON readers lose digits; no true fact comes near


def read(path: Path) -> Reading:
    """Read a file's tags and facts; NotAudio, Truncated or Unreadable says why it cannot be done.

    Only a regular file is opened, and for reading only. Of a large file a few KB are read beside
    its tags, and never more than 512 KB.
    """
    with access.opened(path) as handle:
        try:
            return _read(handle, path)
        except MediakeepError:
            raise
        except Exception as error:  # hostile bytes bring a parser to raise whatever there is
            if isinstance(error, TimeoutError) and error.errno is None:
                raise  # not the disk's time is up, but that of whoever called
            if refused := _of_the_disk(error):
                raise access.refusal(path, refused) from error
            raise NotAudio(files.escape(path), _what_it_is(handle)) from error


def _read(handle: BufferedReader, path: Path) -> Reading:
    source = glance(handle)
    found = formats.told(source, path.suffix.lower())
    if found is None:
        raise NotAudio(files.escape(path), _what_it_is(handle))
    kind, certain = found
    if path.suffix.lower() in formats.MIXED and mp4.holds_video(source):
        raise NotAudio(files.escape(path), formats.VIDEO)
    try:
        anatomy = register.of(kind.name).read(source)
    except BROKEN as error:
        if reason := sound.cut(source, kind):
            raise Truncated(files.escape(path), reason) from error
        raise
    if anatomy.info.sketchy and not certain:
        raise NotAudio(files.escape(path), _what_it_is(handle))  # bytes that sound by chance
    heard = sound.examine(source, kind)
    reading = _reading(anatomy.blocks, _facts(anatomy.info, kind.name, source.size, heard))
    if heard.truncated not in ("", *SLIGHT) and not reading.container:
        raise Truncated(files.escape(path), heard.truncated)  # the tags went with what is missing
    return reading


def _of_the_disk(error: BaseException) -> OSError | None:
    """Find the refusal of a disk behind a parser's error: no bytes bring the system to refuse."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError):
            return cause
        cause = cause.__cause__ or cause.__context__
    return None


def _what_it_is(handle: BufferedReader) -> str:
    handle.seek(0)
    seems = formats.describe(handle.read(formats.HEAD))
    return f"it seems to be {seems}" if seems else "its header or its tags are damaged or cut off"


def _reading(blocks: list[Block], facts: Facts) -> Reading:
    """Let the first block that tells anything speak for the file, and name the others beside it."""
    telling: list[tuple[Block, Tags]] = []
    for block in blocks:
        told = vocabulary.translate(block.texts, block.dialect, block.pictures)
        if told != _NOTHING:
            telling.append((block, told))
    if not telling:
        return Reading(tags=_NOTHING, facts=facts, raw=blocks[0].texts if blocks else {})
    (main, told), *others = telling
    return Reading(
        tags=told,
        facts=facts,
        container=main.name,
        others=tuple(Container(name=block.name, tags=beside) for block, beside in others),
        raw=main.texts,
    )


def _facts(info: Info, name: str, size: int, heard: Sound) -> Facts:
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
        payload=heard.payload,
        truncated=heard.truncated,
        protected=heard.protected,
    )


def _whole(number: float) -> int:
    return int(number) if 0 < number < _LARGEST else 0
