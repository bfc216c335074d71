"""The audit files contain everything, as JSON and as CSV that is safe for spreadsheets."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import msgspec
import pytest

from mediakeep.errors import NewerFormat, Unreadable
from mediakeep.media.audio.tags import AudioProperties, EmbeddedPicture, Tags
from mediakeep.music import diagnose, scan
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import apply
from mediakeep.music.reports import audit_files, fix_commands, tracks_csv
from mediakeep_samples.music import track_files
from mediakeep_samples.music.track_files import TrackContent
from tests import documents
from tests.music import shelf
from tests.sampling import each_row

REPORT = "issues/music/Vera_library_issues.md"
HOME = Path("/home/vera")
FIX = f"python utilities/fix_metadata.py --home {HOME}"
PAGE = Path(__file__).parents[2] / "docs" / "audit-files.md"


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    return tmp_path / "Vera"


def write_audit(artist: Path) -> dict[str, object]:
    read = scan.read_artist(artist)
    content = audit_files.to_json(read, diagnose.find_issues(read, "Vera"), "Vera", REPORT)
    return dict(json.loads(content))


def rows(artist: Path) -> list[dict[str, str]]:
    read = scan.read_artist(artist)
    content = audit_files.to_csv(read, diagnose.find_issues(read, "Vera"))
    return list(csv.DictReader(content.decode().splitlines(keepends=True)))


def test_the_json_holds_the_artist_with_counts_albums_and_issues(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.flac", title=None, picture="cover.jpg")
    (artist / "Dawn" / "b.mp3").write_bytes(b"")
    cover = track_files.read_seed_file("cover.png")
    (artist / "Dawn" / "folder.png").write_bytes(cover)
    written_ = write_audit(artist)
    assert {key: written_[key] for key in ("format", "artist", "key", "path", "report")} == {
        "format": 2,
        "artist": "Vera",
        "key": "Vera",
        "path": str(artist),
        "report": REPORT,
    }
    counts = {"albums": 1, "tracks": 2, "issues": 2, "errors": 2, "warnings": 0, "notes": 0}
    assert written_["counts"] == counts
    image = {"path": "Dawn/folder.png", "size": len(cover), "mime": "image/png"}
    (album,) = written_["albums"]
    assert album == {
        "path": "Dawn",
        "tracks": 2,
        "images": [{**image, "width": 300, "height": 300}],
    }
    first, second = written_["issues"]
    assert first == {
        "kind": "missing-title",
        "severity": "error",
        "id": first["id"],
        "album": "Dawn",
        "path": "Dawn/a.flac",
        "detail": "",
        "proposal": "",
        "held": "",
    }
    assert [track["issues"] for track in written_["tracks"]] == [[first["id"]], [second["id"]]]


def test_the_json_holds_each_track_with_its_tags_and_facts(artist: Path) -> None:
    path = shelf.put(artist / "Dawn" / "a.flac", picture="cover.jpg")
    (track,) = write_audit(artist)["tracks"]
    cover = {"type": 3, "mime": "image/jpeg", "size": len(track_files.read_seed_file("cover.jpg"))}
    assert track["tags"] == {
        "title": ["Low Tide"],
        "artist": ["Velvet Harbour"],
        "album": ["Moorings"],
        "albumartist": ["Velvet Harbour"],
        "track": "1",
        "track_total": "9",
        "date": ["1974"],
        "genres": ["Folk"],
        "pictures": [{**cover, "seen": "image/jpeg", "width": 300, "height": 300}],
    }
    facts = track["facts"]
    assert 0 < facts.pop("payload") < path.stat().st_size
    assert facts == {
        "format": "FLAC",
        "codec": "",
        "lossless": True,
        "duration": 1.0,
        "bitrate": facts["bitrate"],
        "sample_rate": 8000,
        "channels": 1,
        "bits": 16,
        "size": path.stat().st_size,
        "truncated": "",
        "protected": "",
    }
    assert (track["path"], track["album"], track["issues"]) == ("Dawn/a.flac", "Dawn", [])


def test_the_json_holds_what_the_file_itself_says(artist: Path) -> None:
    path = shelf.put(artist / "Dawn" / "a.mp3", picture="cover.jpg")
    old = b"TAG" + b"Low Tide".ljust(30, b"\0") + bytes(94) + b"\xff"
    path.write_bytes(path.read_bytes() + old)
    (track,) = write_audit(artist)["tracks"]
    assert track["container"] == "ID3v2.4"
    assert [(other["name"], other["tags"]["title"]) for other in track["others"]] == [
        ("ID3v1", ["Low Tide"])
    ]
    assert track["raw"]["TIT2"] == ["Low Tide"]
    assert track["raw"]["TRCK"] == ["1/9"]


@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [("a.mp3", b"", "empty-file"), ("a.flac", b"<html></html>", "not-audio")],
)
def test_a_file_that_gives_no_tags_says_why(
    artist: Path, name: str, content: bytes, fault: str
) -> None:
    artist.mkdir()
    (artist / name).write_bytes(content)
    (track,) = write_audit(artist)["tracks"]
    assert (track["tags"], track["facts"], track["fault"]) == ({}, None, fault)
    assert ("reason" in track) == bool(content)
    (row,) = rows(artist)
    assert (row["fault"], row["reason"]) == (fault, track.get("reason", ""))


def test_what_a_deep_scan_found_is_there_and_nowhere_else(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.mp3")
    read = scan.read_artist(artist)
    found = {"essence": "mp3:0123", "damage": "3 frames", "change": "other audio"}
    deep = build_artist(read, **found)
    (track,) = json.loads(audit_files.to_json(deep, [], "Vera", REPORT))["tracks"]
    assert {name: track[name] for name in found} == found
    (row,) = csv.DictReader(audit_files.to_csv(deep, []).decode().splitlines())
    assert {name: row[name] for name in found} == found
    (track,) = json.loads(audit_files.to_json(read, [], "Vera", REPORT))["tracks"]
    assert not found.keys() & track.keys()


def build_artist(artist: Artist, **fields: str) -> Artist:
    """Return an artist of one track, with other fields in it."""
    (album,) = artist.albums
    track = msgspec.structs.replace(album.tracks[0], **fields)
    return msgspec.structs.replace(
        artist, albums=(msgspec.structs.replace(album, tracks=(track,)),)
    )


def test_the_csv_has_a_row_for_each_track(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.flac", title=None, date=None, picture="cover.jpg")
    shelf.put(artist / "Dawn" / "b.mp3", content=TrackContent.TEXT)
    first, second = rows(artist)
    assert first["path"] == "Dawn/a.flac"
    assert (first["album_folder"], first["album"], first["title"]) == ("Dawn", "Moorings", "")
    assert (first["track"], first["track_total"], first["format"]) == ("1", "9", "FLAC")
    assert (first["lossless"], first["compilation"], first["truncated"]) == ("yes", "", "")
    size = len(track_files.read_seed_file("cover.jpg"))
    assert first["pictures"] == f"type 3, image/jpeg 300x300, {size} bytes"
    assert first["issues"] == "missing-title; missing-date"
    assert (second["path"], second["artist"], second["issues"]) == ("Dawn/b.mp3", "", "not-audio")


def test_every_tag_and_fact_has_a_column() -> None:
    assert len(set(audit_files.CSV_COLUMNS)) == len(audit_files.CSV_COLUMNS)
    facts = {*AudioProperties.__struct_fields__} - {"audio_complete"}
    assert {*Tags.__struct_fields__, *facts} <= set(audit_files.CSV_COLUMNS)
    assert (*tracks_csv.TRACK_COLUMNS, "issues") == audit_files.CSV_COLUMNS


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
    read = scan.read_artist(artist)
    places = [track.place for track in read.tracks]
    assert [track["path"] for track in write_audit(artist)["tracks"]] == places
    assert [row["path"] for row in rows(artist)] == places
    assert len(places) == len(odd)


def test_what_needs_a_decision_is_read_back_from_the_json(tmp_path: Path, artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.mp3", title="Low  Tide")
    read = scan.read_artist(artist)
    issues = apply.annotate_issues(read, diagnose.find_issues(read, "Vera"), apply.RepairResult())
    note = issues[0].__class__(kind="x", severity="note", id="0")  # type: ignore[arg-type]
    path = tmp_path / "Vera_audit.json"
    path.write_bytes(audit_files.to_json(read, [*issues, note], "Vera", REPORT))
    cover, whitespace = audit_files.read_reviews(path, HOME)
    assert (cover["kind"], cover["album"], cover["path"]) == ("missing-cover", "Dawn", "")
    assert cover["command"] == "python utilities/embed_cover.py --home /home/vera Vera/Dawn IMAGE"
    assert whitespace == {
        "id": issues[1].id,
        "artist": "Vera",
        "album": "Dawn",
        "path": "Dawn/a.mp3",
        "kind": "whitespace",
        "severity": "warning",
        "detail": 'title "Low  Tide": two spaces in a row',
        "proposal": 'title "Low Tide"',
        "held": "",
        "command": f"{FIX} --from-review {fix_commands.REVIEW_FILE} --accept {issues[1].id}",
        "report": REPORT,
    }


@each_row("content", [b"", b"{", b"[]", b'{"format": 1}', b"\xff\xfe"])
def test_a_damaged_audit_is_named_with_its_cure(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "Vera_audit.json"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=r"Vera_audit.json: .* reset the artist"):
        audit_files.read_reviews(path, HOME)
    with pytest.raises(Unreadable, match="reset the artist"):
        audit_files.read_reviews(tmp_path / "gone.json", HOME)


def test_an_audit_of_the_first_format_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "Vera_audit.json"
    issue = {"kind": "missing-cover", "severity": "warning", "id": "1", "album": "Dawn"}
    old = {"format": 1, "artist": "Vera", "report": REPORT, "issues": [issue]}
    path.write_text(json.dumps({**old, "albums": [{"path": "Dawn", "images": ["a.jpg"]}]}))
    assert [entry["kind"] for entry in audit_files.read_reviews(path, HOME)] == ["missing-cover"]


def test_an_audit_of_a_later_format_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Vera_audit.json"
    path.write_bytes(b'{"format": 3, "artist": "", "report": "", "issues": []}')
    with pytest.raises(NewerFormat):
        audit_files.read_reviews(path, HOME)
    with pytest.raises(NewerFormat):
        audit_files.read_issues(path)


def test_issues_are_read_back_errors_first_in_the_order_of_the_table(tmp_path: Path) -> None:
    path = tmp_path / "Vera_audit.json"
    kinds = {
        "genre-mixed": "note",
        "missing-date": "warning",
        "of-an-older-table": "error",
        "missing-title": "error",
        "empty-file": "error",
    }
    issues = [{"kind": kind, "severity": how, "id": kind} for kind, how in kinds.items()]
    old = {"format": 2, "artist": "Vera", "report": REPORT, "issues": issues}
    path.write_text(json.dumps(old))
    assert [issue.kind for issue in audit_files.read_issues(path)] == [
        *("empty-file", "missing-title", "of-an-older-table"),
        *("missing-date", "genre-mixed"),
    ]


def test_the_page_describes_every_field_and_column(artist: Path) -> None:
    page = PAGE.read_text(encoding="utf-8")
    fields = (
        *Tags.__struct_fields__,
        *AudioProperties.__struct_fields__,
        *EmbeddedPicture.__struct_fields__,
    )
    for name in (*fields, *audit_files.CSV_COLUMNS):
        assert f"`{name}`" in page
    assert f"\n    {','.join(audit_files.CSV_COLUMNS)}\n" in page


def test_the_page_describes_the_json_field_by_field(artist: Path) -> None:
    shelf.put(artist / "Dawn" / "a.mp3")
    (artist / "Dawn" / "cover.png").write_bytes(track_files.read_seed_file("cover.png"))
    written_ = write_audit(artist)
    assert documents.column(PAGE, "## The audit as JSON") == set(written_) | {"musicbrainz"}
    assert documents.column(PAGE, "### An album") == set(written_["albums"][0]) | {"beside"}
    of_some = {"fault", "reason", "essence", "damage", "change"}
    assert documents.column(PAGE, "### A track") == set(written_["tracks"][0]) | of_some
    assert of_some <= set(Track.__struct_fields__)
    assert documents.column(PAGE, "### Tags") == set(Tags.__struct_fields__)
    assert documents.column(PAGE, "### Facts") == set(AudioProperties.__struct_fields__)
