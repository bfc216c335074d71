"""The audit of an artist for programs and spreadsheets; docs/audit-files.md describes the files."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import files
from mediakeep.errors import NewerFormat, Unreadable
from mediakeep.issue import Issue, Severity
from mediakeep.music import diagnose
from mediakeep.music.model import Artist, Track

FORMAT = 1

COLUMNS = (
    *("path", "album_folder", "title", "artist", "artists", "album", "albumartist"),
    *("track", "track_total", "disc", "disc_total", "date", "originaldate", "genres"),
    *("composer", "comment", "compilation", "pictures", "format", "codec", "duration"),
    *("bitrate", "sample_rate", "channels", "bits", "size", "issues"),
)

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would run a cell that begins so
_CURE = "Remove it and reset the artist, and the next batch writes it anew."


class _Audit(msgspec.Struct):
    """What `reviews` needs of an audit file; the rest is passed over."""

    format: int
    artist: str
    report: str
    issues: list[Issue]


def to_json(artist: Artist, issues: Sequence[Issue], key: str, report: str) -> bytes:
    """Write everything about an artist as JSON; `report` is the report's path below the home."""
    ids = _by_path(issues, lambda issue: issue.id)
    content = {
        "format": FORMAT,
        "artist": artist.name,
        "key": key,
        "path": artist.path,
        "report": report,
        "counts": _counts(artist, issues),
        "albums": [
            {"path": album.place, "tracks": len(album.tracks), "images": album.images}
            for album in artist.albums
        ],
        "tracks": [
            {
                "path": track.place,
                "album": album.place,
                "tags": track.tags,
                "facts": track.facts,
                "issues": ids.get(track.place, []),
            }
            for album in artist.albums
            for track in album.tracks
        ],
        "issues": issues,
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def to_csv(artist: Artist, issues: Sequence[Issue]) -> bytes:
    """Write one row a track; no cell can be taken for a formula."""
    kinds = _by_path(issues, lambda issue: issue.kind)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for album in artist.albums:
        for track in album.tracks:
            cells = {"album_folder": album.place, "issues": "; ".join(kinds.get(track.place, []))}
            rows.writerow([_guarded(cell) for cell in _row(track, cells)])
    return text.getvalue().encode()


def reviews(path: Path) -> list[dict[str, str]]:
    """Read back from an audit JSON what needs a person's decision.

    Each entry has id, artist, album, path, kind, severity, detail, report. Unreadable where the
    file is gone or damaged, NewerFormat where a later mediakeep wrote it.
    """
    try:
        audit = msgspec.json.decode(path.read_bytes(), type=_Audit)
    except OSError as error:
        raise Unreadable(files.escape(path), error.strerror, _CURE) from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unreadable(files.escape(path), error, _CURE) from error
    if audit.format > FORMAT:
        raise NewerFormat(files.escape(path), audit.format, FORMAT)
    return [
        {
            "id": issue.id,
            "artist": audit.artist,
            "album": issue.album,
            "path": issue.path,
            "kind": issue.kind,
            "severity": issue.severity.value,
            "detail": issue.detail,
            "report": audit.report,
        }
        for issue in audit.issues
        if diagnose.needs_person(issue)
    ]


def _counts(artist: Artist, issues: Sequence[Issue]) -> dict[str, int]:
    by_severity = {
        f"{severity}s": sum(issue.severity is severity for issue in issues) for severity in Severity
    }
    tracks = sum(1 for _ in artist.tracks)
    return {"albums": len(artist.albums), "tracks": tracks, "issues": len(issues), **by_severity}


def _by_path(issues: Iterable[Issue], told: Callable[[Issue], str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for issue in issues:
        if issue.path:
            found.setdefault(issue.path, []).append(told(issue))
    return found


def _row(track: Track, cells: Mapping[str, str]) -> list[str]:
    """Put a track's cells into the columns; a column bears the name of its tag or fact."""
    known = {"path": track.place, "pictures": _pictures(track), **cells}
    return [
        known[column]
        if column in known
        else _cell(getattr(track.tags, column, None) or getattr(track.facts, column, None))
        for column in COLUMNS
    ]


def _cell(value: Any) -> str:
    """Write texts joined by semicolons; what is not there, or not known, is empty."""
    if isinstance(value, tuple):
        return "; ".join(value)
    if isinstance(value, bool):
        return "yes"
    return str(value or "")


def _pictures(track: Track) -> str:
    return "; ".join(f"type {one.type}, {one.size} bytes" for one in track.tags.pictures)


def _guarded(cell: str) -> str:
    """Let no cell begin like a formula: an apostrophe goes before it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
