"""The options and settings for writing to library files."""

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
        "A file with several hard links: do not change it, or break the link.",
    ),
    click.option(
        "--keep-mtime",
        is_flag=True,
        envvar=f"{config.PREFIX}KEEP_MTIME",
        help="Keep the modification time of changed files.",
    ),
)
_WRITING = (
    shared.setting("--locked-fields", str, "Fields that are never written, such as genre,comment."),
    shared.setting(
        "--other-tags",
        shared.Choice(["update", "leave", "remove"]),
        "What to do with additional tags, such as ID3v1.",
    ),
    shared.setting(
        "--id3",
        shared.Choice(["keep", "2.3", "2.4"]),
        "The ID3v2 version of changed files.",
    ),
    *_REPLACING,
)
_REDO = click.option("--redo", is_flag=True, help="Redo changes that were undone.")
_FIXING = (
    shared.setting(
        "--fix",
        shared.Choice([fix.value for fix in Fix]),
        "Repair nothing; what is safe; or also what differs from a certain match.",
    ),
    shared.setting(
        "--cover-size",
        shared.Choice(["500", "1200", "full"]),
        "The size of downloaded covers: pixels, or full.",
    ),
    shared.setting(
        "--cover-art",
        shared.Choice(["embed", "file", "both", "none"]),
        "Where downloaded covers go.",
    ),
    _REDO,
)
_ADDING = (
    shared.setting(
        "--fix",
        shared.Choice([fix.value for fix in Fix]),
        "Write nothing next to the movies, or missing files.",
    ),
    shared.setting(
        "--nfo",
        click.Choice(["keep", "set-aside"]),
        "An unreadable NFO: do not change it, or rename it to .orig and write a new one.",
    ),
    _REPLACING[0],
    _REDO,
)


def replacing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that replace files of a library."""
    return _with(function, _REPLACING)


def writing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that write tags to files of a library."""
    return _with(function, _WRITING)


def fixing(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that repair automatically."""
    return _with(function, (*_WRITING, *_FIXING))


def adding(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that create files in a library."""
    return _with(function, _ADDING)


def _with(function: Callable[..., Any], options: Any) -> Callable[..., Any]:
    for option in options:
        function = option(function)
    return function


def policy(values: dict[str, Any]) -> Policy:
    """Build the write policy from a command's options, which are removed from them.

    Raise BadSetting if a locked field is unknown.
    """
    return Policy(
        fix=Fix(values.pop("fix", Fix.NONE)),
        redo=values.pop("redo", False),
        locked=_locked(values.pop("locked_fields", "")),
        hardlinks=values.pop("hardlinks"),
        nfo=values.pop("nfo", HANDS_OFF.nfo),
        other_tags=values.pop("other_tags", HANDS_OFF.other_tags),
        keep_mtime=values.pop("keep_mtime", False),
        id3=values.pop("id3", HANDS_OFF.id3),
        cover_art=values.pop("cover_art", HANDS_OFF.cover_art),
        cover_size=values.pop("cover_size", HANDS_OFF.cover_size),
    )


def _locked(names: str) -> frozenset[str]:
    wanted = frozenset(filter(None, map(str.strip, names.split(","))))
    if wanted:
        from mediakeep.music import locks  # here, as --help must be quick

        for name in wanted:
            if not locks.is_field(locks.field(name)):
                near = suggest.did_you_mean(name, locks.names())
                raise BadSetting("locked_fields", f'unknown field "{name}".{near}')
    return wanted
