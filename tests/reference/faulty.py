"""The batch script of recordings with a planted fault, which the kill loop must find.

late-write    a part returns its result before its samples are written
lost-commit   the end of a stage or part is acknowledged before it is synced, and then lost
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

from mediakeep import atomic_files
from mediakeep.queue import journal
from tests.reference import worker
from tests.reference.recording import KIND


def write_late() -> None:
    """Write the samples of a part when the next part is converted, or the stage goes on."""
    held: list[tuple[Path, bytes]] = []
    write, convert, join = atomic_files.write_atomic, worker.convert_part, worker._join

    def flush() -> None:
        while held:
            write(*held.pop())

    def hold(path: Path, data: bytes) -> None:
        flush()
        held.append((path, data))

    def convert_held(*arguments: Any) -> dict[str, int]:
        worker.atomic_files = _Holding(hold)  # type: ignore[attr-defined, assignment]
        try:
            return convert(*arguments)
        finally:
            worker.atomic_files = atomic_files  # type: ignore[attr-defined]

    def join_flushed(*arguments: Any) -> None:
        flush()
        join(*arguments)

    worker.convert_part, worker._join = convert_held, join_flushed


class _Holding:
    """Stands for `atomic_files` in a part."""

    def __init__(self, hold: Any) -> None:
        self.write_atomic = hold


def lose_commit() -> None:
    """Remove the last change from the journal, as a power loss does if it was not synced."""
    folder = Path(sys.argv[sys.argv.index("--home") + 1]) / "status" / KIND.name
    path = max((folder / "processing_queue.journal").glob("*.jsonl"))
    records = journal.read(path).records
    if records and records[-1].op in ("stage", "part"):
        kept = b"".join(map(journal.encode_line, records[:-1]))
        path.write_bytes(path.read_bytes()[: journal.records_offset(path)] + kept)


if __name__ == "__main__":
    fault, script = sys.argv[1:3]
    {"late-write": write_late, "lost-commit": lose_commit}[fault]()
    sys.argv = sys.argv[2:]
    sys.path.insert(0, str(Path(script).parent))
    runpy.run_path(script, run_name="__main__")
