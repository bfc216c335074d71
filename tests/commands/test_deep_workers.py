"""Deep scans by the batch: processes of their own, crashes, missing decoders, the index in use."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from mediakeep.app.batch.batch_request import BatchRequest
from mediakeep.commands.options import batch_options
from mediakeep.music.item import MUSIC
from mediakeep_samples.music import music_library, track_files
from tests.commands.conftest import DOORS, Home, environment
from tests.music import shelf

# No file is at hand that crashes the decoders of today; this one does it by its name.
CRASH = """
import os
from mediakeep.media.audio.decode import damage
find_damage = damage.find_damage
damage.find_damage = lambda path, facts: (
    os.abort() if path.name == "crash.mp3" else find_damage(path, facts)
)
"""

# Notes every audio file that is opened.
WATCH = """
import os, sys
def listen(event, arguments):
    if event == "open" and str(arguments[0]).endswith((".mp3", ".flac", ".ogg", ".opus", ".m4a")):
        handle = os.open(os.environ["OPENS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(handle, os.fsencode(arguments[0]) + b"\\n")
        os.close(handle)
sys.addaudithook(listen)
"""

WITHOUT = "import sys; sys.modules['av'] = None"  # as Python has it where there is no such package


@pytest.fixture
def place(tmp_path: Path) -> Home:
    """A home with a library of three artists."""
    for name in ("Anna", "Bert", "Vera"):
        for suffix in shelf.FORMATS:
            shelf.put(tmp_path / "music" / name / "Dawn" / f"a.{suffix}", artist=name)
    (tmp_path / "home").mkdir()
    return Home(tmp_path / "home", tmp_path / "music")


def started_with(tmp_path: Path, code: str) -> dict[str, str]:
    """Return settings by which each process, a spawned one too, runs this code at its start."""
    (tmp_path / "start").mkdir(exist_ok=True)
    (tmp_path / "start" / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path / "start"), str(DOORS)])}


def sounds(home: Home) -> dict[str, int]:
    """Return the number of sounds in the ledger, by artist."""
    base = sqlite3.connect(home.path / "status" / "music" / "essence.db")
    rows = base.execute("SELECT artist, count(*) FROM sound GROUP BY artist").fetchall()
    base.close()
    return dict(rows)


def log(home: Home) -> list[dict[str, Any]]:
    (path,) = (home.queue / "session_logs").glob("*.log")
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize(
    "workers", [pytest.param(1, marks=pytest.mark.slow), 2, pytest.param(4, marks=pytest.mark.slow)]
)
def test_a_deep_batch_records_every_sound_once(place: Home, workers: int) -> None:
    place.scan()
    done = place.batch("--deep", "--all", "--workers", workers)
    assert done.returncode == 0, done.stderr
    assert sounds(place) == {"Anna": 5, "Bert": 5, "Vera": 5}
    assert any('"deep": true' in json.dumps(line) for line in log(place))


@pytest.mark.parametrize("workers", [pytest.param(1, marks=pytest.mark.slow), 2])
def test_a_crash_of_a_decoder_costs_its_artist_only(
    place: Home, tmp_path: Path, workers: int
) -> None:
    (place.music / "Bert" / "Dawn" / "crash.mp3").write_bytes(
        track_files.read_seed_file("drops.mp3")
    )
    place.scan()
    done = place.batch("--deep", "--workers", workers, env=started_with(tmp_path, CRASH))
    assert done.returncode == 1
    assert place.statuses() == {"Anna": "completed", "Bert": "error", "Vera": "completed"}
    assert "died (SIGABRT)" in place.snapshot()["artists"]["Bert"]["error_message"]
    assert sounds(place) == {"Anna": 5, "Vera": 5}


@pytest.mark.long
def test_a_crash_while_one_artist_is_processed_is_an_error_in_words(
    place: Home, tmp_path: Path
) -> None:
    (place.music / "Bert" / "Dawn" / "crash.mp3").write_bytes(
        track_files.read_seed_file("drops.mp3")
    )
    env = started_with(tmp_path, CRASH)
    done = place.run("process_artist", place.music / "Bert", "--deep", env=env)
    assert done.returncode == 1
    assert done.stderr == (
        "A decoder failed on one of the files: its worker process died (SIGABRT)."
        " Nothing was written.\n"
    )
    assert place.run("process_artist", place.music / "Anna", "--deep", env=env).returncode == 0


@pytest.mark.long
@pytest.mark.parametrize("door", ["process_music_batch", "process_artist"])
def test_without_decoders_the_cure_is_told_before_anything_is_begun(
    place: Home, tmp_path: Path, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.scan()
    before = sorted(place.path.rglob("*"))
    run = functools.partial(place.run, door, env=started_with(tmp_path, WITHOUT))
    if door == "process_artist":
        monkeypatch.setitem(sys.modules, "av", None)
        run = functools.partial(place.call, door, place.music / "Vera")
    done = run("--deep")
    assert done.returncode == 2
    assert 'pip install "mediakeep[audio]"' in done.stderr
    assert done.stdout == ""
    assert sorted(place.path.rglob("*")) == before
    assert set(place.statuses().values()) == {"pending"}
    assert run().returncode == 0


def test_a_folder_that_refuses_is_told_as_without_deep(place: Home) -> None:
    shutil.rmtree(place.music / "Vera")
    (place.music / "Vera").mkdir()
    (place.music / "Vera" / "loop.mp3").symlink_to("loop.mp3")
    done = place.call("process_artist", place.music / "Vera", "--deep")
    assert done.returncode == 0
    assert "1 unreadable-file" in done.stdout


def test_a_deep_scan_may_take_ten_times_as_long_and_it_and_a_cluster_never_run_inline(
    tmp_path: Path,
) -> None:
    given: dict[str, Any] = dict.fromkeys(
        ("everything", "dry_run", "as_json", "time_budget", "retry_delay"), 0
    )
    given |= {"batch_size": 3, "workers": 1, "item_timeout": 60.0, "max_attempts": 3}
    given |= {"checkpoint_every": 50, "keep_checkpoints": 20}
    usual = batch_options.parse_options(tmp_path, BatchRequest(MUSIC), {**given}).config.limits
    deep = BatchRequest(MUSIC, native=True)
    longer = batch_options.parse_options(tmp_path, deep, {**given, "deep": True}).config.limits
    far = {**given, "scheduler": "local:2", "scheduler_timeout": 60.0}
    far |= dict.fromkeys(("scheduler_ca", "scheduler_cert", "scheduler_key"), "")
    on_cluster = batch_options.parse_options(tmp_path, BatchRequest(MUSIC), far).config.limits
    assert not on_cluster.inline
    assert (usual.item_timeout, usual.inline) == (60.0, True)
    assert (longer.item_timeout, longer.inline) == (600.0, False)


@pytest.mark.long
def test_unchanged_files_are_not_opened_again(place: Home, tmp_path: Path) -> None:
    env = {**started_with(tmp_path, WATCH), "OPENS": str(tmp_path / "opens")}
    place.scan()
    time.sleep(2.1)  # a file that has just been written may change again unnoticed
    assert place.batch("--workers", 1, env=env).returncode == 0
    opened = (tmp_path / "opens").read_text().split("\n")
    assert len({line for line in opened if line}) == 15
    (tmp_path / "opens").unlink()
    touched = place.music / "Vera" / "Dawn" / "a.ogg"
    os.utime(touched)
    place.ok("--reset-all", "--yes")
    assert place.batch("--workers", 1, env=env).returncode == 0
    assert set(place.statuses().values()) == {"completed"}
    assert set((tmp_path / "opens").read_text().split()) == {str(touched)}


@pytest.mark.parametrize("artists", [4, pytest.param(14, marks=pytest.mark.slow)])
def test_an_index_deleted_and_spoilt_under_a_batch_changes_nothing(
    tmp_path: Path, artists: int
) -> None:
    music_library.make_library(tmp_path / "music", artists=artists)
    (tmp_path / "home").mkdir()
    home = Home(tmp_path / "home", tmp_path / "music")
    home.scan()
    turns = 0
    while turns < 4:  # both ways, twice, however fast a batch is
        turns = _disturbed(home, turns)
    reports = sorted((home.path / "outputs").glob("*_audit.json"))
    spoilt = [path.read_bytes() for path in reports]
    shutil.rmtree(home.path)
    home.path.mkdir()
    home.scan()
    assert home.batch("--all").returncode == 0
    assert [path.read_bytes() for path in reports] == spoilt


def _disturbed(home: Home, turns: int) -> int:
    """Run a batch over the whole library and spoil its index meanwhile; count how often."""
    assert home.manage("--reset-all", "--yes").returncode == 0
    command = home.command("process_music_batch", "--all", "--workers", 2)
    batch = subprocess.Popen(command, env=environment({}), stdout=subprocess.DEVNULL, stderr=-1)
    index = home.path / "status" / "cache" / "files.db"
    while batch.poll() is None:
        time.sleep(0.005)
        try:
            if turns % 2:
                index.unlink()
            else:
                index.stat()
                index.write_bytes(b"spoilt" * 3000)
        except OSError:
            continue
        turns += 1
    assert batch.communicate()[1] == b""
    assert batch.returncode == 0
    return turns


def test_the_code_that_crashes_does_run(tmp_path: Path) -> None:
    code = "from mediakeep.media.audio.decode import damage; from pathlib import Path;"
    code += "damage.find_damage(Path('crash.mp3'), None)"
    env = environment(started_with(tmp_path, CRASH))
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True)
    assert done.returncode == -6
