"""The folders of a host that has them at other places than the host of the queue."""

from __future__ import annotations

import dataclasses
import functools
import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import BadSetting
from mediakeep.runner.volumes import FullVolume

VARIABLE = "MEDIAKEEP_MAP"


def read_map(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Read MEDIAKEEP_MAP, such as /music=/mnt/nas/music,/home/ann/keep=/mnt/nas/keep.

    Return the folders of the queue's host, each with that of this host. Raise BadSetting if a pair
    is invalid or its folder does not exist here.
    """
    pairs = {}
    for pair in filter(None, environ.get(VARIABLE, "").split(",")):
        there, _, here = (part.rstrip("/") for part in pair.partition("="))
        if not (there.startswith("/") and here.startswith("/")):
            raise BadSetting(VARIABLE, f"{pair!r} is not /FOLDER=/FOLDER")
        if not Path(here).is_dir():
            raise BadSetting(VARIABLE, f"{here} is no folder on this host")
        pairs[there] = here
    return pairs


def invert_map(pairs: Mapping[str, str]) -> dict[str, str]:
    """Return pairs of folders the other way round."""
    return {here: there for there, here in pairs.items()}


def move_paths(value: Any, pairs: Mapping[str, str]) -> Any:
    """Return a value with each Path in it moved from the first folder of a pair to the second.

    Texts stay as they are: they have the paths of the queue's host (`path_text.use_mounts`).
    """
    if not pairs:
        return value
    visit = functools.partial(move_paths, pairs=pairs)
    match value:
        case PurePath():
            return type(value)(path_text.move_path(str(value), pairs))
        case dict():
            return {key: visit(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            items = map(visit, value)
            return type(value)(*items) if hasattr(value, "_fields") else type(value)(items)
        case functools.partial():
            return functools.partial(visit(value.func), *visit(value.args), **visit(value.keywords))
        case msgspec.Struct():
            fields = {name: visit(getattr(value, name)) for name in value.__struct_fields__}
            return structs.replace(value, **fields)
        case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value) if field.init]
            return dataclasses.replace(
                value, **{name: visit(getattr(value, name)) for name in names}
            )
        case _:
            return value


def translate_full_volume(result: Any, pairs: Mapping[str, str], folders: Sequence[str]) -> Any:
    """Return a result whose full volume has a path of the queue's host.

    It has none if the volume is not one of the shared folders, escaped, which that host sees.
    """
    if not isinstance(result, FullVolume):
        return result
    path = path_text.move_path(result.path, pairs)
    shared = any(Path(path).is_relative_to(path_text.unescape_path(name)) for name in folders)
    return structs.replace(result, path=path if shared else "")
