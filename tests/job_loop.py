"""Batches of jobs that are killed again and again, and what must hold after each kill.

A life is a home with whole jobs and a damaged one, which is processed to the end by commands that
are killed at one of their calls that change files. The call is drawn at random, or it is at a named
point: so no kill depends on how fast the machine is. If jobs of a kind can wait, they do in the
first half of a life; then they are released.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mediakeep.item import Status
from mediakeep.queue import journal
from mediakeep.queue.history import event_log
from tests import job_home, job_notes
from tests.crash.gate import Gate
from tests.job_home import JobHome
from tests.job_notes import NotingFactory

RANDOM = "at random"
# Names and paths of calls, see `Gate`; each kind has some of its own.
POINTS = {
    "before a commit": ("pwrite|write", r"processing_queue\.journal/"),
    "before a commit is synced": ("sync", r"processing_queue\.journal/"),
    "before the snapshot is replaced": ("replace", r"processing_queue\.json$"),
    RANDOM: (".", "/(home|library|output|archive)/"),
}
# The call is one of the first so many.
_CALLS = {RANDOM: 150, "before a commit": 9, "before a commit is synced": 9}
_NAMES = ("Alpha", "Beta")
_BROKEN = "Broken"


class Witness:
    """Compares what workers of a home note with what was recorded before."""

    def __init__(self, home: JobHome[Any]) -> None:
        self._home, self._noted = home, 0
        self._reached: dict[str, int] = {}  # the number of the stage of each item
        self._parts: list[list[str]] = []  # recorded ones, as they are noted
        self._last: dict[str, list[str]] = {}  # the last note on each item

    def forget(self, key: str) -> None:
        """Let an item begin again, as it was reset."""
        self._reached.pop(key, None)
        self._parts = [part for part in self._parts if part[1] != key]

    def check(self) -> Iterator[str]:
        """Yield what was done again after it had been recorded, since the last check."""
        notes, table = job_notes.read_notes(self._home.root), self._home.kind.stages
        for note in notes[self._noted :]:
            what, key, stage, last = note
            before, self._last[key] = self._last.get(key), note
            if what == "call" and table.position(stage) < self._reached.get(key, 0):
                yield f"{key} came to {stage} after its end had been recorded"
            if note in self._parts:
                yield f"{' '.join(note)} ran again after it had been recorded"
            follows_itself = stage in table.find_stage(stage).next_stages
            if what == "call" and (last == "results" or (follows_itself and before == note)):
                # the stage goes on, or begins again, and may have the same parts
                self._parts = [part for part in self._parts if part[1] != key]
        self._noted = len(notes)
        for key, item in self._home.items().items():
            stage = table.get_current_stage(item.processing_stage, item.failed_stage)
            is_done = item.status is Status.COMPLETED
            self._reached[key] = len(table.stages) if is_done else table.position(stage)
            self._parts += job_notes.list_recorded_parts(key, stage, item)


@dataclass
class Result:
    """The kills of a loop by point, the lives, and what was wrong."""

    kills: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    faults: list[str] = field(default_factory=list)


class Life:
    """A home that is processed to the end by commands."""

    def __init__(self, home: JobHome[Any], chance: random.Random, fault: str = "") -> None:
        self.home, self._chance, self._fault, self._gates = home, chance, fault, 0
        home.make(*_NAMES)
        home.make(_BROKEN, tracks=1, damaged=1)
        self._before = job_home.contents(home.library)
        home.prepare()
        # A fault is planted in the process of the batch.
        self._words = ["--all", "--workers", "1" if fault else str(chance.choice((1, 2)))]
        for words in home.loop_words():
            self._words += chance.choice(((), words)) if words[0] in home.may_miss else words
        self.points = {**POINTS, **home.loop_points}
        self._witness = Witness(home)

    def kill_once(self, point: str, *more: str) -> bool:
        """Run a batch and kill it at a point; return False if it ended before."""
        names, paths = self.points[point]
        self._gates += 1
        at = self._chance.randrange(_CALLS.get(point, 2)) + 1
        gate = Gate(self.home.root / f"gate{self._gates}", at, names=names, paths=paths)
        process = subprocess.Popen(
            self._command(*more),
            env={**job_home.environment(), **gate.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        if gate.wait(process):
            gate.kill(process, group=self._chance.choice((True, False)))
            return True
        _, errors = process.communicate(timeout=job_home.PATIENCE)
        assert process.returncode in (0, 1), errors
        assert "Traceback" not in errors, errors
        return False

    def _command(self, *more: str) -> list[str]:
        command = self.home.command(self.home.kind.batch_script, *self._words, *more)
        notes = (job_notes.__file__, self._fault, str(self.home.root), self.home.kind.name)
        return [command[0], *notes, *command[1:]]

    def finish(self, *more: str, codes: Collection[int] = (0, 1)) -> int:
        """Run a batch to its end, and return its exit code, one of `codes`."""
        done = subprocess.run(
            self._command(*more),
            env=job_home.environment(),
            capture_output=True,
            text=True,
            timeout=job_home.PATIENCE,
        )
        assert done.returncode in codes, done.stderr
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode

    def check(self, *, done: bool = False) -> Iterator[str]:
        """Yield what is wrong after a kill, or at the end."""
        yield from self._witness.check()
        for name in _NAMES:
            yield from self.home.find_faults(name, self._before, done=done)
        last, suspects = self.home.kind.stages.stages[-1].name, self._count_suspicions()
        for key, item in self.home.items().items():
            counts = item.attempts if isinstance(item.attempts, dict) else {}
            expected = self.home.broken if _BROKEN in (key, item.name) else {last: 1}
            # Only an item that ran alone after a death may have failed without a reason of its own.
            if (Counter(counts) - Counter(expected)).total() > suspects[key]:
                yield f"{key} has {counts}"
        if done:
            yield from self._check_end()

    def _check_end(self) -> Iterator[str]:
        broken, table = self.home.item(_BROKEN), self.home.kind.stages
        keys = [key for key, item in self.home.items().items() if _BROKEN in (key, item.name)]
        suspects = self._count_suspicions()
        has_failed_as_expected = broken.attempts == self.home.broken or suspects[keys[0]]
        if broken.status is not self.home.given_up or not has_failed_as_expected:
            yield f"{_BROKEN} has {broken.attempts}"
        for key, item in self.home.items().items():
            stages = [event["stage"] for event in self._list_events(key)]
            once = [stage.name for stage in table.stages if stage.name not in stage.next_stages]
            if item.status is Status.COMPLETED and any(stages.count(name) > 1 for name in once):
                yield f"{key} ended the stages {stages}"

    def _count_suspicions(self) -> Counter[str]:
        """Return how often each item was to run again, alone, as its worker had died."""
        lines = [json.loads(line) for line in self.home.log().splitlines()]
        return Counter(
            line["item"] for line in lines if "it will run again, alone" in line["message"]
        )

    def _list_events(self, key: str) -> list[dict[str, Any]]:
        """Return the ends of stages of an item in the history and the journal."""
        records = {}
        for path in event_log.list_files(self.home.queue):
            for _, event in event_log.iter_events(path):
                records[event["seq"]] = event
        for path in (self.home.queue / "processing_queue.journal").glob("*.jsonl"):
            for record in journal.read(path).records if journal.read_header(path) else ():
                records.setdefault(record.seq, event_log.build_event(record))
        found = [records[seq] for seq in sorted(records)]
        return [event for event in found if event["op"] == "stage" and event["item"] == key]


def run(
    home_type: type[JobHome[Any]], root: Path, kills: int, seed: int, fault: str = ""
) -> Result:
    """Kill commands until so many kills are counted, life after life, or a fault was found."""
    chance, result = random.Random(seed), Result()
    while result.kills.total() < kills and not result.faults:
        result.lives += 1
        life = Life(home_type(root / f"life{result.lives}"), chance, fault)
        points = list(life.points)
        for wait in life.home.waits or ((),):
            for _ in range(chance.randrange(4, 10)):
                point = points[(result.kills.total() + result.lives) % len(points)]
                if not life.kill_once(point, *wait):
                    break
                result.kills[point] += 1
                result.faults += life.check()
            life.finish(*wait)
            result.faults += life.check()
            with life.home.context.open_queue() as queue:
                queue.unpark([key for key, item in queue.state.items.items() if item.parked])
        result.faults += life.check(done=True)
        shutil.rmtree(life.home.root)
    return result


def kill_at_calls(home_type: type[JobHome[Any]], root: Path, step: int) -> tuple[int, list[str]]:
    """Kill a batch at each `step`th call, each in a new home; return the kills and the faults."""
    kills, killed, faults = 0, True, list[str]()
    while killed and not faults:
        home = home_type(root / str(kills))
        home.wrap = lambda factory, home=home: NotingFactory(factory, home.root)  # type: ignore[misc]
        home.make(_NAMES[0])
        home.prepare()
        witness, before = Witness(home), job_home.contents(home.library)
        killed = home.kill_at(4 + kills * step, **home.loop_options)
        faults += [*witness.check(), *home.find_faults(_NAMES[0], before, done=False)]
        home.process(**home.loop_options)
        faults += [*witness.check(), *home.find_faults(_NAMES[0], before, done=True)]
        if (repeats := home.count_repeats(_NAMES[0])) > killed:
            faults.append(f"{repeats} tracks were encoded again after call {4 + kills * step}")
        if home.loop_options.get("delete_original") and job_home.names(home.library):
            faults.append("the source was not deleted")
        shutil.rmtree(home.root)
        kills += killed
    return kills, faults


if __name__ == "__main__":
    from tests import job_kinds

    print(run(job_kinds.HOMES[sys.argv[1]], Path(sys.argv[2]), *map(int, sys.argv[3:5])))
