"""Write tags so that neither a kill, a full disk nor a bug of mediakeep can damage the audio.

    write             applies edits to a file's tags, and records how to undo them
    pending_changes   returns what `write` would change

A file that has all requested values is not touched.

1. The tags are written into a copy of the file: by mutagen, or as bytes where mutagen cannot write
   them or would change other items (RIFF INFO, APEv2, ID3v1, some MP4 files, the header of DSF).
2. The audio of the copy is compared with the old audio byte by byte.
3. All tags are read back by our reader and the requested ones by mutagen, and the tag items that
   are not to be changed are compared.
4. The undo is tried on the copy.
5. The change is recorded, and the copy replaces the file.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path

from mediakeep import path_text
from mediakeep.errors import ConcurrentChange, MediakeepError, VerificationFailed
from mediakeep.media.audio import embedded_pictures, tag_edits, tags
from mediakeep.media.audio.model import AudioFile, EmbeddedPicture
from mediakeep.media.audio.tag_edits import (
    CopyToNativeTags,
    SetCover,
    SetField,
    TagEdit,
    TargetTags,
)
from mediakeep.media.audio.write_options import Id3Version, OtherTags, TagWriteOptions
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.safewrite import atomic_replace, compare_files, tag_write_plan
from mediakeep.media.safewrite.atomic_replace import OriginalFile
from mediakeep.media.safewrite.file_assembly import FilePart
from mediakeep.media.safewrite.record_and_replace import (
    NO_STAMP,
    UndoContext,
    UndoRecordDraft,
    build_patch,
    replace_and_record,
)
from mediakeep.media.undo.record import ChangeRecord, FieldChange
from mediakeep.media.undo.store import UndoStore
from mediakeep.outcome import Stamp

__all__ = [
    "CopyToNativeTags",
    "Id3Version",
    "OtherTags",
    "SetCover",
    "SetField",
    "TagWriteResult",
    "WriteRules",
    "pending_changes",
    "write",
]


@dataclass(frozen=True)
class WriteRules(atomic_replace.ReplaceRules):
    """The user's settings for writing tags to audio files."""

    other_tags: OtherTags = OtherTags.UPDATE
    id3: Id3Version = Id3Version.KEEP
    # of fields when the file was read, if another program may have changed them since
    old_values: Mapping[str, tag_edits.Values] = field(default_factory=dict)

    @property
    def tag_options(self) -> TagWriteOptions:
        """The options for the tag writers."""
        return TagWriteOptions(self.other_tags, self.id3)


_LOST = (
    "it would lose {}, which stands where mediakeep cannot carry it over. Copy the audio into a new"
    " file, as with ffmpeg -i OLD -c copy NEW, and change that"
)
_DEFAULT_RULES = WriteRules()
_MUTAGEN_DATES = frozenset({"date", "originaldate"})  # mutagen drops parts that form no date


@dataclass(frozen=True)
class TagWriteResult:
    """The result of a tag write: the undo record, and the old and new values of each field."""

    record: ChangeRecord
    fields: dict[str, FieldChange]


@dataclass(frozen=True)
class _TagWrite:
    """A planned tag write: the open file, its current tags and the target values."""

    original: OriginalFile
    reading: AudioFile
    source: BoundedFile
    wanted: TargetTags
    changes: list[TagEdit]

    @property
    def path_text(self) -> str:
        """The path of the file, escaped as in messages and records."""
        return path_text.escape_path(self.original.path)


def pending_changes(path: Path, wanted: Iterable[TagEdit]) -> dict[str, FieldChange]:
    """Return the field changes that `write` would make to a file's tags, without writing.

    Raises the same errors as `write`.
    """
    with atomic_replace.open_original(path) as original:
        planned = _plan_write(original, wanted)
        return _changed_fields(planned) if planned.changes else {}


def write(
    path: Path,
    wanted: Iterable[TagEdit],
    store: UndoStore,
    stamp: Stamp = NO_STAMP,
    rules: WriteRules = _DEFAULT_RULES,
    *,
    queue: str,
) -> TagWriteResult | None:
    """Apply edits to a file's tags; return the result, or None if nothing has to change.

    `queue` is the kind of the item that the file belongs to.

    Raises a subclass of NotWritten, NoRoom, Unreadable or NotAudio if the file was not changed, and
    RecordNotWritten if the undo record could not be saved.
    """
    with atomic_replace.open_original(path) as original:
        planned = _plan_write(original, wanted)
        if not planned.changes:
            return None
        kind = planned.reading.facts.format
        whole_file: list[FilePart] = [ByteRange(0, planned.source.size)]
        fields = _changed_fields(planned)
        if any(
            name in fields and not _has_values(planned.reading, name, values)
            for name, values in rules.old_values.items()
        ):
            raise ConcurrentChange(planned.path_text)
        recipe, blobs = build_patch(original, planned.source, kind)
        draft = UndoRecordDraft(kind, recipe, blobs, fields)
        context = UndoContext(store, stamp, rules, queue)
        record = replace_and_record(
            *(
                original,
                whole_file,
                draft,
                context,
                partial(_verify_copy, planned, rules.tag_options),
            ),
            change_copy=lambda copy: adapter.save_tags(
                original.path, copy, kind, planned.wanted, rules.tag_options
            ),
        )
        return TagWriteResult(record, fields)


