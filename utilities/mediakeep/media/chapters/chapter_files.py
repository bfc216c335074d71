"""Read chapters from ffmetadata, Audacity labels, CUE sheets, CSV and lists as chapters.txt.

Those in an audio file, such as an M4B or an MP3 with CHAP frames, are read as well.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from mediakeep import path_text
from mediakeep.errors import UsageError
from mediakeep.media import ffmpeg
from mediakeep.media.chapters.chapters import ChapterMark
from mediakeep.media.chapters.timeline import Timeline
from mediakeep.untrusted_files import decode_json, read_bytes

_FFMETADATA = ";FFMETADATA"
_CUE_FRAMES = 75  # a second
_TIME = r"(\d+):(\d\d):(\d\d(?:[.,]\d+)?)"
_LISTED = re.compile(_TIME + r"\s+(\S.*)")  # m4b-tool's chapters.txt
_OGM_START = re.compile(r"CHAPTER(\d+)=" + _TIME)
_OGM_NAME = re.compile(r"CHAPTER(\d+)NAME=(.*)")
_LABEL = re.compile(r"(\d+(?:[.,]\d+)?)\t(\d+(?:[.,]\d+)?)\t(.*)")  # seconds, as Audacity exports
_CELL_TIME = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:[.,]\d+)?)")  # seconds, m:ss or h:mm:ss
_DELIMITERS = "\t;,"  # of CSV; a comma may also be in the times of the others
# The names of columns, the first one that exists counts. Adobe Audition has Name, Start and
# Duration, REAPER Name, Start, End and Length.
_COLUMNS = {
    "title": ("title", "name", "label", "chapter", "text"),
    "start": ("start", "begin", "time", "from"),
    "end": ("end", "stop", "to"),
    "length": ("length", "duration"),
}
_BARS = re.compile(r"\d+\.\d+\.\d+")  # and beats, in which REAPER may show times
_CUE_FILE = re.compile(r'FILE\s+"?(.*?)"?\s+\w+', re.IGNORECASE)
_CUE_TRACK = re.compile(r"TRACK\s+(\d+)\s+\w+", re.IGNORECASE)
_CUE_TITLE = re.compile(r'TITLE\s+"?(.*?)"?', re.IGNORECASE)
_CUE_START = re.compile(r"INDEX\s+01\s+(\d+):(\d\d):(\d\d)", re.IGNORECASE)
_SNAP = 0.5  # seconds; chapters as close to a file's start are at it
_ROUNDING = 0.02  # seconds by which times differ that were measured on the same files
_MAX_DRIFT = 0.02  # of the length of the book
_KNOWN = (
    "ffmetadata, Audacity labels, a CUE sheet, CSV of start, end and title (or with a row of their"
    " names), or lines such as 00:01:02.500 Title"
)

_Timed = tuple[float, str, float]  # start in seconds of the book, title, end or 0


def read_marks(path: Path, timeline: Timeline) -> tuple[list[ChapterMark], list[str]]:
    """Return the chapters in a file for a book, and a note if they were scaled to its length.

    A CUE sheet may name several files of the book. The format is detected from the content. Raises
    UsageError if it has none, or is malformed.
    """
    text = _read_text(path)
    parsed = _parse_cue(path, text, timeline) if _is_cue(text) else _parse_times(path, text)
    timed, notes = _require_chapters(path, parsed), list[str]()
    if text.lstrip().startswith("{"):
        timed, notes = _align(path, timed, timeline)
    rate = timeline.rate
    marks = [
        ChapterMark(round(start * rate), title, round(end * rate)) for start, title, end in timed
    ]
    return marks, notes


def find_own_file(folders: Sequence[Path]) -> Path | None:
    """Return the metadata.json of a book in one folder, if it has several chapters."""
    path = folders[0] / "metadata.json" if len(folders) == 1 else None
    try:
        return path if path and len(_parse_json(path, _read_text(path))) > 1 else None
    except UsageError:
        return path if path and path.is_file() else None  # reading it says what is wrong


def check_marks(path: Path) -> None:
    """Raise UsageError if a file has no chapters or is malformed; a CUE sheet needs its files."""
    text = _read_text(path)
    if not _is_cue(text):
        _require_chapters(path, _parse_times(path, text))


def read_embedded_marks(path: Path, samples: int, rate: int) -> list[ChapterMark]:
    """Return the chapters in an audio file with this many samples of a rate, from its start.

    The first one starts with the file. A file with less than two chapters has none. Raises what
    `ffmpeg.open_audio` raises.
    """
    with ffmpeg.open_audio(path) as opened:
        chapters = opened.container.chapters()
    marks: dict[int, ChapterMark] = {}
    for number, chapter in enumerate(sorted(chapters, key=_find_start), 1):
        start = max(0, round(_find_start(chapter) * rate))
        title = chapter["metadata"].get("title", "").strip() or f"Chapter {number}"
        if start < samples:
            end = round(chapter["end"] * chapter["time_base"] * rate)
            marks.setdefault(start, ChapterMark(start, title, end))
    first, *others = marks.values() or [ChapterMark(0, "")]
    return [ChapterMark(0, first.title, first.end), *others] if others else []


def _find_start(chapter: Any) -> Fraction:
    return Fraction(chapter["start"] * chapter["time_base"])


def _read_text(path: Path) -> str:
    try:
        data = read_bytes(path)
    except OSError as error:
        raise _to_error(path, f"{error.strerror or error}. Check the path") from error
    try:
        is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))  # of spreadsheets
        return data.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")  # as CUE sheets of Windows


def _to_error(path: Path, cause: str) -> UsageError:
    return UsageError(f"Chapters {path_text.display_path(path)} not read: {cause}.")


def _is_cue(text: str) -> bool:
    is_sheet = re.search(r"^\s*INDEX\s+01\s", text, re.MULTILINE | re.IGNORECASE)
    return bool(is_sheet) and not text.startswith(_FFMETADATA)


def _parse_times(path: Path, text: str) -> Iterable[_Timed]:
    if text.lstrip().startswith("{"):
        return _parse_json(path, text)
    if text.startswith(_FFMETADATA):
        return _parse_ffmetadata(path, text)
    delimiter = _find_delimiter(text)
    return _parse_table(path, text, delimiter) if delimiter else _parse_lines(path, text)


def _require_chapters(path: Path, timed: Iterable[_Timed]) -> list[_Timed]:
    found = list(timed)
    if not found:
        raise _to_error(path, f"it contains no chapters. Use {_KNOWN}")
    return found


def _parse_json(path: Path, text: str) -> list[_Timed]:
    try:
        listed = decode_json(text, dict[str, Any]).get("chapters") or ()
        return [(float(one["start"]), str(one["title"]), float(one["end"])) for one in listed]
    except (TypeError, ValueError, LookupError, OverflowError) as error:
        raise _to_error(path, "its chapters are malformed. Correct them") from error


def _align(
    path: Path, timed: Sequence[_Timed], timeline: Timeline
) -> tuple[list[_Timed], list[str]]:
    """Return the chapters of audiobookshelf at their times in the book, and a note if scaled.

    It may count the delay and padding of the encoder in the length of each file. Times are scaled
    only if more chapters then begin with a file, or one would begin after the end.
    """
    seconds = timeline.samples / timeline.rate
    length = max(seconds / 2, *(end for *_, end in timed))
    scale, are_inside = seconds / length, all(start < length >= end for start, _, end in timed)
    if abs(scale - 1) > _MAX_DRIFT or not are_inside:  # also if one is not a number
        raise _to_error(path, "its chapters do not end with the book. Choose other chapters")
    borders = [start / timeline.rate for start in timeline.starts]
    reach = min(_SNAP, _ROUNDING + abs(seconds - length))
    plain, scaled = (_place(timed, borders, factor, reach) for factor in (1.0, scale))
    matches = [sum(start in borders for start, *_ in one) for one in (plain, scaled)]
    if max(plain)[0] < seconds and matches[0] >= matches[1]:
        return plain, []
    text = f"The times of the chapters in {path_text.display_path(path)} are multiplied by"
    return scaled, [f"{text} {scale:.4f}, as they are of files of another length."]


def _place(
    timed: Sequence[_Timed], borders: Sequence[float], scale: float, reach: float
) -> list[_Timed]:
    """Return the chapters at scaled times; one within `reach` of the start of a file is at it."""
    near = [min(borders, key=lambda border: abs(border - one[0] * scale)) for one in timed]
    return [
        (border if abs(border - start * scale) < reach else start * scale, title, end * scale)
        for border, (start, title, end) in zip(near, timed, strict=True)
    ]


def _parse_ffmetadata(path: Path, text: str) -> Iterator[_Timed]:
    av = ffmpeg.require_pyav()
    try:
        with av.open(io.BytesIO(text.encode()), format="ffmetadata") as container:
            chapters = container.chapters()
    except av.error.FFmpegError as error:
        raise _to_error(path, f"{ffmpeg.describe_error(error)}. Correct it") from error
    for number, chapter in enumerate(chapters, 1):
        title = chapter["metadata"].get("title") or f"Chapter {number}"
        start, end = (float(chapter[name] * chapter["time_base"]) for name in ("start", "end"))
        yield start, title, end


def _parse_lines(path: Path, text: str) -> Iterator[_Timed]:
    """Parse Audacity labels, m4b-tool's list, the chapters of OGM files, or rows of CSV."""
    ogm: dict[str, float] = {}
    names: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        content = line.strip()
        if not content or content.startswith("#") or line.startswith("\\"):
            continue  # comments, and the frequencies of Audacity's spectral labels
        if match := _LABEL.fullmatch(line):
            yield _to_number(match[1]), match[3].strip(), _to_number(match[2])
        elif match := _LISTED.fullmatch(content):
            yield _to_seconds(match[1], match[2], match[3]), match[4], 0.0
        elif match := _OGM_START.fullmatch(content):
            ogm[match[1]] = _to_seconds(match[2], match[3], match[4])
        elif match := _OGM_NAME.fullmatch(content):
            names[match[1]] = match[2].strip()
        elif row := _parse_row(line):
            yield row
        else:
            raise _to_error(path, f"line {number} is not a chapter. Use {_KNOWN}")
    for index, start in ogm.items():
        yield start, names.get(index) or f"Chapter {int(index)}", 0.0


