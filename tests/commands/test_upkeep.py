"""Upkeep of the record: old checkpoints, old logs, and what a batch does of it by itself."""

from __future__ import annotations

import errno
import gzip
import json
import os
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mediakeep.app.batch import maintenance
from mediakeep.app.batch.batch_request import MaintenanceOptions
from mediakeep.app.subjects import registry
from mediakeep.music.item import MUSIC
from mediakeep.queue import checkpoints, queue, session_log_archive, sessions
from mediakeep.queue.backups import archive
from tests.commands.conftest import Home, obeying_permissions

OLD = "20200101_session_00"


def checkpoints_of(home: Home) -> list[Path]:
    return [checkpoint.path for checkpoint in checkpoints.list_checkpoints(home.queue)]


def several(home: Home, count: int) -> list[Path]:
    """Make so many checkpoints, and return them, the newest first."""
    for age in range(count):
        home.ok("--checkpoint")
        newest = max(checkpoints_of(home), key=lambda path: path.stat().st_ctime_ns)
        os.utime(newest, (time.time() - 1000 + age,) * 2)
    return checkpoints_of(home)


def old_logs(home: Home, count: int) -> list[Path]:
    """Put the logs of sessions of long ago into a home."""
    folder = home.queue / "session_logs"
    paths = [folder / f"{OLD}{number}.log" for number in range(1, count + 1)]
    for path in paths:
        path.write_text(f'{{"message":"{path.stem}"}}\n' * 100)
        os.utime(path, (time.time() - 40 * 86400,) * 2)
    return paths


def names(home: Home) -> list[str]:
    return sorted(path.name for path in (home.queue / "session_logs").iterdir())


# Checkpoints


def test_pruning_keeps_the_newest_and_tells_what_went(finished: Home) -> None:
    made = several(finished, 6)
    sizes = sum(path.stat().st_size for path in made[2:])
    told = json.loads(finished.ok("--prune-checkpoints", 2, "--json"))
    assert told == {"removed": [path.name for path in made[2:]], "bytes": sizes}
    assert checkpoints_of(finished) == made[:2]
    assert finished.ok("--prune-checkpoints", 2) == "0 checkpoints removed, 0 bytes freed.\n"


def test_pruning_keeps_the_newest_of_each_day_and_the_newest_good_one(finished: Home) -> None:
    made = several(finished, 6)
    for path in made[:3]:
        stamp = path.stat().st_mtime
        path.write_bytes(path.read_bytes()[:-100])
        os.utime(path, (stamp, stamp))
    day = made[5].with_name(made[5].name.replace("checkpoint_20", "checkpoint_19"))
    made[5].rename(day)
    told = finished.ok("--prune-checkpoints", 1)
    assert checkpoints_of(finished) == [made[0], made[3], day]
    assert told.count("Removed: ") == 3
    assert "3 checkpoints removed, " in told


def test_pruning_goes_by_changes_where_a_clock_was_ahead(finished: Home) -> None:
    """The older two bear a later time, and the newest one that of its day."""
    older = several(finished, 2)
    finished.ok("--reset-artist", "-Minus-")
    finished.ok("--checkpoint")
    (newest,) = {*checkpoints_of(finished)} - {*older}
    for path in older:
        os.utime(path, (time.time() + 86400 * 365,) * 2)
    assert checkpoints_of(finished)[0] == newest
    finished.ok("--prune-checkpoints", 1)
    assert checkpoints_of(finished) == [newest]


@pytest.mark.parametrize("count", ["0", "-1", "many", ""])
def test_pruning_all_is_refused(finished: Home, count: str) -> None:
    several(finished, 1)
    assert finished.manage("--prune-checkpoints", count).returncode == 2
    assert len(checkpoints_of(finished)) == 1


def test_nothing_is_pruned_unless_it_is_asked_for(home: Home) -> None:
    home.scan()
    words = ("--batch-size", 3, "--checkpoint-every", 1)
    assert home.batch(*words).returncode == 0
    assert len(checkpoints_of(home)) == 3
    assert home.batch(*words, "--keep-checkpoints", 2).returncode == 0
    assert len(checkpoints_of(home)) == 2


