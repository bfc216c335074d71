"""Everything of mediakeep that reads a person's audio file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep.media import pictures
from mediakeep.media.audio import essence, tags
from mediakeep.music import diagnose, scan
from mediakeep.music.reports import artist_report, audit_files
from tests.media.mutations_child import Readers


def _read(path: Path) -> None:
    assert msgspec.json.encode(tags.read(path))


def _judge(folder: Path) -> None:
    """Go the whole way of a worker, as far as its last write."""
    found = scan.read_artist(folder)
    issues = diagnose.find_issues(found, "key")
    assert audit_files.to_json(found, issues, "key", "a.md")
    assert audit_files.to_csv(found, issues)
    assert artist_report.render_report(
        found, issues, artist_report.ReportPaths(Path("home"), "a.json", "a.csv")
    )


READERS = Readers(
    files={"read": _read, "look": pictures.read_picture_info, "hash": essence.compute_audio_hash},
    folders={"judge": _judge},
)
