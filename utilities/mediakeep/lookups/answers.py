"""What is asked of services, what they answer, and what asking has cost."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from math import inf
from pathlib import Path

import msgspec

from mediakeep import files

MOST = 64 * 2**20  # bytes of an answer; what is longer is no answer to anything asked here
# For how many seconds answers are good, by a text that their addresses hold; the first one counts.
Kept = tuple[tuple[str, float], ...]


class Secret:
    """A token or key that a service knows its user by; no text that is made of it shows it.

    `source` names the setting that it came from; `parameter` is what it is called where it is sent
    in the address, "" where it is sent as a bearer token (RFC 6750).
    """

    def __init__(self, text: str, source: str = "its setting", parameter: str = "") -> None:
        self._text = text
        self.source, self.parameter = source, parameter

    def reveal(self) -> str:
        """Return it, to be sent and for nothing else."""
        return self._text

    @property
    def digest(self) -> str:
        """What tells it from another, and does not lead back to it."""
        return sha256(self._text.encode()).hexdigest()[:16]

    def __repr__(self) -> str:
        return "Secret(...)"

    def __bool__(self) -> bool:
        return bool(self._text)


class Service(msgspec.Struct, frozen=True):
    """A service, by its name for people and the host that answers for it.

    `interval` is the seconds between two requests of this machine, 0 for no pacing; `closed` says
    why it is not asked as things are set, "" where it is; `setting` is what names the host where
    that is not the public one. `secret` goes along with each request, and is never kept. What
    `kept` does not speak of is good for ever.
    """

    name: str
    host: str
    interval: float = 0.0
    closed: str = ""
    setting: str = ""
    secret: Secret | None = None
    kept: Kept = ()

    def lifetime(self, url: str) -> float:
        """Return the seconds for which an answer to an address is good."""
        return next((seconds for text, seconds in self.kept if text in url), inf)


class Answer(msgspec.Struct, frozen=True):
    """What a service answered with a status of 200; `url` is where it was found in the end."""

    url: str
    content: bytes
    type: str = ""  # as in Content-Type
    status: int = 200


@dataclass
class Spent:
    """What asking has cost: requests, hits (answers that were kept), seconds waited.

    `odd` are sentences about what was left out of answers because it cannot be used.
    """

    requests: int = 0
    hits: int = 0
    waited: float = 0.0
    odd: list[str] = field(default_factory=list)

    def note_odd(self, service: str, reasons: Sequence[str], url: str) -> None:
        """Note why entries of an answer were left out, one reason for each."""
        if reasons:
            told = ", ".join(map(files.printable, reasons[:3])) + (", ..." if reasons[3:] else "")
            noun = "entry" if len(reasons) == 1 else "entries"
            self.odd.append(f"{service}: {len(reasons)} odd {noun} left out: {told} ({url}).")

    def taken(self) -> Spent:
        """Return what was spent since this was last asked."""
        found = Spent(self.requests, self.hits, self.waited, self.odd)
        self.requests, self.hits, self.waited, self.odd = 0, 0, 0.0, []
        return found


def _untold(seconds: float) -> None:
    """Nobody counts how long is waited."""


@dataclass(frozen=True)
class Machine:
    """What asking needs of the machine: a clock, sleep, and a directory that its processes share.

    The clock is in seconds since 1970. `waiting` is told of each wait before it begins, as the
    time limit of an item does not count it. `limits` are the seconds to connect, to wait for each
    piece of an answer, and for a whole answer, however small its pieces. `shared` replaces the
    runtime directory of the user. `extend` moves the time limit on before the wait for an answer,
    and back by what is left of that wait after it.
    """

    clock: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    waiting: Callable[[float], None] = _untold
    limits: tuple[float, float, float] = (5.0, 30.0, 180.0)
    shared: Path | None = None
    extend: Callable[[float], None] = _untold