def _parse_row(line: str) -> _Timed | None:
    """Parse the start, perhaps the end, and the title of a chapter, or return None."""
    for delimiter in _DELIMITERS:
        try:
            *times, title = next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
        except csv.Error:
            return None  # a field is too long
        start, end = ([*map(_parse_time, times), 0.0, 0.0])[:2]
        if 0 < len(times) < 3 and start is not None and (end is not None or not times[1].strip()):
            return start, title.strip(), end or 0.0
    return None


def _find_delimiter(text: str) -> str:
    """Return the delimiter of CSV whose first row has the names of its columns, else ""."""
    first = text.lstrip().partition("\n")[0]
    return next((one for one in _DELIMITERS if "start" in _find_columns(first.split(one))), "")


def _find_columns(cells: Sequence[str]) -> dict[str, int]:
    """Return the columns with a title and times by what they hold; {} if one is missing."""
    names = [cell.strip().strip('"').casefold() for cell in cells]
    found = {
        column: names.index(known[0])
        for column, words in _COLUMNS.items()
        if (known := [word for word in words if word in names])
    }
    return found if {"title", "start"} <= found.keys() else {}


def _parse_table(path: Path, text: str, delimiter: str) -> Iterator[_Timed]:
    """Parse CSV below a row of names; rows without any title and time are ignored."""
    reader = csv.reader(io.StringIO(text.lstrip(), newline=""), delimiter=delimiter)
    columns: dict[str, int] = {}
    count = 0
    try:
        for row in reader:
            cells = {name: "".join(row[at : at + 1]).strip() for name, at in columns.items()}
            if any(cells.values()):
                count += 1
                yield _parse_cells(path, reader.line_num, cells, count)
            columns = columns or _find_columns(row)
    except csv.Error as error:
        raise _to_error(path, f"line {reader.line_num}: {error}. Correct it") from error


