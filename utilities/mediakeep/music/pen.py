"""Writing what is wanted to files: pictures are read, locks kept, and a person's rules followed."""

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

TakenBack = Mapping[str, frozenset[changes.Values]]  # of each field the values it had got
LARGEST = 16 << 20  # bytes of a picture: what FLAC can hold
EMBEDDABLE = frozenset({"image/jpeg", "image/png"})
# How each ends (ITU-T T.81, B.1.1.3; PNG, 11.2.5), but for what programs leave behind.
_ENDS = {"image/jpeg": b"\xff\xd9", "image/png": b"IEND"}
_BEHIND = 1 << 16


@dataclass(frozen=True)
class Pen:
    """What one run writes with."""

    store: Store
    policy: Policy
    locks: Locks

    @classmethod
    def of(cls, store: Store, policy: Policy) -> Pen:
        """Make one for a run."""
        return cls(store, policy, Locks(policy.locked))

    def due(self, path: Path, wishes: Iterable[Wish]) -> FilePlan | None:
        """Return what would be changed, None where all is there already; the errors of `write`."""
        wishes = list(wishes)
        self._permit(path, wishes)
        if put := _put(wishes):
            return _due_beside(path, put)
        found = safewrite.due(path, map(_change, wishes))
        if found:
            with swap.opened(path) as original:
                swap.permit(original, self._rules)
        facts = path.stat()
        image = next((wish.image for wish in wishes if isinstance(wish, Embed)), "")
        return plans.of(path, facts.st_size, facts.st_mtime_ns, found, image) if found else None

    def write(self, path: Path, wishes: Iterable[Wish], stamp: Stamp) -> Written | None:
        """Change a file safely; Refused where a lock forbids it, else as `safewrite.write`."""
        wishes = list(wishes)
        self._permit(path, wishes)
        if put := _put(wishes):
            return self._lay(path, put, stamp)
        return safewrite.write(path, map(_change, wishes), self.store, stamp, self._rules)

    def _lay(self, path: Path, put: Put, stamp: Stamp) -> Written | None:
        data, mime = picture(Path(files.unescape(put.image)))
        fields = _laid(data, put)
        desk = Desk(self.store, stamp, self._rules)
        record = additions.put(path, data, Draft(mime, additions.EMPTY, {}, fields), desk)
        return Written(record, fields) if record else None

    @property
    def _rules(self) -> Rules:
        policy = self.policy
        beside, version = Beside(policy.other_tags), Version(policy.id3)
        return Rules(policy.hardlinks, policy.keep_mtime, beside, version)

    def locked(self, path: Path, wish: Wish) -> str:
        """Say what locks a change of a file, as a sentence's end; "" where nothing does."""
        locks = self.locks.of(path)
        return next((why for field, why in locks.items() if field in touched(wish)), "")

    def left_bare(self, path: Path) -> bool:
        """Tell whether a cover was embedded into a file, or put as this file, and taken back."""
        return not self.store.undone(path).keys().isdisjoint((PICTURE, plans.COVER_FILE))

    def _permit(self, path: Path, wishes: Iterable[Wish]) -> None:
        for wish in wishes:
            if why := self.locked(path, wish):
                cure = "Take the lock away, if it shall be written."
                raise Refused(files.escape(path), why, cure)


def is_among(taken_back: TakenBack, wish: Wish, kind: str) -> bool:
    """Tell whether a change of a file of a format is among those of it that were taken back."""
    if not taken_back:
        return False
    if isinstance(wish, Edit):
        meant = changes.canonical(wish.field, wish.values, kind)
        return meant in taken_back.get(wish.field, ())
    if isinstance(wish, Embed):
        covers = taken_back.get(PICTURE, frozenset())
        return bool(covers) and (_hash(wish),) in covers
    return (plans.COVER_FILE if isinstance(wish, Put) else plans.CONTAINER) in taken_back


def touched(wish: Wish) -> frozenset[str]:
    """Return the fields that a change writes."""
    if isinstance(wish, Edit):
        return frozenset({wish.field})
    return FIELDS if isinstance(wish, Lift) else frozenset({PICTURE})


def picture(path: Path) -> tuple[bytes, str]:
    """Read a picture that can be embedded, and tell its MIME type; Unreadable says why not."""
    with access.opened(path) as handle:
        data = handle.read(LARGEST + 1)
    return data, kind(data, files.escape(path))


def kind(data: bytes, name: str) -> str:
    """Tell the MIME type of a picture that can be embedded; Unreadable says why it cannot be."""
    if len(data) > LARGEST:
        why = f"it has more than {LARGEST >> 20} MiB, which no FLAC can hold"
        raise Unreadable(name, why, "Make it smaller.")
    mime = pictures.described(lambda at, size: data[at : at + size])[0]
    if mime in _ENDS and _ENDS[mime] not in data[-_BEHIND:]:
        raise Unreadable(name, "the end of the picture is missing", "Save it anew.")
    if mime not in EMBEDDABLE:
        why = f"it is {mime or 'no picture'}, and players want JPEG or PNG"
        raise Unreadable(name, why, "Save it as JPEG.")
    return mime


def _put(wishes: Iterable[Wish]) -> Put | None:
    """Return the wish for a file that is not there, which is the only one of it."""
    return next((wish for wish in wishes if isinstance(wish, Put)), None)


def _due_beside(path: Path, put: Put) -> FilePlan | None:
    data, _ = picture(Path(files.unescape(put.image)))
    if os.path.lexists(path):
        return None
    with swap.adding(path, len(data)):
        return plans.of(path, 0, 0, _laid(data, put), put.image)


def _laid(data: bytes, put: Put) -> dict[str, Changed]:
    """Put down which picture comes to lie there."""
    return {plans.COVER_FILE: Changed((), (_sum(data),), put.reason)}


def _change(wish: Wish) -> Change:
    assert not isinstance(wish, Put)  # it changes no file
    if not isinstance(wish, Embed):
        return wish
    data, mime = picture(Path(files.unescape(wish.image)))
    return Cover(data, mime, wish.reason)


def _hash(wish: Embed) -> str:
    data, _ = picture(Path(files.unescape(wish.image)))
    return _sum(data)


def _sum(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"
