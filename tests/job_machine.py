"""A state machine of a home with jobs: added, scanned, processed, killed, reset, skipped, cancelled
and rolled back in any order.
"""

from __future__ import annotations

import shutil
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from mediakeep.app.jobs import manage_jobs, remove_files
from mediakeep.errors import MediakeepError
from mediakeep.item import Status
from mediakeep.queue import actions
from tests import job_home, memory_folder
from tests.job_home import JobHome
from tests.job_loop import Witness
from tests.job_notes import NotingFactory

_NAMES = ("Alpha", "Beta")
names = st.sampled_from(_NAMES)


class JobMachine(RuleBasedStateMachine):
    """A home of one kind."""

    home_type: ClassVar[type[JobHome[Any]]]

    @initialize(adds=st.booleans())
    def start(self, adds: bool) -> None:
        self.adds = adds  # jobs one by one, or all by scans
        self.root = memory_folder.make_random_folder()
        self.home = self.home_type(self.root)
        self.home.wrap = lambda factory: NotingFactory(factory, self.root)
        self.home.make(*_NAMES)
        self.before = job_home.contents(self.home.library)
        self.witness = Witness(self.home)
        self.known: set[str] = set()

    def teardown(self) -> None:
        if hasattr(self, "root"):
            shutil.rmtree(self.root)

    def _find_key(self, name: str) -> str:
        """Return the key of an item, "" if it is not in the queue."""
        if not self.home.queue.exists():
            return ""
        items = self.home.items()
        return next((key for key, item in items.items() if name in (key, item.name)), "")

    def _change(self, key: str) -> None:
        self.witness.forget(key)

    @rule(name=names)
    def add(self, name: str) -> None:
        if not self.adds:
            return
        key = self._find_key(name)
        was_ended = key and self.home.items()[key].status in (Status.SKIPPED, Status.ERROR)
        self.home.prepare(name)
        if was_ended:
            self._change(key)

    @rule()
    def scan(self) -> None:
        if not self.adds:
            self.home.prepare()

    @rule()
    def process(self) -> None:
        if self.home.queue.exists():
            self.home.process()

    @rule(call=st.integers(1, 80))
    def kill(self, call: int) -> None:
        if self.home.queue.exists():
            self.home.kill_at(call)

    @rule(name=names)
    def reset(self, name: str) -> None:
        if key := self._find_key(name):
            self.home.reset(key)
            self._change(key)

    @rule(name=names)
    def skip(self, name: str) -> None:
        if key := self._find_key(name):
            with self.home.context.open_queue() as queue:
                queue.begin_session(command="skip")
                queue.commit(actions.skip_item(queue.location, key, "not now"))
                queue.end_session(command="skip")
            self._change(key)

    @rule(name=names)
    def cancel(self, name: str) -> None:
        if key := self._find_key(name):
            try:
                manage_jobs.cancel_jobs([self.home.context], [key])
            except MediakeepError:
                return
            self._change(key)

    @rule(name=names, is_processed=st.booleans())
    def roll_back(self, name: str, is_processed: bool) -> None:
        if is_processed:
            self.add(name)
            self.scan()
            self.process()
        if key := self._find_key(name):
            try:
                remove_files.roll_back(self.home.context, key, self.home.settings())
            except MediakeepError:
                return
            self._change(key)
            assert self.home.list_outputs(name) == []

    @invariant()
    def check(self) -> None:
        if not hasattr(self, "home") or not self.home.queue.exists():
            return
        items = self.home.items()
        assert self.known <= items.keys(), "an item is lost"
        self.known = {*items}
        assert job_home.contents(self.home.library) == self.before, "a source has changed"
        assert list(self.witness.check()) == []
        for name in _NAMES:
            key = self._find_key(name)
            done = bool(key) and items[key].status is Status.COMPLETED
            assert list(self.home.find_faults(name, self.before, done=done)) == []
