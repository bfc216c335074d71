"""An update of an NFO keeps everything that mediakeep does not manage, byte for byte."""

from __future__ import annotations

import difflib
from typing import Any

import msgspec

from mediakeep.media.nfo import merge, nfo_file
from mediakeep.media.nfo.model import NfoMovie, NfoRating, NfoSet, NfoStreams
from mediakeep.media.video.model import VideoStream
from tests.media.nfo import nfos
from tests.media.nfo.nfos import TIDE
from tests.sampling import each_row

LATER = msgspec.structs.replace(
    TIDE,
    title="The Very Patient Tide",
    ratings=(NfoRating("themoviedb", 8.0, 1300),),
    plot="Another plot.",
    genres=("Drama",),
    streams=NfoStreams((VideoStream("hevc", 3840, 2160, 1.778, 6060.0),)),
)


def merged(text: str, wanted: NfoMovie = TIDE, written: NfoMovie | None = None) -> str:
    """Merge, and check that merging again changes nothing."""
    new = merge.merge_details(nfo_file.parse_nfo(text.encode()), wanted, written)
    assert merge.merge_details(nfo_file.parse_nfo(new), wanted, wanted) == new
    assert merge.merge_details(nfo_file.parse_nfo(new), wanted, written) == new
    return new.decode()


def movie(*inside: str) -> str:
    return "".join(("<movie>\n", *(f"    {one}\n" for one in inside), "</movie>\n"))


def gone(old: str, new: str) -> list[str]:
    """Return the lines of the old text that are missing from the new one."""
    lines = difflib.ndiff(old.splitlines(keepends=True), new.splitlines(keepends=True))
    return [line[2:].strip() for line in lines if line.startswith("- ")]


def test_of_what_kodi_exported_only_empty_elements_are_filled() -> None:
    new = merged(nfos.KODI)
    assert gone(nfos.KODI, new) == [
        "<originaltitle></originaltitle>",
        "<plot></plot>",
        "<mpaa></mpaa>",
        "<year></year>",
    ]
    found = nfo_file.parse_nfo(new.encode()).details
    assert (found.title, found.original_title, found.genres) == (
        "My own title",
        "Die geduldige Flut",
        ("Sea", "Storm"),
    )
    assert [rating.name for rating in found.ratings] == ["imdb", "themoviedb"]
    assert list(found.ids) == ["imdb", "tmdb"]
    assert found.sort_title == ""  # ours is that of another title
    assert '<myshelf row="3">left</myshelf> <!-- the blue one -->\n' in new


def test_what_is_added_stands_where_kodi_has_it() -> None:
    new = merged(nfos.KODI)
    order = ["</originaltitle>", "<ratings>", "<plot>", "<tagline>", "<thumb", "<fanart>", "<mpaa>"]
    order += ["<playcount>", "<uniqueid", "<tmdbid>", "<genre", "<country>", "<set ", "<tag>"]
    order += [
        "<credits>",
        "<director>",
        "<premiered>",
        "<year>",
        "<studio>",
        "<trailer>",
        "<actor>",
    ]
    places = [new.index(tag) for tag in [*order, "<actor>"]]
    assert places == sorted(places)
    assert new.index("<actor>") < new.index("<resume>")


def test_an_nfo_of_jellyfin_keeps_its_manner() -> None:
    new = merged(nfos.JELLYFIN)
    assert new.startswith("\ufeff<?xml")
    assert set(gone(nfos.JELLYFIN, new)) == {"<rating>7.7</rating>"}
    assert "\n  <ratings>\n    <rating " in new
    assert "<plot>Somebody's own words.</plot>" in new
    assert "    <name>The Tide Collection</name>\n    <overview>Two films of one coast." in new
    assert new.endswith("    <sortorder>0</sortorder>\n  </actor>\n</movie>")