def _has_values(reading: AudioFile, field: str, values: tag_edits.Values) -> bool:
    """Return whether a field has these values, as read or as stored (03/12 in a Vorbis comment)."""
    found = (tag_edits.field_values(reading.tags, field), tag_edits.current_values(reading, field))
    return values in found


def _plan_write(original: OriginalFile, wanted: Iterable[TagEdit]) -> _TagWrite:
    reading = tags.read(original.path)
    source = BoundedFile(original.handle, original.stat.st_size)
    pending, target = tag_write_plan.plan_edits(original.path, source, reading, tuple(wanted))
    return _TagWrite(original, reading, source, target, pending)


def _verify_copy(
    planned: _TagWrite,
    options: TagWriteOptions,
    new: Path,
    handle: int,
    _sha256: Callable[[], str],
) -> str:
    """Verify that the new file has the audio of the old one and exactly the expected tags.

    Return the hash of the audio.
    """
    essence = compare_files.compare_essence(
        planned.original.handle, handle, planned.reading.facts.format
    )
    if essence is None:
        raise VerificationFailed(planned.path_text, "audio data differs in the new copy")
    try:
        reading = tags.read(new)
    except MediakeepError as error:
        raise VerificationFailed(
            planned.path_text, "the tags of the new copy cannot be read"
        ) from error
    facts, before = reading.facts, planned.reading.facts
    if (facts.format, facts.payload, facts.duration, facts.truncated) != (
        *(before.format, before.payload, before.duration, before.truncated),
    ):
        raise VerificationFailed(planned.path_text, "the audio length differs in the new copy")
    actual = tag_edits.expected_tags(reading.tags, TargetTags())
    if wrong := tag_edits.differing_fields(
        actual, tag_edits.expected_tags(planned.reading.tags, planned.wanted)
    ):
        raise VerificationFailed(
            planned.path_text, f"wrong value in the new copy: {', '.join(wrong)}"
        )
    if not _has_expected_pictures(planned, reading.tags.pictures):
        raise VerificationFailed(planned.path_text, "unexpected pictures in the new copy")
    _verify_with_mutagen(planned, handle, options)
    return essence


def _verify_with_mutagen(planned: _TagWrite, handle: int, options: TagWriteOptions) -> None:
    """Verify that mutagen reads the requested values, and that no other tag item is lost."""
    kind, path, target = planned.reading.facts.format, planned.original.path, planned.wanted
    new = BoundedFile(handle, os.fstat(handle).st_size)
    found = adapter.read_tags(path, new, kind)
    expected = tag_edits.expected_tags(found, target)
    if wrong := [
        field
        for field in tag_edits.differing_fields(found, expected)
        if field not in _MUTAGEN_DATES
    ]:
        raise VerificationFailed(
            planned.path_text, f"mutagen reads another value in the new copy: {', '.join(wrong)}"
        )
    if lost := adapter.find_lost_items(path, (planned.source, new), kind, target, options):
        raise VerificationFailed(planned.path_text, _LOST.format(", ".join(lost)))


def _has_expected_pictures(planned: _TagWrite, pictures: tuple[EmbeddedPicture, ...]) -> bool:
    """Return True if a new file has the requested cover, and all other pictures are unchanged."""
    before, cover = planned.reading.tags.pictures, planned.wanted.cover
    if cover is None:
        return pictures == before or tag_edits.has_non_native_tags(planned.reading)
    if tag_edits.has_non_native_tags(planned.reading):
        return any(picture.size == len(cover.data) for picture in pictures)
    fronts = [picture for picture in pictures if picture.type == embedded_pictures.FRONT_COVER_TYPE]
    new = [picture for picture in fronts if picture.size == len(cover.data)]
    others = [picture for picture in pictures if picture not in new[:1]]
    return bool(new) and len(others) <= len(before) <= len(pictures) and set(others) <= set(before)


def _changed_fields(planned: _TagWrite) -> dict[str, FieldChange]:
    """Return the old and new values of each tag field to change; pictures as hashes."""
    fields = {}
    for change in planned.changes:
        if isinstance(change, SetField):
            old_values = tag_edits.current_values(planned.reading, change.field)
            new = tag_edits.to_stored_values(
                change.field, change.values, planned.reading.facts.format
            )
            fields[change.field] = FieldChange(old_values, new, change.reason)
        elif isinstance(change, SetCover):
            pictures = embedded_pictures.find_pictures(planned.source, planned.reading.facts.format)
            old_cover = embedded_pictures.find_front_cover(pictures, planned.reading.container)
            old_values = (_picture_hash(old_cover.data),) if old_cover else ()
            fields[tag_edits.PICTURES_FIELD] = FieldChange(
                old_values, (_picture_hash(change.data),), change.reason
            )
        else:
            fields["container"] = FieldChange(
                (planned.reading.container,), ("ID3v2",), change.reason
            )
    return fields


def _picture_hash(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"
