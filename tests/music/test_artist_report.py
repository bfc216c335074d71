"""The report tells a person what to do first, and shows every name as it is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mediakeep.issue import Severity
from mediakeep.music import diagnose, report, scan
from mediakeep.music.diagnose import KINDS, Kind, Scope
from mediakeep.rehearsal import tracks
from mediakeep.rehearsal.tracks import Content
from tests.music import shelf

AUDIT = ("outputs/Vera Moss_audit.json", "outputs/Vera Moss_audit.csv")
GOLDEN = Path(__file__).with_name("golden") / "Vera Moss_library_issues.md"


def render(artist: Path, kinds: tuple[Kind, ...] = KINDS) -> str:
    read = scan.artist(artist)
    return report.render(read, diagnose.issues(read, read.name, kinds), AUDIT, kinds)


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    return tmp_path / "Vera Moss"


def spoil(artist: Path) -> None:
    """Make a discography as people have it: some albums well, some not, some lost tracks."""
    shelf.put_album(artist / "Dawn (1971)", "Low Tide", "Gulls", suffix="flac")
    shelf.put_album(artist / "Dusk (1973)", "Nine Lanterns", "Quarry Lane", suffix="m4a")
    titles = ("Salt", "Rope", "Oars", "Nets", "Keel", "Mast", "Sail", "Helm")
    shelf.put_album(artist / "Noon [1972]", *titles, date=None, genre="Other")
    shelf.put(artist / "Noon [1972]" / "03 Oars.mp3", content=Content.NOTHING)
    page = artist / "Noon [1972]" / "04 Nets.mp3"
    page.write_bytes(b"<!DOCTYPE html><html><body>404</body></html>")
    noon = {"album": "Noon [1972]", "date": None, "genre": "Other"}
    shelf.put(artist / "Noon [1972]" / "01 Salt.mp3", title="Salt ", tracknumber="1/8", **noon)
    shelf.put(artist / "Noon [1972]" / "02 Rope.mp3", title="Rope", tracknumber=None, **noon)
    for number in range(1, 10):
        name = f"{number} *demo*.ogg"
        shelf.put(artist / "Live_Takes" / "CD 1" / name, title=f"T{number}", artist=None)
    shelf.put(artist / "Live_Takes" / "CD 1" / "10 last.ogg")
    shelf.put(artist / "= Sum.opus", album=None, picture="cover.jpg")


def test_the_report_of_a_mixed_discography_reads_as_it_should(artist: Path) -> None:
    spoil(artist)
    assert render(artist) == GOLDEN.read_text(encoding="utf-8")


def test_the_worst_album_comes_first_and_errors_weigh_most(artist: Path) -> None:
    spoil(artist)
    headings = re.findall(r"^### (.*)$", render(artist), re.MULTILINE)
    assert headings == [
        "Live_Takes/CD 1 (9 errors and 1 warning)",
        r"Noon \[1972\] (2 errors and 14 warnings)",
        "Tracks outside any album folder (1 error)",
    ]


def test_a_healthy_artist_gets_a_short_kind_report(artist: Path) -> None:
    shelf.put_album(artist / "Dawn (1971)", "Low Tide", "Gulls")
    shelf.put_album(artist / "Dusk (1973)", "Nine Lanterns")
    assert render(artist) == (
        "# Vera Moss\n\n"
        "**All is well.** 3 tracks in 2 albums, nothing to do.\n\n"
        "The folder holds 3 tracks, 3 s of music (3 MP3).\n\n"
        "## Albums\n\n"
        "Dawn (1971) · Dusk (1973)\n\n"
        "Every tag, technical fact and issue is in outputs/Vera Moss_audit.json, "
        "and for a spreadsheet in outputs/Vera Moss_audit.csv.\n"
    )


def test_a_folder_without_audio_is_told_so(artist: Path) -> None:
    artist.mkdir()
    assert "**No audio file was found in this folder.**" in render(artist)


def test_names_cannot_become_markup(tmp_path: Path) -> None:
    artist = tmp_path / "# <b>Vera | *M*"
    shelf.put(artist / "[x](y) `z`" / "1. a\nb \x1b[31m <script>.mp3", title=None)
    (artist / "[x](y) `z`" / "cover.jpg").write_bytes(tracks.seed("cover.jpg"))
    text = render(artist)
    assert text.startswith("# \\# \\<b\\>Vera \\| \\*M\\*\n")
    assert r"### \[x\](y) \`z\` (1 error)" in text
    assert r"- **missing-title**: 1\. a\\nb \\x1b\[31m \<script\>.mp3" + "\n" in text
    assert "\x1b" not in text


def test_a_name_that_is_not_utf_8_is_shown_by_its_bytes(tmp_path: Path) -> None:
    name = shelf.odd_name(tmp_path)
    shelf.put(tmp_path / name / name / f"{name}.mp3", title=None)
    assert render(tmp_path / name).encode("utf-8")


def test_tracks_of_one_issue_are_told_as_shortly_as_can_be(artist: Path) -> None:
    shelf.put_album(artist / "All", "a", "b", "c", date=None)
    shelf.put_album(artist / "Some", *"abcdefghijklmnop")
    for number, letter in enumerate("abcdefghijk", 1):
        name = f"{number:02} {letter}.mp3"
        shelf.put(artist / "Some" / name, album="Some", title=letter, date=None)
    shelf.put_album(artist / "Most", *"abcd", date=None)
    shelf.put(artist / "Most" / "03 c.mp3", title="c")
    shelf.put_album(artist / "Single", "a", date=None)
    shelf.put_album(artist / "Varied", " a", "b ", "c")
    text = render(artist)
    assert "- **missing-date**: all 3 tracks\n\n" in text
    assert "- **missing-date**: 3 of 4 tracks, all but 03 c.mp3\n\n" in text
    assert "- **missing-date**: 01 a.mp3\n\n" in text
    assert "- **missing-date**: 11 of 16 tracks\n  - 01 a.mp3\n" in text
    assert "  - 06 f.mp3\n  - and 5 more\n\n" in text
    assert '- **whitespace**: 2 of 3 tracks\n  - 01  a.mp3 (title " a": space at the start)' in text


def test_an_issue_of_the_whole_artist_stands_above_the_albums(artist: Path) -> None:
    row = Kind("x-x", Severity.NOTE, Scope.ARTIST, lambda _: "two names", False, "X.", "Choose.")
    shelf.put(artist / "Dawn" / "a.mp3", picture="cover.jpg")
    text = render(artist, (*KINDS, row))
    assert "**1 note.** First of all, see to **x-x** in The artist as a whole: choose." in text
    assert "### The artist as a whole (1 note)\n\n- **x-x** (two names)\n" in text
    assert "## Healthy albums\n\nDawn\n" in text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (29, "29 s"), (31, "1 min")])
def test_short_playing_times(seconds: float, text: str) -> None:
    assert report.playing_time(seconds) == text


@pytest.mark.parametrize(
    ("minutes", "text"), [(59, "59 min"), (60, "1 h 0 min"), (61, "1 h 1 min")]
)
def test_long_playing_times(minutes: int, text: str) -> None:
    assert report.playing_time(minutes * 60) == text
