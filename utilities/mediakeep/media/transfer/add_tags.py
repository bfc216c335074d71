"""Add tags to a copy of an audio file; its audio and all its other tags stay as they are."""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.errors import VerificationFailed
from mediakeep.media import open_file
from mediakeep.media.audio import formats, tag_edits, tags
from mediakeep.media.audio.model import AudioFile
from mediakeep.media.audio.tag_edits import SetCover, SetField, TagEdit, TargetTags, Values
from mediakeep.media.audio.write_options import DEFAULT_OPTIONS
from mediakeep.media.bounded_file import BoundedFile, open_bounded
from mediakeep.media.mutagen_tags import adapter
from mediakeep.media.safewrite import compare_files, tag_write_plan
from mediakeep.media.transfer import change_tags, gains
from mediakeep.media.transfer.model import (
    AllTags,
    FieldNotTransferred,
    TagChanges,
    TransferredField,
    TransferReport,
)
from mediakeep.media.transfer.read_tags import read_all_tags


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
        _verify(source, target, reading, planned)
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


def _verify(source: Path, target: Path, before: AudioFile, planned: _Plan) -> None:
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
