"""extract_metadata.py writes out what files say, judges nothing, and keeps off others' files."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from mediakeep import path_text
from mediakeep.music import diagnose, scan
from mediakeep.music.reports import audit_files, tracks_csv
from tests import documents
from tests.commands.conftest import Home, obeying_permissions
from tests.music import shelf

PAGE = Path(__file__).parents[2] / "docs" / "extract-metadata.md"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home without a queue, beside a small library."""
    (tmp_path / "home").mkdir()
    shelf.put_album(tmp_path / "music" / "Vera" / "Dawn", "Low Tide", "Gulls", suffix="flac")
    shelf.put_album(tmp_path / "music" / "Vera" / "Dusk", "Rope", date="1980")
    return Home(tmp_path / "home", tmp_path / "music")


def extracted(home: Home, *words: object, code: int = 0) -> str:
    done = home.call("extract_metadata", *words)
    assert done.returncode == code, done.stderr
    assert code or not done.stderr
    return done.stdout


def written(home: Home, stem: str) -> dict[str, Any]:
    return dict(json.loads((home.path / "outputs" / f"{stem}_metadata.json").read_text()))


def sheet_of(home: Home, stem: str) -> list[dict[str, str]]:
    with open(home.path / "outputs" / f"{stem}_metadata.csv", encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text))


def outputs(home: Home) -> set[str]:
    return {path.name for path in (home.path / "outputs").iterdir()}


# What is written


def test_an_artist_is_written_as_its_audit_would_be_but_for_the_issues(home: Home) -> None:
    extracted(home, home.music / "Vera")
    found, read = written(home, "Vera"), scan.read_artist(home.music / "Vera")
    assert (found["format"], found["path"]) == (1, str(home.music / "Vera"))
    audited = json.loads(audit_files.to_json(read, diagnose.find_issues(read, "Vera"), "Vera", ""))
    assert found["albums"] == audited["albums"]
    assert [{**track, "issues": []} for track in found["tracks"]] == [
        {**track, "issues": []} for track in audited["tracks"]
    ]
    assert [row["path"] for row in sheet_of(home, "Vera")] == [
        *("Dawn/01 Low Tide.flac", "Dawn/02 Gulls.flac", "Dusk/01 Rope.mp3")
    ]


def test_an_album_is_read_like_an_artist(home: Home) -> None:
    text = extracted(home, home.music / "Vera" / "Dawn")
    assert text.splitlines()[:3] == [
        "Dawn: 2 tracks, 2 s of music (2 FLAC)",
        "  1 Low Tide (0:01)",
        "  2 Gulls (0:01)",
    ]
    assert [album["path"] for album in written(home, "Dawn")["albums"]] == [""]
    assert [track["path"] for track in written(home, "Dawn")["tracks"]] == [
        *("01 Low Tide.flac", "02 Gulls.flac")
    ]


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_a_single_file_of_any_format_is_written_and_shown(home: Home, suffix: str) -> None:
    path = shelf.put(home.music / f"a.{suffix}", title="Über Ebbe", picture="cover.jpg")
    lines = extracted(home, path).splitlines()
    assert lines[0].startswith(f"a.{suffix}: ")
    assert "  title: Über Ebbe" in lines
    assert any(line.startswith("  picture: front cover, image/jpeg") for line in lines)
    (track,) = written(home, f"a.{suffix}")["tracks"]
    assert (track["path"], track["tags"]["title"]) == (f"a.{suffix}", ["Über Ebbe"])
    (row,) = sheet_of(home, f"a.{suffix}")
    assert tuple(row) == tracks_csv.TRACK_COLUMNS
    assert row["title"] == "Über Ebbe"


def test_the_page_describes_every_field(home: Home) -> None:
    extracted(home, home.music / "Vera")
    assert documents.column(PAGE, "## The files") == set(written(home, "Vera"))


def test_nothing_in_the_library_is_touched(home: Home) -> None:
    before = {path: path.stat() for path in home.music.rglob("*")}
    extracted(home, home.music / "Vera")
    after = {path: path.stat() for path in home.music.rglob("*")}
    assert {path: facts.st_mtime_ns for path, facts in after.items()} == {
        path: facts.st_mtime_ns for path, facts in before.items()
    }


# Options


def test_a_json_alone_is_written_where_that_is_asked_for(home: Home) -> None:
    extracted(home, home.music / "Vera", "--json-only", "--output-name", "mine")
    assert outputs(home) == {"mine_metadata.json"}


def test_quiet_prints_nothing_but_what_cannot_be_read(home: Home) -> None:
    assert extracted(home, home.music / "Vera", "--quiet") == ""
    (home.music / "Vera" / "a.mp3").write_bytes(b"")
    done = home.call("extract_metadata", home.music / "Vera", "--quiet")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "a.mp3: the file is empty\n"


