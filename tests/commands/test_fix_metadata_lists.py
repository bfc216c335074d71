"""fix_metadata.py takes a CSV or JSON whole: all of it is checked before anything is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.commands import hands
from tests.commands.conftest import Home
from tests.commands.hands import read, run, state
from tests.music import shelf

DOOR = "fix_metadata"
FIRST, SECOND = "Vera/Dawn/01 Tide 1.mp3", "Vera/Dawn/02 Tide 2.m4a"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return hands.library(tmp_path)


def csv(home: Home, *lines: str, name: str = "fixes.csv") -> Path:
    path = home.music / name
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def fix(home: Home, what: Any) -> Path:
    path = home.music / "fixes.json"
    path.write_text(json.dumps(what, indent=1), encoding="utf-8")
    return path


def refused(home: Home, option: str, path: Path) -> list[str]:
    """Return what is said of a list that is no good."""
    before = state(home.music)
    told = run(home, DOOR, option, path)
    assert (told.code, told.out) == (2, "")
    assert state(home.music) == before
    return told.err.splitlines()


# CSV


def test_a_table_writes_each_row_with_its_line_as_the_reason(home: Home) -> None:
    path = csv(home, "path,title,track,genre", f"{FIRST},Ebb,3/12,", f"{SECOND},,,Shanty")
    told = hands.ok(home, DOOR, "--from-csv", path)
    assert f'{FIRST}: title "Tide 1" -> "Ebb" (by hand: fixes.csv, line 2)\n' in told
    assert "2 files changed." in told
    first, second = read(home.music / FIRST), read(home.music / SECOND)
    assert (first.title, first.track, first.track_total) == (("Ebb",), "3", "12")
    assert first.genres == ("Folk",)
    assert (second.title, second.genres) == (("Tide 2",), ("Shanty",))


def test_a_column_may_stand_several_times_and_a_word_takes_a_field_away(home: Home) -> None:
    path = csv(home, "path,Genre, genre ,genre", f"{FIRST},A;B,,C", f"{SECOND},[remove],,")
    assert run(home, DOOR, "--from-csv", path, answer="n\n").code == 130
    hands.ok(home, DOOR, "--from-csv", path, "--yes")
    assert read(home.music / FIRST).genres == ("A;B", "C")
    assert read(home.music / SECOND).genres == ()


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_what_spreadsheets_write_is_read(home: Home, delimiter: str) -> None:
    path = home.music / "fixes.csv"
    rows = [["path", "title", "comment"], [FIRST, "'=1+1", '"two\nlines"'], ["", "", ""]]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    path.write_text(f"\ufeff{text}", encoding="utf-8", newline="")
    hands.ok(home, DOOR, "--from-csv", path)
    found = read(home.music / FIRST)
    assert (found.title, found.comment) == (("=1+1",), ("two\nlines",))


def test_a_row_may_be_about_a_folder(home: Home) -> None:
    hands.ok(home, DOOR, "--from-csv", csv(home, "genre,path", "Shanty,Vera"))
    assert {read(path).genres for path in home.music.rglob("0*.*")} == {("Shanty",)}


def test_paths_of_our_own_lists_are_understood(home: Home, tmp_path: Path) -> None:
    name = shelf.odd_name(home.music)
    path = shelf.put(home.music / name / "+1" / "a.mp3")
    guarded = shelf.put(home.music / "-Minus-" / "a.mp3")
    home.scan()
    (tmp_path / "lists").mkdir()
    listed = tmp_path / "lists" / "fixes.csv"
    escaped = str(Path(name) / "+1" / "a.mp3").encode("utf-8", "surrogateescape")
    written = escaped.decode("utf-8", "backslashreplace").replace("\\xe", "\\xE")
    listed.write_text(f"path,genre\n{written},Shanty\n'-Minus-/a.mp3,Shanty\n")
    hands.ok(home, DOOR, "--from-csv", listed)
    assert read(path).genres == read(guarded).genres == ("Shanty",)


def test_all_that_is_wrong_with_a_table_is_told_with_its_lines(home: Home) -> None:
    path = csv(
        home,
        *("path,title,track,genre,", f"{FIRST},,,Shanty,", "Vera/Nowhere,,,Shanty,"),
        *(f'{SECOND},"one', 'title",3/x/y,,', "Vera/Dawn,Ebb,,,", f"{FIRST},,,Rock,"),
        *(f"{SECOND},,,,odd", ",Ebb,,,", f"{FIRST},,,[remove],", "Vera/Dusk,,,,"),
    )
    assert refused(home, "--from-csv", path) == [
        f"Invalid list {path}; nothing was changed:",
        '  line 3: No such file or folder: "Vera/Nowhere".',
        '  line 4: Invalid track "3/x/y": write it as 3 or as 3/12.',
        "  line 6: 5 files would get the same title. Add --yes to do it anyway.",
        f"  line 7: {home.music}/{FIRST}: conflicting values of genres (by hand:"
        " fixes.csv, line 2).",
        '  line 8: "odd" is in a column without a name.',
        '  line 9: No such file or folder: "".',
        f"  line 10: {home.music}/{FIRST}: conflicting values of genres (by hand:"
        " fixes.csv, line 2).",
    ]


def test_many_faults_are_counted(home: Home) -> None:
    told = refused(home, "--from-csv", csv(home, "path", *(f"no {n}" for n in range(30))))
    assert len(told) == 22
    assert told[-1] == "  and 10 more"


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "line 1: the first row must name the columns: path, and fields."),
        (b"title\nEbb\n", "line 1: the first row must name the columns"),
        (b"path,path\n", "line 1: the first row must name the columns"),
        (b"path,gender\n", 'line 1: Unknown field "gender".'),
        (b"path,genre,genre\nVera,[remove],Folk\n", "line 2: genre cannot be both removed and set"),
        (
            b"path,track,track_total\nVera/Dawn/01 Tide 1.mp3,1/2,3\n",
            "conflicting values of track_t",
        ),
        (b"path,genre\nVera,\xff\n", "is not UTF-8"),
        (b'path,genre\nVera,"Folk" x\n', "is not valid CSV: line 2: "),
        (b"path,genre\nVera,a\0b\n", "line 2: genres cannot be"),
        (b"path,genre\nVera," + b"x" * 200_000, "is not valid CSV: line 2: field larger than"),
        (b"path,genre\nVe\0ra,a\n", "line 2: No such file or folder"),
        (b"path,genre\n" + b"x" * 5000 + b",a\n", "line 2: No such file or folder"),
    ],
)
def test_a_table_that_is_none_is_refused(home: Home, content: bytes, why: str) -> None:
    path = home.music / "fixes.csv"
    path.write_bytes(content)
    assert why in "\n".join(refused(home, "--from-csv", path))


def test_what_is_no_mbid_is_refused_from_a_list_too(home: Home) -> None:
    table = csv(home, "path,musicbrainz_artistid", f"{FIRST},Vera")
    known = fix(home, [{"path": FIRST, "fields": {"musicbrainz_artistid": ["MBID"]}}])
    for option, path in (("--from-csv", table), ("--from-json", known)):
        assert "Invalid musicbrainz_artistid" in refused(home, option, path)[1]


# JSON


def test_a_json_list_writes_texts_lists_and_numbers_and_takes_away(home: Home) -> None:
    fields = {"title": "Ebb", "track": 3, "genre": ["A", "B; C"], "album": None, "date": []}
    path = fix(home, [{"path": FIRST, "fields": fields}, {"path": SECOND, "fields": {"disc": ""}}])
    assert run(home, DOOR, "--from-json", path, answer="n\n").code == 130
    told = hands.ok(home, DOOR, "--from-json", path, "--yes")
    assert '-> "Ebb" (by hand: fixes.json, line 2, entry 1)\n' in told
    found = read(home.music / FIRST)
    assert (found.title, found.track, found.genres) == (("Ebb",), "3", ("A", "B; C"))
    assert (found.album, found.date) == ((), ())


def test_all_that_is_wrong_with_a_json_list_is_told_with_its_lines(home: Home) -> None:
    good = {"path": FIRST, "fields": {"genre": "Shanty"}}
    path = fix(home, [good, {"path": 3, "fields": {}}, good, {"path": FIRST, "title": "Ebb"}])
    assert refused(home, "--from-json", path) == [
        f"Invalid list {path}; nothing was changed:",
        "  line 8, entry 2: Expected `str`, got `int` - at `$.path`.",
        "  line 18, entry 4: Object contains unknown field `title`.",
    ]
    path = fix(home, [good, {"path": "Vera/Nowhere", "fields": {"gender": "x"}}])
    _, told = refused(home, "--from-json", path)
    assert told.startswith('  line 8, entry 2: Unknown field "gender". Known fields: title, ')


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is not valid JSON: "),
        (
            b'[{"path": "Vera",]',
            "is not valid JSON: Expecting property name enclosed in double quotes",
        ),
        (b'{"path": "Vera"}', "is not a JSON list"),
        (b"[" * 100_000, "is not valid JSON: "),
        (b'[{"path": "Vera", "fields": {"genre": "\\ud800"}}]', "entry 1: genres cannot be"),
        (b'[{"path": "Ve\\u0000ra", "fields": {}}]', "entry 1: No such file or folder"),
        (b'[{"path": "Vera", "fields": {"genre": 1.5}}]', "entry 1: Expected"),
    ],
)
def test_a_json_list_that_is_none_is_refused(home: Home, content: bytes, why: str) -> None:
    path = home.music / "fixes.json"
    path.write_bytes(content)
    assert why in "\n".join(refused(home, "--from-json", path))


def test_an_empty_list_changes_nothing(home: Home) -> None:
    assert hands.ok(home, DOOR, "--from-json", fix(home, [])) == "0 files changed.\n"
    assert hands.ok(home, DOOR, "--from-csv", csv(home, "path,title")) == "0 files changed.\n"
