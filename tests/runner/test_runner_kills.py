"""A batch may be killed anywhere: nothing recorded is lost or done again, and all gets done."""

from __future__ import annotations

import itertools
import random
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mediakeep.item import Status
from mediakeep.queue import readonly, sessions
from tests.crash.gate import Gate
from tests.runner import toys, workshop
from tests.runner.workshop import Workshop

FEW = {"ant": "one none", "bee": "two"}
MANY = {f"a{number}": " ".join(["slow", "none", "two"][: 1 + number % 3]) for number in range(9)}
# Start, claim; two stages, parts and settle of each item; end; the seal of the journal. A run that
# takes more than a second seals another.
RECORDS = 2 + 5 + 4 + 1 + 1
ORDER = list(toys.STAGES)
CALLS = 700  # that change files: a batch over MANY makes more


@dataclass
class Recorded:
    """What was on record when a batch was killed."""

    notes: int  # how many notes there were by then
    settled: list[str]
    reached: dict[str, str]  # item -> stage
    parts: list[str]  # as the notes name them

    @classmethod
    def of(cls, shop: Workshop) -> Recorded:
        """Read the record without its lock, as a watcher would."""
        items = readonly.load_state(shop.status, shop.kind).items
        return cls(
            notes=len(shop.notes()),
            settled=[key for key, item in items.items() if item.status is Status.COMPLETED],
            reached={key: item.processing_stage or ORDER[0] for key, item in items.items()},
            parts=[
                f"{key}.{name.partition(':')[0]}"
                for key, item in items.items()
                if item.parts
                for name in item.parts.done
            ],
        )

    def assert_not_done_again(self, shop: Workshop) -> None:
        """Check what was done since: nothing of an earlier stage, no finished part or item."""
        since = shop.notes()[self.notes :]
        begun = [(note[1], note[2]) for note in since if note[0] == "start"]
        assert [key for key, _ in begun if key in self.settled] == []
        early = [ORDER.index(stage) < ORDER.index(self.reached[key]) for key, stage in begun]
        assert not any(early)
        assert [note[1] for note in since if note[0] == "part" and note[1] in self.parts] == []


def assert_whole(shop: Workshop, things: dict[str, str]) -> None:
    """Check that all is done, right and legally, and that no trace of the kills is left."""
    items = readonly.load_state(shop.status, shop.kind).items
    for key, words in things.items():
        item = items[key]
        assert isinstance(item, toys.Thing)
        assert (item.status, item.attempts) == (Status.COMPLETED, {"join": 1}), key
        assert (item.processing_stage, item.parts, item.suspect) == ("join", None, False)
        assert (item.claim, item.pieces) == (0, len(words.split()))
        assert (shop.folder / "out" / key).read_text() == words.upper()
        called = [note[2] for note in shop.notes("start", key)]
        for stage, following in itertools.pairwise(called):
            assert following == stage or following in toys.STAGES[stage], (key, called)
        assert called[-1] == "join"
    assert sessions.list_live_files(shop.status) == []


def kill_batch(folder: Path, **report: Any) -> bool:
    """Have a batch killed at one of its records, and finish it; False where it never came so far.

    `told` says at which record, and how the first batch works.
    """
    folder.mkdir()
    shop = workshop.make_workshop(folder, FEW, toys.TOY)
    shop.close()
    process = shop.spawn(**report)
    process.communicate(timeout=workshop.PATIENCE)
    assert process.returncode in (0, -signal.SIGKILL)
    recorded = Recorded.of(shop)
    shop.run()
    recorded.assert_not_done_again(shop)
    assert_whole(shop, FEW)
    return process.returncode != 0


def kill_at_records(folder: Path, every: int = 1, **how: Any) -> int:
    """Have batches killed at their first record, then `every` so many; return the last of them."""
    for at in itertools.count(1, every):
        if not kill_batch(folder / f"{at}", die_at=at, **how):
            return at - every
    raise AssertionError


def kill_at_random(folder: Path, times: int, seed: int) -> int:
    """Kill batches over one queue at random calls, then let one finish; return the kills."""
    chance, kills = random.Random(seed), 0
    shop = workshop.make_workshop(folder, MANY, toys.TOY)
    shop.close()
    recorded: list[Recorded] = []
    for number in range(times):
        how = {"workers": 2, "patience": 0} if number % 2 else {"workers": 1}
        gate = Gate(folder / f"gate {number}", chance.randrange(1, max(CALLS // times, 12)))
        process = shop.spawn(gate, **how)
        if gate.wait(process):
            gate.kill(process)
            kills += 1
        process.communicate(timeout=workshop.PATIENCE)
        assert process.returncode in (0, -signal.SIGKILL)
        for record in recorded:
            record.assert_not_done_again(shop)
        recorded.append(Recorded.of(shop))
    shop.finish(workers=2, patience=0)
    for one in recorded:
        one.assert_not_done_again(shop)
    assert_whole(shop, MANY)
    return kills


@pytest.mark.loop
@pytest.mark.parametrize("every", [6, pytest.param(1, marks=pytest.mark.slow)])
def test_a_staged_batch_may_be_killed_after_every_record(tmp_path: Path, every: int) -> None:
    assert kill_at_records(tmp_path, every) > RECORDS - every


@pytest.mark.loop
@pytest.mark.parametrize("times", [2, pytest.param(5, marks=pytest.mark.slow)])
def test_a_staged_batch_may_be_killed_again_and_again(tmp_path: Path, times: int) -> None:
    assert kill_at_random(tmp_path, times, seed=1) == times


@pytest.mark.slow
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("workers", [1, 2])
def test_soak_of_kills_at_every_record(tmp_path: Path, when: str, workers: int) -> None:
    kills = kill_at_records(tmp_path, die=when, workers=workers, patience=0)
    print(f"{kills} kills {when} a record, {workers} workers")
    assert kills >= RECORDS


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_soak_of_kills_at_random(tmp_path: Path, seed: int) -> None:
    kills = kill_at_random(tmp_path, times=20, seed=seed)
    print(f"{kills} kills at random")
    assert kills >= 5
