"""Undo recorded changes of files, byte for byte.

plan_undo       returns which changes can be undone, and why others cannot
check_undo      raises what else would prevent an undo
apply_undo      undoes one change, as safely as it was made
undone_values   returns the undone changes of a file, so that no batch repeats them

Whole versions of files made by other programs are kept before an undo replaces them.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Container, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from mediakeep import atomic_files, file_copies, path_text
from mediakeep.errors import MediakeepError, NotAudio, RecordNotWritten, UndoRefused, Unreadable
from mediakeep.media.audio import formats
from mediakeep.media.bounded_file import BoundedFile, ByteRange
from mediakeep.media.safewrite import atomic_replace, created_files, file_assembly
from mediakeep.media.safewrite.atomic_replace import OriginalFile
from mediakeep.media.safewrite.file_assembly import FilePart
from mediakeep.media.safewrite.record_and_replace import (
    NO_STAMP,
    UndoContext,
    UndoRecordDraft,
    build_patch,
    replace_and_record,
)
from mediakeep.media.undo import reverse_patch
from mediakeep.media.undo.record import ChangeRecord, FieldChange
from mediakeep.media.undo.record_index import RecordQuery
from mediakeep.media.undo.record_lookup import is_file_missing
from mediakeep.media.undo.store import (
    DONE,
    FORGOTTEN,
    VOID,
    RecordEntry,
    UndoStore,
    Values,
    find_undone,
)
from mediakeep.outcome import Stamp

__all__ = ["RecordQuery", "UndoStep", "apply_undo", "check_undo", "plan_undo", "undone_values"]

_FORCE_HINT = "Use --force to undo it anyway; the current version is kept aside."
_CHANGED_SINCE = "it was changed since"
_DEFAULT_RULES = atomic_replace.ReplaceRules()
FOLDER = "aside"


@dataclass(frozen=True)
class UndoStep:
    """A change to undo; `refusal` is a clause that says why it cannot be undone, or "".

    `follows` is True if another change of the same file is undone first. Then this one cannot be
    checked on disk beforehand.
    """

    record: ChangeRecord
    refusal: str = ""
    follows: bool = False


def plan_undo(store: UndoStore, *queries: RecordQuery) -> list[UndoStep]:
    """Return the changes to undo, file by file, the latest change of each file first.

    Changes already undone are left out. Only the latest change of a file can be checked on disk;
    earlier ones are checked by their records. The index is compared with the log first.
    """
    store.verify()
    entries = (entry for query in queries for entry in store.find(query) if entry.state != VOID)
    selected = {entry.record.id: entry.record.path for entry in entries}
    names: dict[str, set[str]] = {}  # recorded paths by real path: a folder may be a link by now
    for path in set(selected.values()):
        real = path_text.escape_path(os.path.realpath(path_text.unescape_path(path)))
        names.setdefault(real, {real}).add(path)
    return [
        step
        for real in sorted(names)
        for step in _plan_file(selected, _find_entries(store, real, names[real]))
    ]


def _find_entries(store: UndoStore, real: str, names: set[str]) -> list[RecordEntry]:
    """Return all undo records of one file, in the order of the changes.

    Records under the file's current path are the newest.
    """
    former = [entry for name in names - {real} for entry in store.find(RecordQuery(path=name))]
    former.sort(key=lambda entry: entry.record.time)
    return former + store.find(RecordQuery(path=real))


def _plan_file(selected: Container[str], entries: list[RecordEntry]) -> Iterator[UndoStep]:
    """Yield the undo steps of one file, given all its undo records."""
    undone_ids = find_undone(entry.record for entry in entries if entry.state == DONE)
    resulting = ""  # the hash of the file after the steps so far
    changed_by = dict[str, str]()  # file hash -> session that changed it, after the current entry
    for entry in reversed(entries):
        record = entry.record
        if (
            record.id in selected
            and record.id not in undone_ids
            and not _is_obsolete(record, selected, resulting)
        ):
            fits = resulting == record.new.sha256 or (not resulting and _is_current(record))
            refusal = "" if fits else _conflict_text(changed_by.get(record.new.sha256, ""))
            step = UndoStep(record, refusal, follows=bool(resulting))
            if record.forgotten:
                step = UndoStep(record, FORGOTTEN)
            elif entry.state != DONE:
                step = UndoStep(record, "it is unknown whether the change was made")
            resulting = resulting if step.refusal else record.old.sha256
            yield step
        if entry.state == DONE and record.id not in undone_ids:
            changed_by[record.old.sha256] = record.session


def _is_obsolete(record: ChangeRecord, selected: Container[str], resulting: str) -> bool:
    """Return True if undoing this change would do nothing.

    That is so for the undo of a change that is also selected, and for a created file that is gone.
    """
    gone = (
        record.old.is_no_file
        and not resulting
        and is_file_missing(Path(path_text.unescape_path(record.path)))
    )
    return record.undoes in selected or gone


def _conflict_text(session: str) -> str:
    return f"session {session} changed it since" if session else _CHANGED_SINCE


def check_undo(
    store: UndoStore, step: UndoStep, rules: atomic_replace.ReplaceRules = _DEFAULT_RULES
) -> None:
    """Raise the error that `apply_undo` would raise, but change nothing.

    If the plan refuses the step, it is checked as with `force`.
    """
    record = step.record
    if record.old.is_no_file or record.new.is_no_file:
        created_files.check_undo(record, store, unseen=step.follows)
        return
    with atomic_replace.open_original(Path(path_text.unescape_path(record.path))) as original:
        atomic_replace.check_writable(original, rules)
        for name in store.load_patch(record).blobs:
            store.blobs.read(name)
        if step.refusal or record.aside:  # this reverse patch was not tested when it was made
            parts = _restore_parts(
                store, record, BoundedFile(original.handle, original.stat.st_size)
            )
            if file_assembly.compute_parts_sha256(parts, original.handle) != record.old.sha256:
                raise _audio_changed_error(record)


def apply_undo(
    store: UndoStore,
    record: ChangeRecord,
    stamp: Stamp = NO_STAMP,
    rules: atomic_replace.ReplaceRules = _DEFAULT_RULES,
    force: bool = False,
) -> ChangeRecord | None:
    """Undo a change; return the record of the undo, or None if the old file is back already.

    Raises UndoRefused if the file was changed since or its audio is no longer the same. With
    `force`, a changed file is undone all the same, and its current version is kept in
    `status/undo/aside/`. A created file is removed only if it is unchanged, even with `force`.
    Other errors are those of `write_tags.write`.
    """
    if rules.keep_mtime:
        rules = replace(rules, mtime_ns=record.old.mtime_ns)
    context, fields = (
        UndoContext(store, stamp, rules, record.queue),
        _swap_values(store.load_fields(record)),
    )
    if record.old.is_no_file:
        return created_files.remove_created(record, fields, context)
    if record.new.is_no_file:
        return created_files.recreate_file(record, fields, context)
    path = Path(path_text.unescape_path(record.path))
    with atomic_replace.open_original(path) as original:
        current = file_copies.file_sha256(original.handle)
        if current == record.old.sha256:
            return None
        is_changed = current != record.new.sha256
        if is_changed and not force:
            raise UndoRefused(record.path, _CHANGED_SINCE, _FORCE_HINT)
        source = BoundedFile(original.handle, original.stat.st_size)
        kind = _detect_kind(original, record) if is_changed else record.kind
        parts = _restore_parts(store, record, source)
        recipe, blobs = build_patch(original, source, kind)
        kept_version = save_version(store.folder, original, record.id) if is_changed else ""
        draft = UndoRecordDraft(kind, recipe, blobs, fields, record.id, kept_version, current)
        verify = partial(_verify_hash, record)
        try:
            return replace_and_record(original, parts, draft, context, verify)
        except MediakeepError:
            delete_saved_version(kept_version)  # the file was not replaced
            raise


def undone_values(store: UndoStore, path: Path) -> dict[str, frozenset[Values]]:
    """Return the values of a file's fields that an undo has removed again, by field."""
    return store.undone_values(path)


