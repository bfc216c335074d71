"""Check out queue items for a command that edits their files, and bring them up to date.

Meanwhile no batch processes these items; afterwards their reports, reviews, counts and fingerprints
are current. If the command is killed, the next batch processes the items again.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from msgspec import structs

from mediakeep import clock, kinds, path_text
from mediakeep.app.console import Console
from mediakeep.app.subjects import registry
from mediakeep.app.subjects.interface import ReviewOptions, Subject, WorkerOptions, WriteHook
from mediakeep.app.undo import selector
from mediakeep.errors import ItemInUse, NewerFormat, NoQueue, UnexpectedError
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.media import file_errors, temp_copies
from mediakeep.media.undo.record import ChangeRecord
from mediakeep.media.undo.store import UndoStore
from mediakeep.outcome import NO_PROGRESS, Outcome, Stamp, Work
from mediakeep.policy import READ_ONLY
from mediakeep.queue import queue
from mediakeep.queue.claims import Claim
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.runner import tasks
from mediakeep.runner.tasks import BatchAborted, Task
from mediakeep.views import review


@contextlib.contextmanager
def open_for_records(
    home: Path, what: str, records: Collection[ChangeRecord], console: Console
) -> Iterator[Mapping[str, ItemCheckout]]:
    """Check out the items of all records, or none; yield a checkout for each kind, by its name."""
    by_kind = {
        name: [record for record in records if record.queue == name]
        for name in _kinds_of_records(records)
    }
    session = new_session_id(what) if len(by_kind) > 1 else ""
    with contextlib.ExitStack() as stack:
        checkouts = {
            name: stack.enter_context(open_checkout(home, _get_kind(name), what, console, session))
            for name in by_kind
        }
        for name, checkout in checkouts.items():
            paths = (Path(path_text.unescape_path(record.path)) for record in by_kind[name])
            checkout.claim(paths, (record.item for record in by_kind[name]))
        yield checkouts


def _kinds_of_records(records: Collection[ChangeRecord]) -> list[str]:
    return sorted({record.queue for record in records})


def _get_kind(name: str) -> Kind:
    try:
        return kinds.get_kind(name)
    except KeyError as error:
        raise NewerFormat("An undo record", name, ", ".join(kinds.list_kinds())) from error


class ItemCheckout:
    """The undo store and the claimed items of one command.

    `session` is the id that marks its changes; "" means the session of the queue that it opens.
    """

    def __init__(
        self, home: Path, subject: Subject, what: str, console: Console, session: str = ""
    ) -> None:
        self.store = UndoStore(home / "status" / "undo")
        self._home, self._subject, self._command = home, subject, what
        self._console = console
        self._shared_session, self._own_session = session, session or new_session_id(what)
        self._queue: Queue | None = None
        self._write_hook: WriteHook | None = None
        self._claims: dict[str, Claim] = {}
        self._items_before: dict[str, Item] = {}
        self._folders: dict[str, str] = {}  # folder, or file that is an item itself -> key
        # target of an item's folder that is a symlink -> key
        self._symlink_targets: dict[str, str] = {}

    def open_queue(self, stack: contextlib.ExitStack) -> None:
        """Open the queue; raise NoQueue if there is none."""
        kind = self._subject.kind
        folder = registry.queue_folder(self._home, kind)
        place = queue.locate_queue(folder, notice=self._console.print_message)
        self._queue = stack.enter_context(Queue.open(place, kind))
        stack.callback(self._release_and_end)
        if reviewed := self._subject.reviewed:
            self._write_hook = stack.enter_context(reviewed.open_write_hook(place.folder))

    def _release_and_end(self) -> None:
        """Make unsettled items pending again, and end the session."""
        assert self._queue is not None
        self._release_claims(*self._claims.values())
        self._queue.end_session(command=self._command)
        for warning in self._queue.take_warnings():
            self._console.print_warning(warning)

    def claim(self, paths: Iterable[Path], keys: Iterable[str] = ()) -> list[str]:
        """Claim the items that contain the paths, and the items in `keys`: all or none.

        Return the keys of newly claimed items. Raise ItemInUse if a running session has claimed
        one of them.
        """
        if self._queue is None:
            return []
        wanted = {key for path in paths if (key := self.find_item_key(path))}
        wanted |= {key for key in keys if key in self._queue.state.items}
        if wanted and self._queue.session is None:
            self._queue.begin_session(command=self._command)
        new = sorted(wanted - self._claims.keys())
        before = {key: self._queue.state.items[key] for key in new}
        claims = self._queue.claim_by_key(*before, by_hand=True) if before else []
        self._claims |= {claim.key: claim for claim in claims}
        self._items_before |= before
        if lost := before.keys() - self._claims.keys():  # a batch was quicker
            raise ItemInUse(min(lost), "another session")
        return list(before)

    def find_item_key(self, path: Path) -> str:
        """Return the key of the item that a path belongs to, or "" if none."""
        if self._queue is None:
            return ""
        items = self._queue.state.items
        if not self._folders:
            self._folders = {item.path: key for key, item in items.items()}
        paths = path.resolve(), _normalize_path(path)
        for candidate in paths:
            for folder in (candidate, *candidate.parents):
                if key := self._folders.get(path_text.escape_path(folder)):
                    return key
        if not self._symlink_targets:
            self._symlink_targets = dict(_iter_symlinked_folders(items))
        above = (
            path_text.escape_path(folder)
            for candidate in paths
            for folder in (candidate, *candidate.parents)
        )
        return next(
            (
                self._symlink_targets[candidate]
                for candidate in above
                if candidate in self._symlink_targets
            ),
            "",
        )

    @contextlib.contextmanager
    def stamp_for_write(self, path: Path, item: str = "") -> Iterator[Stamp]:
        """Yield the stamp for a change of a file, which is made within the block.

        `item` is the key of the file's item, if known, wherever the file is.
        """
        key = item if item in self._claims else self.find_item_key(path)
        with contextlib.ExitStack() as stack:
            if key and self._write_hook:
                stack.enter_context(self._write_hook(key, self._relative_path(key, path), path))
            yield self.build_stamp(key)

    def rescan_and_settle(self, *keys: str) -> None:
        """Read claimed items again, all or those in `keys`, and settle them.

        An item that no batch has completed before is released for the next batch.
        """
        chosen = [key for key in keys or tuple(self._claims) if key in self._claims]
        if self._queue is None or not (chosen or self._queue.session):
            return
        ignored = registry.read_ignore_settings(self._home)
        review = ReviewOptions(by_hand=True, policy=READ_ONLY)
        options = WorkerOptions(write=True, ignored=ignored, review=review)
        with tasks.open_worker(self._subject.worker_factory(self._home, options)) as worker:
            for key in chosen:
                before = self._items_before[key]
                if Status.COMPLETED in (before.status, before.returns_to):
                    work = Work(before, self.build_stamp(key))
                    result = tasks.run_task(worker, Task(key, work), NO_PROGRESS)
                    if isinstance(result, BatchAborted):
                        raise result.error
                    assert isinstance(result, Outcome)
                    self.record_outcome(key, result)
                else:
                    self._release_claims(self._claims[key])
        if not keys:
            self._update_review_list()

    def record_outcome(self, key: str, outcome: Outcome) -> None:
        """Settle an item with its outcome."""
        if self._queue and (claim := self._claims.pop(key, None)):
            self._queue.settle(claim, SettleRequest(outcome))
            if outcome.traceback and self._queue.session:
                message = f"{key}: {outcome.message}"
                self._queue.session.write_log(message, "error", traceback=outcome.traceback)

    def _release_claims(self, *claims: Claim) -> None:
        """Release items for a batch; the changes made here do not count as its repairs."""
        assert self._queue is not None
        self._queue.release(claims)
        for claim in claims:
            del self._claims[claim.key]

    def _update_review_list(self) -> None:
        assert self._queue is not None
        folder = registry.queue_folder(self._home, self._subject.kind)
        if self._queue.session and (reviewed := self._subject.reviewed):
            entries = partial(reviewed.read_reviews, self._home)
            review.update_review_list(self._home, folder, self._queue.state, entries)

    def log_errors(self, errors: Iterable[UnexpectedError]) -> None:
        """Write unexpected errors with their tracebacks to the session log."""
        if self._queue and self._queue.session:
            for error in errors:
                trace = file_errors.traceback_text(error)
                self._queue.session.write_log(str(error), "error", traceback=trace)

    @property
    def session_id(self) -> str:
        """The session id of this command's changes: the queue's once items are claimed."""
        session = self._queue.session if self._queue and not self._shared_session else None
        return session.id if session else self._own_session

    @property
    def session_label(self) -> str:
        """The name of that session in commands."""
        return selector.session_label(self.store, self.session_id, self._subject.kind.name)

    def build_stamp(self, key: str) -> Stamp:
        """Return the stamp of a change that is made by this command, not by a batch."""
        claim = self._claims.get(key)
        if self._queue is None or claim is None:
            return Stamp(self.session_id, key, 0, 0)
        return Stamp(self.session_id, key, claim.seq, 0, self._queue.state.head.created)

    def stamp_as_batch(self, key: str) -> Stamp:
        """Return the stamp of a change that counts as a repair by a batch."""
        claim = self._claims.get(key)
        first = claim.item.first_claim if claim else 0
        return structs.replace(self.build_stamp(key), first_claim=first)

    def _relative_path(self, key: str, path: Path) -> str:
        """Return the path of a file relative to its item, or "" if it is outside."""
        assert self._queue is not None
        top = Path(path_text.unescape_path(self._queue.state.items[key].path))
        for full, folder in ((_normalize_path(path), top), (path.resolve(), top.resolve())):
            if full.is_relative_to(folder):
                return path_text.escape_path(full.relative_to(folder))
        return ""


@contextlib.contextmanager
def open_checkout(
    home: Path, kind: Kind, what: str, console: Console, session: str = ""
) -> Iterator[ItemCheckout]:
    """Check out items for a command; `what` is its name in the session log.

    If there is no queue, nothing is claimed or settled, and the files are written anyway. A command
    that edits several kinds passes the same `session` to all of them.
    """
    checkout = ItemCheckout(home, registry.get_subject(kind), what, console, session)
    temp_copies.remove_abandoned(checkout.store.folder)
    with contextlib.closing(checkout.store), contextlib.ExitStack() as stack:
        with contextlib.suppress(NoQueue):
            checkout.open_queue(stack)
        yield checkout
        checkout.rescan_and_settle()


def new_session_id(what: str) -> str:
    """Return a session id for a command, different from those of all queues."""
    return f"{clock.now():%Y%m%d}_{what}_{os.urandom(3).hex()}"


def _normalize_path(path: Path) -> Path:
    """Return a path made absolute and without "..", with its symlinks unresolved."""
    return Path(os.path.normpath(path.absolute()))


def _iter_symlinked_folders(items: Mapping[str, Item]) -> Iterator[tuple[str, str]]:
    """Yield the targets of items' folders that are symlinks, with the items' keys."""
    for key, item in items.items():
        folder = Path(path_text.unescape_path(item.path))
        if folder.is_symlink():
            yield path_text.escape_path(folder.resolve()), key
