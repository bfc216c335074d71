"""Queue commits against the disk's own floor, at different sizes of the queue."""

from __future__ import annotations

import functools
from pathlib import Path

from benchmarks import rounds, stock, table
from benchmarks.floor import Appended, InPlace
from benchmarks.rounds import Durations, Times
from mediakeep.queue.journal_lookup import JOURNAL_FOLDER

_AT_ONCE = 50  # items in a claim, as in a batch
_ROUNDS = 18  # and one to warm up: 950 of the smallest queue's 1,000 items


class Subject:
    """A queue of one size, and files to write the same bytes to."""

    def __init__(self, home: Path, size: int) -> None:
        self._queue = stock.queue(home, size)
        self._queue.begin_session()
        self._appended, self._in_place = Appended(home / "appended"), InPlace(home / "in_place")
        claim = self._queue.claim(1)[0]
        self._queue.settle(claim, stock.DONE)
        *_, claimed, settled = self._journal().splitlines(keepends=True)
        self._line, self._lines = settled, claimed * _AT_ONCE

    def _journal(self) -> bytes:
        newest = sorted((self._queue.location.folder / JOURNAL_FOLDER).glob("*.jsonl"))[-1]
        return newest.read_bytes().rstrip(b"\0")

    def turn(self) -> dict[str, Durations]:
        """Write bytes, then claim and settle items whose records are as long."""
        claims = []
        return {
            "append": rounds.each(self._appended.write, [self._line] * _AT_ONCE),
            "in place": rounds.each(self._in_place.write, [self._line] * _AT_ONCE),
            "append many": rounds.each(self._appended.write, [self._lines]),
            "claim": rounds.once(lambda: claims.extend(self._queue.claim(_AT_ONCE))),
            "settle": rounds.each(self._settle, claims),
        }

    def _settle(self, claim: object) -> None:
        assert self._queue.settle(claim, stock.DONE)


def run(home: Path, *, full: bool) -> None:
    """Measure claims and settles at 1,000 and 100,000 items, in full at a million too."""
    sizes = [1_000, 100_000, *([1_000_000] if full else [])]
    subjects = {size: Subject(home / str(size), size) for size in sizes}
    cases = [functools.partial(_turns, size, subject) for size, subject in subjects.items()]
    times = rounds.run(cases, _ROUNDS)
    head = ("items", "append+sync ms", "settle ms", "append/settle", "rewrites included")
    table.show(
        f"Settle of one item ({_ROUNDS} rounds of {_AT_ONCE}); 1.00 is as fast as append+sync",
        (*head, "in place/settle"),
        [_settles(times, size) for size in sizes],
        "Medians of rounds and their range. A rewrite of the snapshot falls into a commit at most",
        "once in 20 times its cost; see `rewrite` for its share of the time.",
    )
    table.show(
        f"Claim of {_AT_ONCE} items in one commit, against as many bytes appended and synced",
        ("items", "append+sync ms", "claim ms", "append/claim", "µs an item"),
        [_claims(times, size) for size in sizes],
    )


def _turns(size: int, subject: Subject) -> dict[str, Durations]:
    return {f"{name} {size}": durations for name, durations in subject.turn().items()}


def _settles(times: Times, size: int) -> list[str]:
    append, settle = times[f"append {size}"], times[f"settle {size}"]
    in_place = rounds.typical(times[f"in place {size}"])
    return [
        f"{size:,}",
        table.middle(rounds.typical(append), 3, 1e3),
        table.middle(rounds.typical(settle), 3, 1e3),
        table.spread(rounds.ratio(rounds.typical(append), rounds.typical(settle))),
        table.spread(rounds.ratio(rounds.whole(append), rounds.whole(settle))),
        table.spread(rounds.ratio(in_place, rounds.typical(settle))),
    ]


def _claims(times: Times, size: int) -> list[str]:
    append, claim = rounds.whole(times[f"append many {size}"]), rounds.whole(times[f"claim {size}"])
    return [
        f"{size:,}",
        table.middle(append, 3, 1e3),
        table.middle(claim, 3, 1e3),
        table.spread(rounds.ratio(append, claim)),
        table.middle(claim, 1, 1e6 / _AT_ONCE),
    ]
