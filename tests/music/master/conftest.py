"""Master reports of artists on paper: their audits are written as a batch writes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from mediakeep.master_scope import MasterReportScope, ReportedItem
from mediakeep.media.audio.model import AudioProperties
from mediakeep.music import diagnose
from mediakeep.music.artist_lookup.lookup import NOT_LOOKED_UP, ArtistLookup
from mediakeep.music.master import report_writer
from mediakeep.music.master.report_writer import MusicReportResult
from mediakeep.music.model import Album, Artist, Track
from mediakeep.music.reports import audit_files
from tests.music import paper

Report = Callable[..., MusicReportResult]


def track(number: int, *, seconds: float = 200.0, essence: str = "", **fields: Any) -> Track:
    """Return a healthy track of a length."""
    track = paper.track(number, **fields)
    facts = AudioProperties(format="MP3", duration=seconds, bitrate=192_000, size=4_800_000)
    return structs.replace(track, facts=facts, essence=essence)


def artist(name: str, *tracks: Track, place: str = "Dawn") -> Artist:
    """Put tracks into one album of an artist's folder."""
    albums = (Album(place=place, tracks=tracks),) if tracks else ()
    return Artist(name=name, path=f"/music/{name}", albums=albums, fingerprint="")


def scope(home: Path, names: list[str]) -> MasterReportScope:
    """Say that these artists are completed."""
    listed = tuple(ReportedItem(name, str(at)) for at, name in enumerate(names))
    return MasterReportScope(home, "/music", "2025-12-17T10:00:00+00:00", listed, {})


@pytest.fixture
def report(tmp_path: Path) -> Report:
    """Give what writes the master report of artists, in a home of its own."""
    (tmp_path / "status" / "music").mkdir(parents=True)
    (tmp_path / "outputs").mkdir()

    def write(*artists: Artist, limit: int = 200) -> MusicReportResult:
        for at, one in enumerate(artists):
            asked = ArtistLookup("done", matches=one.matches) if one.matches else NOT_LOOKED_UP
            issues = diagnose.find_issues(one, one.name)
            content = audit_files.to_json(one, issues, one.name, "report.md", asked)
            (tmp_path / f"outputs/{at}_audit.json").write_bytes(content)
        return report_writer.write_report(
            scope(tmp_path, [artist_.name for artist_ in artists]), limit
        )

    return write
