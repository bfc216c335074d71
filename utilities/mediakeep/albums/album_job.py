"""One album at work: its item, the settings, and the folders that follow from both."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.albums import plan_album, read_album
from mediakeep.albums.enrichment import AlbumLookup
from mediakeep.albums.item import CLEARED, AlbumItem
from mediakeep.albums.plan_album import AlbumPlan
from mediakeep.albums.read_album import SourceAlbum
from mediakeep.albums.settings import AlbumSettings
from mediakeep.item import SkipReason, Status
from mediakeep.media import folder_listing, ignore_rules
from mediakeep.media.encoding.profiles import Profile
from mediakeep.outcome import NO_PROGRESS, Outcome, Progress
from mediakeep.workspace.folder_owners import FolderOwner
from mediakeep.workspace.job_files import SOURCE_FILES, JobFiles, StateFile, WorkingDirs
from mediakeep.workspace.manifest import Manifest
from mediakeep.workspace.published_folder import PublishedFolder

PROFILE = StateFile("profile.json", Profile)  # in which the album was or is converted
# Those of the processed folder, once the album is completely converted.
PROCESSED_FILES = StateFile(
    "processed.json",
    Manifest,
    SOURCE_FILES.hint,
    "the list of its finished files is missing",
    "Reset the album to its stage converting.",
)
_TARGET_RECORDS = {"archive_path": "archive_target", "playback_path": "output_target"}


class AlbumJob(msgspec.Struct, frozen=True, dict=True):
    """An album with its settings; `key` is the key of its item in the queue.

    `look_up` finds what its tags lack, and reports its waits to `progress`.
    """

    item: AlbumItem
    key: str
    settings: AlbumSettings
    look_up: AlbumLookup | None = None
    progress: Progress = NO_PROGRESS

    @property
    def original(self) -> Path:
        return path_text.to_path(self.item.path)

    @property
    def has_original(self) -> bool:
        """Whether the original exists; a folder without audio files is none."""
        return any(folder.audio_files for folder in folder_listing.walk_tree(self.original))

    @cached_property
    def profile(self) -> Profile:
        return self.settings.get_profile(self.item.profile)

    @property
    def used_profile(self) -> Profile:
        """The profile in which the album was converted, or will be."""
        dirs = self.files.find()
        return (PROFILE.load(dirs.state) if dirs else None) or self.profile

    @property
    def owner_key(self) -> str:
        """What the working folders are found by, unique among the items of all homes."""
        return f"{self.item.output_name}\n{self.settings.home}"

    @cached_property
    def relative(self) -> Path:
        """The path of the album below the output and archive folders.

        That of an added album is its folder in the folder of its artist.
        """
        if self.item.folder:
            return path_text.to_path(self.item.folder)
        if not self.item.name:
            return path_text.to_path(self.key)
        return Path(self.original.parent.name) / self.original.name

    @property
    def folders_above(self) -> list[Path]:
        """The folders between the library and the album, the inner ones first.

        None of an added album, as it is unknown where its library begins.
        """
        parts = path_text.to_path(self.key).parts
        if self.item.name or self.original.parts[-len(parts) :] != parts:
            return []
        return list(self.original.parents[: len(parts) - 1])

    @cached_property
    def output(self) -> Path:
        """Where the converted album goes."""
        folder = path_text.unescape_path(self.item.output_dir)
        return self.settings.find_output_dir(folder, self.profile.name) / self.relative

    @cached_property
    def archive(self) -> Path | None:
        """Where the source is archived, or None if it is not."""
        folder = self.settings.archive_dir
        return folder / self.relative if folder else None

    @property
    def files(self) -> JobFiles:
        return JobFiles(
            self.settings.working_dir,
            self.owner_key,
            "Reset the album to begin with its original.",
        )

    def find_target(self, stage: str) -> Path:
        if stage == "archiving" and self.archive:
            return self.archive.parent
        return self.output.parent if stage == "finalizing" else self.settings.working_dir

    def name_deleted_original(self, dirs: WorkingDirs) -> Path:
        """Return the hidden name that the original has while it is deleted."""
        digits = dirs.source.name.rpartition("[")[2].partition("]")[0]
        return self.original.with_name(f".mediakeep-deleted-{digits}")

    def is_ignored(self, relative: str) -> bool:
        """Return whether the user's patterns exclude a file of the album."""
        path = self.original / relative
        return ignore_rules.is_ignored(path, self.original, self.ignored)

    @property
    def ignored(self) -> ignore_rules.IgnoreSettings:
        """The rules of files that are not converted."""
        library = [self.original, *self.folders_above][-1].parent
        return self.settings.ignored.for_library(library)

    def read_plan(self, folder: Path) -> tuple[SourceAlbum, AlbumPlan]:
        """Read the album in a folder, and plan its conversion."""
        album = read_album.read_album(folder, self.original, self.is_ignored)
        settings = self.settings
        return album, plan_album.plan_album(
            album, self.profile, settings.build_rules(), settings.build_profiles()
        )

    @property
    def owner(self) -> FolderOwner:
        """What is recorded in the published folders of the album."""
        return FolderOwner(self.item.output_name, self.settings.home, self.item.path)

    def find_result(self, field: str) -> PublishedFolder:
        """Return the archive or output of the album, by the field of its path."""
        path, depth = getattr(self.item, field), len(self.relative.parts)
        dirs = self.files.find()
        record = dirs.state / _TARGET_RECORDS[field] if dirs else None
        return PublishedFolder(path, self.owner, depth, record)


def skip_missing(item: AlbumItem) -> Outcome:
    """Return the outcome of an album without its original, which has vanished or was deleted."""
    reason, message = SkipReason.VANISHED.value, "its folder is missing"
    if item.original_deleted:
        reason = message = "its original was deleted; restore it with --rollback"
    return Outcome(Status.SKIPPED, message, {"skip_reason": reason, **CLEARED})