def test_checkpoints_that_fill_the_disk_are_told_with_the_line_that_removes_them(
    finished: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = several(finished, 7)
    place, subject = queue.locate_queue(finished.queue), registry.get_subject(MUSIC)
    size = sum(path.stat().st_size for path in made)

    def free(count: int) -> None:  # no test may fill the disk
        usage = shutil._ntuple_diskusage(0, 0, count)  # type: ignore[attr-defined]
        monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)

    free(size * 5)
    assert maintenance.run_maintenance(place, subject, MaintenanceOptions()).warnings == []
    free(size * 5 - 1)
    (warning,) = maintenance.run_maintenance(place, subject, MaintenanceOptions()).warnings
    assert warning.startswith("The checkpoints use ")
    line = warning.partition(": ")[2]
    assert line.endswith(f"--home {finished.path} --prune-checkpoints 5")
    finished.ok("--prune-checkpoints", 5)
    assert maintenance.run_maintenance(place, subject, MaintenanceOptions()).warnings == []


def test_a_disk_of_unknown_size_fails_no_batch(
    finished: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: object) -> None:  # as a network disk that is gone, which no test may mount
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(shutil, "disk_usage", refused)
    done = maintenance.run_maintenance(
        queue.locate_queue(finished.queue), registry.get_subject(MUSIC), MaintenanceOptions()
    )
    (warning,) = done.warnings
    assert warning.startswith("Input/output error. ")


# Logs


def test_old_logs_are_compressed_and_keep_what_they_say(finished: Home) -> None:
    paths = old_logs(finished, 2)
    texts = [path.read_bytes() for path in paths]
    (new,) = (name for name in names(finished) if not name.startswith(OLD))
    assert "0 session logs archived" in finished.ok("--archive-logs", 41)
    told = json.loads(finished.ok("--archive-logs", 40, "--json"))
    assert told["archived"] == [path.name for path in paths]
    assert names(finished) == [f"{OLD}1.log.gz", f"{OLD}2.log.gz", new]
    packed = [path.with_name(path.name + ".gz") for path in paths]
    assert [gzip.decompress(path.read_bytes()) for path in packed] == texts
    assert told["bytes"] == sum(map(len, texts)) - sum(path.stat().st_size for path in packed)
    assert all(path.stat().st_mtime < time.time() - 39 * 86400 for path in packed)
    assert finished.manage("--validate-queue").returncode == 0


def test_a_log_is_compressed_to_the_same_bytes_each_time(finished: Home) -> None:
    """So a kill between the two steps is ended by the next run, whatever it left."""
    (path,) = old_logs(finished, 1)
    text = path.read_bytes()
    finished.ok("--archive-logs", 30)
    packed = path.with_name(path.name + ".gz")
    data = packed.read_bytes()
    path.write_bytes(text)
    os.utime(path, (time.time() - 40 * 86400,) * 2)
    left = path.with_name(".0123456789ab.tmp")
    left.write_bytes(data[:10])
    os.utime(left, (time.time() - 7200,) * 2)
    finished.ok("--archive-logs", 30)
    assert packed.read_bytes() == data
    assert not path.exists()
    assert not left.exists()


def test_the_log_of_a_living_session_and_a_persons_own_are_left_alone(finished: Home) -> None:
    place = queue.locate_queue(finished.queue)
    session = sessions.Session(place)
    session.write_log("At work")
    log = finished.queue / "session_logs" / f"{session.id}.log"
    mine = log.with_name("notes.log")
    mine.write_text("mine")
    for path in (log, mine):
        os.utime(path, (time.time() - 40 * 86400,) * 2)
    assert session_log_archive.archive_logs(place, 30) == []
    session.close()
    assert [one.name for one in session_log_archive.archive_logs(place, 30)] == [log.name]
    assert mine.read_text() == "mine"


def test_the_number_of_an_archived_log_is_never_given_again(finished: Home) -> None:
    place = queue.locate_queue(finished.queue)
    first = sessions.Session(place)
    first.close()
    path = finished.queue / "session_logs" / f"{first.id}.log"
    os.utime(path, (time.time() - 2 * 86400,) * 2)
    assert [log.name for log in session_log_archive.archive_logs(place, 1)] == [path.name]
    second = sessions.Session(place)
    second.close()
    assert int(second.id[-3:]) == int(first.id[-3:]) + 1


def test_a_log_that_another_archives_meanwhile_is_no_trouble(finished: Home) -> None:
    (path,) = old_logs(finished, 1)
    path.unlink()
    assert session_log_archive._compress_log(path) is None
    assert not [name for name in names(finished) if name.startswith((OLD, "."))]


