"""How much work something is, by a measure that no other load of the machine changes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


class TooMuchWork(BaseException):
    """More calls were made than a test allows; no code under test catches it."""


def count_calls(function: Callable[[], object], most: int) -> int:
    """Call a function, and return how many calls that took in this thread, of C code as well.

    Raise TooMuchWork at once after `most` of them, so that what never ends does not hang.
    """
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")
        if calls > most:
            raise TooMuchWork(f"more than {most:,} calls")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return calls
