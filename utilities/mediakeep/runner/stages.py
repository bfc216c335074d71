"""The parts of a stage: which are done, which failed, and when the stage can be called again."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

from mediakeep.item import PartsRecord
from mediakeep.outcome import Parts


class Fan(msgspec.Struct):
    """A stage spread over its parts; a part is known by its number and its input."""

    parts: Parts
    done: dict[str, Any] = {}
    failures: dict[str, str] = {}  # name -> message
    names: list[str] = []

    @classmethod
    def spread(cls, parts: Parts, known: PartsRecord | None) -> Fan:
        """Lay a stage out; parts that are known as done with this very input are not done again."""
        names = [_name(number, given) for number, given in enumerate(parts.inputs)]
        before = known.done if known else {}
        return cls(parts, {name: before[name][0] for name in names if name in before}, {}, names)

    def missing(self) -> list[int]:
        """Return the numbers of the parts that have no result yet."""
        return [number for number, name in enumerate(self.names) if name not in self.done]

    def complete(self) -> bool:
        """Tell whether every part has ended, well or not."""
        return len(self.done) + len(self.failures) == len(self.names)

    def results(self) -> tuple[Any, ...]:
        """Return the results in the order of the inputs."""
        return tuple(self.done[name] for name in self.names)

    def complaint(self) -> str:
        """Say which parts failed and why the first of them did."""
        first = next(iter(self.failures.values()))
        return f"{len(self.failures)} of {len(self.names)} parts failed; the first: {first}"


def _name(number: int, given: Any) -> str:
    return f"{number}:{blake2b(repr(given).encode(), digest_size=4).hexdigest()}"
