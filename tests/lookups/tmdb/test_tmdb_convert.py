"""Responses of TMDb become movies; invalid values are left out."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mediakeep.lookups.tmdb import convert, wire
from mediakeep.lookups.tmdb.model import (
    AlternativeTitle,
    CastMember,
    Certification,
    CrewMember,
    Movie,
    NamedEntity,
    TmdbImage,
    Translation,
)
from tests.lookups.tmdb.tmdb_server import ROOM
from tests.sampling import each_row, tried

CAST = [
    {"id": 3, "name": "Second Player", "character": None, "order": 1, "profile_path": None},
    {"id": 2, "name": "First Player", "character": "The Lodger", "order": 0},
    {"id": 4, "name": "", "order": 2},
]
CREW = [
    {"id": 8, "name": "Ada Maker", "job": "Director", "department": "Directing"},
    {"id": 8, "name": "Ada Maker", "job": "Screenplay", "department": "Writing"},
    {"id": 9, "name": "Bo Maker", "job": "Director", "department": "Directing"},
]
POSTERS = [
    {"file_path": "/p1.jpg", "width": 1000, "height": 1500, "iso_639_1": "de", "vote_count": 3},
    {"file_path": "/p2.png", "width": 500, "height": -1, "iso_639_1": None, "vote_average": 5},
    {"file_path": "/p3.jpg", "iso_639_1": "xx"},
    {"file_path": "../p4.jpg"},
    {"file_path": None},
]
DETAILS = {
    **ROOM,
    "imdb_id": "tt0071071",
    "tagline": None,
    "runtime": 95,
    "status": "Released",
    "homepage": "",
    "adult": False,
    "video": False,
    "vote_average": 7,
    "budget": 10**30,
    "genres": [{"id": 18, "name": "Drama"}, None],
    "production_countries": [{"iso_3166_1": "GB", "name": "United Kingdom"}],
    "production_companies": [{"id": 1, "name": "Kai", "logo_path": None, "origin_country": ""}],
    "spoken_languages": [{"iso_639_1": "en", "name": "English"}, {"name": "?"}],
    "belongs_to_collection": {"id": 9, "name": "Quayside", "poster_path": "/c.jpg"},
    "keywords": {"keywords": [{"id": 5, "name": "harbour"}, {"id": 6}]},
    "credits": {"cast": CAST, "crew": CREW},
    "images": {"posters": POSTERS, "backdrops": None, "logos": []},
    "release_dates": {
        "results": [
            {
                "iso_3166_1": "DE",
                "release_dates": [
                    {"certification": " 12 ", "type": 3, "release_date": "1974-05-02T00:00:00Z"},
                    {"certification": "", "type": 4, "release_date": ""},
                    {"certification": "", "type": 3, "release_date": "1975-01-02T00:00:00Z"},
                ],
            },
            {"iso_3166_1": "US", "release_dates": []},
        ]
    },
    "alternative_titles": {
        "titles": [{"iso_3166_1": "FR", "title": "La Chambre", "type": ""}, {"title": None}]
    },
    "translations": {
        "translations": [
            {
                "iso_639_1": "fr",
                "iso_3166_1": "FR",
                "name": "Français",
                "data": {"title": "La Chambre", "overview": "Une chambre.", "tagline": None},
            },
            {"iso_639_1": "da", "data": None},
        ]
    },
    "videos": {"results": []},
    "external_ids": {"imdb_id": "tt0071071", "wikidata_id": "Q71", "facebook_id": None},
}


def read(told: Any, language: str = "de-DE") -> Movie:
    return convert.convert_movie(
        wire.decode(json.dumps(told).encode(), wire.MovieDetailsJson), language
    )


def test_a_movie_is_read_with_all_that_is_appended_to_it() -> None:
    assert read(DETAILS) == Movie(
        id=71,
        imdb_id="tt0071071",
        asked="de-DE",
        title="Das Zimmer am Kai",
        original_title="The Quayside Room",
        original_language="en",
        overview="A room is let twice.",
        release_date="1974-03-09",
        runtime=95,
        status="Released",
        rating=7.0,
        votes=12,
        popularity=7.0,
        genres=(NamedEntity("Drama", 18),),
        countries=(NamedEntity("United Kingdom", code="GB"),),
        studios=(NamedEntity("Kai", 1),),
        keywords=(NamedEntity("harbour", 5),),
        spoken_languages=("en",),
        collection=NamedEntity("Quayside", 9, poster="/c.jpg"),
        cast=(
            CastMember("First Player", "The Lodger", 0, id=2),
            CastMember("Second Player", order=1, id=3),
        ),
        crew=(
            CrewMember("Ada Maker", "Director", "Directing", 8),
            CrewMember("Ada Maker", "Screenplay", "Writing", 8),
            CrewMember("Bo Maker", "Director", "Directing", 9),
        ),
        posters=(
            TmdbImage("/p1.jpg", 1000, 1500, "de", 3),
            TmdbImage("/p2.png", 500, 0, rating=5.0),
            TmdbImage("/p3.jpg"),
        ),
        certificates=(
            Certification("DE", "12", 3, "1974-05-02"),
            Certification("DE", "", 3, "1975-01-02"),
        ),
        alternative_titles=(AlternativeTitle("La Chambre", "FR"),),
        translations=(
            Translation("fr", "FR", "La Chambre", "Une chambre."),
            Translation("da"),
        ),
        external_ids={"imdb": "tt0071071", "wikidata": "Q71"},
    )
    assert read(DETAILS).directors == ("Ada Maker", "Bo Maker")


def test_a_movie_may_be_nearly_empty_or_full_of_nothing() -> None:
    bare = Movie(id=71, asked="de-DE")
    assert read({"id": 71}) == bare
    assert read(dict.fromkeys(DETAILS) | {"id": 71}) == bare
    assert bare.year == 0


@each_row("date", ["", None, "1974", "1974-3-9", "soon", "0000", "१९७४-०३-०९"])
def test_a_date_that_is_none_is_left_out(date: str | None) -> None:
    assert read({**ROOM, "release_date": date}).release_date == ""


@each_row(
    ("own", "other", "is_it"),
    [
        ("tt0071071", None, "tt0071071"),
        ("", "tt0071071", "tt0071071"),
        ("tt0071071", "nm12345", "tt0071071"),
        ("71071", "x", ""),
        ("tt0071071\n", None, ""),
        (None, None, ""),
    ],
)
def test_an_id_of_imdb_is_one_or_none(own: str | None, other: str | None, is_it: str) -> None:
    found = read({**ROOM, "imdb_id": own, "external_ids": {"id": 71, "imdb_id": other}})
    assert found.imdb_id == is_it
    assert found.external_ids.get("imdb", "") == is_it
    assert "id" not in found.external_ids


def video(key: str, language: str = "de", **more: Any) -> dict[str, Any]:
    plain = {"site": "YouTube", "type": "Trailer", "official": True, "iso_639_1": language}
    return {"key": key, **plain, **more}


@each_row(
    ("videos", "key"),
    [
        ([video("english", "en"), video("german1"), video("german2")], "german1"),
        ([video("fanmade", official=False), video("official")], "official"),
        ([video("english", "en"), video("fanmade", official=False)], "fanmade"),
        ([video("unknown", "en", official=False), video("english", "en")], "english"),
        ([video("teaser", type="Teaser"), video("elsewhere", site="Vimeo")], ""),
        ([video("a/../b&c=1"), video("")], ""),
        ([], ""),
    ],
)
def test_the_trailer_is_the_first_official_one_in_the_language_that_is_wanted(
    videos: list[dict[str, Any]], key: str
) -> None:
    assert read({**ROOM, "videos": {"results": videos}}).trailer == key


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(sorted(DETAILS)), inner, max_size=4)
    ),
    max_leaves=12,
)


@tried(60)
@given(field=st.sampled_from(sorted(DETAILS)), value=_JSON)
def test_whatever_stands_in_a_field_is_read_or_refused(field: str, value: Any) -> None:
    try:
        found = read({**DETAILS, field: value})
    except ValueError:
        return
    assert found.asked == "de-DE"
    assert all(picture.path.startswith("/") for picture in found.posters)


@tried(40)
@given(st.binary(max_size=60))
def test_whatever_bytes_come_are_read_or_refused(content: bytes) -> None:
    for kind in (
        wire.MovieDetailsJson,
        wire.SearchPageJson,
        wire.FindResultsJson,
        wire.CollectionJson,
    ):
        with contextlib.suppress(ValueError):
            wire.decode(content, kind)


def test_a_collection_without_an_id_is_none() -> None:
    told = DETAILS | {"belongs_to_collection": {"id": None, "name": "The Quayside Collection"}}
    assert read(told).collection is None