def _parse_cells(path: Path, line: int, cells: dict[str, str], number: int) -> _Timed:
    times = {name: _parse_time(cells.get(name) or "0") for name in ("end", "length")}
    start = times["start"] = _parse_time(cells["start"])
    if start is None or None in times.values():
        if any(_BARS.fullmatch(cell) for cell in cells.values()):
            cause = "has bars and beats, not times. Export it with minutes and seconds"
        else:
            cause = f"is not a chapter. Use {_KNOWN}"
        raise _to_error(path, f"line {line} {cause}")
    end, length = times["end"] or 0.0, times["length"] or 0.0
    return (
        start,
        " ".join(cells["title"].split()) or f"Chapter {number}",
        end or (length and start + length),
    )


def _parse_time(text: str) -> float | None:
    """Return the seconds of a time such as 62.5, 1:02,5 or 0:01:02.5, or None if it is none."""
    match = _CELL_TIME.fullmatch(text.strip())
    return _to_seconds(match[1] or "0", match[2] or "0", match[3]) if match else None


def _parse_cue(path: Path, text: str, timeline: Timeline) -> Iterator[_Timed]:
    """Parse a CUE sheet; a single file gets its own tracks of a sheet with several files."""
    files = [match[1] for line in text.splitlines() if (match := _CUE_FILE.fullmatch(line.strip()))]
    offset: float | None = 0.0
    track, title = 0, ""
    for line in text.splitlines():
        content = line.strip()
        if match := _CUE_FILE.fullmatch(content):
            offset = _find_offset(path, match[1], files, timeline)
        elif match := _CUE_TRACK.fullmatch(content):
            track, title = int(match[1]), ""
        elif track and (match := _CUE_TITLE.fullmatch(content)):
            title = match[1]
        elif offset is not None and (match := _CUE_START.fullmatch(content)):
            minutes, seconds, frames = map(int, match.groups())
            start = offset + minutes * 60 + seconds + frames / _CUE_FRAMES
            yield start, title or f"Chapter {track}", 0.0


def _find_offset(path: Path, name: str, files: Sequence[str], timeline: Timeline) -> float | None:
    """Return where a file of a CUE sheet starts in the book, in seconds.

    Its suffix may differ; a sheet with one file may be about the whole book. Return None if the
    book is another file of the sheet, as one side of a record is.
    """
    starts = dict(zip(map(_find_stem, timeline.paths), timeline.starts, strict=True))
    if (start := starts.get(_find_stem(name))) is not None:
        return start / timeline.rate
    if len(files) == 1:
        return 0.0
    if len(starts) == 1 and starts.keys() & set(map(_find_stem, files)):
        return None
    raise _to_error(path, f'its file "{name}" is not one of the audio files. Correct the name')


def _find_stem(name: str | Path) -> str:
    return path_text.normalize_name(Path(str(name).replace("\\", "/")).stem)


def _to_seconds(hours: str, minutes: str, seconds: str) -> float:
    return int(hours) * 3600 + int(minutes) * 60 + _to_number(seconds)


def _to_number(text: str) -> float:
    return float(text.replace(",", "."))
