"""Kill sessions at calls that change files: each step is recorded once, little is done twice."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from pathlib import Path

import pytest

from mediakeep.app.pipelines.sessions import SessionState
from tests import quick_start
from tests.crash.gate import Gate
from tests.pipelines.pipeline_home import SAMPLES, PipelineHome, step

WORKERS = 2
STEPS = (
    step("first", "misbehave", how="nothing"),
    step("quiet", "halve"),
    step("again", "halve", times=2),
    step("pieces", "cut", length=60),
)
_CALLS = {
    "an output gets its name": ("link", r"/out/[^.]"),
    "a record is written": ("replace", r"/state/"),
    "a folder is created": ("mkdir", r"/out/"),
    "an output is removed from its scratch folder": ("unlink", r"/out/\."),
    "the queue is written": ("sync", r"processing_queue.journal"),
}


def run_killed(home: PipelineHome, words: tuple[object, ...], gate: Gate) -> bool:
    """Run a command until a call waits, and kill it; return False if it ended before."""
    process = home.start(*words, "--workers", WORKERS, **home.add_gate(gate))
    if reached := gate.wait(process):
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    gate.open()  # for its workers, which end with it
    return reached


def check_all(home: PipelineHome, files: int, kills: int, calls: Counter[str]) -> None:
    """Check that all steps are recorded once, and that what was done twice is little."""
    info = home.session
    assert info.counts == {"completed": files}
    assert len(home.list_sessions()) == 1
    ends = home.count_stage_ends()
    assert {name for name, count in ends.items() if count > 1} == set()
    assert len(ends) == files * len(STEPS)
    assert sum(calls.values()) >= files * len(STEPS)
    assert sum(calls.values()) <= files * len(STEPS) + kills * WORKERS
    assert max(calls.values()) <= 2 + kills
    expected = [sample // 2 // 4 for sample in SAMPLES]
    for number in (0, files // 2, files - 1):
        assert home.read_output(f"{number:04}_001.wav") == expected[:60]
        assert home.read_output(f"{number:04}_002.wav") == expected[60:]
    assert len(home.list_outputs()) == files * 5
    assert not list(home.output.glob(".*"))


def run_kills(home: PipelineHome, files: int, kills: int) -> int:
    """Kill a session often, at calls spread over its work; return the number of kills."""
    home.write(*(f"{number:04}.wav" for number in range(files)))
    words: tuple[object, ...] = ("--config", home.configure(*STEPS))
    chance, done, points = random.Random(files), 0, list(_CALLS.values())
    while done < kills:
        names, paths = points[done % len(points)]
        at = chance.randint(1, max(1, 2 * files // kills))
        if not run_killed(home, words, Gate(home.root / f"g{done}", at, names=names, paths=paths)):
            break
        done += 1
        if home.list_sessions():  # else it was killed before it had a queue
            assert home.session.state in (SessionState.PAUSED, SessionState.PENDING)
            words = ("--resume",)
    home.run(*words)
    return done


@pytest.mark.loop
def test_a_session_is_killed_at_each_kind_of_call(tmp_path: Path) -> None:
    home = PipelineHome(tmp_path)
    kills = run_kills(home, 24, 10)
    assert kills == 10
    check_all(home, 24, kills, home.take_calls())


@pytest.mark.slow
@pytest.mark.loop
def test_1000_files_with_4_steps_are_killed_30_times(tmp_path: Path) -> None:
    home = PipelineHome(tmp_path)
    kills = run_kills(home, 1000, 30)
    assert kills == 30
    check_all(home, 1000, kills, home.take_calls())


@pytest.mark.long
def test_a_worker_that_dies_once_is_no_failure(tmp_path: Path) -> None:
    home = PipelineHome(tmp_path)
    home.write("0000.wav", "0001.wav")
    gate = Gate(home.root / "gate", 1, names="link", paths=r"/out/[^.]")
    with quick_start.suspend():  # so that its only child is the worker
        process = home.start(
            "--config", home.configure(*STEPS), "--workers", 1, **home.add_gate(gate)
        )
    gate.reach(process)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    (worker,) = map(int, children)
    os.kill(worker, signal.SIGKILL)
    gate.open()
    out, err = process.communicate()
    assert process.returncode == 0, out + err
    assert home.session.counts == {"completed": 2}
