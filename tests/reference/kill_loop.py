"""Batches of recordings that are killed again and again, and what must hold after each kill.

A life is a home with whole and damaged recordings, which is processed to the end by batches that
are killed at one of their calls that change files. The call is drawn at random, or it is at a named
point: so no kill depends on how fast the machine is. In the first half of a life no recording may
be published, so that all wait; then they are let go.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from mediakeep.item import Item, Status
from mediakeep.queue import journal
from mediakeep.queue import queue as queues
from mediakeep.queue.history import event_log
from mediakeep.queue.queue import Queue
from mediakeep.queue.state import QueueState
from tests import job_home, job_kinds
from tests.crash.gate import Gate
from tests.job_kinds import RecordingHome
from tests.reference.recording import KIND
from tests.reference.worker import PARTS

RANDOM = "at random"
# Names and paths of calls, see `Gate`.
POINTS = {
    "before a commit": ("pwrite|write", r"processing_queue\.journal/"),
    "before a commit is synced": ("sync", r"processing_queue\.journal/"),
    "before a part is renamed": ("replace", r"_processed/\d\.\d"),
    "before a track is renamed": ("replace", r"_processed/\d\.wav"),
    "before the output is synced": ("fsync", r"recordings$"),
    "before the snapshot is replaced": ("replace", r"processing_queue\.json$"),
    RANDOM: (".", ""),
}
# The call is one of the first so many; a batch makes a few hundred.
_CALLS = {RANDOM: 100, "before the output is synced": 2, "before the snapshot is replaced": 2}
_NAMES = ("Alpha", "Beta", "Gamma")
_STAGES = [stage.name for stage in KIND.stages.stages]


@dataclass
class Result:
    """The kills of a loop by point, the lives, and what was wrong."""

    kills: Counter[str] = field(default_factory=Counter)
    lives: int = 0
    faults: list[str] = field(default_factory=list)


class Life:
    """A home that is processed to the end."""

    def __init__(self, root: Path, chance: random.Random, fault: str = "") -> None:
        self.home = RecordingHome(root)
        self.home.make(*_NAMES)
        self.home.make("Broken", tracks=1, damaged=1)
        self._chance, self._fault, self._gates = chance, fault, 0
        # A fault is planted in the process of the batch.
        self._words = ["--workers", str(1 if fault else chance.choice((1, 2)))]
        self._words += chance.choice(([], ["--keep-working"]))
        self._words += chance.choice(([], ["--delete-original"]))
        self._scan()
        self._parts: set[str] = set()  # recorded parts, as they are noted
        self._stages: dict[str, int] = {}  # the stage that each item has reached
        self._calls = 0  # noted calls and parts that were checked
        self._part_notes = 0

    def _scan(self) -> None:
        self.home.manage("--scan", self.home.library)

    def kill_once(self, point: str, *, wait: bool) -> bool:
        """Run a batch and kill it at a point; return False if it ended before."""
        names, paths = POINTS[point]
        self._gates += 1
        at = self._chance.randrange(_CALLS.get(point, 5)) + 1
        gate = Gate(self.home.root / f"gate{self._gates}", at, names=names, paths=paths)
        process = subprocess.Popen(
            self._command(wait=wait),
            env={**job_home.environment(), **gate.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        if gate.wait(process):
            gate.kill(process)
            return True
        _, errors = process.communicate(timeout=job_home.PATIENCE)
        assert process.returncode in (0, 1), errors
        return False

    def _command(self, *, wait: bool) -> list[str]:
        words = ["--all", *self._words, "--publish-after", "1h" if wait else "0"]
        command = self.home.command("process_recordings.py", *words)
        return [*command[:1], *_fault_words(self._fault), *command[1:]]

    def finish(self, *, wait: bool) -> None:
        """Run a batch to its end."""
        done = subprocess.run(
            self._command(wait=wait),
            env=job_home.environment(),
            capture_output=True,
            text=True,
            timeout=job_home.PATIENCE,
        )
        assert done.returncode in (0, 1), done.stderr

    def let_go(self) -> None:
        """Let all waiting items run."""
        with Queue.open(queues.locate_queue(self.home.queue), KIND) as queue:
            queue.unpark([key for key, item in queue.state.items.items() if item.parked])

    def check(self) -> Iterator[str]:
        """Compare what was done since the last check with what was recorded before."""
        calls, parts = self.home.notes("call"), self.home.notes("part")
        for call in calls[self._calls :]:
            name, stage = call.split()
            before, now = self._stages.get(name, 0), _STAGES.index(stage)
            if not before <= now <= before + 1:
                yield f"{name} came to {stage} from {[*_STAGES, 'completed'][before]}"
            self._stages[name] = now
        for part in parts[self._part_notes :]:
            if part in self._parts:
                yield f"part {part} was done again after it had been recorded"
        self._calls, self._part_notes = len(calls), len(parts)
        state = self.home.state()
        for key, item in state.items.items():
            stage = KIND.stages.get_current_stage(item.processing_stage)
            reached = len(_STAGES) if item.status is Status.COMPLETED else _STAGES.index(stage)
            if reached < self._stages.get(key, 0):
                yield f"{key} is recorded in {stage}, but {_STAGES[self._stages[key]]} had begun"
            self._stages[key] = reached
            self._parts |= set(_list_recorded_parts(item))
        yield from _check_attempts(state)

    def check_end(self) -> Iterator[str]:
        """Check the outputs and the history of a life that has come to its end."""
        state = self.home.state()
        for name in _NAMES:
            if state.items[name].status is not Status.COMPLETED:
                yield f"{name} is {state.items[name].status}"
            files = sorted((self.home.output / name).glob("*"))
            if [path.name for path in files] != ["0.wav", "1.wav"]:
                yield f"{name} was published as {[path.name for path in files]}"
            elif any(job_kinds.read_samples(path) != _HALVED for path in files):
                yield f"{name} was published with other samples"
            stages = [event["stage"] for event in self._events("stage", name)]
            if stages != _STAGES[:-1]:
                yield f"{name} ended the stages {stages}"
        if state.items["Broken"].attempts != {"converting": 2}:
            yield f"Broken has {state.items['Broken'].attempts}"
        if (self.home.output / "Broken").exists():
            yield "Broken was published"

    def _events(self, op: str, key: str) -> list[dict[str, object]]:
        """Return the events of an item in the history and the journal."""
        records = {}
        for path in event_log.list_files(self.home.queue):
            for _, event in event_log.iter_events(path):
                records[event["seq"]] = event
        for path in (self.home.queue / "processing_queue.journal").glob("*.jsonl"):
            for record in journal.read(path).records if journal.read_header(path) else ():
                records.setdefault(record.seq, event_log.build_event(record))
        found = [records[seq] for seq in sorted(records)]
        return [event for event in found if event["op"] == op and event["item"] == key]


_HALVED = [sample // 2 for sample in job_kinds.WAV_SAMPLES]


def _fault_words(fault: str) -> list[str]:
    return [str(Path(__file__).with_name("faulty.py")), fault] if fault else []


def _list_recorded_parts(item: Item) -> Iterator[str]:
    for name in item.parts.done if item.parts else ():
        track, part = divmod(int(name.partition(":")[0]), PARTS)
        yield f"{item.output_name}_processed {track}.wav {part}"


def _check_attempts(state: QueueState) -> Iterator[str]:
    """Only the damaged recording may fail, and waits and kills count no attempt."""
    for key, item in state.items.items():
        assert isinstance(item.attempts, dict) or not item.attempts
        counts = {} if isinstance(item.attempts, int) else item.attempts
        expected = {"converting": 2} if key == "Broken" else {"publishing": 1}
        if any(count > expected.get(stage, 0) for stage, count in counts.items()):
            yield f"{key} has {counts}"


def run(root: Path, kills: int, seed: int, fault: str = "") -> Result:
    """Kill batches until so many kills are counted, life after life, or a fault was found."""
    chance, result, points = random.Random(seed), Result(), list(POINTS)
    while result.kills.total() < kills and not result.faults:
        result.lives += 1
        life = Life(root / f"life{result.lives}", chance, fault)
        for wait in (True, False):
            for _ in range(chance.randrange(4, 10)):
                point = points[(result.kills.total() + result.lives) % len(points)]
                if not life.kill_once(point, wait=wait):
                    break
                result.kills[point] += 1
                result.faults += life.check()
            life.finish(wait=wait)
            result.faults += life.check()
            if wait:
                life.let_go()
        result.faults += life.check_end()
    return result


if __name__ == "__main__":
    print(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
