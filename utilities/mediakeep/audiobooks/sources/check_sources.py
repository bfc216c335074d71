"""Check the files of a book before any long work: all problems are found at once.

The start of each file is decoded. Malformed files may crash native code, so callers run this in a
process that may die.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec

from mediakeep import path_text, size_text
from mediakeep.audiobooks.encoding.book_plan import CountedSource
from mediakeep.audiobooks.sources import source_order
from mediakeep.audiobooks.sources.find_books import PARTIAL_SUFFIXES, PROTECTED_SUFFIXES
from mediakeep.audiobooks.sources.source_order import SourceFile
from mediakeep.errors import (
    DecodingFailed,
    ItemFailed,
    MediakeepError,
    NotAudio,
    SourcesRefused,
    Truncated,
    Unreadable,
    UnsupportedAudio,
)
from mediakeep.media import file_errors, open_file
from mediakeep.media.audio import formats, tags
from mediakeep.media.audio.decode import conceal_damage
from mediakeep.media.audio.decode.damage import format_position
from mediakeep.media.audio.model import AudioFile, AudioProperties
from mediakeep.media.audio.mp4 import mp4_stream
from mediakeep.media.bounded_file import open_bounded
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.pcm_source import CHANNEL_LAYOUTS

_MB = 1_000_000  # bytes
_MIN_RATE, _MAX_RATE = 4_000, 768_000  # Hz
_REPLACE = "Replace it, or move it out of the folder."
_COPY_AGAIN = "Copy or download it again, or move it out of the folder."
_CAUSES = (  # of errors, and what to do; "" if the error says that
    (Truncated, "it is truncated: {}", _COPY_AGAIN),
    (UnsupportedAudio, "it cannot be read: {}", ""),
    (NotAudio, "it is not audio: {}", _REPLACE),
    (Unreadable, "{}", ""),
    (ItemFailed, "it cannot be decoded: {}", _REPLACE),
)
_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}

_MOST_CONCEALED = {"auto": 1.0, "conceal": float("inf"), "refuse": -1.0}  # seconds of a file
_SHOWN_POSITIONS = 5
_LISTEN = "Listen to it: recorded streams lack the mark, too."
_DAMAGE_CURE = "Replace it, move it out of the folder, or use --damage conceal."

OnChecked = Callable[[int, int], object]  # called with the files checked, and those in total


class SourceLimits(msgspec.Struct, frozen=True):
    """Limits for the files of a book, in MB of 1,000,000 bytes; 0 is none.

    A larger file is a warning, a larger total is refused.
    """

    max_file_size_mb: int = 1000
    max_total_size_mb: int = 0


class CheckedFile(msgspec.Struct, frozen=True):
    """A usable file of a book, with its tags and properties.

    `size` and `mtime_ns` identify the content. `bit_rate` is in bits per second, 0 if unknown.
    `seconds` is what its header says, or an estimate.
    """

    source: SourceFile
    size: int
    mtime_ns: int
    format: str  # of the container, such as "MP3"
    codec: str  # FFmpeg's name
    lossless: bool
    bit_rate: int
    sample_rate: int
    channels: int
    seconds: float


class CheckedSources(msgspec.Struct, frozen=True):
    """The usable files of a book in the order in which they were given, and warnings."""

    files: tuple[CheckedFile, ...]
    warnings: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The size of all files in bytes."""
        return sum(file.size for file in self.files)

    @property
    def seconds(self) -> float:
        """The length of all files, as their headers say."""
        return sum(file.seconds for file in self.files)


class _Unusable(MediakeepError):
    """Raised with the cause, a clause, and the cure, a sentence.

    It is not final if the system could not read the file.
    """

    message = "{}. {}"

    def __init__(self, cause: str, cure: str, *, is_final: bool = True) -> None:
        super().__init__(cause, cure)
        self.is_final = is_final


