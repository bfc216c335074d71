"""Write changes to music files: read the pictures, respect the locks and the write policy."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from mediakeep import path_text
from mediakeep.errors import Unreadable, WriteRefused
from mediakeep.media import open_file, pictures
from mediakeep.media.audio import tag_edits
from mediakeep.media.audio.tag_edits import (
    FIELDS,
    PICTURES_FIELD,
    CopyToNativeTags,
    SetCover,
    SetField,
    TagEdit,
)
from mediakeep.media.safewrite import atomic_replace, created_files, write_tags
from mediakeep.media.safewrite.record_and_replace import UndoContext, UndoRecordDraft
from mediakeep.media.safewrite.write_tags import Id3Version, OtherTags, TagWriteResult, WriteRules
from mediakeep.media.undo.record import FieldChange
from mediakeep.media.undo.store import UndoStore
from mediakeep.music.item import MUSIC
from mediakeep.music.repairs import plans
from mediakeep.music.repairs.locks import FieldLocks
from mediakeep.music.repairs.plans import FileChange, FilePlan
from mediakeep.music.repairs.repair import EmbedCover, SaveCoverFile
from mediakeep.outcome import Stamp
from mediakeep.policy import WritePolicy

UndoneValues = Mapping[str, frozenset[tag_edits.Values]]  # the undone values of each field
MAX_PICTURE_BYTES = 16 << 20  # bytes; the largest picture that FLAC can hold
EMBEDDABLE_MIMES = frozenset({"image/jpeg", "image/png"})
# The end marks (ITU-T T.81, B.1.1.3; PNG, 11.2.5); some programs append data.
_END_MARKS = {"image/jpeg": b"\xff\xd9", "image/png": b"IEND"}
_MAX_TRAILING_BYTES = 1 << 16


@dataclass(frozen=True)
class TagWriter:
    """Writes changes to music files, with one set of locks and one write policy."""

    store: UndoStore
    policy: WritePolicy
    locks: FieldLocks

    @classmethod
    def from_policy(cls, store: UndoStore, policy: WritePolicy) -> TagWriter:
        """Create a writer that follows a write policy, and stores undo records."""
        return cls(store, policy, FieldLocks(policy.locked_fields, policy.links))

    def plan_changes(self, path: Path, file_changes: Iterable[FileChange]) -> FilePlan | None:
        """Return the changes that `write` would make, or None if there are none.

        It raises the same errors as `write`.
        """
        file_changes = list(file_changes)
        self._check_locks(path, file_changes)
        if cover_file := _find_cover_file_change(file_changes):
            return _plan_cover_file(path, cover_file)
        pending = write_tags.pending_changes(path, map(_to_tag_change, file_changes))
        if pending:
            with atomic_replace.open_original(path) as original:
                atomic_replace.check_writable(original, self._write_rules)
        facts = path.stat()
        image = next(
            (change.image for change in file_changes if isinstance(change, EmbedCover)), ""
        )
        return (
            plans.build_file_plan(path, facts.st_size, facts.st_mtime_ns, pending, image)
            if pending
            else None
        )

    def write(
        self,
        path: Path,
        file_changes: Iterable[FileChange],
        stamp: Stamp,
        real_path: Path | None = None,
        old_values: Mapping[str, tag_edits.Values] | None = None,
    ) -> TagWriteResult | None:
        """Change a file safely; raise WriteRefused if a field is locked.

        `real_path` is that of the file when it was read: if links lead elsewhere now, WriteRefused
        is raised. `old_values` are those of fields when it was read: if another program has changed
        one that is to be written, ConcurrentChange is raised. See `write_tags.write` for the other
        errors.
        """
        file_changes = list(file_changes)
        self._check_locks(path, file_changes)
        rules = replace(self._write_rules, real_path=real_path, old_values=old_values or {})
        if cover_file := _find_cover_file_change(file_changes):
            context = UndoContext(self.store, stamp, rules, MUSIC.name)
            return _write_cover_file(path, cover_file, context)
        return write_tags.write(
            path,
            map(_to_tag_change, file_changes),
            self.store,
            stamp,
            rules,
            queue=MUSIC.name,
        )

    @property
    def _write_rules(self) -> WriteRules:
        policy = self.policy
        other_tags, id3_version = OtherTags(policy.other_tags), Id3Version(policy.id3)
        return WriteRules(policy.hardlinks, policy.keep_mtime, other_tags, id3_version)

    def lock_reason(self, path: Path, change: FileChange) -> str:
        """Return what locks a change of a file, as the end of a sentence, or "" if nothing does."""
        locks = self.locks.find_locks(path)
        return next(
            (reason for field, reason in locks.items() if field in changed_fields(change)), ""
        )

    def had_cover_undone(self, path: Path) -> bool:
        """Return whether the user has undone a cover embedded in a file, or saved as this file."""
        return (
            not self.store.undone_values(path).keys().isdisjoint((PICTURES_FIELD, plans.COVER_FILE))
        )

    def _check_locks(self, path: Path, file_changes: Iterable[FileChange]) -> None:
        for change in file_changes:
            if reason := self.lock_reason(path, change):
                fix_hint = "Remove the lock to write it."
                raise WriteRefused(path_text.escape_path(path), reason, fix_hint)


def was_undone(undone: UndoneValues, change: FileChange, kind: str) -> bool:
    """Return whether this change of a file was made before, and then undone by the user."""
    if not undone:
        return False
    if isinstance(change, SetField):
        values = tag_edits.to_stored_values(change.field, change.values, kind)
        return values in undone.get(change.field, ())
    if isinstance(change, EmbedCover):
        covers = undone.get(PICTURES_FIELD, frozenset())
        return bool(covers) and (_hash_picture_file(change),) in covers
    return (plans.COVER_FILE if isinstance(change, SaveCoverFile) else plans.CONTAINER) in undone


def changed_fields(change: FileChange) -> frozenset[str]:
    """Return the fields that a change writes."""
    if isinstance(change, SetField):
        return frozenset({change.field})
    return FIELDS if isinstance(change, CopyToNativeTags) else frozenset({PICTURES_FIELD})


def read_picture(path: Path) -> tuple[bytes, str]:
    """Return the bytes of a picture file and its MIME type; raise Unreadable if unsuitable."""
    with open_file.open_regular_file(path) as handle:
        data = handle.read(MAX_PICTURE_BYTES + 1)
    return data, check_picture(data, path_text.escape_path(path))


def check_picture(data: bytes, name: str) -> str:
    """Return the MIME type of a picture; raise Unreadable if it cannot be embedded."""
    if len(data) > MAX_PICTURE_BYTES:
        reason = f"it has more than {MAX_PICTURE_BYTES >> 20} MiB, the limit of FLAC"
        raise Unreadable(name, reason, "Make it smaller.")
    mime = pictures.identify_picture(lambda at, size: data[at : at + size])[0]
    if mime in _END_MARKS and _END_MARKS[mime] not in data[-_MAX_TRAILING_BYTES:]:
        raise Unreadable(name, "the end of the picture is missing", "Save it again.")
    if mime not in EMBEDDABLE_MIMES:
        reason = f"it is {mime or 'not a picture'}; players support JPEG and PNG"
        raise Unreadable(name, reason, "Save it as JPEG.")
    return mime


def _find_cover_file_change(file_changes: Iterable[FileChange]) -> SaveCoverFile | None:
    """Return the change that creates a cover file, if any; it is the only change of its file."""
    return next((change for change in file_changes if isinstance(change, SaveCoverFile)), None)


def _plan_cover_file(path: Path, cover_file: SaveCoverFile) -> FilePlan | None:
    data, _ = read_picture(Path(path_text.unescape_path(cover_file.image)))
    if os.path.lexists(path):
        return None
    with atomic_replace.guard_new_file(path, len(data)):
        return plans.build_file_plan(
            path, 0, 0, _cover_file_fields(data, cover_file), cover_file.image
        )


def _write_cover_file(
    path: Path, cover_file: SaveCoverFile, context: UndoContext
) -> TagWriteResult | None:
    data, mime = read_picture(Path(path_text.unescape_path(cover_file.image)))
    fields = _cover_file_fields(data, cover_file)
    record = created_files.create_file(
        path, data, UndoRecordDraft(mime, created_files.EMPTY_PATCH, {}, fields), context
    )
    return TagWriteResult(record, fields) if record else None


def _cover_file_fields(data: bytes, cover_file: SaveCoverFile) -> dict[str, FieldChange]:
    """Return the fields of the undo record for a new cover file."""
    return {plans.COVER_FILE: FieldChange((), (_hash_picture(data),), cover_file.reason)}


def _to_tag_change(change: FileChange) -> TagEdit:
    assert not isinstance(change, SaveCoverFile)  # it creates a file instead of changing one
    if not isinstance(change, EmbedCover):
        return change
    data, mime = read_picture(Path(path_text.unescape_path(change.image)))
    return SetCover(data, mime, change.reason)


def _hash_picture_file(change: EmbedCover) -> str:
    data, _ = read_picture(Path(path_text.unescape_path(change.image)))
    return _hash_picture(data)


def _hash_picture(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"
