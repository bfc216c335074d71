"""The queue: claim items, settle or release them, start and end sessions.

Each method that changes the queue makes one commit, which survives a power loss once it returns.
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from math import inf
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from msgspec import structs

from mediakeep import atomic_files, clock
from mediakeep.errors import SnapshotDamaged, UsageError
from mediakeep.item import Item, NewItem, ScannedItem, Status, needs_lookup
from mediakeep.kinds import Kind
from mediakeep.queue import (
    actions,
    checkpoints,
    claims,
    external_change,
    item_archive,
    new_jobs,
    readonly,
    replay,
    retire,
    scan_diff,
    sessions,
)
from mediakeep.queue.claimed_items import ClaimedItems
from mediakeep.queue.claims import Claim, PendingQueue
from mediakeep.queue.compaction import QueueLocation
from mediakeep.queue.history import event_log
from mediakeep.queue.journal import JournalRecord
from mediakeep.queue.new_jobs import AddResult
from mediakeep.queue.replay import ReplayPlan
from mediakeep.queue.sessions import Session
from mediakeep.queue.snapshot import SnapshotHead
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import ChangeDecider, QueueChange, QueueStore

T = TypeVar("T")


def get_host_id() -> str:
    """Return a name of this machine that no other machine has."""
    with contextlib.suppress(OSError):
        return Path("/etc/machine-id").read_text().strip() or platform.node()
    return platform.node()


def locate_queue(
    folder: Path,
    now: clock.Clock = clock.now,
    host: str = "",
    notice: Callable[[str], object] | None = None,
    *,
    dry_run: bool = False,
) -> QueueLocation:
    """Return the location of the queue in a folder; tests pass their own clock and host id.

    `notice` is called with messages that the user should see at once.
    """
    location = QueueLocation(folder, now, host or get_host_id(), dry_run=dry_run)
    return structs.replace(location, notice=notice) if notice else location


class Queue(ClaimedItems):
    """The queue of music or movies, open for reading and changes."""

    def __init__(self, store: QueueStore) -> None:
        super().__init__(store)
        self._pending: PendingQueue | None = None
        self.session: Session | None = None
        self.recovered_items: list[str] = []  # keys of items of dead sessions, released on opening

    @classmethod
    def open(cls, location: QueueLocation, kind: Kind) -> Self:
        """Open a queue, and release the items that dead sessions had claimed.

        Raise NoQueue if there is none.
        """
        if not checkpoints.has_queue_files(location.folder):
            raise readonly.no_queue_error(location.folder, kind)
        store = QueueStore(location, kind, external_change.accept_replaced_snapshot)
        with store.hold_lock():
            store.read_new_changes()
        queue = cls(store)
        queue.recovered_items = queue.recover_orphaned_items()
        return queue

    @classmethod
    def create(
        cls, location: QueueLocation, kind: Kind, library: str, scanned: Iterable[ScannedItem]
    ) -> Self:
        """Create a queue from the items of a library scan.

        Raise UsageError if there is a queue already, SnapshotDamaged if only its main file is
        missing.
        """
        atomic_files.make_folder(location.folder)
        for folder in (location.folder.parent, location.folder.parent.parent):
            atomic_files.sync_folder(folder)
        store = QueueStore(location, kind, external_change.accept_replaced_snapshot)
        with store.hold_lock():
            if store.path.exists():
                raise UsageError(
                    f"{store.path} already exists. Use another --home, or move that queue away."
                )
            if checkpoints.has_queue_files(location.folder):
                raise SnapshotDamaged(
                    store.path, "it is gone", checkpoints.format_restore_hint(location.folder, kind)
                )
            before = event_log.last_seq(location.folder)
            head = SnapshotHead(
                kind=kind.name,
                generation=0,
                snapshot_id="",
                seq=before,
                library_path=library,
                created=clock.format_iso(location.now()),
                stages=kind.stages if kind.stores_stages else None,
            )
            retired = item_archive.load_retired(location.folder, kind)
            scanned = item_archive.exclude_retired(scanned, retired)
            items = scan_diff.build_new_items(scanned, kind, set(), head.created)
            store.install_state(QueueState(kind, head, items), None)
        if before:  # changes of an earlier queue in this folder, none of which count in this one
            store.commit(lambda _: QueueChange("scan", {}, {"anew": True, "known": len(items)}))
        return cls(store)

    def take_warnings(self) -> list[str]:
        """Return the warnings for the user since the last call, and clear them."""
        warnings, self._store.warnings = self._store.warnings, []
        return warnings

    def begin_session(self, **facts: Any) -> Session:
        """Start a session, with a log file, a lock and an event in the history."""
        with self._store.hold_lock():
            self._store.read_new_changes()
            sessions.remove_stale_live_files(self.location, self.state.claimed_keys)
        self.session = Session(self.location)
        self._store.session = self.session.id
        self._store.commit(
            lambda state: QueueChange(
                "start", facts={"host": self.location.host, "known": len(state.items), **facts}
            )
        )
        return self.session

    def end_session(self, **facts: Any) -> None:
        """End the session of this process, if it has one."""
        if self.session:
            end_facts = {**facts, **self.session.sync_and_digest_log()}
            self._store.commit(lambda _: QueueChange("end", facts=end_facts))
            self.session.close()
            self.session, self._store.session = None, ""

    @contextlib.contextmanager
    def open_session(self, **facts: Any) -> Iterator[None]:
        """Hold a session of a command during a `with` block, unless this is a dry run."""
        if self.location.dry_run:
            yield
            return
        self.begin_session(**facts)
        try:
            yield
        finally:
            self.end_session(**facts)

    def recover_orphaned_items(self) -> list[str]:
        """Release the items that dead sessions had claimed, and return their keys."""

        dead: list[str] = []

        def decide(state: QueueState) -> QueueChange | None:
            dead.extend(
                key for key in state.claimed_keys if not sessions.is_alive(self.location, key)
            )
            items = claims.build_orphan_patches(state, self.location, dead)
            return QueueChange("release", items, {"why": "owner dead"}) if items else None

        if not self.state.claimed_keys:
            return []
        record = self._store.commit(decide)
        for session in () if self.location.dry_run else dead:
            sessions.remove_live_file(self.location.folder, session)
        return list(record.items) if record else []

    def _get_pending(self) -> PendingQueue:
        if self._pending is None or self._pending.state is not self.state:
            self._pending = PendingQueue(self.state)
        return self._pending

    def claim(
        self, count: int, *, shares: int = 1, lookups: bool = False, settled_by: float = inf
    ) -> list[Claim]:
        """Claim up to `count` items in one commit, by priority, and at most one of equal `shares`.

        With equal priority, new items come first, then failed items that are tried again, then
        outdated ones. With `lookups`, items that are completed except for their lookup follow after
        all others. Of these, only items settled by change number `settled_by` or earlier are
        claimed.
        """
        self.recover_orphaned_items()
        self._retry_due()
        taken: list[str] = []

        def decide(state: QueueState) -> QueueChange | None:
            line = self._get_pending()
            now = clock.format_iso(self.location.now())
            taken.extend(
                line.take_keys(count, now, shares=shares, lookups=lookups, settled_by=settled_by)
            )
            return self._build_claim_change(state, taken)

        return self._build_claims(self._commit_claim(decide))

    def claim_for_lookup(self, *keys: str) -> list[Claim]:
        """Claim the given items as far as they are completed except for their lookup."""

        def decide(state: QueueState) -> QueueChange | None:
            items = ((key, state.items.get(key)) for key in keys)
            return self._build_claim_change(
                state,
                [
                    key
                    for key, item in items
                    if item and item.status is Status.COMPLETED and needs_lookup(item)
                ],
            )

        return self._build_claims(self._store.commit(decide))

    def claim_due(self, *keys: str, stages: Container[str] = ()) -> list[Claim]:
        """Claim those of the given items that are pending or due for a retry, and need not wait.

        With `stages`, only those of which one of these stages runs next.
        """
        self.recover_orphaned_items()
        self._retry_due()
        now = clock.format_iso(self.location.now())

        def is_due(item: Item | None) -> bool:
            if item is None or (stages and self.kind.get_next_stage(item) not in stages):
                return False
            return item.status is Status.PENDING and item.not_before <= now

        return self._build_claims(
            self._store.commit(
                lambda state: self._build_claim_change(
                    state, [key for key in keys if is_due(state.items.get(key))]
                )
            )
        )

    def claim_by_key(self, *keys: str, by_hand: bool = False) -> list[Claim]:
        """Claim these items in any state; raise ItemInUse if a running session has claimed one.

        Raise ItemInUse if a running session has claimed one of them. With `by_hand`, a completed
        item is completed again if the session dies, and keeps the state of its lookup.
        """
        done = (Status.COMPLETED, Status.COMPLETED.value)
        items = self.state.items
        notes = {
            key: {"returns_to": Status.COMPLETED.value, "lookup": items[key].lookup or None}
            for key in keys
            if by_hand and (items[key].status in done or items[key].returns_to in done)
        }
        self.recover_orphaned_items()
        again = actions.reset_items(
            self.location, lambda _: [key for key in keys if not pending(key)]
        )

        def pending(key: str) -> bool:
            return self.state.items[key].status is Status.PENDING

        self._store.commit(again)
        return self._build_claims(
            self._store.commit(
                lambda state: self._build_claim_change(state, list(filter(pending, keys)), notes)
            )
        )

    def _commit_claim(self, decide: ChangeDecider) -> JournalRecord | None:
        """Commit a claim, which removes items from the heaps; discard the heaps if it fails."""
        try:
            return self._store.commit(decide)
        except BaseException:
            self._pending = None
            raise

    def _build_claim_change(
        self, state: QueueState, keys: list[str], notes: Mapping[str, dict[str, Any]] | None = None
    ) -> QueueChange | None:
        now, seq = clock.format_iso(self.location.now()), state.seq + 1
        session = self._store.session
        extra = notes or {}
        items = {
            key: claims.build_claim_patch(session, seq, now, state.items[key], self.kind.stages)
            | extra.get(key, {})
            for key in keys
        }
        return QueueChange("claim", items) if items else None

    def _build_claims(self, record: JournalRecord | None) -> list[Claim]:
        keys = record.items if record else {}
        return [Claim(key, self.state.items[key], record.seq) for key in keys if record]

    def _retry_due(self) -> None:
        def decide(_: QueueState) -> QueueChange | None:
            keys = self._get_pending().take_due_retries(clock.format_iso(self.location.now()))
            items = {key: {"status": Status.PENDING, "not_before": None} for key in keys}
            return QueueChange("retry", items) if items else None

        self._commit_claim(decide)

    def unpark(self, keys: Iterable[str]) -> list[str]:
        """Let the next claim take items that wait, and return their keys."""
        chosen = list(keys)
        record = self._store.commit(actions.unpark_items(lambda _: chosen))
        return list(record.items) if record else []

    def add(self, new_items: Iterable[NewItem]) -> dict[str, AddResult]:
        """Add pending items in one commit, and return what became of them, by item key.

        An item that the queue has with the same path and settings is not added. It becomes pending
        if it failed, was skipped, or if its source has changed; that is a second commit.
        """
        wanted = list(new_items)
        folder = self.location.folder

        def decide(state: QueueState) -> QueueChange | None:
            retired = item_archive.load_retired(folder, state.kind, state.items)
            now = clock.format_iso(self.location.now())
            return new_jobs.build_add_change(state, wanted, retired.values(), now)

        record = self._store.commit(decide)
        added = dict.fromkeys(record.items if record else (), AddResult.ADDED)
        again = None
        if new_jobs.build_readd_change(self.state, wanted):  # else no lock is needed
            again = self._store.commit(lambda state: new_jobs.build_readd_change(state, wanted))
        found = new_jobs.list_results(self.state, wanted, again.items if again else ())
        return {**added, **{key: found[key] for key in found if key not in added}}

    def retire(self, keys: Iterable[str]) -> list[str]:
        """Remove items from the queue for good, and return their keys; the history keeps them.

        Scans do not add them again unless they change. Raise ItemInUse if one of them is being
        processed.
        """
        chosen = list(keys)
        change = retire.retire_items(
            self.location, lambda state: [key for key in chosen if key in state.items]
        )
        record = self._store.commit(change)
        return list(record.items) if record else []

    def restore_retired(self, name: str) -> str:
        """Bring a retired item back with the status that it had, and return its key."""
        return retire.restore_retired(self._store, name)

    def rewrite_snapshot_if_due(self) -> None:
        """Write the changes in the journal to the snapshot file if enough time has passed.

        Called while a batch waits.
        """
        self._store.refresh_snapshot_if_due()

    def call_with_lock(self, function: Callable[[QueueState], T]) -> T:
        """Call a function with the newest state of the queue while its lock is held.

        Return the result of the function.
        """
        with self._store.hold_lock():
            self._store.read_new_changes()
            return function(self.state)

    def write_checkpoint(self) -> Path:
        """Rewrite the snapshot, write a checkpoint (a full copy of it), and return its path."""
        self._store.refresh_snapshot(always=True)
        with self._store.hold_lock():
            self._store.read_new_changes()
            return checkpoints.write_checkpoint(self.state, self.location)

    def replay_undone_items(self, name: str) -> ReplayPlan:
        """Bring back the items that a restore undid, from the file `name` in aside/."""
        return replay.apply_replay(self._store, name)

    def close(self) -> None:
        """Write the changes in the journal to the snapshot, and close the files of the queue."""
        if self.session:
            self.session.close()
        self._store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
