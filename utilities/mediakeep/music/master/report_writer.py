"""Write the master report of a library from the audit files of its artists.

1. Each audit is read. Its tracks are written to the JSON and the CSV file, its counts to the
   counters, and its comparison keys to the index. Then it is discarded, so that memory holds one
   artist at a time.
2. The statistics are computed from counters and index.
3. The first part of the JSON, with totals, is written into the space reserved for it, and all three
   files are replaced.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from itertools import islice

import msgspec

from mediakeep import atomic_files, atomic_writer
from mediakeep.atomic_writer import PartialFile
from mediakeep.errors import ItemFailed, NewerFormat, Unreadable
from mediakeep.master_scope import MasterReportScope, ReportedItem
from mediakeep.media.audio.tags import AudioProperties, Tags
from mediakeep.music.master import artist_counts, audit_reader, music_statistics
from mediakeep.music.master.audit_reader import ArtistAudit, AuditTrack
from mediakeep.music.master.counters import MusicCounters
from mediakeep.music.master.cross_artist import SharedTracksIndex
from mediakeep.music.master.music_statistics import MusicStatistics, StatisticsScope
from mediakeep.music.model import Artist
from mediakeep.music.reports import audit_files, tracks_csv

FORMAT = 1
JSON = "outputs/music_library_master.json"
CSV = "outputs/music_library_master.csv"
STATISTICS = "outputs/music_library_statistics.json"

_LOCK = "status/music/master.lock"
_HEAD_PADDING = 80  # bytes reserved for longer counts in the JSON's head
_MAX_UNREAD_NAMES = 1000  # artists without an audit listed in the head
_ENCODER = msgspec.json.Encoder()
COLUMNS = (*audit_files.CSV_COLUMNS, "artist_folder")


class MasterCounts(msgspec.Struct, frozen=True):
    """The numbers of artists, albums, tracks and issues in the master report."""

    artists: int
    albums: int
    tracks: int
    issues: int


class MusicReportResult(msgspec.Struct, frozen=True):
    """The statistics of a library, and a message for each audit that could not be read."""

    statistics: MusicStatistics
    failures: tuple[str, ...]


class _JsonHead(msgspec.Struct, frozen=True):
    """The first fields of the JSON file, before the list of tracks."""

    format: int
    written: str
    library: str
    counts: MasterCounts


def write_report(scope: MasterReportScope, limit: int) -> MusicReportResult:
    """Write the three files of the master report; each list has at most `limit` entries.

    Unreadable audits are reported in the result, and the rest is written. Only one process writes
    at a time. Raise ItemFailed if there is no space for the comparison data.
    """
    try:
        return _write_files(scope, limit)
    except sqlite3.OperationalError as error:
        raise ItemFailed(
            f"Comparison data not stored: {error}. The files of the last run are unchanged. "
            "Free some space, or set TMPDIR to a folder with more."
        ) from error


def _write_files(scope: MasterReportScope, limit: int) -> MusicReportResult:
    home = scope.home
    unread: dict[ReportedItem, str] = {}
    places = (home / name for name in (JSON, CSV, STATISTICS))
    with (
        atomic_files.exclusive_lock(home / _LOCK),
        closing(SharedTracksIndex()) as cross_artist_index,
        atomic_writer.replace_files(*places) as (tracks, table, statistics_file),
    ):
        book = MusicReportWriter(scope, cross_artist_index, tracks, table)
        for artist in scope.items:
            try:
                artist_audit = audit_reader.read_audit(
                    home / f"outputs/{artist.output_name}_audit.json"
                )
            except (Unreadable, NewerFormat) as error:
                unread[artist] = str(error)
                continue
            book.add(artist_audit)
        result = book.close([artist.name for artist in islice(unread, _MAX_UNREAD_NAMES)], limit)
        statistics_file.write(msgspec.json.format(_ENCODER.encode(result), indent=2) + b"\n")
    return MusicReportResult(result, tuple(unread.values()))


class MusicReportWriter:
    """Writes the three files of the master report."""

    def __init__(
        self,
        scope: MasterReportScope,
        cross_artist_index: SharedTracksIndex,
        tracks: PartialFile,
        table: PartialFile,
    ) -> None:
        self._scope = scope
        self._tracks = tracks
        self._table = table
        self._index = cross_artist_index
        self._counters = MusicCounters(cross_artist_index.db)
        self._counts: Counter[str] = Counter()
        tracks.write(self._format_head() + b" " * _HEAD_PADDING + b'\n"tracks": [')
        table.write(",".join(COLUMNS).encode() + b"\n")

    def add(self, artist_audit: ArtistAudit) -> None:
        """Add all data of one artist's audit."""
        separator = b",\n" if self._counts["tracks"] else b"\n"
        if text := b",\n".join(
            _ENCODER.encode(build_line(artist_audit, track)) for track in artist_audit.tracks
        ):
            self._tracks.write(separator + text)
        artist = artist_audit.to_artist()
        self._table.write(format_rows(artist_audit, artist))
        artist_counts.count_artist(self._counters, artist_audit)
        self._index.add(artist_audit, artist.albums)
        sizes = {"albums": len(artist_audit.albums), "tracks": len(artist_audit.tracks)}
        self._counts.update(artists=1, issues=len(artist_audit.issues), **sizes)

    def close(self, unreadable_audits: Iterable[str], limit: int) -> MusicStatistics:
        """Finish the JSON file, and return the statistics; `unread` names unreadable audits."""
        self._tracks.write(b"\n]}\n")
        self._tracks.overwrite(self._format_head(), 0)
        head = StatisticsScope(
            written=self._scope.written,
            library=self._scope.library,
            artists=self._counts["artists"],
            left_out=dict(self._scope.others),
            unread=tuple(unreadable_audits),
        )
        return music_statistics.compute_statistics(head, self._counters, self._index, limit)

    def _format_head(self) -> bytes:
        """Return the start of the JSON file up to the list of tracks, padded with spaces."""
        counts = MasterCounts(*(self._counts[name] for name in MasterCounts.__struct_fields__))
        scope = self._scope
        opening = _JsonHead(FORMAT, scope.written, scope.library, counts)
        return _ENCODER.encode(opening)[:-1] + b","


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
