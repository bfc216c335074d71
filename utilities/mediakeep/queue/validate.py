"""Validate the files of a queue: find faults, and name a fix for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mediakeep import home_folder, path_text
from mediakeep.errors import MediakeepError
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue import (
    checkpoints,
    item_archive,
    journal,
    journal_lookup,
    session_log_archive,
    snapshot,
)
from mediakeep.queue.history import event_log
from mediakeep.queue.journal_lookup import JOURNAL_FOLDER
from mediakeep.queue.state import QueueState

# Returns the files that a completed item has on disk, relative to the home.
OutputLister = Callable[[Item], list[str]]


_PERCENTAGE_KEY = "completion_percentage"


@dataclass(frozen=True)
class QueueFault:
    """A fault of the queue's files, and how to fix it; both are sentences for the user."""

    what: str
    cure: str


def fault_from_error(damage: MediakeepError) -> QueueFault:
    """Convert an error about the queue's files to a fault and its fix."""
    what, _, cure = str(damage).partition(" Nothing was changed.")
    return QueueFault(what.rstrip(".") + ".", cure.strip() or "Run --repair.")


def check_queue_files(folder: Path, state: QueueState) -> Iterator[QueueFault]:
    """Yield the contradictions between the files of a queue.

    The caller must hold the lock of the queue.
    """
    yield from _check_summary(folder, state)
    yield from _check_journals(folder, state)
    yield from _check_replay(folder, state.kind)
    yield from _check_claims(state)
    yield from _check_output_names(state)
    yield from _check_archive(folder, state.seq)
    yield from _check_history(folder, state)
    yield from _check_unrecorded(folder, state)


def check_written_files(
    folder: Path, state: QueueState, outputs: OutputLister
) -> Iterator[QueueFault]:
    """Yield the faults of outputs, checkpoints and session logs.

    `outputs` lists the files that a completed item should have on disk.
    """
    yield from _check_outputs(folder, state, outputs)
    yield from _check_checkpoints(folder, state.kind)
    yield from _check_session_logs(folder)


def _check_summary(folder: Path, state: QueueState) -> Iterator[QueueFault]:
    """Yield a fault if the summary in the snapshot differs from a new count of its items."""
    loaded = snapshot.load(folder / snapshot.FILE, state.kind)
    counted = QueueState(state.kind, loaded.head, loaded.items).build_summary()
    # Earlier versions included vanished items in the percentage, so only numbers are compared.
    stated = {**loaded.head.summary, _PERCENTAGE_KEY: counted[_PERCENTAGE_KEY]}
    if loaded.head.summary and stated != counted:
        yield QueueFault(
            f"The summary in {snapshot.FILE} is {loaded.head.summary}, its items give {counted}.",
            "Run --repair to count again.",
        )


def _check_journals(folder: Path, state: QueueState) -> Iterator[QueueFault]:
    """Yield the faults of the kept journals: checksums, gaps in the numbers, and their order."""
    before = None
    current = journal.journal_name(state.head.generation, state.head.snapshot_id)
    for path in sorted((folder / JOURNAL_FOLDER).glob("*.jsonl")):
        if path.name != current and _is_aborted(path):
            continue
        header = journal.read_header(path)
        if header is None:
            yield QueueFault(
                f"{path.name} has no complete header.", "Run --repair to set it aside."
            )
            continue
        try:
            seqs = [
                record.seq for record in journal.read(path).records if record.op != journal.SEAL
            ]
        except MediakeepError as error:
            yield fault_from_error(error)
            continue
        if seqs != list(range(header.seq + 1, header.seq + 1 + len(seqs))):
            yield QueueFault(f"{path.name} has a gap in its numbers.", "Run --repair.")
        if before and header.previous == before[0] and before[1] > header.seq:
            yield QueueFault(f"{path.name} begins before {before[0]} ends.", "Run --repair.")
        before = (path.name, seqs[-1] if seqs else header.seq)


def _is_aborted(path: Path) -> bool:
    """Return whether a journal has no records because a rewrite of the snapshot was killed.

    The next rewrite removes such a journal.
    """
    return path.read_bytes().rstrip(b"\0").count(b"\n") <= 1


def _check_replay(folder: Path, kind: Kind) -> Iterator[QueueFault]:
    """Yield a fault if previous snapshot and journal do not lead to the current snapshot."""
    now = snapshot.load(folder / snapshot.FILE, kind)
    previous = journal_lookup.previous_snapshot_path(
        folder / JOURNAL_FOLDER / journal.journal_name(now.head.generation, now.head.snapshot_id)
    )
    sealed = previous.with_suffix(".jsonl")
    if not (previous.exists() and sealed.exists()):
        return
    try:
        loaded = snapshot.load(previous, kind)
        replayed = QueueState(kind, loaded.head, loaded.items)
        replayed.replay_records(journal.read(sealed).records, sealed.name)
    except MediakeepError as error:
        yield QueueFault(
            f"The journal of {previous.name} cannot be replayed: {error}", "Run --repair."
        )
        return
    differ = [key for key, item in now.items.items() if replayed.items.get(key) != item]
    if differ or replayed.seq != now.head.seq or len(replayed.items) != len(now.items):
        names = ", ".join(differ[:3])
        yield QueueFault(f"{snapshot.FILE} differs from its journals ({names}).", "Run --repair.")


