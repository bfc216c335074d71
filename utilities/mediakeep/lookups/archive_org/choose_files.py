"""Choose the files of an episode from those of an item, and find its date."""

from __future__ import annotations

import contextlib
import re
from datetime import date
from pathlib import PurePosixPath
from typing import Any

import msgspec

from mediakeep.errors import UnusableItem
from mediakeep.path_text import to_printable

AUDIO_SUFFIXES = frozenset(
    (
        *(".aac", ".aif", ".aiff", ".flac", ".m4a", ".mp3"),
        *(".oga", ".ogg", ".opus", ".wav", ".wma"),
    )
)
TRANSCRIPT_SUFFIXES = (".srt", ".vtt", ".txt")  # the best first
PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")
_THUMBNAIL = "__ia_thumb.jpg"  # of each item, 180 pixels wide, and an original
LEAVE_OUT = "If it is in a list of identifiers, remove it there."
_DATE = re.compile(r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?!\d)")


class ItemFile(msgspec.Struct, frozen=True):
    """A file of an item, as in its metadata; numbers are texts there."""

    name: str
    source: str = ""  # "original", "derivative" or "metadata"
    size: int = 0  # bytes
    md5: str = ""
    sha1: str = ""
    length: str | float = ""  # of audio: seconds, or as "30:00"
    private: bool = False

    @property
    def seconds(self) -> float:
        """The length of audio, 0 if unknown."""
        seconds = 0.0
        with contextlib.suppress(ValueError):
            for part in str(self.length or 0).split(":"):
                seconds = 60 * seconds + float(part)
        return seconds

    @property
    def path(self) -> PurePosixPath:
        """The name as a path, which may have folders."""
        return PurePosixPath(self.name.lower())


def parse_files(entries: list[Any]) -> list[ItemFile]:
    """Return the files with content, originals first; private ones cannot be downloaded."""
    files = []
    for entry in entries:
        with contextlib.suppress(msgspec.ValidationError):
            files.append(msgspec.convert(entry, ItemFile, strict=False))
    usable = [file for file in files if file.size > 0 and _is_safe(file)]
    return sorted(usable, key=lambda file: file.source != "original")


def choose_audio(identifier: str, files: list[ItemFile], file_name: str = "") -> ItemFile:
    """Return the audio file named, else the only original, else the largest derivative.

    Raise UnusableItem if there is none, if all are private, or if there are several originals.
    """
    listed = [file for file in files if file.path.suffix in AUDIO_SUFFIXES]
    if file_name:
        listed = [file for file in listed if file.name == file_name]
    audio = [file for file in listed if not file.private]
    originals = [file for file in audio if file.source == "original"]
    if len(originals) > 1:
        names = ", ".join(to_printable(file.name) for file in originals[:5])
        hint = f"Choose one: discover --episode '{identifier}/{to_printable(originals[0].name)}'."
        raise UnusableItem(
            identifier, f"it has {len(originals)} original audio files ({names})", hint
        )
    if not audio:
        why = f"it has no audio file {to_printable(file_name)}".rstrip()
        if listed:
            why = f"its audio file {to_printable(listed[0].name)} is restricted"
        raise UnusableItem(identifier, why, LEAVE_OUT)
    return max(originals or audio, key=lambda file: file.size)


def choose_transcript(files: list[ItemFile], audio: ItemFile) -> ItemFile | None:
    """Return the text with the name of the audio, subtitles before plain text.

    More may follow in its name, such as a language, but not if that is the name of other audio.
    """
    stems = {file.path.stem for file in files if file.path.suffix in AUDIO_SUFFIXES}

    def find_stem(name: str) -> str:
        found = (stem for stem in stems if re.match(rf"{re.escape(stem)}(?![^\W_])", name))
        return max(found, key=len, default="")

    texts = (
        file
        for suffix in TRANSCRIPT_SUFFIXES
        for file in files
        if file.path.suffix == suffix and find_stem(file.path.name) == audio.path.stem
    )
    return next(texts, None)


def choose_picture(files: list[ItemFile]) -> ItemFile | None:
    """Return the largest original picture, or None; thumbnails do not count."""
    pictures = [
        file
        for file in files
        if file.path.suffix in PICTURE_SUFFIXES
        and file.source == "original"
        and file.path.name != _THUMBNAIL
    ]
    return max(pictures, key=lambda file: file.size, default=None)


def find_date(*texts: str) -> str:
    """Return the first valid day in texts as YYYY-MM-DD, or ""."""
    for match in (match for text in texts for match in _DATE.finditer(text)):
        with contextlib.suppress(ValueError):
            return date(int(match[1]), int(match[3]), int(match[4])).isoformat()
    return ""


def _is_safe(file: ItemFile) -> bool:
    """Return whether a name stays within the folder of its item."""
    parts = file.name.split("/")
    return file.name.isprintable() and not {"", ".", ".."}.intersection(parts)
