"""An NFO is parsed as by Kodi, in the formats of all its versions and of Jellyfin."""

from __future__ import annotations

from typing import Any

from mediakeep.media.nfo import nfo_file
from mediakeep.media.nfo.model import NfoActor, NfoMovie, NfoRating, NfoSet, NfoThumb
from tests.media.nfo import nfos
from tests.sampling import each_row


def read(inside: str, after: str = "") -> NfoMovie:
    return nfo_file.parse_nfo(f"<movie>{inside}</movie>{after}".encode()).details


READ: list[tuple[str, str, Any]] = [
    ("<title> A </title>", "title", "A"),
    ("<title/><title>B</title>", "title", "B"),
    ("<title><![CDATA[Salt & <Ash>]]></title>", "title", "Salt & <Ash>"),
    (
        '<ratings><rating name="a" max="100"><value>58</value><votes>1,234</votes></rating>'
        "</ratings>",
        "ratings",
        (NfoRating("a", 5.8, 1234),),
    ),
    (
        '<ratings><rating name="a"><value>1</value></rating>'
        '<rating name="b" default="true"><value>2</value></rating></ratings>',
        "ratings",
        (NfoRating("b", 2.0), NfoRating("a", 1.0)),
    ),
    ("<rating>7,5</rating><votes>1,234</votes>", "ratings", (NfoRating("", 7.5, 1234),)),
    ("<rating>0</rating><votes/>", "ratings", ()),
    (
        '<ratings><rating max="0"><value>7</value></rating></ratings>',
        "ratings",
        (NfoRating("", 7.0),),
    ),
    ("<rating>99999999999</rating>", "ratings", (NfoRating("", 10.0),)),
    (
        '<rating>1</rating><ratings><rating name="a"><value>2</value></rating></ratings>',
        "ratings",
        (NfoRating("a", 2.0),),
    ),
    ("<runtime>120 min</runtime>", "runtime", 120),
    ("<runtime>long</runtime>", "runtime", 0),
    ("<runtime>-5</runtime>", "runtime", 0),
    ("<runtime>\u0661\u0662</runtime>", "runtime", 0),
    (
        '<thumb aspect="poster" preview="p"> u </thumb><thumb/>',
        "thumbs",
        (NfoThumb("u", "poster", "p"),),
    ),
    ("<fanart><thumb>u</thumb><thumb/></fanart>", "fanart", (NfoThumb("u"),)),
    (
        '<fanart url="http://x/"><thumb preview="p">u</thumb></fanart>',
        "fanart",
        (NfoThumb("http://x/u", preview="http://x/p"),),
    ),
    ('<uniqueid type="imdb">tt1234567</uniqueid>', "ids", {"imdb": "tt1234567"}),
    (
        '<uniqueid type="imdb">tt1234567</uniqueid>'
        '<uniqueid type="TMDB" default="true">7</uniqueid>',
        "ids",
        {"tmdb": "7", "imdb": "tt1234567"},
    ),
    ("<id>tt1234567</id>", "ids", {"imdb": "tt1234567"}),
    ("<id>4711</id>", "ids", {"unknown": "4711"}),
    ('<id moviedb="themoviedb">4711</id>', "ids", {"tmdb": "4711"}),
    ('<id>4711</id><uniqueid type="tmdb">9</uniqueid>', "ids", {"tmdb": "9"}),
    ('<id TMDB="8" IMDB="tt1234567">tt1234567</id>', "ids", {"tmdb": "8", "imdb": "tt1234567"}),
    ("<tmdbid>7</tmdbid><imdb_id>tt1234567</imdb_id>", "ids", {"tmdb": "7", "imdb": "tt1234567"}),
    ("<tvdbid>5</tvdbid><tmdbid>0</tmdbid><imdbid>nm1</imdbid>", "ids", {"tvdb": "5"}),
    ("<genre>A / B</genre><genre>C</genre><genre>A</genre>", "genres", ("A", "B", "C")),
    ('<genre>A</genre><genre clear="true">B</genre>', "genres", ("B",)),
    ("<set>Old</set>", "collection", NfoSet("Old")),
    (
        '<set tmdbcolid="5"><name>New</name><overview>o</overview></set>',
        "collection",
        NfoSet("New", "o", 5),
    ),
    ("<set/>", "collection", None),
    ("<premiered>2011-03-04</premiered><year>1990</year>", "year", 2011),
    ("<premiered/><year>1990</year>", "year", 1990),
    ("<premiered>soon</premiered><year>1990</year>", "year", 1990),
    ("<premiered>4.3.2011</premiered>", "premiered", ""),
    (
        "<actor><name>A</name><role>R</role><order>3</order></actor><actor><name/></actor>",
        "actors",
        (NfoActor("A", "R", 3),),
    ),
    ("<actor><name>A</name><sortorder>2</sortorder></actor>", "actors", (NfoActor("A", "", 2),)),
    (
        '<actor><name>A</name></actor><actor clear="true"><name>B</name></actor>',
        "actors",
        (NfoActor("B"),),
    ),
]


@each_row(("inside", "field", "value"), READ)
def test_an_element_means_what_kodi_takes_it_for(inside: str, field: str, value: Any) -> None:
    assert getattr(read(inside), field) == value


def test_the_ids_of_a_combination_file_fill_in_what_the_elements_lack() -> None:
    link = "\nhttps://www.themoviedb.org/movie/55-a\nhttps://www.imdb.com/title/tt7654321/"
    assert read("<tmdbid>7</tmdbid>", link).ids == {"tmdb": "7", "imdb": "tt7654321"}


def test_a_link_in_a_plot_is_no_id() -> None:
    assert read("<plot>Unlike https://www.themoviedb.org/movie/55 it is good.</plot>").ids == {}


def test_what_kodi_exported_is_read() -> None:
    found = nfo_file.parse_nfo(nfos.KODI.encode()).details
    assert (found.title, found.genres, found.ids) == (
        "My own title",
        ("Sea", "Storm"),
        {"imdb": "tt9900042"},
    )
    assert found.ratings == (NfoRating("imdb", 5.8, 1641),)
    assert found.streams.video[0].codec == "h264"
    assert found.streams.video[0].duration == 5311


def test_what_jellyfin_saved_is_read() -> None:
    found = nfo_file.parse_nfo(nfos.JELLYFIN.encode()).details
    assert found.ids == {"tmdb": "900042", "imdb": "tt9900042"}
    assert found.ratings == (NfoRating("", 7.7),)
    assert found.collection == NfoSet("The Tide Collection", "", 900007)


@each_row("text", ["true", "True", " TRUE ", "1"])
def test_lockdata_locks(text: str) -> None:
    assert nfo_file.parse_nfo(f"<movie><lockdata>{text}</lockdata></movie>".encode()).is_locked


@each_row("inside", ["", "<lockdata/>", "<lockdata>false</lockdata>"])
def test_without_lockdata_nothing_is_locked(inside: str) -> None:
    assert not nfo_file.parse_nfo(f"<movie>{inside}</movie>".encode()).is_locked


def test_locked_fields_are_told_apart() -> None:
    found = nfo_file.parse_nfo(b"<movie><lockedfields>Name|Genres, Cast</lockedfields></movie>")
    assert found.locked_fields == {"name", "genres", "cast"}
