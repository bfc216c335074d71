"""Check out queue items for a command that edits their files, and bring them up to date.

Meanwhile no batch processes these items; afterwards their reports, reviews, counts and fingerprints
are current. If the command is killed, the next batch processes the items again.
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
    """The undo store and the claimed items of one command.

    `session` is the id that marks its changes; "" means the session of the queue that it opens.
    """

    def __init__(self, home: Path, subject: Subject, what: str, session: str = "") -> None:
        self.store = Store(home / "status" / "undo")
        self._home, self._subject, self._what = home, subject, what
        self._common, self._own_session = session, session or own_session(what)
        self._queue: Queue | None = None
        self._ledger: Ledger | None = None
        self._claims: dict[str, Claim] = {}
        self._before: dict[str, Item] = {}
        self._folders: dict[str, str] = {}  # folder, or file that is an item itself -> key
        self._linked: dict[str, str] = {}  # target of an item's folder that is a symlink -> key

    def enter(self, stack: contextlib.ExitStack) -> None:
        """Open the queue; raise NoQueue if there is none."""
        kind = self._subject.kind
        place = queue.place(subjects.folder(self._home, kind), notice=shared.notice)
        self._queue = stack.enter_context(Queue.open(place, kind))
        stack.callback(self._leave)
        self._ledger = Ledger.open(place.folder / FILE, write=False)
        stack.callback(self._ledger.close)

    def _leave(self) -> None:
        """Make unsettled items pending again, and end the session."""
        assert self._queue is not None
        self._give_back(*self._claims.values())
        self._queue.end(command=self._what)
        for warning in self._queue.warnings():
            click.echo(f"Warning: {shared.plain(warning)}", err=True)

    def take(self, paths: Iterable[Path], keys: Iterable[str] = ()) -> list[str]:
        """Claim the items that contain the paths, and the items in `keys`: all or none.

        Return the keys of newly claimed items. Raise UsageError if a live session holds one of
        them.
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
        if lost := before.keys() - self._claims.keys():  # a batch was quicker
            raise _busy(min(lost), "that has just started")
        return list(before)

    def item(self, path: Path) -> str:
        """Return the key of the item that a path belongs to, or "" if none."""
        if self._queue is None:
            return ""
        items = self._queue.state.items
        if not self._folders:
            self._folders = {item.path: key for key, item in items.items()}
        paths = path.resolve(), _plain(path)
        for candidate in paths:
            for folder in (candidate, *candidate.parents):
                if key := self._folders.get(files.escape(folder)):
                    return key
        if not self._linked:
            self._linked = dict(_linked(items))
        above = (
            files.escape(folder)
            for candidate in paths
            for folder in (candidate, *candidate.parents)
        )
        return next(
            (self._linked[candidate] for candidate in above if candidate in self._linked), ""
        )

    @contextlib.contextmanager
    def writing(self, path: Path, item: str = "") -> Iterator[Stamp]:
        """Yield the stamp for a change of a file, which is made within the block.

        `item` is the key of the file's item, if known, wherever the file is.
        """
        key = item if item in self._claims else self.item(path)
        with contextlib.ExitStack() as stack:
            if key and self._ledger:
                place = self._place(key, path)
                stack.enter_context(self._ledger.following(key, place, path))
            yield self.stamp(key)

    def settle(self, *keys: str) -> None:
        """Read claimed items again, all or those in `keys`, and settle them.

        An item that no batch has completed before is released for the next batch.
        """
        chosen = [key for key in keys or tuple(self._claims) if key in self._claims]
        if self._queue is None or not (chosen or self._queue.session):
            return
        ignored = subjects.ignored(self._home)
        options = Manner(write=True, by_hand=True, policy=HANDS_OFF, ignored=ignored)
        with attempt.opened(self._subject.opening(self._home, options)) as worker:
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
        """Settle an item with its outcome."""
        if self._queue and (claim := self._claims.pop(key, None)):
            self._queue.settle(claim, Ending(outcome))
            if outcome.traceback and self._queue.session:
                message = f"{key}: {outcome.message}"
                self._queue.session.write(message, "error", traceback=outcome.traceback)

    def _give_back(self, *claims: Claim) -> None:
        """Release items for a batch; the changes made here do not count as its repairs."""
        assert self._queue is not None
        self._queue.release(claims)
        for claim in claims:
            del self._claims[claim.key]

    def _bring_up_to_date(self) -> None:
        assert self._queue is not None
        folder = subjects.folder(self._home, self._subject.kind)
        if self._queue.session:
            entries = self._subject.entries(self._home)
            review.update(self._home, folder, self._queue.state, entries)

    def log(self, errors: Iterable[Unexpected]) -> None:
        """Write unexpected errors with their tracebacks to the session log."""
        if self._queue and self._queue.session:
            for error in errors:
                trace = file_errors.trace(error)
                self._queue.session.write(str(error), "error", traceback=trace)

    @property
    def session(self) -> str:
        """The session id of this command's changes: the queue's once items are claimed."""
        session = self._queue.session if self._queue and not self._common else None
        return session.id if session else self._own_session

    def stamp(self, key: str) -> Stamp:
        """Return the stamp of a change that is made by this command, not by a batch."""
        claim = self._claims.get(key)
        if self._queue is None or claim is None:
            return Stamp(self.session, key, 0, 0)
        return Stamp(self.session, key, claim.seq, 0, self._queue.state.head.created)

    def batch_stamp(self, key: str) -> Stamp:
        """Return the stamp of a change that counts as a repair by a batch."""
        claim = self._claims.get(key)
        first = claim.item.first_claim if claim else 0
        return structs.replace(self.stamp(key), first_claim=first)

    def _place(self, key: str, path: Path) -> str:
        """Return the path of a file relative to its item, or "" if it is outside."""
        assert self._queue is not None
        top = Path(files.unescape(self._queue.state.items[key].path))
        for full, folder in ((_plain(path), top), (path.resolve(), top.resolve())):
            if full.is_relative_to(folder):
                return files.escape(full.relative_to(folder))
        return ""


@contextlib.contextmanager
def begun(home: Path, kind: Kind, what: str, session: str = "") -> Iterator[Handwork]:
    """Check out items for a command; `what` is its name in the session log.

    If there is no queue, nothing is claimed or settled, and the files are written anyway. A command
    that edits several kinds passes the same `session` to all of them.
    """
    checkout = Handwork(home, subjects.of(kind), what, session)
    temp_copies.remove_abandoned(checkout.store.folder)
    with contextlib.closing(checkout.store), contextlib.ExitStack() as stack:
        with contextlib.suppress(NoQueue):
            checkout.enter(stack)
        yield checkout
        checkout.settle()


def own_session(what: str) -> str:
    """Return a session id for a command, different from those of all queues."""
    return f"{clock.now():%Y%m%d}_{what}_{os.urandom(3).hex()}"


def _busy(key: str, session: str) -> UsageFailed:
    return UsageFailed(
        f"{key} is being processed by session {session}. Wait for it or stop it, then run again."
        " Nothing was changed."
    )


def _plain(path: Path) -> Path:
    """Return a path made absolute and without "..", with its symlinks unresolved."""
    return Path(os.path.normpath(path.absolute()))


def _linked(items: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    """Yield the targets of items' folders that are symlinks, with the items' keys."""
    for key, item in items.items():
        folder = Path(files.unescape(item.path))
        if folder.is_symlink():
            yield files.escape(folder.resolve()), key