def test_older_forms_give_way_to_those_that_say_the_same() -> None:
    new = merged(nfos.OLD)
    assert gone(nfos.OLD, new) == [
        "<rating>7.7</rating>",
        "<votes>1,204</votes>",
        "<set>The Tide Collection</set>",
    ]
    assert "\r\n\t<ratings>\r\n\t\t<rating " in new
    assert "\n" not in new.replace("\r\n", "")
    assert new.endswith("</movie>\r\nhttps://www.themoviedb.org/movie/900042-the-patient-tide\r\n")
    found = nfo_file.parse_nfo(new.encode()).details
    assert found.ratings == TIDE.ratings
    assert found.collection == TIDE.collection
    assert found.genres == TIDE.genres


@each_row(
    "text",
    [
        '<rating by="me">7.7</rating>',
        "<rating>7.7<!-- mine --></rating>",
        "<ratings>by hand</ratings>",
        "<ratings><!-- mine --></ratings>",
        '<ratings mine="1"/>',
    ],
)
def test_what_is_noted_at_a_rating_stays(text: str) -> None:
    new = merged(movie(text))
    assert text.removesuffix("</ratings>").removesuffix("/>") in new


def test_an_older_rating_that_is_not_ours_stays_the_one_that_counts() -> None:
    new = merged(movie("<rating>4.0</rating>", "<votes>3</votes>"))
    assert nfo_file.parse_nfo(new.encode()).details.ratings == (NfoRating("", 4.0, 3),)


@each_row("text", ["<movie/>", "<movie></movie>", "<movie>\n</movie>\n", "<movie />"])
def test_an_nfo_without_anything_is_filled(text: str) -> None:
    new = merged(text)
    assert nfo_file.parse_nfo(new.encode()).details == TIDE
    assert new.startswith("<movie>\n    <title>")


def test_what_is_on_one_line_stays_so() -> None:
    new = merged("<movie><title/><x/></movie>", NfoMovie(title="A", genres=("B", "C")))
    assert new == "<movie><title>A</title><genre>B</genre><genre>C</genre><x/></movie>"


def test_what_is_still_as_we_wrote_it_follows() -> None:
    first = merged(nfos.KODI)
    second = merged(first, LATER, TIDE)
    found = nfo_file.parse_nfo(second.encode()).details
    assert found.plot == LATER.plot
    assert found.ratings[1] == LATER.ratings[0]
    assert found.title == "My own title"
    assert found.genres == ("Sea", "Storm")
    whole = nfo_file.parse_nfo(merged(merged("<movie/>"), LATER, TIDE).encode()).details
    assert whole == LATER


def test_without_knowing_what_we_wrote_nothing_that_is_told_is_changed() -> None:
    first = merged("<movie/>")
    assert merged(first, LATER) == first


EDITS = [
    ("<plot>A keeper", "<plot>My keeper"),
    ("<title>The", "<title lang='en'>The"),
    ("<genre>Drama</genre>", "<genre>Drama</genre>\n    <genre>Mine</genre>"),
    ("<genre>Drama</genre>\n", ""),
    ("<genre>Drama</genre>", "<genre note='mine'>Drama</genre>"),
    ("<votes>1204</votes>", "<votes>1204</votes><mine/>by hand"),
    ("<value>7.713", "<value>9"),
    ("<name>Jan Holt", "<name>Jan Holt</name><alias>Johnny</alias><name>"),
    ("<codec>h264", "<codec>mpeg2"),
    ("<width>1920</width>", "<width>1920</width><!-- measured -->"),
    ("<premiered>2011-03-04", "<premiered>2012-01-01"),
    (">900042</uniqueid>", ">900042</uniqueid><!-- checked -->"),
]


@each_row(("old", "new"), EDITS)
def test_an_edit_of_a_person_stays(old: str, new: str) -> None:
    first = merged("<movie/>")
    assert old in first
    edited = first.replace(old, new, 1)
    assert new in merged(edited, LATER, TIDE)


@each_row("written", [None, TIDE])
def test_a_lock_keeps_every_byte(written: NfoMovie | None) -> None:
    locked = movie("<title/>", "<lockdata>true</lockdata>")
    assert merged(locked, LATER, written) == locked


LOCKS: list[tuple[str, str, Any]] = [
    ("Name", "title", "The Patient Tide"),
    ("Overview", "plot", TIDE.plot),
    ("Genres", "genres", TIDE.genres),
    ("name|GENRES", "genres", TIDE.genres),
]


