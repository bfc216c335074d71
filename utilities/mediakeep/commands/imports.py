"""The manager action that imports a queue from before mediakeep."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from mediakeep import files
from mediakeep.commands import subjects
from mediakeep.commands.desk import Answer, Desk
from mediakeep.errors import ScanRefused
from mediakeep.item import Status
from mediakeep.queue import importing, survey
from mediakeep.queue.importing import Imported, OldQueue
from mediakeep.views import terminal


def import_queue(context: Desk, path: Path) -> Answer:
    """Create the queue from an old queue file and the content of the library."""
    old = importing.read(path, context.kind)
    root = _library(path, old)
    library = subjects.library_text(root)
    imported = importing.combine(
        old, context.subject.scan(root, context.ignored), context.kind, library
    )
    _guard(context, old, imported)
    aside = importing.create(context.place, context.kind, library, old, imported.items, path)
    counts = Counter(str(item.status) for item in imported.items.values())
    return Answer(
        _lines(context, old, imported, counts, aside),
        {
            "total": len(imported.items),
            **{str(status): counts[status] for status in Status},
            "new": list(imported.new),
            "vanished": list(imported.vanished),
            "ignored": list(old.ignored),
            "aside": aside,
        },
    )


def _library(path: Path, old: OldQueue) -> Path:
    """Return the folder of the library; raise ScanRefused if it is unknown or missing."""
    if not old.library:
        raise ScanRefused(
            f"{files.display_path(path)} does not name its library: it has no"
            " library_path, and its items are in several folders. Add library_path to it."
        )
    root = Path(old.library).expanduser()
    if not root.is_absolute():
        raise ScanRefused(f'The library "{files.printable(old.library)}" is not an absolute path.')
    if not root.is_dir() or not any(root.iterdir()):
        place = files.printable(files.escape(root))
        raise ScanRefused(f"The library {place} is missing or empty. Mount it and run again.")
    return root.resolve()


def _guard(context: Desk, old: OldQueue, imported: Imported) -> None:
    """Refuse an import that would lose too many items, as a scan does."""
    gone, all_ = len(imported.vanished), len(old.items)
    if gone > survey.MANY * all_ and not context.yes:
        raise ScanRefused(
            f"{gone} of {all_} {context.kind.plural} are not in the library {old.library}."
            " If that is correct, add --yes."
        )


def _lines(
    context: Desk, old: OldQueue, imported: Imported, counts: Counter[str], aside: str
) -> list[str]:
    total = terminal.count(len(imported.items), context.kind.noun, context.kind.plural)
    counts_text = ", ".join(f"{counts[status]:,} {status}" for status in Status if counts[status])
    lines = [f"Imported: {total} ({counts_text})."]
    if imported.new:
        lines.append(f"{len(imported.new):,} of them are not in the file and pending.")
    if imported.vanished:
        lines.append(f"{len(imported.vanished):,} of them are not in the library and skipped.")
    if old.ignored:
        lines.append(f"Fields not imported: {', '.join(map(files.printable, old.ignored))}.")
    return [*lines, f"A copy of the file is kept as aside/{aside}."]
