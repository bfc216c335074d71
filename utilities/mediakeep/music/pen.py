"""Write changes to music files: read the pictures, respect the locks and the write policy."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mediakeep import files
from mediakeep.errors import Refused, Unreadable
from mediakeep.media import access, additions, pictures, safewrite, swap
from mediakeep.media.edits import changes
from mediakeep.media.edits.changes import FIELDS, PICTURE, Change, Cover, Edit, Lift
from mediakeep.media.safewrite import Beside, Rules, Version, Written
from mediakeep.media.undoing.ending import Desk, Draft
from mediakeep.media.undoing.record import Changed
from mediakeep.media.undoing.store import Store
from mediakeep.music import plans
from mediakeep.music.locks import Locks
from mediakeep.music.plans import FilePlan, Wish
from mediakeep.music.repairs.repair import Embed, Put
from mediakeep.outcome import Stamp
from mediakeep.policy import Policy

TakenBack = Mapping[str, frozenset[changes.Values]]  # the undone values of each field
LARGEST = 16 << 20  # bytes; the largest picture that FLAC can hold
EMBEDDABLE = frozenset({"image/jpeg", "image/png"})
# The end marks (ITU-T T.81, B.1.1.3; PNG, 11.2.5); some programs append data.
_ENDS = {"image/jpeg": b"\xff\xd9", "image/png": b"IEND"}
_BEHIND = 1 << 16


@dataclass(frozen=True)
class Pen:
    """Writes files for one run, under one policy."""

    store: Store
    policy: Policy
    locks: Locks

    @classmethod
    def of(cls, store: Store, policy: Policy) -> Pen:
        """Create the writer of a run."""
        return cls(store, policy, Locks(policy.locked))

    def due(self, path: Path, file_changes: Iterable[Wish]) -> FilePlan | None:
        """Return the pending changes, or None if there are none; raises the errors of `write`."""
        file_changes = list(file_changes)
        self._permit(path, file_changes)
        if cover_file := _put(file_changes):
            return _due_beside(path, cover_file)
        pending = safewrite.due(path, map(_change, file_changes))
        if pending:
            with swap.opened(path) as original:
                swap.permit(original, self._rules)
        facts = path.stat()
        image = next((change.image for change in file_changes if isinstance(change, Embed)), "")
        return plans.of(path, facts.st_size, facts.st_mtime_ns, pending, image) if pending else None

    def write(self, path: Path, file_changes: Iterable[Wish], stamp: Stamp) -> Written | None:
        """Change a file safely; raise WriteRefused if it is locked; see also `write_tags.write`."""
        file_changes = list(file_changes)
        self._permit(path, file_changes)
        if cover_file := _put(file_changes):
            return self._lay(path, cover_file, stamp)
        return safewrite.write(path, map(_change, file_changes), self.store, stamp, self._rules)

    def _lay(self, path: Path, cover_file: Put, stamp: Stamp) -> Written | None:
        data, mime = picture(Path(files.unescape(cover_file.image)))
        fields = _laid(data, cover_file)
        desk = Desk(self.store, stamp, self._rules)
        record = additions.put(path, data, Draft(mime, additions.EMPTY, {}, fields), desk)
        return Written(record, fields) if record else None

    @property
    def _rules(self) -> Rules:
        policy = self.policy
        other_tags, id3_version = Beside(policy.other_tags), Version(policy.id3)
        return Rules(policy.hardlinks, policy.keep_mtime, other_tags, id3_version)

    def locked(self, path: Path, wish: Wish) -> str:
        """Return what locks a change of a file, as the end of a sentence, or ""."""
        locks = self.locks.of(path)
        return next((reason for field, reason in locks.items() if field in touched(wish)), "")

    def left_bare(self, path: Path) -> bool:
        """Return whether a cover embedded into the file, or saved as it, was undone."""
        return not self.store.undone(path).keys().isdisjoint((PICTURE, plans.COVER_FILE))

    def _permit(self, path: Path, file_changes: Iterable[Wish]) -> None:
        for change in file_changes:
            if reason := self.locked(path, change):
                fix_hint = "Remove the lock to write it."
                raise Refused(files.escape(path), reason, fix_hint)


def is_among(undone: TakenBack, wish: Wish, kind: str) -> bool:
    """Return whether a change of a file in this format was made before and undone."""
    if not undone:
        return False
    if isinstance(wish, Edit):
        values = changes.canonical(wish.field, wish.values, kind)
        return values in undone.get(wish.field, ())
    if isinstance(wish, Embed):
        covers = undone.get(PICTURE, frozenset())
        return bool(covers) and (_hash(wish),) in covers
    return (plans.COVER_FILE if isinstance(wish, Put) else plans.CONTAINER) in undone


def touched(wish: Wish) -> frozenset[str]:
    """Return the fields that a change writes."""
    if isinstance(wish, Edit):
        return frozenset({wish.field})
    return FIELDS if isinstance(wish, Lift) else frozenset({PICTURE})


def picture(path: Path) -> tuple[bytes, str]:
    """Return an embeddable picture and its MIME type; raise Unreadable if it is not one."""
    with access.opened(path) as handle:
        data = handle.read(LARGEST + 1)
    return data, kind(data, files.escape(path))


def kind(data: bytes, name: str) -> str:
    """Return the MIME type of a picture; raise Unreadable if it cannot be embedded."""
    if len(data) > LARGEST:
        reason = f"it has more than {LARGEST >> 20} MiB, the limit of FLAC"
        raise Unreadable(name, reason, "Make it smaller.")
    mime = pictures.described(lambda at, size: data[at : at + size])[0]
    if mime in _ENDS and _ENDS[mime] not in data[-_BEHIND:]:
        raise Unreadable(name, "the end of the picture is missing", "Save it again.")
    if mime not in EMBEDDABLE:
        reason = f"it is {mime or 'not a picture'}; players support JPEG and PNG"
        raise Unreadable(name, reason, "Save it as JPEG.")
    return mime


def _put(file_changes: Iterable[Wish]) -> Put | None:
    """Return the change that creates a cover file, if any; it is the only change of its file."""
    return next((change for change in file_changes if isinstance(change, Put)), None)


def _due_beside(path: Path, cover_file: Put) -> FilePlan | None:
    data, _ = picture(Path(files.unescape(cover_file.image)))
    if os.path.lexists(path):
        return None
    with swap.adding(path, len(data)):
        return plans.of(path, 0, 0, _laid(data, cover_file), cover_file.image)


def _laid(data: bytes, cover_file: Put) -> dict[str, Changed]:
    """Return the fields of the undo record of a new cover file."""
    return {plans.COVER_FILE: Changed((), (_sum(data),), cover_file.reason)}


def _change(wish: Wish) -> Change:
    assert not isinstance(wish, Put)  # it creates a file instead of changing one
    if not isinstance(wish, Embed):
        return wish
    data, mime = picture(Path(files.unescape(wish.image)))
    return Cover(data, mime, wish.reason)


def _hash(wish: Embed) -> str:
    data, _ = picture(Path(files.unescape(wish.image)))
    return _sum(data)


def _sum(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"
