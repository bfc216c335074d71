"""Build the settings of a conversion from options, environment and settings files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import config, path_text
from mediakeep.albums.settings import AlbumSettings
from mediakeep.app.jobs.job_request import CONFIGURED_LIBRARY
from mediakeep.config import PathSettings, ProcessingSettings
from mediakeep.errors import BadSetting, UsageError
from mediakeep.media import ignore_rules

_SECTIONS = {"paths": PathSettings, "processing": ProcessingSettings}


def build_settings(
    home: Path,
    given: Mapping[str, Any],
    others: dict[str, Any],
    environ: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """Return the settings as plain data; raise BadSetting if one is invalid.

    `given` are the command's own options, None if not given. An input folder becomes the scan of
    the batch in `others`, and `max_retries` its number of attempts.
    """
    other_file = given["config"]
    sections = config.load_sections(home, other_file)
    for section, struct in _SECTIONS.items():
        values = sections.setdefault(section, {})
        for name in struct.__struct_fields__:
            value = given.get(name)
            if value is not None:
                values[name] = str(value.absolute()) if isinstance(value, Path) else value
            elif text := environ.get(config.ENV_PREFIX + name.upper()):
                values[name] = text
    values = {
        **sections,
        "home": path_text.escape_path(home),
        "origin": str(other_file or home / config.FILE_NAME),
        "access": msgspec.to_builtins(given.get("access")),
        "cover_size": config.get_setting(home, "cover_size", environ),
        "ignored": ignore_rules.parse_patterns(
            others.get("ignore") or "", others.get("links") or ""
        ),
        **{name: bool(given.get(name)) for name in ("keep_going", "mirror", "also")},
    }
    try:
        settings = msgspec.convert(values, AlbumSettings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(values["origin"], f"{error}. Correct it and run again.") from error
    if settings.also and others.get("only"):
        raise UsageError("--also cannot be combined with --album: it adds all albums.")
    _change_batch(settings, given["source"], others)
    return msgspec.to_builtins(settings)  # type: ignore[no-any-return]


def _change_batch(settings: AlbumSettings, source: Path | None, others: dict[str, Any]) -> None:
    if others["max_attempts"] == config.Settings().max_attempts:
        others["max_attempts"] = settings.processing.max_retries
    wants_library = others["scan"] == CONFIGURED_LIBRARY
    if source is None and settings.paths.input_dir and (wants_library or not others["add"]):
        source = Path(settings.home) / Path(settings.paths.input_dir).expanduser()
    if source and (wants_library or not others["scan"]):
        others["scan"] = source
    if others["scan"] not in (None, CONFIGURED_LIBRARY):
        _check_folders(settings, others["scan"].expanduser().resolve())


def _check_folders(settings: AlbumSettings, library: Path) -> None:
    """Raise UsageError if a later scan of the library would find the converted albums."""
    output = settings.find_output_dir() if settings.paths.output_dir else None
    for folder in (settings.working_dir, settings.archive_dir, output):
        if folder and folder.resolve().is_relative_to(library):
            raise UsageError(
                f"{path_text.display_path(folder)} is in the library"
                f" {path_text.display_path(library)}. Choose a folder outside of it."
            )
