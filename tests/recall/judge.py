"""Runs the commands over a made library, and compares what they found with what was planted."""

import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.recall.plants.ground import Defect

ROOT = Path(__file__).resolve().parents[2]
Issue = dict[str, Any]


def run(library: Path, home: Path) -> float:
    """Have the library scanned and worked through; the answer is how many seconds it took."""
    home.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    _command("music_queue_manager.py", "--scan", str(library), "--home", str(home))
    _command(
        "process_music_batch.py", "--all", "--fix", "none", "--workers", "2", "--home", str(home)
    )
    return time.perf_counter() - began


def _command(name: str, *arguments: str) -> None:
    """Run one of the commands, and show what it said where it failed."""
    call = [sys.executable, str(ROOT / "utilities" / name), *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")


def issues(home: Path) -> list[Issue]:
    """Every issue of every audit, with the artist it is about."""
    found = []
    for path in sorted((home / "outputs").glob("*_audit.json")):
        audit = json.loads(path.read_bytes())
        found += [issue | {"artist": audit["artist"]} for issue in audit["issues"]]
    return found


def place(issue: Issue) -> tuple[str, str, str, str]:
    """What tells the issue apart, as for a planted defect."""
    album = "" if issue["path"] else issue["album"]
    return issue["kind"], issue["artist"], _escaped(album), _escaped(issue["path"])


def _escaped(path: str) -> str:
    """The path with its escapes in small letters: the documents leave that open."""
    return re.sub(r"\\x[0-9A-F]{2}", lambda found: found[0].lower(), path)


@dataclass
class Verdict:
    """What was planted and found of each kind, what was missed, and what was a false alarm."""

    planted: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    missed: list[Defect] = field(default_factory=list)
    false: list[Issue] = field(default_factory=list)

    def recall(self, kind: str) -> float:
        """The share of the planted defects that was found."""
        return self.found[kind] / self.planted[kind] if self.planted[kind] else 1.0

    def precision(self, kind: str) -> float:
        """The share of the reported issues that was planted."""
        wrong = sum(issue["kind"] == kind for issue in self.false)
        return self.found[kind] / (self.found[kind] + wrong) if self.found[kind] + wrong else 1.0


def judge(defects: Iterable[Defect], reported: Iterable[Issue]) -> Verdict:
    """Match each planted defect with an issue at its place."""
    verdict = Verdict()
    left = {place(issue): issue for issue in reported}
    for defect in defects:
        verdict.planted[defect.kind] += 1
        other = (defect.kind, defect.artist, "", defect.twin)
        if left.pop(defect.place, None) or (defect.twin and left.pop(other, None)):
            verdict.found[defect.kind] += 1
        else:
            verdict.missed.append(defect)
    verdict.false = list(left.values())
    return verdict


def table(verdict: Verdict) -> str:
    """A line for each kind, then all misses and false alarms."""
    kinds = sorted(set(verdict.planted) | {issue["kind"] for issue in verdict.false})
    rows = [f"{'kind':<28} {'planted':>7} {'found':>6} {'recall':>7} {'precision':>9}"]
    for kind in kinds:
        numbers = f"{verdict.planted[kind]:>7} {verdict.found[kind]:>6}"
        shares = f"{verdict.recall(kind):>7.3f} {verdict.precision(kind):>9.3f}"
        rows.append(f"{kind:<28} {numbers} {shares}")
    total, found = verdict.planted.total(), verdict.found.total()
    rows.append(f"{'all':<28} {total:>7} {found:>6} {len(verdict.false)} false alarms")
    for defect in verdict.missed:
        rows.append(f"missed: {defect.kind}: {defect.artist} | {defect.album} | {defect.path}")
    for issue in verdict.false:
        rows.append(f"false alarm: {line(issue)}")
    return "\n".join(rows)


def line(issue: Issue) -> str:
    """One issue for people."""
    where = f"{issue['artist']} | {issue['album']} | {issue['path']}"
    return f"{issue['kind']}: {where}: {issue['detail']}"
