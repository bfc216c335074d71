"""After a library is moved, a file's records are found again, and no other file's."""

from __future__ import annotations

from pathlib import Path

from msgspec import structs

from mediakeep.media.undo import apply_undo, record_index
from mediakeep.media.undo.apply_undo import RecordQuery
from mediakeep.media.undo.store import UndoStore
from mediakeep.outcome import Stamp
from tests.media import writable_files
from tests.media.failing_writes import OTHER, rename
from tests.sampling import each_row

NOBODY = Stamp("20251219_fix_metadata_aaaaaa", "", 0, 0)
HARBOUR = writable_files.STAMP.key


def taken_back(
    home: Path, place: str, stamp: Stamp = writable_files.STAMP
) -> tuple[Path, UndoStore]:
    """Create a library with one file, of which a change was undone."""
    folder = (home / "music" / place).parent
    folder.mkdir(parents=True)
    path, store = writable_files.put(folder, "mp3"), writable_files.store(home)
    assert apply_undo.apply_undo(store, rename(path, store, "A", stamp), OTHER)
    return path, store


@each_row("link", [True, False])
@each_row("indexed", [True, False])
@each_row(
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
        store = writable_files.store(tmp_path)
    assert apply_undo.undone_values(store, new / place) == {"title": {("A",)}}
    rename(new / place, store, "A")
    assert apply_undo.undone_values(store, new / place) == {}  # it was made again, in the new place


def test_a_file_beside_the_one_that_was_changed_is_another_one(tmp_path: Path) -> None:
    path, store = taken_back(tmp_path, f"{HARBOUR}/Dawn/a.mp3")
    for place in (f"copy/{HARBOUR}/Dawn", "moved/Anna/Dawn", f"moved/{HARBOUR}/Dusk"):
        (tmp_path / place).mkdir(parents=True)
        other = writable_files.put(tmp_path / place, "mp3")
        assert apply_undo.undone_values(store, other) == {}
    assert apply_undo.undone_values(store, path) == {"title": {("A",)}}


def test_a_file_of_no_artist_is_known_again_by_a_link_only(tmp_path: Path) -> None:
    _, store = taken_back(tmp_path, "Dawn/a.mp3", NOBODY)
    (tmp_path / "music").rename(tmp_path / "new")
    moved = tmp_path / "new" / "Dawn" / "a.mp3"
    assert apply_undo.undone_values(store, moved) == {}
    (tmp_path / "music").symlink_to(tmp_path / "new")
    assert apply_undo.undone_values(store, moved) == {"title": {("A",)}}


def test_a_change_that_is_taken_back_in_another_place_counts_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "music" / HARBOUR
    folder.mkdir(parents=True)
    path, store = writable_files.put(folder, "flac"), writable_files.store(tmp_path)
    records = [rename(path, store, text) for text in "AB"]
    (tmp_path / "music").rename(tmp_path / "new")
    (tmp_path / "music").symlink_to(tmp_path / "new")
    back = apply_undo.apply_undo(store, records[1], NOBODY)
    assert back
    assert back.path != records[1].path
    (tmp_path / "music").unlink()
    assert (
        store.find_effective_changes(HARBOUR, writable_files.STAMP.first_claim, queue="music")
        == records[:1]
    )
    assert apply_undo.apply_undo(store, back, NOBODY)  # that is taken back, too
    assert (
        store.find_effective_changes(HARBOUR, writable_files.STAMP.first_claim, queue="music")
        == records
    )


@each_row(
    "path", ["", "a", "/", "/a.mp3", "//", "a\0/b/Anna/c\0", "/x" * 5000 + "/Anna/a", "Anna/Anna"]
)
def test_any_path_that_a_damaged_record_may_tell_is_borne(tmp_path: Path, path: str) -> None:
    written = rename(writable_files.put(tmp_path, "mp3"), writable_files.store(tmp_path), "A")
    record = structs.replace(written, path=path, item="Anna")
    assert not record_index.is_record_of(record, str(tmp_path / "Anna" / "c"))
    assert record_index.is_record_of(record, path)
    assert writable_files.store(tmp_path).find(RecordQuery(file=f"{path}?")) == []
