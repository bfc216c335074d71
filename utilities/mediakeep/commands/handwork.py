"""A person's command on files: their items are taken out of the queue, and brought up to date.

While it works no batch touches those items, and when it returns their reports, reviews, counts and
fingerprints are true. Where it is killed, the next batch does the items again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import click
from msgspec import structs

from mediakeep import clock, files
from mediakeep.commands import shared, subjects
from mediakeep.commands.subjects import Manner, Subject
from mediakeep.errors import ItemHeld, NoQueue, Unexpected, UsageFailed
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.media import file_errors, temp_copies
from mediakeep.media.ledger import FILE, Ledger
from mediakeep.media.undoing.store import Store
from mediakeep.outcome import QUIET, Outcome, Stamp, Work
from mediakeep.policy import HANDS_OFF
from mediakeep.queue import queue
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settling import Ending
from mediakeep.runner import attempt
from mediakeep.runner.attempt import Gone, Task
from mediakeep.views import review


class Handwork:
    """One command at work: its undo records, and the items that it has taken.

    `session` is what its changes are marked with, "" for the session of the queue that it opens.
    """

    def __init__(self, home: Path, subject: Subject, what: str, session: str = "") -> None:
        self.store = Store(home / "status" / "undo")
        self._home, self._subject, self._what = home, subject, what
        self._common, self._own_session = session, session or own_session(what)
        self._queue: Queue | None = None
        self._ledger: Ledger | None = None
        self._claims: dict[str, Claim] = {}
        self._before: dict[str, Item] = {}
        self._folders: dict[str, str] = {}  # folder, or file that is an item itself -> item
        self._linked: dict[str, str] = {}  # where a link leads that is an item's folder -> item

    def enter(self, open_ones: contextlib.ExitStack) -> None:
        """Open the queue, if there is one; NoQueue where there is none."""
        kind = self._subject.kind
        place = queue.place(subjects.folder(self._home, kind), notice=shared.notice)
        self._queue = open_ones.enter_context(Queue.open(place, kind))
        open_ones.callback(self._leave)
        self._ledger = Ledger.open(place.folder / FILE, write=False)
        open_ones.callback(self._ledger.close)

    def _leave(self) -> None:
        """Make what was not settled pending, and end the session."""
        assert self._queue is not None
        self._give_back(*self._claims.values())
        self._queue.end(command=self._what)
        for warning in self._queue.warnings():
            click.echo(f"Warning: {shared.plain(warning)}", err=True)

    def take(self, paths: Iterable[Path], keys: Iterable[str] = ()) -> list[str]:
        """Take the items that files or folders belong to, and those named, all or none.

        Return the keys of those that were not taken yet. UsageFailed where a living session works
        on one of them.
        """
        if self._queue is None:
            return []
        wanted = {key for path in paths if (key := self.item(path))}
        wanted |= {key for key in keys if key in self._queue.state.items}
        if wanted and self._queue.session is None:
            self._queue.begin(command=self._what)
        new = sorted(wanted - self._claims.keys())
        before = {key: self._queue.state.items[key] for key in new}
        try:
            claims = self._queue.claim_named(*before, by_hand=True) if before else []
        except ItemHeld as held:
            raise _busy(*held.args[:2]) from held
        self._claims |= {claim.key: claim for claim in claims}
        self._before |= before
        if lost := before.keys() - self._claims.keys():  # a batch was quicker by a hair
            raise _busy(min(lost), "that has just begun")
        return list(before)

    def item(self, path: Path) -> str:
        """Return the key of the item that a path belongs to; "" where it belongs to none."""
        if self._queue is None:
            return ""
        items = self._queue.state.items
        if not self._folders:
            self._folders = {item.path: key for key, item in items.items()}
        ways = path.resolve(), _plain(path)
        for one in ways:
            for folder in (one, *one.parents):
                if key := self._folders.get(files.escape(folder)):
                    return key
        if not self._linked:
            self._linked = dict(_linked(items))
        above = (files.escape(folder) for one in ways for folder in (one, *one.parents))
        return next((self._linked[one] for one in above if one in self._linked), "")

    @contextlib.contextmanager
    def writing(self, path: Path, item: str = "") -> Iterator[Stamp]:
        """Give the stamp for a change of a file, made within the block.

        `item` is its item where that is known to own the file, wherever that lies.
        """
        key = item if item in self._claims else self.item(path)
        with contextlib.ExitStack() as open_ones:
            if key and self._ledger:
                place = self._place(key, path)
                open_ones.enter_context(self._ledger.following(key, place, path))
            yield self.stamp(key)

    def settle(self, *keys: str) -> None:
        """Read taken items again, all or those named, and record what they have become.

        One that no batch has completed before is left to the next batch.
        """
        chosen = [key for key in keys or tuple(self._claims) if key in self._claims]
        if self._queue is None or not (chosen or self._queue.session):
            return
        ignored = subjects.ignored(self._home)
        manner = Manner(write=True, by_hand=True, policy=HANDS_OFF, ignored=ignored)
        with attempt.opened(self._subject.opening(self._home, manner)) as worker:
            for key in chosen:
                before = self._before[key]
                if Status.COMPLETED in (before.status, before.returns_to):
                    work = Work(before, self.stamp(key))
                    result = attempt.run(worker, Task(key, work), QUIET)
                    if isinstance(result, Gone):
                        raise result.error
                    assert isinstance(result, Outcome)
                    self.finish(key, result)
                else:
                    self._give_back(self._claims[key])
        if not keys:
            self._bring_up_to_date()

    def finish(self, key: str, outcome: Outcome) -> None:
        """Record what became of an item."""
        if self._queue and (claim := self._claims.pop(key, None)):
            self._queue.settle(claim, Ending(outcome))
            if outcome.traceback and self._queue.session:
                message = f"{key}: {outcome.message}"
                self._queue.session.write(message, "error", traceback=outcome.traceback)

    def _give_back(self, *given: Claim) -> None:
        """Let a batch do items; what was changed here does not count as its repairs."""
        assert self._queue is not None
        self._queue.release(given)
        for claim in given:
            del self._claims[claim.key]

    def _bring_up_to_date(self) -> None:
        assert self._queue is not None
        folder = subjects.folder(self._home, self._subject.kind)
        if self._queue.session:
            entries = self._subject.entries(self._home)
            review.update(self._home, folder, self._queue.state, entries)

    def log(self, errors: Iterable[Unexpected]) -> None:
        """Write unexpected errors with their tracebacks to the log of the queue's session."""
        if self._queue and self._queue.session:
            for error in errors:
                trace = file_errors.trace(error)
                self._queue.session.write(str(error), "error", traceback=trace)

    @property
    def session(self) -> str:
        """The session of this command's changes, once items are taken; its own where none are."""
        session = self._queue.session if self._queue and not self._common else None
        return session.id if session else self._own_session

    def stamp(self, key: str) -> Stamp:
        """Return what marks a change of an item's file as this command's, and no batch's."""
        claim = self._claims.get(key)
        if self._queue is None or claim is None:
            return Stamp(self.session, key, 0, 0)
        return Stamp(self.session, key, claim.seq, 0, self._queue.state.head.created)

    def batch_stamp(self, key: str) -> Stamp:
        """Return the same for work that does what a batch does: its repairs count as such."""
        claim = self._claims.get(key)
        first = claim.item.first_claim if claim else 0
        return structs.replace(self.stamp(key), first_claim=first)

    def _place(self, key: str, path: Path) -> str:
        """Return the place of a file below its item's folder, as a scan names it; "" for others."""
        assert self._queue is not None
        top = Path(files.unescape(self._queue.state.items[key].path))
        for one, folder in ((_plain(path), top), (path.resolve(), top.resolve())):
            if one.is_relative_to(folder):
                return files.escape(one.relative_to(folder))
        return ""


