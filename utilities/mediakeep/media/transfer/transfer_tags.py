"""Carry all tags and pictures of an audio file over to a new file of another format.

Tags are also added to a copy of a file: its audio and all its other tags stay as they are.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import ReadOnlyFormat, VerificationFailed
from mediakeep.media import open_file
from mediakeep.media.audio import formats, tag_edits, tags
from mediakeep.media.audio.model import AudioFile
from mediakeep.media.audio.tag_edits import SetCover, SetField, TagEdit, TargetTags, Values
from mediakeep.media.audio.write_options import (
    DEFAULT_OPTIONS,
    Id3Version,
    OtherTags,
    TagWriteOptions,
)
from mediakeep.media.bounded_file import BoundedFile, open_bounded
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.mutagen_tags.tag_items import UNKNOWN_LANGUAGE, TagItem
from mediakeep.media.safewrite import compare_files, tag_write_plan
from mediakeep.media.transfer import change_tags, field_map, gains, plan
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
    source: Path | AllTags,
    target: Path,
    id3: Id3Version = Id3Version.NEW,
    *,
    changes: TagChanges = _NO_CHANGES,
) -> TransferReport:
    """Store all tags and pictures of a file in a new file, and return what it could not store.

    1. Read all tags of the source, unless they are given.
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
    found = source if isinstance(source, AllTags) else read_all_tags(source)
    content = change_tags.apply_changes(found, changes)
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


class _Plan(msgspec.Struct, frozen=True):
    """The values to write: fields of `Tags` and the cover, and gains by lower-case name."""

    fields: TargetTags
    gains: dict[str, Values]
    notes: tuple[FieldNotTransferred, ...] = ()

    @property
    def target(self) -> TargetTags:
        return TargetTags({**self.fields.texts, **self.gains}, self.fields.cover)


def add_tags(source: Path, target: Path, changes: TagChanges) -> TransferReport:
    """Add tags to a copy of a file, and return what was stored and what could not be.

    `target` has the content of `source` and is changed in place, or not at all if it has all the
    tags already. `replaced` of the changes are gains. Raises NotWritten or Unreadable; then the
    target may be damaged.
    """
    reading, found = tags.read(source), read_all_tags(source)
    with open_file.open_regular_file(source) as handle:
        planned = _plan_changes(source, open_bounded(handle), reading, found, changes)
    wanted = planned.target
    if wanted.texts or wanted.cover:
        with make_writable(target):
            adapter.save_fields(target, reading.facts.format, wanted, DEFAULT_OPTIONS)
        _verify_added(source, target, reading, planned)
    carried = [TransferredField(name, name, texts) for name, texts in wanted.texts.items()]
    return TransferReport(tuple(carried), planned.notes)


@contextlib.contextmanager
def make_writable(path: Path) -> Iterator[None]:
    """Let the user write a file in a `with` block; copies of read-only files are read-only."""
    mode = stat.S_IMODE(path.stat().st_mode)
    path.chmod(mode | stat.S_IWUSR)
    try:
        yield
    finally:
        path.chmod(mode)


def _plan_changes(
    path: Path, source: BoundedFile, reading: AudioFile, found: AllTags, changes: TagChanges
) -> _Plan:
    kind = reading.facts.format
    edits, notes = list[TagEdit](), list[FieldNotTransferred]()
    for item in change_tags.find_missing_items(found, changes.filled):
        if value := tag_write_plan.find_unsupported_value(item.name, item.values, kind):
            reason = f"{kind} cannot store {value!r} there"
            notes.append(FieldNotTransferred(item.name, reason, item.values))
        else:
            edits.append(SetField(item.name, item.values))
    if changes.cover and not found.pictures:
        cover = change_tags.read_cover(changes.cover)
        (cover,), lost = change_tags.convert_pictures((cover,), kind)
        notes += lost
        edits += [SetCover(cover.data, cover.mime)] if cover.mime else []
    _, target = tag_write_plan.plan_edits(path, source, reading, tuple(edits))
    wanted, _ = gains.convert_gains(changes.replaced, is_opus=kind == formats.OPUS.name)
    present = {item.name.casefold(): item.values for item in found.items}
    new = {item.name.casefold(): item.values for item in wanted}
    pending = {name: texts for name, texts in new.items() if present.get(name) != texts}
    return _Plan(target, pending, tuple(notes))


def _verify_added(source: Path, target: Path, before: AudioFile, planned: _Plan) -> None:
    """Raise VerificationFailed unless a copy has all of its source, and the new tags."""
    kind, name = before.facts.format, path_text.escape_path(target)
    with open_file.open_regular_file(source) as old, open_file.open_regular_file(target) as new:
        if compare_files.compare_essence(old.fileno(), new.fileno(), kind) is None:
            raise VerificationFailed(name, "audio data differs")
        versions = open_bounded(old), open_bounded(new)
        if lost := adapter.find_lost_items(source, versions, kind, planned.target, DEFAULT_OPTIONS):
            raise VerificationFailed(name, f"missing: {', '.join(lost)}")
    expected = tag_edits.expected_tags(before.tags, planned.fields)
    actual = tag_edits.expected_tags(tags.read(target).tags, TargetTags())
    wrong = tag_edits.differing_fields(actual, expected)
    written = read_all_tags(target)
    stored = {item.name.casefold(): item.values for item in written.items}
    wrong += [gain for gain, texts in planned.gains.items() if stored.get(gain) != texts]
    cover = planned.fields.cover
    if cover and cover.data not in [picture.data for picture in written.pictures]:
        wrong.append("cover")
    if wrong:
        raise VerificationFailed(name, f"wrong value: {', '.join(wrong)}")
