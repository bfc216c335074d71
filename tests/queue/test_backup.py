"""Backups are consistent under concurrent changes: complete or refused, never partial."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import random
import shutil
import sqlite3
import tarfile
import tempfile
import threading
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from mediakeep.errors import (
    ItemFailed,
    MediakeepError,
    NewerFormat,
    NoQueue,
    StateDamaged,
    UsageError,
)
from mediakeep.item import Item
from mediakeep.media.audio.essence_db import DeepScanResult, EssenceDatabase, KnownEssence
from mediakeep.media.undo import log as undo_log
from mediakeep.music.item import MUSIC
from mediakeep.queue.backups import archive, backup_folder, consistent_read, create, restore
from mediakeep.queue.backups.archive import (
    CHECKSUMS_FILE,
    INFO_FILE,
    ArchiveWriter,
    BackupInfo,
)
from mediakeep.queue.backups.backup_folder import BackupFile
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log
from mediakeep.queue.queue import Queue
from mediakeep.queue.sessions import Session
from tests.patience import PATIENCE
from tests.queue import rig
from tests.sampling import each_row


def no_outputs(_: Item) -> list[str]:
    return []


def make(where: QueueLocation, folder: Path) -> BackupFile:
    folder.mkdir(exist_ok=True)
    return backup_folder.create_backup(where, MUSIC, no_outputs, folder)


def unpacked(path: Path) -> dict[str, bytes]:
    """Read an archive as any tar does."""
    with tarfile.open(path) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}  # type: ignore[union-attr]


def seqs(data: bytes) -> list[int]:
    return [msgspec.json.decode(line)["seq"] for line in data.splitlines()]


def past(files: dict[str, bytes]) -> bytes:
    return b"".join(data for name, data in sorted(files.items()) if "/history/" in name)


@pytest.fixture
def where(tmp_path: Path) -> QueueLocation:
    """A queue with some past, and what is around it."""
    where = rig.at(tmp_path)
    with rig.make(where) as queue:
        queue.begin_session()
        rig.settle(queue, 4)
        queue.write_checkpoint()
        queue.end_session()
    status = where.folder.parent
    for name in ("undo/2025-12.jsonl", "undo/blobs/ab/abc", "reports/one.md", "templates/one.j2"):
        (status / name).parent.mkdir(parents=True, exist_ok=True)
        (status / name).write_text(f"{name}\n")
    (status / "undo" / "index.db").write_text("rebuilt")
    (status / "cache").mkdir()
    (status / "cache" / "files.db").write_text("rebuilt")
    (tmp_path / "mediakeep.toml").write_text("batch_size = 3\n")
    return where


def test_a_backup_contains_only_what_cannot_be_rebuilt(
    where: QueueLocation, tmp_path: Path
) -> None:
    (tmp_path / "issues" / "music").mkdir(parents=True)
    (tmp_path / "issues" / "music" / "a note.md").write_text("mine")
    (where.folder / "aside").mkdir()
    (where.folder / "aside" / "before.json").write_text("{}")
    names = set(unpacked(make(where, tmp_path / "to").path))
    (log,) = (where.folder / "session_logs").iterdir()
    (month,) = event_log.list_files(where.folder)
    assert names == {
        INFO_FILE,
        "status/music/processing_queue.json",
        f"status/music/history/{month.name}",
        f"status/music/session_logs/{log.name}",
        "status/music/aside/before.json",
        "status/undo/2025-12.jsonl",
        "status/undo/blobs/ab/abc",
        "status/reports/one.md",
        "status/templates/one.j2",
        "issues/music/a note.md",
        "mediakeep.toml",
        CHECKSUMS_FILE,
    }


def test_what_the_journal_alone_knows_is_in_snapshot_and_history(
    where: QueueLocation, tmp_path: Path
) -> None:
    with Queue.open(where, MUSIC) as queue:
        queue.begin_session()
        rig.settle(queue, 3)
        kept = b"".join(path.read_bytes() for path in event_log.list_files(where.folder))
        backup = make(where, tmp_path / "to")
        assert backup.info.seq == queue.state.seq
        assert backup.info.items == queue.state.build_summary()
        items = queue.state.items
        queue.end_session()
    unpacked_files = unpacked(backup.path)
    written = b"".join(path.read_bytes() for path in event_log.list_files(where.folder))
    assert past(unpacked_files) != kept
    assert seqs(past(unpacked_files))[-1] == backup.info.seq
    assert written.startswith(past(unpacked_files))
    taken = msgspec.json.decode(unpacked_files["status/music/processing_queue.json"])
    assert taken["seq"] == backup.info.seq
    assert {key for key, item in taken["artists"].items() if item["status"] == "completed"} == {
        key for key, item in items.items() if item.status == "completed"
    }


def test_history_that_is_newer_than_the_snapshot_is_cut(
    where: QueueLocation, tmp_path: Path
) -> None:
    with Queue.open(where, MUSIC) as queue:
        queue.begin_session()
        now = consistent_read.read_queue(where, MUSIC)
        before = queue.state.seq
        rig.settle(queue, 3)
        queue.write_checkpoint()  # everything is in the history's files now
        assert seqs(event_log.list_files(where.folder)[-1].read_bytes())[-1] > before
        (month,) = consistent_read.iter_history_files(where.folder, now)
        data = month.path.read_bytes()[: month.end] + month.appended
        written = seqs(event_log.list_files(where.folder)[-1].read_bytes())
        assert now.state.seq == before
        assert seqs(data) == [seq for seq in written if seq <= before]


def test_a_backup_neither_waits_nor_blocks(where: QueueLocation, tmp_path: Path) -> None:
    """The queue's lock is held by another all the time."""
    with Queue.open(where, MUSIC) as queue, queue._store.hold_lock():
        assert make(where, tmp_path / "to").info.seq == queue.state.seq


