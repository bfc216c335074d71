"""Which movie a file is: what decides, what is asked for it, and what is kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.errors import Stopped
from mediakeep.item import MovieItem, Status
from mediakeep.lookups.tmdb.desk import CLOSED, Desk
from mediakeep.lookups.tmdb.films import Hit
from mediakeep.lookups.tmdb.films import Movie as Known
from mediakeep.movies.identify import identity, score
from mediakeep.movies.identify.choice import Choice, NeverAsk
from mediakeep.movies.identify.clue import Clue
from mediakeep.movies.identify.verdict import Identity, Sure
from mediakeep.movies.identify.weights import WEIGHTS
from mediakeep.movies.model import Movie
from mediakeep.rehearsal.entities import World
from mediakeep.rehearsal.server import Server
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
    local,
)


def of(movie: Movie, desk: Desk, item: MovieItem = ITEM, **nfo: str) -> Identity:
    return identity.of(movie, item, nfo, desk)


def kinds(server: Server) -> list[str]:
    """Return what was asked for: "search", "movie" or "find"."""
    return [one.path.split("/")[2] for one in server.asked]


def test_a_name_and_a_year_need_two_requests(server: Server, desk: Desk) -> None:
    found = of(local("The Amber Ferry", 1954, 92), desk)
    assert (found.sure, found.by, found.tmdb_id) == (Sure.AUTO, "search", FERRY)
    assert found.movie is not None
    assert found.movie.directors == ("Ada Quill",)
    assert kinds(server) == ["search", "movie"]


def test_the_more_popular_movie_of_a_title_is_not_taken_for_it(desk: Desk) -> None:
    assert of(local("Amber Ferry, The", 1998), desk).tmdb_id == REMADE
    assert of(local("The Amber Ferry", 1955, 92), desk).tmdb_id == FERRY


def test_the_running_time_tells_remakes_apart_without_a_year(desk: Desk) -> None:
    assert of(local("The Amber Ferry", 0, 93), desk).tmdb_id == FERRY


def test_a_wrong_year_is_found_out_by_the_running_time(desk: Desk) -> None:
    found = of(local("The Amber Ferry", 1998, 92), desk)
    assert found.sure is Sure.REVIEW


def test_without_year_and_running_time_a_person_decides(desk: Desk) -> None:
    found = of(local("The Amber Ferry"), desk)
    assert (found.sure, found.tmdb_id, found.movie) == (Sure.REVIEW, 0, None)
    assert {one.hit.id for one in found.candidates} >= {FERRY, REMADE}
    assert {one.director for one in found.candidates} >= {"Ada Quill"}
    assert all(one.runtime for one in found.candidates[:2])


@pytest.mark.parametrize(
    ("base", "minutes", "sure"),
    [
        ("Two Lanterns 1977", 0, Sure.REVIEW),
        ("two.lanterns.1977", 0, Sure.REVIEW),
        ("Two Lanterns 1977", 0.3, Sure.REVIEW),
        ("Two Lanterns 1977", 100, Sure.AUTO),
        ("Two Lanterns (1977)", 0, Sure.AUTO),
        ("Two.Lanterns.1977.1080p", 0, Sure.AUTO),
    ],
)
def test_a_film_of_ones_own_is_not_taken_for_a_movie_of_its_name(
    desk: Desk, base: str, minutes: float, sure: Sure
) -> None:
    lantern = structs.replace(local("Two Lanterns", 1977, minutes), base=base)
    assert of(lantern, desk).sure is sure


def test_a_shelf_with_a_year_is_not_taken_for_the_movie_in_it(desk: Desk) -> None:
    shelf = local("Two Lanterns", 1977, source="folder", others=("Two Lanterns 1977", "Elf"))
    shelf = structs.replace(shelf, base="Elf", root="/l/Two Lanterns 1977")
    assert of(shelf, desk).sure is Sure.REVIEW
    own = structs.replace(shelf.name, others=("Two Lanterns 1977",))
    assert of(structs.replace(shelf, name=own), desk).sure is Sure.AUTO


@pytest.mark.parametrize(
    ("edition", "sure"),
    [
        ("Extended", Sure.AUTO),
        ("Director's Cut Remastered", Sure.AUTO),
        ("Remastered", Sure.REVIEW),
        ("Criterion", Sure.REVIEW),
        ("4K Remaster", Sure.REVIEW),
        ("", Sure.REVIEW),
    ],
)
def test_only_an_edition_that_was_cut_anew_may_last_longer(
    desk: Desk, edition: str, sure: Sure
) -> None:
    assert of(local("Two Lanterns", 1977, 130, edition=edition), desk).sure is sure


def test_a_title_that_begins_with_a_year_is_read_without_it(desk: Desk) -> None:
    spoken = local("Amber Ferry", 1954, 92, others=("1954 Amber Ferry",))
    assert of(spoken, desk).tmdb_id == FERRY
    asked = Clue(("A Ferry", "1954 A Ferry"), 1954, 92)
    hit = Hit(id=1, title="1954: A Ferry", release_date="1968-01-01")
    assert score.candidate(asked, hit, Known(id=1, runtime=92)).confidence >= WEIGHTS.bar


def test_twins_that_nothing_tells_apart_are_a_tie(desk: Desk) -> None:
    found = of(local("Nightjar", 2010, 101), desk)
    assert found.sure is Sure.REVIEW
    assert found.candidates[0].confidence - found.candidates[1].confidence < 0.05


@pytest.mark.parametrize("title", ["The Amber Ferry II", "The Amber Ferry Part Two"])
def test_a_sequel_is_found_however_it_is_counted(desk: Desk, title: str) -> None:
    assert of(local(title, 2001, 110), desk).tmdb_id == FERRY_2


@pytest.mark.parametrize("title", ["Zwei Laternen", "Deux lanternes", "2 Lanterns"])
def test_a_movie_is_found_by_any_of_its_titles(desk: Desk, title: str) -> None:
    assert of(local(title, 1977, 101), desk).tmdb_id == LANTERNS


@pytest.mark.parametrize(
    "title", ["Marigold an the Harbour: The Return", "Marigold and the Harbuor - The Return"]
)
def test_a_misspelled_title_is_found_by_the_rest_of_it(desk: Desk, title: str) -> None:
    assert of(local(title, 1989, 95), desk).tmdb_id == HARBOUR


@pytest.mark.parametrize("title", ["", " - - ", "\udcff\x00", "(((("])
def test_a_name_that_says_nothing_asks_nobody(server: Server, desk: Desk, title: str) -> None:
    assert of(local(title, 1999, 90), desk).sure is Sure.UNMATCHED
    assert server.asked == []


def test_a_movie_that_nobody_knows_is_unmatched(desk: Desk) -> None:
    found = of(local("Teapots at Dawn", 1971, 90), desk)
    assert (found.sure, found.candidates, found.why) == (Sure.UNMATCHED, (), "")


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
    server: Server,
    desk: Desk,
    item: MovieItem,
    nfo: dict[str, str],
    name: int,
    by: str,
    film: int,
) -> None:
    found = of(local("The Amber Ferry", tmdb_id=name), desk, item, **nfo)
    assert (found.by, found.tmdb_id) == (by, film)
    assert found.sure is (Sure.USER if by == "queue" else Sure.AUTO)
    assert kinds(server) == ["movie"]
    assert len(found.conflicts) == {"queue": 2, "nfo": 1, "name": 0}[by]


def test_ids_of_one_nfo_that_contradict_each_other_are_told(desk: Desk) -> None:
    found = of(local("The Amber Ferry", 1954), desk, tmdb=str(FERRY), imdb="tt7000012")
    assert (found.sure, found.tmdb_id) == (Sure.AUTO, FERRY)
    assert found.conflicts == (
        "The NFO says TMDb 11 and IMDb tt7000012, but that movie's id at IMDb is tt7000011.",
    )


def test_an_id_that_the_name_contradicts_goes_to_review_where_another_fits(desk: Desk) -> None:
    wrong = local("The Amber Ferry", 1954, 92, tmdb_id=FERRY)
    found = of(wrong, desk, tmdb=str(LANTERNS))
    assert (found.sure, found.tmdb_id) == (Sure.REVIEW, 0)
    assert [one.hit.id for one in found.candidates] == [FERRY, LANTERNS]
    assert found.conflicts == ("The NFO says TMDb 14, but the name says TMDb 11.",)


def test_an_id_that_nothing_here_agrees_with_is_believed_and_told(desk: Desk) -> None:
    found = of(local("Teapots at Dawn", 1954, 92), desk, tmdb=str(LANTERNS))
    assert (found.sure, found.tmdb_id) == (Sure.AUTO, LANTERNS)
    assert found.conflicts == (
        'The NFO says TMDb 14, which is "Two Lanterns" (1977);'
        ' but its name reads "Teapots at Dawn" (1954).',
    )


@pytest.mark.parametrize(("wrong", "title"), [(LANTERNS, "Two Lanterns"), (REMADE, "")])
def test_an_id_with_a_slip_goes_to_review_where_the_name_finds_another_movie(
    desk: Desk, wrong: int, title: str
) -> None:
    ferry = local("The Amber Ferry", 1954, 92)
    for found in (
        of(ferry, desk, tmdb=str(wrong)),
        of(structs.replace(ferry, name=structs.replace(ferry.name, tmdb_id=wrong)), desk),
    ):
        assert (found.sure, found.tmdb_id, found.movie) == (Sure.REVIEW, 0, None)
        assert [one.hit.id for one in found.candidates] == [FERRY, wrong]
        assert "but its name reads" in found.conflicts[0]
        assert title in found.conflicts[0]


def test_an_id_that_is_doubted_waits_where_nobody_can_be_asked(
    server: Server, desk: Desk, tmp_path: Path
) -> None:
    of(local("Two Lanterns", 1977), desk, tmdb=str(LANTERNS))
    desk.close()
    with films.asking(tmp_path, server, closed="this run is offline") as offline:
        found = of(local("The Amber Ferry", 1954, 92), offline, tmdb=str(LANTERNS))
    assert (found.sure, found.tmdb_id, found.movie) == (Sure.UNKNOWN, LANTERNS, None)
    assert "this run is offline" in found.why


def test_an_id_that_was_removed_is_told_and_the_name_is_searched_for(desk: Desk) -> None:
    found = of(local("The Amber Ferry", 1954), desk, tmdb=str(GONE))
    assert (found.sure, found.by, found.tmdb_id) == (Sure.AUTO, "search", FERRY)
    assert found.removed == (GONE,)
    named = of(local("The Amber Ferry", 1954), desk, tmdb=str(GONE), imdb="tt7000012")
    assert (named.by, named.tmdb_id, named.removed) == ("nfo", REMADE, (GONE,))


def test_an_id_of_imdb_that_is_no_movie_is_told_and_the_name_is_searched_for(desk: Desk) -> None:
    found = of(local("The Amber Ferry", 1954), desk, imdb="tt9999999")
    assert found.tmdb_id == FERRY
    assert found.conflicts == (
        "The NFO says IMDb tt9999999, and TMDb knows no movie of IMDb tt9999999.",
    )


def test_what_is_known_is_asked_for_no_second_time(server: Server, desk: Desk) -> None:
    first = of(local("The Amber Ferry", 1954, 92), desk)
    spent = len(server.asked)
    assert of(local("The Amber Ferry", 1954, 92.3), desk) == first
    assert len(server.asked) == spent
    assert of(local("Zwei Laternen", 1977), desk).tmdb_id == LANTERNS
    assert len(server.asked) > spent


def test_what_is_kept_is_of_use_offline_and_what_is_not_says_why(
    server: Server, desk: Desk, tmp_path: Path
) -> None:
    first = of(local("The Amber Ferry", 1954, 92), desk)
    desk.close()
    with films.asking(tmp_path, server, closed="this run is offline") as offline:
        assert of(local("The Amber Ferry", 1954, 92), offline) == first
        left = of(local("Zwei Laternen", 1977), offline, tmdb="14")
    assert (left.sure, left.by, left.tmdb_id, left.failed) == (Sure.UNKNOWN, "nfo", 14, False)
    assert "this run is offline" in left.why


def test_with_nothing_known_and_nobody_to_ask_no_file_is_made(tmp_path: Path) -> None:
    found = of(local("The Amber Ferry", 1954), Desk(tmp_path, CLOSED))
    assert (found.sure, found.failed) == (Sure.UNKNOWN, False)
    assert found.why
    assert list(tmp_path.iterdir()) == []


def test_an_outage_ends_the_look_up_and_what_was_known_stays(
    server: Server, desk: Desk, tmp_path: Path
) -> None:
    first = of(local("The Amber Ferry", 1954, 92), desk)
    desk.close()
    with films.asking(tmp_path, server, fresh=True) as fresh:
        server.weather.storm(60, 1.0)
        found = of(local("The Amber Ferry", 1954, 92), fresh)
        assert (found.sure, found.tmdb_id, found.failed) == (Sure.AUTO, FERRY, True)
        assert found.why
        assert of(local("Two Lanterns", 1977), fresh).sure is Sure.UNKNOWN
    with films.asking(tmp_path, server) as again:
        assert of(local("The Amber Ferry", 1954, 92), again) == first


def test_fresh_asks_anew_once(server: Server, desk: Desk, tmp_path: Path) -> None:
    of(local("The Amber Ferry", 1954, 92), desk)
    desk.close()
    spent = len(server.asked)
    with films.asking(tmp_path, server, fresh=True) as fresh:
        assert of(local("The Amber Ferry", 1954, 92), fresh).tmdb_id == FERRY
    assert kinds(server)[spent:] == ["search", "movie"]


def test_details_that_are_too_old_to_be_kept_are_asked_for_without_a_search(
    server: Server, desk: Desk, tmp_path: Path
) -> None:
    first = of(local("The Amber Ferry", 1954, 92), desk)
    desk.close()
    spent = len(server.asked)
    with films.asking(tmp_path, server, later=181) as late:
        assert of(local("The Amber Ferry", 1954, 92), late) == first
    assert kinds(server)[spent:] == ["movie"]


def test_a_movie_that_was_removed_since_is_told_and_searched_for_anew(tmp_path: Path) -> None:
    with films.serving() as server, films.asking(tmp_path, server) as desk:
        assert of(local("The Amber Ferry", 1954, 92), desk).tmdb_id == FERRY
    port = int(server.url.rpartition(":")[2])
    less = structs.replace(films.CINEMA, films=films.CINEMA.films[1:])
    with (
        Server(World(), port=port, cinema=less) as server,
        films.asking(tmp_path, server, later=181) as late,
    ):
        found = of(local("The Amber Ferry", 1954, 92), late)
    assert (found.sure, found.tmdb_id, found.removed) == (Sure.UNMATCHED, 0, (FERRY,))


def test_a_person_has_the_last_word(desk: Desk) -> None:
    shown: list[Identity] = []

    def choose(movie: Movie, found: Identity) -> Choice:
        shown.append(found)
        return Choice("take", tmdb_id=GONE) if len(shown) == 1 else Choice("take", REMADE)

    found = identity.of(local("The Amber Ferry", 1954, 92), ITEM, {}, desk, choose)
    assert (found.sure, found.by, found.tmdb_id) == (Sure.USER, "person", REMADE)
    assert (shown[0].sure, shown[0].candidates[0].hit.id, shown[0].why) == (Sure.AUTO, FERRY, "")
    assert str(GONE) in shown[1].why
    kept = desk.known.resolved("a.mkv")
    assert kept is not None
    assert (kept.match, kept.tmdb_id) == ("user", REMADE)


def test_a_person_sees_of_each_who_made_it_and_how_long_it_is(
    desk: Desk,
) -> None:
    shown: list[Identity] = []

    def choose(movie: Movie, found: Identity) -> Choice:
        shown.append(found)
        return Choice("take", found.candidates[0].hit.id)

    found = identity.of(local("The Amber Ferry", 1998, 121), ITEM, {}, desk, choose)
    assert (found.tmdb_id, shown[0].candidates[0].hit.id) == (REMADE, REMADE)
    identity.of(local("The Amber Ferry"), ITEM, {}, desk, choose)
    assert [one.runtime for one in shown[1].candidates] == [121, 92]
    assert "Ada Quill" in {one.director for one in shown[1].candidates}


def test_a_person_may_give_an_id_of_imdb_for_what_nobody_found(desk: Desk) -> None:
    chosen = Choice("take", imdb_id="tt7000014")
    found = identity.of(local("Teapots at Dawn"), ITEM, {}, desk, lambda *_: chosen)
    assert (found.sure, found.tmdb_id, found.confidence) == (Sure.USER, LANTERNS, 1.0)


def test_a_person_may_leave_out_and_stop_and_nothing_is_kept(desk: Desk) -> None:
    with pytest.raises(NeverAsk):
        identity.of(local("Nightjar", 2010), ITEM, {}, desk, lambda *_: Choice("never"))
    with pytest.raises(Stopped):
        identity.of(local("Nightjar", 2010), ITEM, {}, desk, lambda *_: Choice("stop"))
    assert desk.known.resolved("a.mkv") is None


def test_what_a_person_decides_later_stays_open_until_asked_again_or_renamed(desk: Desk) -> None:
    movie = local("The Amber Ferry", 1954, 92)
    certain = identity.of(movie, ITEM, {}, desk)
    assert certain.is_certain
    later = identity.of(movie, ITEM, {}, desk, lambda *_: Choice("later"))
    assert (later.sure, later.tmdb_id, later.movie) == (Sure.REVIEW, 0, None)
    assert later.candidates[0].hit.id == certain.tmdb_id
    again = identity.of(movie, ITEM, {}, desk)
    assert (again.sure, again.candidates) == (Sure.REVIEW, later.candidates)
    chosen = Choice("take", certain.tmdb_id)
    assert identity.of(movie, ITEM, {}, desk, lambda *_: chosen).sure is Sure.USER
    identity.of(movie, ITEM, {}, desk, lambda *_: Choice("later"))
    renamed = structs.replace(movie, name=structs.replace(movie.name, others=("Amber Ferry",)))
    assert identity.of(renamed, ITEM, {}, desk).is_certain


def test_an_id_in_the_name_that_is_decided_later_stays_open_too(desk: Desk) -> None:
    movie = local("The Amber Ferry", 1954, 92)
    known = identity.of(movie, ITEM, {}, desk).tmdb_id
    movie = structs.replace(movie, name=structs.replace(movie.name, tmdb_id=known))
    assert identity.of(movie, ITEM, {}, desk).by == "name"
    identity.of(movie, ITEM, {}, desk, lambda *_: Choice("later"))
    assert identity.of(movie, ITEM, {}, desk).sure is Sure.REVIEW


def test_what_nobody_knows_may_be_decided_later(desk: Desk) -> None:
    found = identity.of(local("Teapots at Dawn"), ITEM, {}, desk, lambda *_: Choice("later"))
    assert (found.sure, found.candidates) == (Sure.UNMATCHED, ())


def test_what_a_person_said_in_the_queue_is_not_asked_again(desk: Desk) -> None:
    said = MovieItem(status=Status.IN_PROGRESS, match="user", tmdb_id=NIGHTJAR)

    def choose(movie: Movie, found: Identity) -> Choice:
        raise AssertionError(movie, found)

    found = identity.of(local("Nightjar", 2010), said, {}, desk, choose)
    assert (found.sure, found.by, found.tmdb_id) == (Sure.USER, "queue", NIGHTJAR)


@pytest.mark.parametrize(
    "stem",
    [
        "The Amber Ferry - s01e01 - The Crossing",
        "The.Amber.Ferry.S01E01.1954.1080p",
        "The Amber Ferry (1954) S1E12",
        "The Amber Ferry s01.e01 (1954)",
    ],
)
def test_an_episode_is_not_taken_for_the_film_of_its_name(desk: Desk, stem: str) -> None:
    movie = structs.replace(local("The Amber Ferry", 1954, 92), base=stem)
    found = of(movie, desk)
    assert (found.sure, found.tmdb_id) == (Sure.REVIEW, 0)
    assert found.candidates[0].hit.id == FERRY
    assert found.candidates[0].against["episode"] == 0.3
    assert of(movie, desk, tmdb=str(FERRY)).tmdb_id == FERRY  # an id needs no name


def test_the_folder_of_an_episode_tells_it_too_and_other_names_do_not(desk: Desk) -> None:
    movie = structs.replace(local("The Amber Ferry", 1954, 92), own_folder=True, base="video")
    episode = structs.replace(movie, key="The.Amber.Ferry.S01E01")
    assert of(episode, desk).sure is Sure.REVIEW
    for key in ("The Amber Ferry (1954)", "Shows S01E01/The Amber Ferry (1954)", "Ss1E1", "S01"):
        assert of(structs.replace(movie, key=key), desk).is_certain
