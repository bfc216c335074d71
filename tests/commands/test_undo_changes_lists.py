"""What was changed is listed by session, and change by change, with what became of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mediakeep import kinds
from mediakeep.media.safewrite.write_tags import SetCover, SetField
from mediakeep_samples.music import track_files
from tests.commands.repaired import Library, contents

WHEN = r"20\d\d-\d\d-\d\d \d\d:\d\d"


def test_each_session_is_told_with_its_command_and_what_became_of_it(library: Library) -> None:
    first = library.session
    batch = f"{first}  process_music_batch: 5 files, 7 changes, 2 artists"
    assert re.fullmatch(f"{WHEN}  {batch}\n", library.ok("--list"))
    second = library.ok("--artist", "Vera").split()[-1]
    undoing = f"{second}  undo_changes: 3 files, 1 artist; undid 3 changes of {first}"
    assert re.fullmatch(
        f"{WHEN}  {undoing}\n{WHEN}  {batch}; 3 undone since\n", library.ok("--list")
    )
    library.ok("--session", second)
    library.ok("--session", "last")
    told = library.ok("--list").splitlines()
    assert [line.split("  ", 2)[2].rpartition("; ")[2] for line in told] == [
        f"undid 7 changes of {first}",
        f"undid 3 changes of {second}",
        "all undone since",
        "all undone since",
    ]


def test_sessions_are_data_for_programs(library: Library) -> None:
    second = library.ok("--artist", "Anna").split()[-1]
    newer, older = library.data("--list")
    assert newer == {
        "session": second,
        "command": "undo_changes",
        "first": newer["first"],
        "last": newer["last"],
        "files": 2,
        **{kind.plural: [] for kind in kinds.list_kinds().values()},
        "artists": ["Anna"],
        "changes": 0,
        "took_back": 4,
        "took_back_of": [library.session],
        "taken_back": 0,
    }
    assert (older["changes"], older["taken_back"], older["artists"]) == (7, 4, ["Anna", "Vera"])


def test_each_change_is_told_with_field_old_new_reason_and_whether_it_was_taken_back(
    library: Library,
) -> None:
    first = library.session
    second = library.ok("--file", "Vera/Dawn/02 Vera.flac").split()[-1]
    told = library.undo("--list", "--artist", "Vera", cwd=library.home.music).stdout.splitlines()
    place, reason = "Vera/Dawn/0{0} Vera.{1}: title", "whitespace: two spaces in a row"
    assert [re.sub(f"^{WHEN}  ", "", line) for line in told] == [
        f'{first}  {place.format(1, "mp3")} "Low  Tide 1" -> "Low Tide 1" ({reason})',
        f'{first}  {place.format(2, "flac")} "Low  Tide 2" -> "Low Tide 2" ({reason}),'
        f" undone by {second}",
        f'{first}  {place.format(3, "opus")} "Low  Tide 3" -> "Low Tide 3" ({reason})',
        f'{second}  {place.format(2, "flac")} "Low Tide 2" -> "Low  Tide 2" (undone)',
    ]
    changes = library.data("--list", "--artist", "Vera")
    assert [change["taken_back"] for change in changes] == [False, True, False, False]
    assert changes[1]["fields"] == {
        "title": {"old": ["Low  Tide 2"], "new": ["Low Tide 2"], "reason": reason}
    }
    assert changes[3]["undoes"] == changes[1]["id"]


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (("--session", "last"), 5),
        (("--artist", "anna"), 2),
        (("--file", "Vera"), 3),
        (("--since", "1h"), 5),
        (("--since", "2999-01-01"), 0),
        (("--artist", "Vera", "--file", "Anna"), 0),
    ],
)
def test_selectors_choose_what_is_listed(
    library: Library, words: tuple[str, ...], count: int
) -> None:
    assert len(library.data("--list", *words)) == count
    if not count:
        assert library.ok("--list", *words) == "No matching changes.\n"


def test_a_cover_is_told_without_its_hash(library: Library) -> None:
    path = library.path("01 Vera.mp3")
    for name, mime in (("cover.jpg", "image/jpeg"), ("cover.png", "image/png")):
        library.write(path, SetCover(track_files.read_seed_file(name), mime))
    told = library.ok("--list", "--file", path).splitlines()
    assert [line.rpartition(": ")[2] for line in told[1:]] == ["cover put in", "cover exchanged"]
    told = library.ok("--file", path).splitlines()
    assert [line.split(": ")[1].rpartition(" (")[0] for line in told[:2]] == [
        "cover exchanged",
        "cover taken out",
    ]


def test_a_long_text_is_listed_in_full_though_its_record_is_short(library: Library) -> None:
    path, text = library.path("01 Vera.mp3"), "Flood " * 3000
    library.write(path, SetField("comment", (text,)))
    assert library.data("--list", "--file", path)[-1]["fields"]["comment"]["new"] == [text]
    for blob in (library.home.path / "status/undo/blobs").glob("??/*"):
        blob.unlink()
    listed = library.data("--list", "--file", path)[-1]["fields"]["comment"]["new"]
    assert text.startswith(listed[0])


def test_listing_changes_nothing(library: Library) -> None:
    (library.home.path / "status/undo/index.db").unlink(missing_ok=True)
    before = contents(library.home.path.parent)
    for words in (("--list",), ("--list", "--artist", "Vera"), ("--list", "--file", Path("Anna"))):
        library.ok(*words)
    after = contents(library.home.path.parent)
    assert {path.name for path in after if after[path] != before.get(path)} <= {"index.db"}
