"""Carry all tags and pictures of an audio file over to a new file of another format."""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import ReadOnlyFormat, VerificationFailed
from mediakeep.media.audio import tags
from mediakeep.media.audio.tag_edits import TargetTags
from mediakeep.media.audio.write_options import Id3Version, OtherTags, TagWriteOptions
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.mutagen_tags.tag_items import UNKNOWN_LANGUAGE, TagItem
from mediakeep.media.transfer import change_tags, field_map, plan
from mediakeep.media.transfer.model import (
    AllTags,
    FieldNotTransferred,
    TagChanges,
    TransferredField,
    TransferReport,
)
from mediakeep.media.transfer.plan import PlannedItem, TransferPlan
from mediakeep.media.transfer.read_tags import read_all_tags

_NO_CHANGES = TagChanges()


def transfer_tags(
    source: Path,
    target: Path,
    id3: Id3Version = Id3Version.NEW,
    *,
    changes: TagChanges = _NO_CHANGES,
) -> TransferReport:
    """Store all tags and pictures of a file in a new file, and return what it could not store.

    1. Read all tags of the source.
    2. Apply the changes, and convert pictures that the target cannot hold.
    3. Replace the tags of the target, which keeps only what names its encoder.
    4. Read them back, with our reader and with mutagen; a value that differs is not carried.

    The target is a new file in a working folder: it is changed in place, and there is no undo. A
    second transfer gives the same result. `id3` is the version of the tag in an MP3 file. Raises
    NotAudio, Truncated, Unreadable, ReadOnlyFormat, ValueNotSupported or VerificationFailed.
    """
    kind = tags.read(target).facts.format
    if kind not in plan.TAG_FORMATS:
        reason = f"tags are transferred to {', '.join(plan.TAG_FORMATS)} only"
        raise ReadOnlyFormat(path_text.escape_path(target), reason)
    content = change_tags.apply_changes(read_all_tags(source), changes)
    pictures, notes = change_tags.convert_pictures(content.pictures, kind)
    planned = plan.plan_transfer(msgspec.structs.replace(content, pictures=pictures), kind)
    adapter.save_items(target, kind, planned.content)
    options = TagWriteOptions(OtherTags.REMOVE, id3)
    adapter.save_fields(target, kind, TargetTags(planned.fields), options)
    report = _verify(target, planned)
    return msgspec.structs.replace(report, not_carried=(*report.not_carried, *notes))


def _verify(target: Path, planned: TransferPlan) -> TransferReport:
    written = read_all_tags(target)
    pictures = planned.content.pictures
    if [one.data for one in pictures] != [one.data for one in written.pictures]:
        raise VerificationFailed(path_text.escape_path(target), "the pictures differ")
    carried, not_carried = list[TransferredField](), [*planned.not_carried]
    for picture, found in zip(pictures, written.pictures, strict=True):
        if msgspec.structs.replace(found, data=b"") != msgspec.structs.replace(picture, data=b""):
            reason = "its type, MIME type or description reads back differently"
            not_carried.append(FieldNotTransferred("picture", reason, (picture.description,)))
    for one in planned.planned:
        name = ":".join(filter(None, (one.item.name, one.item.description)))
        if _is_stored(one, written):
            carried.append(TransferredField(name, one.native, one.item.values))
        else:
            not_carried.append(_differing(name, one, written))
    return TransferReport(tuple(carried), tuple(not_carried))


def _is_stored(planned: PlannedItem, written: AllTags) -> bool:
    item = planned.item
    if not item.values:
        return any(one.name == item.name for one in written.items)
    languages = (item.language, UNKNOWN_LANGUAGE) if written.tag_format == "id3" else ("",)
    return any(
        _same_field(item, one) and item.values == one.values and one.language in languages
        for one in written.items
    )


def _same_field(item: TagItem, other: TagItem) -> bool:
    same_name = field_map.identity(item.name) == field_map.identity(other.name)
    return same_name and item.description == other.description


def _differing(name: str, planned: PlannedItem, written: AllTags) -> FieldNotTransferred:
    found = next((one for one in written.items if _same_field(planned.item, one)), None)
    reason = f"it reads back as {', '.join(found.values)!r}" if found else "it does not read back"
    return FieldNotTransferred(name, reason, planned.item.values)
