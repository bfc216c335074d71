"""Movies identified by their names: how right, and at what cost, next to taking the first hit.

A catalogue is generated, full of remakes, sequels and nearly equal titles, and names of files
are made of its movies. Movies are dealt to two halves by their titles: weights were set on one,
and all figures of precision and recall are taken on the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import structs

from benchmarks import movie_answers, movie_fit, movie_names, table
from benchmarks.movie_answers import Answer, Score
from benchmarks.movie_names import Case, NameSet
from mediakeep.movies.identify.weights import WEIGHTS
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb import movie_catalogue

FILMS, NAMES, SEED = 4000, 500, 11
_OTHERS = (12, 13)  # seeds of other catalogues, in full
_BARS = (0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
_MARGINS = (0.0, 0.02, 0.05, 0.1, 0.2)
_TARGETS = "Targets: precision 0.99, recall 0.90."
_LEVELS = ("precision", "recall", "right", "wrong", "requests a name")
OURS, FIRST, AGAIN = "mediakeep", "the first hit", "the same, then without year"
_WAYS = OURS, FIRST, AGAIN
_Answers = Mapping[str, Sequence[Answer]]


def run(folder: Path, *, full: bool) -> None:
    """Measure on the held half; in full fit the weights, and measure other catalogues as well."""
    deck = movie_names.deal(movie_catalogue.generate_catalogue(FILMS, SEED), NAMES, SEED)
    _show_deck(deck)
    with movie_answers.serve(deck.catalogue) as server:
        told = answer_in_ways(deck.half("held"), server, folder)
        _show_sums("The held half, side by side", told)
        _show_families(told)
        _show_thresholds(deck.half("fit"), server, folder)
        if full:
            movie_fit.run(deck.half("fit"), server, folder / "fit")
    for seed in _OTHERS if full else ():
        other = movie_names.deal(movie_catalogue.generate_catalogue(FILMS, seed), NAMES, seed)
        with movie_answers.serve(other.catalogue) as server:
            told = answer_in_ways(other.cases, server, folder / f"{seed}")
            _show_sums(f"Another catalogue, with seed {seed}: all of its names", told)


def answer_in_ways(
    cases: Sequence[Case], server: SimulatorServer, folder: Path, ways: Sequence[str] = _WAYS
) -> _Answers:
    """Have names answered in several ways, each with a cache of its own."""
    local = movie_answers.read(cases)
    found = {}
    for place, name in enumerate(ways):
        with movie_answers.open_context(folder / f"{place}", server) as context:
            if name == OURS:
                way = movie_answers.ours(context)
            else:
                way = movie_answers.first(context, again=name == AGAIN)
            found[name] = movie_answers.answer_all(local, server, way)
    return found


def _show_deck(deck: NameSet) -> None:
    movies = deck.catalogue.films
    titles = Counter(movie.title for movie in movies)
    shared = sum(count for count in titles.values() if count > 1)
    counted = Counter(case.family for case in deck.cases)
    rows = [[family, f"{counted[family]}"] for family in movie_names.families(deck.cases)]
    untimed = sum(case.minutes == 0 for case in deck.cases)
    table.show(
        f"{len(movies):,} generated movies, {shared / len(movies):.0%} of which share their title;"
        f" {len(deck.cases)} names",
        ("family", "names"),
        rows,
        f"Fitted on {len(deck.half('fit'))} names, measured on {len(deck.half('held'))}."
        f" Of {untimed} the running time is not known.",
    )


def _show_sums(title: str, result: _Answers) -> None:
    rows = []
    for name, answers in result.items():
        left = Counter(answer.sure.value for answer in answers)
        more = [f"{left['review']}", f"{left['unmatched']}"]
        rows.append([name, *_levels(movie_answers.score(answers)), *more])
    table.show(title, ("", *_LEVELS, "review", "unmatched"), rows, _TARGETS)


def _levels(score: Score) -> list[str]:
    return [
        *(f"{score.precision:.4f}", f"{score.recall:.4f}"),
        *(f"{score.right}", f"{score.wrong}", f"{score.requests / max(1, score.names):.2f}"),
    ]


def _show_families(result: _Answers) -> None:
    names = list(result)[:2]
    cases = [one.case for one in result[names[0]]]
    rows = []
    for family in movie_names.families(cases):
        of = {name: [one for one in result[name] if one.case.family == family] for name in names}
        cells = [cell for name in names for cell in _family(movie_answers.score(of[name]))]
        rows.append([family, f"{len(of[names[0]])}", *cells])
    each = ("right", "wrong", "requests")
    head = ("", "names", *each, *(f"first hit: {one}" for one in each))
    table.show("The held half, by family", head, rows)


def _family(score: Score) -> list[str]:
    return [f"{score.right}", f"{score.wrong}", f"{score.requests / max(1, score.names):.2f}"]


def _show_thresholds(cases: Sequence[Case], server: SimulatorServer, folder: Path) -> None:
    ways: tuple[tuple[str, Sequence[float], str], ...] = (
        ("bar", _BARS, "the confidence from which on a movie is accepted"),
        ("margin", _MARGINS, "by which it is ahead of every other"),
    )
    for name, values, text in ways:
        rows = list(_swept(cases, server, folder, (name, values)))
        note = f"{name} is {getattr(WEIGHTS, name):g}: {text}."
        table.show(f"The half that was fitted, by {name}", (name, *_LEVELS), rows, note)


def _swept(
    cases: Sequence[Case], server: SimulatorServer, folder: Path, way: tuple[str, Sequence[float]]
) -> Iterator[list[str]]:
    local = movie_answers.read(cases)
    name, values = way
    for value in values:
        weights = structs.replace(WEIGHTS, **{name: value})
        with movie_answers.open_context(folder / f"{name}{value}", server) as context:
            answers = movie_answers.answer_all(
                local, server, movie_answers.weighed(context, weights)
            )
        yield [f"{value:g}", *_levels(movie_answers.score(answers))]
