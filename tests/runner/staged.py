"""What the worker of a staged toy does: it splits words, converts each as a part, joins them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mediakeep import atomic_files
from mediakeep.outcome import Outcome, Parts, Progress, Work
from tests.runner import notes


def _split(work: Work, folder: Path) -> Outcome:
    """Write each word of a thing's path to a file of its own."""
    words = work.item.path.split()
    if words[0] == "leap":
        return Outcome(next_stage="join")
    for number, word in enumerate(words):
        atomic_files.write_atomic(folder / "parts" / f"{work.stamp.key}.{number}", word, sync=False)
    return Outcome(data={"pieces": len(words)}, next_stage="convert")


def _convert(work: Work, folder: Path) -> Outcome | Parts:
    """Convert each word as a part of its own; then add up what the parts say."""
    if work.item.path == "fails-itself":
        raise ValueError("the stage itself fails")
    pieces = [folder / "parts" / f"{work.stamp.key}.{n}" for n in range(work.item.pieces)]
    asks_again = bool(pieces) and pieces[0].read_text() == "again"
    if work.results is None or asks_again:
        return Parts(tuple((str(path), path.read_text()) for path in pieces), _part_of(pieces))
    expected = tuple(convert_word(path.read_text()) for path in pieces)
    if work.results != expected:
        raise ValueError(f"{work.results} instead of {expected}")
    sizes = [len(path.with_suffix(f"{path.suffix}.out").read_text()) for path in pieces]
    made_of = {path.name: size for path, size in zip(pieces, sizes, strict=True)}
    return Outcome(data={"made_of": made_of}, next_stage="join")


def _part_of(pieces: list[Path]) -> Callable[[Any, Progress], Any]:
    """Return what converts a part; for "secret" one that no other process can be sent."""
    if pieces and pieces[0].read_text() == "secret":
        return lambda given, progress: convert(given, progress)
    return convert


def convert_word(word: str) -> Any:
    """Return the result of a converted part: nothing, or nothing in many places."""
    if word == "none":
        return None
    return {"word": word, "none": None, "deep": {"none": None, "list": [None, {"a": None}]}}


def convert(part: tuple[str, str], progress: Progress) -> Any:
    """Convert one part."""
    path, word = Path(part[0]), part[1]
    folder = path.parent.parent
    notes.note(folder, "part", path.name)
    if word == "slow":
        time.sleep(0.2)
    elif word == "gated":
        while not (folder / "gate").exists():
            time.sleep(0.01)
    elif word.startswith("flaky") and notes.first_time(folder, path.name, int(word[6:] or 1)):
        raise ValueError("this part is flaky.")
    elif word == "broken":
        raise OSError(5, "Input/output error", str(path))
    elif word == "deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "unspeakable":
        return object()
    elif word == "huge":
        return "x" * 5_000_000
    atomic_files.write_atomic(path.with_suffix(f"{path.suffix}.out"), word.upper(), sync=False)
    return convert_word(word)


def _join(work: Work, folder: Path) -> Outcome:
    """Join the converted parts."""
    names = [f"{work.stamp.key}.{number}.out" for number in range(work.item.pieces)]
    text = " ".join((folder / "parts" / name).read_text() for name in names)
    atomic_files.write_atomic(folder / "out" / work.stamp.key, text, sync=False)
    return Outcome(message=f"joined {len(names)}", data={"size": len(text)})


STAGED: dict[str, Callable[[Work, Path], Outcome | Parts]] = {
    "split": _split,
    "convert": _convert,
    "join": _join,
}
