"""Manager actions that compare the queue with its library: scan and relocate."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from mediakeep import clock, command_text, path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin import detect_renames, new_home
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects import registry
from mediakeep.errors import ScanRefused
from mediakeep.item import ScannedItem, SkipReason
from mediakeep.media import folder_listing, ignore_rules, temp_copies
from mediakeep.queue import item_archive, scan_diff, snapshot
from mediakeep.queue.queue import Queue
from mediakeep.queue.scan_diff import ScanDiff
from mediakeep.queue.state import QueueState
from mediakeep.queue.store import QueueChange
from mediakeep.size_text import format_count

_MAX_NAMED_FILES = 5  # files and names that are listed
_MAX_NAMED_RENAMES = 20  # renamed items that are listed


def scan_library(context: ManagerContext, source: Path | str) -> CommandResult:
    """Create the queue of a library, or update it to what is on disk, or in a collection."""
    root = _check_source(context, source, may_be_empty=context.kind.consumes_source)
    if not context.dry_run:
        temp_copies.remove_abandoned(context.home / "status" / "undo")
    scanned = list(context.subject.scan_library(root, context.ignored))
    if (context.queue_folder / snapshot.FILE).exists():
        return _update_queue(context, root, scanned, moved=False)
    if not scanned:
        shown = root if isinstance(root, str) else path_text.display_path(root)
        raise ScanRefused(f"{shown} holds no {context.kind.library_noun}.")
    if not context.dry_run:
        new_home.create_status_folder(context.home)
        library = registry.library_path_text(root)
        Queue.create(context.location, context.kind, library, scanned).close()
    result = ScanDiff(total=len(scanned), new={item.key: {} for item in scanned})
    return _build_result(
        context, root, result, [f"New queue: {_format_counts(context, scanned)}."], scanned
    )


def relocate_library(context: ManagerContext, path: str) -> CommandResult:
    """Follow a moved library: every item gets its new path and keeps its state."""
    root = _check_source(context, path)
    return _update_queue(
        context, root, list(context.subject.scan_library(root, context.ignored)), moved=True
    )


def _check_source(
    context: ManagerContext, source: Path | str, *, may_be_empty: bool = False
) -> Path | str:
    """Return the folder of a library, or the text of a collection if the items are no paths."""
    if context.kind.item_examples:
        return str(source)
    root = Path(source).expanduser()
    if root.is_file():
        raise ScanRefused(f"{path_text.display_path(root)} is a file, not a folder.")
    if not root.is_dir():
        raise ScanRefused(f"No such folder: {path_text.display_path(root)}.")
    if not may_be_empty and not any(root.iterdir()):
        raise ScanRefused(f"{path_text.display_path(root)} is empty; is it mounted?")
    return root.resolve()


def _update_queue(
    context: ManagerContext, root: Path | str, scanned: list[ScannedItem], *, moved: bool
) -> CommandResult:
    library = registry.library_path_text(root)
    result = ScanDiff()

    def decide(state: QueueState) -> QueueChange | None:
        nonlocal result
        is_other = state.head.library_path and library != state.head.library_path
        if is_other and not moved and not context.yes:
            raise ScanRefused(_other_library_message(context, state, library))
        result = _compare(context, state, root, scanned)
        if not context.yes:
            scan_diff.refuse_mass_removal(result, state, library)
        if not result.build_patches() and library == state.head.library_path:
            return None
        if (moved or result.renamed) and not context.dry_run:
            detect_renames.apply_renames(context, state, result, library)
        total = len(state.items) + len(result.new)
        facts: dict[str, object] = {**result.count_changes(), "known": total, "library": library}
        if facts.pop("renamed"):  # for the history, where earlier entries have the old names
            facts["renamed"] = result.renamed
        return QueueChange("scan", result.build_patches(), facts)

    with context.open_queue() as open_queue:
        open_queue.commit(decide)
    lines = [_format_differences(result, context), *_format_renames(result)]
    return _build_result(context, root, result, lines, scanned)


def compare_with_library(
    context: ManagerContext, state: QueueState, source: Path | str
) -> ScanDiff:
    """Return the differences between a queue and a library, without changing anything."""
    root = _check_source(context, source, may_be_empty=context.kind.consumes_source)
    scanned = list(context.subject.scan_library(root, context.ignored))
    return _compare(context, state, root, scanned)


def _compare(
    context: ManagerContext, state: QueueState, root: Path | str, scanned: list[ScannedItem]
) -> ScanDiff:
    follow = partial(detect_renames.find_renamed, context, root)
    retired = item_archive.load_retired(context.queue_folder, state.kind, state.items)
    reason, now = partial(_removal_reason, context, root), clock.format_iso(context.location.now())
    return scan_diff.compare_with_scan(state, scanned, reason, follow, retired, now)


def _removal_reason(context: ManagerContext, root: Path | str, key: str) -> SkipReason:
    """Return why a scan no longer finds an item."""
    if isinstance(root, str):
        return SkipReason.VANISHED
    path = root / path_text.unescape_path(key)
    if not os.path.lexists(path):
        return SkipReason.VANISHED
    if ignore_rules.is_ignored(path, root, context.ignored):
        return SkipReason.IGNORED
    return SkipReason.EMPTY if path.is_dir() else SkipReason.VANISHED


def _other_library_message(context: ManagerContext, state: QueueState, library: str) -> str:
    relocate = f"use --relocate {library}"
    if command_text.find_program():
        words = f"--relocate {path_text.quote_path(path_text.unescape_path(library))}"
        command = command_text.format_command(context.kind.manager_script, context.home, words)
        relocate = f"run: {command}"
    return (
        f"This queue belongs to {state.head.library_path}, not to {library}. If the library was"
        f" moved, {relocate}; if it is another library, use another --home."
    )


def _format_differences(result: ScanDiff, context: ManagerContext) -> str:
    counts = result.count_changes()
    total = counts.pop("total")
    parts = [f"{number:,} {name}" for name, number in counts.items() if number]
    parts += [f"{len(result.moved):,} with a new path"] if result.moved else []
    count_text = format_count(total, context.kind.noun, context.kind.plural)
    return f"{count_text} on disk: {', '.join(parts) or 'no changes'}."


def _format_renames(result: ScanDiff) -> list[str]:
    """List renamed items: a few as text, as --json has all."""
    pairs = list(result.renamed.items())
    lines = [
        f"{path_text.quote_escaped(old)} is now {path_text.quote_escaped(new)}."
        for old, new in pairs[:_MAX_NAMED_RENAMES]
    ]
    more = len(pairs) - _MAX_NAMED_RENAMES
    return [*lines, f"And {more:,} more (--json names all)."] if more > 0 else lines


def _find_unicode_twins(scanned: Sequence[ScannedItem]) -> list[list[str]]:
    """List keys that differ only in the Unicode form of their accents (NFC, NFD)."""
    groups: dict[str, list[str]] = {}
    for item in scanned:
        if not item.key.isascii():
            groups.setdefault(unicodedata.normalize("NFC", item.key), []).append(item.key)
    return [keys for keys in groups.values() if len(keys) > 1]


def _format_twins(context: ManagerContext, twins: Sequence[Sequence[str]]) -> Iterator[str]:
    for keys in twins[:_MAX_NAMED_FILES]:
        name = unicodedata.normalize("NFC", keys[0])
        yield (
            f"{path_text.quote_escaped(name)} exists {len(keys)} times, with accents in different"
            f" Unicode forms (NFC, NFD), and counts as {len(keys)} {context.kind.plural}."
            " If they are the same, move everything into one folder."
        )
    if more := len(twins[_MAX_NAMED_FILES:]):
        yield f"And {more:,} more such names (--json names all)."


def _format_counts(context: ManagerContext, scanned: list[ScannedItem]) -> str:
    noun = context.kind.part_noun
    text = format_count(len(scanned), context.kind.noun, context.kind.plural)
    parts = sum(item.fields.get(f"{noun}_count", 0) for item in scanned)
    return f"{text}, {format_count(parts, noun)}" if parts else text


def _build_result(
    context: ManagerContext,
    root: Path | str,
    result: ScanDiff,
    messages: Sequence[str],
    scanned: Sequence[ScannedItem],
) -> CommandResult:
    twins = _find_unicode_twins(scanned)
    lines = [*messages, *_format_twins(context, twins)]
    if isinstance(root, str):
        return CommandResult(lines, result.count_changes())
    unassigned = context.subject.unassigned_files(root, context.ignored)
    count = len(unassigned.files)
    data: dict[str, object] = {"left_out": count}
    if unassigned.files:
        has_links = any(name.lower().endswith(".strm") for name in unassigned.files)  # no videos
        strays = format_count(count, "file" if has_links else context.kind.stray_noun)
        verbs = ("belongs", "is") if count == 1 else ("belong", "are")
        lines.append(
            f"{strays} in {path_text.display_path(root)} {verbs[0]} to no {context.kind.noun}"
            f" and {verbs[1]} skipped{_format_names(unassigned.files)}."
            f"{context.kind.stray_fix and ' '}{context.kind.stray_fix}"
        )
    if refused := folder_listing.find_refused_links(root, context.ignored):
        data["refused_links"] = refused
        links = format_count(len(refused), "link")
        lines.append(f"{links} out of the library not followed{_format_names(refused)}.")
    if unassigned.files:
        data["left_out_files"] = unassigned.files
    if unread := sum(item.fields.get("unread_count", 0) for item in scanned):
        lines.append(
            f"{format_count(unread, 'audio file')} skipped: mediakeep cannot read their"
            " formats. They are listed in the reports of their artists."
        )
        data["unread"] = unread
    if unassigned.sidecars:
        lines.append(_format_orphan_sidecars(context, unassigned.sidecars))
        data["orphan_sidecars"] = unassigned.sidecars
    data |= {"renames": result.renamed} if result.renamed else {}
    data |= {"twins": twins} if twins else {}
    return CommandResult(lines, {**result.count_changes(), **data})


def _format_orphan_sidecars(context: ManagerContext, places: Sequence[str]) -> str:
    """Return a line on sidecars that no player shows."""
    fit = "fits" if len(places) == 1 else "fit"
    count = format_count(len(places), "sidecar")
    return f"{count} {fit} no {context.kind.noun}{_format_names(places)}."


def _format_names(places: Sequence[str]) -> str:
    """List file names as the end of a sentence: a few, as --json has all."""
    named = ", ".join(map(path_text.quote_escaped, places[:_MAX_NAMED_FILES]))
    more = (
        f", and {len(places) - _MAX_NAMED_FILES:,} more (--json names all)"
        if places[_MAX_NAMED_FILES:]
        else ""
    )
    return f": {named}{more}" if places else ""
