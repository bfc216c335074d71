"""The log of the user's answers, status/reviews/answers.jsonl: a JSON object in each line.

An answer is appended and synced before it takes effect. Whether it took effect is visible in the
undo records, the ignored issues and the queue. docs/review.md describes the fields.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from mediakeep import atomic_files, clock
from mediakeep.untrusted_files import decode_json, open_regular_file

FILE = "status/reviews/answers.jsonl"

Action = Literal["accept", "choose", "edit", "later", "never"]


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An answer of the user, or with `undo` or `end` what happened to answer `number`.

    `value` is the value of an edit or a choice. `before` has the fields of movies by key before a
    choice, and `since` the id of the last undo record before the answer.
    """

    session: str
    number: int
    action: Action | Literal["undo", "end"]
    time: str = ""
    queue: str = ""
    ids: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    value: str = ""
    before: dict[str, dict[str, Any]] = {}
    since: str = ""


class AnswerLog:
    """The log of a home. What was appended since is read by each method, and no more than that."""

    def __init__(self, home: Path) -> None:
        self._path = home / FILE
        self._lines: list[Answer] = []
        self._identity: tuple[int, int] = (0, 0)
        self._end = 0  # bytes that were read

    def append(self, answer: Answer) -> None:
        """Append an answer, and sync it to the disk."""
        path = self._path
        atomic_files.make_folder(path.parent)
        now = clock.format_iso(clock.now())
        line = msgspec.json.encode(msgspec.structs.replace(answer, time=now))
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        with atomic_files.exclusive_lock(path, flags) as handle:
            size = os.fstat(handle).st_size
            is_cut = size > 0 and os.pread(handle, 1, size - 1) != b"\n"  # by a power loss
            atomic_files.write_all(handle, (b"\n" if is_cut else b"") + line + b"\n")
            atomic_files.sync_file(handle)
        if not size:
            atomic_files.sync_folder(path.parent)

    def read_answers(self) -> list[Answer]:
        """Return all answers that were not undone, oldest first; damaged lines are skipped."""
        answers: dict[tuple[str, int], Answer] = {}
        for answer in self._read_lines():
            if answer.action == "undo":
                answers.pop((answer.session, answer.number), None)
            elif answer.action != "end":
                answers[answer.session, answer.number] = answer
        return list(answers.values())

    def read_session(self, session: str) -> list[Answer]:
        """Return the answers of a session that were not undone, oldest first."""
        return [answer for answer in self.read_answers() if answer.session == session]

    def find_unfinished(self, ids: Sequence[str], action: Action, value: str) -> Answer | None:
        """Return the last answer that was the same for reviews, if its session has not ended."""
        for answer in reversed(self.read_answers()):
            if {*ids} <= {*answer.ids}:
                is_same = (answer.action, answer.value) == (action, value)
                return answer if is_same and answer.session in self.list_unfinished() else None
        return None

    def list_unfinished(self) -> list[str]:
        """Return the sessions with answers that have not ended, the latest first."""
        unfinished: dict[str, None] = {}
        for line in self._read_lines():
            if line.action == "end":
                unfinished.pop(line.session, None)
            elif line.action != "undo":
                unfinished[line.session] = None
        return [*reversed(unfinished)]

    def get_last_number(self, session: str) -> int:
        """Return the highest number of an answer of a session, undone or not."""
        numbers = (line.number for line in self._read_lines() if line.session == session)
        return max(numbers, default=0)

    def _read_lines(self) -> Sequence[Answer]:
        """Return all lines; a log that was replaced or has become shorter is read again."""
        try:
            with open_regular_file(self._path) as stream:
                facts = os.fstat(stream.fileno())
                if self._identity != (facts.st_dev, facts.st_ino) or facts.st_size < self._end:
                    self._identity, self._end = (facts.st_dev, facts.st_ino), 0
                    self._lines = []
                stream.seek(self._end)
                content = stream.read()
        except FileNotFoundError:
            self._lines, self._end = [], 0
            return []
        whole = content[: content.rfind(b"\n") + 1]  # the rest is being written, or was cut
        self._end += len(whole)
        self._lines += _decode_lines(whole)
        return [*self._lines, *_decode_lines(content[len(whole) :])]


def collect_ids(answers: Iterable[Answer], action: str = "") -> set[str]:
    """Return the ids of the reviews that were answered; with `action`, answered with it."""
    return {id_ for answer in answers if action in ("", answer.action) for id_ in answer.ids}


def _decode_lines(content: bytes) -> Iterator[Answer]:
    """Yield the answers of lines, without those that are damaged."""
    for line in content.splitlines():
        with contextlib.suppress(msgspec.DecodeError):
            yield decode_json(line, Answer)
