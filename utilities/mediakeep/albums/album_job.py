"""One album at work: its item, the settings, and the folders that follow from both."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.albums import plan_album, read_album
from mediakeep.albums.item import AlbumItem, to_path
from mediakeep.albums.plan_album import AlbumPlan
from mediakeep.albums.read_album import SourceAlbum
from mediakeep.albums.settings import AlbumSettings
from mediakeep.errors import WorkingFilesChanged
from mediakeep.media import folder_listing
from mediakeep.media.encoding.profiles import Profile
from mediakeep.workspace import manifest, quarantine, working_dirs
from mediakeep.workspace.manifest import Manifest
from mediakeep.workspace.publish import ExistingPolicy, PublishRules
from mediakeep.workspace.working_dirs import WorkingDirs

_PROCESSED_MANIFEST = "processed.json"


class AlbumJob(msgspec.Struct, frozen=True, dict=True):
    """An album with its settings; `key` is the key of its item in the queue."""

    item: AlbumItem
    key: str
    settings: AlbumSettings

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

    def read_plan(self, folder: Path) -> tuple[SourceAlbum, AlbumPlan]:
        """Read the album in a folder, and plan its conversion."""
        album = read_album.read_album(folder)
        settings = self.settings
        return album, plan_album.plan_album(
            album, self.profile, settings.build_rules(), settings.build_profiles()
        )

    def choose_target(self, target: Path, own: str) -> tuple[Path, PublishRules]:
        """Return where a result goes, and how to treat an existing one.

        `own` is the path of an earlier result of the album. That is replaced, and kept in
        quarantine, also if it got another name than `target` next to it.
        """
        root = self._find_root(target)
        if own and to_path(own).parent == target.parent:
            return to_path(own), PublishRules(ExistingPolicy.REPLACE, root)
        return target, PublishRules(ExistingPolicy(self.settings.processing.existing), root)

    def _find_root(self, target: Path) -> Path:
        """Return the output or archive folder that contains a result of this album."""
        return target.parents[len(self.relative.parts) - 1]

    def set_result_aside(self, text: str, reason: str) -> Path | None:
        """Move a result, given by its field, to quarantine; return its path if it existed.

        The folders above it are removed if they are empty then.
        """
        path = to_path(text)
        if not (text and path.exists()):
            return None
        root = self._find_root(path)
        quarantine.move_to_quarantine(path, root, reason)
        for folder in path.parents:
            if folder == root or any(folder.iterdir()):
                break
            folder.rmdir()
        return path


def load_source_manifest(dirs: WorkingDirs) -> Manifest:
    """Return what was copied to the source folder; raise WorkingFilesChanged if unknown."""
    if found := dirs.load_source_manifest():
        return found
    hint = "Delete the working folders to begin with the original."
    raise WorkingFilesChanged(dirs.source, "its list of files is missing", hint)


def save_processed_manifest(dirs: WorkingDirs, outputs: Manifest) -> None:
    manifest.save_manifest(outputs, dirs.state / _PROCESSED_MANIFEST)


def load_processed_manifest(dirs: WorkingDirs) -> Manifest | None:
    """Return the finished outputs of an album, or None if it is not completely converted."""
    return manifest.load_manifest(dirs.state / _PROCESSED_MANIFEST)
