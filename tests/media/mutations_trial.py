"""Damaged files put on trial: a process reads them, and what it says or how it ends is judged."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.media import mutations, mutations_child
from tests.media.mutations import Recipe
from tests.media.mutations_child import Limits

_ROOT = Path(__file__).parents[2]
_ENDS = {
    signal.SIGPROF: "it worked on without end",
    signal.SIGALRM: "it waited without end",
    signal.SIGKILL: "the system killed it",
    signal.SIGSEGV: "it crashed",
}


@dataclass
class Verdict:
    """What was found: faults in words with their recipes, and the most that one file cost."""

    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: str = ""
    memory: int = 0  # bytes that it grew by
    largest: str = ""

    def hear(self, word: str, what: str, text: str) -> None:
        """Take in what a process told."""
        if word == "fault":
            self.faults.append(f"{what}: {text}")
        elif word == "longest" and float(text) > self.seconds:
            self.seconds, self.slowest = float(text), what
        elif word == "largest" and int(text) > self.memory:
            self.memory, self.largest = int(text), what


def hold(recipes: Sequence[Recipe], readers: str, folder: Path, limits: Limits) -> Verdict:
    """Have all files read; where the process dies, another one goes on behind."""
    verdict, left = Verdict(), list(recipes)
    while left:
        done = _run(left, readers, folder, limits)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        for words in told:
            verdict.hear(*words)
        if told and told[-1][0] == "end":
            return verdict
        steps = [what for word, what, _ in told if word == "step"]
        assert steps, done.stderr
        verdict.faults.append(f"{steps[-1]}: {_end(done)}")
        left = left[_behind(left, steps[-1]) :]
    return verdict


def _run(
    recipes: Sequence[Recipe], readers: str, folder: Path, limits: Limits
) -> subprocess.CompletedProcess[str]:
    for path in folder.iterdir():
        path.unlink()
    line = [sys.executable, "-m", mutations_child.__name__, readers, str(folder)]
    return subprocess.run(
        [*line, json.dumps(asdict(limits))],
        input="\n".join(map(str, recipes)),
        cwd=_ROOT,
        env={"PYTHONPATH": f"{_ROOT / 'utilities'}:{_ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )


def _end(done: subprocess.CompletedProcess[str]) -> str:
    if done.returncode < 0:
        number = signal.Signals(-done.returncode)
        return _ENDS.get(number, f"it was ended by {number.name}")
    return f"it ended with {done.returncode}: {done.stderr[-300:]}"


def _behind(recipes: Sequence[Recipe], step: str) -> int:
    """Say how many files are done with, the last step having been the end of a process."""
    last = mutations.recipe(step.partition(": ")[2].rpartition("; ")[2])
    return list(recipes).index(last) + 1
