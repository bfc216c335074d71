"""One artist under several names: reported with evidence, without false alarms."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from mediakeep.music.master.artist_aliases import ArtistAlias
from mediakeep.music.model import Artist
from tests.music.master.conftest import Report, artist, track

ONE = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
OTHER = "f4a31f0a-51dd-4fa7-986d-3095c40c5ed9"


def build_artist(folder: str, name: str, mbid: str = "", **fields: Any) -> Artist:
    """Return an artist's folder with one track under a name."""
    ids = {"musicbrainz_artistid": mbid, "musicbrainz_albumartistid": mbid}
    return artist(folder, track(1, artist=name, albumartist=name, **ids, **fields))


def find_aliases(report: Report, *artists: Artist) -> list[ArtistAlias]:
    aliases = report(*artists).statistics.aliases
    assert aliases.total == len(aliases.listed)
    return list(aliases.listed)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("The Beatles", "Beatles, The"),
        ("The Beatles", "Beatles"),
        ("AC/DC", "ACDC"),
        ("Björk", "Bjork"),
        ("Simon & Garfunkel", "Simon and Garfunkel"),
        ("VERA LYNN", "Vera Lynn"),
        ("a-ha", "AHA"),
        ("Guns N' Roses", "Guns N’ Roses"),
    ],
)
def test_names_that_are_loosely_equal_are_recognized_by_their_spelling(
    report: Report, text: str, other: str
) -> None:
    (only,) = find_aliases(report, build_artist("First", text), build_artist("Second", other))
    assert (only.evidence, only.mbid) == ("spelling", "")
    assert only.names == {text: 1, other: 1}
    assert set(only.folders) == {"First", "Second"}


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("MØ", "Mo"),
        ("+/-", "And"),
        ("Nirvana", "Nirvana 2002"),
        ("Various Artists", "VA"),
        ("Unknown Artist", "<unknown artist>"),
        ("!!!", "???"),
        ("Vera", "Véronique"),
    ],
)
def test_names_that_only_resemble_each_other_are_left_alone(
    report: Report, text: str, other: str
) -> None:
    assert find_aliases(report, build_artist("First", text), build_artist("Second", other)) == []


def test_one_identifier_with_two_names_is_one_artist(report: Report) -> None:
    (only,) = find_aliases(
        report, build_artist("Prince", "Prince", ONE), build_artist("Symbol", "The Artist", ONE)
    )
    assert (only.evidence, only.mbid) == ("mbid", ONE)
    assert only.names == {"Prince": 1, "The Artist": 1}


@pytest.mark.parametrize(
    "credit",
    ["Prince & The Revolution", "Prince feat. Vera", "Vera with Prince", "Prince, Vera"],
)
def test_a_credit_is_not_another_name(report: Report, credit: str) -> None:
    assert (
        find_aliases(
            report, build_artist("Prince", "Prince", ONE), build_artist("Others", credit, ONE)
        )
        == []
    )


def test_bands_that_musicbrainz_shows_apart_are_never_put_together(report: Report) -> None:
    assert (
        find_aliases(report, build_artist("A", "The Sweet", ONE), build_artist("B", "Sweet", OTHER))
        == []
    )
    assert (
        find_aliases(
            report, build_artist("Sweet", "Sweet", ONE), build_artist("SWEET", "Sweet", OTHER)
        )
        == []
    )


def test_a_name_with_its_identifier_is_reported_once(report: Report) -> None:
    (only,) = find_aliases(
        report, build_artist("A", "The Beatles", ONE), build_artist("B", "Beatles", ONE)
    )
    assert only.evidence == "mbid"


def test_folders_that_differ_in_case_are_reported_though_their_tags_agree(report: Report) -> None:
    (only,) = find_aliases(report, build_artist("Vera", "Vera"), build_artist("VERA", "Vera"))
    assert (only.evidence, only.names) == ("spelling", {"VERA": 1, "Vera": 1})


def test_several_names_within_one_folder_are_its_own_issue(report: Report) -> None:
    both = track(1, artist="Björk", albumartist="Björk"), track(2, artist="Bjork")
    assert find_aliases(report, artist("Vera", *both)) == []


def test_names_of_a_duo_belong_to_the_identifiers_in_their_order(report: Report) -> None:
    duo = track(1, artist="Vera & Prince", artists=("Vera", "Prince"), albumartist="Vera")
    tags = structs.replace(duo.tags, musicbrainz_artistid=(OTHER, ONE))
    artist_ = artist("Vera", structs.replace(duo, tags=tags))
    (only,) = find_aliases(report, artist_, build_artist("Symbol", "The Artist", ONE))
    assert only.names == {"Prince": 1, "The Artist": 1}


def test_a_track_counts_once_for_a_name_that_has_its_identifier_in_one_field_only(
    report: Report,
) -> None:
    half = track(1, artist="The Beatles", albumartist="The Beatles", musicbrainz_artistid=ONE)
    (only,) = find_aliases(report, artist("First", half), build_artist("Second", "Beatles"))
    assert only.names == {"The Beatles": 1, "Beatles": 1}
