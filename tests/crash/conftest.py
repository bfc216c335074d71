"""What forks fast has all imported that any of the tests forks for."""

from __future__ import annotations

import multiprocessing

_IMPORTED = ("crash.loop", "crash.naive", "crash.tagger", "queue.rig", "lookups.asker")


def pytest_collection_finish() -> None:
    """Let no module that names its own imports outdo the one before: there is but one server."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([f"tests.{name}" for name in _IMPORTED])
