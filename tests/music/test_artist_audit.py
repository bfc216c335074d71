"""The audit files carry everything, to programs as JSON and to spreadsheets as harmless CSV."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from mediakeep.errors import NewerFormat, Unreadable
from mediakeep.media.tags import Facts, Tags
from mediakeep.music import audit, diagnose, scan
from mediakeep.rehearsal import tracks
from mediakeep.rehearsal.tracks import Content
from tests.music import shelf

REPORT = "issues/music/Vera_library_issues.md"
PAGE = Path(__file__).parents[2] / "docs" / "audit-files.md"


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    return tmp_path / "Vera"


def written(artist: Path) -> dict[str, object]:
    read = scan.artist(artist)
    content = audit.to_json(read, diagnose.issues(read, "Vera"), "Vera", REPORT)
    return dict(json.loads(content))


def rows(artist: Path) -> list[dict[str, str]]:
    read = scan.artist(artist)
    content = audit.to_csv(read, diagnose.issues(read, "Vera"))
    return list(csv.DictReader(content.decode().splitlines(keepends=True)))


def test_the_json_holds_tracks_with_tags_facts_and_issues(artist: Path) -> None:
    path = shelf.put(artist / "Dawn" / "a.flac", title=None, picture="cover.jpg")
    (artist / "Dawn" / "b.mp3").write_bytes(b"")
    found = written(artist)
    assert {key: found[key] for key in ("format", "artist", "key", "path", "report")} == {
        "format": 1,
        "artist": "Vera",
        "key": "Vera",
        "path": str(artist),
        "report": REPORT,
    }
    assert found["counts"] == {
        "albums": 1,
        "tracks": 2,
        "issues": 2,
        "errors": 2,
        "warnings": 0,
        "notes": 0,
    }
    assert found["albums"] == [{"path": "Dawn", "tracks": 2, "images": []}]
    first, second = found["issues"]
    assert first == {
        "kind": "missing-title",
        "severity": "error",
        "id": first["id"],
        "album": "Dawn",
        "path": "Dawn/a.flac",
        "detail": "",
    }
    assert found["tracks"] == [
        {
            "path": "Dawn/a.flac",
            "album": "Dawn",
            "tags": {
                "artist": ["Velvet Harbour"],
                "album": ["Moorings"],
                "albumartist": ["Velvet Harbour"],
                "track": "1",
                "track_total": "9",
                "date": ["1974"],
                "genres": ["Folk"],
                "pictures": [
                    {"type": 3, "mime": "image/jpeg", "size": len(tracks.seed("cover.jpg"))}
                ],
            },
            "facts": {
                "format": "FLAC",
                "codec": "",
                "duration": 1.0,
                "bitrate": found["tracks"][0]["facts"]["bitrate"],
                "sample_rate": 8000,
                "channels": 1,
                "bits": 16,
                "size": path.stat().st_size,
            },
            "issues": [first["id"]],
        },
        {
            "path": "Dawn/b.mp3",
            "album": "Dawn",
            "tags": {},
            "facts": None,
            "issues": [second["id"]],
        },
    ]


def test_the_csv_has_a_row_for_each_track(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.flac", title=None, date=None, picture="cover.jpg")
    shelf.put(artist / "Dawn" / "b.mp3", content=Content.TEXT)
    first, second = rows(artist)
    assert first["path"] == "Dawn/a.flac"
    assert (first["album_folder"], first["album"], first["title"]) == ("Dawn", "Moorings", "")
    assert (first["track"], first["track_total"], first["format"]) == ("1", "9", "FLAC")
    assert first["pictures"] == f"type 3, {len(tracks.seed('cover.jpg'))} bytes"
    assert first["issues"] == "missing-title; missing-date"
    assert (second["path"], second["artist"], second["issues"]) == ("Dawn/b.mp3", "", "not-audio")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_the_csv_can_be_a_formula(artist: Path, start: str) -> None:
    text = f"{start}cmd|' /C calc'!A0, \"x\"\nEnd"
    shelf.put(artist / "=Album" / "-rf x.flac", title=text, genre=text)
    (row,) = rows(artist)
    assert row["path"] == "=Album/-rf x.flac".replace("=", "'=", 1)
    assert row["title"] == f"'{text}"
    assert row["genres"] == f"'{text}"
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


def test_every_name_survives_the_way_through_both_files(tmp_path: Path) -> None:
    artist = tmp_path / shelf.odd_name(tmp_path)
    odd = ("a,b", 'a"b', "a;b", "a\nb", "a\\b", "é\u0301", artist.name)
    for name in odd:
        shelf.put(artist / name / f"{name}.flac", title="a\0b")
    read = scan.artist(artist)
    places = [track.place for track in read.tracks]
    assert [track["path"] for track in written(artist)["tracks"]] == places
    assert [row["path"] for row in rows(artist)] == places
    assert len(places) == len(odd)


def test_what_needs_a_decision_is_read_back_from_the_json(tmp_path: Path, artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.mp3", title="Low  Tide")
    read = scan.artist(artist)
    issues = diagnose.issues(read, "Vera")
    note = issues[0].__class__(kind="x", severity="note", id="0")  # type: ignore[arg-type]
    path = tmp_path / "Vera_audit.json"
    path.write_bytes(audit.to_json(read, [*issues, note], "Vera", REPORT))
    cover, whitespace = audit.reviews(path)
    assert (cover["kind"], cover["album"], cover["path"]) == ("missing-cover", "Dawn", "")
    assert whitespace == {
        "id": issues[1].id,
        "artist": "Vera",
        "album": "Dawn",
        "path": "Dawn/a.mp3",
        "kind": "whitespace",
        "severity": "warning",
        "detail": 'title "Low  Tide": two spaces in a row',
        "report": REPORT,
    }


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1}', b"\xff\xfe"])
def test_a_damaged_audit_is_named_with_its_cure(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "Vera_audit.json"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=r"Vera_audit.json: .* reset the artist"):
        audit.reviews(path)
    with pytest.raises(Unreadable, match="reset the artist"):
        audit.reviews(tmp_path / "gone.json")


def test_an_audit_of_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Vera_audit.json"
    path.write_bytes(b'{"format": 2, "artist": "", "report": "", "issues": []}')
    with pytest.raises(NewerFormat):
        audit.reviews(path)


def test_the_page_describes_every_tag_fact_and_column() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name in (*Tags.__struct_fields__, *Facts.__struct_fields__, *audit.COLUMNS):
        assert f"`{name}`" in page
    assert ",".join(audit.COLUMNS) in page
