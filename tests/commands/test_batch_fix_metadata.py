"""batch_fix_metadata.py writes one field over many albums, and only where that is wanted."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.commands import hands
from tests.commands.conftest import Home, environment
from tests.commands.hands import read, run, state
from tests.music import shelf

DOOR = "batch_fix_metadata"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Vera with two albums, and Anna with one, of which a track has no genre."""
    home = hands.library(tmp_path)
    shelf.put_album(home.music / "Anna" / "Noon", "Ebb", "Flow", artist="Anna", genre="Rock")
    shelf.put(home.music / "Anna" / "Noon" / "03 Slack.opus", artist="Anna", genre=None)
    return home


def genres(folder: Path) -> list[tuple[str, ...]]:
    return [read(path).genres for path in sorted(folder.rglob("[0-9]*.*"))]


# Which albums


def test_all_albums_that_are_named_are_written(home: Home) -> None:
    albums = (home.music / "Vera" / "Dusk", home.music / "Anna" / "Noon")
    told = hands.ok(home, DOOR, "genre", "Shanty", *albums)
    assert "5 files changed." in told
    assert set(genres(home.music / "Vera" / "Dawn")) == {("Folk",)}
    assert {genre for album in albums for genre in genres(album)} == {("Shanty",)}


def test_an_artist_of_the_queue_means_all_of_its_albums(home: Home) -> None:
    home.scan()
    assert "7 files changed." in hands.ok(home, DOOR, "genre", "Shanty", "--artist", "vera")
    assert set(genres(home.music / "Vera")) == {("Shanty",)}


@pytest.mark.real_disk
@pytest.mark.parametrize(
    "words", [(DOOR, "genre", "Shanty", "Vera"), ("fix_metadata", "genre", "Vera", "Shanty")]
)
@pytest.mark.parametrize(
    ("setting", "option", "place", "told"),
    [
        ("follow", "refuse", "../disk2", "2 files changed."),
        ("refuse", "follow", "../disk2", "7 files changed."),
        ("refuse", "refuse", "Kept", "the setting links is refuse"),
    ],
)
def test_the_option_decides_which_links_are_followed_and_the_library_is_the_scanned_one(
    home: Home, words: tuple[str, ...], setting: str, option: str, place: str, told: str
) -> None:
    home.scan()
    (home.path / "mediakeep.toml").write_text(f'links = "{setting}"\n')
    album, elsewhere = home.music / "Vera" / "Dawn", home.music / place
    album.rename(elsewhere)
    album.symlink_to(elsewhere)
    done = run(home, *words, "--links", option, "--yes")
    assert told in done.out + done.err


def test_a_list_of_albums_is_read_from_a_file_beside_them(home: Home) -> None:
    listed = home.music / "Vera" / "albums.txt"
    listed.write_bytes(b"Dusk\r\n\n" + os.fsencode(home.music / "Anna" / "Noon") + b"\n")
    words = ("--album-list", listed, home.music / "Vera" / "Dusk")
    assert "5 files changed." in hands.ok(home, DOOR, "genre", "Shanty", *words)


def test_a_list_of_albums_is_read_from_the_standard_input(home: Home) -> None:
    name = shelf.odd_name(home.music)
    path = shelf.put(home.music / name / "Noon" / "a.mp3")
    done = subprocess.run(
        home.command(DOOR, "genre", "Shanty", "--album-list", "-"),
        input=os.fsencode(f"{name}/Noon\nAnna/Noon\n"),
        capture_output=True,
        cwd=home.music,
        env=environment({}),
    )
    assert done.returncode == 0, done.stderr
    assert b"4 files changed." in done.stdout
    assert read(path).genres == ("Shanty",)


def test_all_that_is_wrong_with_a_list_of_albums_is_told(home: Home) -> None:
    before, listed = state(home.music / "Vera"), home.music / "albums.txt"
    listed.write_text("Vera/Dusk\nVera/Nowhere\nVera/Dawn/01 Tide 1.mp3\n")
    told = run(home, DOOR, "genre", "Shanty", "--album-list", listed)
    assert told.code == 2
    assert told.err.splitlines() == [
        f"Invalid list {listed}; nothing was changed:",
        '  line 2: No such file or folder: "Vera/Nowhere".',
        f"  line 3: {home.music}/Vera/Dawn/01 Tide 1.mp3 is not a folder. Edit single"
        " files with: python utilities/fix_metadata.py",
    ]
    assert state(home.music / "Vera") == before


# Which files


@pytest.mark.parametrize(
    ("conditions", "changed"),
    [
        (["genre=Rock"], 2),
        (["genre="], 1),
        (["genre=Rock", "title=Ebb"], 1),
        (["genre=Rock", "genre=Folk"], 0),
        (["artist=Vera", "track=1"], 3),
        (["track=1/1"], 2),
        (["Genre=rock"], 0),
    ],
)
def test_only_files_that_meet_all_conditions_are_written(
    home: Home, conditions: list[str], changed: int
) -> None:
    words = [word for condition in conditions for word in ("--where", condition)]
    told = hands.ok(home, DOOR, "composer", "Anna Rook", home.music, *words)
    composers = [read(path).composer for path in home.music.rglob("[0-9]*.*")]
    assert composers.count(("Anna Rook",)) == changed
    assert f"{changed} file{'s' * (changed != 1)} changed; {10 - changed} skipped." in told


