"""What forks fast has all imported that any of the tests forks for."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import pytest

_IMPORTED = ("crash.loop", "crash.naive", "crash.tagger", "queue.rig", "lookups.asker")


_HERE = f"{Path(__file__).parent}{os.sep}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let what is killed and interrupted in these tests be on a disk."""
    for item in items:
        if str(item.path).startswith(_HERE):
            item.add_marker(pytest.mark.real_disk)


def pytest_collection_finish() -> None:
    """Let no module that names its own imports outdo the one before: there is but one server."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([f"tests.{name}" for name in _IMPORTED])
