"""The album artist is filled in only if the whole album agrees."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from mediakeep.music import diagnose
from mediakeep.music.model import Album
from mediakeep.music.repairs import proposals, safe
from tests.music.paper import album, numbered, track
from tests.music.repairs.made import build_artist
from tests.sampling import each_row


def list_album_artists(whole: Album, *, name: str = "Vera") -> dict[str, tuple[str, ...]]:
    """Give the album artists that are filled in, by file name."""
    repairs = safe.plan_repairs(build_artist(whole, name=name))
    found = [repair for repair in repairs if repair.field == "albumartist"]
    return {item.place.rpartition("/")[2]: item.change.values for item in found}


def build_album(*names: tuple[str, str], **fields: Any) -> Album:
    """Return an album of such artists and album artists, its files named 1, 2 and so on."""
    return album(
        *(
            track(number, name=str(number), artist=artist_name, albumartist=whole, **fields)
            for number, (artist_name, whole) in enumerate(names, 1)
        )
    )


def test_it_is_that_of_the_other_tracks() -> None:
    whole = build_album(("Vera", "Vera"), ("Vera feat. Anna", ""), ("Anna", "Vera"))
    assert list_album_artists(whole) == {"2": ("Vera",)}
    (repair,) = safe.plan_repairs(build_artist(whole))
    assert repair.change.reason == "missing-albumartist: the other tracks of the album have it"


def test_it_is_the_artist_where_all_tracks_have_the_same_one() -> None:
    assert list_album_artists(build_album(("Vera", ""), ("Vera", ""))) == {
        "1": ("Vera",),
        "2": ("Vera",),
    }
    assert list_album_artists(build_album(("Vera", ""))) == {"1": ("Vera",)}


@each_row(
    "names",
    [
        [("Vera", ""), ("Vera feat. Anna", "")],
        [("Vera", ""), ("", "")],
        [("Vera", ""), ("VERA", "")],
        [("Vera", "Vera"), ("Vera", "VERA"), ("Vera", "")],
        [("Unknown Artist", ""), ("Unknown Artist", "")],
        [("Vera", "<unknown>"), ("Vera", "")],
        [("Various Artists", ""), ("Various Artists", "")],
        [("Vera", "Various Artists"), ("Anna", "Various Artists"), ("Ida", "")],
        [("Vera", "Vera"), ("Anna", ""), ("Ida", ""), ("Eva", "")],
        [("Bj\ufffdrk", "Bj\ufffdrk"), ("Bj\ufffdrk", "")],
    ],
)
def test_it_is_left_open_where_not_all_agree(names: list[tuple[str, str]]) -> None:
    assert list_album_artists(build_album(*names)) == {}


def test_several_artists_or_album_artists_are_compared_as_a_whole() -> None:
    both = ("Vera", "Anna")
    assert list_album_artists(numbered(1, 2, artist=both, albumartist=())) == {}
    whole = album(
        track(1, name="1", artist=both, albumartist=both),
        track(2, name="2", artist=both, albumartist=()),
    )
    assert list_album_artists(whole) == {"2": both}


def test_it_is_not_filled_in_on_compilations_and_loose_tracks() -> None:
    assert (
        list_album_artists(
            build_album(("Vera", "Vera"), ("Anna", "Vera"), ("Vera", ""), compilation=True)
        )
        == {}
    )
    assert list_album_artists(build_album(("Vera", "Vera"), ("Vera", ""), compilation=True)) == {
        "2": ("Vera",)
    }
    assert list_album_artists(build_album(("Vera", ""), ("Vera", "")), name="Various Artists") == {}
    loose = track(1, albumartist="")
    assert list_album_artists(album(structs.replace(loose, place="1.mp3"), place="")) == {}


def test_neighbouring_tracks_supply_the_fixed_text() -> None:
    whole = build_album(("BjÃ¶rk", "BjÃ¶rk "), ("Björk", "Björk"), ("Björk ", ""))
    assert list_album_artists(whole) == {"1": ("Björk",), "3": ("Björk",)}


def test_neighbours_that_are_only_read_count_as_well() -> None:
    read = structs.replace(track(2, name="2", albumartist=" Vera"), facts=None)
    whole = build_album(("Vera", ""))
    assert list_album_artists(album(*whole.tracks, read)) == {"1": ("Vera",)}


def test_albums_in_one_folder_do_not_report_each_other() -> None:
    one, other = (
        build_album(("Vera", "Vera"), ("Vera", "Vera")),
        build_album(("Anna", ""), ("Ida", ""), album="Dusk"),
    )
    renamed = [structs.replace(each, place=each.place + "b") for each in other.tracks]
    assert list_album_artists(album(*one.tracks, *renamed)) == {}


def test_tags_of_the_old_kind_are_lifted_before_all_else() -> None:
    numbers = [track(number, name=number) for number in ("01", "02", "3")]
    old = structs.replace(numbers[2], container="ID3v1")
    lift, number = safe.plan_repairs(build_artist(album(*numbers[:2], old)))
    assert (lift.kinds, lift.old, lift.field) == (("id3v1-only",), ("ID3v1",), "")
    assert number.change.values == ("03",)


@each_row(
    ("title", "kinds"),
    [
        ("Low Tide", ["id3v1-only", "track-number-format"]),
        ("Dvořák", ["id3v1-only", "track-number-format"]),
        ("BjÃ¶rk", ["id3v1-only", "mojibake", "track-number-format"]),
        ("\x83n\x81[\x83o\x81[", []),  # Shift-JIS that was read as Latin-1
        ("Ïåñíÿ", []),  # too short to be certain
    ],
)
def test_id3v1_in_an_unknown_encoding_is_not_written_as_id3v2(title: str, kinds: list[str]) -> None:
    numbers = [track(number, name=number) for number in ("01", "02", "3")]
    tags = structs.replace(numbers[2].tags, title=(title,))
    old = structs.replace(numbers[2], container="ID3v1", tags=tags)
    planned = safe.plan_repairs(build_artist(album(*numbers[:2], old)))
    assert sorted(kind for one in planned for kind in one.kinds) == kinds


def test_nothing_but_its_letters_is_proposed_for_id3v1_in_an_unknown_encoding() -> None:
    number = track("01", name="01")
    tags = structs.replace(number.tags, title=("Ïåñíÿ",), genres=("Unknown",))
    old = structs.replace(number, container="ID3v1", tags=tags)
    artist = build_artist(album(old))
    issues = diagnose.find_issues(artist, "Vera")
    (found,) = [one for one in issues if one.kind == "id3v1-only"]
    assert found.detail == "the encoding of a text is unknown, so edit that text first"
    proposed = proposals.propose_repairs(artist, issues)
    assert {one.field for repairs in proposed.values() for one in repairs} == {"title"}
