"""Format the tracks in the JSON and CSV files of the master report."""

from __future__ import annotations

import msgspec

from mediakeep.media.audio.tags import AudioProperties, Tags
from mediakeep.music.master.audit_reader import ArtistAudit, AuditTrack
from mediakeep.music.model import Artist
from mediakeep.music.reports import audit_files, tracks_csv

COLUMNS = (*audit_files.CSV_COLUMNS, "artist_folder")


class MasterTrackLine(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A track as one line in the JSON file of the master report."""

    artist: str
    album: str
    path: str
    tags: Tags
    facts: AudioProperties | None
    issues: tuple[str, ...]  # the kinds of its own issues
    container: str = ""
    fault: str = ""
    reason: str = ""
    essence: str = ""
    damage: str = ""
    change: str = ""


def build_line(artist_audit: ArtistAudit, track: AuditTrack) -> MasterTrackLine:
    """Return the line that describes a track in the JSON file of the master report."""
    return MasterTrackLine(
        artist_audit.artist,
        track.album,
        track.path,
        track.tags,
        track.facts,
        _issue_kinds(track),
        track.container,
        track.fault.value if track.fault else "",
        track.reason,
        track.essence,
        track.damage,
        track.change,
    )


def format_rows(artist_audit: ArtistAudit, artist: Artist) -> bytes:
    """Return the CSV rows of an artist's tracks as bytes, without a header."""
    kinds = {entry.path: "; ".join(_issue_kinds(entry)) for entry in artist_audit.tracks}
    columns = {
        "issues": lambda track: kinds[track.place],
        "artist_folder": lambda _: artist_audit.artist,
    }
    return tracks_csv.render_csv(artist, columns).partition(b"\n")[2]


def _issue_kinds(track: AuditTrack) -> tuple[str, ...]:
    """Return the kinds of a track's issues, which are parts of the issue ids."""
    return tuple(issue_id.rpartition(":")[0] for issue_id in track.issues)
