"""Validate a queue: find problems and name a fix for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mediakeep import files
from mediakeep.errors import MediakeepError
from mediakeep.item import Item, Status
from mediakeep.kinds import Kind
from mediakeep.queue import binding, checkpoints, history, journal, logs, snapshot
from mediakeep.queue.binding import JOURNALS
from mediakeep.queue.state import State

# Returns the files that a completed item has on disk, relative to the home.
Outputs = Callable[[Item], list[str]]


_SHARE = "completion_percentage"


@dataclass(frozen=True)
class Fault:
    """A problem and its fix."""

    what: str
    cure: str


def fault(damage: MediakeepError) -> Fault:
    """Convert an error about the state to a problem and its fix."""
    what, _, cure = str(damage).partition(" Nothing was changed.")
    return Fault(what.rstrip(".") + ".", cure.strip() or "Run --repair.")


def faults(folder: Path, state: State, outputs: Outputs) -> Iterator[Fault]:
    """Check a queue that could be opened: its own files, and the files of its items."""
    yield from record(folder, state)
    yield from around(folder, state, outputs)


def record(folder: Path, state: State) -> Iterator[Fault]:
    """Check the files of the queue against each other; the caller holds the lock."""
    yield from _counts(folder, state)
    yield from _journals(folder, state)
    yield from _fold(folder, state.kind)
    yield from _claims(state)
    yield from _names(state)
    yield from _history(folder, state)
    yield from _unrecorded(folder, state)


def around(folder: Path, state: State, outputs: Outputs) -> Iterator[Fault]:
    """Check the files next to the queue: outputs, checkpoints and session logs."""
    yield from _outputs(folder, state, outputs)
    yield from _checkpoints(folder, state.kind)
    yield from _logs(folder)


def _counts(folder: Path, state: State) -> Iterator[Fault]:
    """Compare the summary in the snapshot with a recount."""
    loaded = snapshot.load(folder / snapshot.FILE, state.kind)
    counted = State(state.kind, loaded.head, loaded.items).summary()
    # Earlier versions included vanished items in the percentage, so only numbers are compared.
    stated = {**loaded.head.summary, _SHARE: counted[_SHARE]}
    if loaded.head.summary and stated != counted:
        yield Fault(
            f"The summary in {snapshot.FILE} is {loaded.head.summary}, its items give {counted}.",
            "Run --repair to count again.",
        )


def _journals(folder: Path, state: State) -> Iterator[Fault]:
    """Check the kept journals: checksums, numbers without gaps, seals and their order."""
    before = None
    current = journal.name(state.head.generation, state.head.snapshot_id)
    for path in sorted((folder / JOURNALS).glob("*.jsonl")):
        if path.name != current and _is_aborted(path):
            continue
        header = journal.header(path)
        if header is None:
            yield Fault(f"{path.name} has no complete header.", "Run --repair to set it aside.")
            continue
        try:
            seqs = [
                record.seq for record in journal.read(path).records if record.op != journal.SEAL
            ]
        except MediakeepError as error:
            yield fault(error)
            continue
        if seqs != list(range(header.seq + 1, header.seq + 1 + len(seqs))):
            yield Fault(f"{path.name} has a gap in its numbers.", "Run --repair.")
        if before and header.previous == before[0] and before[1] > header.seq:
            yield Fault(f"{path.name} begins before {before[0]} ends.", "Run --repair.")
        before = (path.name, seqs[-1] if seqs else header.seq)


def _is_aborted(path: Path) -> bool:
    """Return whether a journal has at most a header, because its rewrite was killed.

    The next rewrite removes it.
    """
    return path.read_bytes().rstrip(b"\0").count(b"\n") <= 1


def _fold(folder: Path, kind: Kind) -> Iterator[Fault]:
    """Replay the last sealed journal on the previous snapshot and compare with the current one."""
    now = snapshot.load(folder / snapshot.FILE, kind)
    previous = binding.before(
        folder / JOURNALS / journal.name(now.head.generation, now.head.snapshot_id)
    )
    sealed = previous.with_suffix(".jsonl")
    if not (previous.exists() and sealed.exists()):
        return
    try:
        loaded = snapshot.load(previous, kind)
        replayed = State(kind, loaded.head, loaded.items)
        replayed.replay(journal.read(sealed).records, sealed.name)
    except MediakeepError as error:
        yield Fault(f"The journal of {previous.name} cannot be replayed: {error}", "Run --repair.")
        return
    differ = [key for key, item in now.items.items() if replayed.items.get(key) != item]
    if differ or replayed.seq != now.head.seq or len(replayed.items) != len(now.items):
        names = ", ".join(differ[:3])
        yield Fault(f"{snapshot.FILE} differs from its journals ({names}).", "Run --repair.")


def unowned(state: State) -> list[str]:
    """Return the items that are in progress without a valid claim."""
    return [
        key
        for key, item in state.items.items()
        if item.status is Status.IN_PROGRESS and not (item.session and 0 < item.claim <= state.seq)
    ]


def _claims(state: State) -> Iterator[Fault]:
    for key in unowned(state):
        yield Fault(
            f"{key} is in progress, but no session has claimed it.", _reset(state.kind, key)
        )


def _names(state: State) -> Iterator[Fault]:
    names = Counter(files.fold(item.output_name) for item in state.items.values())
    for name, times in names.items():
        if name and times > 1:
            yield Fault(f'{times} items write to the outputs named "{name}".', "Run --scan again.")


def _outputs(folder: Path, state: State, outputs: Outputs) -> Iterator[Fault]:
    """Check that the outputs of completed items exist."""
    for key, missing in without_outputs(folder.parent.parent, state, outputs).items():
        cure = f"Run --repair, or {_reset(state.kind, key)}"
        yield Fault(f"{key} is completed, but these files are missing: {', '.join(missing)}.", cure)


def without_outputs(home: Path, state: State, outputs: Outputs) -> dict[str, list[str]]:
    """Return the completed items whose outputs are missing, each with the missing files."""
    items = {}
    for key, item in state.items.items():
        if item.status is Status.COMPLETED and item.report:
            missing = [path for path in outputs(item) if not (home / path).is_file()]
            if missing:
                items[key] = missing
    return items


def _reset(kind: Kind, key: str) -> str:
    return f"--reset-{kind.noun} {files.quoted(key)} to process it again."


def _checkpoints(folder: Path, kind: Kind) -> Iterator[Fault]:
    for checkpoint in checkpoints.listing(folder):
        try:
            snapshot.load(checkpoint.path, kind)
        except MediakeepError as error:
            if not checkpoint.path.exists():
                continue  # just pruned by a batch
            remove = f"rm {files.quote_path(checkpoint.path)}"
            cure = f"Run --repair to set it aside, or remove it: {remove}"
            yield Fault(fault(error).what, cure)


def _logs(folder: Path) -> Iterator[Fault]:
    for path in logs.changed(folder):
        name = f"{path.parent.name}/{path.name}"
        cure = "Restore it from a backup, or run --repair to set it aside."
        yield Fault(f"{name} was changed after its session ended.", cure)


def _history(folder: Path, state: State) -> Iterator[Fault]:
    """Check the lines of the history: complete, with rising numbers, none from the future."""
    newest = 0
    for path in history.paths(folder):
        last = 0  # a wrong clock may put later changes into an earlier month
        with path.open("rb") as stream:
            for number, text in enumerate(stream, 1):
                if not text.endswith(b"\n"):
                    break  # torn by a crash: truncated when the next line is written
                event = history.parse(text)
                if event is None:
                    yield Fault(f"{path.name} line {number} is damaged.", "Run --repair.")
                elif event["seq"] <= last:
                    yield Fault(
                        f"{path.name} line {number} repeats number {last}.", "Run --repair."
                    )
                last = max(last, event["seq"] if event else 0)
                newest = max(newest, last)
    if newest > state.seq:
        yield Fault(
            f"The history ends with change {newest}, the queue with {state.seq}.", "Run --repair."
        )


def _unrecorded(folder: Path, state: State) -> Iterator[Fault]:
    for key, seq in unrecorded(folder, state).items():
        yield Fault(
            f"Change {seq}, which last settled {key}, is missing in the history.",
            "Run --repair to add it from the queue.",
        )


def unrecorded(folder: Path, state: State) -> dict[str, int]:
    """Return the items whose last settle is missing in the history, each with its number.

    Changes in the current journal are not in the history yet. Changes that came with a restored or
    edited file need not belong to this history.
    """
    recorded, since = set(), 0
    for path in history.paths(folder):
        for _, event in history.read(path):
            recorded.add(event["seq"])
            if event["op"] in ("restore", "edit"):
                since = max(since, event["seq"])
    return {
        key: item.settled
        for key, item in state.items.items()
        if since < item.settled <= state.head.seq and item.settled not in recorded
    }
