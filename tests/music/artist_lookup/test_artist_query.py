"""Identify the artist of a folder, with any names and tags."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from mediakeep import path_text
from mediakeep.lookups.musicbrainz import model, search_query
from mediakeep.media.audio.tags import Tags
from mediakeep.music.artist_lookup import artist_query
from mediakeep.music.model import Album, Artist, Track, TrackFault
from mediakeep.music.text import title_keys
from tests.music.visits import album, artist
from tests.sampling import each_row

ONE, OTHER = "11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222"


def bearing(**tags: Any) -> Artist:
    return artist("Vera", album("Dawn", ["a", "b", "c"], **tags))


@each_row(
    ("folder", "text", "name"),
    [
        ("AC_DC", "AC/DC", "AC/DC"),
        ("Beatles, The", "The Beatles", "The Beatles"),
        ("Bjork", "Björk", "Björk"),
        ("Björk", "BjÃ¶rk", "Björk"),
        ("Vera", "Somebody Else", "Vera"),
        ("Vera", "", "Vera"),
        ("Vera  Moss ", "", "Vera Moss"),
        ("New Folder", "Vera Moss", "Vera Moss"),
        ("Neuer Ordner (2)", "Vera Moss", "Vera Moss"),
        ("Unknown Artist", "Unknown Artist", "Unknown Artist"),
        ("New Folder", "", "New Folder"),
        ("New Folders", "Vera Moss", "New Folders"),
    ],
)
def test_the_name_is_that_of_the_tags_where_they_mean_the_folder(
    folder: str, text: str, name: str
) -> None:
    tags = {"albumartist": (text,) if text else ()}
    assert artist_query.build_query(artist(folder, album("Dawn", ["a"], **tags))).name == name


@each_row(
    ("folder", "data", "name", "title"),
    [
        ("Vera Moss - Dawn (1974)", {}, "Vera Moss", "Dawn"),
        ("Vera_Moss_-_Dawn_(1974)_[FLAC]", {}, "Vera Moss", "Dawn"),
        ("1974 - Vera Moss - Dawn", {}, "Vera Moss", "Dawn"),
        ("Vera Moss - 1974 - Dawn - Live", {}, "Vera Moss", "Dawn - Live"),
        ("Vera Moss – 1999 (1982)", {}, "Vera Moss", "1999"),
        ("VA - Hits (1984)", {"artist": ("Vera",)}, "VA", "Hits"),
        ("Mos - Dawn", {"albumartist": ("Vera Moss",), "album": ("Dawn!",)}, "Vera Moss", "Dawn!"),
        ("Mos - Dawn", {"artist": ("Vera Moss",)}, "Vera Moss", "Dawn"),
        ("Mos - Dawn", {"albumartist": ("Unknown Artist",)}, "Mos", "Dawn"),
        ("Mos - Dawn", {"albumartist": ("Various Artists",)}, "Various Artists", "Dawn"),
        ("Dawn", {"albumartist": ("Vera",), "album": ("Dawn",)}, "Vera", "Dawn"),
    ],
)
def test_an_album_in_the_root_is_named_by_its_tags_and_else_by_its_folder(
    folder: str, data: dict[str, Any], name: str, title: str
) -> None:
    tracks = tuple(
        structs.replace(track, place=track.name)
        for track in album("x", ["a", "b"], **{"album": (), **data}).tracks
    )
    flat = Album(place="", tracks=tracks, in_library_root=True)
    query = artist_query.build_query(artist(folder, flat))
    assert (query.name, query.titles) == (name, (title,))
    assert query.is_various is artist_query.is_various_artists(name)


@each_row(
    ("tags", "count"),
    [
        ([{"album": ("Dawn",)}, {"album": ("dawn [Disc 1]",)}, {}], 1),
        ([{"album": ("Dawn",)}, {"album": ("Dawn",)}, {}, {}], 1),
        ([{"album": ("Dawn",)}, {"album": ("Dawn",)}, {}, {}, {}], 0),
        ([{"album": ("Dawn",)}, {"album": ("Dusk",)}], 0),
        ([{"album": ("Dawn",)}], 0),
        ([{"album": ("Unknown Album",)}] * 3, 0),
        ([{"musicbrainz_albumid": (ONE,)}], 1),
        ([{"musicbrainz_albumid": (ONE,), "album": ("a",)}, {"album": ("b",)}], 1),
        ([{"musicbrainz_albumid": (ONE,)}, {"musicbrainz_albumid": (OTHER,)}], 0),
        ([{"musicbrainz_releasegroupid": (ONE,)}] * 2, 1),
        ([{}, {}], 0),
    ],
)
def test_loose_tracks_are_an_album_where_they_agree_on_one(
    tags: list[dict[str, Any]], count: int
) -> None:
    tracks = tuple(Track(place=f"{n}.mp3", tags=Tags(**one)) for n, one in enumerate(tags))
    query = artist_query.build_query(
        artist("Vera", Album(place="", tracks=tracks), album("Noon", ["a"]))
    )
    assert [one.place for one in query.albums] == ["", "Noon"][1 - count :]
    assert query.name == "Vera"


@each_row(
    ("folder", "title"),
    [
        ("2004 - Title", "Title"),
        ("(2004) Title", "Title"),
        ("Vera - 2004 - Title [FLAC]", "Title"),
        ("Title (2004)", "Title"),
        ("1984", "1984"),
        ("1999 (1982)", "1999"),
        ("Class of 1984 Reunion", "Class of 1984 Reunion"),
        ("Title (Deluxe Edition)", "Title (Deluxe Edition)"),
        ("CD1", "CD1"),
    ],
)
def test_a_title_read_from_the_folder_excludes_year_and_format(folder: str, title: str) -> None:
    assert artist_query.build_query(artist("Vera", album(folder, ["a"], album=()))).titles == (
        title,
    )


@each_row("name", ["Various Artists", "various artists", "V.A.", "VA", "Various"])
def test_a_folder_of_various_artists_is_none_of_one_artist(name: str) -> None:
    tags = {"musicbrainz_albumartistid": (ONE,)}
    query = artist_query.build_query(artist(name, album("Hits", ["a"], **tags)))
    assert query.is_various
    assert query.mbid == ""


@each_row(
    ("tags", "mbid"),
    [
        ({"musicbrainz_albumartistid": (ONE,)}, ONE),
        ({"musicbrainz_artistid": (ONE,)}, ONE),
        ({"musicbrainz_albumartistid": (f" {ONE.upper()}\n",)}, ONE),
        ({"musicbrainz_albumartistid": (OTHER,), "musicbrainz_artistid": (ONE,)}, OTHER),
        ({"musicbrainz_albumartistid": (ONE, OTHER)}, ""),
        ({"musicbrainz_albumartistid": (f"{ONE}/{OTHER}",)}, ""),
        ({"musicbrainz_albumartistid": ("not-an-mbid",)}, ""),
        ({"musicbrainz_albumartistid": ("../../../etc/passwd",)}, ""),
        ({"musicbrainz_albumartistid": (model.VARIOUS_ARTISTS,)}, ""),
        ({}, ""),
    ],
)
def test_the_mbid_is_that_of_the_tags_if_it_is_one(tags: dict[str, Any], mbid: str) -> None:
    assert artist_query.build_query(bearing(**tags)).mbid == mbid


def test_an_mbid_counts_if_most_tracks_have_it() -> None:
    def borne(first: int, second: int, none: int) -> str:
        ids = [(ONE,)] * first + [(OTHER,)] * second + [()] * none
        tracks = tuple(
            Track(place=f"Dawn/{n}", tags=Tags(musicbrainz_albumartistid=one))
            for n, one in enumerate(ids)
        )
        return artist_query.build_query(artist("Vera", Album(place="Dawn", tracks=tracks))).mbid

    assert [borne(3, 2, 0), borne(2, 2, 0), borne(1, 0, 3), borne(1, 0, 4)] == [ONE, "", ONE, ""]


def test_an_album_has_the_mbids_on_which_its_tracks_agree() -> None:
    tags = {"musicbrainz_albumid": (ONE.upper(),), "musicbrainz_releasegroupid": (OTHER,)}
    [dawn] = artist_query.build_query(bearing(**tags)).albums
    assert (dawn.release, dawn.group, dawn.tracks) == (ONE, OTHER, 3)
    split = tuple(
        Track(place=f"Dawn/{n}", tags=Tags(musicbrainz_albumid=(one,)))
        for n, one in enumerate((ONE, OTHER))
    )
    [mixed] = artist_query.build_query(artist("Vera", Album(place="Dawn", tracks=split))).albums
    assert mixed.release == ""
    [odd] = artist_query.build_query(bearing(musicbrainz_albumid=("odd",))).albums
    assert odd.release == ""


@each_row(
    ("tags", "various"),
    [
        ({"albumartist": ("Vera",)}, False),
        ({"albumartist": ("The VERA",)}, False),
        ({"albumartist": ()}, False),
        ({"albumartist": ("Various Artists",)}, True),
        ({"albumartist": ("Vera",), "compilation": True}, True),
    ],
)
def test_an_album_of_others_is_recognized_by_its_album_artist(
    tags: dict[str, Any], various: bool
) -> None:
    [dawn] = artist_query.build_query(bearing(**tags)).albums
    assert dawn.by_various is various


def test_loose_tracks_and_unreadable_ones_make_no_album() -> None:
    loose = Album(place="", tracks=(Track(place="a.mp3", tags=Tags(album=("Dawn",))),))
    broken = Album(place="Dusk", tracks=(Track(place="Dusk/a.mp3", fault=TrackFault.EMPTY),))
    assert artist_query.build_query(artist("Vera", loose, broken)).albums == ()


def test_an_album_without_a_title_is_named_by_its_folder() -> None:
    [dawn] = artist_query.build_query(
        artist("Vera", album("1974/Dawn", ["a"], album=("", " ")))
    ).albums
    assert (dawn.place, dawn.title) == ("1974/Dawn", "Dawn")


@each_row(
    ("title", "base"),
    [
        ("Dawn (Deluxe Edition)", "Dawn"),
        ("Dawn [2011] (Remastered)", "Dawn"),
        ("(Untitled)", "(Untitled)"),
        ("Dawn (Live) at Noon", "Dawn (Live) at Noon"),
        ("Dawn (a (b))", "Dawn (a (b))"),
        ("", ""),
    ],
)
def test_a_bracketed_suffix_is_not_part_of_the_title(title: str, base: str) -> None:
    assert title_keys.base_title(title) == base


@each_row("text", [" " * 200_000 + "x", "(a) " * 100_000, "(" * 200_000])
def test_a_title_of_endless_length_takes_no_time(text: str) -> None:
    assert len(title_keys.base_title(text)) <= 2000
    [one] = artist_query.build_query(bearing(album=(text,))).albums
    assert len(one.title) <= 1000


def test_the_question_changes_with_what_is_here_and_with_nothing_else() -> None:
    dawn, dusk = album("Dawn", ["a"]), album("Dusk", ["b"])
    first = artist_query.build_query(artist("Vera", dawn))
    assert artist_query.build_query(artist("Vera", dawn)).digest == first.digest
    retagged = album("Dawn", ["another title"], genres=("Folk",))
    assert artist_query.build_query(artist("Vera", retagged)).digest == first.digest
    assert artist_query.build_query(artist("Vera", dawn, dusk)).digest != first.digest
    assert (
        artist_query.build_query(artist("Vera", album("Dawn", ["a", "b"]))).digest != first.digest
    )
    assert artist_query.build_query(bearing(musicbrainz_albumid=(ONE,))).digest != first.digest


def test_merged_mbids_are_replaced_in_all_fields() -> None:
    tags = {
        "musicbrainz_albumartistid": (ONE,),
        "musicbrainz_albumid": (ONE,),
        "musicbrainz_releasegroupid": (ONE,),
    }
    query = artist_query.build_query(bearing(**tags))
    new = artist_query.replace_merged_mbids(query, {ONE: OTHER})
    assert (new.mbid, new.albums[0].release, new.albums[0].group) == (OTHER, OTHER, OTHER)
    assert artist_query.replace_merged_mbids(query, {}) is query
    assert artist_query.replace_merged_mbids(new, {ONE: OTHER}).digest == new.digest


HOSTILE = st.one_of(
    st.text(st.characters(blacklist_categories=()), max_size=40),
    st.sampled_from(
        ["\ud800", "a\x00b", "\x1b[31m", "\u202e", "x" * 10_000, '"\\', "\x7f", "!!!", "(", "\n"]
    ),
)


@given(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
def test_any_names_and_tags_give_a_valid_query(
    name: str, title: str, artists: str, mbid: str
) -> None:
    tags = {"albumartist": (artists,), "musicbrainz_albumid": (mbid,), "album": (title,)}
    folder = path_text.escape_path(
        name.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")
    )
    who = structs.replace(bearing(**tags), name=folder)
    query = artist_query.build_query(who)
    assert artist_query.is_current_version(query.digest)
    assert len(query.digest) < 20
    for text in (query.name, *query.titles):
        assert text.isprintable()
        assert len(text) <= 1000
    search_query.releases_by_name(query.name, query.titles).encode()
    search_query.releases_by_size((title, 1) for title in query.titles).encode()
    search_query.artists_by_name(query.name).encode()
