"""The whole consistency check of a queue: what is wrong, and what helps."""

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

Outputs = Callable[[Item], list[str]]  # what a completed item has on disk, below the home


_SHARE = "completion_percentage"


@dataclass(frozen=True)
class Fault:
    """Something that is wrong, and its cure."""

    what: str
    cure: str


def fault(damage: MediakeepError) -> Fault:
    """Split an error about the state into what is wrong and what helps."""
    what, _, cure = str(damage).partition(" Nothing was changed.")
    return Fault(what.rstrip(".") + ".", cure.strip() or "Run --repair.")


def faults(folder: Path, state: State, outputs: Outputs) -> Iterator[Fault]:
    """Check a queue that could be opened: its files against each other, and against the disk."""
    yield from record(folder, state)
    yield from around(folder, state, outputs)


def record(folder: Path, state: State) -> Iterator[Fault]:
    """Check the queue's own files against each other; nobody may be writing them."""
    yield from _counts(folder, state)
    yield from _journals(folder, state)
    yield from _fold(folder, state.kind)
    yield from _claims(state)
    yield from _names(state)
    yield from _history(folder, state)
    yield from _unrecorded(folder, state)


def around(folder: Path, state: State, outputs: Outputs) -> Iterator[Fault]:
    """Check what the queue has written beside itself: outputs and checkpoints."""
    yield from _outputs(folder, state, outputs)
    yield from _checkpoints(folder, state.kind)
    yield from _logs(folder)


def _counts(folder: Path, state: State) -> Iterator[Fault]:
    """Hold the snapshot's own summary against a recount."""
    loaded = snapshot.load(folder / snapshot.FILE, state.kind)
    counted = State(state.kind, loaded.head, loaded.items).summary()
    # Earlier versions counted vanished items in the share, so only the numbers are compared.
    told = {**loaded.head.summary, _SHARE: counted[_SHARE]}
    if loaded.head.summary and told != counted:
        yield Fault(
            f"The summary in {snapshot.FILE} says {loaded.head.summary}, its items {counted}.",
            "Run --repair: it is counted anew.",
        )


def _journals(folder: Path, state: State) -> Iterator[Fault]:
    """Follow the kept journals: checksums, numbers without gaps, seals, one after the other."""
    before = None
    current = journal.name(state.head.generation, state.head.snapshot_id)
    for path in sorted((folder / JOURNALS).glob("*.jsonl")):
        if path.name != current and _is_aborted(path):
            continue
        header = journal.header(path)
        if header is None:
            yield Fault(f"{path.name} has no whole header.", "Run --repair: it is set aside.")
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
    """Tell whether a journal has a header at most: a kill ended the rewrite that it was made for.

    The next rewrite removes it.
    """
    return path.read_bytes().rstrip(b"\0").count(b"\n") <= 1


def _fold(folder: Path, kind: Kind) -> Iterator[Fault]:
    """Play the last sealed journal on the snapshot before it: that must give today's snapshot."""
    now = snapshot.load(folder / snapshot.FILE, kind)
    kept = binding.before(
        folder / JOURNALS / journal.name(now.head.generation, now.head.snapshot_id)
    )
    sealed = kept.with_suffix(".jsonl")
    if not (kept.exists() and sealed.exists()):
        return
    try:
        loaded = snapshot.load(kept, kind)
        played = State(kind, loaded.head, loaded.items)
        played.replay(journal.read(sealed).records, sealed.name)
    except MediakeepError as error:
        yield Fault(f"{kept.name} and its journal do not play: {error}", "Run --repair.")
        return
    differ = [key for key, item in now.items.items() if played.items.get(key) != item]
    if differ or played.seq != now.head.seq or len(played.items) != len(now.items):
        names = ", ".join(differ[:3])
        yield Fault(f"{snapshot.FILE} is not what its journals say ({names}).", "Run --repair.")


def unowned(state: State) -> list[str]:
    """Return the items that are in progress without a claim that could be."""
    return [
        key
        for key, item in state.items.items()
        if item.status is Status.IN_PROGRESS and not (item.session and 0 < item.claim <= state.seq)
    ]


def _claims(state: State) -> Iterator[Fault]:
    for key in unowned(state):
        yield Fault(f"{key} is in progress, but nobody holds it.", _reset(state.kind, key))


def _names(state: State) -> Iterator[Fault]:
    names = Counter(files.fold(item.output_name) for item in state.items.values())
    for name, times in names.items():
        if name and times > 1:
            yield Fault(f'{times} items write to the outputs named "{name}".', "Run --scan again.")


def _outputs(folder: Path, state: State, outputs: Outputs) -> Iterator[Fault]:
    """Look for what each completed item should have left on the disk."""
    for key, gone in without_outputs(folder.parent.parent, state, outputs).items():
        cure = f"Run --repair, or {_reset(state.kind, key)}"
        yield Fault(f"{key} is completed, but lacks {', '.join(gone)}.", cure)


def without_outputs(home: Path, state: State, outputs: Outputs) -> dict[str, list[str]]:
    """Return the completed items that lack files on the disk, each with those files."""
    lacking = {}
    for key, item in state.items.items():
        if item.status is Status.COMPLETED and item.report:
            gone = [path for path in outputs(item) if not (home / path).is_file()]
            if gone:
                lacking[key] = gone
    return lacking


def _reset(kind: Kind, key: str) -> str:
    return f"--reset-{kind.noun} {files.quoted(key)}: it is done again."


def _checkpoints(folder: Path, kind: Kind) -> Iterator[Fault]:
    for checkpoint in checkpoints.listing(folder):
        try:
            snapshot.load(checkpoint.path, kind)
        except MediakeepError as error:
            if not checkpoint.path.exists():
                continue  # pruned by a batch meanwhile
            remove = f"rm {files.quote_path(checkpoint.path)}"
            cure = f"Run --repair: it is set aside. Or remove it: {remove}"
            yield Fault(fault(error).what, cure)


def _logs(folder: Path) -> Iterator[Fault]:
    for path in logs.changed(folder):
        name = f"{path.parent.name}/{path.name}"
        cure = "Put it back from a backup, or run --repair: it is set aside."
        yield Fault(f"{name} was changed after its session ended.", cure)


def _history(folder: Path, state: State) -> Iterator[Fault]:
    """Read the history's lines: each whole, their numbers rising, none from the future."""
    newest = 0
    for path in history.paths(folder):
        last = 0  # a clock that was wrong may put later changes into an earlier month
        with path.open("rb") as stream:
            for number, text in enumerate(stream, 1):
                if not text.endswith(b"\n"):
                    break  # torn by a crash: cut when the next line is written
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
            f"The history lacks change {seq}, by which {key} was last done.",
            "Run --repair: it is added from what the queue knows.",
        )


def unrecorded(folder: Path, state: State) -> dict[str, int]:
    """Return the items whose last settle is missing in the history, each with its number.

    What the journal in use holds is not there yet. What a file from elsewhere said, when it was
    restored or edited by hand, need not be of this history.
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
