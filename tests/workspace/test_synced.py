"""What is published is on the disk before it gets its name, and before its source is removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mediakeep import atomic_files
from mediakeep.workspace import job_files, publish, quarantine
from mediakeep.workspace.job_files import SOURCE_FILES, JobFiles
from mediakeep.workspace.manifest import build_manifest
from mediakeep.workspace.output_records import get_converted_tracks, record_output
from mediakeep.workspace.verified_copy import copy_to_source
from tests.crash.tap import FileCall
from tests.workspace import trees


class SyncLog(trees.DeathTap):
    """Follows which files and folders were changed since their last sync.

    Removed names do not count: a removal that is lost is done again.
    """

    def __init__(self, target: Path, source: Path) -> None:
        super().__init__(0, 0)
        self._before, self._after = self._check, self._follow
        self._target, self._source = str(target), str(source)
        self.unsynced: set[str] = set()
        self.published = False

    def _check(self, call: FileCall) -> None:
        if self._target in (call.target, call.path) and call.name in ("replace", "link"):
            assert not self._unsynced_below(call.path), "published before it was synced"
            self.published = True
        if call.name == "unlink" and call.path.startswith(self._source):
            parent = str(Path(self._target).parent)
            assert parent not in self.unsynced, "removed before its copy was synced"

    def _unsynced_below(self, path: str) -> list[str]:
        return [name for name in self.unsynced if name == path or name.startswith(f"{path}/")]

    def _follow(self, call: FileCall) -> None:
        if call.name in ("fsync", "sync"):
            self.unsynced.discard(call.path)
        elif call.name in ("open", "mkdir"):
            self.unsynced.add(str(Path(call.path).parent))
            if call.name == "open":
                self.unsynced.add(call.path)
        elif call.name in ("write", "pwrite", "ftruncate"):
            self.unsynced.add(call.path)
        elif call.name in ("replace", "link"):
            moved = self._unsynced_below(call.path)
            self.unsynced -= set(moved)
            self.unsynced |= {f"{call.target}{name[len(call.path) :]}" for name in moved}
            self.unsynced |= {str(Path(call.target).parent), str(Path(call.path).parent)}

    def check_end(self, *folders: Path) -> None:
        for folder in folders:
            left = [name for name in self._unsynced_below(str(folder)) if ".part" not in name]
            assert not left, "acknowledged before it was synced"


Act = Callable[[Path, Path], object]


def _archive(album: Path, target: Path) -> object:
    return publish.copy_to_archive(album, target, build_manifest(album), {})


def _move(album: Path, target: Path) -> object:
    return publish.move_to_output(album, target, build_manifest(album))


def _run(act: Act, folder: Path) -> None:
    album, target = trees.make_tree(folder / "made" / "Album"), folder / "new" / "out" / "Album"
    with SyncLog(target, album) as log:
        act(album, target)
        assert log.published
        log.check_end(target.parent)


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Treat the file system as two: which calls are made in what order is all that counts here."""
    monkeypatch.setattr("mediakeep.workspace.moves.is_same_file_system", lambda *_: False)


@pytest.mark.parametrize("act", [_archive, _move])
def test_what_is_published_was_synced(act: Act, tmp_path: Path) -> None:
    _run(act, tmp_path)


def test_a_single_file_has_its_new_name_on_the_disk_before_it_loses_the_old(
    tmp_path: Path,
) -> None:
    book, target = tmp_path / "made" / "Book.m4b", tmp_path / "out" / "Book.m4b"
    book.parent.mkdir()
    book.write_bytes(b"sound")
    with SyncLog(target, book) as log:
        publish.move_to_output(book, target, build_manifest(book))
        assert log.published
        log.check_end(target.parent)
    assert not book.exists()


@pytest.mark.usefixtures("apart")
def test_what_is_moved_to_another_file_system_was_synced(tmp_path: Path) -> None:
    _run(_move, tmp_path)


@pytest.mark.usefixtures("apart")
@pytest.mark.parametrize("function", ["sync_folder", "sync_file"])
@pytest.mark.parametrize("act", [_archive, _move])
def test_without_a_sync_that_would_be_noticed(
    act: Act, function: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(atomic_files, function, lambda _: None)
    with pytest.raises(AssertionError, match="synced"):
        _run(act, tmp_path)


def test_copies_records_and_the_quarantine_are_synced(tmp_path: Path) -> None:
    working = tmp_path / "working"
    album = trees.make_tree(tmp_path / "library" / "Album")
    with SyncLog(tmp_path / "nothing", tmp_path / "nothing") as log:
        dirs = JobFiles(working, "key").create("Album")
        log.check_end(working)
        manifest = copy_to_source(album, dirs.source)
        SOURCE_FILES.save(dirs.state, manifest)
        job_files.create_processed_structure(manifest, dirs.processed)
        log.check_end(working)
        (dirs.processed / "CD1" / "01.opus").write_bytes(b"sound")
        record_output(dirs, dirs.processed / "CD1" / "01.opus", "recipe", {})
        log.check_end(working)
        entry = quarantine.move_to_quarantine(album, album.parent, "test")
        log.check_end(album.parent)
        quarantine.restore_entry(album.parent, entry)
        log.check_end(album)
    assert list(get_converted_tracks(dirs)) == ["CD1/01.opus"]
