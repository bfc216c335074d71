"""The manager's action that takes over a queue from before mediakeep."""

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


def import_queue(desk: Desk, path: Path) -> Answer:
    """Make the queue from a queue file from before mediakeep, and from what the library holds."""
    old = importing.read(path, desk.kind)
    root = _library(path, old)
    library = subjects.library_text(root)
    made = importing.combine(old, desk.subject.scan(root, desk.ignored), desk.kind, library)
    _guard(desk, old, made)
    aside = importing.create(desk.place, desk.kind, library, old, made.items, path)
    counts = Counter(str(item.status) for item in made.items.values())
    return Answer(
        _lines(desk, old, made, counts, aside),
        {
            "total": len(made.items),
            **{str(status): counts[status] for status in Status},
            "new": list(made.new),
            "vanished": list(made.vanished),
            "ignored": list(old.ignored),
            "aside": aside,
        },
    )


def _library(path: Path, old: OldQueue) -> Path:
    """Return the folder of the library; ScanRefused if it is unknown or not there."""
    if not old.library:
        raise ScanRefused(
            f"{files.display_path(path)} does not tell where the library is: it has no"
            " library_path, and"
            " its items lie in several folders. Add library_path to it."
        )
    root = Path(old.library).expanduser()
    if not root.is_absolute():
        raise ScanRefused(f'The library "{files.printable(old.library)}" is no absolute path.')
    if not root.is_dir() or not any(root.iterdir()):
        place = files.printable(files.escape(root))
        raise ScanRefused(f"The library {place} is missing or empty. Mount it and run again.")
    return root.resolve()


def _guard(desk: Desk, old: OldQueue, made: Imported) -> None:
    """Refuse an import that would lose too much, as a scan does."""
    gone, all_ = len(made.vanished), len(old.items)
    if gone > survey.MANY * all_ and not desk.yes:
        raise ScanRefused(
            f"{gone} of {all_} {desk.kind.plural} are not in the library {old.library}. If that is"
            " right, add --yes."
        )


def _lines(
    desk: Desk, old: OldQueue, made: Imported, counts: Counter[str], aside: str
) -> list[str]:
    total = terminal.count(len(made.items), desk.kind.noun, desk.kind.plural)
    told = ", ".join(f"{counts[status]:,} {status}" for status in Status if counts[status])
    lines = [f"Imported: {total} ({told})."]
    if made.new:
        lines.append(f"{len(made.new):,} of them are not in the file, and pending.")
    if made.vanished:
        lines.append(f"{len(made.vanished):,} of them are not in the library, and skipped.")
    if old.ignored:
        lines.append(f"Fields not imported: {', '.join(map(files.printable, old.ignored))}.")
    return [*lines, f"A copy of the file is kept as aside/{aside}."]
