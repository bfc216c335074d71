"""What an audio file says about itself: its tags in one vocabulary, and its technical facts."""

from __future__ import annotations

import errno
import os
from io import BufferedReader
from math import isfinite
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import files
from mediakeep.errors import MediakeepError, NotAudio
from mediakeep.media import access, dialects, formats, vocabulary

_OPUS_RATE = 48_000  # Opus decodes to this rate, whatever went in
_LARGEST = 2**53  # beyond this JSON readers lose digits; no true fact comes near

# Errors of the disk, the share or the rights. What else the system says while a file is parsed,
# such as a seek to before its beginning, was brought about by the bytes in it.
_OF_THE_DISK = frozenset(
    {errno.EIO, errno.EACCES, errno.EPERM, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN}
    | {errno.ENETDOWN, errno.ENETUNREACH, errno.ETIMEDOUT, errno.ENXIO, errno.ENODEV}
)

_NUMBERS = {name for pair in vocabulary.NUMBERS for name in pair}
_YES = {"1", "true", "yes"}


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """An embedded picture: its type as ID3 counts them (3 is the front), its size in bytes."""

    type: int
    mime: str
    size: int


class Tags(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The tags of a file; a text is a tuple because most formats can hold several of each.

    Numbers and totals are texts as the file writes them ("03", "A1"), "" where it has none.
    """

    title: tuple[str, ...] = ()
    artist: tuple[str, ...] = ()
    artists: tuple[str, ...] = ()
    album: tuple[str, ...] = ()
    albumartist: tuple[str, ...] = ()
    track: str = ""
    track_total: str = ""
    disc: str = ""
    disc_total: str = ""
    date: tuple[str, ...] = ()
    originaldate: tuple[str, ...] = ()
    genres: tuple[str, ...] = ()
    composer: tuple[str, ...] = ()
    comment: tuple[str, ...] = ()
    compilation: bool = False
    pictures: tuple[Picture, ...] = ()


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """The technical facts of a file: seconds, bits a second, Hz, bits a sample, bytes.

    Zero or empty where the format does not tell.
    """

    format: str
    codec: str = ""
    duration: float = 0.0
    bitrate: int = 0
    sample_rate: int = 0
    channels: int = 0
    bits: int = 0
    size: int = 0


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """What reading a file gave."""

    tags: Tags
    facts: Facts


def read(path: Path) -> Reading:
    """Read a file's tags and facts; NotAudio or Unreadable says why it cannot be done.

    Only a regular file is opened, and for reading only.
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
    found = formats.recognise(handle, path.suffix.lower())
    if found is None:
        raise NotAudio(files.escape(path), _what_it_is(handle))
    kind, certain = found
    audio = kind.parse(handle)
    if getattr(audio.info, "sketchy", False) and not certain:
        raise NotAudio(files.escape(path), _what_it_is(handle))  # bytes that sound by chance
    tags, dialect = audio.tags, kind.dialect
    if tags is None:
        tags, dialect = dialects.appended(handle) or ((), "")
    size = os.fstat(handle.fileno()).st_size
    return Reading(tags=_tags(audio, tags, dialect), facts=_facts(audio.info, kind.name, size))


def _of_the_disk(error: BaseException) -> OSError | None:
    """Find the refusal of a disk behind a parser's error, if there is one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in _OF_THE_DISK:
            return cause
        cause = cause.__cause__ or cause.__context__
    return None


def _what_it_is(handle: BufferedReader) -> str:
    handle.seek(0)
    seems = formats.describe(handle.read(formats.HEAD))
    return f"it seems to be {seems}" if seems else "its header or its tags are damaged or cut off"


def _tags(audio: Any, tags: Any, dialect: str) -> Tags:
    if not dialect:
        return Tags()
    found: dict[str, Any] = vocabulary.translate(dialects.texts(tags, dialect), dialect)
    for number in _NUMBERS & found.keys():
        found[number] = found[number][0]
    found["compilation"] = found.get("compilation", ("",))[0].casefold() in _YES
    return Tags(**found, pictures=_pictures(audio, tags, dialect))


def _pictures(audio: Any, tags: Any, dialect: str) -> tuple[Picture, ...]:
    return tuple(
        Picture(type=kind, mime=vocabulary.clean(mime), size=size)
        for kind, mime, size in dialects.images(audio, tags, dialect)
    )


def _facts(info: Any, name: str, size: int) -> Facts:
    duration = getattr(info, "length", 0.0)
    duration = round(duration, 3) if isfinite(duration) and 0 < duration < _LARGEST else 0.0
    whole = size * 8 / duration if duration else 0
    return Facts(
        format=name,
        codec=vocabulary.clean(_codec(info)),
        duration=duration,
        bitrate=_whole(getattr(info, "bitrate", 0) or whole),
        sample_rate=_whole(
            getattr(info, "sample_rate", _OPUS_RATE if name == formats.OPUS.name else 0)
        ),
        channels=_whole(getattr(info, "channels", 0)),
        bits=_whole(getattr(info, "bits_per_sample", 0)),
        size=size,
    )


def _codec(info: Any) -> str:
    """MP4 and ASF can hold several codecs; the others tell by their format."""
    return str(getattr(info, "codec", "") or getattr(info, "codec_name", ""))


def _whole(number: Any) -> int:
    return int(number) if isfinite(number) and 0 < number < _LARGEST else 0
