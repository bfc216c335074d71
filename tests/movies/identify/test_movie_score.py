"""What is taken off a movie's confidence for what, and when it is accepted."""

from __future__ import annotations

from msgspec import structs

from mediakeep.lookups.tmdb.lookup_store import MovieCandidate
from mediakeep.lookups.tmdb.model import AlternativeTitle, Certification, Movie, MovieSummary
from mediakeep.movies.identify import score
from mediakeep.movies.identify.clues import MovieClues
from mediakeep.movies.identify.model import MatchStatus
from mediakeep.movies.identify.weights import WEIGHTS
from tests.sampling import each_row

HIT = MovieSummary(id=1, title="The Amber Ferry", release_date="1954-03-01", popularity=2.0)
DETAILS = Movie(id=1, title="The Amber Ferry", release_date="1954-03-01", runtime=100)


def build_clues(
    title: str = "The Amber Ferry", year: int = 1954, minutes: float = 100.0
) -> MovieClues:
    return MovieClues((title,), year, minutes)


def rate(clues: MovieClues, details: Movie | None = DETAILS) -> MovieCandidate:
    return score.rate_candidate(clues, HIT, details)


def test_nothing_is_taken_off_where_all_agrees() -> None:
    identity = rate(build_clues())
    assert (identity.confidence, identity.against) == (1.0, {})


@each_row("minutes", [96.0, 95.6, 100.0, 104.4])
def test_a_film_that_runs_four_per_cent_faster_is_as_long(minutes: float) -> None:
    assert rate(build_clues(minutes=minutes)).confidence == 1.0


def test_the_penalty_grows_with_the_difference_in_running_time() -> None:
    taken = [
        rate(build_clues(minutes=minutes)).against["runtime"] for minutes in (107, 112, 118, 130)
    ]
    assert taken == sorted(taken)
    assert taken[-1] == WEIGHTS.runtime


@each_row("minutes", [75.0, 128.0, 140.0])
def test_an_edition_that_is_much_longer_is_still_the_movie(minutes: float) -> None:
    cut = structs.replace(build_clues(minutes=minutes), edition=True)
    assert score.decide_status([rate(cut)]) is MatchStatus.AUTO
    assert score.decide_status([rate(structs.replace(cut, year=1955))]) is MatchStatus.REVIEW


def test_an_edition_may_last_longer() -> None:
    plain = score.rate_candidate(MovieClues(("The Amber Ferry",), 1954, 115.0), HIT, DETAILS)
    longer = score.rate_candidate(MovieClues(("The Amber Ferry",), 1954, 115.0, True), HIT, DETAILS)
    assert score.decide_status([plain]) is MatchStatus.REVIEW
    assert score.decide_status([longer]) is MatchStatus.AUTO


def test_a_video_of_a_few_minutes_needs_a_review() -> None:
    assert rate(build_clues(minutes=0.0)).against == {"runtime": WEIGHTS.untimed}
    for minutes in (0.1, 4.9):
        assert score.decide_status([rate(build_clues(minutes=minutes))]) is MatchStatus.REVIEW
        short = rate(build_clues(minutes=minutes), structs.replace(DETAILS, runtime=4))
        assert short.against.get("runtime") != WEIGHTS.scrap


def test_a_title_and_a_year_alone_may_be_a_home_video() -> None:
    bare = structs.replace(build_clues(minutes=0.0), bare=True)
    assert score.decide_status([rate(bare)]) is MatchStatus.REVIEW
    assert rate(structs.replace(bare, minutes=100.0)).confidence == 1.0


def test_years_that_differ_by_two_need_a_review() -> None:
    verdicts = [
        score.decide_status([rate(build_clues(year=year))])
        for year in (1953, 1954, 1955, 1956, 1994)
    ]
    assert verdicts == [
        MatchStatus.AUTO,
        MatchStatus.AUTO,
        MatchStatus.AUTO,
        MatchStatus.REVIEW,
        MatchStatus.REVIEW,
    ]