@pytest.mark.parametrize("words", [("--prune-checkpoints", 1), ("--archive-logs", 1)])
def test_without_a_queue_there_is_nothing_to_keep_in_order(
    home: Home, words: tuple[object, ...]
) -> None:
    done = home.manage(*words)
    assert done.returncode == 2
    assert "There is no music queue" in done.stderr


def test_days_without_number_are_no_trouble(finished: Home) -> None:
    old_logs(finished, 1)
    assert "0 session logs archived" in finished.ok("--archive-logs", "9" * 400)
    done = finished.batch("--archive-logs", "9" * 12)
    assert done.returncode == 2
    assert "0<=x<=36500" in done.stderr


# By itself


def test_a_batch_archives_and_backs_up_at_its_end_by_itself(home: Home, tmp_path: Path) -> None:
    to = tmp_path / "to"
    to.mkdir()
    home.scan()
    (home.queue / "session_logs").mkdir()
    old_logs(home, 1)
    text = f'archive_logs = 30\nbackup_to = "{to}"\n'
    (home.path / "mediakeep.toml").write_text(text)
    done = home.batch("--batch-size", 2)
    assert done.returncode == 0, done.stderr
    (made,) = to.iterdir()
    assert "1 session log archived." in done.stdout
    assert f"Backup written: {made} (" in done.stdout
    assert archive.verify_archive(made, "music").items["completed"] == 2
    again = home.batch("--batch-size", 2, "--json")
    assert again.returncode == 0
    assert list(to.iterdir()) == [made]
    assert all(json.loads(line) for line in again.stdout.splitlines())
    home.ok("--show-summary")  # a setting is not taken for an action


def test_a_backup_is_due_when_the_newest_is_old_enough(home: Home, tmp_path: Path) -> None:
    to = tmp_path / "to"
    to.mkdir()
    home.scan()
    older = (datetime.now(UTC) - timedelta(days=2)).strftime("%Y-%m-%d_%H%M%S")
    home.ok("--backup", to / f"mediakeep_music_{older}.tar.gz")
    words = ("--batch-size", 1, "--backup-to", to, "--backup-every")
    home.batch(*words, "3d")
    assert len(list(to.iterdir())) == 1
    home.batch(*words, "47h")
    assert len(list(to.iterdir())) == 2
    home.batch(*words, "1h")
    assert len(list(to.iterdir())) == 2


@pytest.mark.parametrize("how", ["missing", "locked"])
def test_a_backup_that_fails_is_a_warning_and_fails_no_batch(
    home: Home, tmp_path: Path, how: str
) -> None:
    home.scan()
    to = tmp_path / "to"
    if how == "locked":
        to.mkdir(mode=0o555)
    words = ("--batch-size", 2, "--backup-to", to)
    with obeying_permissions():
        done = home.batch(*words)
    assert done.returncode == 0
    assert "Warning: " in done.stderr
    assert str(to) in done.stderr
    assert list(home.statuses().values()).count("completed") == 2


def test_a_folder_of_a_person_whom_nobody_knows_is_a_warning(finished: Home) -> None:
    habits = MaintenanceOptions(backup_to="~nobody-of-this-name/backups")
    (warning,) = maintenance.run_maintenance(
        queue.locate_queue(finished.queue), registry.get_subject(MUSIC), habits
    ).warnings
    assert warning.startswith("backup_to, ~nobody-of-this-name/backups: ")


def test_a_backup_is_not_due_again_after_the_library_moved(home: Home, tmp_path: Path) -> None:
    """Only the first one is of the new place."""
    home.scan()
    moved = home.music.rename(tmp_path / "songs")
    (tmp_path / "to").mkdir()
    home.ok("--backup", tmp_path / "to")
    home.ok("--relocate", moved, "--yes")
    for _ in range(2):
        assert home.batch("--batch-size", 1, "--backup-to", tmp_path / "to").returncode == 0
        assert len(list((tmp_path / "to").iterdir())) == 2


def test_a_dry_run_keeps_nothing_in_order(home: Home, tmp_path: Path) -> None:
    home.scan()
    (tmp_path / "to").mkdir()
    done = home.batch("--dry-run", "--backup-to", tmp_path / "to")
    assert done.returncode == 0
    assert not list((tmp_path / "to").iterdir())
