"""Editions of one release group: what is printed on them, how they are cut, and ties."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from mediakeep.lookups.musicbrainz import model
from mediakeep.lookups.musicbrainz.model import Disc, Label, LabelInfo, Release
from mediakeep.music.checks import release_match
from mediakeep.music.matching import release_tags
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from mediakeep.music.model import Album, Artist
from tests.music.matching import pressings
from tests.music.matching.pressings import DAWN
from tests.sampling import each_row

GROUP = pressings.group("Dawn", first_release_date="1974")


def edition(name: str, *discs: Any, **facts: Any) -> Release:
    return pressings.release(GROUP, *(discs or (DAWN,)), name=name, **facts)


def info(label: str = "", number: str = "") -> dict[str, Any]:
    label_ = Label(name=label) if label else None
    return {"label_info": (LabelInfo(label=label_, catalog_number=number or None),)}


def with_disc_id(release: Release, *ids: str) -> Release:
    discs = tuple(Disc(id=mbid) for mbid in ids)
    media = tuple(structs.replace(medium, discs=discs) for medium in release.media)
    return structs.replace(release, media=media)


def match_album(album: Album, *editions: Release) -> AlbumMatch:
    match = pressings.match_album(album, *editions)
    assert match.group == GROUP
    assert match.candidates
    return match


PRINTED = [
    ({"barcode": ("077774644020",)}, {"barcode": "77774644020"}, {"barcode": "77774644021"}),
    (
        {"catalognumber": ("CDP 7 46208 2",)},
        info(number="CDP-746-2082"),
        info(number="CDP-746-2083"),
    ),
    ({"label": ("Quarry Records",)}, info("Quarry records"), info("Harbour")),
    ({"releasecountry": ("de",)}, {"country": "DE"}, {"country": "GB"}),
    ({"media": ('12" Vinyl',)}, {"formats": ["Vinyl"]}, {"formats": ["CD"]}),
    ({"media": ("CDr",)}, {"formats": ["CD-R"]}, {"formats": ["CD"]}),
    ({"media": ("Enhanced CD",)}, {"formats": ["Enhanced CD"]}, {"formats": ["CD"]}),
    ({"media": ("SACD",)}, {"formats": ["SACD"]}, {"formats": ["CD"]}),
    ({"media": ("Hybrid SACD",)}, {"formats": ["Hybrid SACD (CD layer)"]}, {"formats": ["SACD"]}),
    ({"media": ("HDCD",)}, {"formats": ["HDCD"]}, {"formats": ["CD"]}),
    ({"media": ("2 x CD",)}, {"formats": ["CD"]}, {"formats": ["Vinyl"]}),
    ({"album": ("Dawn (Deluxe Edition)",)}, {"title": "Dawn (Deluxe)"}, {"title": "Dawn"}),
    (
        {"album": ("Dawn [Remastered]",)},
        {"disambiguation": "2011 remaster"},
        {"disambiguation": "first issue"},
    ),
]


@each_row(("tags", "right", "wrong"), PRINTED)
def test_each_printed_fact_alone_distinguishes_editions(
    tags: dict[str, Any], right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    here, there = edition("right", **right), edition("wrong", **wrong)
    album = pressings.copy(edition("plain"))
    assert match_album(album, here, there).confidence is MatchConfidence.TIED or "title" in right
    album = pressings.copy(edition("plain"), **tags)
    for order in ((here, there), (there, here)):
        match = match_album(album, *order)
        assert (match.confidence, match.release) == (MatchConfidence.CERTAIN, here)


def test_a_disc_id_distinguishes_editions() -> None:
    here, there = (
        with_disc_id(edition("right"), "A.B-"),
        with_disc_id(edition("wrong"), "C.D-", "E.F-"),
    )
    match = match_album(pressings.copy(here, musicbrainz_discid=("A.B-",)), here, there)
    assert (match.confidence, match.release) == (MatchConfidence.CERTAIN, here)


def test_of_two_facts_the_one_that_says_more_decides() -> None:
    here = edition("right", barcode="77774644020", country="GB")
    there = edition("wrong", barcode="77774644021", country="DE")
    album = pressings.copy(here, barcode=("77774644020",), releasecountry=("DE",))
    assert match_album(album, here, there).release == here


def test_a_year_that_only_one_edition_has_shows_which_it_is() -> None:
    here, there = edition("right", date="1987"), edition("wrong", date="1995")
    assert match_album(pressings.copy(here, date=("1987-03-09",)), here, there).release == here
    assert (
        match_album(pressings.copy(here, date=("2003",)), here).confidence is MatchConfidence.TIED
    )


def test_an_edition_came_out_wherever_one_of_its_events_was() -> None:
    area = model.Area(iso_3166_1_codes=("FR",))
    event = model.ReleaseEvent(date="1976-05-01", area=area)
    here = edition("right", date="1974", country="DE", release_events=(event,))
    there = edition("wrong", date="1974", country="US")
    album = pressings.copy(here, date=("1976",), releasecountry=("FR",))
    assert match_album(album, here, there).release == here


def test_the_year_of_the_first_edition_proves_nothing() -> None:
    """Many users tag any edition with the year of the album."""
    first, later = edition("first", date="1974"), edition("later", date="1995")
    assert (
        match_album(pressings.copy(first, date=("1974",)), first, later).confidence
        is MatchConfidence.TIED
    )


def test_indistinguishable_editions_are_tied() -> None:
    editions = [edition(f"nr {number}", country=f"A{number}") for number in range(7)]
    match = match_album(pressings.copy(editions[3]), *editions)
    assert (match.confidence, match.release) == (MatchConfidence.TIED, None)
    assert set(match.releases) == set(editions)


def test_only_indistinguishable_editions_are_tied() -> None:
    vinyl, again, disc = (
        edition("vinyl", formats=["Vinyl"]),
        edition("again", formats=["Vinyl"]),
        edition("cd", formats=["CD"]),
    )
    match = match_album(pressings.copy(vinyl, media=("Vinyl",)), vinyl, again, disc)
    assert (match.confidence, set(match.releases)) == (MatchConfidence.TIED, {vinyl, again})


def test_the_only_edition_is_the_one() -> None:
    only = edition("only")
    assert match_album(pressings.copy(only), only).release == only


def test_an_edition_that_is_not_at_musicbrainz_is_no_other() -> None:
    """The barcode, the number and the label are those of none that is known."""
    known = edition("known", barcode="77774644021", **info("Harbour", "HRB 1"))
    album = pressings.copy(
        known, barcode=("77774644020",), catalognumber=("CDP 2",), label=("Quarry",)
    )
    match = match_album(album, known)
    assert (match.confidence, match.release) == (MatchConfidence.TIED, None)


@each_row("medium", ["CDr", "CD-R", "Enhanced CD", "SACD", "HDCD", "SHM-CD"])
def test_a_cd_of_another_type_is_not_the_edition_and_gets_none_of_its_dates(medium: str) -> None:
    """As a bootleg on CD-R, which has the tracks and the year of the official CD."""
    official = edition("official", date="1974-03-02")
    album = pressings.copy(official, media=(medium,), date=("1974-02-11",))
    match = match_album(album, official)
    assert (match.confidence, match.release) == (MatchConfidence.TIED, None)
    assert all(
        "date" not in track_tags for track_tags in release_tags.tags_by_track(match).values()
    )


def test_what_is_tagged_as_a_cd_may_be_of_any_type() -> None:
    for format_name in ("Enhanced CD", "Blu-spec CD", "Hybrid SACD", "8cm CD"):
        there, plain = edition("there", formats=[format_name]), edition("plain")
        match = match_album(pressings.copy(there, media=("CD",)), there)
        assert (match.confidence, match.release) == (MatchConfidence.CERTAIN, there)
        match = match_album(pressings.copy(there, media=("CD",)), there, plain)
        assert set(match.releases) == {there, plain}


def test_an_edition_of_which_little_is_known_may_be_the_one() -> None:
    bare = edition("bare")
    other = edition("other", barcode="77774644021")
    match = match_album(pressings.copy(bare, barcode=("77774644020",)), bare, other)
    assert bare in match.releases
    assert other not in match.releases


@pytest.mark.parametrize("noise", [0.0, 0.3, 0.8])
def test_lengths_distinguish_a_remaster_from_the_first_issue(noise: float) -> None:
    first, remaster = edition("first"), edition("remaster", later=4000)
    for right in (first, remaster):
        album = pressings.with_lengths(pressings.copy(right), lambda n: noise * (n % 3 - 1))
        assert match_album(album, first, remaster).release == right


def test_nearly_equal_lengths_prove_nothing() -> None:
    first, again = edition("first"), edition("again", later=200)
    album = pressings.with_lengths(pressings.copy(first), lambda n: 0.8 * (n % 3 - 1))
    assert match_album(album, first, again).confidence is MatchConfidence.TIED


@pytest.mark.parametrize("name", ["plain", "bonus", "double"])
def test_the_number_of_tracks_distinguishes_editions(name: str) -> None:
    editions = {
        "plain": edition("plain"),
        "bonus": edition("bonus", [*DAWN, "Wreck"]),
        "double": edition("double", DAWN, ["Salt", "Shoal", "Ferry Home"]),
    }
    match = match_album(pressings.copy(editions[name]), *editions.values())
    assert (match.confidence, match.release) == (MatchConfidence.CERTAIN, editions[name])


def test_the_total_in_the_tags_identifies_the_edition() -> None:
    plain, bonus = edition("plain"), edition("bonus", [*DAWN, "Wreck", "Salt"])
    part = pressings.copy(plain, only=range(1, 7), track_total="12")
    assert match_album(part, plain, bonus).release == bonus
    part = pressings.copy(plain, only=range(1, 7), track_total="10")
    assert match_album(part, plain, bonus).release == plain


def test_the_first_of_two_discs_by_the_tags_is_not_certainly_the_edition_with_one() -> None:
    edition_, two = edition("one"), edition("two", DAWN, ["Salt", "Shoal"])
    first = pressings.copy(two, only=range(1, 11), track_total="10", disc_total="2")
    assert (
        match_album(pressings.copy(edition_, track_total="10"), edition_, two).release == edition_
    )
    match = match_album(first, edition_, two)
    assert match.release != edition_
    assert two in match.releases


def test_the_order_of_the_tracks_distinguishes_editions() -> None:
    here, there = edition("here"), edition("there", DAWN[::-1])
    for right in (here, there):
        assert match_album(pressings.copy(right), here, there).release == right


def test_one_different_title_distinguishes_editions() -> None:
    songs = [pressings.song(title) for title in DAWN]
    other = [structs.replace(songs[0], title="Low Tide at Noon"), *songs[1:]]
    here, there = edition("here", songs), edition("there", other)
    for right in (here, there):
        assert match_album(pressings.copy(right), here, there).release == right


def test_a_mono_edition_is_recognized_by_the_word_in_its_titles() -> None:
    mono = edition("mono", [pressings.song(f"{title} (Mono)") for title in DAWN])
    stereo = edition("stereo")
    for right in (mono, stereo):
        assert match_album(pressings.copy(right), mono, stereo).release == right


def test_a_deluxe_edition_of_which_only_the_album_is_here_is_tied_or_the_album() -> None:
    plain = edition("plain")
    deluxe = edition("deluxe", DAWN, ["Salt", "Shoal"], title="Dawn (Deluxe Edition)")
    assert match_album(pressings.copy(plain), plain, deluxe).release == plain
    named = pressings.copy(plain, album=("Dawn (Deluxe Edition)",))
    assert deluxe in match_album(named, plain, deluxe).releases


def test_each_of_many_editions_is_found_by_what_is_printed_on_it() -> None:
    editions = [edition(f"A{n}", later=400 * n, country=f"A{n}") for n in range(10)]
    for right in editions:
        album = pressings.without_lengths(pressings.copy(right, releasecountry=(right.country,)))
        assert match_album(album, *editions).release == right


def test_an_mbid_is_not_believed_where_all_else_is_of_another_edition() -> None:
    here = edition("here", barcode="77774644020", **info("Quarry", "Q 1"))
    there = edition("there", barcode="77774644021", **info("Harbour", "H 1"))
    album = pressings.copy(
        here, barcode=("77774644020",), catalognumber=("Q1",), musicbrainz_albumid=(there.id,)
    )
    assert match_album(album, here, there).release == here


def test_an_mbid_of_an_edition_of_other_lengths_is_not_believed_even_if_all_are_rough() -> None:
    here, there = edition("here", DAWN[:4], take="live"), edition("there", DAWN[:4])
    album = pressings.copy(here, musicbrainz_albumid=(there.id,))
    album = pressings.with_lengths(album, lambda number: 7.0 * (number % 3 - 1))
    assert match_album(album, here, there).release == here


def test_one_length_that_fits_by_chance_is_no_measure_for_the_others() -> None:
    here = edition("here", DAWN[:4])
    songs = [song for _, song in here.tracks]
    chance = pressings.song(DAWN[0], "other")
    chance = structs.replace(chance, length=(songs[0].length or 0) + 7000)
    there = edition("there", [chance, *(pressings.song(title, "other") for title in DAWN[1:4])])
    album = pressings.with_lengths(pressings.copy(here), lambda number: 7.0 * (-1) ** (number + 1))
    album = pressings.with_each_tag(
        album, musicbrainz_recordingid=lambda number, _: (songs[number - 1].recording.id,)
    )
    assert match_album(album, here, there).release == here


def test_what_only_one_of_the_tied_editions_lists_is_no_issue() -> None:
    songs = [pressings.song(DAWN[0], later=2000), pressings.song(DAWN[1], later=7000), *DAWN[2:]]
    here = edition("here", [*DAWN, "Thaw", "Kelp"])
    there = edition("there", [*songs, "Rivet", pressings.song("Kelp", "other")])
    album = pressings.copy(here, only=range(1, len(DAWN) + 1))
    album = pressings.with_lengths(album, lambda number: 11.0 * (number == 1))
    match = match_album(album, here, there)
    assert (match.confidence, match.best and match.best.release) == (MatchConfidence.TIED, here)
    artist = Artist(
        name="Vera", path="", albums=(album,), fingerprint="", matches={album.place: match}
    )
    assert release_match.missing_track(artist) == {album.place: '"12 Kelp"'}
    assert release_match.duration_differs(artist) == {}


@each_row(
    ("bonus", "here", "tags"),
    [
        (["Kelp", "Rivet"], range(1, 13), {"track_total": "10"}),
        (["Kelp", "Rivet"], range(1, 12), {}),
        (["Kelp", "Rivet", "Salt"], range(1, 12), {}),
        ([f"{DAWN[0]} (demo)", "Rivet"], range(1, 12), {}),
    ],
)
def test_a_bonus_track_that_is_here_decides_between_editions(
    bonus: list[str], here: range, tags: dict[str, Any]
) -> None:
    plain = [edition(name, country=name) for name in ("US", "GB", "DE")]
    longer = edition("JP", [*DAWN, *bonus], country="JP")
    match = match_album(pressings.copy(longer, only=here, **tags), *plain, longer)
    assert match.release == longer