def check_sources(
    folders: Sequence[Path],
    files: Sequence[Path],
    limits: SourceLimits | None = None,
    on_checked: OnChecked | None = None,
) -> CheckedSources:
    """Check the files of a book; each is below one of its folders.

    `on_checked` is called after each file. Raises SourcesRefused with the problems of all files.
    """
    limits = limits or SourceLimits()
    checked, problems, warnings = list[CheckedFile](), list[str](), list[str]()
    first_paths, is_final = dict[tuple[int, int], Path](), True
    for number, path in enumerate(files, 1):
        shown = source_order.display_source(path, folders)
        try:
            facts = _check_place(path, source_order.find_root(path, folders))
            _check_is_new(path, facts, first_paths, folders)
            file, read = _check_content(path, facts)
        except _Unusable as error:
            problems.append(f"{shown}: {error}")
            is_final &= error.is_final
        else:
            checked.append(file)
            warnings += [f"{shown} {text}." for text in _find_oddities(path, read, limits)]
        if on_checked:
            on_checked(number, len(files))
    problems += _check_folders(folders, files)
    problems += _check_total(checked, limits)
    if problems:
        raise SourcesRefused(tuple(problems), is_final)
    return CheckedSources(tuple(checked), tuple(warnings))


def _check_place(path: Path, root: Path) -> os.stat_result:
    """Return the status of a regular file that is below `root` after all links."""
    try:
        facts = path.stat()
        target, real_root = path.resolve(strict=True), root.resolve(strict=True)
        if stat.S_ISDIR(facts.st_mode):
            os.scandir(path).close()  # a folder is only given if it could not be listed
    except OSError as error:
        _, cause, cure = open_file.to_unreadable(path, error).args
        raise _Unusable(cause, cure, is_final=False) from error
    for is_unusable, cause, cure in (
        (
            not target.is_relative_to(real_root),
            f"it leads out of the folder, to {path_text.display_path(target)}",
            "Copy what it links to into the folder, and remove the link.",
        ),
        (
            not stat.S_ISREG(facts.st_mode),
            f"it is {_KINDS.get(stat.S_IFMT(facts.st_mode), 'a folder')}, not a file",
            "Move it out of the folder.",
        ),
        (not facts.st_size, "it is empty", _COPY_AGAIN),
        (
            path.suffix.lower() in PARTIAL_SUFFIXES,
            "it is an unfinished download",
            "Finish the download, or delete it.",
        ),
    ):
        if is_unusable:
            raise _Unusable(cause, cure)
    return facts


def _check_is_new(
    path: Path,
    facts: os.stat_result,
    first_paths: dict[tuple[int, int], Path],
    folders: Sequence[Path],
) -> None:
    first = first_paths.setdefault((facts.st_dev, facts.st_ino), path)
    if first is not path:
        shown = source_order.display_source(first, folders)
        raise _Unusable(f"it is the same file as {shown}", "Remove one of the two links or names.")


def _check_content(path: Path, facts: os.stat_result) -> tuple[CheckedFile, AudioFile]:
    """Read the tags of a file, and decode its start."""
    try:
        with file_errors.wrap_file_errors(path):
            read = tags.read(path)
            _check_properties(path, read.facts)
            file = _decode_start(path, facts, read)
    except ItemFailed as error:
        if isinstance(error, NotAudio) and path.suffix.lower() in PROTECTED_SUFFIXES:
            raise _to_protected("DRM") from error
        if type(error) is NotAudio and _is_video(path):
            raise _Unusable("it is a video without audio", _REPLACE) from error
        if isinstance(error.__cause__, MemoryError):
            raise  # that is no fault of the file
        raise _Unusable(*_describe_error(error), is_final=type(error) is not Unreadable) from error
    return file, read


def _is_video(path: Path) -> bool:
    try:
        with file_errors.wrap_file_errors(path), open_file.open_regular_file(path) as handle:
            return mp4_stream.has_video_track(open_bounded(handle))
    except ItemFailed:
        return False


def _check_properties(path: Path, facts: AudioProperties) -> None:
    if facts.protected:
        raise _to_protected(f"DRM ({facts.protected})")
    is_usable = facts.audio_complete is True or not facts.truncated
    if not (
        is_usable or (facts.format == formats.MP3.name and conceal_damage.is_nearly_whole(path))
    ):
        raise _Unusable(f"it is truncated: {facts.truncated}", _COPY_AGAIN)


