"""Tables of how right answers are: per family, by threshold, and next to those of beets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from msgspec import structs

from benchmarks import matching_answers, matching_ours, table
from benchmarks.matching_albums import Library
from benchmarks.matching_answers import Answer, Score
from mediakeep.music.matching.weights import WEIGHTS, MatchingWeights

_BARS = (0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4)
_MARGINS = (0.0, 0.02, 0.05, 0.1, 0.2)
_TIES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
_DISTANCES = (0.01, 0.02, 0.04, 0.08, 0.15, 0.25)  # of beets, which applies what is below 0.04
_ALL = "all"


@dataclass(frozen=True)
class Pair:
    """The same albums, answered by mediakeep and by beets, if it is there."""

    library: Library
    ours: Sequence[Answer]
    theirs: Sequence[Answer] | None = None


def score_family(library: Library, answers: Iterable[Answer], family: str = _ALL) -> Score:
    """Score the albums of a family, or all."""
    pairs = [
        (one.truth, answer)
        for one, answer in zip(library.albums, answers, strict=True)
        if family in (_ALL, one.truth.family)
    ]
    return matching_answers.score([truth for truth, _ in pairs], [answer for _, answer in pairs])


def show_families(pair: Pair) -> None:
    """Print precision and recall of both levels for each family."""
    counted = {album.truth.family for album in pair.library.albums}
    for name, answers in (("mediakeep", pair.ours), ("beets", pair.theirs)):
        if answers is None:
            continue
        rows = [
            _row(family, score_family(pair.library, answers, family)) for family in sorted(counted)
        ]
        table.show(
            f"{name}: albums of the {pair.library.half} half, by family",
            _HEAD,
            [*rows, _row(_ALL, score_family(pair.library, answers))],
            "Recall of editions: of the albums whose evidence identifies one.",
            "Ties: exactly those editions; of all said to be tied; of all that are.",
        )


_HEAD = (
    *("", "albums", "groups: right", "precision", "recall"),
    *("editions: right", "precision", "recall", "ties", "absent matched"),
)


def _row(name: str, score: Score) -> list[str]:
    groups, editions, recalled, ties = score.groups, score.editions, score.recalled, score.ties
    return [
        *(name, str(score.albums), f"{groups.right} of {groups.given}"),
        *(_share(groups.precision, groups.given), _share(groups.recall, groups.wanted)),
        f"{editions.right} of {editions.given}",
        *(_share(editions.precision, editions.given), _share(recalled.recall, recalled.wanted)),
        *(f"{ties.right}, {ties.given}, {ties.wanted}", str(score.absent)),
    ]


def _share(value: float, of_: int) -> str:
    return f"{value:.3f}" if of_ else ""


def behind(pair: Pair) -> list[str]:
    """Name the families in which beets is better by more than one album."""
    if pair.theirs is None:
        return []
    families = sorted({album.truth.family for album in pair.library.albums})
    found = []
    for family in families:
        mine, theirs = (
            score_family(pair.library, answers, family) for answers in (pair.ours, pair.theirs)
        )
        ways = {
            "groups, precision": theirs.groups.wrong - mine.groups.wrong,
            "groups, recall": mine.groups.right - theirs.groups.right,
            "editions, precision": theirs.editions.wrong - mine.editions.wrong,
            "editions, recall": mine.recalled.right - theirs.recalled.right,
        }
        found += [f"{family} ({way})" for way, lead in ways.items() if lead < -1]
    return found


def show_thresholds(library: Library, calls: Sequence[matching_ours.Call]) -> None:
    """Print precision and recall with each bar in its turn set higher or lower."""
    ways: tuple[tuple[str, Sequence[float], str], ...] = (
        ("bar", _BARS, "the distance that a release group may have"),
        ("margin", _MARGINS, "by how much it is nearer than any other"),
        ("tie", _TIES, "points within which editions are tied"),
    )
    for name, values, text in ways:
        rows = list(_swept(library, calls, name, values))
        note = f"{name} is {getattr(WEIGHTS, name):g}: {text}."
        table.show(f"mediakeep, by {name}", (name, *LEVELS), rows, note)


LEVELS = (
    *("groups: precision", "recall", "editions: precision", "recall"),
    *("exact ties", "absent matched"),
)


def _swept(
    library: Library, calls: Sequence[matching_ours.Call], name: str, values: Sequence[float]
) -> Iterator[list[str]]:
    for value in values:
        weights: MatchingWeights = structs.replace(WEIGHTS, **{name: value})
        answers = matching_ours.answers(library, matching_ours.match_all(calls, weights))
        yield [f"{value:g}", *levels(score_family(library, answers))]


def levels(score: Score) -> list[str]:
    """Write the figures of both levels in a row."""
    return [
        *(f"{score.groups.precision:.4f}", f"{score.groups.recall:.4f}"),
        *(f"{score.editions.precision:.4f}", f"{score.recalled.recall:.4f}"),
        *(f"{score.ties.right} of {score.ties.wanted}", str(score.absent)),
    ]


def show_peer(pair: Pair) -> None:
    """Print how right beets would be if it applied what is within other distances."""
    assert pair.theirs is not None
    rows = [
        [
            f"{most:g}",
            *levels(score_family(pair.library, [_cut(their, most) for their in pair.theirs])),
        ]
        for most in _DISTANCES
    ]
    note = "Its own rule takes nothing that lacks tracks or has others; here the distance decides."
    table.show("beets, by distance of its best candidate", ("below", *LEVELS), rows, note)


def _cut(answer: Answer, most: float) -> Answer:
    near = answer.distance < most
    return replace(answer, sure=near, edition=near)