def test_a_release_in_another_country_explains_a_later_year() -> None:
    shown = Certification("DE", type=3, date="1956-04-01")
    assert rate(build_clues(year=1956)).confidence < WEIGHTS.bar
    details = Movie(id=1, title="The Amber Ferry", runtime=100, certificates=(shown,))
    assert rate(build_clues(year=1956), details).confidence >= WEIGHTS.bar


def test_a_title_of_another_country_counts_as_well() -> None:
    movie = Movie(
        id=1, runtime=100, alternative_titles=(AlternativeTitle("Die Bernsteinfähre", "DE"),)
    )
    identity = rate(build_clues("Die Bernsteinfähre"), movie)
    assert identity.confidence >= WEIGHTS.bar
    assert identity.title == "Die Bernsteinfähre"


def test_a_single_word_without_year_and_running_time_is_too_little() -> None:
    hit = MovieSummary(id=1, title="Nightjar", release_date="2010-01-01")
    bare = score.rate_candidate(MovieClues(("Nightjar",)), hit)
    timed = score.rate_candidate(MovieClues(("Nightjar",), 0, 100.0), hit, Movie(id=1, runtime=100))
    longer = rate(build_clues(year=0, minutes=0))
    assert [score.decide_status([candidate]) for candidate in (bare, timed, longer)] == [
        MatchStatus.REVIEW,
        MatchStatus.AUTO,
        MatchStatus.AUTO,
    ]


def test_a_part_of_a_name_counts_less_than_all_of_it() -> None:
    clues = MovieClues(("Marigold: The Return", "Marigold"), 1954, 100.0)
    part = score.rate_candidate(
        clues, MovieSummary(id=2, title="Marigold", release_date="1954-01-01")
    )
    whole = score.rate_candidate(
        clues, MovieSummary(id=3, title="Marigold - The Return", release_date="1954")
    )
    best_first = score.rank_candidates([part, whole])
    assert [candidate.hit.id for candidate in best_first] == [3, 2]
    assert score.decide_status(best_first) is MatchStatus.AUTO


def test_popularity_decides_nothing() -> None:
    loved = MovieSummary(id=2, title="The Amber Ferry", release_date="1998-01-01", popularity=900.0)
    clues = build_clues(year=0, minutes=0)
    pair = score.rank_candidates(
        [score.rate_candidate(clues, HIT), score.rate_candidate(clues, loved)]
    )
    assert score.decide_status(pair) is MatchStatus.REVIEW
    dated = score.rank_candidates(
        [score.rate_candidate(build_clues(), HIT), score.rate_candidate(build_clues(), loved)]
    )
    assert (score.decide_status(dated), dated[0].hit.id) == (MatchStatus.AUTO, 1)


def test_equals_are_a_tie_and_what_is_nothing_like_is_unmatched() -> None:
    twin = MovieSummary(id=2, title="The Amber Ferry", release_date="1954-09-09")
    assert (
        score.decide_status([rate(build_clues()), score.rate_candidate(build_clues(), twin)])
        is MatchStatus.REVIEW
    )
    stranger = MovieSummary(id=3, title="Teapots at Dawn", release_date="1954-01-01")
    assert (
        score.decide_status([score.rate_candidate(build_clues(), stranger)])
        is MatchStatus.UNMATCHED
    )
    assert score.decide_status([]) is MatchStatus.UNMATCHED


def test_a_year_may_be_a_word_of_the_title() -> None:
    clues = MovieClues(("Harbour", "Harbour 1984"), 1984, 120.0)
    old = score.rate_candidate(
        clues, MovieSummary(id=2, title="Harbour", release_date="2017-01-01")
    )
    new = MovieSummary(id=3, title="Harbour 1984", release_date="2020-01-01")
    best_first = score.rank_candidates(
        [old, score.rate_candidate(clues, new, Movie(id=3, runtime=121))]
    )
    assert best_first[0].hit.id == 3
    assert score.decide_status(best_first) is MatchStatus.AUTO
