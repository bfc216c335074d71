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

from mediakeep import clock, files
from mediakeep.commands import shared, subjects
from mediakeep.commands.subjects import Manner, Subject
from mediakeep.errors import ItemHeld, NoQueue, UsageFailed
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.media.ledger import FILE, Ledger
from mediakeep.media.undoing.store import Store
from mediakeep.outcome import Outcome, Stamp, Work
from mediakeep.policy import HANDS_OFF
from mediakeep.queue import queue
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settling import Ending
from mediakeep.runner import attempt
from mediakeep.runner.attempt import Gone, Task
from mediakeep.views import review


class Handwork:
    """One command at work: its undo records, and the items that it has taken."""

    def __init__(self, home: Path, subject: Subject, what: str) -> None:
        self.store = Store(home / "status" / "undo")
        self._home, self._subject, self._what = home, subject, what
        self._own_session = f"{clock.now():%Y%m%d}_{what}_{os.urandom(3).hex()}"
        self._queue: Queue | None = None
        self._ledger: Ledger | None = None
        self._claims: dict[str, Claim] = {}
        self._before: dict[str, Item] = {}
        self._folders: dict[str, str] = {}  # folder -> item

    def enter(self, open_ones: contextlib.ExitStack) -> None:
        """Open the queue, if there is one; NoQueue where there is none."""
        kind = self._subject.kind
        place = queue.place(subjects.folder(self._home, kind))
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

    def take(self, paths: Iterable[Path]) -> list[str]:
        """Take the items that files or folders belong to, all or none, and return their keys.

        UsageFailed where a living session works on one of them.
        """
        if self._queue is None:
            return []
        keys = {key for path in paths if (key := self.item(path))} - self._claims.keys()
        if keys and self._queue.session is None:
            self._queue.begin(command=self._what)
        before = {key: self._queue.state.items[key] for key in sorted(keys)}
        try:
            claims = self._queue.claim_named(*before) if before else []
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
        if not self._folders:
            self._folders = dict(_folders(self._queue.state.items))
        for one in (path.absolute(), path.resolve()):
            for folder in (one, *one.parents):
                if key := self._folders.get(files.escape(folder)):
                    return key
        return ""

    def find(self, given: Path) -> Path:
        """Return the file or folder that a person means: from here, else below the library.

        UsageFailed where there is none.
        """
        places = [given.expanduser()]
        if self._queue:
            library = files.unescape(self._queue.state.head.library_path)
            places.append(Path(library) / given)
        for place in places:
            if os.path.lexists(place):
                return place.absolute()
        raise UsageFailed(f"There is no file or folder {files.escape(given)}. Nothing was changed.")

    @contextlib.contextmanager
    def writing(self, path: Path) -> Iterator[Stamp]:
        """Give the stamp for a change of a file, made within the block."""
        key = self.item(path)
        with contextlib.ExitStack() as open_ones:
            if key and self._ledger:
                place = files.escape(path).removeprefix(f"{self._folder(key)}/")
                open_ones.enter_context(self._ledger.following(key, place, path))
            yield self.stamp(key)

    def settle(self) -> None:
        """Read all taken items again, and record what they have become.

        One that no batch has completed before is left to the next batch.
        """
        if self._queue is None:
            return
        manner = Manner(write=True, by_hand=True, policy=HANDS_OFF)
        with attempt.opened(self._subject.opening(self._home, manner)) as worker:
            for key, claim in list(self._claims.items()):
                if self._before[key].status is Status.COMPLETED:
                    work = Work(self._before[key], self.stamp(key))
                    result = attempt.run(worker, Task(key, work), lambda *_: None)
                    if isinstance(result, Gone):
                        raise result.error
                    assert isinstance(result, Outcome)
                    self.finish(key, result)
                else:
                    self._give_back(claim)
        self._bring_up_to_date()

    def finish(self, key: str, outcome: Outcome) -> None:
        """Record what became of an item."""
        if self._queue and (claim := self._claims.pop(key, None)):
            self._queue.settle(claim, Ending(outcome))

    def _give_back(self, *given: Claim) -> None:
        """Let a batch do items; what was changed here does not count as its repairs."""
        assert self._queue is not None
        unbegun = [claim.key for claim in given if not self._before[claim.key].first_claim]
        self._queue.release(given, unbegun=unbegun)
        for claim in given:
            del self._claims[claim.key]

    def _bring_up_to_date(self) -> None:
        assert self._queue is not None
        folder = subjects.folder(self._home, self._subject.kind)
        if self._queue.session:
            entries = self._subject.entries(self._home)
            review.update(self._home, folder, self._queue.state, entries)

    @property
    def session(self) -> str:
        """The session of this command's changes, once items are taken; its own where none are."""
        session = self._queue.session if self._queue else None
        return session.id if session else self._own_session

    def stamp(self, key: str) -> Stamp:
        """Return what marks a change of an item's file as this command's."""
        claim = self._claims.get(key)
        if self._queue is None or claim is None:
            return Stamp(self.session, key, 0, 0)
        made = self._queue.state.head.created
        return Stamp(self.session, key, claim.seq, claim.seq, made)

    def _folder(self, key: str) -> str:
        assert self._queue is not None
        return files.escape(Path(files.unescape(self._queue.state.items[key].path)).resolve())


@contextlib.contextmanager
def begun(home: Path, kind: Kind, what: str) -> Iterator[Handwork]:
    """Begin a command's work on files; `what` it is goes to the log of its session.

    Without a queue there is nothing to take and to settle, and files are written all the same.
    """
    work = Handwork(home, subjects.of(kind), what)
    with contextlib.closing(work.store), contextlib.ExitStack() as open_ones:
        with contextlib.suppress(NoQueue):
            work.enter(open_ones)
        yield work
        work.settle()


def _busy(key: str, session: str) -> UsageFailed:
    return UsageFailed(
        f"{key} is being worked on by session {session}. Wait for it or stop it, then run again."
        " Nothing was changed."
    )


def _folders(items: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    """Give the folder of each item, and where a link of that name leads."""
    for key, item in items.items():
        yield item.path, key
        folder = Path(files.unescape(item.path))
        if folder.is_symlink():
            yield files.escape(folder.resolve()), key
