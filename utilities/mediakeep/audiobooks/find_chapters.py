"""Find the chapters of a book: by files, their tags, silences, or a file of chapters."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.media.chapters import chapter_files, chapters
from mediakeep.media.chapters.chapters import Chapter
from mediakeep.media.chapters.timeline import Timeline
from mediakeep.media.encoding import silence
from mediakeep.media.encoding.pcm_source import Progress
from mediakeep.media.encoding.silence import SilentRange
from mediakeep.media.speech import detection

OWN_CHAPTERS = "The chapters are those in"  # begins a note
FoundChapters = tuple[list[Chapter], list[str]]  # with warnings
FILES, TAGS, SILENCE, NONE = "files", "tags", "silence", "none"  # modes

_THRESHOLD = -40.0  # dB of full scale, above the noise of recorded rooms
_SHORTEST = 0.2  # seconds; less than a silence that is continued in the next file


class SilenceSettings(msgspec.Struct, frozen=True):
    """How silences are found: as pauses between speech, or by the level in dB of full scale.

    `min_seconds` is their shortest length.
    """

    method: Literal["speech", "level"]
    threshold: float = _THRESHOLD
    min_seconds: float = chapters.MIN_SILENCE

    @property
    def description(self) -> str:
        """How silences are found, as a clause for the user."""
        if self.method == "speech":
            return f"pauses in speech of {self.min_seconds:g} s or more"
        level = f"silences below {self.threshold:g} dB of {self.min_seconds:g} s or more"
        return f'{level}; pip install "mediakeep[speech]" also finds pauses with noise or music'


def choose_silence_settings() -> SilenceSettings:
    """Return the settings for this system: speech is detected if the extra is installed."""
    return SilenceSettings("speech" if detection.is_installed() else "level")


def find_silences(
    path: Path, settings: SilenceSettings, progress: Progress | None = None
) -> list[SilentRange]:
    """Return the long silences of a file, and all at its start and end, in seconds.

    The latter may be continued in the file before or after it. `progress` is called after each
    second of audio; what it raises stops the decoding. Raises Unreadable, NotAudio or
    DecodingFailed, and UsageError if speech cannot be detected.
    """
    if settings.method == "speech":
        found = detection.find_pauses(path, progress)
    else:
        found = silence.find_silence(
            path, threshold=settings.threshold, min_seconds=_SHORTEST, progress=progress
        )
    return [
        one
        for number, one in enumerate(found)
        if number in (0, len(found) - 1) or one.end - one.start >= settings.min_seconds
    ]


def check_mode(mode: str) -> None:
    """Raise UsageError if a mode is the path of a file from which no chapters can be read."""
    if mode not in (FILES, TAGS, SILENCE, NONE):
        chapter_files.check_marks(Path(mode))


def find_chapters(
    mode: str, timeline: Timeline, silences: Sequence[Sequence[SilentRange]] = ()
) -> FoundChapters:
    """Return the chapters of a book by a mode, or from the file whose path it is, and warnings.

    `silences` are those of each file, for that mode. Raises UsageError for a file of chapters, and
    what reading the chapters of audio files raises.
    """
    notes = list[str]()
    if mode == NONE:
        return [], notes
    if mode == SILENCE:
        marks = chapters.mark_silences(timeline, silences)
    elif mode in (FILES, TAGS):
        embedded = [
            chapter_files.read_embedded_marks(path, samples, timeline.rate)
            for path, samples in zip(timeline.paths, timeline.lengths, strict=True)
        ]
        mark = chapters.mark_files if mode == FILES else chapters.mark_titles
        marks = mark(timeline, embedded)
    else:
        marks, notes = chapter_files.read_marks(Path(mode), timeline)
    origin = f"Chapters {path_text.display_path(mode)}"
    found = chapters.make_chapters(marks, timeline.samples, origin)
    return found, notes + chapters.find_overlaps(marks, timeline.rate)


def find_own_chapters(mode: str, folders: Sequence[Path], timeline: Timeline) -> FoundChapters:
    """Return the chapters in the metadata.json of a book, for the mode FILES, and where from.

    None are returned if it has none that are usable.
    """
    path = chapter_files.find_own_file(folders) if mode == FILES else None
    try:
        found, warnings = find_chapters(str(path), timeline) if path else ([], [])
    except UsageError as error:
        return [], [str(error)]
    note = f"{OWN_CHAPTERS} {path_text.display_path(path)}." if path else ""
    return found, [note, *warnings] if note else []