def _decode_start(path: Path, facts: os.stat_result, read: AudioFile) -> CheckedFile:
    """Decode about a second."""
    errors = list[str]()
    with pcm_source.open_source(path, conceals=True) as opened:
        rate, channels = opened.format.sample_rate, opened.format.channels
        if not _MIN_RATE <= rate <= _MAX_RATE:
            raise _Unusable(f"its sample rate is {rate:,} Hz", _REPLACE)
        if channels not in CHANNEL_LAYOUTS:
            raise _Unusable(f"it has {channels} channels", _REPLACE)
        for _ in opened.frames(lambda _, message: errors.append(message)):
            if opened.samples - opened.concealed >= rate:
                break
        if opened.samples <= opened.concealed:
            raise DecodingFailed(path, errors[0])
        codec = opened.codec.removesuffix("float")  # "mp3float" is a decoder
    found = read.facts
    return CheckedFile(
        source=source_order.build_source_file(path, read.tags),
        size=facts.st_size,
        mtime_ns=facts.st_mtime_ns,
        format=found.format,
        codec=codec,
        lossless=found.lossless,
        bit_rate=found.bitrate,
        sample_rate=rate,
        channels=channels,
        seconds=found.duration,
    )


def _to_protected(scheme: str) -> _Unusable:
    cure = "Replace it with a copy that is not protected, or move it out of the folder."
    return _Unusable(f"it is protected by {scheme}", cure)


def _describe_error(error: ItemFailed) -> tuple[str, str]:
    """Return the cause and the cure of an error that names the file as its first argument."""
    cause, cure = next(row[1:] for row in _CAUSES if isinstance(error, row[0]))
    return cause.format(error.args[1]), cure or str(error.args[2])


def _find_oddities(path: Path, read: AudioFile, limits: SourceLimits) -> list[str]:
    found, facts = [], read.facts
    if 0 < limits.max_file_size_mb * _MB < facts.size:
        size = size_text.format_size(facts.size)
        found.append(f"has {size}, more than max_file_size_mb ({limits.max_file_size_mb:,})")
    if not formats.is_usual_suffix(facts.format, path.suffix.lower()):
        found.append(f"contains {facts.format}, whatever its name says")
    return found


def _check_folders(folders: Sequence[Path], files: Sequence[Path]) -> list[str]:
    used = {source_order.find_root(path, folders) for path in files}
    return [
        f"{path_text.display_path(folder)}: it contains no audio files. Check the folder and the"
        " setting formats."
        for folder in folders
        if folder not in used
    ]


def _check_total(checked: Sequence[CheckedFile], limits: SourceLimits) -> list[str]:
    total = sum(file.size for file in checked)
    if not 0 < limits.max_total_size_mb * _MB < total:
        return []
    return [
        f"All files together have {size_text.format_size(total)}, more than max_total_size_mb"
        f" ({limits.max_total_size_mb:,}). Raise this setting, or move files out of the folder."
    ]


def check_damage(
    counted: Sequence[CountedSource], folders: Sequence[Path], mode: str
) -> tuple[str, ...]:
    """Return a sentence about each damaged or silent file, and each end that is not marked.

    `mode` is the setting `damage`.

    Raises SourcesRefused with the damaged files that are not to be used.
    """
    most = _MOST_CONCEALED[mode]
    if refused := [one for one in counted if one.damage and one.concealed > most]:
        problems = _describe_damage(refused, folders, "cannot be decoded")
        raise SourcesRefused(tuple(f"{text} {_DAMAGE_CURE}" for text in problems))
    ends = (
        f"{source_order.display_source(source.path, folders)}: a stream ends at"
        f" {format_position(end)} without an end mark; audio may be missing there. {_LISTEN}"
        for source in counted
        for end in source.unmarked_ends
    )
    return (*_describe_damage(counted, folders, "replaced by silence"), *ends)


def _describe_damage(
    counted: Sequence[CountedSource], folders: Sequence[Path], what: str
) -> Iterator[str]:
    for source in counted:
        shown = source_order.display_source(source.path, folders)
        positions = list(dict.fromkeys(map(format_position, source.damage)))
        more = (
            f" and {len(positions) - _SHOWN_POSITIONS:,} more places"
            if positions[_SHOWN_POSITIONS:]
            else ""
        )
        if positions:
            at = ", ".join(positions[:_SHOWN_POSITIONS]) + more
            yield f"{shown}: damaged at {at}; {source.concealed:.2f} s {what}."
        if source.is_silent:
            yield f"{shown}: contains only silence."
