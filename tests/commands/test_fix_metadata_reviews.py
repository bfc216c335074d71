"""What the list of reviews proposes is written on a person's word, and only if it still stands."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from pathlib import Path

import pytest

from mediakeep.music.reports import fix_commands
from tests.commands import hands
from tests.commands.conftest import Home
from tests.commands.hands import read, reviews, run, state
from tests.documents import Checkout
from tests.music import shelf

DOOR, LIST = "fix_metadata", "outputs/manual_review_needed.json"


@pytest.fixture
def home(scanned: tuple[Home, Path]) -> Home:
    """Vera with one track without an album, one without a date, and one without any title."""
    home, kept = scanned
    shutil.rmtree(home.path.parent)
    shutil.copytree(kept, home.path.parent)
    return home


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Path]:
    """The same home, and a copy of it that is kept."""
    place = tmp_path_factory.mktemp("scanned")
    home = hands.library(place)
    for number, lost in ((1, "album"), (2, "date")):
        own = {"title": f"Tide {number}", "tracknumber": f"{number}/5", "album": "Dawn"}
        fields: dict[str, str | None] = {**own, "artist": "Vera", "albumartist": "Vera", lost: None}
        suffix = shelf.FORMATS[number - 1]
        shelf.put(dawn(home) / f"0{number} Tide {number}.{suffix}", **fields)
    anna = {"artist": "Anna", "albumartist": "Anna", "album": "Dusk"}
    shelf.put(home.music / "Anna" / "Dusk" / "Track 01.flac", title=None, **anna)
    hands.scanned(home)
    kept = tmp_path_factory.mktemp("kept")
    return home, shutil.copytree(place, kept, dirs_exist_ok=True)


def dawn(home: Home) -> Path:
    return home.music / "Vera" / "Dawn"


def ids(home: Home, *kinds: str) -> list[str]:
    found = {entry["kind"]: entry["id"] for entry in reviews(home)}
    return [found[kind] for kind in kinds]


def kinds(home: Home) -> set[str]:
    return {entry["kind"] for entry in reviews(home)}


# What is accepted


def test_an_id_is_enough_and_the_list_is_true_afterwards(home: Home) -> None:
    (one,) = ids(home, "missing-album")
    told = hands.ok(home, DOOR, "--from-review", LIST, "--accept", one)
    assert 'album nothing -> "Dawn" (missing-album: ' in told
    assert "1 file changed." in told
    assert read(dawn(home) / "01 Tide 1.mp3").album == ("Dawn",)
    assert "missing-album" not in kinds(home)
    assert "missing-date" in kinds(home)


def test_several_ids_may_follow_one_flag_or_bear_their_own(home: Home) -> None:
    one, two = ids(home, "missing-album", "missing-date")
    before = state(home.music)
    for words in (("--accept", one, two), ("--accept", one, "--accept", two)):
        told = hands.ok(home, DOOR, "--from-review", LIST, *words, "--dry-run")
        assert "2 files would be changed" in told
    assert state(home.music) == before


def test_the_digits_of_an_id_are_enough_if_no_other_has_them(home: Home) -> None:
    (one,) = ids(home, "missing-date")
    digits = one.partition(":")[2]
    told = hands.ok(home, DOOR, "--from-review", LIST, "--accept", digits[:6], "--dry-run")
    assert told == hands.ok(home, DOOR, "--from-review", LIST, "--accept", one, "--dry-run")
    path = home.path / LIST
    listed = json.loads(path.read_text())
    listed["reviews"]["Vera"].append({"id": f"mojibake:{digits}", "kind": "mojibake"})
    path.write_text(json.dumps(listed))
    refused = run(home, DOOR, "--from-review", LIST, "--accept", digits)
    assert (refused.code, refused.out) == (2, "")
    assert f'Ambiguous name "{digits}": it may be {one} or mojibake:{digits}.' in refused.err
    assert "Not in the list" in run(home, DOOR, "--from-review", LIST, "--accept", digits[:3]).err


def test_a_kind_is_accepted_of_one_artist_or_of_all(home: Home) -> None:
    kind = ("--from-review", LIST, "--accept-kind", "missing-date")
    told = hands.ok(home, DOOR, *kind, "--artist", "ANNA")
    assert told == "No matching issue in the list.\n0 files changed.\n"
    assert "1 file changed." in hands.ok(home, DOOR, *kind, "--artist", "vera")
    assert read(dawn(home) / "02 Tide 2.m4a").date == ("1974",)
    assert "No matching issue in the list." in hands.ok(home, DOOR, *kind)


def test_nothing_is_asked_where_what_is_proposed_takes_a_text_away(home: Home) -> None:
    path = shelf.put(home.music / "Anna" / "Noon" / "01 Ebb.ogg", artist="Anna", genre="Other")
    hands.scanned(home)
    (one,) = ids(home, "placeholder-genre")
    hands.ok(home, DOOR, "--from-review", LIST, "--accept", one)
    assert read(path).genres == ()


@pytest.mark.slow
def test_every_command_of_a_real_list_can_be_pasted(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path)
    checkout.ok("python utilities/make_sample_library.py music")
    checkout.ok("python utilities/music_queue_manager.py --scan music")
    checkout.ok("python utilities/process_music_batch.py --all --fix none")
    home = Home(checkout.path, checkout.path / "music")
    before = {entry["id"]: entry for entry in reviews(home)}
    commands = sorted({entry["command"] for entry in before.values()} - {""})
    assert len(commands) > 10
    one_of_each = {entry["kind"]: entry["command"] for entry in before.values()}
    for command in sorted(set(one_of_each.values()) - {""}):
        done = checkout.run(_filled(command))
        assert re.search(r"^\d+ files? changed", done.stdout, re.MULTILINE), done.stdout
    after = {entry["id"] for entry in reviews(home)}
    pasted = {one for one, entry in before.items() if entry["command"] in one_of_each.values()}
    assert after.isdisjoint(one for one in pasted if before[one]["proposal"])


def _filled(command: str) -> str:
    """Write what a person would in place of the word in capitals."""
    first, _, last = command.rpartition(" ")
    if last == "IMAGE":
        return f"{first} 'Velvet Harbour/Winter Moorings/cover.png'"
    return f"{first} 7" if last in fix_commands.PLACEHOLDER_WORDS else command


def test_what_was_taken_back_is_made_again_when_it_is_accepted(tmp_path: Path) -> None:
    home = hands.library(tmp_path)
    path = shelf.put(dawn(home) / "01 Tide 1.mp3", title="Tide  1", artist="Vera", album="Dawn")
    home.scan()
    home.batch()
    hands.ok(home, "undo_changes", "--artist", "Vera")
    assert read(path).title == ("Tide  1",)
    home.ok("--reset-artist", "Vera")
    home.batch()
    assert read(path).title == ("Tide  1",)
    (one,) = ids(home, "whitespace")
    hands.ok(home, DOOR, "--from-review", LIST, "--accept", one)
    assert read(path).title == ("Tide 1",)
    assert "whitespace" not in kinds(home)


def test_a_cover_that_was_taken_back_is_embedded_when_it_is_accepted(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", tmp_path / "music")
    home.path.mkdir()
    shelf.put_album(home.music / "Vera" / "Dawn", "Ebb", "Flow", artist="Vera", albumartist="Vera")
    home.scan()
    home.batch()
    paths = sorted(dawn(home).glob("*.mp3"))
    assert [len(read(path).pictures) for path in paths] == [1, 1]
    hands.ok(home, "undo_changes", "--artist", "Vera")
    home.ok("--reset-artist", "Vera")
    home.batch()
    assert [len(read(path).pictures) for path in paths] == [0, 0]
    (one,) = ids(home, "external-cover-not-embedded")
    hands.ok(home, DOOR, "--from-review", LIST, "--accept", one)
    assert [len(read(path).pictures) for path in paths] == [1, 1]


# What is not


def test_an_issue_without_a_proposal_is_named_with_the_command_that_writes_by_hand(
    home: Home,
) -> None:
    one, two = ids(home, "missing-title", "missing-album")
    told = run(home, DOOR, "--from-review", LIST, "--accept", one, two)
    assert told.code == 1
    (line,) = told.err.splitlines()
    assert line.startswith(f"{one} (Dusk/Track 01.flac) not changed: nothing is proposed for")
    words = shlex.split(line.partition("Fix it with: python utilities/")[2])
    assert words[-3:] == ["title", "Anna/Dusk/Track 01.flac", "TITLE"]
    assert "1 file changed; 1 failed." in told.out
    assert run(home, DOOR, *words[1:-1], "Ebb").code == 0
    assert read(home.music / "Anna" / "Dusk" / "Track 01.flac").title == ("Ebb",)


def test_what_would_be_proposed_otherwise_now_is_not_written(home: Home) -> None:
    (one,) = ids(home, "missing-album")
    for path in dawn(home).glob("0[2-5]*"):
        shelf.put(path, title=path.stem[3:], artist="Vera", album="Noon")
    before = state(home.music)
    told = run(home, DOOR, "--from-review", LIST, "--accept", one)
    assert told.code == 1
    assert 'the list proposes album "Dawn", but now it would be album "Noon".' in told.err
    assert state(home.music) == before


def test_an_issue_that_is_settled_is_said_to_be(home: Home, tmp_path: Path) -> None:
    (one,) = ids(home, "missing-album")
    old = tmp_path / "old.json"
    old.write_bytes((home.path / LIST).read_bytes())
    hands.ok(home, DOOR, "album", dawn(home) / "01 Tide 1.mp3", "Dawn")
    told = hands.ok(home, DOOR, "--from-review", old, "--accept", one)
    assert told == f"{one} (Dawn/01 Tide 1.mp3) is already resolved.\n0 files changed.\n"


def test_a_lock_holds_against_a_person_too(home: Home) -> None:
    (dawn(home) / ".mediakeep-lock").write_text("")
    before = state(home.music)
    told = run(home, DOOR, "--from-review", LIST, "--accept", *ids(home, "missing-album"))
    assert told.code == 1
    assert "locks it" in told.err
    assert state(home.music) == before


def test_an_artist_that_is_gone_keeps_no_other_from_being_written(home: Home) -> None:
    one, two = ids(home, "missing-title", "missing-album")
    (home.music / "Anna").rename(home.music / "Anna Rook")
    told = run(home, DOOR, "--from-review", LIST, "--accept", one, two)
    assert told.code == 1
    assert told.err.startswith(f"Cannot read {home.music}/Anna: ")
    assert "1 file changed; 1 failed." in told.out


def test_of_two_proposals_for_one_field_the_second_waits(tmp_path: Path) -> None:
    """One would give the artist another spelling, the other take white space away."""
    home = hands.library(tmp_path)
    own = {"title": "Ebb", "albumartist": "Vera"}
    for number in range(1, 8):
        shelf.put(home.music / "Vera" / "Noon" / f"0{number} Ebb.mp3", artist="Vera  Low", **own)
    shelf.put(home.music / "Vera" / "Noon" / "08 Ebb.mp3", artist="vera  low", **own)
    hands.scanned(home)
    listed = [one for one in reviews(home) if "Noon/08" in one["path"] or not one["path"]]
    chosen = [one["id"] for one in listed if one["kind"] in ("artist-variation", "whitespace")]
    assert len(chosen) == 2
    told = run(home, DOOR, "--from-review", LIST, "--accept", *chosen)
    assert told.code == 1
    assert "conflicting values of artist" in told.err
    assert "Accept it later, if it is still proposed." in told.err


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--accept", "missing-title:000000000000"), "Not in the list: missing-title:0000000000"),
        (
            ("--accept-kind", "missing-mood"),
            'Unknown issue kind "missing-mood". Did you mean missing-',
        ),
        (("--accept-kind", "missing-date", "--artist", "Bea"), 'There is no artist named "Bea"'),
        (("--accept", "a:1", "--accept-kind", "missing-date"), "Give --accept ID..., or"),
        (("--accept", "a:1", "--artist", "Vera"), "Give --accept ID..., or"),
        (("--accept-kind", "missing-date", "a:1"), "Give --accept ID..., or"),
    ],
)
def test_what_the_list_does_not_know_is_refused(
    home: Home, words: tuple[str, ...], why: str
) -> None:
    before = state(home.music, home.path)
    told = run(home, DOOR, "--from-review", LIST, *words)
    assert told.code == 2
    assert why in told.err
    assert state(home.music, home.path) == before


# The list


def test_the_list_is_looked_for_in_the_home_and_then_here(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("--accept-kind", "missing-date", "--dry-run")
    monkeypatch.chdir(tmp_path)
    assert "1 file would be" in hands.ok(home, DOOR, "--from-review", LIST, *words)
    (tmp_path / "outputs").mkdir()
    (tmp_path / LIST).write_text('{"format": 1, "reviews": {}}')
    assert "1 file would be" in hands.ok(home, DOOR, "--from-review", LIST, *words)
    (home.path / LIST).unlink()
    assert "0 files would be" in hands.ok(home, DOOR, "--from-review", LIST, *words)


@pytest.mark.parametrize(
    ("content", "code", "why"),
    [
        (b"no list", 2, "is not a review list"),
        (b'{"format": 1, "reviews": {"Vera": [{"id": 3}]}}', 2, "is not a review list"),
        (b'{"format": 9, "reviews": {}}', 3, "has format 9; this mediakeep supports 1"),
        (
            b'{"format": 1, "reviews": {"Bea": [{"id": "a:1", "kind": "a"}]}}',
            2,
            "Bea is not in the queue",
        ),
    ],
)
def test_a_list_that_is_none_is_refused(home: Home, content: bytes, code: int, why: str) -> None:
    path = home.path / "list.json"
    path.write_bytes(content)
    told = run(home, DOOR, "--from-review", path, "--accept", "a:1")
    assert told.code == code
    assert why in told.err


def test_without_a_list_the_cure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # or a list of whoever runs the tests would be taken
    home = hands.library(tmp_path)
    home.scan()
    told = run(home, DOOR, "--from-review", LIST, "--accept", "a:1")
    assert (told.code, "A batch writes it." in told.err) == (2, True)


def test_programs_are_told_what_failed_by_the_id(home: Home) -> None:
    (one,) = ids(home, "missing-title")
    told = run(home, DOOR, "--from-review", LIST, "--accept", one, "--json")
    assert list(json.loads(told.out)["failed"]) == [one]