def test_a_condition_means_the_whole_field(home: Home) -> None:
    path = home.music / "Anna" / "Noon" / "01 Ebb.mp3"
    hands.ok(home, "fix_metadata", "genre", path, "Rock", "--and", "Folk")
    one, both = ("--where", "genre=Rock"), ("--where", "genre=Rock", "--where", "genre=Folk")
    for words, changed in ((one, 1), (both, 1)):
        told = hands.ok(home, DOOR, "composer", "Anna", home.music / "Anna", *words)
        assert told.startswith(f"{home.music}/Anna/Noon/0{2 if words == one else 1}")
        assert f"{changed} file changed" in told


def test_a_number_is_missing_even_where_its_total_is_there(home: Home) -> None:
    path = shelf.put(home.music / "Bea" / "Noon" / "a.flac", tracknumber=None)
    hands.ok(home, "fix_metadata", "track_total", path, "9")
    told = hands.ok(home, DOOR, "composer", "Bea", path.parent, "--where", "track=")
    assert told.startswith(f"{path}: composer")


@pytest.mark.parametrize("suffix", shelf.FORMATS)
def test_a_number_is_compared_as_its_format_holds_it(home: Home, suffix: str) -> None:
    path = shelf.put(home.music / "Bea" / "Noon" / f"a.{suffix}", tracknumber="7")
    words = (path.parent, "--where", "track=07")
    told = hands.ok(home, DOOR, "composer", "Bea", *words)
    assert told.startswith("0 files") is (suffix != "m4a")


def test_only_what_is_missing_is_written(home: Home) -> None:
    words = (home.music / "Anna", "--only-missing")
    told = hands.ok(home, DOOR, "genre", "Shanty", "--and", "Folk", *words)
    assert "1 file changed; 2 skipped." in told
    assert genres(home.music / "Anna") == [("Rock",), ("Rock",), ("Shanty", "Folk")]
    told = hands.ok(home, DOOR, "track", "7/9", home.music / "Anna", "--only-missing")
    assert told == "0 files changed; 3 skipped.\n"


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(home: Home) -> None:
    (home.music / "Anna" / "Noon" / "04 Text.mp3").write_text("no music at all")
    told = run(home, DOOR, "genre", "Shanty", home.music / "Anna", "--where", "genre=Rock")
    assert told.code == 1
    assert "04 Text.mp3 is not audio" in told.err
    assert "2 files changed; 1 skipped; 1 failed." in told.out


# The rest is as in fix_metadata


def test_slips_are_noticed_here_too(home: Home) -> None:
    before, anna = state(home.music), home.music / "Anna"
    told = run(home, DOOR, "title", "Ebb", anna)
    assert (told.code, "3 files would get the same title" in told.err) == (2, True)
    told = run(home, DOOR, "genre", home.music / "Vera", anna)
    assert (told.code, "Was the value forgotten?" in told.err) == (2, True)
    assert run(home, DOOR, "genre", "", anna, answer="n\n").code == 130
    assert state(home.music) == before
    told = run(home, DOOR, "title", "Ebb", anna, "--where", "title=Flow")
    assert (told.code, read(anna / "Noon" / "02 Flow.mp3").title) == (0, ("Ebb",))
    assert run(home, DOOR, "genre", "", anna, "--yes").code == 0
    assert set(genres(anna)) == {()}


def test_a_dry_run_writes_nothing_and_a_real_one_can_be_taken_back(home: Home) -> None:
    hands.scanned(home)
    before = state(home.music, home.path)
    told = hands.ok(home, DOOR, "genre", "Shanty", home.music / "Vera", "--dry-run")
    assert told.endswith("Dry run, nothing written: 7 files would be changed.\n")
    assert state(home.music, home.path) == before
    data = run(home, DOOR, "genre", "Shanty", home.music / "Vera", "--json").data
    assert len(data["changed"]) == 7
    hands.ok(home, "undo_changes", "--session", data["session"])
    sounds = {path: facts[0] for path, facts in before.items() if path.startswith(str(home.music))}
    assert {path: facts[0] for path, facts in state(home.music).items()} == sounds
    assert set(home.statuses().values()) == {"completed"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("genre", "Folk"), "Give ALBUM..., --album-list or --artist."),
        (("gender", "Folk", "ALBUM"), 'Unknown field "gender"'),
        (("genre", "Folk", "ALBUM", "--where", "genre"), 'Invalid condition "genre"'),
        (("genre", "Folk", "ALBUM", "--where", "mood=x"), 'Unknown field "mood"'),
        (("genre", "", "ALBUM", "--only-missing"), "--only-missing has no effect if"),
        (("genre", "Folk", "--artist", "Nobody"), 'There is no artist named "Nobody"'),
        (("genre", "Folk", "--album-list", "nowhere.txt"), "nowhere.txt: No such file"),
        (("genre", "Folk", "ALBUM/01 Tide 1.mp3"), "is not a folder"),
        (("genre", "Folk", "ALBUM/nowhere"), "No such file or folder"),
    ],
)
def test_what_makes_no_sense_is_refused(home: Home, words: tuple[str, ...], why: str) -> None:
    home.scan()
    before = state(home.music)
    album = str(home.music / "Vera" / "Dawn")
    told = run(home, DOOR, *(word.replace("ALBUM", album) for word in words))
    assert told.code == 2
    assert why in told.err
    assert state(home.music) == before
