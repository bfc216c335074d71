"""The dashboard as people meet it: in a terminal, in a pipe, as JSON, and when things are wrong."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediakeep.queue import store
from mediakeep.views.summary import QueueStatus
from tests.commands.conftest import DOORS, Home, environment, obeying_permissions
from tests.crash.gate import Gate
from tests.sampling import some
from tests.vt import Terminal

ROOT = Path(__file__).parents[2]
ENTER, LEAVE = b"\x1b[?1049h", b"\x1b[?1049l"


def terminal(home: Home, columns: int = 80, lines: int = 24, **env: str) -> Terminal:
    settings = {"TERM": "xterm-256color", "PYTHONUTF8": "1", **env}
    kept = {key: value for key, value in environment(settings).items() if key != "COLUMNS"}
    return Terminal(home.command("media_dashboard"), kept, columns, lines)


def has(*parts: str) -> Callable[[str], bool]:
    return lambda text: all(part in text for part in parts)


def summary(home: Home) -> dict[str, Any]:
    return json.loads(home.ok("--show-summary", "--json"))


# In a terminal


@pytest.mark.long
def test_the_board_follows_a_batch_and_ends_with_what_the_summary_says(
    home: Home, tmp_path: Path
) -> None:
    home.scan()
    gate = Gate(tmp_path / "gate", 3, names="replace", paths="issues/music/")
    with terminal(home, 200, 60) as shown:
        shown.until(has("0 of 14 artists completed", "14 pending"))
        batch = subprocess.Popen(
            home.command("process_music_batch", "--all"),
            stdout=subprocess.DEVNULL,
            env=environment(gate.environment),
        )
        gate.reach(batch)
        shown.until(has("1 session at work", "in progress"))
        gate.open()
        while batch.poll() is None:
            shown.read()
        assert batch.returncode == 0
        told = summary(home)
        assert told["counts"]["completed"] == 14
        issues = [f"{number:,}  {kind}" for kind, number in told["issues"].items()]
        shown.until(
            has(
                "14 of 14 artists completed (100.0%)",
                f"{sum(told['issues'].values()):,} open issues, {told['notes']:,} notes",
                f"{told['reviews']:,} wait for you",
                f"{told['per_hour']:,.0f} artists an hour",
                *issues,
                "no session at work",
                "ended",
            )
        )
        shown.type(b"q")
        assert shown.end() == 0
        assert shown.clean


def test_who_works_on_what_is_shown_and_a_killed_batch_is_shown_as_dead(home: Home) -> None:
    home.scan()
    slow = environment({"PYTHONPATH": str(ROOT)})
    code = (
        "import sys, time; sys.path.insert(0, sys.argv[1]);"
        "from pathlib import Path; from mediakeep.music.item import MUSIC;"
        "from mediakeep.queue import queue;"
        "found = queue.Queue.open(queue.locate_queue(Path(sys.argv[2])), MUSIC);"
        "session = found.begin_session(); key = found.claim(1)[0].key; session.begin_item(key);"
        "session.note_progress(key, 3, 40); session._write_live_file(); print(key, flush=True); "
        "time.sleep(600)"
    )
    line = [sys.executable, "-c", code, str(DOORS), str(home.queue)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, env=slow) as batch:
        assert batch.stdout
        key = batch.stdout.readline().strip()
        try:
            with terminal(home, 120, 40) as shown:
                working = ("Now: 1 session at work", key[:12], "3 of 40", "1 in progress")
                shown.until(has(*working))
                batch.kill()
                batch.wait()
                shown.until(has("Now: no session at work", "dead ", f"process {batch.pid}"))
        finally:
            batch.kill()


def test_a_window_of_another_size_is_filled_at_once(finished: Home) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1));"
        "from mediakeep.commands import media_dashboard as board;"
        "board.REFRESH_INTERVAL = 3600; board.main()"  # it is not drawn anew for any other reason
    )
    line = [sys.executable, "-c", code, str(DOORS), "--home", str(finished.path)]
    kept = {key: value for key, value in environment({}).items() if key != "COLUMNS"}
    with Terminal(line, {**kept, "TERM": "xterm-256color", "PYTHONUTF8": "1"}) as shown:
        shown.until(has("14 of 14 artists completed", "q or Ctrl-C ends this."))
        for columns, lines in ((120, 40), (40, 12), (20, 5), (200, 60)):
            shown.resize(columns, lines)
            shown.until(has("14 of 14"))
        shown.until(has("14 of 14", "Disk"))  # a frame may arrive in parts
        assert shown.program.poll() is None


@pytest.mark.parametrize(
    ("number", "code"),
    some([(signal.SIGTERM, 130), (signal.SIGINT, 130), (signal.SIGHUP, 130)], 3),
    ids=lambda one: str(one),
)
def test_a_signal_ends_it_and_leaves_the_terminal_clean(
    number: signal.Signals, code: int, finished: Home
) -> None:
    with terminal(finished) as shown:
        shown.until(has("ends this."))
        assert shown.screen.modes["1049"]
        assert not shown.screen.modes["25"]
        shown.program.send_signal(number)
        assert shown.end() == code
        assert shown.clean
        assert "Traceback" not in shown.screen.printed


@pytest.mark.parametrize("key", some([b"\x03", b"\x1c"], 2), ids=["Ctrl-C", "Ctrl-backslash"])
def test_what_ends_any_program_ends_it_when_typed(key: bytes, finished: Home) -> None:
    with terminal(finished) as shown:
        shown.until(has("ends this."))
        shown.type(key)
        assert shown.end() == 130
        assert shown.clean


def test_a_window_that_is_closed_ends_it(finished: Home) -> None:
    with terminal(finished) as shown:
        shown.until(has("ends this."))
        assert shown.hang_up() == 130


def test_ctrl_z_gives_the_terminal_back_meanwhile(finished: Home) -> None:
    with terminal(finished) as shown:
        shown.until(has("ends this."))
        shown.raw = b""
        shown.program.send_signal(signal.SIGTSTP)
        for sign in (LEAVE, ENTER):  # it does not stop: nobody would let it go on
            shown.until(lambda _, sign=sign: sign in shown.raw)
        shown.until(has("14 of 14"))
        assert shown.raw.index(LEAVE) < shown.raw.index(ENTER)
        shown.type(b"\x03")
        assert shown.end() == 130
        assert shown.clean


def test_a_crash_leaves_the_terminal_clean() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]);"
        "from rich.console import Console\n"
        "from mediakeep.commands.display.screen import FullScreen\n"
        "with FullScreen(Console()) as shown:\n"
        "    shown.show('about to crash')\n"
        "    shown.wait(0.5)\n"
        "    raise RuntimeError('the worst')"
    )
    line = [sys.executable, "-c", code, str(DOORS)]
    with Terminal(line, environment({"TERM": "xterm"})) as shown:
        shown.until(has("about to crash"))
        assert shown.end() == 1
        assert shown.clean
        assert "RuntimeError: the worst" in shown.screen.printed


def test_the_clock_of_the_board_goes_on(finished: Home) -> None:
    with terminal(finished) as shown:
        shown.until(has("ends this."))
        clock = shown.screen.text.splitlines()[0]
        shown.until(lambda text: text.splitlines()[0] != clock)


def test_colour_is_an_addition_that_can_be_refused(finished: Home) -> None:
    texts = []
    for more, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        with terminal(finished, 80, 50, **more) as shown:
            texts.append(shown.until(has("Progress", "ends this.")).splitlines()[1:20])
            assert (b"\x1b[1;36m" in shown.raw) is coloured
            assert (b";3" in shown.raw or b"\x1b[3" in shown.raw) is coloured
    assert texts[0] == texts[1]


def test_a_dumb_terminal_gets_it_once_without_any_sequence(finished: Home) -> None:
    with terminal(finished, TERM="dumb") as shown:
        assert shown.end() == 0
        assert b"\x1b" not in shown.raw
        assert b"14 of 14 artists completed" in shown.raw


def test_a_terminal_that_knows_ascii_alone_gets_no_more(finished: Home) -> None:
    more = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    with terminal(finished, 80, 40, PYTHONIOENCODING="ascii", **more) as shown:
        text = shown.until(has("14 of 14", "ends this."))
        assert text.isascii()
        assert "Progress ---" in text
        assert "---- 14 of 14" in text


def test_a_hostile_name_steers_nothing(home: Home) -> None:
    evil = home.music / "Evil\x1b[2J\x1b]0;title\x07\u202e\x9b31m"
    (home.music / "Velvet Harbour").rename(evil)
    home.scan()
    done = home.batch("--artist", evil.name)
    assert done.returncode == 0, done.stderr
    with terminal(home, 120, 40) as shown:  # it knows no sequences but ours, and fails at others
        shown.until(has("Lately", "completed", r"Evil\x1b[2J\x1b]0;"))
        shown.type(b"q")
        assert shown.end() == 0


@pytest.mark.slow
def test_damage_is_shown_while_it_lasts_and_the_board_goes_on(finished: Home) -> None:
    file = finished.queue / "processing_queue.json"
    good = file.read_bytes()
    with terminal(finished, 100, 30) as shown:
        shown.until(has("14 of 14"))
        file.write_bytes(good[:-100])
        shown.until(has("The music queue cannot be read", "--repair"))
        file.write_bytes(good)
        shown.until(lambda text: "14 of 14" in text and "cannot be read" not in text)
        shutil.move(finished.queue, finished.path / "gone")
        shown.until(has("There is no music queue"))
        shutil.move(finished.path / "gone", finished.queue)
        shown.until(has("14 of 14"))


def test_a_restored_checkpoint_shows_at_once(finished: Home) -> None:
    finished.ok("--checkpoint")
    (kept,) = sorted((finished.queue / "checkpoints").glob("*.json"))[-1:]
    finished.ok("--reset-all", "--yes")
    with terminal(finished) as shown:
        shown.until(has("0 of 14 artists completed"))
        shutil.copy(kept, finished.queue / "processing_queue.json")
        shown.until(has("14 of 14 artists completed"))


# In a pipe


def test_in_a_pipe_it_is_printed_once_and_in_plain_text(finished: Home) -> None:
    told = summary(finished)
    for words in ((), ("--once",), ("--once", "--kind", "music")):
        show = finished.call if words else finished.run
        done = show("media_dashboard", *words)
        assert done.returncode == 0, done.stderr
        assert "\x1b" not in done.stdout
        assert "14 of 14 artists completed (100.0%)" in done.stdout
        assert f"{told['reviews']} wait for you" in done.stdout
        assert max(map(len, done.stdout.splitlines())) <= 80
        assert all(kind in done.stdout for kind in told["issues"])


def test_it_takes_no_lock(finished: Home) -> None:
    with (finished.queue / store.LOCK_FILE).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = finished.call("media_dashboard", "--once")
    assert done.returncode == 0
    assert "14 of 14" in done.stdout


def test_json_holds_the_summary_and_all_that_the_board_shows(finished: Home) -> None:
    (told,) = json.loads(finished.call("media_dashboard", "--json").stdout)
    standing = summary(finished)
    assert {name: told[name] for name in standing} == standing
    assert set(standing) == set(QueueStatus.__struct_fields__) - {"stages", "sources"}  # of jobs
    assert told["this_week"]["completed"] == told["today"]["completed"] == 14
    assert told["this_week"] == told["weeks"][-1]
    assert sum(told["this_week"]["new"].values()) == sum(standing["issues"].values())
    assert told["estimate"] is None  # nothing is left
    assert told["troubles"] == told["live"] == []
    assert [one["settled"] for one in told["sessions"]] == [14]
    assert told["recent"][0]["op"] == "end"
    assert {room["what"] for room in told["disk"]["rooms"]} == {"home, music library"}
    undo = finished.path / "status" / "undo"
    sizes = [path.lstat().st_size for path in undo.rglob("*") if not path.is_dir()]
    assert told["disk"]["sizes"]["undo"] == {"bytes": sum(sizes), "whole": True}


# When things are wrong


def test_an_unknown_kind_is_refused_with_those_that_there_are(finished: Home) -> None:
    done = finished.call("media_dashboard", "--kind", "opera")
    assert done.returncode == 2
    assert 'Unknown kind "opera". Known kinds: music' in done.stderr


def test_before_there_is_a_queue_the_cure_is_named(home: Home) -> None:
    for words in (("--once",), ("--json",), ("--kind", "music")):
        done = home.call("media_dashboard", *words)
        assert done.returncode == 2
        assert "--scan PATH" in done.stderr or "--scan" in done.stderr
        assert done.stdout == ""
    with terminal(home) as shown:
        assert shown.end() == 2
        assert "There is no music queue" in shown.screen.printed
        assert ENTER not in shown.raw


def test_a_damaged_queue_is_told_with_its_cure(finished: Home) -> None:
    file = finished.queue / "processing_queue.json"
    file.write_bytes(file.read_bytes()[:-100])
    for word in ("--once", "--json"):
        done = finished.call("media_dashboard", word)
        assert done.returncode == 3
        assert "--repair" in done.stderr
        assert done.stdout == ""


def test_who_may_not_write_sees_the_same(finished: Home) -> None:
    plain = finished.call("media_dashboard", "--once").stdout.splitlines()[1:5]
    os.remove(finished.queue / "history.db")
    for folder in (finished.queue, finished.queue / "history"):
        folder.chmod(0o555)
    try:
        with obeying_permissions():
            done = finished.call("media_dashboard", "--once")
    finally:
        for folder in (finished.queue, finished.queue / "history"):
            folder.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1:5] == plain
