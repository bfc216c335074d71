"""Write tags so that neither a kill, a full disk nor a bug of mediakeep can damage the audio.

    write             applies edits to a file's tags, and records how to undo them
    pending_changes   returns what `write` would change

A file that has all requested values is not touched. Before the new file replaces the old one, its
audio is compared with the old audio byte by byte, all tags are read back, and the undo is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from mediakeep import files
from mediakeep.errors import MediakeepError, Unverified
from mediakeep.media import sums, swap, tags
from mediakeep.media.edits import changes, images, writers
from mediakeep.media.edits.changes import Change, Cover, Edit, Lift, Wanted
from mediakeep.media.edits.manner import Beside, Manner, Version
from mediakeep.media.reading import Picture, Reading
from mediakeep.media.source import Source
from mediakeep.media.swap import Original
from mediakeep.media.undoing.ending import NOBODY, Desk, Draft, replace, way_back
from mediakeep.media.undoing.record import Changed, Record
from mediakeep.media.undoing.store import Store
from mediakeep.outcome import Stamp

__all__ = ["Beside", "Cover", "Edit", "Lift", "Rules", "Version", "Written", "due", "write"]


@dataclass(frozen=True)
class Rules(swap.Rules):
    """The user's settings for writing tags."""

    beside: Beside = Beside.UPDATE
    id3: Version = Version.KEEP

    @property
    def manner(self) -> Manner:
        """The options for the tag writers."""
        return Manner(self.beside, self.id3)


_RULES = Rules()


@dataclass(frozen=True)
class Written:
    """The result of a write: the undo record, and the old and new values of each field."""

    record: Record
    fields: dict[str, Changed]


@dataclass(frozen=True)
class _Job:
    """A planned tag write: the open file, its current tags and the target."""

    original: Original
    reading: Reading
    source: Source
    wanted: Wanted
    changes: list[Change]

    @property
    def name(self) -> str:
        """The path, escaped as in messages and records."""
        return files.escape(self.original.path)


def due(path: Path, wanted: Iterable[Change]) -> dict[str, Changed]:
    """Return what `write` would change, without writing; raise the same errors."""
    with swap.opened(path) as original:
        job = _planned(original, wanted)
        return _fields(job) if job.changes else {}


def write(
    path: Path,
    wanted: Iterable[Change],
    store: Store,
    stamp: Stamp = NOBODY,
    rules: Rules = _RULES,
) -> Written | None:
    """Apply edits to a file's tags and return the result, or None if nothing has to change.

    Raises a subclass of NotWritten, NoRoom, Unreadable or NotAudio if the file was not changed, and
    RecordNotWritten if the undo record could not be saved.
    """
    with swap.opened(path) as original:
        job = _planned(original, wanted)
        if not job.changes:
            return None
        kind = job.reading.facts.format
        parts = writers.pieces(original.path, job.source, kind, job.wanted, rules.manner)
        fields = _fields(job)
        recipe, blobs = way_back(original, job.source, kind)
        draft = Draft(kind, recipe, blobs, fields)
        record = replace(original, parts, draft, Desk(store, stamp, rules), partial(_verify, job))
        return Written(record, fields)


def _planned(original: Original, wanted: Iterable[Change]) -> _Job:
    reading = tags.read(original.path)
    source = Source(original.handle, original.facts.st_size)
    pending, target = writers.plan(original.path, source, reading, tuple(wanted))
    return _Job(original, reading, source, target, pending)


def _verify(job: _Job, new: Path, handle: int, _sha256: Callable[[], str]) -> str:
    """Verify that the new file has the old audio and exactly the expected tags."""
    essence = sums.essence(job.original.handle, handle, job.reading.facts.format)
    if essence is None:
        raise Unverified(job.name, "audio data differs in the new copy")
    try:
        reading = tags.read(new)
    except MediakeepError as error:
        raise Unverified(job.name, "the tags of the new copy cannot be read") from error
    facts, before = reading.facts, job.reading.facts
    if (facts.format, facts.payload, facts.duration, facts.truncated) != (
        *(before.format, before.payload, before.duration, before.truncated),
    ):
        raise Unverified(job.name, "the audio length differs in the new copy")
    actual = changes.expected(reading.tags, Wanted())
    if wrong := changes.differing(actual, changes.expected(job.reading.tags, job.wanted)):
        raise Unverified(job.name, f"wrong value in the new copy: {', '.join(wrong)}")
    if not _pictured(job, reading.tags.pictures):
        raise Unverified(job.name, "unexpected pictures in the new copy")
    return essence


def _pictured(job: _Job, pictures: tuple[Picture, ...]) -> bool:
    """Return True if the requested cover is present, and all other pictures are unchanged."""
    before, cover = job.reading.tags.pictures, job.wanted.cover
    if cover is None:
        return pictures == before or changes.is_foreign(job.reading)
    if changes.is_foreign(job.reading):
        return any(picture.size == len(cover.data) for picture in pictures)
    fronts = [picture for picture in pictures if picture.type == images.FRONT]
    new = [picture for picture in fronts if picture.size == len(cover.data)]
    others = [picture for picture in pictures if picture not in new[:1]]
    return bool(new) and len(others) <= len(before) <= len(pictures) and set(others) <= set(before)


def _fields(job: _Job) -> dict[str, Changed]:
    """Return the old and new values of each field to change; hashes for pictures."""
    fields = {}
    for change in job.changes:
        if isinstance(change, Edit):
            old_values = changes.held(job.reading, change.field)
            new = changes.canonical(change.field, change.values, job.reading.facts.format)
            fields[change.field] = Changed(old_values, new, change.reason)
        elif isinstance(change, Cover):
            pictures = images.of(job.source, job.reading.facts.format)
            old_cover = images.front(pictures, job.reading.container)
            old_values = (_picture(old_cover.data),) if old_cover else ()
            fields[changes.PICTURE] = Changed(old_values, (_picture(change.data),), change.reason)
        else:
            fields["container"] = Changed((job.reading.container,), ("ID3v2",), change.reason)
    return fields


def _picture(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"
