"""The words of a job command that set its options, from values by name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mediakeep import config, kinds, quantity_parsing, setting_fields
from mediakeep.errors import UsageError
from mediakeep.kinds import Kind
from mediakeep.setting_fields import SettingField


def list_options(kind: Kind) -> list[SettingField]:
    """Return the fields of a kind's settings that its command has options for."""
    return [field for field in _list_fields(kind.settings) if field.help]


@functools.cache
def _list_fields(settings: str) -> Sequence[SettingField]:
    return tuple(setting_fields.list_fields(kinds.load(settings))) if settings else ()


def format_options(
    kind: Kind, values: Mapping[str, Any], check_path: Callable[[str], Path]
) -> Iterator[str]:
    """Yield the words of a kind's command that set options; raise UsageError if one is invalid.

    `check_path` returns the path that an escaped text stands for.
    """
    fields = {field.name: field for field in list_options(kind)}
    for name, value in values.items():
        if name not in fields:
            text = config.describe_unknown(name, fields)
            raise UsageError(text[0].upper() + text[1:])
        field = fields[name]
        try:
            text = value if isinstance(value, str) else field.format_value(value)
            parsed = (
                quantity_parsing.parse_duration(text)
                if field.is_duration
                else field.parse_text(text)
            )
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            why = error if isinstance(error, ValueError) else f"it is not {field.describe_values()}"
            raise UsageError(f"{name}: {why}.") from error
        is_file = field.words is not None and parsed not in field.words
        if (field.is_path or is_file) and parsed:
            parsed = str(check_path(str(parsed)))
        words = field.format_option(parsed)
        yield from (
            words if len(words) == 1 else map("=".join, zip(words[::2], words[1::2], strict=True))
        )
