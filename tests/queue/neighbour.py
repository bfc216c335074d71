"""A batch in another process, which works on the same queue and can be killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from mediakeep.music.item import MUSIC
from mediakeep.queue import actions, sessions
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from tests.queue import rig

context = multiprocessing.get_context("forkserver")  # forks fast, and from a clean process
context.set_forkserver_preload(["tests.queue.rig"])
_PATIENCE = 60.0  # seconds, after which a test is stuck


class Batch:
    """What the other process does: one method a request."""

    def __init__(self, folder: Path, host: str) -> None:
        self.queue = Queue.open(rig.at(folder.parent.parent, host=host), MUSIC)
        self.claims: dict[str, Claim] = {}

    def begin(self) -> str:
        return self.queue.begin_session().id

    def claim(self, count: int) -> list[str]:
        taken = self.queue.claim(count)
        self.claims |= {claim.key: claim for claim in taken}
        return [claim.key for claim in taken]

    def settle(self, key: str) -> bool:
        return self.queue.settle(self.claims[key], rig.DONE)

    def start_work(self, key: str) -> None:
        assert self.queue.session
        self.queue.session.begin_item(key)

    def isolate(self) -> None:
        assert self.queue.session
        self.queue.session.note_isolated()

    def prioritize(self, name: str) -> None:
        self.queue.commit(actions.prioritize_item(name))

    def warnings(self) -> list[str]:
        return self.queue.take_warnings()

    def seq(self) -> int:
        return self.queue.state.seq

    def rewrite(self) -> None:
        with self.queue._store.hold_lock():
            self.queue._store.read_new_changes()
            self.queue._store.try_rewrite_snapshot()

    def close(self) -> None:
        self.queue.close()


def _run(folder: Path, host: str, pipe: Connection) -> None:
    batch = Batch(folder, host)
    while True:
        name, arguments = pipe.recv()
        try:
            pipe.send(getattr(batch, name)(*arguments))
        except Exception as error:
            pipe.send(error)
        if name == "close":
            return


class Neighbour:
    """The other process, as a test talks to it; it ends with the test."""

    def __init__(self, folder: Path, host: str = rig.HOST, *, begin: bool = True) -> None:
        self._pipe, theirs = context.Pipe()
        self.process = context.Process(target=_run, args=(folder, host, theirs), daemon=True)
        self.process.start()
        theirs.close()
        self.session = self._ask("begin") if begin else ""

    def _ask(self, name: str, *arguments: Any) -> Any:
        self._pipe.send((name, arguments))
        assert self._pipe.poll(_PATIENCE), f"no answer to {name}"
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: self._ask(name, *arguments)

    def kill(self) -> None:
        """Kill it with no chance to tidy up."""
        assert self.process.pid
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join(_PATIENCE)
        assert self.process.exitcode == -signal.SIGKILL

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.is_alive():
            self.process.kill()
            self.process.join(_PATIENCE)
        self._pipe.close()


def alive(folder: Path, session: str) -> bool:
    """Return whether this process takes a session's owner for alive."""
    return sessions.is_alive(rig.at(folder.parent.parent), session)
