"""Whether the server and its home are well: /healthz and /readyz."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import msgspec

from mediakeep import path_text, size_text
from mediakeep.app.subjects import registry
from mediakeep.errors import MediakeepError, NoQueue
from mediakeep.web.web_home import WebHome

_LEAST_FREE = 50_000_000  # bytes


class HealthCheck(msgspec.Struct, frozen=True):
    """A check: its name, whether it is passed, and if not, why and what to do."""

    name: str
    passed: bool
    detail: str = ""


def check_home(web: WebHome) -> list[HealthCheck]:
    """Return the checks of home, disk and queues."""
    return list(_list_checks(web))


def _list_checks(web: WebHome) -> Iterator[HealthCheck]:
    shown = path_text.display_path(web.home)
    if not (web.home.is_dir() and os.access(web.home, os.R_OK | os.X_OK)):
        yield HealthCheck("home", False, f"{shown} is missing or not readable. Mount it.")
        return
    yield HealthCheck("home", True)
    free = shutil.disk_usage(web.home).free
    text = f"Only {size_text.format_size(free)} are free at {shown}. Free some space."
    yield HealthCheck("disk", free >= _LEAST_FREE, "" if free >= _LEAST_FREE else text)
    damaged: registry.DamagedQueues = {}
    for name in registry.list_queues(web.home, damaged):
        try:
            with web.get_queue(name).open():
                yield HealthCheck(f"queue {name}", True)
        except NoQueue:
            continue
        except (MediakeepError, OSError) as error:
            yield HealthCheck(f"queue {name}", False, str(error))
    for name, damage in damaged.items():
        yield HealthCheck(f"queue {name}", False, str(damage))
