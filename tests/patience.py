"""Wait for what must come to an end by itself, and fail if it hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

Result = TypeVar("Result")
_LONGEST = 10.0  # seconds
PATIENCE = 120.0  # seconds; it decides no result, but ends a test that hangs


def finish(function: Callable[[], Result]) -> Result:
    """Call a function in a thread, and return its result; fail if it never returns."""
    results: list[Result] = []
    thread = threading.Thread(target=lambda: results.append(function()), daemon=True)
    thread.start()
    thread.join(PATIENCE)
    assert not thread.is_alive(), "it hangs"
    return results[0]


def until_asleep(pid: int) -> None:
    """Wait until the main thread of a process sleeps in the kernel, and nothing wakes it.

    A signal that comes right before a thread calls `sleep` is not noticed before that ends. One
    that looks for something every few milliseconds notices it soon, and is not waited for.
    """
    end, last, looks = monotonic() + _LONGEST, "", 0
    while looks < 10 and monotonic() < end:
        sleep(0.01)
        found = _sleep_of(pid)
        looks = looks + 1 if found and found == last else 0
        last = found


def _sleep_of(pid: int) -> str:
    """Return how often a sleeping thread was switched to, or "" if it runs or nothing shows it."""
    path = Path(f"/proc/{pid}/task/{pid}/status")
    if not path.exists():
        return ""
    facts = dict(line.split(":\t", 1) for line in path.read_text().splitlines() if ":\t" in line)
    return facts["voluntary_ctxt_switches"] if facts["State"].startswith("S") else ""
