"""The options and settings for writing to library files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from mediakeep import config
from mediakeep.app.write_policy import parse_policy
from mediakeep.commands import app
from mediakeep.policy import FixLevel

__all__ = [
    "parse_policy",
    "with_add_options",
    "with_fix_options",
    "with_replace_options",
    "with_write_options",
]

_REPLACE_OPTIONS = (
    app.setting_option(
        "--hardlinks",
        app.SuggestingChoice(["refuse", "break"]),
        "A file with several hard links: do not change it, or break the link.",
    ),
    click.option(
        "--keep-mtime",
        is_flag=True,
        envvar=f"{config.ENV_PREFIX}KEEP_MTIME",
        help="Keep the modification time of changed files.",
    ),
)
_WRITE_OPTIONS = (
    app.setting_option(
        "--locked-fields", str, "Fields that are never written, such as genre,comment."
    ),
    app.setting_option(
        "--other-tags",
        app.SuggestingChoice(["update", "leave", "remove"]),
        "What to do with additional tags, such as ID3v1.",
    ),
    app.setting_option(
        "--id3",
        app.SuggestingChoice(["keep", "2.3", "2.4"]),
        "The ID3v2 version of changed files.",
    ),
    *_REPLACE_OPTIONS,
)
_REDO_OPTION = click.option("--redo", is_flag=True, help="Redo changes that were undone.")
_FIX_OPTIONS = (
    app.setting_option(
        "--fix",
        app.SuggestingChoice([fix.value for fix in FixLevel]),
        "Repair nothing; what is safe; or also what differs from a certain match.",
    ),
    app.setting_option(
        "--cover-size",
        app.SuggestingChoice(["500", "1200", "full"]),
        "The size of downloaded covers: pixels, or full.",
    ),
    app.setting_option(
        "--cover-art",
        app.SuggestingChoice(["embed", "file", "both", "none"]),
        "Where downloaded covers go.",
    ),
    _REDO_OPTION,
)
_ADD_OPTIONS = (
    app.setting_option(
        "--fix",
        app.SuggestingChoice([fix.value for fix in FixLevel]),
        "Write nothing next to the movies, or missing files.",
    ),
    app.setting_option(
        "--nfo",
        click.Choice(["keep", "set-aside"]),
        "An unreadable NFO: do not change it, or rename it to .orig and write a new one.",
    ),
    _REPLACE_OPTIONS[0],
    _REDO_OPTION,
)


def with_replace_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that replace files of a library."""
    return app.add_options(function, _REPLACE_OPTIONS)


def with_write_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that write tags to files of a library."""
    return app.add_options(function, (*_WRITE_OPTIONS, app.with_links_option))


def with_fix_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that repair automatically."""
    return app.add_options(function, (*_WRITE_OPTIONS, *_FIX_OPTIONS))


def with_add_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of commands that create files in a library."""
    return app.add_options(function, _ADD_OPTIONS)
