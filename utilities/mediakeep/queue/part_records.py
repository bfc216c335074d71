"""Changes of the record of an item's parts, which are applied in place.

An item may have thousands of parts. So a change of one part neither encodes nor copies the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mediakeep.item import Item

OP = "part"  # the operation of changes that contain only results or failures of parts


def is_part_patch(changes: Mapping[str, Any]) -> bool:
    """Return whether field changes contain only valid results and failure counts of parts."""
    parts = changes.get("parts")
    if len(changes) != 1 or not isinstance(parts, dict) or not parts.keys() <= {"done", "failed"}:
        return False
    done, failed = parts.get("done", {}), parts.get("failed", {})
    return (
        isinstance(done, dict)
        and isinstance(failed, dict)
        and all(isinstance(result, list) for result in done.values())
        and all(count is None or type(count) is int for count in failed.values())
    )


def apply_patch(item: Item, changes: Mapping[str, Any]) -> None:
    """Apply field changes for which `is_part_patch` holds to the parts of an item, in place."""
    assert item.parts is not None
    patch = changes["parts"]
    item.parts.done.update(patch.get("done", {}))
    for name, count in patch.get("failed", {}).items():
        if count is None:
            item.parts.failed.pop(name, None)
        else:
            item.parts.failed[name] = count
