"""Albums identified: how right, how certain, and at what cost, next to beets.

A catalogue is made, most of it hard, and local albums are damaged in families. Artists are dealt to
two halves: weights were fitted on one, and all figures are taken on the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import (
    matching_albums,
    matching_fit,
    matching_ours,
    matching_pace,
    matching_peer,
    matching_score,
    matching_world,
    script_runs,
    table,
)
from benchmarks.matching_albums import Library
from benchmarks.matching_answers import Answers
from benchmarks.matching_score import Pair
from benchmarks.matching_world import Catalogue
from mediakeep_simulator.server import SimulatorServer

_ARTISTS, _SEED = 300, 1
_TARGETS = "Targets: groups 0.995 and 0.97, editions 0.97 and 0.85, no absent album answered."


def run(folder: Path, *, full: bool) -> None:
    """Measure on the held half; in full fit the weights on the other first, which takes long."""
    catalogue = matching_world.make(_ARTISTS, _SEED)
    libraries = matching_albums.make(catalogue, _SEED)
    _show_world(catalogue, libraries)
    fit, library = libraries
    with script_runs.serve(catalogue.world) as server:
        if full:
            matching_fit.run(fit, matching_ours.ask(fit, server, folder / "fit").calls)
        _measure(library, server, folder)


def _measure(library: Library, server: SimulatorServer, folder: Path) -> None:
    outcome = matching_ours.ask(library, server, folder / "held")
    ours = matching_ours.answer_all(library, outcome)
    theirs = matching_peer.ask(library.albums, server, folder / "beets")
    pair = Pair(library, ours.answers, theirs.answers if theirs else None)
    matching_score.show_families(pair)
    _show_sums(library, ours, theirs)
    matching_score.show_thresholds(library, outcome.calls)
    if theirs:
        matching_score.show_peer(pair)
        ahead = ", ".join(matching_score.behind(pair)) or "none"
        print(f"  Families in which beets is ahead by more than one album: {ahead}")
    matching_pace.show(outcome.calls)


def _show_world(catalogue: Catalogue, libraries: Sequence[Library]) -> None:
    hard, groups = catalogue.hard, sum(1 for _ in catalogue.works)
    all_hard = hard.pop("")
    rows = [[kind, f"{count:,}", f"{count / groups:.0%}"] for kind, count in hard.most_common()]
    shares = matching_albums.shares(libraries)
    rarest, count = shares.most_common()[-1]
    table.show(
        f"A generated catalogue: {len(catalogue.acts)} artists, {groups:,} release groups,"
        f" {sum(1 for _ in catalogue.releases):,} releases",
        ("hard: it has, or is", "groups", "share"),
        [*rows, ["any of these", f"{all_hard:,}", f"{all_hard / groups:.0%}"]],
        f"{shares.total():,} local albums in {len(shares)} families; the rarest, {rarest},"
        f" is {count / shares.total():.1%} of them.",
    )


def _show_sums(library: Library, ours: Answers, theirs: Answers | None) -> None:
    rows = []
    for name, row in (("mediakeep", ours), ("beets, strong", theirs)):
        if row is None:
            rows.append([f"{name}: not installed; CONTRIBUTING.md says how"] + [""] * 8)
            continue
        score = matching_score.levels(matching_score.score_family(library, row.answers))
        rows.append([name, *score, f"{row.requests:,}", f"{row.cpu:.0f}"])
    head = ("", *matching_score.LEVELS, "requests", "CPU s")
    table.show(f"The {library.half} half, side by side", head, rows, _TARGETS)
