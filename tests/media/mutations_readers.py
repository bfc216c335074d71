"""Everything of mediakeep that reads a person's audio file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep.media import essence, pictures, tags
from mediakeep.music import audit, diagnose, report, scan
from tests.media.mutations_child import Readers


def _read(path: Path) -> None:
    assert msgspec.json.encode(tags.read(path))


def _judge(folder: Path) -> None:
    """Go the whole way of a worker, as far as its last write."""
    found = scan.artist(folder)
    issues = diagnose.issues(found, "key")
    assert audit.to_json(found, issues, "key", "a.md")
    assert audit.to_csv(found, issues)
    assert report.render(found, issues, report.Paths(Path("home"), "a.json", "a.csv"))


READERS = Readers(
    files={"read": _read, "look": pictures.of_file, "hash": essence.of},
    folders={"judge": _judge},
)
