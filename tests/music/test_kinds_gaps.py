"""Missing track numbers are found; discs, totals and hidden tracks are no gaps."""

from __future__ import annotations

from mediakeep.music.model import Album, Track, TrackFault
from tests.music import paper
from tests.music.paper import album, disc, join_albums, numbered, track
from tests.sampling import each_row


def build_unreadable_track(name: str) -> Track:
    return Track(place=f"Dawn/{name}", fault=TrackFault.EMPTY)


@each_row(
    ("numbers", "text"),
    [
        ((1, 2, 4), "number 3 is missing"),
        ((1, 2, 4, 5, 7), "numbers 3, 6 are missing"),
        ((2, 3, 4), "number 1 is missing"),
        ((3, 4, 5), "numbers 1 to 2 are missing"),
        ((1, 2, 3, 4, 8, 9), "numbers 5 to 7 are missing"),
        (("01", "02", "04", "05"), "number 3 is missing"),
        ((1, 2, "Track 4", 5), "number 3 is missing"),
        ((0, 1, 2, 4), "number 3 is missing"),
        ((1, 2, 4, 99), "number 3 is missing"),
    ],
)
def test_missing_numbers_are_reported(numbers: tuple[object, ...], text: str) -> None:
    assert paper.find_detail("track-gap", numbered(*numbers)) == text


@each_row(
    "numbers",
    [
        *((), (1,), (7,), (1, 2), (3, 9), (1, 2, 3), (0, 1, 2, 3), (1, 2, 3, 14), (1, 2, 3, 4, 69)),
        *((1, 2, 3, 99), ("A1", "A2", "B1"), ("A1", "A2", "B2", "C1"), (5, 9, 14, 31)),
        *((101, 102, 103), ("1", "2", "3", "A", "B"), (1, 2, 3, 999_999_999), ("", "", "", "")),
    ],
)
def test_numbers_without_a_gap_or_too_few_to_judge_are_left_alone(
    numbers: tuple[object, ...],
) -> None:
    assert paper.find_detail("track-gap", numbered(*numbers)) is None


def test_a_total_reveals_tracks_missing_at_the_end() -> None:
    assert (
        paper.find_detail("track-gap", numbered(1, 2, 3, track_total="4")) == "number 4 is missing"
    )
    assert paper.find_detail("track-gap", numbered(1, 2, 3, track_total="03")) is None


@each_row(
    "whole",
    [
        numbered(1, 2, 3, track_total="40"),  # a selection of a large one
        numbered(1, 2, 3, 4, track_total="3"),  # with a bonus track
        album(track(1, track_total="4"), track(2, track_total="5"), track(3, track_total="4")),
        album(track(1, track_total="4"), track(2), track(3)),  # named by few
        numbered(1, 2, 3, track_total="?"),
        numbered(1, 2, 3, track_total="9" * 5000),
        numbered(*range(1, 21), 33, track_total="33"),  # the last one is hidden
    ],
)
def test_an_unreliable_total_proves_nothing(whole: Album) -> None:
    assert paper.find_detail("track-gap", whole) is None


@each_row(
    "tracks",
    [
        (*disc(1, 1, 2, 3), *disc(2, 1, 2, 3, 4)),
        (*disc(1, 1, 2, 3), *disc(2, 4, 5, 6), *disc(3, 7, 8, 9)),
        (*disc(1, 1, 2, 3, track_total="6"), *disc(2, 4, 5, 6, track_total="6")),
        (*disc(1, 1, 2, 3, track_total="7"), *disc(2, 1, 2, 3, 4, track_total="7")),
        disc(2, 1, 2, 3),
        disc(2, 13, 14, 15),
        disc(1, 1, 2, 3, track_total="6", disc_total="2"),  # as many as all discs together
        disc("A", 1, 2, 3),
        (*disc("A", 1, 2, 3), *disc("B", 4, 5, 6)),
        (*disc(1, 1, 2, 3), *disc(3, 7, 8, 9)),
    ],
)
def test_disc_numbering_may_restart_or_continue(tracks: tuple[Track, ...]) -> None:
    assert paper.find_detail("track-gap", album(*tracks)) is None


