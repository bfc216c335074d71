"""What an NFO is to say: TMDb's facts in the language asked for, and those of the file."""

from __future__ import annotations

from typing import Any

import msgspec

from mediakeep.lookups.service_config import Locale
from mediakeep.lookups.tmdb.model import (
    CastMember,
    Certification,
    CrewMember,
    Movie,
    NamedEntity,
    TmdbImage,
    Translation,
)
from mediakeep.media.nfo import merge
from mediakeep.media.nfo.model import NfoMovie, NfoRating, NfoSet
from mediakeep.media.video.model import AudioStream, VideoInfo, VideoStream
from mediakeep.movies import model
from mediakeep.movies.sidecars import nfo_content
from tests.sampling import each_row

GERMAN, ENGLISH = Locale("de-DE", "DE"), Locale()
FILM = Movie(
    id=900042,
    imdb_id="tt9900042",
    asked="de-DE",
    title="Die geduldige Flut",
    original_title="The Patient Tide",
    original_language="en",
    overview="Eine Wärterin.",
    tagline="Sie wartet.",
    release_date="2011-03-04",
    runtime=101,
    rating=7.7134,
    votes=1204,
    genres=(NamedEntity("Drama"), NamedEntity("Drama"), NamedEntity("")),
    countries=(NamedEntity("Germany", code="DE"),),
    studios=(NamedEntity("Harbour Pictures"),),
    keywords=(NamedEntity("sea"), NamedEntity("lighthouse")),
    collection=NamedEntity("The Tide Collection", id=900007, overview="Two films."),
    cast=(CastMember("Jan Holt", "", 5), CastMember("Runa Feddersen", "Keeper", 1, "/r.jpg")),
    crew=(
        CrewMember("Ove Tannert", "Director", "Directing"),
        CrewMember("Ilse Marquardt", "Screenplay", "Writing"),
        CrewMember("Ilse Marquardt", "Novel", "Writing"),
        CrewMember("Peer Aal", "Story Editor", "Writing"),
        CrewMember("Lo Sand", "Writer", "Directing"),
    ),
    certificates=(
        Certification("US", "PG-13", 3),
        Certification("DE", "", 3),
        Certification("DE", "16", 5),
        Certification("DE", "12", 3),
        Certification("GB", "15", 4),
    ),
    translations=(
        Translation("de", "AT", "Die Flut", "Aus Wien.", "Servus."),
        Translation("de", "DE", "Die geduldige Flut", "Eine Wärterin.", "Sie wartet."),
        Translation("en", "GB", "The Tide", "A keeper in Kent.", "Wait."),
        Translation("en", "US", "", "A keeper.", "It waits."),
        Translation("fr", "FR", "La Marée", "", ""),
    ),
    trailer="abc_DEF-123",
)


def local(*videos: model.MovieVideo) -> model.LocalMovie:
    return model.LocalMovie(key="a", path="/a", root="/a", base="a", videos=videos)


def describe(
    locale: Locale = GERMAN, movie: model.LocalMovie | None = None, **value: Any
) -> NfoMovie:
    film = msgspec.structs.replace(FILM, **value)
    return nfo_content.build_nfo_content(film, movie or local(), locale)


def test_facts_of_tmdb_take_their_places() -> None:
    content = describe()
    assert content.ids == {"tmdb": "900042", "imdb": "tt9900042"}
    assert next(iter(content.ids)) == "tmdb"
    assert (content.title, content.original_title) == ("Die geduldige Flut", "The Patient Tide")
    assert (content.plot, content.tagline) == ("Eine Wärterin.", "Sie wartet.")
    assert (content.premiered, content.year, content.runtime) == ("2011-03-04", 2011, 101)
    assert content.ratings == (NfoRating("themoviedb", 7.713, 1204),)
    assert content.genres == ("Drama",)
    assert content.tags == ("sea", "lighthouse")
    assert content.collection == NfoSet("The Tide Collection", "Two films.", 900007)
    assert content.directors == ("Ove Tannert",)
    assert content.credits == ("Ilse Marquardt",)
    assert content.trailer.endswith("/?action=play_video&videoid=abc_DEF-123")
    assert [(actor.name, actor.order) for actor in content.actors] == [
        ("Runa Feddersen", 0),
        ("Jan Holt", 1),
    ]
    assert content.actors[0].thumb == "https://image.tmdb.org/t/p/original/r.jpg"
    assert content.actors[1].thumb == ""


TITLES = [
    ("de-DE", {}, "Die geduldige Flut"),
    ("de-AT", {}, "Die Flut"),
    ("de-CH", {}, "Die Flut"),  # German of any country is better than another language
    ("fr-FR", {}, "La Marée"),
    ("en-US", {}, "The Tide"),
    ("it-IT", {}, "The Tide"),
    ("it-IT", {"translations": ()}, "The Patient Tide"),
    ("it-IT", {"asked": "it-IT", "title": "La marea"}, "La marea"),
    ("it-IT", {"asked": "it-IT", "title": "The Patient Tide"}, "The Tide"),
    ("ja-JP", {"original_language": "ja", "original_title": "潮"}, "潮"),
    ("it-IT", {"original_language": "ja", "original_title": "潮", "translations": ()}, "潮"),
    ("it-IT", {"original_title": "", "translations": ()}, "Die geduldige Flut"),
    ("de", {"translations": ()}, "Die geduldige Flut"),
    ("de_DE", {}, "Die geduldige Flut"),
]


