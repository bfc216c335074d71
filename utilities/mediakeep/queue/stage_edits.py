"""Changes of the stages of items by the user or a program, without a batch.

Each is checked under the lock of the queue, or under a claim, as other processes may be faster.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence

from mediakeep.errors import ItemInUse, LockNotAcquired
from mediakeep.item import Item
from mediakeep.outcome import Outcome
from mediakeep.queue import actions
from mediakeep.queue.follower import SINGLE
from mediakeep.queue.queue import Queue
from mediakeep.queue.settle import SettleRequest
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import ChangeDecider, QueueChange

LOCK_TIMEOUT = 30.0  # seconds to wait for an item that another session processes
_POLL_INTERVAL = 0.2  # seconds
Check = Callable[[Item], object]  # raises UsageError if an item must not be changed


def change_queue(
    queue: Queue, keys: Sequence[str], change: Callable[[Queue], object], timeout: float
) -> None:
    """Call a function in a session of its own, once no other session processes these items.

    It is called again if it raises ItemInUse, as another session was faster. Raise LockNotAcquired
    if that takes longer than `timeout` seconds.
    """
    end = time.monotonic() + timeout
    with queue.open_session(**{SINGLE: True}):
        while True:
            wait_until_free(queue, lambda _: list(keys), end - time.monotonic())
            with contextlib.suppress(ItemInUse):
                change(queue)
                return


def wait_until_free(
    queue: Queue, choose: Callable[[QueueState], list[str]], timeout: float = LOCK_TIMEOUT
) -> None:
    """Wait until no other session processes the chosen items.

    Raise LockNotAcquired if that takes longer than `timeout` seconds.
    """
    end = time.monotonic() + timeout
    queue.find_lost_claims([])  # reads what other sessions have changed
    while busy := actions.find_busy_items(queue.state, queue.location, choose(queue.state)):
        key, session = next(iter(busy.items()))
        if time.monotonic() >= end:
            raise LockNotAcquired(queue.state.name_item(key), f"session {session}")
        time.sleep(_POLL_INTERVAL)
        queue.find_lost_claims([])


def skip_item(queue: Queue, key: str, reason: str, check: Check) -> None:
    """Skip an item until it is reset; raise ItemInUse if a session has claimed it."""
    _commit(queue, key, check, actions.skip_item(queue.location, key, reason))


def reset_to_stage(queue: Queue, key: str, stage: str, check: Check = lambda _: None) -> None:
    """Let an item begin again with a stage; raise ItemInUse if a session has claimed it."""
    chosen = actions.select_by_name([key])
    _commit(queue, key, check, actions.reset_items(queue.location, chosen, to_stage=stage))


def _commit(queue: Queue, key: str, check: Check, decide: ChangeDecider) -> None:
    def checked(state: QueueState) -> QueueChange | None:
        check(state.items[key])
        return decide(state)

    queue.commit(checked)


def end_stage(queue: Queue, key: str, outcome: Outcome, check: Check) -> None:
    """Record the outcome of an item's stage, as a worker would; raise ItemInUse likewise."""
    queue.unpark([key])
    if not (claims := queue.claim_due(key)):
        name, item = queue.state.name_item(key), queue.state.items[key]
        raise ItemInUse(name, f"session {item.session}")
    try:
        check(claims[0].item)
        if outcome.next_stage:
            queue.advance_stage(claims[0], outcome, 0.0)
        else:
            queue.settle(claims[0], SettleRequest(outcome))
    finally:
        queue.release(claims)
