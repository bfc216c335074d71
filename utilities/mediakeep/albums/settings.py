"""The settings of a conversion, and the profiles and rules that they define."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from mediakeep import path_text
from mediakeep.config import PathSettings, ProcessingSettings
from mediakeep.errors import UsageError
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media.encoding import profile_rules, profiles
from mediakeep.media.encoding.profile_rules import Rule
from mediakeep.media.encoding.profiles import Profile

_PROFILE = "{profile}"  # in the output folder


class AlbumSettings(msgspec.Struct, frozen=True, kw_only=True):
    """All settings of a conversion: those of mediakeep.toml, and the options of the command.

    `profiles` and `rules` are the tables of the settings, whose file is `origin`.
    """

    home: str  # escaped
    paths: PathSettings = PathSettings()
    processing: ProcessingSettings = ProcessingSettings()
    profiles: dict[str, dict[str, Any]] = {}
    rules: list[dict[str, Any]] = []
    origin: str = ""
    access: ServiceConfig | None = None  # to services for lookups
    cover_size: str = "1200"  # pixels, or "full"
    keep_going: bool = False
    mirror: bool = False
    also: bool = False
    ignored: tuple[str, ...] = ()  # patterns of files and folders that are not converted

    def build_profiles(self) -> dict[str, Profile]:
        """Return all profiles by name; raise BadSetting if one is invalid."""
        return profiles.parse_profiles(self.profiles, self.origin)

    def build_rules(self) -> tuple[Rule, ...]:
        """Return the rules; raise BadSetting if one is invalid."""
        return profile_rules.parse_rules(self.rules, self.build_profiles(), self.origin)

    def get_profile(self, name: str = "") -> Profile:
        """Return a profile, by default the chosen one; raise UsageError if it is unknown."""
        known, name = self.build_profiles(), name or self.processing.profile
        if name not in known:
            text = ", ".join(known)
            raise UsageError(f"Unknown profile {name!r}. Use one of: {text}.")
        return known[name]

    @property
    def working_dir(self) -> Path:
        """The folder of the working folders; a relative one is below the home."""
        return self._below_home(self.paths.working_dir)

    @property
    def archive_dir(self) -> Path | None:
        """The folder of the archive, or None if nothing is archived."""
        return self._below_home(self.paths.archive_dir) if self.paths.archive_dir else None

    def find_output_dir(self, folder: str = "", profile: str = "") -> Path:
        """Return the folder of the converted albums; `folder` and `profile` are an item's own."""
        text = folder or self.paths.output_dir
        return self._below_home(text.replace(_PROFILE, profile or self.processing.profile))

    def _below_home(self, folder: str) -> Path:
        home = Path(path_text.unescape_path(self.home))
        return home / Path(folder).expanduser()

    def check(self) -> None:
        """Raise UsageError or BadSetting if no album could be processed with these settings."""
        self.get_profile()
        self.build_rules()
        if not self.paths.output_dir:
            raise UsageError(
                "No output folder is set. Add --output DIR, or set output_dir in the section"
                " [paths] of mediakeep.toml."
            )
        if self.processing.delete_original and self.processing.verify == "none":
            raise UsageError(
                "Originals are deleted only after a verification: delete_original needs verify ="
                ' "full" or "length".'
            )
        if self.processing.delete_original and not self.paths.archive_dir:
            raise UsageError(
                "Originals are deleted only after they were archived. Add --archive DIR, or set"
                " archive_dir in the section [paths] of mediakeep.toml."
            )
