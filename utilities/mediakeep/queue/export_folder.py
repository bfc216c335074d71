"""The folder of a queue's exports: its place, the file that names its queue, and its settings.

A section of another settings file is remembered next to the queue, so that all commands that change
the queue write its exports to one folder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from mediakeep import atomic_files, home_folder, job_settings, path_text, untrusted_files
from mediakeep.errors import UsageError
from mediakeep.job_settings import JobSettings

PLACE_FILE = "home.json"
_REMEMBERED = "remembered_settings.yaml"
SettingsT = TypeVar("SettingsT", bound=JobSettings)


class ExportPlace(msgspec.Struct, frozen=True):
    """The home and the folder of the queue of some exports, escaped."""

    home: str
    queue: str


def find_main_folder(queue_folder: Path) -> Path:
    """Return the folder of the main queue of a kind, which may be that of a named one, too."""
    status = home_folder.find_queue_home(queue_folder) / "status"
    return status / queue_folder.relative_to(status).parts[0]


def read_settings(settings: type[SettingsT], queue_folder: Path) -> SettingsT:
    """Return the settings of a kind in a home, with those that were remembered."""
    given = {"config": find_remembered(queue_folder)}
    return job_settings.build_settings(settings, home_folder.find_queue_home(queue_folder), given)


def find_remembered(queue_folder: Path) -> Path | None:
    """Return the file with a remembered section, or None if there is none."""
    path = find_main_folder(queue_folder) / _REMEMBERED
    return path if path.exists() else None


def remember_settings(queue_folder: Path, name: str, section: Mapping[str, Any]) -> None:
    """Use a section of another settings file from now on, in all commands."""
    data = msgspec.json.format(msgspec.json.encode({name: section}))
    atomic_files.write_if_changed({find_main_folder(queue_folder) / _REMEMBERED: data})


def add_remembered_options(
    settings: type[SettingsT],
    queue_folder: Path,
    place: str,
    given: dict[str, Any],
    check: Callable[[SettingsT], None] | None,
) -> None:
    """Add to options those that earlier commands had for a table, such as "section.table".

    With `check`, which raises an error for invalid settings, those that are given are remembered.
    If settings files or variables set the table, nothing is added or remembered.
    """
    home, read = home_folder.find_queue_home(queue_folder), attrgetter(place)
    prefix = place.partition(".")[2].replace(".", "_")
    others = {name: value for name, value in given.items() if not name.startswith(f"{prefix}_")}
    table = read(job_settings.build_settings(settings, home, others))
    if table != type(table)():
        return
    path = find_main_folder(queue_folder) / f"remembered_{prefix}.json"
    own = {name: value for name in given.keys() - others if (value := given[name]) is not None}
    given |= {**(untrusted_files.read_json(path, dict[str, Any]) or {}), **own}
    if own and check:
        check(job_settings.build_settings(settings, home, given))
        kept = {name: value for name, value in given.items() if name not in others and value}
        atomic_files.write_if_changed({path: msgspec.json.encode(kept, order="sorted")})


def locate(queue_folder: Path, folder: Path) -> Path:
    """Return the folder of a queue's exports: below that of the main one if it is named."""
    return folder / queue_folder.relative_to(find_main_folder(queue_folder))


def write_place(folder: Path, queue_folder: Path) -> None:
    """Write the file that names the queue of a folder of exports."""
    home = home_folder.find_queue_home(queue_folder)
    place = ExportPlace(path_text.escape_path(home), path_text.escape_path(queue_folder))
    atomic_files.write_if_changed({folder / PLACE_FILE: msgspec.json.encode(place)})


def find_queue_folder(folder: Path) -> Path:
    """Return the folder of the queue of some exports; raise UsageError if there are none."""
    place = untrusted_files.read_json(folder / PLACE_FILE, ExportPlace)
    if not place:
        raise UsageError(
            f"{path_text.display_path(folder)} is no state directory: {PLACE_FILE} is missing or"
            " invalid. Name the folder of the setting state_directory, or run discover first."
        )
    return Path(path_text.unescape_path(place.queue))
