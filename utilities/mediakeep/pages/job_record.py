"""The record of a job, from one struct: JSON for programs, and a Markdown page for people.

outputs/<kind>/<name>.json
issues/<kind>/<name>.md       rendered from the template <kind>.md.j2, which extends job.md.j2
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import atomic_files
from mediakeep.pages import render


def find_json(kind: str, name: str) -> str:
    """Return the path of the JSON file, relative to the home; `name` is escaped."""
    return f"outputs/{kind}/{name}.json"


def find_page(kind: str, name: str) -> str:
    """Return the path of the page, relative to the home; `name` is escaped."""
    return f"issues/{kind}/{name}.md"


def write_record(record: msgspec.Struct, home: Path, kind: str, name: str) -> None:
    """Write both files of a record, each only if it changes; raise OSError."""
    page = render.render_template(f"{kind}.md.j2", record=record)
    data = msgspec.json.format(msgspec.json.encode(record)) + b"\n"
    contents = {home / find_json(kind, name): data, home / find_page(kind, name): page.encode()}
    atomic_files.write_if_changed(contents)
