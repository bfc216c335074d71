"""Backups by the manager: under load, killed, damaged, and brought back anywhere."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import tarfile
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.store import DONE, UndoStore
from mediakeep.queue.backups import archive
from mediakeep_samples.music import music_library
from tests.commands.conftest import DOORS, Home, environment
from tests.crash.gate import READ, Gate, count

FEW = 6

# Dies right before the so-many-th change of a name on the disk; where it lives, it tells how many.
KILL = """
import atexit, os, signal, sys
left = int(os.environ["CHANGES"])
atexit.register(lambda: os.write(2, b"%d changes" % (int(os.environ["CHANGES"]) - left)))
def listen(event, arguments):
    global left
    if event in ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link"):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(listen)
"""


def back_up(home: Home, to: Path) -> Path:
    """Make a backup, and return where it lies."""
    to.mkdir(exist_ok=True)
    return Path(json.loads(home.ok("--backup", to, "--json"))["path"])


def elsewhere(home: Home, folder: Path) -> Home:
    """Another home, of the same library."""
    return Home(folder, home.music)


def files_of(home: Home) -> dict[str, str]:
    """Return what a home holds, but for locks and indexes, which are made anew."""
    return {
        str(path.relative_to(home.path)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(home.path.rglob("*"))
        if path.is_file() and path.suffix not in (".db", ".lock")
    }


def outputs(home: Home) -> dict[str, bytes]:
    folders = (home.path / "outputs", home.path / "issues")
    return {
        str(path.relative_to(home.path)): path.read_bytes()
        for folder in folders
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


@pytest.fixture
def small(tmp_path: Path) -> Home:
    """A fresh home with a library of few artists."""
    music_library.make_library(tmp_path / "music", artists=FEW)
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home", tmp_path / "music")


def test_a_backup_in_an_empty_home_goes_on_where_it_was(small: Home, tmp_path: Path) -> None:
    home = small
    home.scan()
    assert home.batch("--batch-size", 2).returncode == 0
    (home.path / "mediakeep.toml").write_text("batch_size = 3\n")
    made = back_up(home, tmp_path / "to")
    new = elsewhere(home, tmp_path / "new")
    told = new.manage("--restore-backup", made)
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith(f"Restored: {FEW} artists, as of ")
    assert f"is valid: {FEW} artists, 2 completed" in new.ok("--validate-queue")
    assert new.statuses() == home.statuses()
    assert outputs(new) == outputs(home)
    assert "Processing 3 artists..." in new.batch().stdout
    assert f"BATCH COMPLETE: {FEW}/{FEW} artists" in new.batch("--all").stdout
    assert f"is valid: {FEW} artists, {FEW} completed" in new.ok("--validate-queue")


def test_repairs_can_be_taken_back_out_of_a_restored_home(small: Home, tmp_path: Path) -> None:
    pristine = shutil.copytree(small.music, tmp_path / "pristine", symlinks=True)
    small.scan()
    assert small.batch("--all").returncode == 0
    made = back_up(small, tmp_path / "to")
    new = elsewhere(small, tmp_path / "new")
    new.ok("--restore-backup", made)
    done = new.call("undo_changes", "--session", "last")
    assert done.returncode == 0, done.stderr
    for path in (path for path in pristine.rglob("*") if path.is_file()):
        assert (small.music / path.relative_to(pristine)).read_bytes() == path.read_bytes()


def test_what_a_restore_replaces_is_kept_and_the_line_it_tells_goes_back(
    finished: Home, tmp_path: Path
) -> None:
    made = back_up(finished, tmp_path / "to")
    finished.ok("--reset-artist", "Velvet Harbour", "--reset-artist", "-Minus-")
    report = next((finished.path / "issues" / "music").glob("*Minus*"))
    report.write_text("another")
    (finished.path / "outputs" / "mine.txt").write_text("not in the backup")
    asked = finished.manage("--restore-backup", made)
    assert asked.returncode == 130
    assert f", of the library {finished.music}? " in asked.stderr
    assert finished.statuses()["-Minus-"] == "pending"
    told = finished.ok("--restore-backup", made, "--yes")
    assert set(finished.statuses().values()) == {"completed"}
    assert report.read_text() != "another"
    assert (finished.path / "outputs" / "mine.txt").exists()
    assert finished.manage("--validate-queue").returncode == 0
    (line,) = [line for line in told.splitlines() if line.startswith("  mv ")]
    subprocess.run(line, shell=True, check=True)
    assert finished.manage("--validate-queue").returncode == 0
    assert Counter(finished.statuses().values()) == {"completed": 12, "pending": 2}
    assert report.read_text() == "another"


def test_numbers_and_the_past_go_on_after_a_restore(finished: Home, tmp_path: Path) -> None:
    """No session and no change bears a number twice, and the history keeps what was undone."""
    made = back_up(finished, tmp_path / "to")
    finished.ok("--reset-artist", "-Minus-")
    finished.batch()
    seq = finished.snapshot()["seq"]
    finished.ok("--restore-backup", made, "--yes")
    assert finished.snapshot()["seq"] > seq
    assert finished.snapshot()["restored"]["undone"][1] == seq
    finished.ok("--reset-artist", "-Minus-")
    assert finished.batch().returncode == 0
    logs = sorted(path.name[-7:] for path in (finished.queue / "session_logs").iterdir())
    assert logs == ["001.log", "002.log", "003.log"]
    assert finished.manage("--validate-queue").returncode == 0


def test_undo_records_made_since_a_backup_outlive_its_restore(small: Home, tmp_path: Path) -> None:
    home = small
    home.scan()
    assert home.batch("--batch-size", 2).returncode == 0
    made = back_up(home, tmp_path / "to")
    assert home.batch("--all").returncode == 0
    before = (home.path / "status" / "undo").glob("*.jsonl")
    kept = {path.name: path.read_bytes() for path in before}
    home.ok("--restore-backup", made, "--yes")
    for name, data in kept.items():
        assert (home.path / "status" / "undo" / name).read_bytes() == data
    assert "Auto-fixed: 0 issues" in home.batch("--all").stdout


def test_a_library_that_is_gone_is_told_with_the_line_that_names_its_place(
    finished: Home, tmp_path: Path
) -> None:
    made = back_up(finished, tmp_path / "to")
    moved = finished.music.rename(finished.music.with_name("songs"))
    new = elsewhere(finished, tmp_path / "new")
    told = new.ok("--restore-backup", made)
    assert f"--home {new.path} --relocate NEW" in told
    new.ok("--relocate", moved, "--yes")
    assert new.manage("--validate-queue").returncode == 0


def larger(home: Home, times: int) -> None:
    """Make the library so many times as large."""
    for artist in list(home.music.iterdir()):
        for number in range(times - 1):
            if artist.is_dir():
                shutil.copytree(artist, home.music / f"{artist.name} {number}", symlinks=True)


@pytest.mark.parametrize(
    ("times", "judged"), [(2, 4), pytest.param(3, 10**6, marks=pytest.mark.slow)]
)
def test_backups_under_load_are_each_of_one_change(
    home: Home, tmp_path: Path, times: int, judged: int
) -> None:
    larger(home, times)
    home.scan()
    gate = Gate(tmp_path / "gate", 1, names="replace", paths=r"issues/music/[^/]*\.md$")
    line = home.command("process_music_batch", "--all", "--workers", 2, "--checkpoint-every", 10)
    batch = subprocess.Popen(line, env=environment(gate.environment), stdout=subprocess.DEVNULL)
    made = []
    while gate.wait(batch):  # the batch does three artists, or four, while each backup is made
        gate.open(gate.calls + 3)
        made.append(back_up(home, tmp_path / "to"))
    assert batch.returncode == 0
    heads = [archive.read_info(path, "music") for path in made]
    assert len({head.seq for head in heads}) >= 3
    total = 14 * times
    assert any(0 < head.items["completed"] < total for head in heads)
    written = b"".join(path.read_bytes() for path in (home.queue / "history").iterdir())
    for number, path in enumerate(random.sample(made, min(judged, len(made)))):
        judge(path, written, elsewhere(home, tmp_path / f"new{number}"), total)


def judge(path: Path, written: bytes, new: Home, total: int) -> None:
    """Hold a backup of a running batch against what came of that, then restore it."""
    head = archive.read_info(path, "music")
    with tarfile.open(path) as tar:
        months = [one for one in tar.getmembers() if "/history/" in one.name]
        past = b"".join(tar.extractfile(one).read() for one in months)  # type: ignore[union-attr]
    assert written.startswith(past)
    then = [json.loads(line)["seq"] for line in past.splitlines()]
    later = [json.loads(line)["seq"] for line in written[len(past) :].splitlines()]
    assert max(then, default=0) <= head.seq < min(later, default=head.seq + 1)
    done = new.manage("--restore-backup", path)
    assert done.returncode == 0, done.stderr
    assert new.manage("--validate-queue").returncode == 0
    counts = Counter(new.statuses().values())
    assert counts["completed"] == head.items["completed"]
    assert counts.total() == head.items["total_artists"] == total
    assert counts["pending"] == head.items["pending"] + head.items["in_progress"]
    with closing(UndoStore(new.path / "status" / "undo")) as store:
        for name, item in new.snapshot()["artists"].items():
            if item.get("auto_fixed"):
                found = store.find(RecordQuery(item=name))
                assert any(entry.state == DONE for entry in found), name
                assert all(store.load_patch(entry.record) for entry in found)


@pytest.mark.slow
def test_a_restore_under_a_living_batch_is_refused(home: Home, tmp_path: Path) -> None:
    home.scan()
    made = back_up(home, tmp_path / "to")
    larger(home, 3)
    home.ok("--scan", home.music, "--yes")
    line = home.command("process_music_batch", "--all", "--workers", 1)
    batch = subprocess.Popen(line, env=environment({}), stdout=subprocess.PIPE)
    assert batch.stdout
    batch.stdout.readline()
    batch.stdout.readline()
    done = home.manage("--restore-backup", made, "--yes")
    assert batch.poll() is None
    batch.communicate(timeout=60)
    assert done.returncode == 2
    assert "is using this queue" in done.stderr
    assert not list(home.path.glob("status/.restoring*"))
    assert batch.returncode == 0
    assert set(home.statuses().values()) == {"completed"}


# Damage


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("how", [cut, flipped])
def test_a_damaged_backup_is_refused_and_nothing_is_changed(
    finished: Home, tmp_path: Path, how: Any
) -> None:
    made = back_up(finished, tmp_path / "to")
    made.write_bytes(how(made.read_bytes()))
    before = files_of(finished)
    done = finished.manage("--restore-backup", made, "--yes")
    assert done.returncode == 3
    assert str(made) in done.stderr
    assert "Nothing was changed. Use another backup" in done.stderr
    assert files_of(finished) == before
    new = elsewhere(finished, tmp_path / "new")
    assert new.manage("--restore-backup", made).returncode == 3
    assert not new.path.exists()


@pytest.mark.long
def test_a_disk_that_is_full_leaves_nothing_behind(finished: Home, tmp_path: Path) -> None:
    """A limit on the size of files stands in for it: writes fail alike."""
    (finished.path / "status" / "reports").mkdir(exist_ok=True)
    (finished.path / "status" / "reports" / "big.html").write_bytes(os.urandom(2_000_000))
    made = back_up(finished, tmp_path / "to")
    (tmp_path / "full").mkdir()

    def little() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    done = finished.manage("--backup", tmp_path / "full", preexec_fn=little)
    assert done.returncode == 1
    assert str(tmp_path / "full") in done.stderr
    assert list((tmp_path / "full").iterdir()) == []
    before = files_of(finished)
    done = finished.manage("--restore-backup", made, "--yes", preexec_fn=little)
    assert done.returncode == 1
    assert "cannot be unpacked" in done.stderr
    assert files_of(finished) == before


# Kills


@pytest.fixture
def deadly(tmp_path: Path) -> dict[str, str]:
    """The environment in which a process dies before a change of a name, once CHANGES is set."""
    (tmp_path / "start").mkdir()
    (tmp_path / "start" / "sitecustomize.py").write_text(KILL)
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path / "start"), str(DOORS)])}


def kill_restores(
    finished: Home, tmp_path: Path, deadly: dict[str, str], at: Callable[[int], Iterable[int]]
) -> None:
    """Kill a restore before some of its changes."""
    made = back_up(finished, tmp_path / "to")
    finished.ok("--reset-artist", "-Minus-")
    next((finished.path / "issues" / "music").glob("*Minus*")).write_text("another")
    (finished.path / "mediakeep.toml").write_text("batch_size = 2\n")
    start = tmp_path / "before"
    shutil.copytree(finished.path, start, symlinks=True)
    lived = finished.manage("--restore-backup", made, "--yes", env={**deadly, "CHANGES": "100000"})
    total = int(re.findall(r"(\d+) changes$", lived.stderr)[0])
    assert total > 60
    for change in at(total):
        shutil.rmtree(finished.path)
        shutil.copytree(start, finished.path, symlinks=True)
        words = ("--restore-backup", made, "--yes")
        dead = finished.manage(*words, env={**deadly, "CHANGES": str(change)})
        assert dead.returncode == -signal.SIGKILL
        if (finished.queue / "processing_queue.json").exists():
            pending = Counter(finished.statuses().values())["pending"]
            assert pending in (0, 1)
        assert finished.manage(*words).returncode == 0
        assert finished.manage("--validate-queue").returncode == 0
        assert set(finished.statuses().values()) == {"completed"}
        assert not list(finished.path.glob("status/.restoring*"))
        kept = list(finished.path.glob("status/replaced_*/issues/*/*"))
        assert [path.read_text() for path in kept if "Minus" in path.name] == ["another"]


@pytest.mark.long
def test_a_killed_restore_is_ended_by_the_same_command(
    finished: Home, tmp_path: Path, deadly: dict[str, str]
) -> None:
    """Now and then, and while it cleans up."""

    def some(total: int) -> list[int]:
        return [random.randrange(total - 10), random.randrange(total - 10, total)]

    kill_restores(finished, tmp_path, deadly, some)


@pytest.mark.slow
def test_a_restore_may_be_killed_before_any_change(
    finished: Home, tmp_path: Path, deadly: dict[str, str]
) -> None:
    kill_restores(finished, tmp_path, deadly, range)


@pytest.mark.slow
def test_a_restore_that_was_interrupted_is_ended_before_another_begins(
    finished: Home, tmp_path: Path, deadly: dict[str, str]
) -> None:
    first, second = (back_up(finished, tmp_path / "to") for _ in range(2))
    (finished.path / "mediakeep.toml").write_text("batch_size = 2\n")
    for change in range(20, 200, 8):
        words = ("--restore-backup", first, "--yes")
        finished.manage(*words, env={**deadly, "CHANGES": str(change)})
        if (finished.path / "status" / ".restoring_music").exists():
            break
    refused = finished.manage("--restore-backup", second, "--yes")
    assert refused.returncode == 2
    assert str(first) in refused.stderr
    for door, *words in (
        ("process_music_batch",),
        ("music_queue_manager", "--validate-queue"),
        ("music_queue_manager", "--backup", tmp_path / "to"),
        ("music_queue_manager", "--scan", finished.music),
    ):
        told = finished.call(door, *words)
        assert told.returncode == 3
        assert str(finished.path / "status" / ".restoring_music") in told.stdout + told.stderr
        assert f"--restore-backup {first} --yes" in told.stdout + told.stderr
    assert finished.manage("--restore-backup", first, "--yes").returncode == 0
    assert finished.manage("--restore-backup", second, "--yes").returncode == 0


def kill_backups(finished: Home, tmp_path: Path, times: int) -> None:
    """Kill backups at any moment: there are whole ones then, and nothing else once one is made."""
    (finished.path / "status" / "reports").mkdir(exist_ok=True)
    (finished.path / "status" / "reports" / "big.html").write_bytes(os.urandom(8_000_000))
    to = tmp_path / "to"
    made = back_up(finished, to)
    line = finished.command("music_queue_manager", "--backup", to)
    which = {"names": READ, "paths": f"^({finished.path}|{to})/"}
    opened = count(tmp_path / "counted", line, environment({}), **which)
    assert opened > 50
    for number in range(times):
        gate = Gate(tmp_path / f"gate {number}", random.randrange(1, opened), **which)
        one = subprocess.Popen(line, env=environment(gate.environment), stdout=subprocess.DEVNULL)
        gate.kill(one)
        for path in to.glob("mediakeep_*"):
            archive.verify_archive(path, "music")
    back_up(finished, to)
    assert not list(to.glob(".*"))
    assert made.exists()


@pytest.mark.long
def test_a_killed_backup_leaves_no_half_one(finished: Home, tmp_path: Path) -> None:
    kill_backups(finished, tmp_path, 2)


@pytest.mark.slow
def test_backups_may_be_killed_at_any_moment(finished: Home, tmp_path: Path) -> None:
    kill_backups(finished, tmp_path, 60)