def _is_current(record: ChangeRecord) -> bool:
    """Return True if a file is still as the change left it.

    Its stat values are compared first, then its hash.
    """
    path = Path(path_text.unescape_path(record.path))
    if record.new.is_no_file:
        return is_file_missing(path)
    try:
        facts = path.stat(follow_symlinks=False)
        if record.new.matches(facts):
            return True
        if facts.st_size != record.new.size:
            return False
        with atomic_replace.open_original(path) as original:
            return file_copies.file_sha256(original.handle) == record.new.sha256
    except (OSError, Unreadable):
        return False


def _restore_parts(store: UndoStore, record: ChangeRecord, source: BoundedFile) -> list[FilePart]:
    recipe = store.load_patch(record)
    try:
        return reverse_patch.apply(
            recipe, reverse_patch.find_audio(source, record.kind), store.blobs.read
        )
    except (ValueError, LookupError, struct.error) as error:
        raise _audio_changed_error(record) from error


def _swap_values(fields: dict[str, FieldChange]) -> dict[str, FieldChange]:
    return {
        field: FieldChange(change.new, change.old, "undone") for field, change in fields.items()
    }


def _verify_hash(record: ChangeRecord, _new: Path, _handle: int, sha256: Callable[[], str]) -> str:
    """Verify a restored file by its hash, and return the recorded hash of its audio."""
    if sha256() != record.old.sha256:
        raise _audio_changed_error(record)
    return record.essence


def _audio_changed_error(record: ChangeRecord) -> UndoRefused:
    hint = "Its tags can be written again, but this change cannot be undone."
    if record.aside:
        hint = f"The version before that change is kept: {record.aside}"
    return UndoRefused(record.path, "its audio data is no longer the recorded one", hint)


def _detect_kind(original: OriginalFile, record: ChangeRecord) -> str:
    """Return the audio format of a version that another program has made.

    For a record with a MIME type, return that type.
    """
    if record.kind not in formats.ALL:
        return record.kind
    with os.fdopen(os.dup(original.handle), "rb") as handle:
        detected = formats.detect_format(handle, original.path.suffix.lower())
    if detected is None:
        raise NotAudio(record.path, "it is another kind of file now")
    return detected[0].name


def save_version(store: Path, original: OriginalFile, name: str) -> str:
    """Copy a file into the undo folder `store`, sync it to disk, and return its escaped path.

    Raises RecordNotWritten if that fails.
    """
    folder = store / FOLDER
    path = folder / f"{name}-{os.urandom(3).hex()}{original.path.suffix}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with atomic_files.open_handle(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600) as handle:
            whole = [ByteRange(0, original.stat.st_size)]
            file_assembly.write_parts(whole, original.handle, handle)
            atomic_files.sync_data(handle)
        for target in (folder, store):  # the folder may be new, too
            atomic_files.sync_folder(target)
    except OSError as error:
        raise RecordNotWritten(path, error.strerror or error) from error
    return path_text.escape_path(path)


def delete_saved_version(saved: str) -> None:
    """Delete a file saved by `save_version`; do nothing for ""."""
    if saved:
        Path(path_text.unescape_path(saved)).unlink(missing_ok=True)
