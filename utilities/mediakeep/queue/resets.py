"""Resets, which make items pending again, for kinds with stages from a certain stage on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import structs

from mediakeep.errors import InvalidItemData, UsageError
from mediakeep.item import Item, SkipReason, Status
from mediakeep.kinds import Kind

_ATTEMPT_FIELDS = (
    *("session", "claim", "first_claim", "suspect", "outdated", "skip_reason", "returns_to"),
    *("error_message", "error_date", "not_before", "processing_stage", "parts", "attempts"),
    *("lookup", "for_lookup"),
)
_WAIT_FIELDS = (
    *("parked", "out_of_space", "failed_stage", "cleanup_stage", "resume_stage"),
    *("made_progress", "refunds"),
)


def build_reset_patch(kind: Kind, item: Item, to_stage: str = "") -> dict[str, Any]:
    """Return the field changes that make an item pending, as if it had never been claimed.

    An item whose work was not completed keeps the number of its first claim. So its earlier repairs
    still count when it is completed. An item of a kind with stages begins again with `to_stage`.
    Without it, it begins with the first stage, but not below the stage in which its cleanup allowed
    it to resume, nor below the reset limit of its kind, and never with a stage that it has not
    reached. What earlier stages recorded is kept.
    """
    begun = item.first_claim and item.status is not Status.COMPLETED
    fields = [name for name in _ATTEMPT_FIELDS if not (begun and name == "first_claim")]
    changes: dict[str, Any] = {"status": Status.PENDING, **dict.fromkeys(fields)}
    changes |= {name: None for name in _WAIT_FIELDS if getattr(item, name)}
    stage = to_stage or _find_lowest_stage(kind, item)
    return {**changes, **_build_stage_patch(kind, item, stage)} if stage else changes


def build_restart_patch(kind: Kind, item: Item) -> dict[str, Any]:
    """Return the field changes of a reset after which no part and no kept stage is valid."""
    kept = {name: None for name in ("parts", "resume_stage") if getattr(item, name)}
    restarted = structs.replace(item, parts=None, resume_stage="")
    return {**build_reset_patch(kind, restarted), **kept}


def build_changed_patch(
    kind: Kind, item: Item, fingerprint: str, fields: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the field changes of an item whose source has changed on disk."""
    changes: dict[str, Any] = {**fields, "fingerprint": fingerprint}
    if item.skip_reason == SkipReason.NEVER_ASK_AGAIN:
        return changes
    has_copy = has_working_copy(kind, item)  # its work continues without the source
    if item.status is Status.PENDING and (has_copy or not has_progress(kind, item)):
        return changes
    reset = build_reset_patch if has_copy else build_restart_patch
    note = "it changed on disk since it was last done"
    return {**changes, **reset(kind, item), "note": note}


def build_return_patch(item: Item, seq: int) -> dict[str, Any]:
    """Return the field changes of a vanished item whose source exists again unchanged.

    `seq` is the number of the change. It becomes that of a settle, so that views update the item.
    """
    status = item.returns_to or Status.PENDING
    return {"status": status, "settled": seq, "returns_to": None, "skip_reason": None}


def has_working_copy(kind: Kind, item: Item) -> bool:
    """Return whether the files of an unfinished item exist in a working folder."""
    return kind.has_working_copy is not None and kind.has_working_copy(item)


def is_source_consumed(kind: Kind, item: Item) -> bool:
    """Return whether an item was completed in a way that can move or delete its source."""
    if not kind.consumes_source:
        return False
    if kind.has_consumed_source is None:
        return item.status is Status.COMPLETED
    return kind.has_consumed_source(item)


def find_consumed_sources(kind: Kind, items: Iterable[Item]) -> set[str]:
    """Return the paths of sources that items have consumed; other items may have the same ones."""
    return {item.path for item in items if is_source_consumed(kind, item)}


def has_progress(kind: Kind, item: Item) -> bool:
    """Return whether an item of a kind with stages has results of stages or parts, or attempts."""
    if not kind.stages:
        return False
    stage = kind.get_stage(item)
    return stage != kind.first_stage or bool(item.parts or item.attempts or item.cleanup_stage)


def _find_lowest_stage(kind: Kind, item: Item) -> str:
    """Return the stage with which a plain reset begins, or "" for the first one."""
    limit = kind.reset_limit(item) if kind.reset_limit and kind.stages else ""
    stages = [stage for stage in (limit, item.resume_stage if kind.stages else "") if stage]
    for stage in stages:
        if stage not in list_stages(kind):
            raise InvalidItemData(
                kind.name,
                f"the reset limit of {kind.noun} {item.name or item.path} is {stage!r}, which is no"
                f" stage. Return one of: {', '.join(list_stages(kind))}.",
            )
    lowest = max(stages, key=kind.stages.position, default="")
    return lowest and min(lowest, find_reached_stage(kind, item), key=kind.stages.position)


def _build_stage_patch(kind: Kind, item: Item, stage: str) -> dict[str, Any]:
    """Return the changes of the stage fields with which an item begins with a stage.

    The attempts and parts of that and later stages are forgotten, except for the parts of a stage
    that did not end.
    """
    table = kind.stages
    earlier = list_stages(kind)[: table.position(stage)]
    changes: dict[str, Any] = {"processing_stage": stage}
    if isinstance(item.attempts, dict) and set(item.attempts) & set(earlier):
        changes["attempts"] = {name: None for name in item.attempts if name not in earlier}
    if item.parts and find_reached_stage(kind, item) == stage:
        changes["parts"] = {"failed": None}
    return changes


def list_stages(kind: Kind) -> list[str]:
    """List the names of a kind's stages in their order."""
    return [stage.name for stage in kind.stages.stages]


def find_reached_stage(kind: Kind, item: Item) -> str:
    """Return the last stage that an item has reached."""
    if item.status is Status.COMPLETED or item.processing_stage == kind.stages.completed != "":
        return list_stages(kind)[-1]
    return kind.get_stage(item)


def check_reset_stage(kind: Kind, key: str, item: Item, stage: str) -> None:
    """Raise UsageError if an item cannot begin again with a stage, as it has not reached it."""
    names = list_stages(kind)
    if stage not in names:
        known = f"The stages are: {', '.join(names)}." if names else "They have no stages."
        raise UsageError(f'{kind.plural} have no stage "{stage}". {known}')
    reached = find_reached_stage(kind, item)
    if kind.stages.position(stage) > kind.stages.position(reached):
        choices = ", ".join(names[: kind.stages.position(reached) + 1])
        raise UsageError(
            f"{kind.name_item(key, item)} cannot be reset to stage {stage}: it has only reached"
            f" stage {reached}. Choose one of: {choices}."
        )