@each_row(
    ("tracks", "text"),
    [
        ((*disc(1, 1, 2, 3), *disc(2, 1, 3, 4)), "disc 2: number 2 is missing"),
        ((*disc(1, 1, 2, 3), *disc(2, 5, 6, 7)), "disc 2: number 4 is missing"),
        ((*disc(1, 1, 2, 3), *disc(2, 2, 3, 4)), "disc 2: number 1 is missing"),
        (
            (*disc(1, 1, 2, 3, track_total="4"), *disc(2, 1, 2, 3, 4, track_total="4")),
            "disc 1: number 4 is missing",
        ),
        (disc(2, 1, 2, 4), "number 3 is missing"),
        (
            (*disc(1, 1, 2, 4), *disc(2, 1, 3, 4)),
            "disc 1: number 3 is missing; disc 2: number 2 is missing",
        ),
    ],
)
def test_gaps_are_reported_disc_by_disc(tracks: tuple[Track, ...], text: str) -> None:
    assert paper.find_detail("track-gap", album(*tracks)) == text


def test_discs_are_recognized_by_folders_and_by_the_album_tag_where_no_tag_names_them() -> None:
    folders = [track(n, folder=f"CD{d}") for d in (1, 2) for n in (1, 2, 3)]
    named = [
        track(n, album=f"Dawn (Disc {d})", name=f"{d}{n}.mp3") for d in (1, 2) for n in (1, 2, 3)
    ]
    nested = [track(n, folder=f"Disc {d}/Side A") for d in (1, 2) for n in (1, 2, 3)]
    for tracks in (folders, named, nested):
        for kind in ("track-gap", "duplicate-number"):
            assert paper.find_detail(kind, album(*tracks)) is None
    detail = paper.find_detail("track-gap", album(*folders, track(5, folder="CD2")))
    assert detail == "disc 2: number 4 is missing"


def test_a_track_without_a_disc_goes_with_its_neighbours() -> None:
    tracks = (*disc(1, 1, 2, 3), *disc(2, 1, 2, folder="CD2"), track(3, folder="CD2"))
    for kind in ("track-gap", "duplicate-number"):
        assert paper.find_detail(kind, album(*tracks)) is None


def test_several_albums_in_one_folder_are_judged_each_for_itself() -> None:
    whole = join_albums(
        numbered(1, 2, 3), numbered(1, 2, 4, album="Dusk"), numbered(1, album="Noon")
    )
    assert paper.find_detail("track-gap", whole) == '"Dusk": number 3 is missing'
    assert paper.find_detail("duplicate-number", whole) is None


def test_editions_are_distinguished_by_their_releases() -> None:
    first = numbered(1, 2, 3, 4, musicbrainz_albumid="a")
    second = numbered(1, 2, 4, musicbrainz_albumid="b")
    assert paper.find_detail("duplicate-number", join_albums(first, second)) is None
    assert (
        paper.find_detail("track-gap", join_albums(first, second)) == '"Dawn": number 3 is missing'
    )
    mixed_up = join_albums(
        numbered(1, 2, 4, musicbrainz_albumid="a"), numbered(3, musicbrainz_albumid="b")
    )
    assert paper.find_detail("track-gap", mixed_up) is None


@each_row(
    "stray",
    [
        build_unreadable_track("03 Three.mp3"),
        build_unreadable_track("Three.mp3"),
        track("", name="Three.mp3"),
        track("", name="03 Three.mp3"),
        track("1-03", name="Three.mp3"),
        track(4, title="Another", name="04 Another.mp3"),
        track(3, album="", name="Three.mp3"),
        track(3, album="Dawn (Disc 1)", name="Three.mp3"),
        track(3, album="DAWN", name="Three.mp3"),
        track(9, title="Nine Lanterns", name="3 Nine Lanterns.mp3"),
    ],
)
def test_a_number_whose_track_is_there_in_truth_is_no_gap(stray: Track) -> None:
    known = numbered(1, 2, 4, 5, 6, 7, 8).tracks
    assert paper.find_detail("track-gap", album(*known)) == "number 3 is missing"
    assert paper.find_detail("track-gap", album(*known, stray)) is None


def test_a_slip_of_the_pen_in_the_album_tag_tears_no_gap() -> None:
    known = numbered(1, 2, 4, 5, album="Winter Moorings").tracks
    whole = album(*known, track(3, album="Winter Morings"))
    assert paper.find_detail("track-gap", whole) is None


def test_one_track_out_of_place_does_not_hide_two_that_are_missing() -> None:
    whole = album(*numbered(1, 2, 4, 6, 7).tracks, build_unreadable_track("x.mp3"))
    assert paper.find_detail("track-gap", whole) == "numbers 3, 5 are missing"


def test_many_gaps_are_reported_in_short() -> None:
    detail = paper.find_detail("track-gap", numbered(*range(1, 31, 2)))
    assert detail == "numbers 2, 4, 6, 8, 10, and 9 more are missing"