def test_programs_are_told_what_was_written(home: Home) -> None:
    (home.music / "Vera" / "a.mp3").write_bytes(b"")
    told = json.loads(extracted(home, home.music / "Vera", "--json", code=1))
    stem = home.path / "outputs" / "Vera_metadata"
    assert told == {
        "path": str(home.music / "Vera"),
        "albums": 3,
        "tracks": 4,
        "unreadable": ["a.mp3"],
        "written": [f"{stem}.json", f"{stem}.csv"],
    }


def test_a_quiet_json_is_refused(home: Home) -> None:
    done = home.call("extract_metadata", home.music, "--json", "--quiet")
    assert done.returncode == 2
    assert not (home.path / "outputs").exists()


# What cannot be read


def test_files_that_cannot_be_read_are_named_and_the_rest_is_written(home: Home) -> None:
    (home.music / "Vera" / "Dawn" / "x\x1b.mp3").write_bytes(b"<html></html>")
    done = home.call("extract_metadata", home.music / "Vera")
    assert done.returncode == 1
    assert done.stderr.startswith("Dawn/x\\x1b.mp3: not audio: ")
    faults = [track.get("fault") for track in written(home, "Vera")["tracks"]]
    assert faults == [None, None, "not-audio", None]


@pytest.mark.parametrize(
    ("content", "fault"), [(b"", "empty-file"), (b"no music at all", "not-audio")]
)
def test_a_single_file_that_cannot_be_read_gives_exit_code_1(
    home: Home, content: bytes, fault: str
) -> None:
    (home.music / "a.mp3").write_bytes(content)
    extracted(home, home.music / "a.mp3", code=1)
    (track,) = written(home, "a.mp3")["tracks"]
    assert (track["fault"], track["facts"]) == (fault, None)


def test_a_pipe_is_not_waited_for(home: Home) -> None:
    os.mkfifo(home.music / "a.mp3")
    extracted(home, home.music / "a.mp3", code=1)
    assert written(home, "a.mp3")["tracks"][0]["fault"] == "unreadable-file"


def test_a_folder_that_refuses_is_exit_code_1_and_nothing_is_written(home: Home) -> None:
    (home.music / "Vera" / "Dusk").chmod(0)
    with obeying_permissions():
        done = home.call("extract_metadata", home.music / "Vera")
    (home.music / "Vera" / "Dusk").chmod(0o755)
    assert done.returncode == 1
    assert "Dusk" in done.stderr
    assert not (home.path / "outputs").exists()


def test_what_does_not_exist_is_a_usage_error(home: Home) -> None:
    done = home.call("extract_metadata", home.music / "Nobody")
    assert done.returncode == 2
    assert "Nobody does not exist" in done.stderr


# Names


def test_the_same_path_has_its_files_written_anew(home: Home) -> None:
    extracted(home, home.music / "Vera")
    shelf.put(home.music / "Vera" / "Dawn" / "new.mp3")
    extracted(home, home.music / "Vera")
    extracted(home, home.music / "Vera", "--output-name", "Vera")
    assert outputs(home) == {"Vera_metadata.json", "Vera_metadata.csv"}
    assert len(written(home, "Vera")["tracks"]) == 4


@pytest.mark.parametrize("name", ["Vera", "VERA"])
def test_another_path_of_that_name_gets_a_number_and_keeps_it(home: Home, name: str) -> None:
    extracted(home, home.music / "Vera")
    other = shelf.put(home.music / "elsewhere" / name / "a.mp3").parent
    for _ in range(2):
        extracted(home, other)
    assert written(home, "Vera")["path"] == str(home.music / "Vera")
    assert written(home, f"{name}_2")["path"] == str(other)
    assert len(outputs(home)) == 4


def test_a_given_name_that_another_path_has_is_refused(home: Home) -> None:
    extracted(home, home.music / "Vera")
    before = (home.path / "outputs" / "Vera_metadata.json").read_bytes()
    done = home.call("extract_metadata", home.music / "Vera" / "Dawn", "--output-name", "vera")
    assert done.returncode == 2
    assert "Give another --output-name" in done.stderr
    assert (home.path / "outputs" / "Vera_metadata.json").read_bytes() == before
    assert len(outputs(home)) == 2


@pytest.mark.parametrize("name", ["Vera_metadata.json", "Vera_metadata.csv"])
def test_a_file_that_does_not_say_whose_it_is_stays(home: Home, name: str) -> None:
    stranger = home.path / "outputs" / name
    stranger.parent.mkdir()
    stranger.write_bytes(b"\xff{ mine")
    extracted(home, home.music / "Vera")
    assert stranger.read_bytes() == b"\xff{ mine"
    assert written(home, "Vera_2")["path"] == str(home.music / "Vera")


def test_odd_names_are_made_safe(home: Home) -> None:
    path = shelf.put(home.music / shelf.odd_name(home.music) / "a.mp3").parent
    extracted(home, path)
    extracted(home, path, "--output-name", "../a:b")
    assert path_text.safe_name("../a:b") + "_metadata.json" in outputs(home)
    assert path_text.safe_name(path.name) + "_metadata.csv" in outputs(home)
    assert [entry.name for entry in home.path.iterdir()] == ["outputs"]
