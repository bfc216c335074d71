"""Folders that an item has published: where they are, whose they are, and how they are withdrawn.

A folder is the item's own if the item is one of its recorded owners. Only what belongs to the item
alone is removed; what a killed run has published is found again by the file with its last target.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.workspace import folder_owners, publish, quarantine
from mediakeep.workspace.folder_owners import FolderOwner
from mediakeep.workspace.manifest import Manifest
from mediakeep.workspace.publish import ExistingPolicy, PublishRules


class PublishedFolder(msgspec.Struct, frozen=True):
    """A folder that an item has published; `path` is escaped, or "" if the queue has recorded none.

    It is `depth` folders below its root, the output or archive folder. `record` is a file that gets
    the path of each target before anything is published there.
    """

    path: str
    owner: FolderOwner
    depth: int
    record: Path | None = None

    @property
    def location(self) -> Path:
        return Path(path_text.unescape_path(self.path))

    @property
    def others(self) -> tuple[FolderOwner, ...]:
        """The recorded owners but for the item itself."""
        return tuple(owner for owner in self._owners if not self.owner.is_same_item(owner))

    @property
    def is_own(self) -> bool:
        """Whether the item is one of its owners."""
        return len(self.others) < len(self._owners)

    @property
    def is_removable(self) -> bool:
        return self.is_own and not self.others

    @property
    def _owners(self) -> tuple[FolderOwner, ...]:
        return folder_owners.read_owners(self.location) if self.path else ()

    def at(self, path: Path) -> PublishedFolder:
        """Return a result of the same item in another folder."""
        return structs.replace(self, path=path_text.escape_path(path))

    def find_unrecorded(self, files: Manifest) -> PublishedFolder | None:
        """Return what a killed run has published, if the queue has not recorded it."""
        if not (tried := self._read_target()) or tried.path == self.path or not tried.is_own:
            return None
        return tried if publish.is_published(tried.location, files) else None

    def choose_target(
        self, target: Path, files: Manifest, existing: str, *, is_kept: bool = False
    ) -> tuple[Path, PublishRules]:
        """Return where to publish files, and how to treat an existing folder.

        An earlier result of the item is replaced, and kept in quarantine, also if it got another
        name than `target` next to it, unless it `is_kept`. What a killed run has published stays.
        """
        tried = [one for one in (self, self._read_target()) if one and one.path]
        places = [one for one in tried if one.location.parent == target.parent]
        if published := self.find_unrecorded(files):
            target = published.location
        elif not is_kept:
            own = next((one for one in (*places, self.at(target)) if one._is_replaceable), None)
            free = (one for one in places if not os.path.lexists(one.location))
            target = (own or next(free, self.at(target))).location
            existing = ExistingPolicy.REPLACE if own else existing
        root = target.parents[self.depth - 1]
        policy = ExistingPolicy(existing)
        return target, PublishRules(policy, root, owner=self.owner, record=self.record)

    @property
    def _is_replaceable(self) -> bool:
        """Whether all owners have the same original, as a result in another profile has."""
        return self.is_own and all(one.source == self.owner.source for one in self.others)

    def _read_target(self) -> PublishedFolder | None:
        """Return the target of the last call that published, or None if there was none."""
        path = publish.read_recorded_target(self.record) if self.record else None
        return self.at(path) if path else None

    def describe(self) -> str:
        """Return a line on what `withdraw` does."""
        shown, others = path_text.display_path(self.location), self.others
        if not os.path.lexists(self.location):
            return f"Missing: {shown}"
        if self.is_removable:
            return f"Moved to quarantine: {shown}"
        if not others:
            return f"Kept: {shown}: it has no recorded owner. Remove it yourself if it is yours."
        names = " and of ".join(owner.describe() for owner in others)
        too = ", too" if self.is_own else ""
        return f"Kept: {shown}: it belongs to the conversion of {names}{too}"

    def withdraw(self, reason: str) -> str:
        """Move the folder to quarantine if it belongs to the item alone; return what was done.

        The folders above it are removed if they are empty then.
        """
        line, path = self.describe(), self.location
        if self.is_own and self.others:
            folder_owners.remove_owner(path, self.owner)
        elif self.is_own:
            root = path.parents[self.depth - 1]
            quarantine.move_to_quarantine(path, root, reason)
            for folder in path.parents:
                if folder == root or any(folder.iterdir()):
                    break
                folder.rmdir()
        return line