@contextlib.contextmanager
def begun(home: Path, kind: Kind, what: str, session: str = "") -> Iterator[Handwork]:
    """Begin a command's work on files; `what` it is goes to the log of its session.

    Without a queue there is nothing to take and to settle, and files are written all the same.
    A command that works on several kinds gives all of them one `session`.
    """
    work = Handwork(home, subjects.of(kind), what, session)
    temp_copies.remove_abandoned(work.store.folder)
    with contextlib.closing(work.store), contextlib.ExitStack() as open_ones:
        with contextlib.suppress(NoQueue):
            work.enter(open_ones)
        yield work
        work.settle()


def own_session(what: str) -> str:
    """Return a name for the session of a command, which no queue gives to another one."""
    return f"{clock.now():%Y%m%d}_{what}_{os.urandom(3).hex()}"


def _busy(key: str, session: str) -> UsageFailed:
    return UsageFailed(
        f"{key} is being worked on by session {session}. Wait for it or stop it, then run again."
        " Nothing was changed."
    )


def _plain(path: Path) -> Path:
    """Return a path from the root on, without "..", and with all links in it as they are."""
    return Path(os.path.normpath(path.absolute()))


def _linked(items: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    """Give where links lead that are items' folders."""
    for key, item in items.items():
        folder = Path(files.unescape(item.path))
        if folder.is_symlink():
            yield files.escape(folder.resolve()), key