def find_unclaimed_items(state: QueueState) -> list[str]:
    """Return the keys of items that are in progress without a valid claim."""
    return [
        key
        for key, item in state.items.items()
        if item.status is Status.IN_PROGRESS and not (item.session and 0 < item.claim <= state.seq)
    ]


def _check_claims(state: QueueState) -> Iterator[QueueFault]:
    for key in find_unclaimed_items(state):
        yield QueueFault(
            f"{state.name_item(key)} is in progress, but no session has claimed it.",
            _format_reset_hint(state.kind, key),
        )


def _check_output_names(state: QueueState) -> Iterator[QueueFault]:
    names = Counter(path_text.normalize_name(item.output_name) for item in state.items.values())
    for name, times in names.items():
        if name and times > 1:
            yield QueueFault(
                f'{times} items write to the outputs named "{name}".', "Run --scan again."
            )


def _check_outputs(folder: Path, state: QueueState, outputs: OutputLister) -> Iterator[QueueFault]:
    """Yield a fault for each completed item whose output files are missing."""
    home = home_folder.find_queue_home(folder)
    for key, missing in find_missing_outputs(home, state, outputs).items():
        cure = f"Run --repair, or {_format_reset_hint(state.kind, key)}"
        yield QueueFault(
            f"{state.name_item(key)} is completed, but these files are missing:"
            f" {', '.join(missing)}.",
            cure,
        )


def find_missing_outputs(
    home: Path, state: QueueState, outputs: OutputLister
) -> dict[str, list[str]]:
    """Return the missing output files of completed items: item key -> paths in the home."""
    items = {}
    for key, item in state.items.items():
        if item.status is Status.COMPLETED and item.report:
            missing = [path for path in outputs(item) if not (home / path).is_file()]
            if missing:
                items[key] = missing
    return items


def _format_reset_hint(kind: Kind, key: str) -> str:
    return f"--reset-{kind.noun} {path_text.quote_escaped(key)} to process it again."


def _check_checkpoints(folder: Path, kind: Kind) -> Iterator[QueueFault]:
    for checkpoint in checkpoints.list_checkpoints(folder):
        try:
            snapshot.load(checkpoint.path, kind)
        except MediakeepError as error:
            if not checkpoint.path.exists():
                continue  # just pruned by a batch
            remove = f"rm {path_text.quote_path(checkpoint.path)}"
            cure = f"Run --repair to set it aside, or remove it: {remove}"
            yield QueueFault(fault_from_error(error).what, cure)


def _check_session_logs(folder: Path) -> Iterator[QueueFault]:
    for path in session_log_archive.find_changed_logs(folder):
        name = f"{path.parent.name}/{path.name}"
        cure = "Restore it from a backup, or run --repair to set it aside."
        yield QueueFault(f"{name} was changed after its session ended.", cure)


def _check_archive(folder: Path, last_seq: int) -> Iterator[QueueFault]:
    for path, number in item_archive.find_damaged_lines(folder, last_seq):
        yield QueueFault(
            f"{item_archive.FOLDER}/{path.name} line {number} is damaged, so its item is no longer"
            " known as retired, and a scan may add it again.",
            "Restore the file from a backup, or remove the line.",
        )


def _check_history(folder: Path, state: QueueState) -> Iterator[QueueFault]:
    """Yield the faults of the history's lines.

    Each line must be complete, numbers must rise, and none may be above that of the queue's last
    change.
    """
    newest = 0
    for path in event_log.list_files(folder):
        last = 0  # a wrong clock may put later changes into an earlier month
        with path.open("rb") as stream:
            for number, text in enumerate(stream, 1):
                if not text.endswith(b"\n"):
                    break  # torn by a crash: truncated when the next line is written
                event = event_log.parse_event(text)
                if event is None:
                    yield QueueFault(f"{path.name} line {number} is damaged.", "Run --repair.")
                elif event["seq"] <= last:
                    yield QueueFault(
                        f"{path.name} line {number} repeats number {last}.", "Run --repair."
                    )
                last = max(last, event["seq"] if event else 0)
                newest = max(newest, last)
    if newest > state.seq:
        yield QueueFault(
            f"The history ends with change {newest}, the queue with {state.seq}.", "Run --repair."
        )


def _check_unrecorded(folder: Path, state: QueueState) -> Iterator[QueueFault]:
    for key, seq in find_unrecorded_settles(folder, state).items():
        yield QueueFault(
            f"Change {seq}, which last settled {state.name_item(key)}, is missing in the history.",
            "Run --repair to add it from the queue.",
        )


def find_unrecorded_settles(folder: Path, state: QueueState) -> dict[str, int]:
    """Return the items whose last settle is missing in the history: item key -> change number.

    Changes in the current journal are not in the history yet. Changes that came with a restored or
    edited queue file need not belong to this history.
    """
    recorded, since = set(), 0
    for path in event_log.list_files(folder):
        for _, event in event_log.iter_events(path):
            recorded.add(event["seq"])
            if event["op"] in ("restore", "edit"):
                since = max(since, event["seq"])
    return {
        key: item.settled
        for key, item in state.items.items()
        if since < item.settled <= state.head.seq and item.settled not in recorded
    }
