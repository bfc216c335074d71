"""The settings of a conversion, and the profiles and rules that they define."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mediakeep import config, job_settings, kinds, path_text
from mediakeep.errors import UsageError
from mediakeep.job_settings import CONFIGURED_LIBRARY, JobSettings
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media import ignore_rules
from mediakeep.setting_fields import OPTION_ONLY, UserPath

if TYPE_CHECKING:
    from mediakeep.media.encoding.profile_rules import Rule
    from mediakeep.media.encoding.profiles import Profile

_PROFILE = "{profile}"  # in the output folder


class AlbumPaths(msgspec.Struct, frozen=True, kw_only=True):
    """The section [paths]: folders of conversions; relative ones are below the home."""

    input_dir: UserPath = ""
    output_dir: Annotated[
        UserPath, Meta(description="Where the converted albums go.", extra={"flag": "--output"})
    ] = ""
    archive_dir: Annotated[
        UserPath, Meta(description="Where the sources are archived.", extra={"flag": "--archive"})
    ] = ""  # "": nothing is archived
    working_dir: Annotated[
        UserPath, Meta(description="Where albums are converted.", extra={"flag": "--working"})
    ] = "./working"


class ProcessingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The section [processing]: how albums are converted."""

    profile: Annotated[
        str, Meta(description="opus, mp3-v0, aac, flac, alac, keep, or one of yours.")
    ] = "opus"
    existing: Annotated[
        Literal["refuse", "rename", "replace"],
        Meta(description="What to do if the folder of an output exists."),
    ] = "refuse"
    verify: Annotated[
        Literal["full", "length", "none"],
        Meta(description="How new files are verified: decoded, by their headers, or not."),
    ] = "full"
    enrich: Annotated[bool, Meta(description="Look up missing tags and a missing cover.")] = False
    delete_original: Annotated[
        bool,
        Meta(
            description="Delete originals once archive and output are verified.",
            extra={"flag": "--delete-original/--keep-original"},
        ),
    ] = False
    cleanup_working_on_success: bool = True
    cleanup_working_on_failure: bool = False
    resume_from_working: bool = True
    max_retries: Annotated[int, Meta(ge=1)] = 3  # attempts of each stage
    quarantine_days: Annotated[int, Meta(ge=0)] = 30  # 0: for ever


class AlbumSettings(JobSettings, frozen=True, kw_only=True):
    """All settings of a conversion: those of mediakeep.toml, and the options of the command.

    `profiles` and `rules` are the tables of the settings.
    """

    paths: AlbumPaths = AlbumPaths()
    processing: ProcessingSettings = ProcessingSettings()
    # See `profiles.parse_profiles` and `profile_rules.Rule`.
    profiles: dict[str, dict[str, Any]] = msgspec.field(default_factory=dict)
    rules: list[dict[str, Any]] = msgspec.field(default_factory=list)
    access: ServiceConfig | None = None  # to services for lookups
    cover_size: str = "1200"  # pixels, or "full"
    keep_going: bool = False
    mirror: bool = False
    also: bool = False
    # Files and folders that are not converted.
    ignored: Annotated[ignore_rules.IgnoreSettings, Meta(extra=OPTION_ONLY)] = ignore_rules.NOTHING

    def build_profiles(self) -> dict[str, Profile]:
        """Return all profiles by name; raise BadSetting if one is invalid."""
        parse = kinds.load("mediakeep.media.encoding.profiles:parse_profiles")
        return parse(self.profiles, self.origin)  # type: ignore[no-any-return]

    def build_rules(self) -> tuple[Rule, ...]:
        """Return the rules; raise BadSetting if one is invalid."""
        parse = kinds.load("mediakeep.media.encoding.profile_rules:parse_rules")
        return parse(self.rules, self.build_profiles(), self.origin)  # type: ignore[no-any-return]

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
        return self.below_home(self.paths.working_dir)

    @property
    def archive_dir(self) -> Path | None:
        """The folder of the archive, or None if nothing is archived."""
        return self.below_home(self.paths.archive_dir) if self.paths.archive_dir else None

    def find_output_dir(self, folder: str = "", profile: str = "") -> Path:
        """Return the folder of the converted albums; `folder` and `profile` are an item's own."""
        text = path_text.escape_path(folder) or self.paths.output_dir
        return self.below_home(text.replace(_PROFILE, profile or self.processing.profile))

    def list_folders(self) -> list[Path]:
        """Return the folders that its items write, besides the home and the library."""
        return [
            folder
            for folder in (self.working_dir, self.archive_dir, self.find_output_dir())
            if folder
        ]

    def check(self) -> None:
        """Raise UsageError or BadSetting if no album could be processed with these settings."""
        self.get_profile()
        self.build_rules()
        deletes = self.processing.delete_original
        for is_invalid, message in (
            (
                not self.paths.output_dir,
                "No output folder is set. Add --output DIR, or set output_dir in the section"
                " [paths] of mediakeep.toml.",
            ),
            (
                deletes and self.processing.verify == "none",
                "Originals are deleted only after a verification: delete_original needs verify ="
                ' "full" or "length".',
            ),
            (
                deletes and not self.paths.archive_dir,
                "Originals are deleted only after they were archived. Add --archive DIR, or set"
                " archive_dir in the section [paths] of mediakeep.toml.",
            ),
        ):
            if is_invalid:
                raise UsageError(message)


def build_settings(
    home: Path,
    given: Mapping[str, Any],
    others: dict[str, Any],
    environ: Mapping[str, str] = os.environ,
) -> dict[str, Any]:
    """Return the settings as plain data; raise BadSetting or UsageError if one is invalid.

    `given` are the command's own options, None if not given. An input folder becomes the scan of
    the batch in `others`, and `max_retries` its number of attempts.
    """
    more = {
        "cover_size": config.get_setting(home, "cover_size", environ),
        "ignored": ignore_rules.parse_settings(
            others.get("ignore") or "", others.get("links") or ""
        ),
    }
    settings = job_settings.build_settings(AlbumSettings, home, {**given, **more}, environ)
    if settings.also and others.get("only"):
        raise UsageError("--also cannot be combined with --album: it adds all albums.")
    if others["max_attempts"] == config.Settings().max_attempts:
        others["max_attempts"] = settings.processing.max_retries
    wants_library, source = others["scan"] == CONFIGURED_LIBRARY, given["source"]
    if source is None and settings.paths.input_dir and (wants_library or not others["add"]):
        source = settings.below_home(settings.paths.input_dir)
    if source and (wants_library or not others["scan"]):
        others["scan"] = source
    if others["scan"] not in (None, CONFIGURED_LIBRARY):
        _check_folders(settings, others["scan"].expanduser().resolve())
    return msgspec.to_builtins(settings)  # type: ignore[no-any-return]


def _check_folders(settings: AlbumSettings, library: Path) -> None:
    """Raise UsageError if a later scan of the library would find the converted albums."""
    output = settings.find_output_dir() if settings.paths.output_dir else None
    for folder in (settings.working_dir, settings.archive_dir, output):
        if folder and folder.resolve().is_relative_to(library):
            raise UsageError(
                f"{path_text.display_path(folder)} is in the library"
                f" {path_text.display_path(library)}. Choose a folder outside of it."
            )
