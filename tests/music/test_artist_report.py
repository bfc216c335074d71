"""The report says what to do first, is short if there are few issues, and escapes names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mediakeep.issue import Severity
from mediakeep.music import diagnose, scan
from mediakeep.music.issue_kinds import ISSUE_KINDS, MusicIssueKind, MusicIssueScope
from mediakeep.music.item import MUSIC
from mediakeep.music.reports import artist_report, issue_groups
from mediakeep.pages import render as pages_render
from mediakeep_samples.music import track_files
from mediakeep_samples.music.track_files import TrackContent
from tests.music import shelf
from tests.sampling import each_row

AUDIT = artist_report.ReportPaths(
    Path(__file__).parents[2], "outputs/Vera Moss_audit.json", "outputs/Vera Moss_audit.csv"
)
GOLDEN = Path(__file__).with_name("golden") / "Vera Moss_library_issues.md"
WHOLE = MusicIssueKind(
    "x-x", Severity.WARNING, MusicIssueScope.ARTIST, lambda _: "A, B", False, "X.", "Choose."
)


def render(artist: Path, kinds: tuple[MusicIssueKind, ...] = ISSUE_KINDS) -> str:
    read = scan.read_artist(artist)
    issues = diagnose.find_issues(read, read.name, kinds)
    return artist_report.render_report(read, issues, AUDIT, kinds=kinds)


def only(*names: str) -> tuple[MusicIssueKind, ...]:
    """Return these rows of the table, so that a test sees nothing else."""
    kinds = tuple(kind for kind in ISSUE_KINDS if kind.name in names)
    assert len(kinds) == len(names)
    return kinds


@pytest.fixture
def artist(tmp_path: Path) -> Path:
    return tmp_path / "Vera Moss"


def damage(artist: Path) -> None:
    """Make a discography as people have it: some albums well, some not, some lost tracks."""
    shelf.put_album(artist / "Dawn (1971)", "Low Tide", "Gulls", suffix="flac")
    shelf.put_album(artist / "Dusk (1973)", "Nine Lanterns", "Quarry Lane", suffix="m4a")
    noon = artist / "Noon [1972]"
    titles = ("Salt", "Rope", "Oars", "Nets", "Keel", "Mast", "Sail", "Helm")
    shelf.put_album(noon, *titles, date=None, genre="Other")
    shelf.put(noon / "03 Oars.mp3", content=TrackContent.NOTHING)
    (noon / "04 Nets.mp3").write_bytes(b"<!DOCTYPE html><html><body>404</body></html>")
    shared = {"album": "Noon [1972]", "date": None, "genre": "Other"}
    shelf.put(noon / "01 Salt.mp3", title="Salt ", tracknumber="1/8", **shared)
    shelf.put(noon / "02 Rope.mp3", title="Rope", tracknumber=None, **shared)
    live = artist / "Live_Takes"
    shelf.put_album(live / "CD 1", *"abcdefghij", suffix="ogg", album="Live", artist=None)
    shelf.put(live / "CD 1" / "10 j.ogg", title="j", album="Live", tracknumber="10/10")
    shelf.put_album(live / "CD 2", "k *demo*", "l", suffix="ogg", album="Live", genre=None)
    for disc in ("CD 1", "CD 2"):
        (live / disc / "cover.jpg").unlink()
    shelf.put(artist / "= Sum.opus", album=None, picture="cover.jpg")


# The whole report


def test_the_report_of_a_mixed_discography_reads_as_it_should(artist: Path) -> None:
    damage(artist)
    assert render(artist) == GOLDEN.read_text(encoding="utf-8")


def test_the_worst_album_comes_first_and_errors_weigh_most(artist: Path) -> None:
    damage(artist)
    kinds = only("empty-file", "not-audio", "missing-artist", "missing-album", "missing-date")
    headings = re.findall(r"^### (.*)$", render(artist, kinds), re.MULTILINE)
    assert headings == [
        "Live_Takes (9 errors)",
        r"Noon \[1972\] (2 errors and 6 warnings)",
        "Loose tracks (1 error)",
    ]


def test_a_healthy_artist_gets_a_short_kind_report(artist: Path) -> None:
    shelf.put_album(artist / "Dawn (1971)", "Low Tide", "Gulls")
    shelf.put_album(artist / "Dusk (1973)", "Nine Lanterns")
    assert render(artist, only("missing-title", "missing-cover")) == (
        "# Vera Moss\n\n"
        "**No issues:** nothing to do.\n\n"
        "3 tracks in 2 albums, 3 s of music (3 MP3).\n\n"
        "<details>\n<summary>Albums</summary>\n\n"
        "Dawn (1971) · Dusk (1973)\n\n</details>\n\n"
        "All tags, technical properties and issues are in outputs/Vera Moss_audit.json, "
        "and as a spreadsheet in outputs/Vera Moss_audit.csv.\n"
    )


def test_a_folder_without_audio_is_reported_so(artist: Path) -> None:
    artist.mkdir()
    assert "**No audio files found in this folder.**" in render(artist)


def test_few_faults_are_reported_once(artist: Path) -> None:
    shelf.put_album(artist / "Dawn", "Low Tide", "Gulls")
    shelf.put_album(artist / "Dusk", "Nine  Lanterns", "Quarry Lane")
    text = render(artist, (*only("whitespace"), WHOLE))
    assert "## By hand\n\n1. **whitespace** (warning): Dusk/01 Nine  Lanterns.mp3 (title" in text
    assert "2. **x-x** (warning): A, B\n   X. Choose.\n\n<details>\n" in text
    assert "<summary>Healthy albums</summary>\n\nDawn\n" in text
    assert "###" not in text
    assert "## Look at these first" not in text


def test_notes_come_last_and_leave_albums_clean(artist: Path) -> None:
    shelf.put_album(artist / "Dawn", "Low Tide", "Gulls", genre=None)
    shelf.put_album(artist / "Dusk", "Nine Lanterns", "Rope", "Keel", genre=None)
    text = render(artist, only("missing-title", "missing-genre"))
    assert "**No issues:** nothing to do. 5 notes at the end.\n" in text
    albums = text.index("<summary>Albums</summary>\n\nDawn · Dusk\n")
    assert albums < text.index("<summary>Notes</summary>")
    assert "- **missing-genre**: 5 tracks in 2 albums: Dusk (3) · Dawn (2)\n  Write one" in text


# What to do first


def put_undated(artist: Path, **albums: int) -> str:
    """Make albums of so many tracks without a date, and return the one step."""
    for name, number in albums.items():
        shelf.put_album(artist / name, *"abcdefgh"[:number], date=None)
    text = render(artist, only("missing-date"))
    match = re.search(r"^1\. \*\*missing-date\*\* \(warning\): (.*)$", text, re.MULTILINE)
    assert match
    return match[1]


@pytest.mark.parametrize(
    ("albums", "text"),
    [
        ({"Dawn": 1}, "Dawn/01 a.mp3"),
        ({"Dawn": 1, "Dusk": 2}, "3 tracks: Dawn/01 a.mp3 · Dusk/01 a.mp3 · Dusk/02 b.mp3"),
        ({"Dawn": 4}, "4 tracks, all in Dawn"),
        ({"Dawn": 1, "Dusk": 3}, "4 tracks in 2 albums: Dusk (3) · Dawn (1)"),
        (
            {"A": 1, "B": 2, "C": 5, "D": 2, "E": 1},
            "11 tracks in 5 albums: C (5) · B (2) · D (2) · and 2 more albums",
        ),
    ],
)
def test_a_step_says_how_often_and_where(artist: Path, albums: dict[str, int], text: str) -> None:
    assert put_undated(artist, **albums) == text


def test_a_step_names_the_albums_that_a_kind_of_album_is_found_in(artist: Path) -> None:
    for name in "ABCDE":
        shelf.put(artist / name / "a.mp3")
    text = render(artist, only("missing-cover"))
    assert "1. **missing-cover** (warning): 5 albums: A · B · C · and 2 more albums\n" in text


def test_kinds_of_the_same_tracks_are_one_step_and_one_line(artist: Path) -> None:
    shelf.put_album(artist / "Dawn", *"abcd", title=None, artist=None, date=None)
    text = render(artist, only("missing-title", "missing-artist", "missing-date"))
    assert "1. **missing-title**, **missing-artist** (error): 4 tracks, all in Dawn\n   The" in text
    assert "2. **missing-date** (warning): 4 tracks, all in Dawn\n" in text
    assert "- **missing-title**, **missing-artist**, **missing-date**: all 4 tracks\n" in text


def test_kinds_of_as_many_but_other_tracks_stay_apart(artist: Path) -> None:
    shelf.put_album(artist / "Dawn", *"abcdefgh", title=None)
    for number in range(1, 9):
        gone = {"title": None} if number < 5 else {"artist": None}
        shelf.put(artist / "Dawn" / f"{number:02} {'abcdefgh'[number - 1]}.mp3", **gone)
    text = render(artist, only("missing-title", "missing-artist"))
    assert "1. **missing-title** (error): 4 tracks, all in Dawn\n" in text
    assert "2. **missing-artist** (error): 4 tracks, all in Dawn\n" in text


def test_lines_that_read_alike_but_mean_other_tracks_stay_apart(artist: Path) -> None:
    shelf.put_album(artist / "Dawn", *"abcdefghijklmno", artist=None, title=None)
    for number, letter in enumerate("abcdefghijklmno", 1):
        kept = {"title": letter} if 7 < number < 12 else {"artist": "Vera"}
        if number > 7:
            gone = {"title": None, "artist": None, **kept}
            shelf.put(artist / "Dawn" / f"{number:02} {letter}.mp3", **gone)
    text = render(artist, only("missing-title", "missing-artist"))
    line = r"^- \*\*missing-\w+\*\*: 11 of 15 tracks: .* 06 f.mp3 · and 5 more$"
    assert len(re.findall(line, text, re.MULTILINE)) == 2


def test_more_than_five_short_steps_are_recognized_by_album_too(artist: Path) -> None:
    fields = ("title", "artist", "albumartist", "tracknumber", "date", "genre")
    for field in fields:
        shelf.put(artist / "Dawn" / f"{field}.mp3", **{field: None})
    names = ("title", "artist", "albumartist", "track-number", "date")
    kinds = only("missing-cover", *(f"missing-{name}" for name in names))
    assert "### Dawn (2 errors and 4 warnings)" in render(artist, kinds)
    assert "### " not in render(artist, kinds[:-1])


def test_damaged_files_come_first_and_steps_are_numbered_through(artist: Path) -> None:
    damage(artist)
    open_part = render(artist).partition("<details>")[0]
    first, hand = open_part.partition("## Look at these first")[2].split("\n## By hand\n")
    assert set(re.findall(r"^\d+\. \*\*([\w-]+)", first, re.MULTILINE)) <= {*MUSIC.damage_kinds}
    assert not set(re.findall(r"\*\*([\w-]+)\*\*", hand)) & {*MUSIC.damage_kinds}
    numbers = re.findall(r"^(\d+)\. ", first + hand, re.MULTILINE)
    assert numbers == [f"{number}" for number in range(1, len(numbers) + 1)]


# Album by album


def test_tracks_of_one_issue_are_listed_briefly(artist: Path) -> None:
    shelf.put_album(artist / "All", "a", "b", "c", date=None)
    shelf.put_album(artist / "Some", *"abcdefghijklmnop")
    for number, letter in enumerate("abcdefghijk", 1):
        name = f"{number:02} {letter}.mp3"
        shelf.put(artist / "Some" / name, album="Some", title=letter, date=None)
    shelf.put_album(artist / "Most", *"abcd", date=None)
    shelf.put(artist / "Most" / "03 c.mp3", title="c")
    shelf.put_album(artist / "Single", "a", date=None)
    shelf.put_album(artist / "Almost", *"abcde", date=None)
    for name in ("03 c", "05 e"):
        shelf.put(artist / "Almost" / f"{name}.mp3", title=name[-1])
    text = render(artist, only("missing-date"))
    assert "- **missing-date**: 3 of 5 tracks, all but 03 c.mp3 · 05 e.mp3\n\n" in text
    assert "### All (3 warnings)\n\n- **missing-date**: all 3 tracks\n\n" in text
    assert "- **missing-date**: 3 of 4 tracks, all but 03 c.mp3\n\n" in text
    assert "### Single (1 warning)\n\n- **missing-date**: 01 a.mp3\n\n" in text
    assert "- **missing-date**: 11 of 16 tracks: 01 a.mp3 · 02 b.mp3 · 03 c.mp3 · 04" in text
    assert " · 06 f.mp3 · and 5 more\n\n" in text


def test_tracks_that_share_a_detail_share_a_line(artist: Path) -> None:
    genres = ("Other", "Misc", "Other", "Folk", "Other", "Folk")
    for number, genre in enumerate(genres, 1):
        shelf.put(artist / "Dawn" / f"t{number}.mp3", genre=genre, title=f"{number}")
    text = render(artist, only("placeholder-genre"))
    assert (
        "- **placeholder-genre**: 4 of 6 tracks\n"
        '  - 3 of 6 tracks (the genre is "Other"): t1.mp3 · t3.mp3 · t5.mp3\n'
        '  - t2.mp3 (the genre is "Misc")\n'
    ) in text


def test_a_cause_that_all_tracks_share_is_reported_once(artist: Path) -> None:
    for name in ("One", "Two ", "Three"):
        shelf.put(artist / "Dawn" / f"{name}.mp3", title=name, artist=" Vera; Moss")
    shelf.put(artist / "Dawn" / "Four.mp3", title="Four ", artist="Vera Moss")
    text = render(artist, only("whitespace"))
    assert (
        "- **whitespace**: all 4 tracks\n"
        '  - 3 of 4 tracks (artist " Vera; Moss": space at the start), all but Four.mp3\n'
        '  - Four.mp3 (title "Four ": space at the end)\n'
        '  - Two .mp3 (title "Two ": space at the end)\n'
    ) in text


@each_row(
    ("detail", "lines"),
    [
        ("", [""]),
        ("one", ["one"]),
        ("one; two", ["one", "two"]),
        ('title "a; b" is; artist "c; d; e" is', ['title "a; b" is', 'artist "c; d; e" is']),
        ('title "12" Mix; Live" is; x', ['title "12" Mix; Live" is; x']),
    ],
)
def test_a_detail_falls_into_its_causes(detail: str, lines: list[str]) -> None:
    assert issue_groups.split_causes(detail) == lines


def test_of_very_many_details_the_first_are_shown(artist: Path) -> None:
    shelf.put_album(artist / "Dawn", *(f"{letter} " for letter in "abcdefghijklmn"))
    text = render(artist, only("whitespace"))
    assert '- **whitespace**: all 14 tracks\n  - 01 a .mp3 (title "a ": space at the end)' in text
    assert '  - 12 l .mp3 (title "l ": space at the end)\n  - and 2 more, see the audit' in text


def test_a_remark_on_a_place_is_in_brackets(artist: Path) -> None:
    shelf.put_album(artist / "Dawn", "One (Live) ")
    shelf.put_album(artist / "Dusk", "Two ")
    text = render(artist, only("whitespace"))
    assert (
        '2 tracks: Dawn/01 One (Live) .mp3: title "One (Live) ": space at the end · '
        'Dusk/01 Two .mp3 (title "Two ": space at the end)\n'
    ) in text


def test_the_folders_of_discs_are_reported_together(artist: Path) -> None:
    for disc, date in (("CD1", None), ("CD2", "1974"), ("CD3", "1974")):
        shelf.put_album(artist / "Dawn" / disc, *"abcd", album="Dawn", date=date)
    assert "- **missing-date**: all 4 tracks in CD1\n" in render(artist, only("missing-date"))
    shelf.put(artist / "Dawn" / "CD2" / "02 b.mp3", title="b", date=None)
    text = render(artist, only("missing-date"))
    assert "- **missing-date**: 5 of 12 tracks: CD1/01 a.mp3 · CD1/02 b.mp3" in text
    assert "CD1/04 d.mp3 · CD2/02 b.mp3\n" in text


def test_files_that_cannot_be_read_are_left_out_of_what_all_share(artist: Path) -> None:
    shelf.put_album(artist / "Dawn", *"abcd", date=None)
    shelf.put(artist / "Dawn" / "02 b.mp3", content=TrackContent.NOTHING)
    for name in "wxyz":
        shelf.put(artist / "Dusk" / f"{name}.mp3", content=TrackContent.NOTHING)
    text = render(artist, only("empty-file", "missing-date"))
    assert "- **empty-file**: 02 b.mp3\n- **missing-date**: all 3 readable tracks\n" in text
    assert "- **empty-file**: all 4 tracks\n" in text


def test_an_issue_of_the_whole_artist_stands_above_the_albums(artist: Path) -> None:
    shelf.put_album(artist / "Dawn", *"abcde", date=None)
    text = render(artist, (*only("missing-date"), WHOLE))
    assert "**6 warnings, in 1 of 1 album.**" in text
    assert "### The artist as a whole (1 warning)\n\n- **x-x**: A, B\n\n### Dawn (5 w" in text


# Names


def test_names_cannot_become_markup(tmp_path: Path) -> None:
    artist = tmp_path / "# <b>Vera | *M*"
    for number in range(4):
        name = f"1. a{number}\nb \x1b[31m <script>.mp3"
        shelf.put(artist / "[x](y) `z`" / name, title=None)
    (artist / "[x](y) `z`" / "cover.jpg").write_bytes(track_files.read_seed_file("cover.jpg"))
    shelf.put(artist / "[x](y) `z`" / "- b.mp3", title="b", picture="cover.jpg")
    shelf.put(artist / "[x](y) `z`" / "- c.mp3", title="c", picture="cover.jpg")
    shelf.put(artist / "[x](y) `z`" / "- d.mp3", title="d", picture="cover.jpg")
    text = render(artist, only("missing-title"))
    assert text.startswith("# \\# \\<b\\>Vera \\| \\*M\\*\n")
    assert r"(error): 4 tracks, all in \[x\](y) \`z\`" + "\n" in text
    assert r"### \[x\](y) \`z\` (4 errors)" in text
    assert r": 4 of 7 tracks: 1\. a0\\nb \\x1b\[31m \<script\>.mp3 · 1\. a1" in text
    assert "\x1b" not in text


def test_a_name_that_is_not_utf_8_is_shown_by_its_bytes(tmp_path: Path) -> None:
    name = shelf.odd_name(tmp_path)
    shelf.put(tmp_path / name / name / f"{name}.mp3", title=None)
    assert render(tmp_path / name).encode("utf-8")


@each_row(("seconds", "text"), [(0, "0 s"), (29, "29 s"), (31, "1 min")])
def test_short_playing_times(seconds: float, text: str) -> None:
    assert pages_render.format_playing_time(seconds) == text


@each_row(("minutes", "text"), [(59, "59 min"), (60, "1 h 0 min"), (61, "1 h 1 min")])
def test_long_playing_times(minutes: int, text: str) -> None:
    assert pages_render.format_playing_time(minutes * 60) == text


@pytest.mark.parametrize(
    ("albums", "commands"),
    [
        (["Dawn"], ["'Vera Moss/Dawn' IMAGE"]),
        (["Dawn", "Dusk"], ["'Vera Moss/Dawn' IMAGE", "'Vera Moss/Dusk' IMAGE"]),
        (["A", "B", "C", "D"], ["'Vera Moss/ALBUM' IMAGE"]),
    ],
)
def test_albums_without_a_cover_get_the_command_that_embeds_one(
    artist: Path, albums: list[str], commands: list[str]
) -> None:
    for album in albums:
        shelf.put_album(artist / album, "Salt", "Rope")
        (artist / album / "cover.jpg").unlink()
    matches = re.findall(
        r"^ +By hand: `.*embed_cover.py (.+)`$",
        render(artist, only("missing-cover")),
        re.MULTILINE,
    )
    assert matches == commands
