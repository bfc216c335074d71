"""What a job command is asked to do, in addition to a batch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep.errors import UsageError
from mediakeep.job_settings import CONFIGURED_LIBRARY
from mediakeep.kinds import Kind

# Actions that replace the batch.
ACTIONS = ("list_resumable", "list_cleanup", "cleanup", "rollback")
# Options of a batch that have no effect on an action.
_SELECTIONS = (
    *("scan", "add", "only", "resume", "retry_failed", "everything", "stages"),
    *("dry_run", "wait"),
)


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


def check_stages(kind: Kind, options: Mapping[str, Any]) -> None:
    """Raise UsageError if options name a stage that the queue of a kind does not have."""
    known = [stage.name for stage in kind.stages.stages]
    for name in (*options["stages"], *dict(options["stage_retries"])):
        if name not in known:
            raise UsageError(f'No stage "{name}"; the stages are {", ".join(known)}.')


def find_action(kind: Kind, options: Mapping[str, Any]) -> str:
    """Return the action to do instead of a batch, or ""; check that the options fit together."""
    actions = [name for name in ACTIONS if options[name]]
    selections = [name for name in _SELECTIONS if options[name]]
    if len(actions) > 1 or (actions and selections):
        raise UsageError(
            f"{_flag(kind, actions[0])} cannot be combined with"
            f" {_flag(kind, (actions[1:] + selections)[0])}."
        )
    others = [name for name in ("resume", "everything", "wait") if options[name]]
    if options["only"] and others:
        raise UsageError(f"{_flag(kind, 'only')} cannot be combined with {_flag(kind, others[0])}.")
    return actions[0] if actions else ""


def _flag(kind: Kind, name: str) -> str:
    flags = {"only": kind.noun, "everything": "all"}
    return "--" + flags.get(name, name).replace("_", "-")


def parse_preparation(options: Mapping[str, Any], settings: Mapping[str, Any]) -> Preparation:
    """Build what to do to the queue before the batch from the command's options."""
    scan: Path | str | None = options["scan"]
    if str(scan) == str(CONFIGURED_LIBRARY):
        raise UsageError("--scan needs a PATH, as the settings name no library.")
    source = scan.expanduser().absolute() if isinstance(scan, Path) else scan
    return Preparation(settings, source, options["add"], options["retry_failed"])
