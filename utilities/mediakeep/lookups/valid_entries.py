"""Skip invalid entries of lists in responses, and use the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


def keep_valid_entries(
    data: dict[str, Any],
    name: str,
    entry: type[Any],
    invalid: list[str],
    prepare: Callable[[Any], Any] = lambda value: value,
) -> dict[str, Any]:
    """Return {name: valid entries of that list}, or {} if none is valid.

    Each entry is validated against the type `entry` after `prepare`. The reasons of the skipped
    ones are added to `invalid`, unless none is valid.
    """
    entries, valid, reasons = data.get(name), [], []
    for value in entries if isinstance(entries, list) else ():
        try:
            msgspec.convert(prepare(value), entry)
            valid.append(value)
        except msgspec.ValidationError as error:
            reasons.append(str(error))
    if not valid:
        return {}
    invalid += reasons
    return {name: valid}
