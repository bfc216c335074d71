"""What sessions of pipelines cost next to their processors, which hardly do anything here."""

from __future__ import annotations

import array
import functools
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import rounds, script_runs, table
from benchmarks.floor import Appended
from benchmarks.script_runs import Cost
from tests.pipelines import sample_processors
from tests.pipelines.pipeline_home import SCRIPTS

_ROOT = Path(__file__).parents[1]
_STEPS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("first", "misbehave", {"how": "nothing"}),
    ("quiet", "halve", {}),
    ("again", "halve", {"times": 2}),
    ("pieces", "cut", {"length": 60}),
)
_CHANGED = (*_STEPS[:2], ("again", "halve", {"times": 3}), _STEPS[3])
_WORKERS = 2
_SAMPLES = array.array("h", range(100))
_LINE = bytes(500)


class PipelineRuns:
    """A folder of WAV files, and the commands that run a pipeline on it."""

    def __init__(self, folder: Path, count: int) -> None:
        self._folder, self._count = folder, count
        (folder / "in").mkdir(parents=True)
        for number in range(count):
            sample_processors.write_samples(folder / f"in/{number:05}.wav", _SAMPLES)

    def run(self, steps: tuple[tuple[str, str, dict[str, Any]], ...] = _STEPS) -> Cost:
        """Run the pipeline to its end, in a new session."""
        config = self._folder / "pipeline.yaml"
        names = ("name", "processor", "params")
        values = {
            "name": "bench",
            "settings": {"output_dir": str(self._folder / "out")},
            "input": {"path": str(self._folder / "in")},
            "steps": [dict(zip(names, step, strict=True)) for step in steps],
        }
        config.write_bytes(msgspec.json.encode(values))  # JSON is YAML
        script = str(_ROOT / "utilities/audio_toolkit.py")
        line = [sys.executable, script, "pipeline", "run", "--config", str(config)]
        line += ["--home", str(self._folder / "home"), "--workers", str(_WORKERS)]
        modules = (_ROOT, _ROOT / "utilities", SCRIPTS)
        paths = os.pathsep.join(map(str, modules))
        return script_runs.run(line, {"PYTHONPATH": paths, "NOTES": str(self._folder)})

    def take_calls(self) -> Counter[str]:
        """Return how often each processor was called since the last call."""
        path = self._folder / "calls"
        names = [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []
        path.unlink(missing_ok=True)
        return Counter(name for name in names if name != "open")

    def process(self) -> None:
        """Call the processors for each file, one after the other, without any record."""
        out = self._folder / "bare"
        out.mkdir()
        resource = {"divisor": 2}
        for path in sorted((self._folder / "in").iterdir()):
            (first,) = sample_processors.misbehave(path, out, how="nothing", only="").output_paths
            for times in (1, 2):
                sample_processors.halve(first, out, times=times, suffix="none", resource=resource)
            sample_processors.cut(first, out, length=60, labels="")


def run(home: Path, *, full: bool) -> None:
    """Run a pipeline of four steps, again, and with one parameter changed."""
    count = 10_000 if full else 1_000
    start = PipelineRuns(home / "start", 1).run()
    runs = PipelineRuns(home / "runs", count)
    append = functools.partial(Appended(home / "appended").write, _LINE)
    synced = rounds.each(lambda _: append(), range(200))
    bare = sum(rounds.once(runs.process))
    runs.take_calls()
    cases = {"first run": _STEPS, "second run": _STEPS, "third step changed": _CHANGED}
    costs = {name: (runs.run(steps), runs.take_calls()) for name, steps in cases.items()}
    synced += rounds.each(lambda _: append(), range(200))
    first, tasks = costs["first run"][0], count * len(_STEPS)
    wall, cpu = first.seconds - start.seconds, first.cpu - start.cpu
    rows = [
        [
            name,
            f"{cost.seconds:.2f}",
            f"{cost.cpu:.2f}",
            f"{cost.seconds / first.seconds:.3f}",
            f"{cost.cpu / first.cpu:.3f}",
            ", ".join(f"{number:,} {one}" for one, number in called.items()) or "none",
        ]
        for name, (cost, called) in costs.items()
    ]
    table.show(
        f"{count:,} files, {len(_STEPS)} steps, {_WORKERS} workers",
        ("", "s", "CPU s", "to first", "CPU to first", "calls of processors"),
        rows,
        f"Engine: {1e3 * (wall - bare / _WORKERS) / tasks:.2f} ms and"
        f" {1e3 * (cpu - bare) / tasks:.2f} ms of CPU for each file and step of the first run,"
        f" without the start ({start.seconds:.2f} s)",
        f"and the processors ({1e3 * bare / tasks:.2f} ms). Append+sync of {len(_LINE)} bytes:"
        f" {table.spread(synced, 1, 1e3)} ms.",
        "Goals: 8 ms of engine; a second run of 1,000 files in 2 s, without a call; with a step"
        " changed, calls of it and of those after it only.",
    )
