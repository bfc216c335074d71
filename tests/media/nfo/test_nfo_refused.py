"""Files that are no NFO of a movie are recognized and never changed, and cannot do harm."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from mediakeep.errors import BrokenNfo, NotAMovieNfo, UnsafeNfo
from mediakeep.media.nfo import merge, nfo_file
from tests.media.nfo import nfos
from tests.sampling import each_row, some
from tests.work import count_calls

OTHERS = {
    "": "it is empty",
    " \n": "it is empty",
    "just words": "it contains no XML",
    nfos.RELEASE: "it contains no XML, only a link to a movie",
    "https://www.themoviedb.org/movie/55\n": "it contains no XML, only a link to a movie",
    "<tvshow><title>A</title></tvshow>": "its root element is <tvshow>, not <movie>",
    '<?xml version="1.0"?><episodedetails><movie>A</movie></episodedetails>': "<episodedetails>",
    "<musicvideo><title>A</title></musicvideo>": "<musicvideo>",
    "<movies><a/></movies>": "<movies>",
    "<!DOCTYPE html><html><body>502 Bad Gateway</body></html>": "it is an HTML page",
    "<!DOCTYPE html><html><movie ></movie></html>": "it is an HTML page",
}


@each_row("text", OTHERS)
def test_what_is_no_nfo_of_a_movie_is_named(text: str) -> None:
    with pytest.raises(NotAMovieNfo) as told:
        nfo_file.parse_nfo(text.encode("cp1252"))
    assert type(told.value) is NotAMovieNfo
    assert OTHERS[text] in str(told.value)


BROKEN = {
    "cut off": "<movie><title>A</title>",
    "cut off in a tag": "<movie><title",
    "a stray &": "<movie><plot>Salt & Ash</plot></movie>",
    "a letter that XML knows not": "<movie><plot>&nbsp;</plot></movie>",
    "a control character": "<movie><plot>\x01</plot></movie>",
    "two roots": "<movie></movie>\n<movie></movie>",
    "another root behind": "<movie/><tvshow/>",
    "wrongly nested": "<movie><a><b></a></b></movie>",
    "an attribute twice": '<movie><a b="1" b="2"/></movie>',
}


@each_row("name", BROKEN)
def test_broken_xml_is_told_and_left_alone(name: str) -> None:
    with pytest.raises(BrokenNfo):
        nfo_file.parse_nfo(BROKEN[name].encode())


def test_the_line_of_the_damage_is_named() -> None:
    with pytest.raises(BrokenNfo, match=r"line 4 is not XML"):
        nfo_file.parse_nfo(b"\n<?xml version='1.0'?>\n<movie>\n<plot>&</plot></movie>")


def test_a_comment_behind_the_end_is_no_second_root() -> None:
    assert (
        nfo_file.parse_nfo(b"<movie><title>A</title></movie><!-- <movie> -->\n").details.title
        == "A"
    )


BOMB = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
MANY = "".join(f' a{n}=""' for n in range(50_000))
HOSTILE = {
    "entities within entities": f'<!DOCTYPE movie [<!ENTITY a0 "x">{BOMB}]><movie>&a11;</movie>',
    "a file of the system": '<!DOCTYPE movie [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    "<movie><title>&a;</title></movie>",
    "an address": '<!DOCTYPE movie SYSTEM "http://127.0.0.1:9/x.dtd"><movie/>',
    "parameters": '<!DOCTYPE movie [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><movie/>',
    "depth": f"<movie>{'<a>' * 300_000}",
    "attributes": f"<movie><a{MANY}/></movie>",
    "elements": f"<movie>{'<a/>' * 60_000}</movie>",
    "size": f"<movie>{' ' * nfo_file.MAX_SIZE}</movie>",
    "attributes of the root": f"<movie{MANY}/>",
}


# Every second one in each run, all of them in slow ones.
@pytest.mark.parametrize("name", some(HOSTILE, 2))
@pytest.mark.long
def test_hostile_xml_is_refused_at_once_and_in_little_memory(name: str) -> None:
    data = HOSTILE[name].encode()

    def read() -> None:
        with pytest.raises(UnsafeNfo):
            nfo_file.parse_nfo(data)
        assert nfo_file.find_movie_ids(data) == {}

    count_calls(read, 5_000_000)  # all but one take less than a thousand
    tracemalloc.start()
    read()
    assert tracemalloc.get_traced_memory()[1] < 120 * 1024 * 1024
    tracemalloc.stop()


@pytest.mark.long
@each_row(
    "text",
    [
        "<movie>" + "<!--" * 500_000,
        "<movie/>" + "<!--" * 500_000,
        "<movie/>" + "<!-- -->" * 400_000,
        "<" * 2_000_000,
        "<a " * 600_000 + "<movie>",
        "<uniqueid type='" * 200_000 + "<movie>",
        "<movie><id" + " " * 2_000_000,
        "themoviedb.org/movie/" * 150_000,
        "<movie><a b='" + ">" * 2_000_000 + "'/><",
        '<?xml encoding="' * 100_000,
    ],
    ids=range(10),
)
def test_no_text_takes_long(text: str) -> None:
    begin = time.process_time()
    nfo_file.find_movie_ids(text.encode())
    assert time.process_time() - begin < 60  # it takes one; to go back at each place takes hours


LINE = "\n" + " " * 200
LARGE = {
    "genres": (f"<genre>a</genre>{LINE}", 8_000),
    "empty genres": (f"{LINE}<genre/>", 8_000),
    "ids": ('<uniqueid type="a" default="true"/>', 40_000),
    "sets": ("<set><name/></set>", 8_000),
    "ratings": ("<rating><value>1</value></rating>", 8_000, "<ratings>", "</ratings>"),
    "actors": ("<actor><name>a</name></actor>\n", 20_000),
    "nested": ("<name/>", 40_000, "<set>" * 22, "</set>" * 22),
    "remarks": (" <!-- a -->", 40_000, "<title>a</title>", ""),
    "a text": ("a", 3_000_000, "<plot>", "</plot>"),
}


@pytest.mark.parametrize("share", [40, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", LARGE)
def test_no_nfo_takes_long_to_be_brought_up_to_date(name: str, share: int) -> None:
    one, count, before, behind = (*LARGE[name], "", "")[:4]

    def update() -> None:
        found = nfo_file.parse_nfo(
            f"<movie>{before}{one * (count // share)}{behind}</movie>".encode()
        )
        data = merge.merge_details(found, nfos.TIDE, None)
        assert merge.merge_details(nfo_file.parse_nfo(data), nfos.TIDE, None) == data

    count_calls(update, 50_000_000 // share)  # a tenth of the largest takes a million


def test_the_number_of_ids_in_links_must_be_one() -> None:
    link = b"see https://www.themoviedb.org/movie/%d "
    assert (
        nfo_file.find_movie_ids(link % 55)
        == nfo_file.find_movie_ids(link % 55 * 2)
        == {"tmdb": "55"}
    )
    assert nfo_file.find_movie_ids(link % 55 + link % 56) == {}


GIVEN = {
    nfos.KODI: {"imdb": "tt9900042"},
    nfos.JELLYFIN: {"tmdb": "900042", "imdb": "tt9900042"},
    nfos.OLD: {"imdb": "tt9900042", "tmdb": "900042"},
    nfos.RELEASE: {"imdb": "tt9900042"},
    "https://www.imdb.com/de/title/tt9900042/reference": {"imdb": "tt9900042"},
    '<movie><plot>a & b</plot><uniqueid default="true" type="tmdb">55</uniqueid>': {"tmdb": "55"},
    "<movie><plot>a & b</plot><id>tt9900042</id><tmdbid>55</tmdbid>": {
        "imdb": "tt9900042",
        "tmdb": "55",
    },
    "<tvshow><tmdbid>55</tmdbid></tvshow> https://www.themoviedb.org/movie/56": {},
    "<html>https://www.themoviedb.org/movie/56": {},
    "https://www.themoviedb.org/tv/56 imdb.com/name/nm0000001": {},
}


@each_row("text", GIVEN)
def test_ids_are_found_in_any_file_that_is_about_a_movie(text: str) -> None:
    assert nfo_file.find_movie_ids(text.encode("utf-8")) == GIVEN[text]
