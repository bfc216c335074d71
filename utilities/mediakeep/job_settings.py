"""Build the settings of a kind of jobs from settings files, variables and options.

An option overrides a variable, which overrides the files. See `setting_fields` for the Structs that
describe them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep import config, kinds, path_text, quantity_parsing, setting_fields
from mediakeep.errors import BadSetting, UsageError
from mediakeep.kinds import Kind
from mediakeep.setting_fields import SettingField

CONFIGURED_LIBRARY = Path("-")  # stands for the library that the settings name


class JobSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a kind: sections of settings files, and other values of its command."""

    home: str = ""  # escaped
    origin: str = ""  # the settings file, for errors

    def below_home(self, folder: str) -> Path:
        """Return the path of an escaped folder, which is below the home if it is relative."""
        home = path_text.to_path(self.home)
        return home / path_text.to_path(folder).expanduser()

    def list_folders(self) -> list[Path]:
        """Return the folders that its items write, besides the home and the library."""
        return []


SettingsT = TypeVar("SettingsT", bound=JobSettings)


def build_settings(
    settings: type[SettingsT],
    home: Path,
    given: Mapping[str, Any] = {},
    environ: Mapping[str, str] = os.environ,
) -> SettingsT:
    """Return the settings; raise BadSetting or UsageError, naming the origin of an invalid value.

    `given` are the command's own options by name, None if not given, and further values of the
    Struct; its "config" is another settings file.
    """
    tables = config.load_sections(home, given.get("config"))
    fields = {"$." + ".".join(f.path): f for f in setting_fields.list_fields(settings)}
    origins = {place: _set_value(tables, fields[place], given, environ) for place in fields}
    sections = setting_fields.list_sections(settings)
    values = {
        **{name: tables[name] for name in sections if name in tables},
        **{
            name: value
            for name in settings.__struct_fields__
            if name not in sections and (value := given.get(name)) is not None
        },
        "home": path_text.escape_path(home),
        "origin": str(given.get("config") or home / config.FILE_NAME),
    }
    try:
        return msgspec.convert(values, settings, strict=False)
    except msgspec.ValidationError as error:
        place = str(error).rpartition(" `")[2].rstrip("`")
        field, why = fields.get(place), str(error)
        if field and "matching regex" in why:
            why = f"invalid value. Expected: {field.help.rstrip('.')}"
        words = field.choices if field else ()
        cure = f"Use one of: {', '.join(map(str, words))}" if words else "Correct it and run again"
        raise BadSetting(origins.get(place) or values["origin"], f"{why}. {cure}.") from error


def build_plain(kind: Kind, home: Path, given: Mapping[str, Any] = {}) -> dict[str, Any]:
    """Return the settings of a kind as plain data: what is given, if no Struct describes them."""
    if not kind.settings:
        return dict(given)
    settings = build_settings(kinds.load(kind.settings), home, given)
    return msgspec.to_builtins(settings)  # type: ignore[no-any-return]


def find_variable(field: SettingField, environ: Mapping[str, str] = os.environ) -> str:
    """Return the variable that sets a field of a section, "" if none does."""
    return _find_value(field, {}, environ)[0]


def _set_value(
    tables: dict[str, Any],
    field: SettingField,
    given: Mapping[str, Any],
    environ: Mapping[str, str],
) -> str:
    """Set a value in the tables of the files; return its option or variable, "" for a file's."""
    table = tables
    for name in field.path[:-1]:
        table = table.setdefault(name, {})
    name, (origin, value) = field.path[-1], _find_value(field, given, environ)
    value = value if origin else table.get(name)
    is_path = field.is_path or field.words is not None
    if isinstance(value, Path) or (is_path and isinstance(value, str)):
        value = path_text.escape_path(value)
    if value is not None:
        table[name] = value
    return origin


def _find_value(
    field: SettingField, given: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[str, Any]:
    """Return the option or variable that sets a field, "" if none does, and its value."""
    if (value := given.get(field.name)) is not None:
        option = field.option.partition("/")[0]
        if field.words is not None and value not in field.words:
            value = _require_file(option, Path(value), field.words)
        return option, value.expanduser().absolute() if isinstance(value, Path) else value
    variables = (config.ENV_PREFIX + field.name.upper(), field.alias)
    for variable in () if field.is_option_only else variables:
        if text := environ.get(variable):
            return variable, _parse_variable(field, variable, text)
    return "", None


def _parse_variable(field: SettingField, variable: str, text: str) -> Any:
    if field.is_duration:
        try:
            return quantity_parsing.parse_duration(text)
        except ValueError as error:
            raise BadSetting(variable, f"{error}. Correct it and run again.") from error
    return setting_fields.BOOLEANS.get(text.lower(), text) if field.type is bool else text


def _require_file(option: str, path: Path, words: tuple[str, ...]) -> Path:
    if path.expanduser().is_file():
        return path
    known = ", ".join(words)
    cure = f"Use one of: {known}, or the path of a file." if words else "Correct the path."
    raise UsageError(f"{option} {path_text.display_path(path)}: no such file. {cure}")
