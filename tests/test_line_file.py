"""A JSON object whose lines are replaced in place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mediakeep import line_file
from tests.sampling import each_row

VALUES = {"a": {"stage": "new"}, 'b"\n': {"stage": "new"}}


@each_row(
    "changed, in_place",
    [
        ({"a": {"stage": "published"}}, True),
        ({'b"\n': {"stage": "x"}}, True),
        ({"c": {"stage": "é"}}, True),
        ({"a": {"stage": "x" * 99}}, False),
        ({f"{number}": {"stage": "new"} for number in range(60)}, False),
    ],
)
def test_changes(tmp_path: Path, changed: dict[str, Any], in_place: bool) -> None:
    path, wanted = tmp_path / "index.json", {**VALUES, **changed}
    line_file.write(path, VALUES)
    inode = path.stat().st_ino
    line_file.update(path, changed, lambda: wanted)
    assert json.loads(path.read_bytes()) == wanted
    assert (path.stat().st_ino == inode) is in_place


@each_row("content", [b"", b"{", b"[]", b"{\n \n}\n", b'{"a": 1}', None])
def test_other_files_are_replaced(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "index.json"
    for write in (
        lambda: line_file.check(path, VALUES),
        lambda: line_file.update(path, VALUES, lambda: VALUES),
    ):
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        if content != b'{"a": 1}' or write.__code__.co_names[1] == "check":
            write()
            assert json.loads(path.read_bytes()) == VALUES
