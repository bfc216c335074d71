"""The log of the user's answers, status/reviews/answers.jsonl: a JSON object in each line.

An answer is appended and synced before it takes effect. Whether it took effect is visible in the
undo records, the ignored issues and the queue. docs/review.md describes the fields.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from mediakeep import atomic_files, clock
from mediakeep.untrusted_files import decode_json, read_bytes

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


def append(home: Path, answer: Answer) -> None:
    """Append an answer, and sync it to the disk."""
    path = home / FILE
    atomic_files.make_folder(path.parent)
    line = msgspec.json.encode(msgspec.structs.replace(answer, time=clock.format_iso(clock.now())))
    with atomic_files.exclusive_lock(path, os.O_RDWR | os.O_CREAT | os.O_APPEND) as handle:
        size = os.fstat(handle).st_size
        is_cut = size > 0 and os.pread(handle, 1, size - 1) != b"\n"  # by a power loss
        atomic_files.write_all(handle, (b"\n" if is_cut else b"") + line + b"\n")
        atomic_files.sync_file(handle)
    if not size:
        atomic_files.sync_folder(path.parent)


def read_answers(home: Path) -> list[Answer]:
    """Return all answers that were not undone, oldest first; lines that are damaged are skipped."""
    answers: dict[tuple[str, int], Answer] = {}
    for answer in _read_lines(home / FILE):
        if answer.action == "undo":
            answers.pop((answer.session, answer.number), None)
        elif answer.action != "end":
            answers[answer.session, answer.number] = answer
    return list(answers.values())


def find_unfinished(home: Path, ids: Sequence[str], action: Action, value: str) -> Answer | None:
    """Return the last answer that was the same for reviews, if its session has not ended."""
    for answer in reversed(read_answers(home)):
        if {*ids} <= {*answer.ids}:
            is_same = (answer.action, answer.value) == (action, value)
            return answer if is_same and answer.session in list_unfinished(home) else None
    return None


def list_unfinished(home: Path) -> list[str]:
    """Return the sessions with answers that have not ended, the latest first."""
    unfinished: dict[str, None] = {}
    for line in _read_lines(home / FILE):
        if line.action == "end":
            unfinished.pop(line.session, None)
        elif line.action != "undo":
            unfinished[line.session] = None
    return [*reversed(unfinished)]


def select_session(answers: Iterable[Answer], session: str) -> Sequence[Answer]:
    """Return the answers of a session."""
    return [answer for answer in answers if answer.session == session]


def get_last_number(home: Path, session: str) -> int:
    """Return the highest number of an answer of a session, undone or not."""
    lines = (line for line in _read_lines(home / FILE) if line.session == session)
    return max((line.number for line in lines), default=0)


def _read_lines(path: Path) -> Iterator[Answer]:
    try:
        content = read_bytes(path)
    except FileNotFoundError:
        return
    for line in content.splitlines():
        try:
            yield decode_json(line, Answer)
        except msgspec.DecodeError:
            continue
