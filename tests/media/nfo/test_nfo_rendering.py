"""A new NFO holds Kodi's elements in Kodi's order, none of them empty, and can be read back."""

from __future__ import annotations

import string

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.media.nfo import changes, merging, nfo, rendering
from mediakeep.media.nfo.details import Actor, Details, Rating, Set, Streams, Thumb
from mediakeep.media.nfo.tree import Element
from mediakeep.media.video.facts import AudioStream, SubtitleStream, VideoStream
from tests.media.nfo.nfos import TIDE

ORDER = (
    "title originaltitle sorttitle ratings plot tagline runtime thumb fanart mpaa uniqueid tmdbid"
    " imdbid genre country set tag credits director premiered year studio trailer fileinfo actor"
)
VIDEO = "codec aspect width height durationinseconds stereomode hdrtype"


def names(element: Element) -> str:
    return " ".join(dict.fromkeys(one.name for one in element.children))


def test_elements_stand_in_kodis_order() -> None:
    root = nfo.read(rendering.rendered(TIDE)).root
    assert names(root) == ORDER
    info = next(root.named("fileinfo")).children[0]
    assert names(info) == "video audio subtitle"
    assert names(info.children[0]) == VIDEO.replace(" stereomode", "")
    assert names(next(root.named("actor"))) == "name role order thumb"


def test_it_begins_and_is_indented_as_kodi_does_it() -> None:
    lines = rendering.rendered(TIDE).decode().splitlines()
    assert lines[0] == '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
    assert lines[1:3] == ["<movie>", "    <title>The Patient Tide</title>"]
    assert '        <rating name="themoviedb" max="10" default="true">' in lines
    assert lines[-1] == "</movie>"


def test_one_id_is_the_default_and_jellyfin_finds_its_own() -> None:
    text = rendering.rendered(TIDE).decode()
    assert '<uniqueid type="tmdb" default="true">900042</uniqueid>' in text
    assert '<uniqueid type="imdb">tt9900042</uniqueid>' in text
    assert "<tmdbid>900042</tmdbid>" in text
    assert '<set tmdbcolid="900007">' in text
    assert text.count('default="true"') == 2  # an id and a rating


def test_what_is_written_is_read_back() -> None:
    assert nfo.read(rendering.rendered(TIDE)).details == TIDE


def test_nothing_is_written_for_nothing() -> None:
    empty = Details(
        ratings=(Rating("themoviedb", 0.0, 5),),
        thumbs=(Thumb(" "),),
        fanart=(Thumb(""),),
        collection=Set(""),
        genres=("", "\x07"),
        ids={"tmdb": ""},
        actors=(Actor(""),),
        streams=Streams((VideoStream(),), (AudioStream(),), (SubtitleStream(),)),
    )
    root = nfo.read(rendering.rendered(empty)).root
    assert root.children == []


def test_numbers_beyond_all_sense_do_no_harm() -> None:
    odd = Details(
        runtime=10**400,
        year=-5,
        ratings=(Rating("\ud800", 1e308, 10**30), Rating("b", 1e-9)),
        streams=Streams((VideoStream(width=-1, aspect=-0.0001, duration=1e300),)),
    )
    data = merging.merged(None, odd, None)
    assert nfo.read(data).details.ratings[0].value == 10
    assert merging.merged(nfo.read(data), odd, odd) == data


text = st.text(max_size=12)
word = st.text(string.ascii_lowercase, min_size=1, max_size=8)
number = st.integers(0, 9999)
DETAILS = st.builds(
    Details,
    title=text,
    plot=text,
    ratings=st.lists(st.builds(Rating, word, st.floats(0, 10), number), max_size=2).map(tuple),
    runtime=number,
    thumbs=st.lists(st.builds(Thumb, text, st.just("poster"), text), max_size=2).map(tuple),
    ids=st.dictionaries(word, text, max_size=2),
    genres=st.lists(text, max_size=3).map(tuple),
    collection=st.none() | st.builds(Set, text, text, number),
    streams=st.builds(
        Streams,
        st.lists(st.builds(VideoStream, word, number, number, st.floats(0, 9)), max_size=2).map(
            tuple
        ),
        st.lists(st.builds(AudioStream, word, word, number), max_size=2).map(tuple),
    ),
    actors=st.lists(st.builds(Actor, text, text, number, text), max_size=2).map(tuple),
)


@given(DETAILS)
def test_any_text_makes_an_nfo_that_says_it_and_stays_as_it_is(details: Details) -> None:
    data = merging.merged(None, details, None)
    found = nfo.read(data)
    assert found.details.title == rendering.clean(details.title)
    assert found.details.plot == rendering.clean(details.plot)
    assert merging.merged(found, details, details) == data
    assert merging.merged(found, details, None) == data


@given(DETAILS)
def test_details_go_through_json_unchanged(details: Details) -> None:
    assert msgspec.json.decode(msgspec.json.encode(details), type=Details) == details


def test_differences_are_told_field_by_field_in_short() -> None:
    new = msgspec.structs.replace(
        TIDE,
        plot="word " * 50,
        genres=tuple("abcdefg"),
        ids={"tmdb": "7"},
        collection=None,
        tagline="",
    )
    told = changes.of(TIDE, new)
    assert list(told) == ["plot", "tagline", "ids", "genres", "collection"]
    assert told["plot"][0] == "A keeper & her light. Then the sea <comes> back."
    assert told["plot"][1].endswith("word wo...")
    assert len(told["plot"][1]) == 80
    assert told["tagline"] == ("It waits.", "")
    assert told["ids"] == ("tmdb 900042, imdb tt9900042", "tmdb 7")
    assert told["genres"] == ("Drama, Adventure", "a, b, c, d, e and 2 more")
    assert told["collection"] == ("The Tide Collection", "")


@pytest.mark.parametrize(
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
    assert changes.of(None, TIDE)[field] == ("", shown)


def test_equal_details_differ_in_nothing() -> None:
    assert changes.of(TIDE, TIDE) == {}
