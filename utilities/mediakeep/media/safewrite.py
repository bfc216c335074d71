"""Tags written so that a kill, a full disk or a bug of ours never costs a note of music.

    write       makes changes of a file's tags, and records how to take them back

A file that holds all that is wanted is not touched. The sound of the new file is compared with the
old one's byte by byte, all its tags are read again, and the way back is tried, before it takes the
old one's place.
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
    """What a person has set about writing tags."""

    beside: Beside = Beside.UPDATE
    id3: Version = Version.KEEP

    @property
    def manner(self) -> Manner:
        """Those of them that say how tags are written."""
        return Manner(self.beside, self.id3)


_RULES = Rules()


@dataclass(frozen=True)
class Written:
    """What a write has changed: its record, and what each field held and holds."""

    record: Record
    fields: dict[str, Changed]


@dataclass(frozen=True)
class _Job:
    """A file on its way from what it is to what it is to be."""

    original: Original
    reading: Reading
    source: Source
    wanted: Wanted
    changes: list[Change]

    @property
    def name(self) -> str:
        """The path as messages and records write it."""
        return files.escape(self.original.path)


def due(path: Path, wanted: Iterable[Change]) -> dict[str, Changed]:
    """Return what `write` would change, and touch nothing; the same errors of the file."""
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
    """Make changes of a file's tags, and return them; None where all is there already.

    NotWritten (of several kinds), NoRoom, Unreadable or NotAudio say why it was left as it was;
    RecordNotWritten where the undo record could not be kept.
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
    left, needed = writers.plan(original.path, source, reading, tuple(wanted))
    return _Job(original, reading, source, needed, left)


def _verify(job: _Job, new: Path, handle: int, _sha256: Callable[[], str]) -> str:
    """Prove that the new file sounds like the old one and tells what it should, and no less."""
    essence = sums.essence(job.original.handle, handle, job.reading.facts.format)
    if essence is None:
        raise Unverified(job.name, "the sound was not the same")
    try:
        reading = tags.read(new)
    except MediakeepError as error:
        raise Unverified(job.name, "the tags could not be read") from error
    facts, before = reading.facts, job.reading.facts
    if (facts.format, facts.payload, facts.duration, facts.truncated) != (
        *(before.format, before.payload, before.duration, before.truncated),
    ):
        raise Unverified(job.name, "the sound had another length")
    told = changes.expected(reading.tags, Wanted())
    if wrong := changes.differing(told, changes.expected(job.reading.tags, job.wanted)):
        raise Unverified(job.name, f"{', '.join(wrong)} did not hold what was wanted")
    if not _pictured(job, reading.tags.pictures):
        raise Unverified(job.name, "the pictures were not those that were wanted")
    return essence


def _pictured(job: _Job, found: tuple[Picture, ...]) -> bool:
    """Tell whether the cover is there that is wanted, and all other pictures as before."""
    before, cover = job.reading.tags.pictures, job.wanted.cover
    if cover is None:
        return found == before or changes.is_foreign(job.reading)
    if changes.is_foreign(job.reading):
        return any(one.size == len(cover.data) for one in found)
    new = [one for one in found if one.type == images.FRONT and one.size == len(cover.data)]
    others = [one for one in found if one not in new[:1]]
    return bool(new) and len(others) <= len(before) <= len(found) and set(others) <= set(before)


def _fields(job: _Job) -> dict[str, Changed]:
    """Put down what each field held and is to hold; of pictures their hashes."""
    found = {}
    for change in job.changes:
        if isinstance(change, Edit):
            held = changes.held(job.reading, change.field)
            new = changes.canonical(change.field, change.values, job.reading.facts.format)
            found[change.field] = Changed(held, new, change.reason)
        elif isinstance(change, Cover):
            pictures = images.of(job.source, job.reading.facts.format)
            old = images.front(pictures, job.reading.container)
            held = (_picture(old.data),) if old else ()
            found[changes.PICTURE] = Changed(held, (_picture(change.data),), change.reason)
        else:
            found["container"] = Changed((job.reading.container,), ("ID3v2",), change.reason)
    return found


def _picture(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"
