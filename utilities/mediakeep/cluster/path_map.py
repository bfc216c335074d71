"""Translate paths between the host of the queue and a host that mounts them elsewhere."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import BadSetting

VARIABLE = "MEDIAKEEP_MAP"
_END = r"(?=/|$|[\s:;,\"'()])"  # what may follow a folder in a text


class PathMap:
    """The folders of the queue's host and those of this one, as pairs; empty if they are equal."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        self._pairs = dict(pairs)
        self._to_here = _compile(self._pairs)
        self._to_queue = _compile({here: there for there, here in self._pairs.items()})

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> PathMap:
        """Read MEDIAKEEP_MAP, such as /music=/mnt/nas/music,/home/ann/keep=/mnt/nas/keep.

        Raise BadSetting if a pair is invalid or its folder does not exist on this host.
        """
        pairs = {}
        for pair in filter(None, environ.get(VARIABLE, "").split(",")):
            there, _, here = (part.rstrip("/") for part in pair.partition("="))
            if not (there.startswith("/") and here.startswith("/")):
                raise BadSetting(VARIABLE, f"{pair!r} is not /FOLDER=/FOLDER")
            if not Path(here).is_dir():
                raise BadSetting(VARIABLE, f"{here} is no folder on this host")
            pairs[path_text.escape_path(there)] = path_text.escape_path(here)
        return cls(pairs)

    def to_here(self, value: Any) -> Any:
        """Return a value of the queue's host with its paths as this host has them."""
        return _map_value(value, self._to_here) if self._pairs else value

    def to_queue(self, value: Any) -> Any:
        """Return a value of this host with its paths as the queue's host has them."""
        return _map_value(value, self._to_queue) if self._pairs else value


class _Translation:
    """Replaces folders at the start of a path, or anywhere in a text."""

    def __init__(self, pairs: Mapping[str, str]) -> None:
        longest_first = sorted(pairs, key=len, reverse=True)
        names = "|".join(map(re.escape, longest_first))
        self._pairs, self._pattern = pairs, re.compile(rf"(?<![\w/.-])(?:{names}){_END}")

    def replace(self, text: str) -> str:
        return self._pattern.sub(lambda match: self._pairs[match[0]], text)


def _compile(pairs: Mapping[str, str]) -> _Translation:
    return _Translation(pairs)


def _map_value(value: Any, translation: _Translation) -> Any:
    """Return a value with all paths in it replaced, in texts and in the containers of a task."""
    visit = functools.partial(_map_value, translation=translation)
    match value:
        case str():
            return translation.replace(value) if type(value) is str else value
        case PurePath():
            return type(value)(os.fsdecode(os.fsencode(translation.replace(str(value)))))
        case dict():
            return {visit(key): visit(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            items = [visit(item) for item in value]
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        case functools.partial():
            return functools.partial(visit(value.func), *visit(value.args), **visit(value.keywords))
        case msgspec.Struct():
            fields = {name: getattr(value, name) for name in value.__struct_fields__}
            changed = {name: visit(item) for name, item in fields.items()}
            return structs.replace(value, **changed)
        case BaseException():
            value.args = visit(value.args)
            return value
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value) if field.init]
            changed = {name: visit(getattr(value, name)) for name in names}
            return dataclasses.replace(value, **changed)
        case _:
            return value
