"""The parts of a stage: which are done, which failed, and whether all have ended."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import msgspec

from mediakeep.item import PartsRecord
from mediakeep.outcome import Parts


class Fan(msgspec.Struct):
    """The state of the parts of a stage; a part is identified by its number and its input."""

    parts: Parts
    done: dict[str, Any] = {}
    failures: dict[str, str] = {}  # name -> message
    names: list[str] = []

    @classmethod
    def spread(cls, parts: Parts, record: PartsRecord | None) -> Fan:
        """Return a tracker for a stage; parts done before with the same input are not repeated."""
        names = [_name(number, value) for number, value in enumerate(parts.inputs)]
        before = record.done if record else {}
        return cls(parts, {name: before[name][0] for name in names if name in before}, {}, names)

    def missing(self) -> list[int]:
        """Return the numbers of the parts without a result."""
        return [number for number, name in enumerate(self.names) if name not in self.done]

    def complete(self) -> bool:
        """Return whether all parts have finished or failed."""
        return len(self.done) + len(self.failures) == len(self.names)

    def results(self) -> tuple[Any, ...]:
        """Return the results in the order of the inputs."""
        return tuple(self.done[name] for name in self.names)

    def complaint(self) -> str:
        """Return how many parts failed, and the first error."""
        first = next(iter(self.failures.values()))
        return f"{len(self.failures)} of {len(self.names)} parts failed. The first: {first}"


def _name(number: int, value: Any) -> str:
    return f"{number}:{blake2b(repr(value).encode(), digest_size=4).hexdigest()}"
