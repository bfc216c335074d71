"""The fields of a kind's settings, which a Struct describes.

A field of the Struct that holds a table (a Struct, dict or list) is a section of settings files.
The fields of a section are set by files and variables. A field with a `Meta(description=...)`, its
help text, is also set by an option. The name of a field in a table below a section begins with that
of the table: MEDIAKEEP_RETENTION_YAML_FILES sets `yaml_files` of `retention`. What a field has in
`Meta(extra=...)` are fields of `SettingField`. The defaults of a table are those of its own Struct.

A section may be shared by several kinds, each of which reads the fields of its own Struct.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec
from msgspec import Meta, structs

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
    is_option_only: bool = False  # neither files nor variables set it

    @property
    def name(self) -> str:
        """The name of its option and variable: without that of its section."""
        return "_".join(self.path[1:])

    @property
    def choices(self) -> tuple[Any, ...]:
        """The values that it may have, () for any."""
        return get_args(self.type) if get_origin(self.type) is Literal else ()


def list_sections(settings: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the types of the sections by name."""
    return {
        field.path[-1]: field.type
        for field in _list_own_fields(settings)
        if (_is_struct(field.type) or get_origin(field.type) in (dict, list))
        and not field.is_option_only
    }


def list_fields(table: type[msgspec.Struct], path: tuple[str, ...] = ()) -> Iterator[SettingField]:
    """Yield the fields of the sections of a Struct, and of the tables below them."""
    for field in _list_own_fields(table, path):
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


def _list_own_fields(
    table: type[msgspec.Struct], path: tuple[str, ...] = ()
) -> Iterator[SettingField]:
    """Yield the fields of a table."""
    for field in structs.fields(table):
        is_annotated = get_origin(field.type) is Annotated
        kind, *metas = get_args(field.type) if is_annotated else (field.type,)
        extra = {name: value for meta in metas for name, value in (meta.extra or {}).items()}
        text = "".join(meta.description or "" for meta in metas)
        yield SettingField(path=(*path, field.name), type=kind, help=text, **extra)


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)
