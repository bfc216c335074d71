"""The fields of a kind's settings, which a Struct describes.

A field of the Struct that holds a table (a Struct, dict or list) is a section of settings files.
The fields of a section are set by files and variables. A field with a `Meta(description=...)`, its
help text, is also set by an option. The name of a field in a table below a section begins with that
of the table: MEDIAKEEP_RETENTION_YAML_FILES sets `yaml_files` of `retention`. What a field has in
`Meta(extra=...)` are fields of `SettingField`. The defaults of a table are those of its own Struct.

A section may be shared by several kinds, each of which reads the fields of its own Struct.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import UNSET, Meta, structs

# What variables may say instead of true and false, as options of Click.
BOOLEANS = {
    **dict.fromkeys(("yes", "y", "t", "on"), "true"),
    **dict.fromkeys(("no", "n", "f", "off"), "false"),
}
_LIMITS = {
    "ge": "from",
    "gt": "above",
    "le": "to",
    "lt": "below",
    "multiple_of": "in multiples of",
}
_NOUNS = {int: "a whole number", float: "a number", bool: "yes or no"}
UserPath = Annotated[str, Meta(extra={"is_path": True, "metavar": "DIR"})]
OPTION_ONLY = {"is_option_only": True}  # `extra` of a field that neither files nor variables set


class SettingField(msgspec.Struct, frozen=True, kw_only=True):
    """A field of a table; `path` has the names of the tables around it, and its own."""

    path: tuple[str, ...]
    type: Any  # without Annotated
    help: str = ""
    flag: str = ""  # its option, such as "--output" or "--keep/--remove"; "": as it is named
    metavar: str | None = None
    range: tuple[int, int] | None = None  # the numbers that the option takes
    words: tuple[str, ...] | None = None  # it is one of these, or the path of a file
    is_path: bool = False  # escaped, see `escape_path`; a relative one is below the home
    is_duration: bool = False  # seconds, which option and variable take as "30m", too
    alias: str = ""  # a variable that sets it, too, without prefix
    is_secret: bool = False  # its value is never printed
    is_option_only: bool = False  # neither files nor variables set it
    unit: str = ""  # of a number, such as "s"
    limited_type: Any = None  # with Annotated
    default: Any = UNSET  # UNSET: none, so it is required

    @property
    def name(self) -> str:
        """The name of its option and variable: without that of its section."""
        return "_".join(self.path[1:])

    @property
    def option(self) -> str:
        """Its option, such as "--output" or "--keep/--no-keep"."""
        name = self.name.replace("_", "-")
        return self.flag or (f"--{name}/--no-{name}" if self.own_type is bool else f"--{name}")

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values that it may have, () for any."""
        return get_args(self.own_type) if get_origin(self.own_type) is Literal else ()

    @property
    def own_type(self) -> Any:
        """Its type without None, such as float of `float | None`."""
        if NoneType not in get_args(self.type):
            return self.type
        kind = next(kind for kind in get_args(self.type) if kind is not NoneType)
        return get_args(kind)[0] if get_origin(kind) is Annotated else kind

    @property
    def is_list(self) -> bool:
        return get_origin(self.own_type) in (list, tuple)

    @property
    def is_repeated(self) -> bool:
        """Whether it is a list of texts, which may have commas: its option can be repeated."""
        return self.is_list and get_args(self.own_type)[0] is str

    def describe_values(self) -> str:
        """Return which values it may have, such as "a number above 0 (s)"."""
        if self.choices:
            return f"one of {', '.join(map(str, self.choices))}"
        if self.is_list:
            (kind, *_), words = get_args(self.own_type), ""
            if get_origin(kind) is Literal:
                words = f", of {', '.join(map(str, get_args(kind)))}"
            return "a list" if _is_struct(kind) else f"a list, separated by commas{words}"
        if _is_struct(self.own_type):
            return "a mapping"
        limits = "".join(
            f" {word} {limit:.15g}"
            for name, word in _LIMITS.items()
            for meta in _list_metas(self.limited_type)
            if (limit := getattr(meta, name)) is not None
        )
        unit = f" ({self.unit})" if self.unit else ""
        return f"{_NOUNS.get(self.own_type, 'a text')}{limits}{unit}"

    def format_value(self, value: Any) -> str:
        """Return a value as `parse_text` reads it."""
        if isinstance(value, bool) or value is None:
            return {True: "yes", False: "no", None: "none"}[value]
        values = value if self.is_list else [value]
        texts = [f"{part:.15g}" if isinstance(part, float) else str(part) for part in values]
        return _join_list(texts) if self.is_list else texts[0]

    def format_option(self, value: Any) -> list[str]:
        """Return the words of a command that set the option."""
        if isinstance(value, bool):
            yes, _, no = self.option.partition("/")
            return [yes if value else no]
        if self.is_repeated:
            return [word for text in value for word in (self.option, text)]
        return [self.option, self.format_value(value)]

    def parse_text(self, text: str) -> Any:
        """Return the value that a user has typed; raise ValueError if it may not have it."""
        value: Any = text
        if text.lower() in ("", "none") and self.own_type is not self.type:
            return None
        if self.is_list:
            value = next(csv.reader([text], skipinitialspace=True)) if text else []
        elif self.own_type is bool:
            value = BOOLEANS.get(text.lower(), text)
        try:
            return msgspec.convert(value, self.limited_type, strict=False)
        except msgspec.ValidationError as error:
            raise ValueError(f'"{text}" is not {self.describe_values()}') from error


