"""After a library is moved, a file's records are found again, and no other file's."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.media import undo
from mediakeep.media.undo import Query
from mediakeep.media.undoing import names
from mediakeep.media.undoing.store import Store
from mediakeep.outcome import Stamp
from tests.media import shelves
from tests.media.attempts import OTHER, rename

NOBODY = Stamp("20251219_fix_metadata_aaaaaa", "", 0, 0)
HARBOUR = shelves.STAMP.key


def taken_back(home: Path, place: str, stamp: Stamp = shelves.STAMP) -> tuple[Path, Store]:
    """Create a library with one file, of which a change was undone."""
    folder = (home / "music" / place).parent
    folder.mkdir(parents=True)
    path, store = shelves.put(folder, "mp3"), shelves.store(home)
    assert undo.apply(store, rename(path, store, "A", stamp), OTHER)
    return path, store


@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize("indexed", [True, False])
@pytest.mark.parametrize(
    "place",
    [
        f"{HARBOUR}/Dawn/a.mp3",
        f"{HARBOUR}/a.mp3",
        f"{HARBOUR}/{HARBOUR}/a.mp3",
        f"Pop/{HARBOUR}/1/2/a.mp3",
    ],
)
def test_what_was_taken_back_stays_known_when_the_library_moves(
    tmp_path: Path, place: str, indexed: bool, link: bool
) -> None:
    _, store = taken_back(tmp_path, place)
    new = tmp_path / HARBOUR / "new"  # of the artist's name, too
    new.parent.mkdir()
    (tmp_path / "music").rename(new)
    if link:
        (tmp_path / "music").symlink_to(new)
    if not indexed:
        (store.folder / "index.db").unlink(missing_ok=True)
        (store.folder / "index.db").mkdir()
        store = shelves.store(tmp_path)
    assert undo.undone(store, new / place) == {"title": {("A",)}}
    rename(new / place, store, "A")
    assert undo.undone(store, new / place) == {}  # it was made again, in the new place


def test_a_file_beside_the_one_that_was_changed_is_another_one(tmp_path: Path) -> None:
    path, store = taken_back(tmp_path, f"{HARBOUR}/Dawn/a.mp3")
    for place in (f"copy/{HARBOUR}/Dawn", "moved/Anna/Dawn", f"moved/{HARBOUR}/Dusk"):
        (tmp_path / place).mkdir(parents=True)
        other = shelves.put(tmp_path / place, "mp3")
        assert undo.undone(store, other) == {}
    assert undo.undone(store, path) == {"title": {("A",)}}


def test_a_file_of_no_artist_is_known_again_by_a_link_only(tmp_path: Path) -> None:
    _, store = taken_back(tmp_path, "Dawn/a.mp3", NOBODY)
    (tmp_path / "music").rename(tmp_path / "new")
    moved = tmp_path / "new" / "Dawn" / "a.mp3"
    assert undo.undone(store, moved) == {}
    (tmp_path / "music").symlink_to(tmp_path / "new")
    assert undo.undone(store, moved) == {"title": {("A",)}}


def test_a_change_that_is_taken_back_in_another_place_counts_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "music" / HARBOUR
    folder.mkdir(parents=True)
    path, store = shelves.put(folder, "flac"), shelves.store(tmp_path)
    records = [rename(path, store, text) for text in "AB"]
    (tmp_path / "music").rename(tmp_path / "new")
    (tmp_path / "music").symlink_to(tmp_path / "new")
    back = undo.apply(store, records[1], NOBODY)
    assert back
    assert back.path != records[1].path
    (tmp_path / "music").unlink()
    assert store.changes(HARBOUR, shelves.STAMP.first_claim) == records[:1]
    assert undo.apply(store, back, NOBODY)  # that is taken back, too
    assert store.changes(HARBOUR, shelves.STAMP.first_claim) == records


@pytest.mark.parametrize(
    "path", ["", "a", "/", "/a.mp3", "//", "a\0/b/Anna/c\0", "/x" * 5000 + "/Anna/a", "Anna/Anna"]
)
def test_any_path_that_a_damaged_record_may_tell_is_borne(tmp_path: Path, path: str) -> None:
    written = rename(shelves.put(tmp_path, "mp3"), shelves.store(tmp_path), "A")
    record = structs.replace(written, path=path, item="Anna")
    assert not names.is_of(record, str(tmp_path / "Anna" / "c"))
    assert names.is_of(record, path)
    assert shelves.store(tmp_path).find(Query(file=f"{path}?")) == []
