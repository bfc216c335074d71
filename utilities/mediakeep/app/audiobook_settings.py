"""Build the settings of audiobooks from options, environment and settings files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import config, path_text
from mediakeep.app.jobs.job_request import CONFIGURED_LIBRARY
from mediakeep.audiobooks.settings import BookOptions, BookSettings
from mediakeep.config import AudiobookSettings, PathSettings
from mediakeep.errors import BadSetting, UsageError
from mediakeep.media import ignore_rules

_SECTIONS = {"paths": PathSettings, "audiobooks": AudiobookSettings}
# Variables without the prefix that this command also reads, by setting.
_ALIASES = {
    "max_file_size_mb": "MAX_FILE_SIZE_MB",
    "backup": "BACKUP_ENABLED",
    "backup_retention_days": "BACKUP_RETENTION_DAYS",
}
_BOOKS_AT_ONCE = 4
_FILE_OPTIONS = {
    "order": ("auto", "tags", "natural", "alphabetical"),
    "chapters": ("files", "tags", "silence", "none"),
    "cover": (),
}


def build_settings(
    home: Path,
    own: Mapping[str, Any],
    others: dict[str, Any],
    environ: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """Return the settings as plain data; raise BadSetting or UsageError if one is invalid.

    `own` are the command's own options, None if not given. Folders to build are added to the
    paths that the batch adds, in `others`, and a source root to scan becomes its scan.
    """
    sections = config.load_sections(home, own["config"])
    variables = {}  # by the place of their value in the settings
    for section, struct in _SECTIONS.items():
        values = sections.setdefault(section, {})
        for name in struct.__struct_fields__:
            if variable := _find_variable(name, environ):
                values[name] = environ[variable]
                variables[f"$.{section}.{name}"] = variable
    if own["working_dir"]:
        sections["paths"]["working_dir"] = str(own["working_dir"].absolute())
    folders = [path.expanduser().absolute() for path in own["folders"]]
    values = {
        "home": path_text.escape_path(home),
        **{name: sections[name] for name in _SECTIONS},
        "given": _list_given(own),
        "combine": tuple(map(path_text.escape_path, folders)) if own["combine"] else (),
        "origin": str(own["config"] or home / config.FILE_NAME),
        "ignore": ignore_rules.parse_patterns(others["ignore"], others.get("links") or ""),
    }
    try:
        settings = msgspec.convert(values, BookSettings, strict=False)
    except msgspec.ValidationError as error:
        place = str(error).rpartition(" `")[2].rstrip("`")
        origin = variables.get(place, values["origin"])
        raise BadSetting(origin, f"{error}. Correct it and run again.") from error
    settings.get_options().check()
    _check_folders(own, others)
    others["add"] = (*others["add"], *(folders[:1] if own["combine"] else folders))
    others["only_added"] = bool(folders)
    _change_batch(own, others, environ)
    return msgspec.to_builtins(settings)  # type: ignore[no-any-return]


def _find_variable(name: str, environ: Mapping[str, str]) -> str:
    """Return the variable that sets a setting, or "" if none does."""
    known = (config.ENV_PREFIX + name.upper(), _ALIASES.get(name, ""))
    return next((variable for variable in known if environ.get(variable)), "")


def _list_given(own: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that were given, of a book's own settings; paths are absolute."""
    given = {}
    for name in BookOptions.__struct_fields__:
        value = own.get(name)
        if value is None:
            continue
        if name in _FILE_OPTIONS and value not in _FILE_OPTIONS[name]:
            value = _require_file(name, Path(value))
        elif isinstance(value, Path):
            value = path_text.escape_path(value.expanduser().absolute())
        given[name] = value
    return given


def _require_file(name: str, path: Path) -> str:
    if not path.expanduser().is_file():
        known = ", ".join(_FILE_OPTIONS[name])
        cure = f"Use one of: {known}, or the path of a file." if known else "Correct the path."
        raise UsageError(f"--{name} {path_text.display_path(path)}: no such file. {cure}")
    return path_text.escape_path(path.expanduser().absolute())


def _check_folders(own: Mapping[str, Any], others: Mapping[str, Any]) -> None:
    """Raise UsageError if options about folders do not fit together."""
    count = len(own["folders"])
    if own["combine"] and count < 2:
        raise UsageError("--combine makes one book of several folders. Name at least two.")
    if own["combine"] and others["add"]:
        raise UsageError("--combine cannot be combined with --add. Name the folders only.")
    books = 1 if own["combine"] else count + len(others["add"])
    if own["output"] and books != 1:
        raise UsageError("--output names one book. Name one folder, or use --combine.")
    if own["output"] and Path(own["output"]).name != own["output"]:
        raise UsageError("--output is a name without folders. Use --output-dir for the folder.")


def _change_batch(
    own: Mapping[str, Any], others: dict[str, Any], environ: Mapping[str, str]
) -> None:
    """Apply the source root and the variables about the batch to its options."""
    if own["source_root"] and not others["scan"]:
        raise UsageError("--source-root is the folder that --scan searches. Add --scan.")
    if others["scan"] == CONFIGURED_LIBRARY and own["source_root"]:
        others["scan"] = own["source_root"]
    if not others["jobs"]:
        text = environ.get("MAX_CONCURRENT_JOBS", "")
        if text and not (text.isdecimal() and int(text)):
            raise BadSetting("MAX_CONCURRENT_JOBS", f'"{text}" is not a number above 0.')
        others["jobs"] = int(text or _BOOKS_AT_ONCE)
    if environ.get("DEBUG", "").lower() in ("true", "1", "yes"):
        others["verbose"] = True
    if not others["workers"] and environ.get("USE_ALL_CPUS", "").lower() in ("false", "0", "no"):
        others["workers"] = max(1, (os.cpu_count() or 1) // 2)
