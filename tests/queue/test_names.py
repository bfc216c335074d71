"""Names: any path can be written as text and read back, and any name becomes a safe file name."""

from __future__ import annotations

import os
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mediakeep import path_text
from tests.sampling import each_row

paths = st.binary(max_size=40).map(os.fsdecode) | st.text(
    st.sampled_from("\\x4AFé\udcff\udc80/\0 n"), max_size=12
)
RESERVED = re.compile(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?$")


@given(paths)
def test_a_path_written_as_text_is_the_same_path_when_read(path: str) -> None:
    text = path_text.escape_path(path)
    text.encode()  # valid UTF-8
    assert path_text.unescape_path(text) == path


@given(paths, paths)
def test_two_paths_are_never_written_alike(one: str, other: str) -> None:
    assert (path_text.escape_path(one) == path_text.escape_path(other)) == (one == other)


@each_row(
    ("path", "text"),
    [
        (os.fsdecode(b"Bj\xf6rk"), r"Bj\xF6rk"),
        ("AC\\DC", r"AC\\DC"),
        (r"Bj\xF6rk", r"Bj\\xF6rk"),
        ("Björk", "Björk"),
    ],
)
def test_text_shows_the_bytes_that_are_no_text(path: str, text: str) -> None:
    assert path_text.escape_path(path) == text


@given(st.text(max_size=60) | paths, st.lists(st.text(max_size=8), max_size=3))
def test_any_name_becomes_a_file_name_for_every_system(name: str, others: list[str]) -> None:
    taken = {path_text.normalize_name(path_text.safe_name(other)) for other in others}
    safe = path_text.safe_name(name, taken)
    assert path_text.normalize_name(safe) not in taken
    assert 0 < len(safe.encode()) <= 155
    assert not set(safe) & set('/\\:*?"<>|\0\n')
    assert not RESERVED.match(safe)
    assert safe == safe.strip(" .")
    assert not safe.startswith("-")
    assert safe.isprintable()


@each_row("name", ["..", ".", "", "/", "CON", "a" * 300, "é" * 200, "-rf", "a\nb"])
def test_a_file_of_a_safe_name_can_be_made(name: str, tmp_path: Path) -> None:
    stem = path_text.safe_name(name)
    for suffix in ("_library_issues.md", "_audit.json"):
        (tmp_path / f"{stem}{suffix}").write_text("here")
    assert len(list(tmp_path.iterdir())) == 2
