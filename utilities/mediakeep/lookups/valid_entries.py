"""Drop the invalid entries of a list in a web service's response, and keep the others."""

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
    """Return {name: valid entries} for the list `data[name]`, or {} if no entry is valid.

    An entry is valid if it can be converted to the type `entry` after `prepare`. The reasons why
    entries were dropped are added to the list `invalid`, unless no entry is valid.
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
