"""The audit files of an artist, which contain everything known about it, as JSON and CSV.

docs/audit-files.md describes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.issue import Issue, Severity, sort_by_urgency
from mediakeep.music import diagnose
from mediakeep.music.artist_lookup import missing_table
from mediakeep.music.artist_lookup.lookup import NOT_LOOKED_UP, ArtistLookup
from mediakeep.music.issue_kinds import ISSUE_KINDS
from mediakeep.music.model import Artist
from mediakeep.music.reports import json_model, tracks_csv
from mediakeep.music.reports.fix_commands import TOGETHER_KINDS, FixCommands
from mediakeep.untrusted_files import JsonDecoder, read_json, read_record

AUDIT_FORMAT = (
    2  # 1: the images of an album were plain paths; the fields read back here were the same
)

CSV_COLUMNS = (*tracks_csv.TRACK_COLUMNS, "issues")

_FIX_HINT = "Delete it and reset the artist: the next batch writes it again."


class _StoredLookup(msgspec.Struct):
    """The part of a lookup that is read back."""

    missing: list[dict[str, Any]] = []


class _StoredAlbum(msgspec.Struct):
    path: str
    beside: list[str] = []


class _StoredAudit(msgspec.Struct):
    """The fields of an audit file that are read back; others are ignored."""

    format: int
    artist: str
    report: str
    issues: list[Issue]
    path: str = ""
    albums: list[_StoredAlbum] = []
    musicbrainz: _StoredLookup | None = None


class _StoredFacts(msgspec.Struct):
    payload: int = 0


class _StoredTrack(msgspec.Struct):
    facts: _StoredFacts | None = None


class _StoredTracks(msgspec.Struct):
    """The fields of the tracks that are read back."""

    tracks: list[_StoredTrack] = []


def to_json(
    artist: Artist,
    issues: Sequence[Issue],
    key: str,
    report: str,
    lookup: ArtistLookup = NOT_LOOKED_UP,
) -> bytes:
    """Return everything about an artist as JSON; `report` is the report's path below the home."""
    issue_ids = _group_by_path(issues, lambda issue: issue.id)
    content = {
        "format": AUDIT_FORMAT,
        "artist": artist.name,
        "key": key,
        "path": artist.path,
        "report": report,
        **({"musicbrainz": missing_table.to_json(key, lookup)} if lookup.state else {}),
        "counts": _count_issues(artist, issues),
        "albums": json_model.albums_to_json(artist),
        "tracks": [
            {**json_model.track_to_json(album, track), "issues": issue_ids.get(track.place, [])}
            for album in artist.albums
            for track in album.tracks
        ],
        "issues": issues,
    }
    return msgspec.json.format(msgspec.json.encode(content), indent=2) + b"\n"


def to_csv(artist: Artist, issues: Sequence[Issue]) -> bytes:
    """Return one CSV row per track, with its tags and the kinds of its issues."""
    kinds = _group_by_path(issues, lambda issue: issue.kind)
    return tracks_csv.render_csv(
        artist, {"issues": lambda track: "; ".join(kinds.get(track.place, []))}
    )


def read_issues(path: Path) -> list[Issue]:
    """Read all issues from an audit JSON, most urgent first.

    Raise Unreadable if the file is missing or damaged, and NewerFormat if a later version wrote it.
    """
    return sort_by_urgency(_read_audit(path).issues, (kind.name for kind in ISSUE_KINDS))


def read_missing_albums(path: Path) -> list[dict[str, Any]]:
    """Read the missing albums of the discography; raise the same errors as `read_issues`."""
    lookup = _read_audit(path).musicbrainz
    return lookup.missing if lookup else []


def read_payload_sizes(path: Path) -> Iterator[int]:
    """Yield the number of bytes of audio in each track; nothing if the audit file is damaged."""
    stored = read_json(path, _StoredTracks)
    tracks = stored.tracks if stored else ()
    yield from (track.facts.payload for track in tracks if track.facts and track.facts.payload)


def read_reviews(path: Path, home: Path, folder: str = "") -> list[dict[str, str]]:
    """Read the issues that the user must decide from an audit JSON file.

    Each entry has id, artist, album, path, kind, severity, detail, proposal, held, command and
    report. `folder` is the current escaped path of the artist. Raise the same errors as
    `read_issues`.
    """
    audit = _read_audit(path)
    sibling_folders = {album.path: album.beside for album in audit.albums}
    commands = FixCommands(
        home, folder or audit.path or audit.artist, sibling_folders=sibling_folders
    )
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
            "command": commands.accept_command(_find_together(issue, audit.issues), by_id=True)
            if issue.proposal
            else commands.edit_command(issue),
            "report": audit.report,
        }
        for issue in audit.issues
        if diagnose.needs_decision(issue)
    ]


def _find_together(issue: Issue, issues: Sequence[Issue]) -> list[Issue]:
    """Return an issue, with those whose proposals are accepted only together with its own."""
    if issue.kind not in TOGETHER_KINDS:
        return [issue]
    return [
        other
        for other in issues
        if (other.kind, other.album) == (issue.kind, issue.album)
        and other.proposal
        and diagnose.needs_decision(other)
    ]


def _read_audit(path: Path) -> _StoredAudit:
    return read_record(path, JsonDecoder(_StoredAudit), AUDIT_FORMAT, _FIX_HINT)


def _count_issues(artist: Artist, issues: Sequence[Issue]) -> dict[str, int]:
    by_severity = {
        f"{severity}s": sum(issue.severity is severity for issue in issues) for severity in Severity
    }
    tracks = sum(1 for _ in artist.tracks)
    return {"albums": len(artist.albums), "tracks": tracks, "issues": len(issues), **by_severity}


def _group_by_path(
    issues: Iterable[Issue], text_function: Callable[[Issue], str]
) -> dict[str, list[str]]:
    by_path: dict[str, list[str]] = {}
    for issue in issues:
        if issue.path:
            by_path.setdefault(issue.path, []).append(text_function(issue))
    return by_path