@each_row(("lock", "field", "value"), LOCKS)
def test_a_locked_field_stays(lock: str, field: str, value: Any) -> None:
    text = merged("<movie/>").replace("</movie>", f"<lockedfields>{lock}</lockedfields></movie>")
    found = nfo_file.parse_nfo(merged(text, LATER, TIDE).encode()).details
    assert getattr(found, field) == value
    assert found.ratings == LATER.ratings


def test_a_locked_field_that_is_empty_stays_empty() -> None:
    locks = "Name|Overview|Genres|Studios|Tags|Cast|Runtime|OfficialRating|ProductionLocations"
    found = nfo_file.parse_nfo(
        merged(movie(f"<lockedfields>{locks}</lockedfields>")).encode()
    ).details
    empty = (found.title, found.plot, found.genres, found.studios, found.tags, found.actors)
    assert not any((*empty, found.directors, found.runtime, found.mpaa, found.countries))
    assert found.premiered == TIDE.premiered


def test_an_nfo_about_another_movie_is_left_alone() -> None:
    other = movie('<uniqueid type="tmdb" default="true">5</uniqueid>', "<plot/>")
    assert merged(other) == other
    imdb = movie("<imdbid>tt0000005</imdbid>")
    assert merged(imdb) == imdb
    assert merge.is_other_movie(nfo_file.parse_nfo(imdb.encode()), TIDE, None)


def test_another_id_of_the_same_movie_is_not_contradicted() -> None:
    new = merged(movie("<tmdbid>900042</tmdbid>", "<imdbid>tt0000005</imdbid>"))
    assert nfo_file.parse_nfo(new.encode()).details.ids == {"tmdb": "900042", "imdb": "tt0000005"}
    assert "tt9900042" not in new


def test_after_a_new_match_all_of_ours_follows_and_what_is_lacking_goes() -> None:
    other = NfoMovie(title="Salt", ids={"tmdb": "7", "imdb": "tt9900007"}, plot="Salt.")
    text = merged("<movie/>").replace(
        "<title>", "<id>tt9900042</id>\n    <outline>o</outline><title>"
    )
    found = nfo_file.parse_nfo(merged(text, other, TIDE).encode())
    assert found.details == msgspec.structs.replace(other, streams=TIDE.streams)
    assert found.root.child_text("id") == "tt9900007"
    assert found.root.child_text("outline") == "o"


def test_what_we_no_longer_know_of_the_same_movie_stays() -> None:
    less = msgspec.structs.replace(TIDE, plot="", streams=NfoStreams(), actors=(), collection=None)
    first = merged("<movie/>")
    assert merged(first, less, TIDE) == first


def test_what_we_no_longer_know_is_still_ours_when_we_know_it_again() -> None:
    less = msgspec.structs.replace(LATER, plot="", ids={"tmdb": TIDE.ids["tmdb"]})
    first = merged(nfos.KODI.replace("<plot></plot>", ""), TIDE)
    second = merged(first, less, TIDE)
    assert nfo_file.parse_nfo(second.encode()).details.plot == TIDE.plot
    said = merge.select_written_details(less, TIDE)
    assert (said.plot, said.ids, said.title) == (TIDE.plot, TIDE.ids, LATER.title)
    assert merge.select_written_details(less, said) == said
    third = merged(second, LATER, said)
    assert nfo_file.parse_nfo(third.encode()).details.plot == LATER.plot
    other = msgspec.structs.replace(less, ids={"tmdb": "999"})
    assert merge.select_written_details(other, TIDE) == other
    assert merge.select_written_details(less, None) == less


def test_how_a_title_is_sorted_goes_with_the_title_unless_a_person_wrote_it() -> None:
    german = msgspec.structs.replace(TIDE, title="Die Flut", sort_title="Flut, Die")
    english = msgspec.structs.replace(TIDE, title="Patience", sort_title="")
    text = merged(movie(), german)
    assert "sorttitle" not in merged(text, english, german)
    assert merge.select_written_details(english, german).sort_title == ""
    mine = text.replace("Flut, Die", "Flut 1")
    assert "<sorttitle>Flut 1</sorttitle>" in merged(mine, english, german)


