"""Properties: a merge loses no content of an NFO and no edit of a user."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from mediakeep.media.nfo import managed_elements, merge, nfo_file
from mediakeep.media.nfo.model import NfoMovie
from mediakeep.media.nfo.nfo_file import NfoFile
from tests.media.nfo.nfos import TIDE
from tests.sampling import tried

RUNS = tried(25)
LATER = msgspec.structs.replace(TIDE, title="Later", plot="", genres=("Sea",), runtime=99, tags=())
OTHER = NfoMovie(title="Other", ids={"tmdb": "5"}, plot="o")

LETTERS = st.characters(exclude_categories=["Cc", "Cs"], exclude_characters="<&]\ufffe\uffff")
TEXTS = st.text(LETTERS, max_size=6)
OURS = (
    "title plot genre tag set actor ratings rating uniqueid tmdbid thumb fanart year premiered id"
)
NAMES = st.sampled_from([*OURS.split(), "runtime", "fileinfo", "credits"])
OTHERS = ["myshelf", "playcount", "lastplayed", "userrating", "x:y", "resume", "art"]
FOREIGN = st.sampled_from(OTHERS)
ATTRIBUTES = st.sampled_from(["", "", "", ' a="1"', ' type="tmdb"', ' default="true"', " name='m'"])
SPACES = st.sampled_from(["", "", " ", "\n", "\n  ", "\r\n\t", "\n\n    "])


def element(name: str, given: str, inside: str) -> str:
    return f"<{name}{given}>{inside}</{name}>" if inside else f"<{name}{given}/>"


LEAVES = st.builds(element, NAMES | FOREIGN, ATTRIBUTES, TEXTS)
REMARKS = st.sampled_from(["<!-- <title> -->", "<?keep me?>", "<![CDATA[<a>&]]>", "words"])
NESTED = st.builds(
    element,
    NAMES | FOREIGN | st.sampled_from(["ratings", "set", "actor", "fileinfo"]),
    ATTRIBUTES,
    st.lists(
        st.builds(
            element, st.sampled_from(["name", "rating", "value", "thumb", "b"]), ATTRIBUTES, TEXTS
        )
        | REMARKS,
        max_size=3,
    ).map("".join),
)
PIECES = st.tuples(LEAVES | NESTED | REMARKS, SPACES).map("".join)
MOVIES = st.builds(
    lambda before, space, inside, after: f"{before}<movie>{space}{''.join(inside)}</movie>{after}",
    st.sampled_from(["", "\ufeff", '<?xml version="1.0"?>\n', "\n<!-- mine -->\n"]),
    SPACES,
    st.lists(PIECES, max_size=9),
    st.sampled_from(["", "\n", "\r\nsee a & b", "<!-- end -->"]),
)


RESHAPED = (
    "ratings",
    "rating",
    "votes",
    "set",
    "id",
)  # may be rewritten in another form


def untouchable(found: NfoFile) -> list[bytes]:
    """Return the parts that must not change, in order: elements with a value, and comments."""
    theirs = managed_elements.group_elements(found.root).values()
    free = {
        id(one) for every in theirs if not managed_elements.element_values(every) for one in every
    }
    kept = (one for one in found.root.children if one.name not in RESHAPED)
    return [found.body[one.start : one.end] for one in kept if id(one) not in free]


def in_order(kept: list[bytes], body: bytes) -> bool:
    place = 0
    for one in kept:
        place = body.find(one, place)
        if place < 0:
            return False
        place += len(one)
    return True


@RUNS
@given(MOVIES, st.sampled_from([TIDE, LATER, OTHER]))
def test_what_somebody_else_wrote_survives_in_its_order(text: str, wanted: NfoMovie) -> None:
    found = nfo_file.parse_nfo(text.encode())
    data = merge.merge_details(found, wanted, None)
    again = nfo_file.parse_nfo(data)
    assert in_order(untouchable(found), again.body)
    assert again.body.endswith(found.body[found.root.end :])
    assert again.body.startswith(found.body[: found.root.start])
    assert merge.merge_details(again, wanted, None) == data
    assert merge.merge_details(again, wanted, wanted) == data


@RUNS
@given(MOVIES, st.sampled_from([TIDE, LATER]))
def test_texts_of_other_elements_survive_a_change_of_ours(text: str, first: NfoMovie) -> None:
    found = nfo_file.parse_nfo(text.encode())
    once = nfo_file.parse_nfo(merge.merge_details(found, first, None))
    twice = nfo_file.parse_nfo(merge.merge_details(once, TIDE, first))
    foreign = [one for one in found.root.children if one.name in OTHERS]
    for one in foreign:
        assert found.body[one.start : one.end] in twice.body
    assert merge.merge_details(twice, TIDE, TIDE) == twice.data


@RUNS
@given(st.data())
def test_an_edit_between_two_runs_is_never_lost(data: st.DataObject) -> None:
    first = nfo_file.parse_nfo(merge.merge_details(None, TIDE, None))
    every = [one for one in first.root.children if one.name not in ("uniqueid", "tmdbid", "imdbid")]
    picked = data.draw(st.lists(st.sampled_from(every), max_size=4, unique_by=id))
    body, marks = first.body, []
    for count, one in enumerate(sorted(picked, key=lambda each: -each.start)):
        way = data.draw(st.sampled_from(["text", "attribute", "child", "after", "comment"]))
        mark = f"mine{count}"
        marks.append(mark)
        place = one.end if way in ("after", "comment") else one.content_start
        if way == "attribute":
            place = one.content_start - 1
        new = {
            "text": mark,
            "attribute": f' {mark}="1"',
            "child": f"<{mark}/>text",
            "after": f"<{one.name}>{mark}</{one.name}>",
            "comment": f"<!-- {mark} -->",
        }[way]
        body = body[:place] + new.encode() + body[place:]
    edited = nfo_file.parse_nfo(body)
    for wanted in (LATER, TIDE):
        again = merge.merge_details(edited, wanted, TIDE)
        assert all(mark.encode() in again for mark in marks)
        assert merge.merge_details(nfo_file.parse_nfo(again), wanted, wanted) == again


@RUNS
@given(MOVIES)
def test_an_empty_place_is_filled_and_a_lock_is_a_lock(text: str) -> None:
    locked = text.replace("<movie>", "<movie><lockdata>true</lockdata>").encode()
    assert merge.merge_details(nfo_file.parse_nfo(locked), TIDE, None) == locked
    found = nfo_file.parse_nfo(text.encode())
    new = nfo_file.parse_nfo(merge.merge_details(found, TIDE, None))
    if not merge.is_other_movie(found, TIDE, None):
        told = managed_elements.element_values(
            managed_elements.group_elements(found.root).get("title", [])
        )
        assert new.details.title == (found.details.title if told else TIDE.title)
        assert new.details.tagline == TIDE.tagline
        assert new.details.directors == TIDE.directors


@RUNS
@given(
    st.binary(max_size=60)
    | st.text(st.sampled_from("<>/!-?movie &;=\"'[]\n"), max_size=60).map(str.encode)
)
def test_no_bytes_raise_anything_but_what_is_said(data: bytes) -> None:
    for whole in (data, b"<movie>" + data + b"</movie>", b"<movie " + data + b"/>"):
        nfo_file.find_movie_ids(whole)
        try:
            found = nfo_file.parse_nfo(whole)
        except nfo_file.NotAMovieNfo:
            continue
        new = merge.merge_details(found, TIDE, None)
        assert merge.merge_details(nfo_file.parse_nfo(new), TIDE, None) == new
