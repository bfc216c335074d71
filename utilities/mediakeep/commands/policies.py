"""The options and settings about writing to the files of a library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mediakeep import config, suggest
from mediakeep.commands import shared
from mediakeep.errors import BadSetting
from mediakeep.policy import HANDS_OFF, Fix, Policy

_REPLACING = (
    shared.setting(
        "--hardlinks",
        shared.Choice(["refuse", "break"]),
        "A file with several names: leave it alone, or give this name a file of its own.",
    ),
    click.option(
        "--keep-mtime",
        is_flag=True,
        envvar=f"{config.PREFIX}KEEP_MTIME",
        help="A changed file keeps its time of modification.",
    ),
)
_WRITING = (
    shared.setting("--locked-fields", str, "Fields that are never written, as genre,comment."),
    shared.setting(
        "--other-tags",
        shared.Choice(["update", "leave", "remove"]),
        "What becomes of tags beside the main ones, such as ID3v1.",
    ),
    shared.setting(
        "--id3",
        shared.Choice(["keep", "2.3", "2.4"]),
        "The version of ID3v2 that changed files get.",
    ),
    *_REPLACING,
)
_REDO = click.option("--redo", is_flag=True, help="Make changes again that were taken back.")
_FIXING = (
    shared.setting(
        "--fix",
        shared.Choice([fix.value for fix in Fix]),
        "Repair nothing; all that is safe; or also what differs from a certain match.",
    ),
    shared.setting(
        "--cover-size",
        shared.Choice(["500", "1200", "full"]),
        "The size of covers that are looked up: pixels, or full.",
    ),
    shared.setting(
        "--cover-art",
        shared.Choice(["embed", "file", "both", "none"]),
        "Where covers that are looked up go.",
    ),
    _REDO,
)
_ADDING = (
    shared.setting(
        "--fix",
        shared.Choice([fix.value for fix in Fix]),
        "Write nothing beside the movies, or what is missing there.",
    ),
    shared.setting(
        "--nfo",
        click.Choice(["keep", "set-aside"]),
        "An NFO that cannot be read: leave it alone, or keep it as .orig and write another.",
    ),
    _REPLACING[0],
    _REDO,
)


def replacing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that replaces files of a library."""
    return _with(function, _REPLACING)


def writing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of every command that writes to files of a library."""
    return _with(function, _WRITING)


def fixing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that repair by themselves."""
    return _with(function, (*_WRITING, *_FIXING))


def adding(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that put files beside those of a library."""
    return _with(function, _ADDING)


def _with(function: Callable[..., Any], options: Any) -> Callable[..., Any]:
    for option in options:
        function = option(function)
    return function


def policy(given: dict[str, Any]) -> Policy:
    """Take the policy out of a command's options, which are removed from them.

    UsageFailed where a locked field is none.
    """
    return Policy(
        fix=Fix(given.pop("fix", Fix.NONE)),
        redo=given.pop("redo", False),
        locked=_locked(given.pop("locked_fields", "")),
        hardlinks=given.pop("hardlinks"),
        nfo=given.pop("nfo", HANDS_OFF.nfo),
        other_tags=given.pop("other_tags", HANDS_OFF.other_tags),
        keep_mtime=given.pop("keep_mtime", False),
        id3=given.pop("id3", HANDS_OFF.id3),
        cover_art=given.pop("cover_art", HANDS_OFF.cover_art),
        cover_size=given.pop("cover_size", HANDS_OFF.cover_size),
    )


def _locked(names: str) -> frozenset[str]:
    wanted = frozenset(filter(None, map(str.strip, names.split(","))))
    if wanted:
        from mediakeep.music import locks  # only now, so that --help stays quick

        for name in wanted:
            if not locks.is_field(locks.field(name)):
                near = suggest.did_you_mean(name, locks.names())
                raise BadSetting("locked_fields", f'there is no field "{name}".{near}')
    return wanted