def test_a_copy_put_in_place_by_hand_becomes_the_queue_first(
    where: QueueLocation, tmp_path: Path
) -> None:
    (checkpoint,) = (where.folder / "checkpoints").iterdir()
    with Queue.open(where, MUSIC) as queue:
        queue.begin_session()
        rig.settle(queue, 2)
    rig.cp(checkpoint, rig.file(where))
    backup = make(where, tmp_path / "to")
    assert backup.info.items["completed"] == 4
    with Queue.open(where, MUSIC) as queue:
        assert queue.state.seq == backup.info.seq


def test_where_there_is_no_queue_there_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(NoQueue):
        make(rig.at(tmp_path), tmp_path / "to")
    assert list((tmp_path / "to").iterdir()) == []


def test_a_database_is_copied_whole_under_a_writer(where: QueueLocation, tmp_path: Path) -> None:
    """What is not committed is left out, and what is committed next to the file is in."""
    with closing(sqlite3.connect(where.folder / "essence.db")) as writer:
        writer.execute("PRAGMA journal_mode = wal")
        writer.execute("CREATE TABLE sound(name)")
        writer.execute("INSERT INTO sound VALUES('one')")
        writer.commit()
        writer.execute("INSERT INTO sound VALUES('two')")
        unpacked_files = unpacked(make(where, tmp_path / "to").path)
    assert not [name for name in unpacked_files if name.endswith(("-wal", "-shm"))]
    (tmp_path / "copy.db").write_bytes(unpacked_files["status/music/essence.db"])
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT name FROM sound").fetchall() == [("one",)]


def test_a_database_that_cannot_be_read_is_named_and_nothing_is_left(
    where: QueueLocation, tmp_path: Path
) -> None:
    (where.folder / "essence.db").write_bytes(b"no database" * 1000)
    with pytest.raises(StateDamaged, match=r"essence\.db cannot be read: .*move it away"):
        make(where, tmp_path / "to")
    assert list((tmp_path / "to").iterdir()) == []


