"""The same durable work done by others: persist-queue, and a JSON file rewritten each time."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
from persistqueue import SQLiteAckQueue

from benchmarks import rounds, stock, table
from benchmarks.rounds import Durations, Times
from mediakeep.queue.claims import Claim

_ROUNDS = 9
_AT_ONCE = 50
_REWRITES = 5  # of the JSON file in a round, as each takes long
_OURS, _WINDOW = "mediakeep, claimed one by one", f"mediakeep, claimed {_AT_ONCE} at once"
_SQLITE, _JSON = "persist-queue SQLiteAckQueue", "JSON rewritten: dump, fsync, rename"


class Ours:
    """A queue of ours."""

    def __init__(self, home: Path, size: int) -> None:
        self._queue = stock.queue(home, size)
        self._queue.begin_session()

    def one_by_one(self) -> Durations:
        """Take an item and finish it, again and again."""
        return rounds.each(lambda _: self._settle(self._queue.claim(1)[0]), range(_AT_ONCE))

    def at_once(self) -> Durations:
        """Take a window of items, as a batch does, and finish each."""
        claims: list[Claim] = []
        taken = rounds.once(lambda: claims.extend(self._queue.claim(_AT_ONCE)))
        return [taken[0] / _AT_ONCE + settled for settled in rounds.each(self._settle, claims)]

    def _settle(self, claim: Claim) -> None:
        assert self._queue.settle(claim, stock.DONE)


class Sqlite:
    """A queue of persist-queue's."""

    def __init__(self, home: Path, size: int) -> None:
        self._queue = SQLiteAckQueue(str(home))
        for number in range(size):
            self._queue.put(_plain(number))

    def turn(self) -> Durations:
        """Take an item and acknowledge it, again and again."""
        return rounds.each(lambda _: self._queue.ack(self._queue.get()), range(_AT_ONCE))


class Rewritten:
    """A dict of items in a JSON file."""

    def __init__(self, home: Path, size: int) -> None:
        home.mkdir()
        self._path, self._next = home / "queue.json", 0
        self._items = {stock.artist_name(number): _plain(number) for number in range(size)}

    def turn(self) -> Durations:
        """Finish an item and write all of them, again and again."""
        return rounds.each(lambda _: self._finish(), range(_REWRITES))

    def _finish(self) -> None:
        done = msgspec.to_builtins(stock.completed(self._next))
        self._items[stock.artist_name(self._next)] = done
        self._next += 1
        other = self._path.with_suffix(".tmp")
        with other.open("w") as stream:
            json.dump(self._items, stream, indent=2)
            stream.flush()
            os.fsync(stream.fileno())
        other.replace(self._path)


def _plain(number: int) -> dict[str, object]:
    return msgspec.to_builtins(stock.pending(number))


def run(home: Path, *, full: bool) -> None:
    """Measure at 1,000 and 10,000 items; larger ones only make the JSON file slower."""
    for size in (1_000, 10_000):
        folder = home / str(size)
        folder.mkdir()
        runs = {
            _OURS: Ours(folder / "one", size).one_by_one,
            _WINDOW: Ours(folder / "many", size).at_once,
            _SQLITE: Sqlite(folder / "sqlite", size).turn,
            _JSON: Rewritten(folder / "json", size).turn,
        }
        cases = [functools.partial(_turn, name, function) for name, function in runs.items()]
        _show(size, rounds.run(cases, _ROUNDS), list(runs))


def _turn(name: str, function: Callable[[], Durations]) -> dict[str, Durations]:
    return {name: function()}


def _show(size: int, times: Times, names: list[str]) -> None:
    figures = {name: rounds.whole(series) for name, series in times.items()}
    rows = []
    for name in names:
        own = figures[name]
        rows.append(
            [
                name,
                table.middle([1 / seconds for seconds in own], 0),
                table.spread(rounds.ratio(own, figures[_OURS]), 2),
                table.spread(rounds.ratio(own, figures[_WINDOW]), 2),
            ]
        )
    table.show(
        f"Taking and finishing an item, each step durable, with {size:,} items in the queue",
        ("", "items/s", "time to ours, one by one", f"time to ours, {_AT_ONCE} at once"),
        rows,
        "Two synced commits an item where it is claimed alone or taken and acknowledged, else one.",
    )
