"""The state directory of a home: its place, its settings, and the file that names the home."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from mediakeep import atomic_files, config, job_settings, path_text, untrusted_files
from mediakeep.episodes.settings import EpisodeSettings
from mediakeep.errors import UsageError

HOME_FILE = "home.json"
_REMEMBERED = "status/episodes/state_management.yaml"  # the section of another settings file
SECTION = "state_management"


class _StatePlace(msgspec.Struct, frozen=True):
    home: str
    queue: str


def read_settings(home: Path) -> EpisodeSettings:
    """Return the settings of a home, with those that were remembered."""
    remembered = home / _REMEMBERED
    given = {"config": remembered} if remembered.exists() else {}
    return job_settings.build_settings(EpisodeSettings, home, given)


def remember_settings(home: Path, section: Mapping[str, Any]) -> None:
    """Use a section of another settings file from now on, in all commands."""
    data = msgspec.json.format(msgspec.json.encode({SECTION: section}))
    atomic_files.write_if_changed({home / _REMEMBERED: data})


def locate(queue_folder: Path, settings: EpisodeSettings) -> Path:
    """Return the state directory of a queue; a named one has a folder in that of the main queue."""
    home = config.find_queue_home(queue_folder)
    name = queue_folder.relative_to(home / "status" / "episodes")
    return settings.below_home(settings.state_management.state_directory) / name


def write_home_file(folder: Path, queue_folder: Path) -> None:
    """Write the file that names the home of a state directory, and its queue."""
    home = config.find_queue_home(queue_folder)
    place = _StatePlace(path_text.escape_path(home), path_text.escape_path(queue_folder))
    atomic_files.write_if_changed({folder / HOME_FILE: msgspec.json.encode(place)})


def find_queue_folder(folder: Path) -> Path:
    """Return the folder of the queue of a state directory; raise UsageError if it is none."""
    place = untrusted_files.read_json(folder / HOME_FILE, _StatePlace)
    if not place:
        raise UsageError(
            f"{path_text.display_path(folder)} is no state directory: {HOME_FILE} is missing or"
            " invalid. Name the folder of the setting state_directory, or run discover first."
        )
    return Path(path_text.unescape_path(place.queue))
