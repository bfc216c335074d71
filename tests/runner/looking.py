"""What the worker of a plain toy does with a thing that is looked up at a service, and waits."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec import structs

from mediakeep.item import Status
from mediakeep.outcome import Outcome, Progress, Work
from tests.runner import notes

ONLINE = "online"  # a file that is there as long as the service is
REFUSED = "The service is out. A later batch goes on."
SERVICE = "The oracle"
NO_CONTACT = "No contact is set. Set one."


def look(work: Work, progress: Progress, folder: Path, pause: str = "0") -> Outcome:
    """Look a thing up, if the service is there."""
    time.sleep(float(pause))
    if (folder / ONLINE).exists():
        return Outcome(data={"lookup": "done", "auto_fixed": 0})
    return Outcome(data={"lookup": "pending", "auto_fixed": 2}, facts={"unreached": REFUSED})


def look_then_online(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Ask once more whether the service is there, and find that it is."""
    (folder / ONLINE).touch()
    return asked(work, progress, folder)


def look_after(work: Work, progress: Progress, folder: Path, key: str) -> Outcome:
    """Have an answer, asked for before the service failed another thing."""
    while f"end {key} " not in (folder / "notes.log").read_text():
        time.sleep(0.01)
    return look_then_online(work, progress, folder)


def look_in_vain(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Return an unusable response."""
    return Outcome(data={"lookup": "pending"}, facts={"unreached": REFUSED, "requests": 1})


def asked(work: Work, progress: Progress, folder: Path, reviews: str = "1") -> Outcome:
    """Look a thing up by a request, if the service is there; a user has to decide on it."""
    lookup_result = look(work, progress, folder)
    data = {**lookup_result.data, "auto_fixed": 1, "manual_reviews": int(reviews)}
    facts = {**lookup_result.facts, "auto_fixed": int(not work.item.for_lookup)}
    if lookup_result.data["lookup"] == "done":
        facts |= {"requests": 1}
    return structs.replace(lookup_result, data=data, facts=facts)


def look_at_gate(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Do all but the lookup, and later make it, once a test opens the gate."""
    if not work.item.for_lookup:
        return Outcome(data={"lookup": "pending"})
    while not (folder / "gate").exists():
        time.sleep(0.01)
    return Outcome(data={"lookup": "done"})


def look_never(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Do all but the lookup, for which nobody is to be asked."""
    return Outcome(data={"lookup": "pending"}, facts={"unasked": NO_CONTACT})


def fail_at_look(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Do all but the lookup, and fail in that."""
    if not work.item.for_lookup:
        return Outcome(data={"lookup": "pending"})
    return Outcome(Status.ERROR, "it is broken")


def skip_at_look(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Do all but the lookup, and be skipped when that is to be made."""
    if not work.item.for_lookup:
        return Outcome(data={"lookup": "pending"})
    return Outcome(Status.SKIPPED, "seen before", data={"skip_reason": "duplicate"})


def wait(
    work: Work, progress: Progress, folder: Path, text: str, waited: str, then: str = "0"
) -> Outcome:
    """Announce a wait, wait, and work for a while."""
    progress.on_wait(float(text), SERVICE)
    notes.note(folder, "waits", work.stamp.key)
    time.sleep(float(waited))
    time.sleep(float(then))
    return Outcome()


def let_time_pass(progress: Progress, seconds: float) -> None:
    """Bring the timeout nearer by `seconds`, as if they had passed, on a machine of any speed."""
    progress.extend_deadline(-seconds)
    time.sleep(0.2)  # until it would have ended this


def wait_long(
    work: Work, progress: Progress, folder: Path, text: str, waited: str, then: str = "0"
) -> Outcome:
    """Announce a wait, let its time pass, and work for a while."""
    progress.on_wait(float(text), SERVICE)
    notes.note(folder, "waits", work.stamp.key)
    let_time_pass(progress, float(waited))
    time.sleep(float(then))
    return Outcome()


def hang(work: Work, progress: Progress, folder: Path) -> Outcome:
    """Work for longer than any timeout."""
    let_time_pass(progress, 600.0)
    time.sleep(3600)
    return Outcome()


def extend(work: Work, progress: Progress, folder: Path, text: str, took: str) -> Outcome:
    """Wait for an answer that may take so long, and comes sooner."""
    progress.extend_deadline(float(text))
    let_time_pass(progress, float(took))
    progress.extend_deadline(float(took) - float(text))
    notes.note(folder, "answered", work.stamp.key)
    return Outcome()


def extend_then_hang(work: Work, progress: Progress, folder: Path, text: str, took: str) -> Outcome:
    """Wait so for an answer, and hang."""
    extend(work, progress, folder, text, took)
    return hang(work, progress, folder)


def waits(work: Work, progress: Progress, folder: Path, times: str, each: str) -> Outcome:
    """Announce waits one after the other, and let their time pass."""
    for _ in range(int(times)):
        progress.on_wait(float(each))
        progress.extend_deadline(-float(each))
    time.sleep(0.2)
    return Outcome()
