"""Jobs and pipelines on a cluster that fails: nothing recorded is done again, as without one."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from tests import job_home, job_kinds, job_loop, quick_start
from tests.audiobooks import books
from tests.cluster.machines import Machines, choose_faults, open_machines
from tests.job_home import JobHome
from tests.job_kinds import EpisodeHome
from tests.pipelines.pipeline_home import step
from tests.pipelines.toolkit_runs import SAMPLES, ToolkitRuns
from tests.sampling import some

pytestmark = pytest.mark.needs("distributed")

FAULTS = 5  # in each loop
FAILED = 4  # the exit code of a batch that lost its scheduler
WAIT = ("--scheduler-timeout", "15s")
FILES = 40


def run_to_the_end(machines: Machines, run: Callable[[], int], random: Random) -> None:
    """Run a command until a run ends well; what fails is what `random` says."""
    names = choose_faults(random, FAULTS)
    for _ in range(2 * FAULTS):
        machines.start()
        with machines.disturb(random, names):
            code = run()
        if code != FAILED:
            print(f"{FAULTS - len(names)} failures")
            return
    pytest.fail("no run continues")


def read_published(home: JobHome[Any]) -> dict[str, object]:
    """Return the contents of what is published by name: of a video its hash, of Ogg its sound."""
    if isinstance(home, EpisodeHome):
        return {video.title: video.sha256 for video in home.services.youtube.videos()}
    found = job_home.contents(home.output)
    return {
        # The serial number of a stream in Ogg is random.
        name: books.decode_left(home.output / name) if name.endswith(".opus") else data
        for name, data in found.items()
        if not name.endswith(".json")
    }


@pytest.mark.loop
@pytest.mark.parametrize("seed", some(range(4), 4))
@pytest.mark.parametrize("kind", ["albums", "audiobooks", "episodes"])
def test_jobs_are_done_once_whatever_fails_and_as_without_a_cluster(
    tmp_path: Path, kind: str, seed: int
) -> None:
    lives = {}
    for name in ("pool", "cluster"):
        lives[name] = job_loop.Life(job_kinds.HOMES[kind](tmp_path / name), Random(seed))
    lives["pool"].finish()
    life, faults = lives["cluster"], list[str]()
    # Episodes have that setting in their home.
    words = WAIT if kind == "episodes" else (*WAIT, "--retry-delay", "0")

    with quick_start.suspend(), open_machines(tmp_path) as machines:

        def run() -> int:
            code = life.finish("--scheduler", machines.address, *words, codes=(0, 1, FAILED))
            faults.extend(life.check())
            return code

        run_to_the_end(machines, run, Random(seed))
    faults += life.check(done=True)
    assert faults == []
    assert read_published(life.home) == read_published(lives["pool"].home)


@pytest.mark.loop
@pytest.mark.parametrize("seed", some(range(4), 4))
def test_pipelines_are_done_whatever_fails_and_as_without_a_cluster(
    tmp_path: Path, seed: int
) -> None:
    runs = ToolkitRuns(tmp_path)
    for number in range(FILES):
        runs.write_sound(f"in/{number:02}.wav")
    steps = (
        step("quiet", "halve"),
        step("again", "halve", times=2),
        step("pieces", "cut", length=999),
    )
    for name in ("pool", "cluster"):
        values = {
            "name": name,
            "settings": {"output_dir": str(tmp_path / name)},
            "input": {"path": str(tmp_path / "in")},
            "steps": steps,
        }
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(values))
    runs.ok("pipeline", "run", "--config", "pool.yaml")
    plugins = {"PYTHONPATH": os.pathsep.join([str(SAMPLES), job_home.environment()["PYTHONPATH"]])}
    with quick_start.suspend(), open_machines(tmp_path, plugins) as machines:

        def run() -> int:
            words: tuple[str, ...] = ("pipeline", "run", "--config", "cluster.yaml", "--resume")
            done = runs.run(*words, "--scheduler", machines.address, *WAIT)
            assert done.returncode in (0, FAILED), done.stderr
            return done.returncode

        run_to_the_end(machines, run, Random(seed))
    found, expected = (job_home.contents(tmp_path / name) for name in ("cluster", "pool"))
    assert len(expected) > FILES
    assert found == expected
    info = runs.data("sessions", "info")
    assert info["state"] == "completed"