@each_row(("language", "fields", "title"), TITLES)
def test_a_title_is_in_the_language_asked_for_or_the_next_best(
    language: str, fields: dict[str, Any], title: str
) -> None:
    assert describe(Locale(language), **fields).title == title


PLOTS = [
    ("de-DE", {}, "Eine Wärterin."),
    ("de-AT", {}, "Aus Wien."),
    ("fr-FR", {}, "A keeper."),
    ("en-GB", {}, "A keeper in Kent."),
    ("fr-FR", {"translations": ()}, "Eine Wärterin."),
    ("fr-FR", {"translations": (), "overview": ""}, ""),
    ("fr-FR", {"original_language": "de", "translations": FILM.translations[:2]}, "Aus Wien."),
    (
        "fr-FR",
        {"asked": "", "overview": "As TMDb answers.", "translations": ()},
        "As TMDb answers.",
    ),
]


@each_row(("language", "fields", "plot"), PLOTS)
def test_a_plot_is_in_the_language_asked_for_or_the_next_best(
    language: str, fields: dict[str, Any], plot: str
) -> None:
    assert describe(Locale(language), **fields).plot == plot


SORTED = [
    ("de-DE", "Die geduldige Flut", "geduldige Flut, Die"),
    ("de-DE", "Dies ist es", ""),
    ("de-DE", "Die", ""),
    ("de-DE", "The Patient Tide", "Patient Tide, The"),  # the original, in English
    ("fr-FR", "L'Attente", "Attente, L'"),
    ("fr-FR", "La La Marée", "La Marée, La"),
    ("en-US", "A Tide", "Tide, A"),
    ("en-US", "Die Tide", ""),
    ("ja-JP", "The Tide", ""),
]


@each_row(("language", "title", "sort"), SORTED)
def test_a_title_is_sorted_without_an_article_of_its_language(
    language: str, title: str, sort: str
) -> None:
    content = describe(Locale(language), asked=language, title=title, translations=())
    assert (content.title, content.sort_title) == (title, sort)


@each_row(
    ("country", "mpaa"),
    [
        ("DE", "DE-12"),
        ("de", "DE-12"),
        ("US", "Rated PG-13"),
        ("GB", "GB-15"),
        ("FR", "Rated PG-13"),
    ],
)
def test_a_certificate_is_that_of_the_country_or_of_the_us(country: str, mpaa: str) -> None:
    assert describe(Locale("de-DE", country)).mpaa == mpaa


def test_without_a_certificate_there_is_none() -> None:
    assert describe(certificates=FILM.certificates[1:2]).mpaa == ""


def test_pictures_are_ranked_by_language_and_few() -> None:
    pictures = (
        TmdbImage("/en.jpg", language="en"),
        TmdbImage("/none.jpg"),
        TmdbImage("/it.jpg", language="it"),
        TmdbImage("/de.svg", language="de"),
        TmdbImage("/de.jpg", language="de"),
        TmdbImage("/de.jpg", language="de"),
        TmdbImage("", language="de"),
        *(TmdbImage(f"/more{n}.jpg", language="en") for n in range(9)),
    )
    content = describe(posters=pictures, backdrops=pictures)
    begin = "https://image.tmdb.org/t/p/original"
    posters = [thumb.url.removeprefix(begin) for thumb in content.thumbs]
    assert posters == ["/de.jpg", "/en.jpg", "/more0.jpg", "/more1.jpg", "/more2.jpg"]
    fanart = [image.url.removeprefix(begin) for image in content.fanart]
    assert fanart == ["/none.jpg", "/de.jpg", "/en.jpg", "/more0.jpg", "/more1.jpg"]
    assert {thumb.aspect for thumb in content.thumbs} == {"poster"}
    assert content.thumbs[0].preview == "https://image.tmdb.org/t/p/w500/de.jpg"
    assert content.fanart[0].preview == "https://image.tmdb.org/t/p/w780/none.jpg"


FACTS = VideoInfo(
    duration=3000.0,
    video=(VideoStream("h264", 1920, 1080, 1.778, 3000.0),),
    audio=(AudioStream("aac", "ger", 2),),
)


def test_streams_are_those_of_the_first_version() -> None:
    other = msgspec.structs.replace(FACTS, video=(VideoStream("av1"),))
    video = model.MovieVideo("a.mkv", version="1080p", facts=FACTS)
    two = model.MovieVideo("b.mkv", version="2160p", facts=other)
    assert describe(movie=local(video, two)).streams.video == FACTS.video
    assert describe(movie=local(video, two)).streams.audio == FACTS.audio
    unknown = model.MovieVideo("a.mkv", version="1080p")
    assert describe(movie=local(unknown, two)).streams.video == ()


def test_parts_last_as_long_as_all_of_them() -> None:
    parts = (model.MovieVideo(f"a{n}.avi", part=n, facts=FACTS) for n in (1, 2))
    assert describe(movie=local(*parts)).streams.video[0].duration == 6000


def test_without_a_running_time_that_of_the_file_is_taken() -> None:
    assert describe(movie=local(model.MovieVideo("a.mkv", facts=FACTS)), runtime=0).runtime == 50


def test_only_the_id_of_an_undescribed_movie_is_written() -> None:
    content = nfo_content.build_nfo_content(Movie(id=7), local(), ENGLISH)
    assert content == NfoMovie(ids={"tmdb": "7"})
    assert b"<tmdbid>7</tmdbid>" in merge.merge_details(None, content, None)


@each_row("key", ["", "a&b", "x y", "<", "a" * 40])
def test_a_trailer_that_is_no_key_is_left_out(key: str) -> None:
    assert describe(trailer=key).trailer == ""
