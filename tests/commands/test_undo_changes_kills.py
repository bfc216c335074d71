"""Taking back is killed at any moment; the same command again ends in the same bytes."""

from __future__ import annotations

import random
import signal
import subprocess
from itertools import cycle
from pathlib import Path

import pytest

from mediakeep.commands.undo_changes import main
from tests.commands.conftest import environment
from tests.commands.repaired import Library, Stock
from tests.crash import faults, tagger
from tests.crash.faults import AFTER, BEFORE, TORN
from tests.crash.gate import Gate, count
from tests.crash.tap import FileCall, Tap, ignore, named
from tests.sampling import some

SELECTORS = [("--session", "last"), ("--artist", "Vera"), ("--since", "2h")]


def _copy(call: FileCall) -> bool:
    return call.path.endswith(".tmp") and "Dawn" in call.path


def _record(call: FileCall) -> bool:
    return call.path.endswith(".jsonl") and "status/undo" in call.path


def _queue(call: FileCall) -> bool:
    return "processing_queue.journal" in call.path


# The points of each file, and those of the artists that are taken, read again and settled.
POINTS: dict[str, faults.Moment] = {
    "artists taken": (AFTER, named("pwrite", _queue)),
    "copy made": (AFTER, named("open", _copy)),
    "copy torn": (TORN, named("write", _copy)),
    "after sync": (AFTER, named("sync", _copy)),
    "record torn": (TORN, named("pwrite", _record)),
    "record synced": (AFTER, named("sync", _record)),
    "before rename": (BEFORE, named("replace", _copy)),
    "after rename": (AFTER, named("replace", _copy)),
    "folder synced": (AFTER, named("fsync", lambda call: call.path.endswith("Dawn"))),
    "report written": (AFTER, lambda call: call.name == "replace" and "issues" in call.target),
    "reviews written": (BEFORE, lambda call: call.target.endswith("manual_review_needed.json")),
}
ONCE = dict.fromkeys(["artists taken", "report written", "reviews written"], 1)  # else twice


def _undo(words: list[str], point: str, times: int) -> None:
    """Run the command until it comes to a point for the nth time, and die there."""
    when, fits = POINTS[point]
    left = times

    def come(call: FileCall) -> None:
        nonlocal left
        left -= fits(call)
        if fits(call) and left <= 0:
            faults.write_partly(call, 0.5) if when == TORN else faults.die()

    with Tap(ignore if when == AFTER else come, come if when == AFTER else ignore):
        main(words, standalone_mode=False)


@pytest.mark.parametrize(("point", "words"), some(zip(POINTS, cycle(SELECTORS), strict=False), 6))
def test_killed_at_a_named_point_the_same_command_goes_on_from_there(
    library: Library, point: str, words: tuple[str, ...]
) -> None:
    given = ["--home", str(library.home.path), *words]
    process = tagger.context.Process(target=_undo, args=(given, point, ONCE.get(point, 2)))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL, f"it never came to: {point}"
    begun = library.restored()
    library.ok(*words)
    expected = {path.name for path in library.changed if words[1] != "Vera" or "Vera" in path.parts}
    assert begun <= library.restored() == expected
    found = library.now()
    assert library.home.batch("--all").returncode == 0  # makes nothing again
    assert library.now() == found
    for session in (one["session"] for one in library.data("--list") if one["took_back"]):
        library.ok("--session", session)
    assert library.now() == library.after


def _start(library: Library, gate: Gate) -> subprocess.Popen[str]:
    return subprocess.Popen(
        library.home.command("undo_changes", "--session", "last"),
        env=environment(gate.environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.loop
@pytest.mark.parametrize(("albums", "kills"), some([(5, 3), (8, 5)], 2))
def test_killed_at_any_time_again_and_again_it_ends_in_the_same_bytes(
    tmp_path: Path, albums: int, kills: int
) -> None:
    stock, chance = Stock(tmp_path, albums), random.Random("kills")
    library = stock.library()
    line = library.home.command("undo_changes", "--session", "last")
    calls = count(tmp_path / "counted", line, environment({}))
    assert calls > 20 * len(library.changed) / 2
    library = stock.library()
    for number in range(kills):  # each leaves enough to do for those that follow
        gate = Gate(tmp_path / f"gate {number}", chance.randrange(1, calls // (kills + 1)))
        gate.kill(_start(library, gate))
        library.restored()
    library.ok("--session", "last")
    assert library.now() == library.before
    assert library.home.manage("--validate-queue").returncode == 0


@pytest.mark.parametrize("number", some([signal.SIGINT, signal.SIGTERM], 2))
def test_stopped_it_ends_after_the_file_at_work_and_goes_on_when_it_is_run_again(
    tmp_path: Path, number: signal.Signals
) -> None:
    library = Stock(tmp_path, albums=8).library()
    gate = Gate(tmp_path / "gate", 3, names="replace", paths="music/")
    process = _start(library, gate)
    gate.reach(process)
    process.send_signal(number)
    gate.open()
    told, errors = process.communicate(timeout=60)
    assert process.returncode == 130, errors
    assert "Stopped. Run the same command to continue.\nRedo with: " in told
    found = library.now()
    assert 0 < sum(found[path] == library.before[path] for path in library.changed) < 40
    assert library.home.statuses() == {"Anna": "completed", "Vera": "completed"}
    library.ok("--session", "last")
    assert library.now() == library.before