def test_a_database_that_another_never_lets_go_ends_the_backup(
    where: QueueLocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(create, "_BUSY_TIMEOUT", 0.3)
    path = where.folder / "essence.db"
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    late = threading.Timer(PATIENCE, other.close)  # ends one that is too patient
    with closing(other) as writer:
        writer.execute("CREATE TABLE sound(name)")
        writer.execute("BEGIN EXCLUSIVE")
        late.start()
        with pytest.raises(StateDamaged, match=r"essence\.db cannot be read: database is locked"):
            make(where, tmp_path / "to")
        late.cancel()


def test_a_line_that_is_being_written_is_left_out(where: QueueLocation, tmp_path: Path) -> None:
    log = where.folder.parent / "undo" / "2025-12.jsonl"
    log.write_text("x" * 200_000 + "\n" + "y" * 100_000)
    unpacked_files = unpacked(make(where, tmp_path / "to").path)
    assert unpacked_files["status/undo/2025-12.jsonl"] == b"x" * 200_000 + b"\n"


# Names and places


def test_names_are_of_the_time_and_never_given_twice(tmp_path: Path) -> None:
    where = rig.at(tmp_path, rig.Clock())
    rig.make(where).close()
    paths = [make(where, tmp_path / "to").path for _ in range(3)]
    stem = "mediakeep_music_2025-12-17_100000"
    assert [path.name for path in paths] == [f"{stem}{end}.tar.gz" for end in ("", "_2", "_3")]
    for time in ("movies_2025-12-17_095959", "music_2025-99-01_000000"):
        shutil.copy(paths[0], tmp_path / "to" / f"mediakeep_{time}.tar.gz")
    assert backup_folder.find_newest_time(tmp_path / "to", where, MUSIC) == datetime(
        2025, 12, 17, 10, tzinfo=UTC
    )
    assert backup_folder.find_newest_time(tmp_path, where, MUSIC) is None


def test_the_newest_is_neither_of_another_library_nor_of_the_future_nor_damaged(
    tmp_path: Path,
) -> None:
    where, other = (rig.at(tmp_path / name, rig.Clock()) for name in ("one", "two"))
    rig.make(where).close()
    Queue.create(other, MUSIC, "/other", rig.found(rig.names(3))).close()
    to = tmp_path / "to"
    made, another = make(where, to).path, make(other, to).path
    made.rename(to / "mediakeep_music_2025-12-15_100000.tar.gz")
    (to / "mediakeep_music_2025-12-16_100000.tar.gz").touch()
    shutil.copy(another, to / "mediakeep_music_2099-01-01_000000.tar.gz")
    shutil.copy(
        to / "mediakeep_music_2025-12-15_100000.tar.gz",
        to / "mediakeep_music_2099-01-02_000000.tar.gz",
    )
    assert backup_folder.find_newest_time(to, where, MUSIC) == datetime(
        2025, 12, 15, 10, tzinfo=UTC
    )
    assert backup_folder.find_newest_time(to, other, MUSIC) == datetime(
        2025, 12, 17, 10, tzinfo=UTC
    )


@pytest.mark.parametrize("name", ["mine.tar", "mine.tar.gz"])
def test_a_named_file_is_made_and_never_written_over(
    where: QueueLocation, tmp_path: Path, name: str
) -> None:
    backup = backup_folder.create_backup(where, MUSIC, no_outputs, tmp_path / name)
    data = backup.path.read_bytes()
    assert (data[:2] == b"\x1f\x8b") == name.endswith(".gz")
    assert archive.verify_archive(backup.path, "music") == backup.info
    assert backup.bytes == len(data)
    assert backup.path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="already exists"):
        backup_folder.create_backup(where, MUSIC, no_outputs, backup.path)
    assert backup.path.read_bytes() == data


def test_a_disk_without_links_undoesups_too(
    where: QueueLocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:  # as exFAT does, which no test may mount
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    backup = backup_folder.create_backup(where, MUSIC, no_outputs, tmp_path / "a.tar")
    archive.verify_archive(backup.path, "music")
    backup.path.write_text("precious")
    with pytest.raises(FileExistsError):
        backup_folder._link_or_rename(where.folder / "processing_queue.json", backup.path)
    assert backup.path.read_text() == "precious"


PLACES = ["nowhere", "nowhere/a.tar", "status/undo", "status/music/x.tar", "issues/music"]


@pytest.mark.parametrize("place", PLACES)
def test_a_place_that_is_missing_or_would_be_in_its_own_backup_is_refused(
    where: QueueLocation, tmp_path: Path, place: str
) -> None:
    (tmp_path / "issues" / "music").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError):
        backup_folder.create_backup(where, MUSIC, no_outputs, tmp_path / place)
    assert sorted(tmp_path.rglob("*")) == before


def test_what_a_killed_backup_left_is_removed_by_the_next_and_that_of_a_living_is_not(
    where: QueueLocation, tmp_path: Path
) -> None:
    to = tmp_path / "to"
    dead, live = to / ".mediakeep_backup_dead", to / ".mediakeep_backup_live"
    for folder in (dead, live):
        folder.mkdir(parents=True)
        (folder / "backup").write_text("half")
        (folder / "copy.db").write_text("half")
    with backup_folder._hold_folder_lock(live):
        backup = make(where, to)
        assert {*to.iterdir()} == {live, backup.path}