def test_what_is_said_in_another_language_goes_with_it_unless_a_person_wrote_it() -> None:
    german = msgspec.structs.replace(TIDE, tagline="Nass.", mpaa="DE-12", trailer="t")
    english = msgspec.structs.replace(TIDE, tagline="", mpaa="", trailer="")
    text = merge.merge_details(None, german, None)
    new = merge.merge_details(nfo_file.parse_nfo(text), english, german, elsewhere=True)
    said = merge.select_written_details(english, german, elsewhere=True)
    assert said == msgspec.structs.replace(english, trailer="t")
    assert (
        nfo_file.parse_nfo(new).details
        == nfo_file.parse_nfo(merge.merge_details(None, said, None)).details
    )
    assert merge.merge_details(nfo_file.parse_nfo(new), english, said) == new
    assert merge.merge_details(nfo_file.parse_nfo(text), english, german) == text
    mine = text.replace(b"Nass.", b"Mine.")
    assert b"Mine." in merge.merge_details(
        nfo_file.parse_nfo(mine), english, german, elsewhere=True
    )


def test_a_year_is_not_overruled_by_a_date() -> None:
    found = nfo_file.parse_nfo(merged(movie("<year>1990</year>")).encode()).details
    assert (found.year, found.premiered) == (1990, "")
    found = nfo_file.parse_nfo(merged(movie("<premiered>1990-01-02</premiered>")).encode()).details
    assert (found.year, found.premiered) == (1990, "1990-01-02")
    assert (
        nfo_file.parse_nfo(merged(movie("<year>2011</year>")).encode()).details.premiered
        == "2011-03-04"
    )


@each_row(
    ("old", "new"),
    [
        ("<set>My own set</set>", "<set>My own set</set>"),
        ("<set><name/></set>", '<set tmdbcolid="9">'),
        (
            '<set tmdbcolid="4"><name>The Tides</name></set>',
            '<set tmdbcolid="4"><name>The Tides</name></set>',
        ),
        ("<set>The Tides</set>", '<set tmdbcolid="9">'),
        ("<set><name>The Tides</name><mine/></set>", "<set><name>The Tides</name><mine/></set>"),
        ("<set><name>The Tides</name>x</set>", "<set><name>The Tides</name>x</set>"),
    ],
)
def test_a_set_is_completed_only_where_it_is_the_same(old: str, new: str) -> None:
    wanted = NfoMovie(collection=NfoSet("The Tides", "o", 9))
    assert new in merged(movie(old), wanted)


def test_attributes_of_a_filled_element_stay() -> None:
    new = merged(movie("<plot lang='de'/>", '<genre clear="true"/>', '<tag group="x"></tag>'))
    assert "<plot lang='de'>A keeper" in new
    assert '<genre clear="true"/>\n    <genre>Drama</genre>' in new
    assert '<tag group="x"></tag>\n    <tag>lighthouse</tag>' in new


def test_numbers_that_another_program_wrote_otherwise_are_still_ours() -> None:
    first = merged("<movie/>").replace("<value>7.713<", "<value>7.713000<")
    first = first.replace("<votes>1204<", "<votes>1,204<")
    assert nfo_file.parse_nfo(merged(first, LATER, TIDE).encode()).details.ratings == LATER.ratings


def test_comments_and_instructions_between_ours_stay_when_ours_changes() -> None:
    first = merged("<movie/>")
    marked = first.replace("<genre>Adventure", "<!-- a --><?b c?>\n    <genre>Adventure")
    new = merged(marked, LATER, TIDE)
    assert "<genre>Drama</genre>\n    <!-- a --><?b c?>\n    <country>" in new


def test_a_wanted_control_character_never_comes_into_a_file() -> None:
    new = merged(movie("<plot/>"), NfoMovie(plot="a\x00\x0b\ud800\ufffeb", title="\x1b"))
    assert "<plot>ab</plot>" in new
    assert "<title>" not in new
