"""The version of ID3v2 that a person has set, through flag, environment and file, to the files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import hands
from tests.commands.conftest import Home
from tests.commands.hands import state
from tests.music import shelf

DOOR = "fix_metadata"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return hands.library(tmp_path)


def version(path: Path) -> str:
    head = path.read_bytes()[:4]
    assert head.startswith(b"ID3")
    return f"2.{head[3]}"


def test_flag_goes_over_environment_and_that_over_the_file(home: Home) -> None:
    track = next((home.music / "Vera" / "Dawn").glob("*.mp3"))
    assert version(track) == "2.4"
    (home.path / "mediakeep.toml").write_text('id3 = "2.3"\n')
    hands.ok(home, DOOR, "genre", track, "Shanty")
    assert version(track) == "2.3"
    told = hands.run(home, DOOR, "genre", track, "Folk", MEDIAKEEP_ID3="2.4")
    assert (told.code, version(track)) == (0, "2.4")
    told = hands.run(home, DOOR, "genre", track, "Rock", "--id3", "2.3", MEDIAKEEP_ID3="2.4")
    assert (told.code, version(track)) == (0, "2.3")
    hands.ok(home, DOOR, "genre", track, "Shanty", "--id3", "keep")
    assert version(track) == "2.3"


@pytest.mark.parametrize("value", ["2.3", '"2.2"'])
def test_a_version_that_there_is_not_is_refused(home: Home, value: str) -> None:
    """Without quotes, it is a number and no version."""
    track = next((home.music / "Vera" / "Dawn").glob("*.mp3"))
    before = state(home.music)
    (home.path / "mediakeep.toml").write_text(f"id3 = {value}\n")
    told = hands.run(home, DOOR, "genre", track, "Shanty")
    assert told.code == 2
    assert "id3" in told.err
    assert state(home.music) == before


def test_a_batch_gives_it_to_the_files_that_it_repairs_and_to_no_other(home: Home) -> None:
    messy = home.music / "Vera" / "Dusk" / "CD 1" / "01 Rope.mp3"
    shelf.put(
        messy, artist="Vera", albumartist="Vera", title=" Rope ", album="Dusk", date="1980-05-01"
    )
    before = state(home.music)
    home.scan()
    done = home.call("process_music_batch", "--all", "--id3", "2.3")
    assert done.returncode == 0, done.stderr
    after = state(home.music)
    changed = {path for path in before if before[path] != after[path]}
    assert str(messy) in changed
    for path in home.music.rglob("*.mp3"):
        assert version(path) == ("2.3" if str(path) in changed else "2.4")
    found = hands.read(messy)
    assert (found.title, found.date) == (("Rope",), ("1980-05-01",))
    done = home.call("process_music_batch", "--artist", "Vera", "--id3", "2.3")
    assert done.returncode == 0, done.stderr
    assert state(home.music) == after
    hands.ok(home, "undo_changes", "--session", "last")
    restored = state(home.music)
    assert {path: one[0] for path, one in restored.items()} == {
        path: one[0] for path, one in before.items()
    }
