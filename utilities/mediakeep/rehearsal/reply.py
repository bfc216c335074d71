"""What is asked of the rehearsal, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

_JSON = "application/json; charset=utf-8"
_HELP = "For usage, please see: https://musicbrainz.org/development/mmd"


@dataclass(frozen=True)
class Question:
    """A request: path and parameters decoded, each parameter with all its values.

    `authorization` is the header of that name, which no text of a question shows.
    """

    method: str
    path: str
    query: Mapping[str, list[str]] = field(default_factory=dict)
    agent: str = ""
    host: str = ""
    authorization: str = field(default="", repr=False)

    def one(self, name: str, default: str = "") -> str:
        """Return the first value of a parameter."""
        return (self.query.get(name) or [default])[0]


@dataclass(frozen=True)
class Reply:
    """An answer; a fault may make it late by `delay` seconds, or break it off in its middle."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: {"Content-Type": _JSON})
    delay: float = 0.0
    cut: bool = False


class Refusal(Exception):
    """A question that gets no other answer than an error: its status and a sentence."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


def ok(data: Any) -> Reply:
    """Answer with data."""
    return Reply(200, msgspec.json.encode(data))


def error(status: int, message: str) -> Reply:
    """Answer with an error as MusicBrainz words it."""
    return Reply(status, msgspec.json.encode({"error": message, "help": _HELP}))
