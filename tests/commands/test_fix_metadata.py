"""fix_metadata.py writes one field of any files as given, and nothing that could be a slip."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from mediakeep.app.edit.edit_command import EditCommand
from mediakeep.media.audio import tag_edits
from mediakeep_samples.music.track_files import TrackContent
from tests import documents
from tests.commands import hands
from tests.commands.conftest import Home
from tests.commands.hands import read, run, state
from tests.media import mutations_sounds
from tests.music import shelf

DOOR = "fix_metadata"
MBID = "0aaaaaaa-0000-4000-8000-000000000001"
PAGE = Path(__file__).parents[2] / "docs" / "fix-metadata.md"
FIELDS = {
    "title": "  A/B; =C  ",
    "artist": "AC/DC",
    "album": "Ünter",
    "albumartist": "Various; Artists",
    "track": "40",
    "disc": "2",
    "date": "14.3.1974",
    "genre": "R&B/Soul",
    "composer": "Anna Rook",
    "comment": "two\nlines",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return hands.library(tmp_path)


def dawn(home: Home) -> list[Path]:
    return sorted((home.music / "Vera" / "Dawn").iterdir())


def genres(home: Home) -> list[tuple[str, ...]]:
    return [read(path).genres for path in dawn(home)]


# What is written


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_every_field_is_written_just_as_given_and_no_other_changes(home: Home, suffix: str) -> None:
    (path,) = (one for one in dawn(home) if one.suffix == f".{suffix}")
    for name, value in FIELDS.items():
        before = read(path)
        hands.ok(home, DOOR, name, path, value)
        after, field = read(path), "genres" if name == "genre" else name
        assert tag_edits.field_values(after, field) == (value,)
        assert tag_edits.differing_fields(before, after) == [field]
        assert after.pictures == before.pictures


def test_other_fields_of_the_audit_can_be_written_too(home: Home) -> None:
    path = dawn(home)[0]
    for name, value in {"originaldate": "1970", "compilation": "1", "label": "Own"}.items():
        hands.ok(home, DOOR, name, path, value)
    found = read(path)
    assert (found.originaldate, found.compilation, found.label) == (("1970",), True, ("Own",))


def test_a_folder_means_all_audio_files_below_it_that_a_scan_finds(home: Home) -> None:
    album = home.music / "Vera" / "Dawn"
    hidden = shelf.put(album / ".hidden.mp3")
    (album / "notes.txt").write_text("no music")
    told = hands.ok(home, DOOR, "genre", home.music / "Vera", "Shanty")
    assert told.count("genres") == 7
    assert {read(path).genres for path in album.glob("[0-9]*")} == {("Shanty",)}
    assert read(hidden).genres == ("Folk",)


def test_several_paths_are_written_and_each_file_once(home: Home) -> None:
    first, second, *_ = dawn(home)
    words = (first, second, first.parent / ".." / "Dawn", home.music / "Vera" / "Dusk")
    assert "7 files changed." in hands.ok(home, DOOR, "genre", *words, "Shanty")
    twice = (first, first.parent / ".." / "Dawn" / first.name)
    assert "1 file changed." in hands.ok(home, DOOR, "title", *twice, "Ebb")


def test_several_values_are_given_one_by_one(home: Home) -> None:
    hands.ok(home, DOOR, "genre", home.music / "Vera", "Folk; Rock", "--and", "Shanty")
    assert set(genres(home)) == {("Folk; Rock", "Shanty")}


@pytest.mark.parametrize("suffix", shelf.FORMATS)
@pytest.mark.parametrize("name", ["track", "disc"])
def test_a_number_may_tell_its_total(home: Home, suffix: str, name: str) -> None:
    (path,) = (one for one in dawn(home) if one.suffix == f".{suffix}")

    def held() -> tuple[str, str]:
        found = read(path)
        return getattr(found, name), getattr(found, f"{name}_total")

    hands.ok(home, DOOR, name, path, "3/12")
    assert held() == ("3", "12")
    hands.ok(home, DOOR, name, path, "4")
    assert held() == ("4", "12")
    hands.ok(home, DOOR, name, path, "", "--yes")
    assert held() == ("", "")


def test_what_is_there_already_is_not_written_again(home: Home) -> None:
    before = state(home.music)
    told = hands.ok(home, DOOR, "genre", home.music / "Vera", "Folk")
    assert told == "0 files changed; 7 already up to date.\n"
    assert state(home.music) == before
    assert not (home.path / "status" / "undo").exists()


def test_a_dry_run_tells_file_field_old_new_and_reason_and_writes_nothing(home: Home) -> None:
    hands.scanned(home)
    before = state(home.music, home.path)
    told = hands.ok(home, DOOR, "genre", dawn(home)[0], "Shanty", "--dry-run")
    assert told.splitlines() == [
        f'{dawn(home)[0]}: genres "Folk" -> "Shanty" (by hand)',
        "Dry run, nothing written: 1 file would be changed.",
    ]
    assert state(home.music, home.path) == before


@pytest.mark.parametrize("queue", [True, False])
def test_the_last_line_takes_all_of_it_back_byte_for_byte(home: Home, queue: bool) -> None:
    if queue:
        hands.scanned(home)
    before = {path: path.read_bytes() for path in home.music.rglob("*.*")}
    told = hands.ok(home, DOOR, "genre", home.music / "Vera", "Shanty")
    assert {path: path.read_bytes() for path in before} != before
    door, *words = shlex.split(told.splitlines()[-1].partition("python utilities/")[2])
    assert words[:2] == ["--home", str(home.path)]
    assert run(home, door.removesuffix(".py"), *words[2:]).code == 0
    assert {path: path.read_bytes() for path in before} == before


def test_programs_are_told_all_that_the_page_says(home: Home) -> None:
    told = run(home, DOOR, "genre", dawn(home)[0], "Shanty", "--json").data
    assert set(told) == documents.column(PAGE, "## JSON")
    (one,) = told["changed"]
    assert one["path"] == str(dawn(home)[0])
    assert one["changes"] == [
        {"field": "genres", "old": ["Folk"], "new": ["Shanty"], "reason": "by hand"}
    ]
    assert told["take_back"].endswith(f"--session {told['session']}")
    again = run(home, DOOR, "genre", dawn(home)[0], "Shanty", "--json").data
    assert (again["changed"], again["same"]) == ([], 1)
    assert again["session"] == again["take_back"] == ""


# Where paths lie


def test_a_path_is_looked_for_below_the_library_too(home: Home) -> None:
    hands.scanned(home)
    assert "5 files changed." in hands.ok(home, DOOR, "genre", "Vera/Dawn", "Shanty")


def test_a_path_from_here_goes_before_one_below_the_library(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.scanned(home)
    here = shelf.put(tmp_path / "here" / "Vera" / "Dawn" / "a.mp3")
    monkeypatch.chdir(tmp_path / "here")
    told = hands.ok(home, DOOR, "genre", "Vera/Dawn", "Shanty")
    assert told.startswith('Vera/Dawn/a.mp3: genres "Folk" -> "Shanty" (by hand)\n1 file changed.')
    assert read(here).genres == ("Shanty",)


def test_a_tilde_is_a_home_or_a_name(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    hands.scanned(home)
    shelf.put(home.music / "~vera" / "a.mp3")
    monkeypatch.setenv("HOME", str(home.music))
    assert "1 file changed." in hands.ok(home, DOOR, "genre", "~vera", "Shanty")
    assert "5 files changed." in hands.ok(home, DOOR, "genre", "~/Vera/Dawn", "Shanty")


def test_files_outside_the_library_are_written_and_the_queue_is_left_alone(
    home: Home, tmp_path: Path
) -> None:
    hands.scanned(home)
    before = state(home.queue)
    path = shelf.put(tmp_path / "elsewhere" / "a.flac")
    hands.ok(home, DOOR, "genre", path, "Shanty")
    assert read(path).genres == ("Shanty",)
    assert state(home.queue) == before


def test_a_name_that_is_not_utf8_is_written(home: Home) -> None:
    name = shelf.odd_name(home.music)
    path = shelf.put(home.music / name / "Dawn" / "a.mp3")
    done = home.run(DOOR, "genre", path.parent.parent, "Shanty")
    assert done.returncode == 0, done.stderr
    assert read(path).genres == ("Shanty",)


def test_a_link_is_written_through_and_stays_a_link(home: Home, tmp_path: Path) -> None:
    target = shelf.put(tmp_path / "store" / "a.mp3")
    link = home.music / "Vera" / "Dawn" / "09 Link.mp3"
    link.symlink_to(target)
    hands.ok(home, DOOR, "genre", link, target, "Shanty")
    assert link.is_symlink()
    assert read(target).genres == ("Shanty",)


# Slips


@pytest.mark.parametrize("name", ["title", "track"])
def test_one_title_or_number_for_several_files_is_refused(home: Home, name: str) -> None:
    before = state(home.music)
    told = run(home, DOOR, name, home.music / "Vera" / "Dawn", "7")
    assert (told.code, told.err) == (
        *(2, f"5 files would get the same {name}. Add --yes to do it anyway.\n"),
    )
    assert run(home, DOOR, name, *dawn(home), "7", "--dry-run").code == 2
    assert state(home.music) == before
    hands.ok(home, DOOR, name, home.music / "Vera" / "Dawn", "7", "--yes")
    assert {tag_edits.field_values(read(path), name) for path in dawn(home)} == {("7",)}


def test_a_forgotten_value_is_noticed(home: Home) -> None:
    before, (first, second, *_) = state(home.music), dawn(home)
    told = run(home, DOOR, "genre", first, second)
    assert told.code == 2
    assert "Was the value forgotten?" in told.err
    assert state(home.music) == before
    hands.ok(home, DOOR, "genre", first, second, "--yes")
    assert read(first).genres == (str(second),)


def test_the_word_in_capitals_of_a_pasted_command_is_no_value(home: Home) -> None:
    told = run(home, DOOR, "title", dawn(home)[0], "TITLE")
    assert told.code == 2
    assert "the placeholder TITLE" in told.err
    hands.ok(home, DOOR, "title", dawn(home)[0], "TITLE", "--yes")


def test_a_date_needs_a_year(home: Home) -> None:
    before, first = state(home.music), dawn(home)[0]
    told = run(home, DOOR, "date", first, "19x5")
    assert (told.code, state(home.music)) == (2, before)
    assert '"19x5" has no year, as 1995' in told.err
    hands.ok(home, DOOR, "date", first, "19x5", "--yes")
    hands.ok(home, DOOR, "date", first, "1995-03")
    assert read(first).date == ("1995-03",)


@pytest.mark.parametrize("value", ["MBID", "Vera", f"{MBID} ", MBID[:-1]])
def test_what_is_no_mbid_is_never_written_into_a_field_of_mbids(home: Home, value: str) -> None:
    before, first = state(home.music), dawn(home)[0]
    told = run(home, DOOR, "musicbrainz_albumartistid", first, value, "--yes")
    assert told.code == 2
    assert f'Invalid musicbrainz_albumartistid "{value}": it must be an MBID' in told.err
    assert state(home.music) == before
    hands.ok(home, DOOR, "musicbrainz_albumartistid", first, MBID.upper(), "--yes")
    assert read(first).musicbrainz_albumartistid == (MBID.upper(),)
    hands.ok(home, DOOR, "musicbrainz_albumartistid", first, "", "--yes")
    assert read(first).musicbrainz_albumartistid == ()


@pytest.mark.parametrize(("answer", "code"), [("", 130), ("n\n", 130), ("y\n", 0)])
def test_a_field_is_taken_away_only_when_the_person_agrees(
    home: Home, answer: str, code: int
) -> None:
    before = state(home.music)
    told = run(home, DOOR, "genre", home.music / "Vera" / "Dawn", "", answer=answer)
    assert told.code == code
    assert "Warning: genre will be removed from 5 files." in told.err
    assert set(genres(home)) == ({()} if code == 0 else {("Folk",)})
    assert (state(home.music) == before) is (code != 0)


def test_nothing_is_asked_where_nothing_is_lost(home: Home) -> None:
    assert hands.ok(home, DOOR, "composer", home.music / "Vera", "").startswith("0 files changed")


def test_a_value_that_one_file_cannot_hold_stops_all_before_anything_is_written(
    home: Home,
) -> None:
    hands.scanned(home)
    before = state(home.music, home.path)
    told = run(home, DOOR, "track", home.music / "Vera" / "Dawn", "A1", "--yes")
    assert told.code == 2
    assert "02 Tide 2.m4a not changed: a track of A1 cannot be written in it" in told.err
    assert "Nothing was changed." in told.err
    assert state(home.music, home.path) == before


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("gender", "PATH", "Folk"), 'Unknown field "gender". Known fields: title, artist, '),
        (("cover", "PATH", "a.jpg"), 'Unknown field "cover"'),
        (("track", "PATH", "3/"), "write it as 3 or as 3/12"),
        (("track", "PATH", "1/2/3"), "write it as 3 or as 3/12"),
        (("track", "PATH", "3", "--and", "4"), "it takes only one value"),
        (("genre", "PATH", "", "--and", "Folk"), "it contains an empty text"),
        (("genre", "PATH/nowhere", "Folk"), 'No such file or folder: "'),
        (("genre", "", "Folk"), 'No such file or folder: ""'),
        (("genre", "PATH"), "Give FIELD, PATH and VALUE"),
        ((), "Give FIELD, PATH and VALUE"),
        (("genre", "PATH", "Folk", "--accept", "x:1"), "--accept has no effect without"),
        (("genre", "PATH", "Folk", "--artist", "Vera"), "--artist has no effect without"),
        (("genre", "PATH", "--from-csv", "a.csv"), "genre has no effect with --from-csv"),
        (
            ("--from-csv", "a.csv", "--from-json", "a.json"),
            "Give one of --from-csv and --from-json",
        ),
        (("--from-csv", "a.csv", "--and", "Folk"), "--and has no effect with --from-csv"),
        (("--from-csv", "a.csv"), "a.csv: No such file or directory"),
        (("--from-review", "a.json"), "Give --accept ID..., or --accept-kind KIND"),
        (("--from-review", "a.json", "x:1"), "Give --accept ID..., or --accept-kind KIND"),
    ],
)
def test_what_makes_no_sense_is_refused(home: Home, words: tuple[str, ...], why: str) -> None:
    before = state(home.music)
    given = [word.replace("PATH", str(home.music / "Vera")) for word in words]
    told = run(home, DOOR, *given)
    assert told.code == 2
    assert why in told.err
    assert state(home.music) == before


def test_a_folder_without_music_is_refused(home: Home) -> None:
    (home.music / "Empty").mkdir()
    told = run(home, DOOR, "genre", home.music / "Empty", "Folk")
    assert (told.code, told.err) == (2, f"{home.music}/Empty holds no audio files.\n")


# What is left alone


@pytest.mark.real_disk
def test_files_that_cannot_be_written_are_named_and_the_others_go_on(home: Home) -> None:
    album = home.music / "Vera" / "Dawn"
    (album / "06 Text.mp3").write_text("this is no music at all")
    (album / "07 Gone.mp3").symlink_to(album / "nowhere.mp3")
    shelf.put(album / "08 Cut.flac", content=TrackContent.CUT)
    (album / "09 Twice.mp3").hardlink_to(album / "01 Tide 1.mp3")
    told = run(home, DOOR, "genre", album, "Shanty", "--json")
    assert told.code == 1
    reasons = {Path(path).name[:2]: why for path, why in told.data["failed"].items()}
    assert sorted(reasons) == ["01", "06", "07", "08", "09"]
    assert "is not audio: it seems to be text" in reasons["06"]
    assert "a broken link" in reasons["07"]
    assert "its audio is truncated" in reasons["08"]
    assert "it has 2 names (hard links)" in reasons["09"]
    assert all(why in told.err for why in reasons.values())
    assert [Path(one["path"]).name[:2] for one in told.data["changed"]] == ["02", "03", "04", "05"]


def test_a_format_that_is_only_read_is_named_with_the_reason(home: Home) -> None:
    path = home.music / "Vera" / "Dawn" / "06 Speech.spx"
    path.write_bytes(mutations_sounds.whole("speex.ogg"))
    told = run(home, DOOR, "genre", path, "Shanty")
    assert told.code == 1
    assert told.err == f"{path} cannot be written by mediakeep: tags of Speex are only read.\n"


@pytest.mark.parametrize("lock", ["file", "setting"])
def test_what_is_locked_is_named_and_left_alone(home: Home, lock: str) -> None:
    album, words = home.music / "Vera" / "Dawn", list[str]()
    if lock == "file":
        (album / ".mediakeep-lock").write_text("genre\n")
    else:
        words = ["--locked-fields", "genre"]
    before = state(album)
    told = run(home, DOOR, "genre", album, "Shanty", *words)
    assert told.code == 1
    assert told.out == "0 files changed; 5 failed.\n"
    assert told.err.count("lock") >= 5
    assert state(album) == before


@pytest.mark.real_disk
@pytest.mark.parametrize("links", ["follow", "read", "refuse"])
def test_nothing_is_written_through_a_link_that_is_new_or_may_only_be_read(
    home: Home, monkeypatch: pytest.MonkeyPatch, links: str
) -> None:
    album, elsewhere = home.music / "Vera" / "Dawn", home.music.parent / "disk2"

    def move(*_: object) -> bool:
        album.rename(elsewhere)
        album.symlink_to(elsewhere)
        return False

    first, before = dawn(home)[0], state(album)
    if links == "follow":
        monkeypatch.setattr(EditCommand, "_print_warnings", move)
    else:
        move()
    told = run(home, DOOR, "genre", first, "Shanty", "--links", links)
    assert told.code == 1
    assert state(album) == before
    reason = (
        "since it was read, a link was put in its path"
        if links == "follow"
        else f"a link leads to it in {elsewhere}, and the setting links is {links}"
    )
    assert reason in told.err


@pytest.mark.real_disk
def test_hard_links_are_broken_where_that_is_wanted(home: Home) -> None:
    first = dawn(home)[0]
    other = first.with_name("other.mp3")
    other.hardlink_to(first)
    hands.ok(home, DOOR, "genre", first, "Shanty", "--hardlinks", "break", "--keep-mtime")
    assert (read(first).genres, read(other).genres) == (("Shanty",), ("Folk",))
    assert first.stat().st_mtime_ns == other.stat().st_mtime_ns
