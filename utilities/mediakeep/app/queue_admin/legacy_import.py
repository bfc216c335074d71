"""The manager action that imports a queue from before mediakeep."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from mediakeep import path_text
from mediakeep.app.console import CommandResult
from mediakeep.app.queue_admin.context import ManagerContext
from mediakeep.app.subjects import registry
from mediakeep.errors import ScanRefused
from mediakeep.item import Status
from mediakeep.queue import legacy_import, scan_diff
from mediakeep.queue.legacy_import import ImportedItems, LegacyQueue
from mediakeep.size_text import format_count


def import_queue(context: ManagerContext, path: Path) -> CommandResult:
    """Create the queue from an old queue file and the content of the library."""
    old = legacy_import.read_legacy_queue(path, context.kind)
    root = _find_library(path, old)
    library = registry.library_path_text(root)
    imported = legacy_import.merge_with_scan(
        old, context.subject.scan_library(root, context.ignored), context.kind, library
    )
    _check_losses(context, old, imported)
    aside = ""
    if not context.dry_run:
        aside = legacy_import.create_queue(
            context.location, context.kind, library, old, imported.items, path
        )
    counts = Counter(str(item.status) for item in imported.items.values())
    return CommandResult(
        _format_import(context, old, imported, counts, aside),
        {
            "total": len(imported.items),
            **{str(status): counts[status] for status in Status},
            "new": list(imported.new),
            "vanished": list(imported.vanished),
            "ignored": list(old.ignored),
            "aside": aside,
        },
    )


def _find_library(path: Path, old: LegacyQueue) -> Path:
    """Return the folder of the library; raise ScanRefused if it is unknown or missing."""
    if not old.library:
        raise ScanRefused(
            f"{path_text.display_path(path)} does not name its library: it has no"
            " library_path, and its items are in several folders. Add library_path to it."
        )
    root = Path(old.library).expanduser()
    if not root.is_absolute():
        raise ScanRefused(
            f'The library "{path_text.to_printable(old.library)}" is not an absolute path.'
        )
    if not root.is_dir() or not any(root.iterdir()):
        place = path_text.to_printable(path_text.escape_path(root))
        raise ScanRefused(f"The library {place} is missing or empty. Mount it and run again.")
    return root.resolve()


def _check_losses(context: ManagerContext, old: LegacyQueue, imported: ImportedItems) -> None:
    """Refuse an import that would lose too many items, as a scan does."""
    gone, all_ = len(imported.vanished), len(old.items)
    if gone > scan_diff.MAX_VANISHED_SHARE * all_ and not context.yes:
        raise ScanRefused(
            f"{gone} of {all_} {context.kind.plural} are not in the library {old.library}."
            " If that is correct, add --yes."
        )


def _format_import(
    context: ManagerContext,
    old: LegacyQueue,
    imported: ImportedItems,
    counts: Counter[str],
    aside: str,
) -> list[str]:
    total = format_count(len(imported.items), context.kind.noun, context.kind.plural)
    counts_text = ", ".join(f"{counts[status]:,} {status}" for status in Status if counts[status])
    lines = [f"Imported: {total} ({counts_text})."]
    if imported.new:
        lines.append(f"{len(imported.new):,} of them are not in the file and pending.")
    if imported.vanished:
        lines.append(f"{len(imported.vanished):,} of them are not in the library and skipped.")
    if old.ignored:
        lines.append(f"Fields not imported: {', '.join(map(path_text.to_printable, old.ignored))}.")
    return [*lines, *([f"A copy of the file is kept as aside/{aside}."] if aside else [])]
