"""What a job command is asked to do, in addition to a batch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec


class Preparation(msgspec.Struct, frozen=True):
    """The changes of the queue before a batch.

    `scan` is a library to create or update the queue from, `add` are paths of new items, and
    `settings` the values of the kind's own options. `retry_failed` makes failed items pending. Of a
    kind whose items are no paths, `scan` is the text of a collection, and `add` are texts.
    """

    settings: Mapping[str, Any] = {}
    scan: Path | str | None = None
    add: tuple[Path | str, ...] = ()
    retry_failed: bool = False


class Selection(msgspec.Struct, frozen=True):
    """Which items a job command processes.

    `resume` limits it to unfinished items, `only_added` to those that the preparation added, or
    found in the queue. With `wait`, it ends when no item waits for its time.
    """

    resume: bool = False
    wait: bool = False
    only_added: bool = False
