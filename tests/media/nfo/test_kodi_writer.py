"""A new NFO holds Kodi's elements in Kodi's order, none of them empty, and can be read back."""

from __future__ import annotations

import string

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.media.nfo import diff, kodi_writer, merge, nfo_file
from mediakeep.media.nfo.model import NfoActor, NfoMovie, NfoRating, NfoSet, NfoStreams, NfoThumb
from mediakeep.media.nfo.xml_tree import Element
from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoStream
from tests.media.nfo.nfos import TIDE
from tests.sampling import each_row

ORDER = (
    "title originaltitle sorttitle ratings plot tagline runtime thumb fanart mpaa uniqueid tmdbid"
    " imdbid genre country set tag credits director premiered year studio trailer fileinfo actor"
)
VIDEO = "codec aspect width height durationinseconds stereomode hdrtype"


def names(element: Element) -> str:
    return " ".join(dict.fromkeys(child.name for child in element.children))


def test_elements_stand_in_kodis_order() -> None:
    root = nfo_file.parse_nfo(kodi_writer.render_nfo(TIDE)).root
    assert names(root) == ORDER
    info = next(root.find_children("fileinfo")).children[0]
    assert names(info) == "video audio subtitle"
    assert names(info.children[0]) == VIDEO.replace(" stereomode", "")
    assert names(next(root.find_children("actor"))) == "name role order thumb"


def test_it_begins_and_is_indented_as_kodi_does_it() -> None:
    lines = kodi_writer.render_nfo(TIDE).decode().splitlines()
    assert lines[0] == '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    assert lines[1:3] == ["<movie>", "    <title>The Patient Tide</title>"]
    assert '        <rating name="themoviedb" max="10" default="true">' in lines
    assert lines[-1] == "</movie>"


def test_one_id_is_the_default_and_jellyfin_finds_its_own() -> None:
    text = kodi_writer.render_nfo(TIDE).decode()
    assert '<uniqueid type="tmdb" default="true">900042</uniqueid>' in text
    assert '<uniqueid type="imdb">tt9900042</uniqueid>' in text
    assert "<tmdbid>900042</tmdbid>" in text
    assert '<set tmdbcolid="900007">' in text
    assert text.count('default="true"') == 2  # an id and a rating


def test_what_is_written_is_read_back() -> None:
    assert nfo_file.parse_nfo(kodi_writer.render_nfo(TIDE)).details == TIDE


def test_nothing_is_written_for_nothing() -> None:
    empty = NfoMovie(
        ratings=(NfoRating("themoviedb", 0.0, 5),),
        thumbs=(NfoThumb(" "),),
        fanart=(NfoThumb(""),),
        collection=NfoSet(""),
        genres=("", "\x07"),
        ids={"tmdb": ""},
        actors=(NfoActor(""),),
        streams=NfoStreams((VideoStream(),), (AudioStream(),), (SubtitleStream(),)),
    )
    root = nfo_file.parse_nfo(kodi_writer.render_nfo(empty)).root
    assert root.children == []


def test_numbers_beyond_all_sense_do_no_harm() -> None:
    odd = NfoMovie(
        runtime=10**400,
        year=-5,
        ratings=(NfoRating("\ud800", 1e308, 10**30), NfoRating("b", 1e-9)),
        streams=NfoStreams((VideoStream(width=-1, aspect=-0.0001, duration=1e300),)),
    )
    data = merge.merge_details(None, odd, None)
    assert nfo_file.parse_nfo(data).details.ratings[0].value == 10
    assert merge.merge_details(nfo_file.parse_nfo(data), odd, odd) == data


text = st.text(max_size=12)
word = st.text(string.ascii_lowercase, min_size=1, max_size=8)
number = st.integers(0, 9999)
DETAILS = st.builds(
    NfoMovie,
    title=text,
    plot=text,
    ratings=st.lists(st.builds(NfoRating, word, st.floats(0, 10), number), max_size=2).map(tuple),
    runtime=number,
    thumbs=st.lists(st.builds(NfoThumb, text, st.just("poster"), text), max_size=2).map(tuple),
    ids=st.dictionaries(word, text, max_size=2),
    genres=st.lists(text, max_size=3).map(tuple),
    collection=st.none() | st.builds(NfoSet, text, text, number),
    streams=st.builds(
        NfoStreams,
        st.lists(st.builds(VideoStream, word, number, number, st.floats(0, 9)), max_size=2).map(
            tuple
        ),
        st.lists(st.builds(AudioStream, word, word, number), max_size=2).map(tuple),
    ),
    actors=st.lists(st.builds(NfoActor, text, text, number, text), max_size=2).map(tuple),
)


@given(DETAILS)
def test_any_text_makes_an_nfo_that_says_it_and_stays_as_it_is(details: NfoMovie) -> None:
    data = merge.merge_details(None, details, None)
    found = nfo_file.parse_nfo(data)
    assert found.details.title == kodi_writer.clean_text(details.title)
    assert found.details.plot == kodi_writer.clean_text(details.plot)
    assert merge.merge_details(found, details, details) == data
    assert merge.merge_details(found, details, None) == data


@given(DETAILS)
def test_details_go_through_json_unchanged(details: NfoMovie) -> None:
    assert msgspec.json.decode(msgspec.json.encode(details), type=NfoMovie) == details


def test_differences_are_told_field_by_field_in_short() -> None:
    new = msgspec.structs.replace(
        TIDE,
        plot="word " * 50,
        genres=tuple("abcdefg"),
        ids={"tmdb": "7"},
        collection=None,
        tagline="",
    )
    told = diff.compare_details(TIDE, new)
    assert list(told) == ["plot", "tagline", "ids", "genres", "collection"]
    assert told["plot"][0] == "A keeper & her light. Then the sea <comes> back."
    assert told["plot"][1].endswith("word wo...")
    assert len(told["plot"][1]) == 80
    assert told["tagline"] == ("It waits.", "")
    assert told["ids"] == ("tmdb 900042, imdb tt9900042", "tmdb 7")
    assert told["genres"] == ("Drama, Adventure", "a, b, c, d, e and 2 more")
    assert told["collection"] == ("The Tide Collection", "")


@each_row(
    ("field", "shown"),
    [
        ("ratings", "themoviedb 7.713 (1204 votes)"),
        ("runtime", "101"),
        ("actors", 'Runa Feddersen (Keeper "Lux"), Jan Holt'),
        ("streams", "h264 1920x1080 hdr10, aac ger, ac3 eng, subtitles ger"),
        ("fanart", "https://image.tmdb.org/t/p/original/f.jpg"),
    ],
)
def test_what_is_new_is_shown_as_people_read_it(field: str, shown: str) -> None:
    assert diff.compare_details(None, TIDE)[field] == ("", shown)


def test_equal_details_differ_in_nothing() -> None:
    assert diff.compare_details(TIDE, TIDE) == {}
