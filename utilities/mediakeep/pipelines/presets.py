"""Presets: values of parameters under a name, by processor.

Those of mediakeep are in presets.toml next to this module, those of the user in mediakeep.toml:

    [presets.lecture.splitter-silence]
    threshold = -40
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, config, path_text, suggestions
from mediakeep.errors import UsageError
from mediakeep.job_settings import JobSettings

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
Values = Mapping[str, Any]
_SECTION = "presets"
_BUILT_IN = Path(__file__).with_name("presets.toml")


class ToolkitSettings(JobSettings, frozen=True, kw_only=True):
    """The section [presets]."""

    presets: dict[str, dict[str, dict[str, Any]]] = msgspec.field(default_factory=dict)


def load_presets(home: Path) -> dict[str, dict[str, Values]]:
    """Return the values of all presets by name and processor, those of mediakeep first.

    Raise BadSetting if mediakeep.toml is invalid.
    """
    own = config.load_sections(home).get(_SECTION, {})
    return {**tomllib.loads(_BUILT_IN.read_text()), **own}


def get_preset(home: Path, preset: str) -> dict[str, Values]:
    """Return the values of a preset by processor; raise UsageError if there is no such preset."""
    presets = load_presets(home)
    if preset not in presets:
        near = suggestions.suggest_closest_name(preset, presets)
        shown = path_text.to_printable(preset)
        raise UsageError(f'No preset "{shown}".{near} Presets: {", ".join(presets)}.')
    return presets[preset]


def check_use(preset: str, values: Mapping[str, Values], processors: Iterable[str]) -> None:
    """Raise UsageError if a preset has values, but for none of the processors."""
    if values and not any(name in values for name in processors):
        shown = ", ".join(processors)
        raise UsageError(f"Preset {preset} has no values for {shown}, but for {', '.join(values)}.")


def check_name(name: str) -> str:
    """Return the name of a new preset; raise ValueError if it is invalid."""
    if not _NAME.fullmatch(name):
        raise ValueError(f'"{path_text.to_printable(name)}" cannot be the name of a preset')
    return name


def save_preset(home: Path, preset: str, processor: str, values: Values) -> Path:
    """Add a preset to the mediakeep.toml of a home, which is created if it is missing.

    Return the path of the file. Raise UsageError if the preset has values for the processor, and
    BadSetting if the name or the file is invalid.
    """
    if processor in load_presets(home).get(preset, {}):
        raise UsageError(f"Preset {preset} exists for {processor}. Use another name.")
    path = home / config.FILE_NAME
    before = path.read_text() if path.exists() else ""
    # JSON is TOML, but for DEL, which TOML escapes
    given = {name: msgspec.json.encode(v).decode() for name, v in values.items() if v is not None}
    lines = "".join(f"{name} = {text}\n" for name, text in given.items())
    lines = lines.replace("\x7f", "\\u007f")
    text = before.rstrip() + f"\n\n[{_SECTION}.{preset}.{processor}]\n{lines}"
    atomic_files.write_atomic(path, text.lstrip().encode())
    return path
