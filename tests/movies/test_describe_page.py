"""The three NFOs that the page about them shows are what the program makes."""

from __future__ import annotations

import re

import msgspec
import pytest

from mediakeep.lookups.access import Locale
from mediakeep.lookups.tmdb.films import (
    Actor,
    Certificate,
    Member,
    Movie,
    Named,
    Picture,
    Translation,
)
from mediakeep.media.nfo import merging, nfo
from mediakeep.media.video.facts import AudioStream, SubtitleStream, VideoFacts, VideoStream
from mediakeep.movies import model
from mediakeep.movies.sidecars import describe
from tests.documents import ROOT

BLOCKS = re.findall(r"^```xml\n(.*?)^```$", (ROOT / "docs/nfo.md").read_text(), re.M | re.S)

FACTS = VideoFacts(
    duration=6060.4,
    video=(VideoStream("hevc", 3840, 1608, 2.388, 6060.4, hdr="hdr10"),),
    audio=(AudioStream("eac3", "ger", 6), AudioStream("aac", "eng", 2)),
    subtitles=(SubtitleStream("ger"),),
)
TIDE = Movie(
    id=900042,
    imdb_id="tt9900042",
    asked="de-DE",
    title="Die geduldige Flut",
    original_title="The Patient Tide",
    original_language="en",
    overview="Eine Wärterin hält das Licht am Leben.",
    tagline="Sie wartet.",
    release_date="2011-03-04",
    runtime=101,
    rating=7.713,
    votes=1204,
    genres=(Named("Drama"), Named("Abenteuer")),
    countries=(Named("Germany"), Named("Denmark")),
    studios=(Named("Harbour Pictures"),),
    keywords=(Named("lighthouse"), Named("sea")),
    collection=Named("The Tide Collection", id=900007, overview="Two films of one coast."),
    cast=(Actor("Runa Feddersen", "Keeper", 0, "/runa.jpg"), Actor("Jan Holt", "Pilot", 1)),
    crew=(
        Member("Ove Tannert", "Director", "Directing"),
        Member("Ilse Marquardt", "Screenplay", "Writing"),
    ),
    certificates=(Certificate("US", "PG-13", 3), Certificate("DE", "12", 3)),
    posters=(Picture("/tide-en.jpg", language="en"), Picture("/tide-de.jpg", language="de")),
    backdrops=(Picture("/tide.jpg"),),
    translations=(Translation("de", "DE", "Die geduldige Flut", "", "Sie wartet."),),
    trailer="abc_DEF-123",
)
SALT = Movie(
    id=900051,
    original_title="Salz",
    original_language="de",
    title="Salz",
    release_date="1931-11-20",
    genres=(Named("Documentary"),),
    countries=(Named("Germany"),),
)


def local(facts: VideoFacts | None = None) -> model.Movie:
    video = model.Video("a.mkv", facts=facts)
    return model.Movie(key="a", path="/a", root="/a", base="a", videos=(video,))


def test_a_movie_of_which_much_is_known() -> None:
    details = describe.details(TIDE, local(FACTS), Locale("de-DE", "DE"))
    assert BLOCKS[0] == merging.merged(None, details, None).decode()


def test_a_movie_of_which_little_is_known() -> None:
    details = describe.details(SALT, local(), Locale())
    assert BLOCKS[1] == merging.merged(None, details, None).decode()


@pytest.mark.parametrize("facts", [None, FACTS])
def test_an_nfo_that_somebody_else_began(facts: VideoFacts | None) -> None:
    begun, completed = BLOCKS[2:]
    sequel = msgspec.structs.replace(
        TIDE,
        id=900043,
        imdb_id="",
        title="Die ruhige Flut",
        original_title="The Quiet Tide",
        release_date="2014-05-06",
        keywords=(),
        posters=(),
        backdrops=(),
        translations=(),
        cast=(),
        studios=(),
        trailer="",
    )
    details = describe.details(sequel, local(), Locale("de-DE", "DE"))
    found = nfo.read(begun.encode())
    data = merging.merged(found, details, None)
    assert completed == data.decode()
    later = describe.details(sequel, local(facts), Locale("de-DE", "DE"))
    assert (merging.merged(nfo.read(data), later, details) == data) is (facts is None)
