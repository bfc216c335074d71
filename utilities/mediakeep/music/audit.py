"""The audit of an artist for programs and spreadsheets; docs/audit-files.md describes the files."""

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

FORMAT = 2  # in 1, the images of an album were plain paths; what is read back here was the same

COLUMNS = (*sheet.COLUMNS, "issues")

_CURE = "Remove it and reset the artist, and the next batch writes it anew."
_SEVERITIES = list(Severity)
_URGENCY = {kind.name: number for number, kind in enumerate(KINDS)}


class _Looked(msgspec.Struct):
    """What is read back of a look-up."""

    missing: list[dict[str, Any]] = []


class _Album(msgspec.Struct):
    path: str
    beside: list[str] = []


class _Audit(msgspec.Struct):
    """What is read back from an audit file; the rest is passed over."""

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
    """What is read back of the tracks."""

    tracks: list[_Track] = []


def to_json(
    artist: Artist,
    issues: Sequence[Issue],
    key: str,
    report: str,
    asked: Inquiry = UNASKED,
) -> bytes:
    """Write everything about an artist as JSON; `report` is the report's path below the home."""
    ids = _by_path(issues, lambda issue: issue.id)
    content = {
        "format": FORMAT,
        "artist": artist.name,
        "key": key,
        "path": artist.path,
        "report": report,
        **({"musicbrainz": missing.told(key, asked)} if asked.state else {}),
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
    """Write one row a track, with the kinds of its issues."""
    kinds = _by_path(issues, lambda issue: issue.kind)
    return sheet.render(artist, {"issues": lambda track: "; ".join(kinds.get(track.place, []))})


def issues(path: Path) -> list[Issue]:
    """Read all issues back from an audit JSON, most urgent first.

    Unreadable where the file is gone or damaged, NewerFormat where a later mediakeep wrote it.
    """
    return sorted(_read(path).issues, key=_urgency)


def lacking(path: Path) -> list[dict[str, Any]]:
    """Read back what is missing of the discography; raises what `issues` does."""
    looked = _read(path).musicbrainz
    return looked.missing if looked else []


def payloads(path: Path) -> Iterator[int]:
    """Give the bytes of audio of each track that an audit JSON tells; none if it is damaged."""
    try:
        tracks = msgspec.json.decode(path.read_bytes(), type=_Tracks).tracks
    except (OSError, msgspec.DecodeError, UnicodeError):
        return
    yield from (one.facts.payload for one in tracks if one.facts and one.facts.payload)


def reviews(path: Path, home: Path, folder: str = "") -> list[dict[str, str]]:
    """Read back from an audit JSON what needs a person's decision.

    Each entry has id, artist, album, path, kind, severity, detail, proposal, held, command, report.
    `folder` is where the artist lies by now, escaped. Raises what `issues` does.
    """
    audit = _read(path)
    beside = {one.path: one.beside for one in audit.albums}
    cures = Cures(home, folder or audit.path or audit.artist, beside=beside)
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
            "command": cures.accept([issue]) if issue.proposal else cures.write(issue),
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
    """Order by severity, then as the table of kinds does; a kind that it no longer has is last."""
    return _SEVERITIES.index(issue.severity), _URGENCY.get(issue.kind, len(_URGENCY))


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
