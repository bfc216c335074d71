"""Write the sidecars of a movie safely, with undo records, or only check what a write would do.

1. Files blocked by a lock, by the user or by an earlier undo are not written, and reported.
2. The NFO is written before the metadata file, which records its content. If a run is killed in
   between, the next one finds the NFO up to date, and only writes the metadata file. Files that
   could not be written are not recorded there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import msgspec

from mediakeep import issue, path_text
from mediakeep.errors import ConcurrentChange, NotWritten, Unreadable
from mediakeep.issue import UNDONE_BEFORE, BlockCode, BlockReason
from mediakeep.media import file_errors, folder_listing
from mediakeep.media.safewrite import sidecar_file
from mediakeep.media.safewrite.atomic_replace import ReplaceRules
from mediakeep.media.safewrite.record_and_replace import UndoContext
from mediakeep.media.undo.record import FieldChange
from mediakeep.movies.item import MOVIES
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.result import SidecarOutcome
from mediakeep.movies.sidecars import pending_files
from mediakeep.movies.sidecars.pending_files import PendingFile
from mediakeep.movies.worker_context import MovieWorkerContext
from mediakeep.outcome import Stamp
from mediakeep.policy import LINK_REASON, FixLevel

_MAX_VALUE_LENGTH = 200  # characters of a value in an undo record


class SidecarWriteResult(msgspec.Struct):
    """Which sidecars of a movie were written; `pending` ones were not, because of a dry run.

    `has_concurrent_change` is True if another program changed a file meanwhile.
    """

    written: list[SidecarOutcome] = []
    created: list[str] = []  # places where no file existed before
    pending: list[SidecarOutcome] = []
    blocked: list[SidecarOutcome] = []
    has_concurrent_change: bool = False


def write_files(
    local: LocalMovie,
    wanted: Iterable[PendingFile],
    stamp: Stamp,
    context: MovieWorkerContext,
    done: SidecarWriteResult | None = None,
) -> SidecarWriteResult:
    """Write sidecars of a movie, add the result to `done`, and return it.

    DiskFull and RecordNotWritten abort it, as they concern all files; files already written stay.
    """
    done = done or SidecarWriteResult()
    for due in wanted:
        reason = _block_reason(local, due, context)
        if reason:
            done.blocked.append(_blocked_outcome(due.role, due.place, reason))
        elif context.config.policy.fix is FixLevel.NONE or not context.config.write:
            _check_write(local, due, _write_rules(context), done)
        else:
            _write_file(local, due, _undo_context(stamp, context), done)
    return done


def _check_write(
    local: LocalMovie, pending_file: PendingFile, rules: ReplaceRules, result: SidecarWriteResult
) -> None:
    """Add to `result` what a write of this file would do, as far as that is known beforehand."""
    path = pending_files.absolute_path(local, pending_file.place)
    try:
        with file_errors.wrap_file_errors(path):
            for place, data in pending_file.set_aside.items():
                sidecar_file.needs_write(
                    pending_files.absolute_path(local, place), data, None, rules
                )
            is_due = sidecar_file.needs_write(path, pending_file.data, pending_file.current, rules)
    except (NotWritten, Unreadable) as error:
        result.blocked.append(_failed_outcome(pending_file.role, pending_file.place, error))
        return
    if is_due or pending_file.replaces:
        replaces, aside = tuple(pending_file.replaces), tuple(pending_file.set_aside)
        result.pending.append(
            SidecarOutcome(
                pending_file.role, pending_file.place, replaces=replaces, set_aside=aside
            )
        )


def _write_file(
    local: LocalMovie,
    pending_file: PendingFile,
    undo_context: UndoContext,
    result: SidecarWriteResult,
) -> None:
    path, file_context = _locate(local, pending_file.place, undo_context)
    try:
        with file_errors.wrap_file_errors(path):
            for place, data in pending_file.set_aside.items():
                change = {
                    pending_files.SET_ASIDE: FieldChange(
                        (), (_checksum_text(data),), f"kept, as {pending_file.place} is written"
                    )
                }
                aside, aside_context = _locate(local, place, undo_context)
                if sidecar_file.write(aside, data, None, change, aside_context):
                    result.written.append(SidecarOutcome(pending_files.SET_ASIDE, place))
            record = sidecar_file.write(
                path,
                pending_file.data,
                pending_file.current,
                list_changed_fields(pending_file),
                file_context,
            )
    except (NotWritten, Unreadable) as error:
        result.blocked.append(_failed_outcome(pending_file.role, pending_file.place, error))
        result.has_concurrent_change |= isinstance(error, ConcurrentChange)
        return
    if record:
        result.written.append(SidecarOutcome(pending_file.role, pending_file.place))
        result.created += [pending_file.place] if pending_file.is_new else []
    for place, data in pending_file.replaces.items():
        _remove_replaced(local, place, data, pending_file, undo_context, result)


def _remove_replaced(
    local: LocalMovie,
    place: str,
    data: bytes,
    pending_file: PendingFile,
    undo_context: UndoContext,
    result: SidecarWriteResult,
) -> None:
    """Remove a file that another one has replaced.

    The undo record names the other file as the reason.
    """
    change = {
        pending_file.role: FieldChange(
            (_checksum_text(data),), (), f"replaced by {pending_file.place}"
        )
    }
    try:
        path, file_context = _locate(local, place, undo_context)
        if sidecar_file.remove(path, data, change, file_context):
            result.written.append(
                SidecarOutcome(pending_file.role, pending_file.place, replaces=(place,))
            )
    except (NotWritten, Unreadable) as error:
        result.blocked.append(_failed_outcome(pending_file.role, place, error))
        result.has_concurrent_change |= isinstance(error, ConcurrentChange)


def _blocked_outcome(role: str, place: str, reason: BlockReason) -> SidecarOutcome:
    return SidecarOutcome(role, place, reason.text, code=reason.code)


def _failed_outcome(role: str, place: str, error: NotWritten | Unreadable) -> SidecarOutcome:
    return SidecarOutcome(role, place, str(error), code=issue.block_code(error))


def _block_reason(
    local: LocalMovie, pending_file: PendingFile, context: MovieWorkerContext
) -> BlockReason | None:
    if local.lock_reason:
        return BlockReason(BlockCode.LOCKED, local.lock_reason)
    links = context.config.policy.links
    for place in (pending_file.place, *pending_file.replaces, *pending_file.set_aside):
        real = folder_listing.find_real_path(local.real_paths, place)
        if links != "follow" and real != pending_files.absolute_path(local, place):
            shown = path_text.display_path(real.parent)
            return BlockReason(BlockCode.LOCKED, LINK_REASON.format(shown, links))
    if context.config.policy.redo or not context.has_changed_files:
        return None
    paths = [
        pending_files.absolute_path(local, place)
        for place in (pending_file.place, *pending_file.replaces)
    ]
    undone = any(context.store.undone_values(path) for path in paths if not _is_broken_link(path))
    return UNDONE_BEFORE if undone else None


def _is_broken_link(path: Path) -> bool:
    """Return True if a path is a broken or circular link; the writer reports the reason."""
    try:
        return path.is_symlink() and not path.exists()
    except OSError:  # for example if the name is too long
        return False


def _locate(local: LocalMovie, place: str, context: UndoContext) -> tuple[Path, UndoContext]:
    """Return the path of a file, and a context that refuses it if links have changed meanwhile."""
    rules = replace(context.rules, real_path=folder_listing.find_real_path(local.real_paths, place))
    return pending_files.absolute_path(local, place), replace(context, rules=rules)


def _undo_context(stamp: Stamp, context: MovieWorkerContext) -> UndoContext:
    return UndoContext(context.store, stamp, _write_rules(context), MOVIES.name)


def _write_rules(context: MovieWorkerContext) -> ReplaceRules:
    policy = context.config.policy
    return ReplaceRules(policy.hardlinks, policy.keep_mtime)


def list_changed_fields(pending_file: PendingFile) -> dict[str, FieldChange]:
    """Return what a write changes: the fields of an NFO, or the hash of another file."""
    if pending_file.changes:
        return {
            name: FieldChange(_shorten_value(old), _shorten_value(new), pending_file.reason)
            for name, (old, new) in pending_file.changes.items()
        }
    old = (_checksum_text(pending_file.current),) if pending_file.current is not None else ()
    return {
        pending_file.role: FieldChange(
            old, (_checksum_text(pending_file.data),), pending_file.reason
        )
    }


def _shorten_value(text: str) -> tuple[str, ...]:
    return (text[:_MAX_VALUE_LENGTH],) if text else ()


def _checksum_text(data: bytes) -> str:
    return f"sha256:{sha256(data).hexdigest()}"