def test_a_folder_of_the_user_is_never_taken_for_a_killed_backup(
    where: QueueLocation, tmp_path: Path
) -> None:
    to = tmp_path / "to"
    mine = [to / name / "a.txt" for name in (".mediakeep_notes", ".mediakeep_backup_of_mine")]
    for path in mine:
        path.parent.mkdir(parents=True)
        path.write_text("precious")
    make(where, to)
    assert [path.read_text() for path in mine] == ["precious", "precious"]


def test_a_backup_that_another_sweeps_away_at_its_beginning_begins_again(
    where: QueueLocation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, swept = tempfile.mkdtemp, []

    def sweep(**facts: Any) -> str:  # a moment that no test can hit by chance
        path = begin(**facts)
        if not swept:
            swept.append(path)
            os.rmdir(path)
        return path

    monkeypatch.setattr(tempfile, "mkdtemp", sweep)
    archive.verify_archive(make(where, tmp_path / "to").path, "music")
    assert swept


def test_linked_folders_are_in_a_backup_and_circles_end(
    where: QueueLocation, tmp_path: Path
) -> None:
    status, disk = where.folder.parent, tmp_path / "disk"
    disk.mkdir()
    names = ("undo/blobs", "reports", "music/session_logs")
    for number, name in enumerate(names):
        (status / name).rename(disk / str(number))
        (status / name).symlink_to(disk / str(number))
    (status / "undo" / "a circle").symlink_to(status / "undo")
    unpacked_files = unpacked(make(where, tmp_path / "to").path)
    assert {"status/undo/blobs/ab/abc", "status/reports/one.md"} <= {*unpacked_files}
    assert [name for name in unpacked_files if name.startswith("status/music/session_logs/")]
    assert not [name for name in unpacked_files if "circle" in name]


def test_a_folder_that_is_named_like_a_file_gets_backups_of_the_usual_form(
    where: QueueLocation, tmp_path: Path
) -> None:
    backup = make(where, tmp_path / "weekly.tar")
    assert backup.path.read_bytes()[:2] == b"\x1f\x8b"


# Reading


def packed(path: Path, members: dict[str, bytes], **head: Any) -> Path:
    """Make a whole archive of these files."""
    facts = {"id": "1", "kind": "music", "written": "", "library_path": "/", "seq": 1, "items": {}}
    with path.open("wb") as stream:
        packing = ArchiveWriter(stream, BackupInfo(**{**facts, **head}))
        for name, data in members.items():
            packing.add_file(archive.build_header(name, len(data)), io.BytesIO(data))
        packing.close()
    return path


QUEUE = "status/music/processing_queue.json"


def contents(folder: Path) -> dict[str, bytes]:
    """Return the files of an unpacked archive by their path."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_what_was_packed_is_read_again(tmp_path: Path) -> None:
    names = {QUEUE: b"{}", f"outputs/{'ü' * 90}.json": b"x" * 3_000_000, "outputs/empty": b""}
    names["issues/music/caf\udce9.md"] = b"a name that is no UTF-8"
    path = packed(tmp_path / "a.tar", names)
    archive.unpack_archive(path, "music", tmp_path / "new")
    assert contents(tmp_path / "new") == names
    assert archive.read_info(path, "music").seq == 1
    assert {*unpacked(path)} == {INFO_FILE, CHECKSUMS_FILE, *names}


@each_row(("packed_mode", "mode"), [(0o664, 0o664), (0o755, 0o755), (0o4777, 0o777), (0, 0o600)])
def test_permissions_are_restored_but_the_user_can_always_read_and_write(
    tmp_path: Path, packed_mode: int, mode: int
) -> None:
    path = tmp_path / "a.tar"
    info = BackupInfo(id="1", kind="music", written="", library_path="/", seq=1, items={})
    with path.open("wb") as stream:
        packing = ArchiveWriter(stream, info)
        header = archive.build_header("outputs/a", 1, packed_mode, mtime=1_000_000_000)
        packing.add_file(header, io.BytesIO(b"a"))
        packing.close()
    archive.unpack_archive(path, "music", tmp_path / "new")
    found = (tmp_path / "new" / "outputs" / "a").stat()
    assert found.st_mode & 0o7777 == mode
    assert found.st_mtime == 1_000_000_000


HOSTILE = [
    "/etc/passwd",
    "../escape",
    "outputs/../../escape",
    "outputs//a",
    "outputs/./a",
    "outputs/a/",
    "outputs",
    "status/movies/processing_queue.json",
    "status/music",
    "issues/movies/a.md",
    ".bashrc",
    "C:/a",
]


@each_row("name", HOSTILE)
def test_a_name_that_no_backup_holds_is_refused(tmp_path: Path, name: str) -> None:
    path = packed(tmp_path / "a.tar", {QUEUE: b"{}"})
    archive.verify_archive(path, "music")
    bad = packed(tmp_path / "b.tar", {name: b"x"})
    with pytest.raises(StateDamaged, match=r"b\.tar is damaged"):
        archive.unpack_archive(bad, "music", tmp_path / "new")
    assert not (tmp_path / "new").exists()


KINDS = [
    tarfile.SYMTYPE,
    tarfile.LNKTYPE,
    tarfile.CHRTYPE,
    tarfile.FIFOTYPE,
    tarfile.DIRTYPE,
    tarfile.XHDTYPE,
    tarfile.GNUTYPE_SPARSE,
]


@each_row("kind", KINDS)
def test_links_devices_and_folders_are_refused(tmp_path: Path, kind: bytes) -> None:
    path = packed(tmp_path / "a.tar", {QUEUE: b"{}"})
    info = tarfile.TarInfo("outputs/a")
    info.type, info.linkname = kind, "/etc/passwd"
    head = path.read_bytes()[: 512 * 2]
    path.write_bytes(head + info.tobuf(tarfile.GNU_FORMAT) + bytes(1024))
    with pytest.raises(StateDamaged, match="is not a plain file"):
        archive.verify_archive(path, "music")


@pytest.mark.parametrize("size", [-1, 1 << 62, 1 << 87])
def test_a_size_that_no_file_has_is_refused(tmp_path: Path, size: int) -> None:
    path = packed(tmp_path / "a.tar", {QUEUE: b"{}"})
    header = archive.build_header("outputs/a", size).tobuf(tarfile.GNU_FORMAT)
    path.write_bytes(path.read_bytes()[: 512 * 2] + header + bytes(1024))
    why = "a file in it has a negative size" if size < 0 else "it is truncated"
    for read in (
        lambda: archive.verify_archive(path, "music"),
        lambda: archive.unpack_archive(path, "music", tmp_path / "new"),
    ):
        with pytest.raises(StateDamaged, match=why):
            read()


def test_long_names_without_end_are_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.tar", {QUEUE: b"{}"})
    long_name = archive.build_header("x", 1)
    long_name.type = tarfile.GNUTYPE_LONGNAME
    names = (long_name.tobuf(tarfile.GNU_FORMAT) + bytes(512)) * 5_000
    path.write_bytes(path.read_bytes()[: 512 * 2] + names)
    with pytest.raises(StateDamaged, match=r"a\.tar is damaged: a name in it cannot be read"):
        archive.verify_archive(path, "music")


def test_a_name_that_occurs_twice_is_refused_and_the_first_file_is_not_overwritten(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.tar"
    packed(path, {QUEUE: b"{}", "outputs/a": b"first", "outputs/b": b"other"})
    twice = path.read_bytes().replace(b"outputs/b", b"outputs/a")
    path.write_bytes(with_valid_header_sums(twice))
    archive.verify_archive(path, "music")  # the checksums are right: each file is whole
    with pytest.raises(ItemFailed, match=r"outputs/a cannot be unpacked into .*: File exists"):
        archive.unpack_archive(path, "music", tmp_path / "new")
    assert (tmp_path / "new" / "outputs" / "a").read_bytes() == b"first"


def with_valid_header_sums(data: bytes) -> bytes:
    """Return an uncompressed archive with the checksums of its tar headers computed again.

    Its list of checksums must have been changed like its headers.
    """
    fixed, at = b"", 0
    while at < len(data):
        block = data[at : at + 512]
        if block[257:262] == b"ustar":
            blank = block[:148] + b" " * 8 + block[156:]
            block = blank[:148] + b"%06o\0 " % sum(blank) + blank[156:]
        fixed, at = fixed + block, at + 512
    return fixed


@pytest.mark.long
def test_many_files_need_no_more_memory_than_few(tmp_path: Path) -> None:
    tracemalloc.start()
    path = packed(tmp_path / "a.tar", dict.fromkeys(map("outputs/{}".format, range(3_000)), b""))
    archive.verify_archive(path, "music")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 << 20


def test_wrong_sizes_allocate_no_memory(tmp_path: Path) -> None:
    """A name, a head and a file of terabytes, and a gigabyte of checksums out of a few bytes."""
    whole = packed(tmp_path / "a.tar", {QUEUE: b"{}"}).read_bytes()
    lies = []
    for name, kind in (
        ("x", tarfile.GNUTYPE_LONGNAME),
        ("outputs/a", tarfile.REGTYPE),
        (INFO_FILE, b"0"),
    ):
        info = tarfile.TarInfo(name)
        info.type, info.size = kind, 1 << 42
        start = b"" if name == INFO_FILE else whole[:1024]
        lies.append(start + info.tobuf(tarfile.GNU_FORMAT) + bytes(32 << 20))
    sums = tarfile.TarInfo(CHECKSUMS_FILE)
    sums.size = 1 << 30
    for number, data in enumerate(lies):
        path = tmp_path / f"{number}.tar.gz"
        path.write_bytes(gzip.compress(data, 1))
        tracemalloc.start()
        with pytest.raises(MediakeepError):
            archive.verify_archive(path, "music")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 8 << 20
    long = tmp_path / "long.tar.gz"
    with gzip.open(long, "wb", 1) as stream:
        stream.write(whole[:1024] + sums.tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            stream.write(bytes(1 << 20))
    tracemalloc.start()
    with pytest.raises(StateDamaged):
        archive.verify_archive(long, "music")
    assert tracemalloc.get_traced_memory()[1] < 8 << 20
    tracemalloc.stop()


@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_an_archive_that_was_cut_anywhere_is_refused(
    where: QueueLocation, tmp_path: Path, suffix: str
) -> None:
    path = backup_folder.create_backup(where, MUSIC, no_outputs, tmp_path / f"a{suffix}").path
    data = path.read_bytes()
    archive.verify_archive(path, "music")
    chance = random.Random(1)
    # Zeros after the checksums of an uncompressed archive hold nothing.
    size = len(data.rstrip(b"\0")) if suffix == ".tar" else len(data)
    for end in [0, 1, 2, 10, 511, 512, 600, size - 1, *(chance.randrange(size) for _ in range(40))]:
        path.write_bytes(data[:end])
        with pytest.raises((StateDamaged, UsageError), match=r"a\.tar"):
            archive.verify_archive(path, "music")


@pytest.mark.long
@pytest.mark.parametrize("suffix", [".tar", ".tar.gz"])
def test_an_archive_with_a_flipped_byte_is_refused_or_gives_the_very_same(
    where: QueueLocation, tmp_path: Path, suffix: str
) -> None:
    """A byte that fills a block, or gzip's note of the time, means nothing."""
    path = backup_folder.create_backup(where, MUSIC, no_outputs, tmp_path / f"a{suffix}").path
    data, whole = path.read_bytes(), unpacked(path)
    chance, refused = random.Random(2), 0
    for _ in range(150):
        at = chance.randrange(len(data))
        path.write_bytes(
            data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
        )
        new = tmp_path / "new"
        try:
            archive.unpack_archive(path, "music", new)
        except (StateDamaged, UsageError):
            refused += 1
        else:
            found = contents(new)
            assert found.items() <= whole.items()
            assert len(found) == len(whole) - 2
        shutil.rmtree(new, ignore_errors=True)
    assert refused > (100 if suffix == ".tar.gz" else 40)


def other_order(data: bytes) -> bytes:
    first = data.index(b"outputs/b")
    return (
        data[: first - 1024]
        + data[first : first + 1024]
        + data[first - 1024 : first]
        + data[first + 1024 :]
    )


BROKEN: list[tuple[Callable[[bytes], bytes], str]] = [
    (lambda data: data.replace(b"first", b"fjrst"), "the checksum of outputs/a is wrong"),
    (other_order, "the checksum of .* is wrong"),
    (lambda data: data + b"x" * 512, "data follows its end"),
    (lambda data: data[: data.index(CHECKSUMS_FILE.encode())] + bytes(1024), "its end is missing"),
]


@each_row(("how", "why"), BROKEN)
def test_files_that_are_other_than_the_checksums_say_are_refused(
    tmp_path: Path, how: Callable[[bytes], bytes], why: str
) -> None:
    path = packed(tmp_path / "a.tar", {"outputs/a": b"first", "outputs/b": b"second"})
    path.write_bytes(how(path.read_bytes()))
    with pytest.raises(StateDamaged, match=why):
        archive.verify_archive(path, "music")


def test_a_newer_format_and_another_kind_are_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(NewerFormat, match=r"a\.tar has format 2; .*Update mediakeep"):
        archive.verify_archive(packed(tmp_path / "a.tar", {}, format=2), "music")
    with pytest.raises(UsageError, match="a backup of movies, not of music"):
        archive.verify_archive(packed(tmp_path / "a.tar", {}, kind="movies"), "music")


def test_what_is_no_backup_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no archive" * 1000)
    with tarfile.open(tmp_path / "tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("a"), io.BytesIO())
    (tmp_path / "empty").touch()
    for name in ("text", "tar", "empty"):
        with pytest.raises(UsageError, match="is not a backup made by mediakeep"):
            archive.verify_archive(tmp_path / name, "music")
    with pytest.raises(UsageError, match="There is no backup"):
        restore.check_restore(rig.at(tmp_path), MUSIC, tmp_path / "nothing")


# Taking its place

Move = Callable[[str | Path, str | Path], None]


def test_a_part_of_the_home_on_another_disk_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rename: Move = os.rename

    def across(old: Path, new: Path) -> None:  # a second disk is more than a test may mount
        if Path(old).parent != Path(new).parent:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        rename(old, new)

    monkeypatch.setattr(os, "rename", across)
    new, there, kept = tmp_path / "new", tmp_path / "home" / "a.md", tmp_path / "kept" / "a.md"
    there.parent.mkdir()
    there.write_text("old")
    new.write_text("new")
    restore.install_file(new, there, kept)
    assert (there.read_text(), kept.read_text()) == ("new", "old")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.md", "a.md", "home", "kept"]


def test_a_second_restore_does_not_wait(where: QueueLocation, tmp_path: Path) -> None:
    backup = make(where, tmp_path / "to")
    with (
        restore._hold_restore_lock(where.folder.parent),
        pytest.raises(UsageError, match="Another restore"),
    ):
        restore.restore_backup(where, MUSIC, backup.path)


STAGED = [
    (lambda data: None, "cannot be read: No such file"),
    (lambda data: data[: len(data) // 2], "cannot be read"),
    (lambda data: data.replace(b'"format": 1', b'"format": 9'), "has format 9"),
]


@pytest.mark.parametrize(("how", "why"), STAGED)
def test_a_queue_that_cannot_be_read_never_takes_the_place_of_one(
    where: QueueLocation, tmp_path: Path, how: Callable[[bytes], bytes | None], why: str
) -> None:
    """The checksums are right: whoever made it had a newer mediakeep, or a damaged queue."""
    files = {"outputs/a": b"new"}
    if data := how(rig.file(where).read_bytes()):
        files[QUEUE] = data
    path = packed(tmp_path / "a.tar", files)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(StateDamaged, match=rf"processing_queue\.json in .*a\.tar {why}"):
        restore.restore_backup(where, MUSIC, path)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_time_that_no_disk_has_is_no_trouble(where: QueueLocation, tmp_path: Path) -> None:
    path = tmp_path / "a.tar"
    with path.open("wb") as stream:
        packing = ArchiveWriter(
            stream, archive.read_info(make(where, tmp_path / "to").path, "music")
        )
        for name, data in ((QUEUE, rig.file(where).read_bytes()), ("outputs/a", b"a")):
            header = archive.build_header(name, len(data), mtime=1 << 70)
            packing.add_file(header, io.BytesIO(data))
        packing.close()
    restore.restore_backup(where, MUSIC, path)
    assert (tmp_path / "outputs" / "a").read_text() == "a"


def test_a_batch_that_began_meanwhile_keeps_its_outputs(
    where: QueueLocation, tmp_path: Path
) -> None:
    """As one does from cron, while a user reads the question."""
    report = tmp_path / "issues" / "music" / "a.md"
    report.parent.mkdir(parents=True)
    report.write_text("old")
    backup = make(where, tmp_path / "to")
    report.write_text("of this batch")
    session = Session(where)
    with pytest.raises(UsageError, match="is using this queue"):
        restore.restore_backup(where, MUSIC, backup.path)
    assert report.read_text() == "of this batch"
    assert not list(where.folder.parent.glob(".restoring*"))
    session.close()


def test_a_restore_that_stops_midway_says_so_and_is_ended_without_its_file(
    where: QueueLocation, tmp_path: Path
) -> None:
    (tmp_path / "issues" / "music").mkdir(parents=True)
    (tmp_path / "issues" / "music" / "a.md").write_text("old")
    backup = make(where, tmp_path / "to")
    shutil.rmtree(tmp_path / "issues")
    (tmp_path / "issues").write_text("in the way")
    with pytest.raises(MediakeepError, match=r"issues.* The restore is unfinished; run it again\."):
        restore.restore_backup(where, MUSIC, backup.path)
    backup.path.unlink()
    for ask in (lambda: Queue.open(where, MUSIC), lambda: make(where, tmp_path / "to")):
        with pytest.raises(
            StateDamaged, match=r"\.restoring_music.*\n.* --restore-backup "
        ) as raised:
            ask()
        assert str(raised.value).endswith(f"--restore-backup {backup.path} --yes")
    with pytest.raises(UsageError, match="was interrupted"):
        restore.check_restore(where, MUSIC, tmp_path / "another.tar")
    (tmp_path / "issues").unlink()
    assert restore.check_restore(where, MUSIC, backup.path) == backup.info
    restore.restore_backup(where, MUSIC, backup.path)
    assert (tmp_path / "issues" / "music" / "a.md").read_text() == "old"
    Queue.open(where, MUSIC).close()


# The ledger of sounds


def hear(where: QueueLocation, essence: str, *places: str) -> None:
    sound = KnownEssence(essence, 1, 1, 1, "2025-12-17", "2025-12-17")
    with closing(EssenceDatabase.open(where.folder / "essence.db", write=True)) as ledger:
        ledger.save_scan("U2", DeepScanResult(dict.fromkeys(places, sound), (), {}))


def heard(where: QueueLocation) -> dict[str, str]:
    with closing(EssenceDatabase.open(where.folder / "essence.db", write=False)) as ledger:
        return {place: sound.essence for place, sound in ledger.load_essences("U2").items()}


def test_what_was_heard_since_a_backup_outlives_its_restore(
    where: QueueLocation, tmp_path: Path
) -> None:
    hear(where, "first", "a", "b")
    backup = make(where, tmp_path / "to")
    hear(where, "accepted", "b", "c")
    restore.restore_backup(where, MUSIC, backup.path)
    assert heard(where) == {"a": "first", "b": "accepted", "c": "accepted"}


def test_a_ledger_that_the_backup_lacks_stays(where: QueueLocation, tmp_path: Path) -> None:
    backup = make(where, tmp_path / "to")
    hear(where, "first", "a")
    restore.restore_backup(where, MUSIC, backup.path)
    assert heard(where) == {"a": "first"}


def test_a_damaged_ledger_is_replaced_by_that_of_the_backup(
    where: QueueLocation, tmp_path: Path
) -> None:
    hear(where, "first", "a")
    backup = make(where, tmp_path / "to")
    (where.folder / "essence.db").write_bytes(b"no database" * 1000)
    restore.restore_backup(where, MUSIC, backup.path)
    assert heard(where) == {"a": "first"}


# Undo records


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def record(name: str, **more: Any) -> str:
    """Write a change as the log has it."""
    texts = dict.fromkeys(("time", "path", "kind", "essence", "session", "item"), "")
    state = {"size": 1, "sha256": "", "device": 1, "inode": 1, "mtime_ns": 1}
    facts = {"op": "change", "id": name, **texts, "old": state, "new": state, "fields": {}}
    return json.dumps({**facts, "claim": 0, "first_claim": 0, **more})


def mark(name: str) -> str:
    return f'{{"op":"mark","id":"{name}","mark":"done"}}'


def test_two_logs_are_made_one_and_nothing_that_is_there_changes(tmp_path: Path) -> None:
    log, other = tmp_path / "log", tmp_path / "other"
    forgotten = record("a", forgotten=True)
    there = [forgotten, mark("a"), record("c"), mark("c")]
    log.write_text("\n".join(there) + "\n" + '{"torn')
    other.write_text("\n".join([record("a"), mark("a"), record("b"), mark("b"), '{"to']))
    for _ in range(2):
        undo_log.merge_logs(log, other)
        assert lines(log) == [*there, record("b"), mark("b")]
    undo_log.merge_logs(tmp_path / "new", other)
    assert lines(tmp_path / "new") == lines(other)[:-1]
