"""The audit files of an artist, JSON and CSV; docs/audit-files.md describes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import files
from mediakeep.errors import NewerFormat, Unreadable
from mediakeep.issue import Issue, Severity
from mediakeep.music import account, diagnose, sheet
from mediakeep.music.cures import Cures
from mediakeep.music.discography import missing
from mediakeep.music.discography.inquiry import UNASKED, Inquiry
from mediakeep.music.kinds import KINDS
from mediakeep.music.model import Artist

FORMAT = 2  # 1: the images of an album were plain paths; the fields read back here were the same

COLUMNS = (*sheet.COLUMNS, "issues")

_CURE = "Delete it and reset the artist: the next batch writes it again."
_SEVERITIES = list(Severity)
_URGENCY = {kind.name: number for number, kind in enumerate(KINDS)}


class _Looked(msgspec.Struct):
    """The part of a lookup that is read back."""

    missing: list[dict[str, Any]] = []


class _Album(msgspec.Struct):
    path: str
    beside: list[str] = []


class _Audit(msgspec.Struct):
    """The fields of an audit file that are read back; others are ignored."""

    format: int
    artist: str
    report: str
    issues: list[Issue]
    path: str = ""
    albums: list[_Album] = []
    musicbrainz: _Looked | None = None


class _Facts(msgspec.Struct):
    payload: int = 0


class _Track(msgspec.Struct):
    facts: _Facts | None = None


class _Tracks(msgspec.Struct):
    """The fields of the tracks that are read back."""

    tracks: list[_Track] = []


def to_json(
    artist: Artist,
    issues: Sequence[Issue],
    key: str,
    report: str,
    lookup: Inquiry = UNASKED,
) -> bytes:
    """Encode everything about an artist as JSON; `report` is the report's path below the home."""
    ids = _by_path(issues, lambda issue: issue.id)
    content = {
        "format": FORMAT,
        "artist": artist.name,
        "key": key,
        "path": artist.path,
        "report": report,
        **({"musicbrainz": missing.told(key, lookup)} if lookup.state else {}),
        "counts": _counts(artist, issues),
        "albums": account.albums(artist),
        "tracks": [
            {**account.track(album, track), "issues": ids.get(track.place, [])}
            for album in artist.albums
            for track in album.tracks
        ],
        "issues": issues,
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def to_csv(artist: Artist, issues: Sequence[Issue]) -> bytes:
    """Write one CSV row per track, with the kinds of its issues."""
    kinds = _by_path(issues, lambda issue: issue.kind)
    return sheet.render(artist, {"issues": lambda track: "; ".join(kinds.get(track.place, []))})


def issues(path: Path) -> list[Issue]:
    """Read all issues from an audit JSON, most urgent first.

    Raise Unreadable if the file is missing or damaged, and NewerFormat if a later version wrote it.
    """
    return sorted(_read(path).issues, key=_urgency)


def lacking(path: Path) -> list[dict[str, Any]]:
    """Read the missing albums of the discography; raise the same errors as `read_issues`."""
    lookup = _read(path).musicbrainz
    return lookup.missing if lookup else []


def payloads(path: Path) -> Iterator[int]:
    """Yield the bytes of audio of each track in an audit JSON; nothing if it is damaged."""
    try:
        tracks = msgspec.json.decode(path.read_bytes(), type=_Tracks).tracks
    except (OSError, msgspec.DecodeError, UnicodeError):
        return
    yield from (track.facts.payload for track in tracks if track.facts and track.facts.payload)


def reviews(path: Path, home: Path, folder: str = "") -> list[dict[str, str]]:
    """Read the issues that need a decision from an audit JSON.

    Each entry has id, artist, album, path, kind, severity, detail, proposal, held, command, report.
    `folder` is the current escaped path of the artist. Raise the same errors
    as `read_issues`.
    """
    audit = _read(path)
    sibling_folders = {album.path: album.beside for album in audit.albums}
    commands = Cures(home, folder or audit.path or audit.artist, beside=sibling_folders)
    name = folder.rpartition("/")[2] or audit.artist
    return [
        {
            "id": issue.id,
            "artist": name,
            "album": issue.album,
            "path": issue.path,
            "kind": issue.kind,
            "severity": issue.severity.value,
            "detail": issue.detail,
            "proposal": issue.proposal,
            "held": issue.held,
            "command": commands.accept([issue]) if issue.proposal else commands.write(issue),
            "report": audit.report,
        }
        for issue in audit.issues
        if diagnose.needs_person(issue)
    ]


def _read(path: Path) -> _Audit:
    try:
        audit = msgspec.json.decode(path.read_bytes(), type=_Audit)
    except OSError as error:
        raise Unreadable(files.escape(path), error.strerror, _CURE) from error
    except (msgspec.DecodeError, UnicodeError) as error:
        raise Unreadable(files.escape(path), error, _CURE) from error
    if audit.format > FORMAT:
        raise NewerFormat(files.escape(path), audit.format, FORMAT)
    return audit


def _urgency(issue: Issue) -> tuple[int, int]:
    """Sort by severity, then by the table of kinds; a kind that no longer exists comes last."""
    return _SEVERITIES.index(issue.severity), _URGENCY.get(issue.kind, len(_URGENCY))


def _counts(artist: Artist, issues: Sequence[Issue]) -> dict[str, int]:
    by_severity = {
        f"{severity}s": sum(issue.severity is severity for issue in issues) for severity in Severity
    }
    tracks = sum(1 for _ in artist.tracks)
    return {"albums": len(artist.albums), "tracks": tracks, "issues": len(issues), **by_severity}


def _by_path(issues: Iterable[Issue], text_of: Callable[[Issue], str]) -> dict[str, list[str]]:
    by_path: dict[str, list[str]] = {}
    for issue in issues:
        if issue.path:
            by_path.setdefault(issue.path, []).append(text_of(issue))
    return by_path
