"""Health checks of a home: its folder, disk and queues."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import msgspec

from mediakeep import path_text, size_text
from mediakeep.app.subjects import registry
from mediakeep.errors import MediakeepError, NoQueue

_LEAST_FREE = 50_000_000  # bytes


class HealthCheck(msgspec.Struct, frozen=True):
    """A check: its name, whether it is passed, and if not, why and what to do."""

    name: str
    passed: bool
    detail: str = ""


def check_home(
    home: Path, open_queue: Callable[[str], AbstractContextManager[object]]
) -> Iterator[HealthCheck]:
    """Yield the checks of home, disk and queues; `open_queue` opens that of a kind."""
    shown = path_text.display_path(home)
    if not (home.is_dir() and os.access(home, os.R_OK | os.X_OK)):
        yield HealthCheck("home", False, f"{shown} is missing or not readable. Mount it.")
        return
    yield HealthCheck("home", True)
    free = shutil.disk_usage(home).free
    text = f"Only {size_text.format_size(free)} are free at {shown}. Free some space."
    yield HealthCheck("disk", free >= _LEAST_FREE, "" if free >= _LEAST_FREE else text)
    damaged: registry.DamagedQueues = {}
    for name in registry.list_queues(home, damaged):
        try:
            with open_queue(name):
                yield HealthCheck(f"queue {name}", True)
        except NoQueue:
            continue
        except (MediakeepError, OSError) as error:
            yield HealthCheck(f"queue {name}", False, str(error))
    for name, damage in damaged.items():
        yield HealthCheck(f"queue {name}", False, str(damage))
