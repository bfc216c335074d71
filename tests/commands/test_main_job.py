"""The main job, as a person runs it."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from mediakeep.sample_library import MARKER
from tests.commands.conftest import Home, environment, obeying_permissions
from tests.crash.gate import Gate
from tests.sampling import some
from tests.vt import read_to_end


def tree(path: Path) -> dict[str, str]:
    """Return every file below a folder with a hash of its content and its time."""
    return {
        str(found.relative_to(path)): f"{hashlib.sha256(found.read_bytes()).hexdigest()} "
        f"{found.stat().st_mtime_ns}"
        for found in sorted(path.rglob("*"))
        if found.is_file() and not found.is_symlink()
    }


FEW = {
    "Bold <i> Type | Pipe",
    "Salt_Pepper Choir",
    "The Interminable Footnotes",
    "Velvet Harbour",
    "Ψηφιακή Θάλασσα",
    "月曜日の灯台",
}


@pytest.fixture
def few(home: Home) -> Home:
    """A home with the music of few artists."""
    for path in home.music.iterdir():
        if path.is_dir() and path.name not in FEW:
            shutil.rmtree(path)
    home.scan()
    return home


def test_each_batch_says_how_many_decisions_the_list_of_reviews_holds(few: Home) -> None:
    told = []
    for _ in range(2):
        output = few.batch("--batch-size", 2).stdout
        found = re.search(r"^Manual review needed: (\d+) issues? \(see (\S+)\)$", output, re.M)
        assert found, output
        view = json.loads((few.path / found[2]).read_bytes())
        assert int(found[1]) == view["total"] == sum(map(len, view["reviews"].values()))
        told.append(view["total"])
    assert 0 < told[0] < told[1]


def test_the_main_job_reads_and_reports_artists_batch_by_batch(home: Home) -> None:
    before = tree(home.music)
    tracks = sum(not name.endswith((".jpg", ".png", MARKER)) for name in before)
    assert home.scan() == f"New queue: 14 artists, {tracks} tracks.\n"
    first = home.batch("--batch-size", 10)
    lines = first.stdout.splitlines()
    assert first.returncode == 0, first.stderr
    assert lines[0] == "Processing 10 artists..."
    assert re.fullmatch(
        r"\[1/10\] \S.*: \d+ tracks, \d+ auto-fix(es)?, \d+ manual reviews?", lines[1]
    )
    assert lines[11] == "BATCH COMPLETE: 10/14 artists (71.4%)"
    assert lines[12] == "Auto-fixed: 35 issues"
    listed = re.escape(str(home.path / "outputs/manual_review_needed.json"))  # is not below here
    assert re.fullmatch(rf"Manual review needed: \d+ issues \(see {listed}\)", lines[13])
    second = home.batch()
    assert "BATCH COMPLETE: 14/14 artists (100.0%)" in second.stdout
    *third, last = home.batch().stdout.splitlines()
    assert third == ["Nothing is pending.", "BATCH COMPLETE: 14/14 artists (100.0%)"]
    assert last.startswith("14 artists wait for their lookup. MusicBrainz not queried: ")
    assert "MEDIAKEEP_CONTACT" in last
    assert set(home.statuses().values()) == {"completed"}
    assert len(list((home.path / "issues/music").glob("*_library_issues.md"))) == 14
    assert len(list((home.path / "outputs").glob("*_audit.json"))) == 14
    after = tree(home.music)
    changed = {name for name in before if after[name] != before[name]}
    assert after.keys() == before.keys()
    assert sum(item.get("auto_fixed", 0) for item in home.snapshot()["artists"].values()) == 50
    assert len(changed) == 50


def test_without_leave_to_repair_nothing_in_the_library_is_touched(home: Home) -> None:
    before = tree(home.music)
    home.scan()
    done = home.batch("--all", "--fix", "none")
    assert done.returncode == 0, done.stderr
    assert "Auto-fixed: 0 issues" in done.stdout
    assert tree(home.music) == before


def test_without_a_queue_it_names_the_line_that_makes_one(home: Home) -> None:
    done = home.batch()
    assert done.returncode == 2
    assert f"music_queue_manager.py --home {home.path} --scan PATH" in done.stderr
    assert not home.queue.exists()


@pytest.mark.parametrize("how", ["missing", "empty"])
def test_a_library_that_is_gone_stops_the_batch_and_burns_no_attempt(home: Home, how: str) -> None:
    home.scan()
    home.music.rename(home.music.with_name("elsewhere"))
    if how == "empty":
        home.music.mkdir()
    before = tree(home.path)
    done = home.batch()
    assert done.returncode == 2
    assert str(home.music) in done.stderr
    assert how in done.stderr
    assert set(home.statuses().values()) == {"pending"}
    assert not any("attempts" in item for item in home.snapshot()["artists"].values())
    assert {name for name in tree(home.path) if "audit" in name} <= set(before)


def test_an_artist_who_vanished_is_skipped_and_the_others_are_done(home: Home) -> None:
    home.scan()
    home.ok("--prioritize", "Velvet Harbour")
    shutil.rmtree(home.music / "Velvet Harbour")
    done = home.batch("--batch-size", 4)
    assert done.returncode == 0
    assert "Velvet Harbour: skipped: the folder has vanished" in done.stdout
    item = home.snapshot()["artists"]["Velvet Harbour"]
    assert (item["status"], item["skip_reason"]) == ("skipped", "vanished")
    assert Counter(home.statuses().values()) == {"completed": 3, "skipped": 1, "pending": 10}


def test_a_folder_that_cannot_be_read_is_an_error_with_path_and_cure(few: Home) -> None:
    home = few
    locked = home.music / "Velvet Harbour"
    locked.chmod(0)
    with obeying_permissions():
        done = home.batch("--all")
    locked.chmod(0o755)
    assert done.returncode == 1, done.stderr
    item = home.snapshot()["artists"]["Velvet Harbour"]
    assert item["status"] == "error"
    assert str(locked) in item["error_message"]
    assert item["attempts"] == 1
    assert item["not_before"]
    assert "Failed: 1 artist" in done.stdout
    assert Counter(home.statuses().values()) == {"completed": 5, "error": 1}
    home.ok("--reset-errors")
    assert home.batch("--all").returncode == 0
    assert set(home.statuses().values()) == {"completed"}


def test_one_artist_by_name_is_done_whatever_its_status(finished: Home) -> None:
    done = finished.batch("--artist", "Velvet Harbour")
    assert done.returncode == 0
    assert done.stdout.splitlines()[0] == "Processing 1 artist..."
    assert finished.snapshot()["artists"]["Velvet Harbour"]["settled"] > 20


def test_a_wrong_name_suggests_the_right_one_and_an_unclear_one_lists_them(finished: Home) -> None:
    near = finished.batch("--artist", "Velvet Harbou")
    assert near.returncode == 2
    assert "Did you mean" in near.stderr
    unclear = finished.batch("--artist", "velvet harbour")
    assert unclear.returncode == 2
    assert '"VELVET HARBOUR", "Velvet Harbour"' in unclear.stderr


def test_a_dry_run_works_and_leaves_no_trace_but_caches(home: Home) -> None:
    home.scan()
    before, music = tree(home.path), tree(home.music)
    done = home.batch("--dry-run", "--batch-size", 3)
    assert done.returncode == 0
    assert done.stdout.splitlines()[-1] == "Dry run: nothing was written."
    assert "[3/3]" in done.stdout
    after = tree(home.path)
    caches = {name for name in after if name.startswith("status/cache/")}
    assert {name: text for name, text in after.items() if name not in caches} == before
    assert tree(home.music) == music
    shutil.rmtree(home.path / "status" / "cache")  # nothing depends on them
    told = [line for line in done.stdout.splitlines() if line.startswith("[")]
    again = home.batch("--batch-size", 3).stdout.splitlines()[1:4]
    assert unnumbered(again) == unnumbered(told)


def unnumbered(lines: list[str]) -> list[str]:
    """Return what is told of artists, in whichever order they were done."""
    return sorted(line.partition("] ")[2] for line in lines)


def test_json_tells_a_program_the_same(home: Home) -> None:
    home.scan()
    done = home.batch("--json", "--batch-size", 4)
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["begun", *["settled"] * 4, "ended"]
    assert events[0]["items"] == 4
    assert events[-1]["settled"] == {"completed": 4}
    assert events[-1]["summary"]["counts"]["completed"] == 4
    assert events[-1]["summary"]["per_hour"] > 0
    dry_run = home.batch("--json", "--dry-run", "--batch-size", 2).stdout.splitlines()
    assert json.loads(dry_run[-1])["dry_run"] is True


def test_a_batch_whose_output_is_closed_stops_in_good_order(home: Home, tmp_path: Path) -> None:
    home.scan()
    assert close_output(home, tmp_path, []) == 130
    counts = Counter(home.statuses().values())
    assert counts["in_progress"] == 0
    assert counts["completed"] >= 1
    assert counts["pending"] > 0
    (log,) = (home.queue / "session_logs").iterdir()
    assert "Batch ended" in log.read_text().splitlines()[-1]


def test_a_batch_that_ignores_hang_ups_completes_without_its_output(
    few: Home, tmp_path: Path
) -> None:
    assert close_output(few, tmp_path, ["sh", "-c", "trap '' HUP; exec \"$@\"", "sh"]) == 0
    assert set(few.statuses().values()) == {"completed"}


def close_output(home: Home, tmp_path: Path, prefix: list[str]) -> int:
    """Run a batch, close its output while it works on the second artist; return its exit code."""
    gate = Gate(tmp_path / "gate", 2, names="replace", paths="issues/music/")
    batch = subprocess.Popen(
        [*prefix, *home.command("process_music_batch", "--all", "--workers", 1)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(gate.environment),
    )
    gate.reach(batch)
    assert batch.stdout
    assert batch.stderr
    assert batch.stdout.readline().startswith("Processing ")
    batch.stdout.close()
    gate.open()
    assert batch.stderr.read() == ""
    batch.stderr.close()
    return batch.wait()


def test_settings_come_from_flag_then_environment_then_file(home: Home) -> None:
    home.scan()
    (home.path / "mediakeep.toml").write_text("batch_size = 3\n")
    assert "Processing 3 artists..." in home.batch("--dry-run").stdout
    env = {"MEDIAKEEP_BATCH_SIZE": "2"}
    told = home.call("process_music_batch", "--dry-run", env=env)
    assert "Processing 2 artists..." in told.stdout
    flag = home.call("process_music_batch", "--dry-run", "--batch-size", 1, env=env)
    assert "Processing 1 artist..." in flag.stdout


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("batchsize = 3\n", "batchsize"),
        ('batch_size = "many"\n', "batch_size"),
        ("batch_size = [\n", "Invalid value"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(home: Home, text: str, named: str) -> None:
    (home.path / "mediakeep.toml").write_text(text)
    done = home.batch()
    assert done.returncode == 2
    assert "mediakeep.toml" in done.stderr
    assert named in done.stderr


WRONG: tuple[tuple[object, ...], ...] = (
    ("--batch-size", 0),
    ("--workers", -1),
    ("--max-attempts", 0),
    ("--time-budget", "soon"),
    ("--artist", ""),
    ("--nonsense",),
)


def test_a_wrong_option_is_a_usage_error(home: Home) -> None:
    home.scan()
    for words in WRONG:
        done = home.batch(*words)
        assert done.returncode == 2, words
        assert str(words[0]).strip("-") in done.stderr or "name" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_batch_that_is_out_of_time_gives_the_rest_back(home: Home) -> None:
    home.scan()
    done = home.batch("--all", "--workers", 1, "--time-budget", "0.05s")
    assert done.returncode == 0
    counts = Counter(home.statuses().values())
    assert counts["pending"] >= 1
    assert counts["in_progress"] == 0


CALLS = (20, 75, 140), (5, 40, 80, 110, 150, 60)  # a batch of three makes 180 and more


@pytest.mark.loop
@pytest.mark.parametrize("calls", some(zip(CALLS, strict=True), 2), ids=[3, 6])
def test_killed_again_and_again_it_ends_with_every_artist_done_once(
    home: Home, tmp_path: Path, calls: tuple[int, ...]
) -> None:
    home.scan()
    for number in calls:
        gate = Gate(tmp_path / f"gate {number}", number)
        batch = subprocess.Popen(
            home.command("process_music_batch", "--batch-size", 3),
            stdout=subprocess.DEVNULL,
            env=environment(gate.environment),
        )
        gate.kill(batch)
    assert home.batch("--all").returncode == 0
    assert set(home.statuses().values()) == {"completed"}
    assert home.manage("--validate-queue").returncode == 0
    settles = Counter(
        json.loads(line)["item"]
        for path in (home.queue / "history").glob("*.jsonl")
        for line in path.read_text().splitlines()
        if json.loads(line)["op"] == "settle"
    )
    assert set(settles.values()) == {1}
    assert len(settles) == 14


def test_ctrl_c_ends_the_batch_after_the_running_artist(home: Home, tmp_path: Path) -> None:
    home.scan()
    gate = Gate(tmp_path / "gate", 2, names="replace", paths="issues/music/")
    batch = subprocess.Popen(
        home.command("process_music_batch", "--all", "--workers", 1),
        stdout=subprocess.PIPE,
        text=True,
        env=environment(gate.environment),
    )
    gate.reach(batch)
    batch.send_signal(signal.SIGINT)
    gate.open()
    assert batch.stdout
    rest = batch.stdout.read()
    assert batch.wait() == 130
    assert "BATCH STOPPED: " in rest
    counts = Counter(home.statuses().values())
    assert counts["in_progress"] == 0
    assert counts["pending"] > 0
    assert home.batch("--batch-size", 1).returncode == 0
    assert Counter(home.statuses().values())["completed"] == counts["completed"] + 1


def test_two_batches_at_once_share_the_work(home: Home) -> None:
    home.scan()
    command = home.command("process_music_batch", "--all", "--workers", 1)
    both = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment({}))
        for _ in range(2)
    ]
    lines = [line for one in both for line in one.communicate()[0].splitlines()]
    assert [one.returncode for one in both] == [0, 0]
    done = Counter(line.partition("] ")[2].partition(":")[0] for line in lines if line[0] == "[")
    assert len(done) == 14
    assert set(done.values()) == {1}
    logs = sorted(path.name for path in (home.queue / "session_logs").iterdir())
    assert [name[-7:] for name in logs] == ["001.log", "002.log"]
    assert home.manage("--validate-queue").returncode == 0


def test_on_a_terminal_a_bar_shows_how_far_it_is(home: Home) -> None:
    home.scan()
    parent, child = pty.openpty()
    command = home.command("process_music_batch", "--batch-size", 4)
    batch = subprocess.Popen(
        command, stdout=child, stderr=child, env=environment({"COLUMNS": "90"})
    )
    os.close(child)
    text = read_to_end(parent).decode()
    assert batch.wait() == 0
    assert re.search(r"━.*\d/4.*\d:\d\d:\d\d", text)
    assert text.rpartition("\x1b[2K")[2].startswith("BATCH COMPLETE")
    assert "BATCH COMPLETE: 4/14 artists" in text


def test_the_session_log_is_readable_line_by_line(home: Home) -> None:
    home.scan()
    home.batch("--batch-size", 2)
    (log,) = (home.queue / "session_logs").glob("*_session_001.log")
    lines = log.read_text().splitlines()
    for line in lines:
        assert re.match(
            r'\{"time":"\d{4}-\d\d-\d\dT[^"]+","level":"info","message":"[A-Z"$=.-]?', line
        )
    events = [json.loads(line) for line in lines]
    assert events[0]["message"] == "Batch started"
    assert events[0]["batch_size"] == 2
    assert events[-1]["message"] == "Batch ended: 2 of 2 items done"
    assert events[1]["seconds"] > 0


def test_every_fiftieth_item_is_a_checkpoint(few: Home) -> None:
    done = few.batch("--all", "--checkpoint-every", 2)
    assert done.returncode == 0
    names = sorted(path.name for path in (few.queue / "checkpoints").glob("*.json"))
    assert [name[-8:] for name in names] == ["002.json", "004.json", "006.json"]


def test_the_review_list_equals_one_made_anew(few: Home) -> None:
    home = few
    path = home.path / "outputs/manual_review_needed.json"
    for _ in range(3):
        home.batch("--batch-size", 2)
    grown = json.loads(path.read_text())
    path.unlink()
    home.batch()
    whole = json.loads(path.read_text())
    assert whole == {**grown, "queues": whole["queues"]}
    path.write_text("{ damaged")
    home.batch()
    again = json.loads(path.read_text())
    assert again["reviews"] == grown["reviews"]
    assert again["total"] == sum(len(entries) for entries in grown["reviews"].values()) > 10


def test_repairs_of_an_artist_that_failed_still_count_after_a_reset(home: Home) -> None:
    home.scan()
    name = home.snapshot()["artists"]["Salt_Pepper Choir"]["output_name"]
    report = home.path / f"issues/music/{name}_library_issues.md"
    report.mkdir(parents=True)
    failed = home.batch("--artist", "Salt_Pepper Choir")
    assert failed.returncode == 1
    assert f"{report}: Is a directory" in failed.stdout
    report.rmdir()
    home.ok("--reset-errors")
    done = home.batch("--artist", "Salt_Pepper Choir")
    assert done.returncode == 0, done.stderr
    assert "Auto-fixed: 4 issues" in done.stdout
    assert home.snapshot()["artists"]["Salt_Pepper Choir"]["auto_fixed"] == 4
