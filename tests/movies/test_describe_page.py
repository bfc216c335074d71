"""The three NFOs that the page about them shows are what the program makes."""

from __future__ import annotations

import re

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
from mediakeep.media.nfo import merge, nfo_file
from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoInfo, VideoStream
from mediakeep.movies import model
from mediakeep.movies.sidecars import nfo_content
from tests.documents import ROOT
from tests.sampling import each_row

BLOCKS = re.findall(r"^```xml\n(.*?)^```$", (ROOT / "docs/nfo.md").read_text(), re.M | re.S)

FACTS = VideoInfo(
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
    genres=(NamedEntity("Drama"), NamedEntity("Abenteuer")),
    countries=(NamedEntity("Germany"), NamedEntity("Denmark")),
    studios=(NamedEntity("Harbour Pictures"),),
    keywords=(NamedEntity("lighthouse"), NamedEntity("sea")),
    collection=NamedEntity("The Tide Collection", id=900007, overview="Two films of one coast."),
    cast=(
        CastMember("Runa Feddersen", "Keeper", 0, "/runa.jpg"),
        CastMember("Jan Holt", "Pilot", 1),
    ),
    crew=(
        CrewMember("Ove Tannert", "Director", "Directing"),
        CrewMember("Ilse Marquardt", "Screenplay", "Writing"),
    ),
    certificates=(Certification("US", "PG-13", 3), Certification("DE", "12", 3)),
    posters=(TmdbImage("/tide-en.jpg", language="en"), TmdbImage("/tide-de.jpg", language="de")),
    backdrops=(TmdbImage("/tide.jpg"),),
    translations=(Translation("de", "DE", "Die geduldige Flut", "", "Sie wartet."),),
    trailer="abc_DEF-123",
)
SALT = Movie(
    id=900051,
    original_title="Salz",
    original_language="de",
    title="Salz",
    release_date="1931-11-20",
    genres=(NamedEntity("Documentary"),),
    countries=(NamedEntity("Germany"),),
)


def local(facts: VideoInfo | None = None) -> model.LocalMovie:
    video = model.MovieVideo("a.mkv", facts=facts)
    return model.LocalMovie(key="a", path="/a", root="/a", base="a", videos=(video,))


def test_a_movie_of_which_much_is_known() -> None:
    details = nfo_content.build_nfo_content(TIDE, local(FACTS), Locale("de-DE", "DE"))
    assert BLOCKS[0] == merge.merge_details(None, details, None).decode()


def test_a_movie_of_which_little_is_known() -> None:
    details = nfo_content.build_nfo_content(SALT, local(), Locale())
    assert BLOCKS[1] == merge.merge_details(None, details, None).decode()


@each_row("facts", [None, FACTS])
def test_an_nfo_that_somebody_else_began(facts: VideoInfo | None) -> None:
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
    details = nfo_content.build_nfo_content(sequel, local(), Locale("de-DE", "DE"))
    nfo = nfo_file.parse_nfo(begun.encode())
    data = merge.merge_details(nfo, details, None)
    assert completed == data.decode()
    later = nfo_content.build_nfo_content(sequel, local(facts), Locale("de-DE", "DE"))
    assert (merge.merge_details(nfo_file.parse_nfo(data), later, details) == data) is (
        facts is None
    )