def list_sections(settings: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the types of the sections by name."""
    return {
        field.path[-1]: field.type
        for field in list_own_fields(settings)
        if (_is_struct(field.type) or get_origin(field.type) in (dict, list))
        and not field.is_option_only
    }


def list_fields(table: type[msgspec.Struct], path: tuple[str, ...] = ()) -> Iterator[SettingField]:
    """Yield the fields of the sections of a Struct, and of the tables below them."""
    for field in list_own_fields(table, path):
        if _is_struct(field.type) and not (field.help or field.is_option_only):
            yield from list_fields(field.type, field.path)
        elif path:
            yield field


def list_file_fields(kinds: Iterable[type[msgspec.Struct]]) -> Iterator[SettingField]:
    """Yield the fields of several Structs that files and variables may set."""
    for settings in kinds:
        yield from (field for field in list_fields(settings) if not field.is_option_only)


def list_tables(
    kinds: Iterable[type[msgspec.Struct]],
) -> dict[tuple[str, ...], dict[str, None]]:
    """Return the names that the tables in files may have, by the path of the table."""
    tables: dict[tuple[str, ...], dict[str, None]] = {}
    for field in list_file_fields(kinds):
        for depth in range(1, len(field.path)):
            tables.setdefault(field.path[:depth], {})[field.path[depth]] = None
    return tables


def list_own_fields(
    table: type[msgspec.Struct], path: tuple[str, ...] = ()
) -> Iterator[SettingField]:
    """Yield the fields of a table."""
    for field in structs.fields(table):
        is_annotated = get_origin(field.type) is Annotated
        kind, *metas = get_args(field.type) if is_annotated else (field.type,)
        if NoneType in get_args(kind):  # `Annotated[float, Meta(...)] | None`
            metas += _list_metas(kind)
        extra = {name: value for meta in metas for name, value in (meta.extra or {}).items()}
        text = "".join(meta.description or "" for meta in metas)
        own = {"limited_type": field.type, "default": _find_default(field)}
        yield SettingField(path=(*path, field.name), type=kind, help=text, **own, **extra)


def _join_list(texts: Iterable[str]) -> str:
    """Return texts separated by commas; those with a comma are in quotes."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(texts)
    return line.getvalue()


def _find_default(field: structs.FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return UNSET if field.required else field.default


def _list_metas(kind: Any) -> Iterator[Meta]:
    """Yield what Annotated adds to a type, or to one of its parts."""
    for part in get_args(kind):
        if isinstance(part, Meta):
            yield part
        else:
            yield from _list_metas(part)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
