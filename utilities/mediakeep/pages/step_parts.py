"""Divide the steps of a report on one item by what the user does, in the order of all reports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

PART_TITLES = ("Look at these first", "One command each", "By hand")
MAX_FIRST = 5  # steps on damaged files in the first part; more are done by hand

Step = TypeVar("Step")


def divide_steps(
    steps: Iterable[Step], is_damage: Callable[[Step], bool], has_command: Callable[[Step], bool]
) -> dict[str, list[Step]]:
    """Return the steps by the title of their part: damaged files, commands, and the others."""
    parts: dict[str, list[Step]] = {title: [] for title in PART_TITLES}
    first, commands, others = parts.values()
    for step in steps:
        if is_damage(step) and len(first) < MAX_FIRST:
            first.append(step)
        else:
            (commands if has_command(step) else others).append(step)
    return parts
