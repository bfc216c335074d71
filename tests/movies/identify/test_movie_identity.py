"""Which movie a file is: what decides, what is asked for it, and what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.errors import Stopped
from mediakeep.item import Status
from mediakeep.lookups.tmdb.context import DISABLED, TmdbContext
from mediakeep.lookups.tmdb.model import Movie as Known
from mediakeep.lookups.tmdb.model import MovieSummary
from mediakeep.movies.identify import identify_movie, score
from mediakeep.movies.identify.clues import MovieClues
from mediakeep.movies.identify.model import MatchStatus, MovieChoice, MovieIdentity, NeverAsk
from mediakeep.movies.identify.weights import WEIGHTS
from mediakeep.movies.item import MovieItem
from mediakeep.movies.model import LocalMovie
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from tests.movies.identify import films
from tests.movies.identify.films import (
    FERRY,
    FERRY_2,
    GONE,
    HARBOUR,
    ITEM,
    LANTERNS,
    NIGHTJAR,
    REMADE,
    build_local_movie,
)


def identify(
    movie: LocalMovie, desk: TmdbContext, item: MovieItem = ITEM, **nfo: str
) -> MovieIdentity:
    return identify_movie.identify(movie, item, nfo, desk)


def list_request_kinds(server: SimulatorServer) -> list[str]:
    """Return what was asked for: "search", "movie" or "find"."""
    return [request.path.split("/")[2] for request in server.requests]


def test_a_name_and_a_year_need_two_requests(server: SimulatorServer, context: TmdbContext) -> None:
    identity = identify(build_local_movie("The Amber Ferry", 1954, 92), context)
    assert (identity.status, identity.decided_by, identity.tmdb_id) == (
        MatchStatus.AUTO,
        "search",
        FERRY,
    )
    assert identity.movie is not None
    assert identity.movie.directors == ("Ada Quill",)
    assert list_request_kinds(server) == ["search", "movie"]


def test_the_more_popular_movie_of_a_title_is_not_taken_for_it(context: TmdbContext) -> None:
    assert identify(build_local_movie("Amber Ferry, The", 1998), context).tmdb_id == REMADE
    assert identify(build_local_movie("The Amber Ferry", 1955, 92), context).tmdb_id == FERRY


def test_the_running_time_shows_remakes_apart_without_a_year(context: TmdbContext) -> None:
    assert identify(build_local_movie("The Amber Ferry", 0, 93), context).tmdb_id == FERRY


def test_a_wrong_year_is_found_out_by_the_running_time(context: TmdbContext) -> None:
    identity = identify(build_local_movie("The Amber Ferry", 1998, 92), context)
    assert identity.status is MatchStatus.REVIEW


def test_without_year_and_running_time_a_review_is_needed(context: TmdbContext) -> None:
    identity = identify(build_local_movie("The Amber Ferry"), context)
    assert (identity.status, identity.tmdb_id, identity.movie) == (MatchStatus.REVIEW, 0, None)
    assert {candidate.hit.id for candidate in identity.candidates} >= {FERRY, REMADE}
    assert {candidate.director for candidate in identity.candidates} >= {"Ada Quill"}
    assert all(candidate.runtime for candidate in identity.candidates[:2])


@pytest.mark.parametrize(
    ("base", "minutes", "sure"),
    [
        ("Two Lanterns 1977", 0, MatchStatus.REVIEW),
        ("two.lanterns.1977", 0, MatchStatus.REVIEW),
        ("Two Lanterns 1977", 0.3, MatchStatus.REVIEW),
        ("Two Lanterns 1977", 100, MatchStatus.AUTO),
        ("Two Lanterns (1977)", 0, MatchStatus.AUTO),
        ("Two.Lanterns.1977.1080p", 0, MatchStatus.AUTO),
    ],
)
def test_a_home_video_is_not_matched_to_a_movie_of_the_same_name(
    context: TmdbContext, base: str, minutes: float, sure: MatchStatus
) -> None:
    lantern = structs.replace(build_local_movie("Two Lanterns", 1977, minutes), base=base)
    assert identify(lantern, context).status is sure


def test_a_collection_folder_with_a_year_is_not_taken_for_the_movie_in_it(
    context: TmdbContext,
) -> None:
    movie = build_local_movie(
        "Two Lanterns", 1977, source="folder", others=("Two Lanterns 1977", "Elf")
    )
    movie = structs.replace(movie, base="Elf", root="/l/Two Lanterns 1977")
    assert identify(movie, context).status is MatchStatus.REVIEW
    own = structs.replace(movie.name, others=("Two Lanterns 1977",))
    assert identify(structs.replace(movie, name=own), context).status is MatchStatus.AUTO


@pytest.mark.parametrize(
    ("edition", "sure"),
    [
        ("Extended", MatchStatus.AUTO),
        ("Director's Cut Remastered", MatchStatus.AUTO),
        ("Remastered", MatchStatus.REVIEW),
        ("Criterion", MatchStatus.REVIEW),
        ("4K Remaster", MatchStatus.REVIEW),
        ("", MatchStatus.REVIEW),
    ],
)
def test_only_a_remastered_edition_may_last_longer(
    context: TmdbContext, edition: str, sure: MatchStatus
) -> None:
    assert (
        identify(build_local_movie("Two Lanterns", 1977, 130, edition=edition), context).status
        is sure
    )


def test_a_title_that_begins_with_a_year_is_read_without_it(context: TmdbContext) -> None:
    spoken = build_local_movie("Amber Ferry", 1954, 92, others=("1954 Amber Ferry",))
    assert identify(spoken, context).tmdb_id == FERRY
    clues = MovieClues(("A Ferry", "1954 A Ferry"), 1954, 92)
    hit = MovieSummary(id=1, title="1954: A Ferry", release_date="1968-01-01")
    assert score.rate_candidate(clues, hit, Known(id=1, runtime=92)).confidence >= WEIGHTS.bar


def test_indistinguishable_twins_are_tied(context: TmdbContext) -> None:
    identity = identify(build_local_movie("Nightjar", 2010, 101), context)
    assert identity.status is MatchStatus.REVIEW
    assert identity.candidates[0].confidence - identity.candidates[1].confidence < 0.05


@pytest.mark.parametrize("title", ["The Amber Ferry II", "The Amber Ferry Part Two"])
def test_a_sequel_is_found_however_it_is_counted(context: TmdbContext, title: str) -> None:
    assert identify(build_local_movie(title, 2001, 110), context).tmdb_id == FERRY_2


@pytest.mark.parametrize("title", ["Zwei Laternen", "Deux lanternes", "2 Lanterns"])
def test_a_movie_is_found_by_any_of_its_titles(context: TmdbContext, title: str) -> None:
    assert identify(build_local_movie(title, 1977, 101), context).tmdb_id == LANTERNS


@pytest.mark.parametrize(
    "title", ["Marigold an the Harbour: The Return", "Marigold and the Harbuor - The Return"]
)
def test_a_misspelled_title_is_found_by_the_rest_of_it(context: TmdbContext, title: str) -> None:
    assert identify(build_local_movie(title, 1989, 95), context).tmdb_id == HARBOUR


@pytest.mark.parametrize("title", ["", " - - ", "\udcff\x00", "(((("])
def test_an_empty_name_sends_no_request(
    server: SimulatorServer, context: TmdbContext, title: str
) -> None:
    assert identify(build_local_movie(title, 1999, 90), context).status is MatchStatus.UNMATCHED
    assert server.requests == []


def test_an_unknown_movie_is_unmatched(context: TmdbContext) -> None:
    identity = identify(build_local_movie("Teapots at Dawn", 1971, 90), context)
    assert (identity.status, identity.candidates, identity.lookup_error) == (
        MatchStatus.UNMATCHED,
        (),
        "",
    )


@pytest.mark.parametrize(
    ("item", "nfo", "name", "by", "film"),
    [
        (structs.replace(ITEM, match="user", tmdb_id=FERRY), {"tmdb": "12"}, 13, "queue", FERRY),
        (structs.replace(ITEM, match="auto", tmdb_id=FERRY), {"tmdb": "12"}, 13, "nfo", REMADE),
        (ITEM, {"imdb": "tt7000012"}, 13, "nfo", REMADE),
        (ITEM, {"tmdb": "no id", "imdb": "tt12"}, 13, "name", FERRY_2),
    ],
)
def test_the_first_id_in_order_decides_with_one_request(
    server: SimulatorServer,
    context: TmdbContext,
    item: MovieItem,
    nfo: dict[str, str],
    name: int,
    by: str,
    film: int,
) -> None:
    identity = identify(build_local_movie("The Amber Ferry", tmdb_id=name), context, item, **nfo)
    assert (identity.decided_by, identity.tmdb_id) == (by, film)
    assert identity.status is (MatchStatus.USER if by == "queue" else MatchStatus.AUTO)
    assert list_request_kinds(server) == ["movie"]
    assert len(identity.conflicts) == {"queue": 2, "nfo": 1, "name": 0}[by]


def test_ids_of_one_nfo_that_contradict_each_other_are_reported(context: TmdbContext) -> None:
    identity = identify(
        build_local_movie("The Amber Ferry", 1954), context, tmdb=str(FERRY), imdb="tt7000012"
    )
    assert (identity.status, identity.tmdb_id) == (MatchStatus.AUTO, FERRY)
    assert identity.conflicts == (
        "The NFO says TMDb 11 and IMDb tt7000012, but that movie's id at IMDb is tt7000011.",
    )


def test_an_id_that_the_name_contradicts_goes_to_review_where_another_fits(
    context: TmdbContext,
) -> None:
    wrong = build_local_movie("The Amber Ferry", 1954, 92, tmdb_id=FERRY)
    identity = identify(wrong, context, tmdb=str(LANTERNS))
    assert (identity.status, identity.tmdb_id) == (MatchStatus.REVIEW, 0)
    assert [candidate.hit.id for candidate in identity.candidates] == [FERRY, LANTERNS]
    assert identity.conflicts == ("The NFO says TMDb 14, but the name says TMDb 11.",)


def test_an_id_that_nothing_here_agrees_with_is_believed_and_reported(context: TmdbContext) -> None:
    identity = identify(build_local_movie("Teapots at Dawn", 1954, 92), context, tmdb=str(LANTERNS))
    assert (identity.status, identity.tmdb_id) == (MatchStatus.AUTO, LANTERNS)
    assert identity.conflicts == (
        'The NFO says TMDb 14, which is "Two Lanterns" (1977);'
        ' but its name reads "Teapots at Dawn" (1954).',
    )


@pytest.mark.parametrize(("wrong", "title"), [(LANTERNS, "Two Lanterns"), (REMADE, "")])
def test_an_id_with_a_slip_goes_to_review_where_the_name_finds_another_movie(
    context: TmdbContext, wrong: int, title: str
) -> None:
    ferry = build_local_movie("The Amber Ferry", 1954, 92)
    for found in (
        identify(ferry, context, tmdb=str(wrong)),
        identify(structs.replace(ferry, name=structs.replace(ferry.name, tmdb_id=wrong)), context),
    ):
        assert (found.status, found.tmdb_id, found.movie) == (MatchStatus.REVIEW, 0, None)
        assert [candidate.hit.id for candidate in found.candidates] == [FERRY, wrong]
        assert "but its name reads" in found.conflicts[0]
        assert title in found.conflicts[0]


def test_a_doubtful_id_waits_while_offline(
    server: SimulatorServer, context: TmdbContext, tmp_path: Path
) -> None:
    identify(build_local_movie("Two Lanterns", 1977), context, tmdb=str(LANTERNS))
    context.close()
    with films.open_context(tmp_path, server, closed="this run is offline") as offline:
        identity = identify(
            build_local_movie("The Amber Ferry", 1954, 92), offline, tmdb=str(LANTERNS)
        )
    assert (identity.status, identity.tmdb_id, identity.movie) == (
        MatchStatus.UNKNOWN,
        LANTERNS,
        None,
    )
    assert "this run is offline" in identity.lookup_error


def test_an_id_that_was_removed_is_reported_and_the_name_is_searched_for(
    context: TmdbContext,
) -> None:
    identity = identify(build_local_movie("The Amber Ferry", 1954), context, tmdb=str(GONE))
    assert (identity.status, identity.decided_by, identity.tmdb_id) == (
        MatchStatus.AUTO,
        "search",
        FERRY,
    )
    assert identity.removed_ids == (GONE,)
    named = identify(
        build_local_movie("The Amber Ferry", 1954), context, tmdb=str(GONE), imdb="tt7000012"
    )
    assert (named.decided_by, named.tmdb_id, named.removed_ids) == ("nfo", REMADE, (GONE,))


def test_an_id_of_imdb_that_is_no_movie_is_reported_and_the_name_is_searched_for(
    context: TmdbContext,
) -> None:
    identity = identify(build_local_movie("The Amber Ferry", 1954), context, imdb="tt9999999")
    assert identity.tmdb_id == FERRY
    assert identity.conflicts == (
        "The NFO says IMDb tt9999999, and TMDb knows no movie of IMDb tt9999999.",
    )


def test_what_is_known_is_asked_for_no_second_time(
    server: SimulatorServer, context: TmdbContext
) -> None:
    first = identify(build_local_movie("The Amber Ferry", 1954, 92), context)
    spent = len(server.requests)
    assert identify(build_local_movie("The Amber Ferry", 1954, 92.3), context) == first
    assert len(server.requests) == spent
    assert identify(build_local_movie("Zwei Laternen", 1977), context).tmdb_id == LANTERNS
    assert len(server.requests) > spent


def test_what_is_kept_is_of_use_offline_and_what_is_not_says_why(
    server: SimulatorServer, context: TmdbContext, tmp_path: Path
) -> None:
    first = identify(build_local_movie("The Amber Ferry", 1954, 92), context)
    context.close()
    with films.open_context(tmp_path, server, closed="this run is offline") as offline:
        assert identify(build_local_movie("The Amber Ferry", 1954, 92), offline) == first
        left = identify(build_local_movie("Zwei Laternen", 1977), offline, tmdb="14")
    assert (left.status, left.decided_by, left.tmdb_id, left.is_service_failure) == (
        MatchStatus.UNKNOWN,
        "nfo",
        14,
        False,
    )
    assert "this run is offline" in left.lookup_error


def test_offline_without_data_no_file_is_created(tmp_path: Path) -> None:
    identity = identify(build_local_movie("The Amber Ferry", 1954), TmdbContext(tmp_path, DISABLED))
    assert (identity.status, identity.is_service_failure) == (MatchStatus.UNKNOWN, False)
    assert identity.lookup_error
    assert list(tmp_path.iterdir()) == []


def test_an_outage_ends_the_lookup_and_what_was_known_stays(
    server: SimulatorServer, context: TmdbContext, tmp_path: Path
) -> None:
    first = identify(build_local_movie("The Amber Ferry", 1954, 92), context)
    context.close()
    with films.open_context(tmp_path, server, fresh=True) as fresh:
        server.faults.fail_share(60, 1.0)
        identity = identify(build_local_movie("The Amber Ferry", 1954, 92), fresh)
        assert (identity.status, identity.tmdb_id, identity.is_service_failure) == (
            MatchStatus.AUTO,
            FERRY,
            True,
        )
        assert identity.lookup_error
        assert (
            identify(build_local_movie("Two Lanterns", 1977), fresh).status is MatchStatus.UNKNOWN
        )
    with films.open_context(tmp_path, server) as again:
        assert identify(build_local_movie("The Amber Ferry", 1954, 92), again) == first


def test_fresh_requests_again_once(
    server: SimulatorServer, context: TmdbContext, tmp_path: Path
) -> None:
    identify(build_local_movie("The Amber Ferry", 1954, 92), context)
    context.close()
    spent = len(server.requests)
    with films.open_context(tmp_path, server, fresh=True) as fresh:
        assert identify(build_local_movie("The Amber Ferry", 1954, 92), fresh).tmdb_id == FERRY
    assert list_request_kinds(server)[spent:] == ["search", "movie"]


def test_details_that_are_too_old_to_be_kept_are_asked_for_without_a_search(
    server: SimulatorServer, context: TmdbContext, tmp_path: Path
) -> None:
    first = identify(build_local_movie("The Amber Ferry", 1954, 92), context)
    context.close()
    spent = len(server.requests)
    with films.open_context(tmp_path, server, later=181) as late:
        assert identify(build_local_movie("The Amber Ferry", 1954, 92), late) == first
    assert list_request_kinds(server)[spent:] == ["movie"]


def test_a_movie_that_was_removed_since_is_reported_and_searched_for_again(tmp_path: Path) -> None:
    with films.serve_movies() as server, films.open_context(tmp_path, server) as context:
        assert identify(build_local_movie("The Amber Ferry", 1954, 92), context).tmdb_id == FERRY
    port = int(server.url.rpartition(":")[2])
    less = structs.replace(films.CINEMA, films=films.CINEMA.films[1:])
    with (
        SimulatorServer(MusicBrainzCatalogue(), port=port, movies=less) as server,
        films.open_context(tmp_path, server, later=181) as late,
    ):
        identity = identify(build_local_movie("The Amber Ferry", 1954, 92), late)
    assert (identity.status, identity.tmdb_id, identity.removed_ids) == (
        MatchStatus.UNMATCHED,
        0,
        (FERRY,),
    )


def test_the_choice_of_the_user_wins(context: TmdbContext) -> None:
    shown: list[MovieIdentity] = []

    def choose(movie: LocalMovie, found: MovieIdentity) -> MovieChoice:
        shown.append(found)
        return MovieChoice("take", tmdb_id=GONE) if len(shown) == 1 else MovieChoice("take", REMADE)

    identity = identify_movie.identify(
        build_local_movie("The Amber Ferry", 1954, 92), ITEM, {}, context, choose
    )
    assert (identity.status, identity.decided_by, identity.tmdb_id) == (
        MatchStatus.USER,
        "person",
        REMADE,
    )
    assert (shown[0].status, shown[0].candidates[0].hit.id, shown[0].lookup_error) == (
        MatchStatus.AUTO,
        FERRY,
        "",
    )
    assert str(GONE) in shown[1].lookup_error
    resolved = context.store.get_resolved("a.mkv")
    assert resolved is not None
    assert (resolved.match, resolved.tmdb_id) == ("user", REMADE)


def test_each_candidate_shows_director_and_running_time(
    context: TmdbContext,
) -> None:
    shown: list[MovieIdentity] = []

    def choose(movie: LocalMovie, found: MovieIdentity) -> MovieChoice:
        shown.append(found)
        return MovieChoice("take", found.candidates[0].hit.id)

    identity = identify_movie.identify(
        build_local_movie("The Amber Ferry", 1998, 121), ITEM, {}, context, choose
    )
    assert (identity.tmdb_id, shown[0].candidates[0].hit.id) == (REMADE, REMADE)
    identify_movie.identify(build_local_movie("The Amber Ferry"), ITEM, {}, context, choose)
    assert [candidate.runtime for candidate in shown[1].candidates] == [121, 92]
    assert "Ada Quill" in {candidate.director for candidate in shown[1].candidates}


def test_the_user_can_give_an_imdb_id_for_an_unmatched_movie(context: TmdbContext) -> None:
    chosen = MovieChoice("take", imdb_id="tt7000014")
    identity = identify_movie.identify(
        build_local_movie("Teapots at Dawn"), ITEM, {}, context, lambda *_: chosen
    )
    assert (identity.status, identity.tmdb_id, identity.confidence) == (
        MatchStatus.USER,
        LANTERNS,
        1.0,
    )


def test_the_user_can_skip_and_quit_without_saving(context: TmdbContext) -> None:
    with pytest.raises(NeverAsk):
        identify_movie.identify(
            build_local_movie("Nightjar", 2010), ITEM, {}, context, lambda *_: MovieChoice("never")
        )
    with pytest.raises(Stopped):
        identify_movie.identify(
            build_local_movie("Nightjar", 2010), ITEM, {}, context, lambda *_: MovieChoice("stop")
        )
    assert context.store.get_resolved("a.mkv") is None


def test_a_postponed_decision_stays_open(
    context: TmdbContext,
) -> None:
    movie = build_local_movie("The Amber Ferry", 1954, 92)
    certain = identify_movie.identify(movie, ITEM, {}, context)
    assert certain.is_certain
    later = identify_movie.identify(movie, ITEM, {}, context, lambda *_: MovieChoice("later"))
    assert (later.status, later.tmdb_id, later.movie) == (MatchStatus.REVIEW, 0, None)
    assert later.candidates[0].hit.id == certain.tmdb_id
    again = identify_movie.identify(movie, ITEM, {}, context)
    assert (again.status, again.candidates) == (MatchStatus.REVIEW, later.candidates)
    chosen = MovieChoice("take", certain.tmdb_id)
    assert (
        identify_movie.identify(movie, ITEM, {}, context, lambda *_: chosen).status
        is MatchStatus.USER
    )
    identify_movie.identify(movie, ITEM, {}, context, lambda *_: MovieChoice("later"))
    renamed = structs.replace(movie, name=structs.replace(movie.name, others=("Amber Ferry",)))
    assert identify_movie.identify(renamed, ITEM, {}, context).is_certain


def test_an_id_in_the_name_that_is_decided_later_stays_open_too(context: TmdbContext) -> None:
    movie = build_local_movie("The Amber Ferry", 1954, 92)
    known = identify_movie.identify(movie, ITEM, {}, context).tmdb_id
    movie = structs.replace(movie, name=structs.replace(movie.name, tmdb_id=known))
    assert identify_movie.identify(movie, ITEM, {}, context).decided_by == "name"
    identify_movie.identify(movie, ITEM, {}, context, lambda *_: MovieChoice("later"))
    assert identify_movie.identify(movie, ITEM, {}, context).status is MatchStatus.REVIEW


def test_an_unknown_choice_can_be_made_later(context: TmdbContext) -> None:
    identity = identify_movie.identify(
        build_local_movie("Teapots at Dawn"), ITEM, {}, context, lambda *_: MovieChoice("later")
    )
    assert (identity.status, identity.candidates) == (MatchStatus.UNMATCHED, ())


def test_an_answer_in_the_queue_is_not_asked_for_again(context: TmdbContext) -> None:
    item = MovieItem(status=Status.IN_PROGRESS, match="user", tmdb_id=NIGHTJAR)

    def choose(movie: LocalMovie, found: MovieIdentity) -> MovieChoice:
        raise AssertionError(movie, found)

    identity = identify_movie.identify(
        build_local_movie("Nightjar", 2010), item, {}, context, choose
    )
    assert (identity.status, identity.decided_by, identity.tmdb_id) == (
        MatchStatus.USER,
        "queue",
        NIGHTJAR,
    )


@pytest.mark.parametrize(
    "stem",
    [
        "The Amber Ferry - s01e01 - The Crossing",
        "The.Amber.Ferry.S01E01.1954.1080p",
        "The Amber Ferry (1954) S1E12",
        "The Amber Ferry s01.e01 (1954)",
    ],
)
def test_an_episode_is_not_taken_for_the_film_of_its_name(context: TmdbContext, stem: str) -> None:
    movie = structs.replace(build_local_movie("The Amber Ferry", 1954, 92), base=stem)
    identity = identify(movie, context)
    assert (identity.status, identity.tmdb_id) == (MatchStatus.REVIEW, 0)
    assert identity.candidates[0].hit.id == FERRY
    assert identity.candidates[0].against["episode"] == 0.3
    assert identify(movie, context, tmdb=str(FERRY)).tmdb_id == FERRY  # an id needs no name


def test_an_episode_is_recognized_by_its_folder_too(context: TmdbContext) -> None:
    movie = structs.replace(
        build_local_movie("The Amber Ferry", 1954, 92), own_folder=True, base="video"
    )
    episode = structs.replace(movie, key="The.Amber.Ferry.S01E01")
    assert identify(episode, context).status is MatchStatus.REVIEW
    for key in ("The Amber Ferry (1954)", "Shows S01E01/The Amber Ferry (1954)", "Ss1E1", "S01"):
        assert identify(structs.replace(movie, key=key), context).is_certain
