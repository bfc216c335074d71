"""Lists in answers of services: one invalid entry costs that entry, not the whole answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec


def keep_valid(
    data: dict[str, Any],
    name: str,
    entry: type[Any],
    invalid: list[str],
    prepare: Callable[[Any], Any] = lambda value: value,
) -> dict[str, Any]:
    """Return the list of that name with its valid entries, or {} if it has none.

    Entries are checked against the type `entry`, each after `prepare`. Why the others were left out
    is added to `invalid`, unless nothing is left.
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
