"""Backups: what they contain, what is restored from them, and when they are removed."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.errors import (
    DiskFull,
    NotCopied,
    NotEnoughSpace,
    SourceChanged,
    WorkingFilesChanged,
)
from mediakeep.workspace import backup_retention, backups, disk_space, verified_copy
from mediakeep.workspace.backups import BackupJob, RestoreResult
from mediakeep.workspace.copy_progress import Report
from mediakeep.workspace.folder_locks import lock_folder
from mediakeep.workspace.manifest import ManifestFile, relative_path
from tests.crash import gate
from tests.crash.tap import FileCall, Tap
from tests.workspace import trees
from tests.workspace.test_synced import SyncLog

_BACK_UP = """
import sys
from pathlib import Path
from mediakeep.workspace import backups

source, root = map(Path, sys.argv[1:])
job = backups.BackupJob("job", "Book", (source,))
backups.create_backup(job, root, root.parent / "reservations")
"""
NOW = datetime(2026, 11, 22, 14, 30, tzinfo=UTC)
NAME = f"Book_{NOW.astimezone():%Y%m%d_%H%M%S}"


class Scene:
    """A source folder, the folder of the backups, and the job of the source."""

    def __init__(self, folder: Path) -> None:
        self.source, self.root = folder / "library" / "Book", folder / "home" / "backup"
        self.reservations = folder / "home" / "reservations"
        self.folders = [folder / "library", folder / "home"]
        self.job = BackupJob("job", "Book", (self.source,))

    def prepare(self) -> None:
        trees.make_tree(self.source)

    def back_up(self, now: datetime = NOW, progress: Report | None = None) -> Path:
        return backups.create_backup(self.job, self.root, self.reservations, lambda: now, progress)

    def copies(self) -> trees.Contents:
        """Return the only backup without its record."""
        (path,) = (path for path, _ in backups.list_backups(self.root))
        found = trees.contents(path)
        del found[backups.BACKUP_RECORD]
        return found

    def expire(self, days: int, age: float, kept: tuple[str, ...] = ()) -> list[Path]:
        moment = NOW + timedelta(days=age)
        return backup_retention.expire_backups(self.root, days, lambda: moment, kept)

    def log(self) -> list[list[str]]:
        path = self.root / backup_retention.LOG_FILE
        return [line.split("\t") for line in path.read_text().splitlines()]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path)
    scene.prepare()
    return scene


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_backup_has_all_files_and_their_record(scene: Scene) -> None:
    (scene.source / ".hidden").write_bytes(b"h")
    before = trees.contents(scene.source)
    path = scene.back_up()
    assert path == scene.root / NAME
    assert scene.copies() == before == trees.contents(scene.source)
    record = backups.read_record(path)
    assert record
    assert (record.job, record.created) == ("job", NOW)
    (source,) = record.sources
    assert source.original == scene.source
    assert {file.path: (file.size, file.mtime_ns) for file in source.files}["CD1/01.flac"] == (
        120_000,
        10**18 + 7000,
    )
    assert (path / "CD1/01.flac").stat().st_mtime_ns == 10**18 + 7000


def test_several_folders_have_a_subfolder_each(scene: Scene) -> None:
    other = trees.make_tree(scene.source.parent / "more" / "book", {"2.mp3": b"2"})
    scene.job = BackupJob("job", "Both", (scene.source, other))
    path = scene.back_up()
    assert path.name.startswith("Both_")
    assert names(path) == ["Book", backups.BACKUP_RECORD, "book_2"]
    assert trees.contents(path / "book_2") == trees.contents(other)
    (other / "2.mp3").unlink()
    assert backups.restore_missing(path).restored == (other / "2.mp3",)


def test_a_second_call_finds_the_backup_of_its_job(scene: Scene) -> None:
    first = scene.back_up()
    assert backups.find_backup(scene.root, "job") == first
    assert backups.find_backup(scene.root, "other") is None
    assert scene.back_up(NOW + timedelta(hours=1)) == first
    (scene.source / "cover.jpg").unlink()  # the backup has more than the source, so it is kept
    assert scene.back_up(NOW + timedelta(hours=1)) == first


@pytest.mark.parametrize("changed", ["source", "backup"])
def test_a_backup_that_lacks_something_is_not_enough(scene: Scene, changed: str) -> None:
    first = scene.back_up()
    if changed == "source":
        (scene.source / "new.mp3").write_bytes(b"new")
    else:
        (first / "CD1" / "01.flac").write_bytes(b"short")
    second = scene.back_up(NOW + timedelta(hours=1))
    assert second != first
    assert backups.find_backup(scene.root, "job") == second


def test_two_backups_of_one_second_have_different_names(scene: Scene) -> None:
    scene.back_up()
    scene.job = BackupJob("other", "Book", (scene.source,))
    assert scene.back_up().name == f"{NAME}_2"


def test_a_source_may_have_a_file_named_as_the_record(scene: Scene) -> None:
    old = scene.back_up()
    scene.job = BackupJob("copy", "Old", (old,))
    copied = scene.back_up()
    assert {"backup.json", "_backup.json"} <= set(names(copied))
    record = backups.read_record(copied)
    assert record
    assert record.job == "copy"
    (old / "backup.json").unlink()
    assert backups.restore_missing(copied).restored == (old / "backup.json",)
    (scene.source / "_backup.json").write_text("{}")
    scene.job = BackupJob("third", "Book", (scene.source,))
    assert backups.find_backup(scene.root, "third") is None
    assert scene.back_up() == backups.find_backup(scene.root, "third")


def test_links_are_recorded_and_not_followed(scene: Scene) -> None:
    (scene.source / "all").symlink_to("/")
    (scene.source / "gone.mp3").symlink_to("nowhere.mp3")
    path = scene.back_up()
    assert scene.back_up(NOW + timedelta(hours=1)) == path
    assert not os.path.lexists(path / "all")
    (scene.source / "all").unlink()
    result = backups.restore_missing(path)
    assert result.restored == (scene.source / "all",)
    assert scene.source / "gone.mp3" in result.unchanged
    assert (scene.source / "all").readlink() == Path("/")


def test_what_cannot_be_copied_is_named(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(scene.source / "pipe.mp3")
    with pytest.raises(NotCopied, match=r"pipe\.mp3 not copied: it is a special file"):
        scene.back_up()
    (scene.source / "pipe.mp3").unlink()

    real_open = os.open

    def deny(path: str | Path, *arguments: int) -> int:  # root may read everything
        if Path(path) == scene.source / "cover.jpg":
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real_open(path, *arguments)

    with monkeypatch.context() as patched:
        patched.setattr(os, "open", deny)
        with pytest.raises(NotCopied, match=r"cover\.jpg not copied: Permission denied"):
            scene.back_up()
    job = BackupJob("job", "Home", (scene.root.parent,))
    with pytest.raises(NotCopied, match="it contains the folder of the backups"):
        backups.create_backup(job, scene.root, scene.reservations)
    copy = verified_copy.copy_file

    def copy_to_one(source: Path, target: Path, top: Path, *_: object) -> ManifestFile:
        path = relative_path(target, top)
        return structs.replace(copy(source, top / "one", top), path=path)

    with monkeypatch.context() as patched:  # the file system of a test does not ignore case
        patched.setattr(verified_copy, "copy_file", copy_to_one)
        scene.job = BackupJob("other", "Book", (scene.source,))
        with pytest.raises(NotCopied, match="cannot hold all of its names"):
            scene.back_up()
    assert list(backups.list_backups(scene.root)) == []


def test_a_source_that_changes_meanwhile_is_noticed(scene: Scene) -> None:
    def change(call: FileCall) -> None:
        if call.name == "replace":
            (scene.source / "late.mp3").touch()

    with pytest.raises(SourceChanged), Tap(change):
        scene.back_up()
    assert names(scene.root)[0].endswith(".part")
    (scene.source / "late.mp3").unlink()
    scene.back_up()
    assert names(scene.root) == [NAME]
    assert scene.copies() == trees.contents(scene.source)


def test_the_space_is_checked_before_anything_is_copied(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_space, "_MARGIN", 1 << 62)  # no disk of a test is full
    with pytest.raises(NotEnoughSpace):
        scene.back_up()
    (staged,) = scene.root.iterdir()
    assert names(staged) == []


def test_a_disk_that_fills_up_is_named_and_the_backup_is_continued(scene: Scene) -> None:
    def fill(call: FileCall) -> None:  # no disk of a test is full
        if "CD2" in call.path and call.name == "open" and call.flags & os.O_CREAT:
            raise OSError(errno.ENOSPC, "No space left on device", call.path)

    with pytest.raises(DiskFull), Tap(fill):
        scene.back_up()
    copied = []

    def note(call: FileCall) -> None:
        if call.name == "replace":
            copied.append(Path(call.target).name)

    with Tap(note):
        scene.back_up()
    assert "01.flac" not in copied
    assert trees.UNDECODABLE in copied


def test_a_small_disk_that_fills_up(scene: Scene, small_disk: Path) -> None:
    scene.root = small_disk / "backup"
    (scene.source / "large.mp3").write_bytes(b"sound" * 300_000)
    filler = small_disk / "filler"

    def fill(call: FileCall) -> None:
        if call.target.endswith("cover.jpg"):
            filler.write_bytes(bytes(2_000_000))

    with pytest.raises(DiskFull, match=f"The file system {small_disk} is full"), Tap(fill):
        scene.back_up()
    with pytest.raises(NotEnoughSpace, match=f"on {small_disk}"):
        scene.back_up()
    filler.unlink()
    scene.back_up()
    assert scene.copies() == trees.contents(scene.source)


def test_a_stopped_backup_is_continued(scene: Scene) -> None:
    reports: list[tuple[int, int]] = []

    def stop(done: int, of: int) -> None:
        reports.append((done, of))
        if done > 2 * len(trees.FILES["CD1/01.flac"]):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scene.back_up(progress=stop)
    size = sum(len(data) for data in trees.FILES.values())
    assert {of for _, of in reports} == {3 * size}
    reports.clear()
    path = scene.back_up(progress=lambda *report: reports.append(report))
    assert reports[-1] == (3 * size, 3 * size)
    shutil.rmtree(scene.source)
    reports.clear()
    backups.restore_missing(path, lambda *report: reports.append(report))
    assert [done for done, _ in reports] == sorted(done for done, _ in reports)
    assert reports[-1] == (4 * size, 4 * size)


def test_only_missing_files_are_restored(scene: Scene) -> None:
    path = scene.back_up()
    (scene.source / "cover.jpg").write_bytes(b"mine")
    shutil.rmtree(scene.source / "CD1")
    changed = scene.source / "CD2" / trees.UNDECODABLE
    assert backups.restore_missing(path) == RestoreResult(
        (scene.source / "CD1" / "01.flac",), (changed,), (scene.source / "cover.jpg",)
    )
    assert (scene.source / "cover.jpg").read_bytes() == b"mine"
    assert trees.contents(scene.source / "CD1") == {"01.flac": trees.FILES["CD1/01.flac"]}
    assert not backups.restore_missing(path).restored


def test_a_file_that_is_damaged_in_the_backup_is_not_restored(scene: Scene) -> None:
    path = scene.back_up()
    (path / "CD1" / "01.flac").write_bytes(b"bad" * 40_000)
    (path / "cover.jpg").unlink()
    shutil.rmtree(scene.source)
    result = backups.restore_missing(path)
    assert result.damaged == (scene.source / "CD1" / "01.flac", scene.source / "cover.jpg")
    assert len(result.restored) == 1
    (path / backups.BACKUP_RECORD).write_text("{")
    with pytest.raises(WorkingFilesChanged, match=r"it has no readable backup\.json"):
        backups.restore_missing(path)


def test_nothing_is_restored_to_a_disk_that_is_not_mounted(scene: Scene) -> None:
    path = scene.back_up()
    shutil.rmtree(scene.source.parent)
    with pytest.raises(NotCopied, match=r"the folder above it is missing\. Mount its disk"):
        backups.restore_missing(path)
    assert not scene.source.parent.exists()


def test_a_record_does_not_lead_out_of_the_source_folder(scene: Scene) -> None:
    path = scene.back_up()
    record = path / backups.BACKUP_RECORD
    record.write_text(record.read_text().replace("CD1/01.flac", "../CD1/01.flac"))
    assert backups.read_record(path) is None


def test_backups_are_removed_after_their_days(scene: Scene) -> None:
    path = scene.back_up()
    size = sum(len(data or b"") for data in trees.contents(path).values())
    assert scene.expire(30, 29.9) == scene.expire(0, 999) == scene.expire(30, 31, ("job",)) == []
    with lock_folder(path):  # as while files are restored
        assert scene.expire(30, 31) == []
    assert names(scene.root) == [NAME, backup_retention.LOG_FILE]
    assert scene.expire(30, 31) == [path]
    (scene.root / "mine").mkdir()
    (scene.root / "mine" / backups.BACKUP_RECORD).write_text("{}")
    assert scene.expire(1, 999) == []
    (line,) = scene.log()
    assert line[0] == "2026-12-23T14:30:00+00:00"
    assert line[1] == NAME
    assert abs(int(line[2].removesuffix(" bytes")) - size) < 100_000  # folders have sizes, too
    assert line[3] == "older than 30 days"
    assert names(scene.root) == [backup_retention.LOG_FILE, "mine"]


def test_an_unfinished_backup_is_removed_after_a_day(scene: Scene) -> None:
    part = scene.root / ".backup-0123456789ab.part"
    part.mkdir(parents=True)
    os.utime(part, (NOW.timestamp(), NOW.timestamp()))
    assert scene.expire(0, 0.9) == []
    assert scene.expire(0, 1.1) == [part]
    assert [line[3] for line in scene.log()] == ["unfinished"]


def test_a_torn_line_of_the_log_stays_apart(scene: Scene) -> None:
    path = scene.back_up()
    log = scene.root / backup_retention.LOG_FILE
    log.write_text(f"2026-11-22\t{path.name}\t12")
    scene.expire(30, 31)
    assert [len(line) for line in scene.log()] == [3, 4]


def test_a_backup_is_killed_before_each_call(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    def check() -> None:
        if found := backups.find_backup(scene.root, "job"):
            assert scene.copies() == trees.contents(scene.source)
            assert names(scene.root) == [found.name]

    calls = trees.die_at_each_call(scene.folders, scene.prepare, scene.back_up, check)
    assert calls > 25


def test_a_killed_process_leaves_its_copies_to_the_next_one(scene: Scene, tmp_path: Path) -> None:
    """A real kill: the lock of the unfinished backup ends with its process."""
    stopped = gate.Gate(tmp_path / "gate", 1, names="replace", paths=r"/backup\.json")
    line = [sys.executable, "-c", _BACK_UP, *map(str, (scene.source, scene.root))]
    process = subprocess.Popen(line, env={**os.environ, **stopped.environment})
    stopped.reach(process)
    with pytest.raises(NotCopied, match="another process is using it"):
        scene.back_up()
    assert scene.expire(30, 400) == []
    stopped.kill(process)
    assert backups.find_backup(scene.root, "job") is None
    inode = next(scene.root.glob("*/cover.jpg")).stat().st_ino
    assert (scene.back_up() / "cover.jpg").stat().st_ino == inode
    assert scene.copies() == trees.contents(scene.source)


def test_a_backup_is_synced_before_it_gets_its_name(scene: Scene) -> None:
    with SyncLog(scene.root / NAME, scene.source) as log:
        scene.back_up()
        assert log.published
        log.check_end(scene.root)


def test_a_restore_is_killed_before_each_call(tmp_path: Path) -> None:
    scene = Scene(tmp_path)
    whole: list[trees.Contents] = []

    def prepare() -> None:
        scene.prepare()
        whole[:] = [trees.contents(scene.source)]
        scene.back_up()
        (scene.source / "CD1" / "01.flac").unlink()

    def check() -> None:
        found = trees.contents(scene.source)
        for name in found.keys() & whole[0].keys():
            assert found[name] == whole[0][name]

    def act() -> None:
        backups.restore_missing(scene.root / NAME)

    assert trees.die_at_each_call(scene.folders, prepare, act, check) > 10
    left = {name for name in trees.contents(scene.source) if name not in whole[0]}
    assert not left


def test_a_removal_is_killed_before_each_call(tmp_path: Path) -> None:
    scene = Scene(tmp_path)

    def prepare() -> None:
        scene.prepare()
        scene.back_up()

    def act() -> None:
        scene.expire(30, 31)

    def check() -> None:
        if list(backups.list_backups(scene.root)):
            assert scene.copies() == trees.contents(scene.source)
        elif names(scene.root) == [backup_retention.LOG_FILE]:
            whole = [line for line in scene.log() if len(line) == 4]  # others are torn
            assert len(whole) == 1

    assert trees.die_at_each_call(scene.folders, prepare, act, check) > 8
    assert names(scene.root) == [backup_retention.LOG_FILE]
