"""Write the sidecars of a movie safely, with undo records, or only check what a write would do.

1. Files blocked by a lock, by the user or by an earlier undo are not written, and reported.
2. The NFO is written before the metadata file, which records its content. If a run is killed in
   between, the next one finds the NFO up to date, and only writes the metadata file. Files that
   could not be written are not recorded there.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

import msgspec

from mediakeep import kinds
from mediakeep.errors import ChangedMeanwhile, NotWritten, Unreadable
from mediakeep.issue import TAKEN_BACK
from mediakeep.media import file_errors, sidecars
from mediakeep.media.swap import Rules
from mediakeep.media.undoing.ending import Desk
from mediakeep.media.undoing.record import Changed
from mediakeep.movies.account import Sidecar
from mediakeep.movies.model import Movie
from mediakeep.movies.sidecars import plan
from mediakeep.movies.sidecars.plan import Due
from mediakeep.movies.tools import Tools
from mediakeep.outcome import Stamp
from mediakeep.policy import Fix

_SHOWN = 200  # characters of a value in an undo record


class Written(msgspec.Struct):
    """The result of writing; `pending` files were not written because this is a dry run.

    `has_concurrent_change` is set if another program changed a file meanwhile.
    """

    made: list[Sidecar] = []
    created: list[str] = []  # places without a file before
    due: list[Sidecar] = []
    held: list[Sidecar] = []
    is_overtaken: bool = False


def write(
    local: Movie, wanted: Iterable[Due], stamp: Stamp, context: Tools, done: Written | None = None
) -> Written:
    """Write the given files and add the result to `done`.

    NoRoom and RecordNotWritten abort it, as they concern all files; files already written stay.
    """
    done = done or Written()
    for due in wanted:
        reason = _held(local, due, context)
        if reason:
            done.held.append(Sidecar(due.role, due.place, reason))
        elif context.places.policy.fix is Fix.NONE or not context.places.write:
            _foresee(local, due, _rules(context), done)
        else:
            _write(local, due, _desk(stamp, context), done)
    return done


def _foresee(local: Movie, pending_file: Due, rules: Rules, done: Written) -> None:
    """Check what a write would do, as far as that is known beforehand."""
    path = plan.path(local, pending_file.place)
    try:
        with file_errors.as_file_error(path):
            for place, data in pending_file.set_aside.items():
                sidecars.due(plan.path(local, place), data, None, rules)
            is_due = sidecars.due(path, pending_file.data, pending_file.was, rules)
    except (NotWritten, Unreadable) as error:
        done.held.append(Sidecar(pending_file.role, pending_file.place, str(error)))
        return
    if is_due or pending_file.replaces:
        replaces, aside = tuple(pending_file.replaces), tuple(pending_file.set_aside)
        done.due.append(
            Sidecar(pending_file.role, pending_file.place, replaces=replaces, set_aside=aside)
        )


def _write(local: Movie, pending_file: Due, desk: Desk, done: Written) -> None:
    path = plan.path(local, pending_file.place)
    try:
        with file_errors.as_file_error(path):
            for place, data in pending_file.set_aside.items():
                change = {
                    plan.ASIDE: Changed(
                        (), (_sum(data),), f"kept, as {pending_file.place} is written"
                    )
                }
                if sidecars.write(plan.path(local, place), data, None, change, desk):
                    done.made.append(Sidecar(plan.ASIDE, place))
            record = sidecars.write(
                path, pending_file.data, pending_file.was, fields(pending_file), desk
            )
    except (NotWritten, Unreadable) as error:
        done.held.append(Sidecar(pending_file.role, pending_file.place, str(error)))
        done.is_overtaken |= isinstance(error, ChangedMeanwhile)
        return
    if record:
        done.made.append(Sidecar(pending_file.role, pending_file.place))
        done.created += [pending_file.place] if pending_file.is_new else []
    for place, data in pending_file.replaces.items():
        _remove(local, place, data, pending_file, desk, done)


def _remove(
    local: Movie, place: str, data: bytes, pending_file: Due, desk: Desk, done: Written
) -> None:
    """Remove a file that another one has replaced; the reason names that file."""
    change = {pending_file.role: Changed((_sum(data),), (), f"replaced by {pending_file.place}")}
    try:
        if sidecars.remove(plan.path(local, place), data, change, desk):
            done.made.append(Sidecar(pending_file.role, pending_file.place, replaces=(place,)))
    except (NotWritten, Unreadable) as error:
        done.held.append(Sidecar(pending_file.role, place, str(error)))
        done.is_overtaken |= isinstance(error, ChangedMeanwhile)


def _held(local: Movie, pending_file: Due, context: Tools) -> str:
    if local.locked:
        return local.locked
    if context.places.policy.redo or not context.has_changed_files:
        return ""
    paths = [plan.path(local, place) for place in (pending_file.place, *pending_file.replaces)]
    undone = any(context.store.undone(path) for path in paths if not _is_dead_link(path))
    return TAKEN_BACK if undone else ""


def _is_dead_link(path: Path) -> bool:
    """Return True if a path is a broken or circular link; the writer reports why."""
    try:
        return path.is_symlink() and not path.exists()
    except OSError:  # for example if the name is too long
        return False


def _desk(stamp: Stamp, context: Tools) -> Desk:
    return Desk(context.store, stamp, _rules(context), kinds.MOVIES.name)


def _rules(context: Tools) -> Rules:
    policy = context.places.policy
    return Rules(policy.hardlinks, policy.keep_mtime)


def fields(pending_file: Due) -> dict[str, Changed]:
    """Return what a write changes: the fields of an NFO, or the hash of another file."""
    if pending_file.changes:
        return {
            name: Changed(_values(old), _values(new), pending_file.reason)
            for name, (old, new) in pending_file.changes.items()
        }
    old = (_sum(pending_file.was),) if pending_file.was is not None else ()
    return {pending_file.role: Changed(old, (_sum(pending_file.data),), pending_file.reason)}


def _values(text: str) -> tuple[str, ...]:
    return (text[:_SHOWN],) if text else ()


def _sum(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"
