"""One album at work: its item, the settings, and the folders that follow from both."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.albums import plan_album, read_album
from mediakeep.albums.enrichment import AlbumLookup
from mediakeep.albums.item import AlbumItem, to_path
from mediakeep.albums.plan_album import AlbumPlan
from mediakeep.albums.read_album import SourceAlbum
from mediakeep.albums.settings import AlbumSettings
from mediakeep.errors import WorkingFilesChanged
from mediakeep.media import folder_listing, ignore_rules
from mediakeep.media.encoding.profiles import Profile
from mediakeep.outcome import NO_PROGRESS, Progress
from mediakeep.untrusted_files import read_json
from mediakeep.workspace import folder_owners, manifest, publish, quarantine, working_dirs
from mediakeep.workspace.folder_owners import FolderOwner
from mediakeep.workspace.manifest import Manifest
from mediakeep.workspace.publish import ExistingPolicy, PublishRules
from mediakeep.workspace.system_errors import write_working_file
from mediakeep.workspace.working_dirs import WorkingDirs

_PROCESSED_MANIFEST = "processed.json"
_PROFILE_FILE = "profile.json"
_ARCHIVE_TARGET, _OUTPUT_TARGET = "archive_target", "output_target"  # files in the state folder


class PublishedResult(msgspec.Struct, frozen=True):
    """A folder that an album has published, its other owners, and whether it is its own still."""

    path: Path
    exists: bool
    is_own: bool
    others: tuple[FolderOwner, ...]

    @property
    def is_removable(self) -> bool:
        return self.is_own and not self.others

    def describe(self) -> str:
        """Return a line on what a removal does."""
        shown = path_text.display_path(self.path)
        if not self.exists:
            return f"Missing: {shown}"
        if self.is_removable:
            return f"Moved to quarantine: {shown}"
        if not self.others:
            return f"Kept: {shown}: it has no recorded owner. Remove it yourself if it is yours."
        names = " and of ".join(owner.describe() for owner in self.others)
        too = ", too" if self.is_own else ""
        return f"Kept: {shown}: it belongs to the conversion of {names}{too}"


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
        return to_path(self.item.path)

    @property
    def has_original(self) -> bool:
        """Whether the original exists; a folder without audio files is none."""
        return any(folder.audio_files for folder in folder_listing.walk_tree(self.original))

    @cached_property
    def profile(self) -> Profile:
        return self.settings.get_profile(self.item.profile)

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
            return to_path(self.item.folder)
        if not self.item.name:
            return Path(path_text.unescape_path(self.key))
        return Path(self.original.parent.name) / self.original.name

    @property
    def folders_above(self) -> list[Path]:
        """The folders between the library and the album, the inner ones first.

        None of an added album, as it is unknown where its library begins.
        """
        parts = Path(path_text.unescape_path(self.key)).parts
        if self.item.name or self.original.parts[-len(parts) :] != parts:
            return []
        return list(self.original.parents[: len(parts) - 1])

    @cached_property
    def output(self) -> Path:
        """Where the converted album goes."""
        item = self.item
        folder = path_text.unescape_path(item.output_dir)
        return self.settings.find_output_dir(folder, self.profile.name) / self.relative

    @cached_property
    def archive(self) -> Path | None:
        """Where the source is archived, or None if it is not."""
        folder = self.settings.archive_dir
        return folder / self.relative if folder else None

    def find_dirs(self) -> WorkingDirs | None:
        """Return the working folders of the album, or None if there are none."""
        return working_dirs.find_working_dirs(self.settings.working_dir, self.owner_key)

    def require_dirs(self) -> WorkingDirs:
        """Return the working folders; raise WorkingFilesChanged if there are none."""
        if dirs := self.find_dirs():
            return dirs
        hint = "Reset the album to begin with its original."
        raise WorkingFilesChanged(self.settings.working_dir, "its working folders are gone", hint)

    def name_deleted_original(self, dirs: WorkingDirs) -> Path:
        """Return the hidden name that the original has while it is deleted."""
        digits = dirs.source.name.rpartition("[")[2].partition("]")[0]
        return self.original.with_name(f".mediakeep-deleted-{digits}")

    def is_ignored(self, relative: str) -> bool:
        """Return whether the user's patterns exclude a file of the album."""
        path = self.original / relative
        return ignore_rules.is_ignored(path, self.original, self.ignored)

    @property
    def ignored(self) -> tuple[str, ...]:
        """The patterns of files that are not converted."""
        library = [self.original, *self.folders_above][-1].parent
        return ignore_rules.for_library(self.settings.ignored, library)

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

    def choose_archive(self, dirs: WorkingDirs, files: Manifest) -> tuple[Path, PublishRules]:
        """Return where to archive the source, and how to treat an existing folder.

        An archive whose original was deleted is not replaced, as it has the only copy.
        """
        assert self.archive
        own, published = self.item.archive_path, self.find_unrecorded_archive(dirs, files)
        record = dirs.state / _ARCHIVE_TARGET
        target, rules = self._choose_target(self.archive, own, published, record)
        if self.item.original_deleted and not published:
            given = ExistingPolicy(self.settings.processing.existing)
            return self.archive, structs.replace(rules, existing=given)
        return target, rules

    def choose_output(self, dirs: WorkingDirs, files: Manifest) -> tuple[Path, PublishRules]:
        """Return where the outputs go, and how to treat an existing folder."""
        own, published = self.item.playback_path, self.find_unrecorded_output(dirs, files)
        return self._choose_target(self.output, own, published, dirs.state / _OUTPUT_TARGET)

    def _choose_target(
        self, target: Path, own: str, published: Path | None, record: Path
    ) -> tuple[Path, PublishRules]:
        """Return where a result goes, and how to treat an existing one.

        An earlier result of the album is replaced, and kept in quarantine, also if it got another
        name than `target` next to it. `own` is its path in the queue, `record` has the path of the
        last attempt. What a killed run has `published` stays there.
        """
        existing = ExistingPolicy(self.settings.processing.existing)
        tried = (to_path(own) if own else None, publish.read_recorded_target(record))
        places = [path for path in tried if path and path.parent == target.parent]
        if published:
            target = published
        elif found := next(filter(self._owns_alone, (*places, target)), None):
            target, existing = found, ExistingPolicy.REPLACE
        else:
            target = next((path for path in places if not os.path.lexists(path)), target)
        root = self._find_root(target)
        return target, PublishRules(existing, root, owner=self.owner, record=record)

    def find_unrecorded_archive(self, dirs: WorkingDirs, files: Manifest) -> Path | None:
        """Return the archive that a killed run has published, if the queue has not recorded it."""
        return self._find_unrecorded(dirs.state / _ARCHIVE_TARGET, self.item.archive_path, files)

    def find_unrecorded_output(self, dirs: WorkingDirs, files: Manifest) -> Path | None:
        """Return the output that a killed run has published, if the queue has not recorded it."""
        return self._find_unrecorded(dirs.state / _OUTPUT_TARGET, self.item.playback_path, files)

    def _find_unrecorded(self, record: Path, recorded: str, files: Manifest) -> Path | None:
        path = publish.read_recorded_target(record)
        if path is None or path_text.escape_path(path) == recorded or not self.owns(path):
            return None
        return path if publish.is_published(path, files) else None

    def owns(self, path: Path) -> bool:
        """Return whether the album is one of the owners of a published folder."""
        return any(map(self.owner.is_same_item, folder_owners.read_owners(path)))

    def _owns_alone(self, path: Path) -> bool:
        """Return whether all owners of a folder are this album, perhaps in other profiles."""
        owners = folder_owners.read_owners(path)
        return self.owns(path) and all(
            self.owner.is_same_item(other) or other.source == self.item.path for other in owners
        )

    def _find_root(self, target: Path) -> Path:
        """Return the output or archive folder that contains a result of this album."""
        return target.parents[len(self.relative.parts) - 1]

    def find_result(self, text: str) -> PublishedResult:
        """Return whether a result, given by its field, exists, and whom it belongs to."""
        path = to_path(text)
        owners = folder_owners.read_owners(path)
        others = tuple(owner for owner in owners if not self.owner.is_same_item(owner))
        return PublishedResult(path, os.path.lexists(path), others != owners, others)

    def withdraw_result(self, result: PublishedResult, reason: str) -> None:
        """Move a result to quarantine if it belongs to this album alone.

        The folders above it are removed if they are empty then.
        """
        path = result.path
        if result.is_own and result.others:
            folder_owners.remove_owner(path, self.owner)
        if not result.is_removable:
            return
        root = self._find_root(path)
        quarantine.move_to_quarantine(path, root, reason)
        for folder in path.parents:
            if folder == root or any(folder.iterdir()):
                break
            folder.rmdir()


def load_source_manifest(dirs: WorkingDirs) -> Manifest:
    """Return what was copied to the source folder; raise WorkingFilesChanged if unknown."""
    if found := dirs.load_source_manifest():
        return found
    hint = "Delete the working folders to begin with the original."
    raise WorkingFilesChanged(dirs.source, "its list of files is missing", hint)


def save_profile(dirs: WorkingDirs, profile: Profile) -> None:
    """Note the profile in which an album is converted."""
    write_working_file(dirs.state / _PROFILE_FILE, profile)


def load_profile(dirs: WorkingDirs | None) -> Profile | None:
    """Return the profile in which an album was or is converted, or None if unknown."""
    return read_json(dirs.state / _PROFILE_FILE, Profile) if dirs else None


def save_processed_manifest(dirs: WorkingDirs, outputs: Manifest) -> None:
    manifest.save_manifest(outputs, dirs.state / _PROCESSED_MANIFEST)


def load_processed_manifest(dirs: WorkingDirs) -> Manifest | None:
    """Return the finished outputs of an album, or None if it is not completely converted."""
    return manifest.load_manifest(dirs.state / _PROCESSED_MANIFEST)
