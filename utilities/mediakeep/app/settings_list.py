"""All settings with their values, and where each comes from."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import config, job_settings, setting_fields
from mediakeep.setting_fields import SettingField

DEFAULT = "default"
_SECRET = "(secret)"


class SettingValue(msgspec.Struct, frozen=True):
    """A setting; `origin` is its variable, the settings file, or "default"."""

    name: str  # of a section with its table, such as "audiobooks.bitrate"
    value: Any
    origin: str


def list_settings(home: Path, environ: Mapping[str, str] = os.environ) -> list[SettingValue]:
    """List the settings: those of all commands, then those of sections.

    Raise BadSetting if mediakeep.toml is invalid.
    """
    general, sections = config.load_file(home), config.load_sections(home)
    found = [_find_general(name, general, environ) for name in config.Settings.__struct_fields__]
    fields = setting_fields.list_file_fields(config.list_settings_types())
    unique = {field.path: field for field in fields}
    return [*found, *(_find_field(field, sections, environ) for field in unique.values())]


def _find_general(name: str, values: Mapping[str, Any], environ: Mapping[str, str]) -> SettingValue:
    variable = config.ENV_PREFIX + name.upper()
    if text := environ.get(variable):
        return SettingValue(name, text, variable)
    if name in values:
        return SettingValue(name, values[name], config.FILE_NAME)
    return SettingValue(name, getattr(config.Settings(), name), DEFAULT)


def _find_field(
    field: SettingField, sections: Mapping[str, Any], environ: Mapping[str, str]
) -> SettingValue:
    name, origin = ".".join(field.path), job_settings.find_variable(field, environ)
    default = None if field.default is msgspec.UNSET else field.default
    table = functools.reduce(lambda table, key: table.get(key) or {}, field.path[:-1], sections)
    value = default
    if origin:
        value = environ[origin]
    elif field.path[-1] in table:
        value, origin = table[field.path[-1]], config.FILE_NAME
    shown = _SECRET if field.is_secret and value else value
    return SettingValue(name, msgspec.to_builtins(shown), origin or DEFAULT)


def format_settings(settings: list[SettingValue]) -> Iterator[str]:
    """Yield a line for each setting, in columns; values as mediakeep.toml has them."""
    rows = [
        (f"{each.name} = {msgspec.json.encode(each.value).decode()}", each.origin)
        for each in settings
    ]
    width = min(max((len(text) for text, _ in rows), default=0), 50)
    yield from (f"{text.ljust(width)}  {origin}" for text, origin in rows)
