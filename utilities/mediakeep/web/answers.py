"""Answers to requests with an Idempotency-Key: the same request again has the same answer.

What a request does may be repeated after a kill: each action names its target, and does nothing if
it was done. So only answers are stored, for a day.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import msgspec

from mediakeep import atomic_files
from mediakeep.untrusted_files import read_json
from mediakeep.web import access
from mediakeep.web.problems import WebError

_SECONDS = 24 * 3600.0
_LOCKS = 64  # a request has one of them, by its key


class StoredAnswer(msgspec.Struct, frozen=True):
    """The answer to a request; `request` is the digest of its method, path and body."""

    request: str
    status: int
    body: bytes


class AnswerStore:
    """The answers of a home. Of equal requests at once, one is carried out."""

    def __init__(self, home: Path) -> None:
        self._folder = home / access.FOLDER / "answers"
        self._locks = [threading.Lock() for _ in range(_LOCKS)]

    def answer(
        self, key: str, request: bytes, carry_out: Callable[[], StoredAnswer]
    ) -> StoredAnswer:
        """Return the stored answer of a key, or carry the request out and store its answer.

        Raise WebError if the key belongs to another request.
        """
        digest = hashlib.sha256(request).hexdigest()
        path = self._folder / f"{hashlib.sha256(key.encode(errors='replace')).hexdigest()}.json"
        with self._locks[int(path.stem, 16) % _LOCKS]:
            if stored := read_json(path, StoredAnswer):
                if stored.request != digest:
                    text = "The Idempotency-Key was used for another request. Use a new one."
                    raise WebError(HTTPStatus.UNPROCESSABLE_ENTITY, text)
                return stored
            answer = msgspec.structs.replace(carry_out(), request=digest)
            atomic_files.write_atomic(path, msgspec.json.encode(answer))
            self._remove_old()
            return answer

    def _remove_old(self) -> None:
        for path in self._folder.glob("*.json"):
            with suppress(OSError):
                if path.stat().st_mtime < time.time() - _SECONDS:
                    path.unlink()
