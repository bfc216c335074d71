"""The options of a kind of jobs, built from the Struct of its settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click
import msgspec

from mediakeep import setting_fields
from mediakeep.commands import app
from mediakeep.setting_fields import SettingField

OptionDecorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_TYPES = {str: click.STRING, bool: click.BOOL, int: click.INT, float: click.FLOAT}

config_option = click.option(
    "--config", type=app.PathParam(), help="Another settings file, in TOML or YAML."
)


class FieldParam(click.ParamType[Any]):
    """A value of a field, within its limits."""

    def __init__(self, field: SettingField) -> None:
        self._field = field
        self.name = field.unit or "value"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse the value."""
        try:
            return self._field.parse_text(value) if isinstance(value, str) else value
        except ValueError as error:
            self.fail(str(error), param, ctx)


def build_parameter_options(fields: Iterable[SettingField]) -> list[click.Parameter]:
    """Return an option for each parameter of a processor; its help has the limits and default."""

    def collect() -> None: ...

    for field in fields:
        is_plain = field.own_type is bool or field.is_repeated
        kind = _TYPES.get(field.own_type, click.STRING) if is_plain else FieldParam(field)
        values = "can be repeated" if field.is_repeated else field.describe_values()
        text = f"{field.help} [{values}; {_describe_default(field)}]"
        _build_option(field, kind, text, multiple=field.is_repeated)(collect)
    return getattr(collect, "__click_params__", [])


def _describe_default(field: SettingField) -> str:
    if field.default is msgspec.UNSET:
        return "required"
    return f"default: {field.format_value(field.default) or 'empty'}"


def build_options(settings: type[msgspec.Struct]) -> dict[str, OptionDecorator]:
    """Return an option for each field that has a description, by name, in their order.

    Without the option, variables and settings files decide. Raise TypeError for a field that no
    option can express, or whose name another one has.
    """
    fields = [field for field in setting_fields.list_fields(settings) if field.help]
    options = {field.name: _build_option(field, _choose_type(field)) for field in fields}
    if len(options) < len(fields):
        raise TypeError(f"{settings.__name__}: two options have the same name")
    return options


def list_all_options(settings: type[msgspec.Struct]) -> list[OptionDecorator]:
    """Return the options of the fields, and --config."""
    return [*build_options(settings).values(), config_option]


def _build_option(
    field: SettingField, kind: click.ParamType[Any], text: str = "", **more: Any
) -> OptionDecorator:
    return click.option(
        field.option,
        field.name,
        type=kind,
        default=None,
        help=text or field.help,
        metavar=field.metavar,
        **more,
    )


def _choose_type(field: SettingField) -> click.ParamType[Any]:
    if field.range:
        return click.IntRange(*field.range)
    if field.is_path or field.is_duration:
        return app.PathParam() if field.is_path else app.DurationParam()
    if field.choices and all(isinstance(word, str) for word in field.choices):
        return click.Choice(field.choices)
    if field.type not in _TYPES:
        raise TypeError(f"{'.'.join(field.path)}: no option can express {field.type}")
    return _TYPES[field.type]
