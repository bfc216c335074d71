"""Which tracks of a release are here: by MBIDs, by title, by place where there is no title."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from mediakeep.lookups.musicbrainz.model import Medium, Release
from mediakeep.media.audio.tags import Tags
from mediakeep.music.model import Track
from mediakeep.music.text import track_overlap
from mediakeep.music.text.track_overlap import TrackKey
from tests.music import worlds
from tests.sampling import each_row

DAWN = worlds.group("Dawn")


def build_key(title: str = "", **tags: Any) -> TrackKey:
    given = {"title": (title,) if title else (), **tags}
    return track_overlap.build_track_key(Track(place="a.mp3", tags=Tags(**given)))


def list_missing(here: list[TrackKey], release: Release) -> list[str]:
    return [track.title for _, track in track_overlap.match_tracks(here, release).missing]


def test_tracks_are_known_by_the_same_title_but_for_case_and_punctuation() -> None:
    release = worlds.release(DAWN, ["Don't Go", "Night & Day", "Ça Va"])
    here = [build_key("DONT GO"), build_key("Night and Day"), build_key("Ca va?")]
    assert list_missing(here, release) == []


@each_row(
    ("here", "there"),
    [
        ("Song (Remastered 2011)", "Song"),
        ("Song", "Song (2011 remaster)"),
        ("Song [Live]", "Song (Remix)"),
    ],
)
def test_a_bracketed_suffix_matches_if_no_better_track_exists(here: str, there: str) -> None:
    assert list_missing([build_key(here)], worlds.release(DAWN, [there])) == []


def test_the_exact_title_is_taken_before_one_with_brackets() -> None:
    release = worlds.release(DAWN, ["Song", "Song (Live)", "Song (Demo)"])
    assert list_missing([build_key("Song (Live)"), build_key("Song")], release) == ["Song (Demo)"]
    assert list_missing([build_key("Song"), build_key("Song (Live)")], release) == ["Song (Demo)"]


def test_each_track_is_assigned_to_at_most_one_of_the_release() -> None:
    release = worlds.release(DAWN, ["Intro", "Song"], ["Intro", "End"])
    overlap = track_overlap.match_tracks(
        [build_key("Intro"), build_key("Song"), build_key("Song")], release
    )
    assert [track.title for _, track in overlap.missing] == ["Intro", "End"]
    assert (overlap.found_count, overlap.extra_count) == (2, 1)


def test_tracks_with_one_title_are_distinguished_by_position() -> None:
    release = worlds.release(DAWN, ["Intro", "Song"], ["Intro", "End"])
    [first, _] = track_overlap.match_tracks(
        [build_key("Intro", disc="2", track="1"), build_key("Song")], release
    ).missing
    assert (first[0].position, first[1].title) == (1, "Intro")


def test_mbids_of_the_recording_or_the_track_decide_before_titles() -> None:
    release = worlds.release(DAWN, ["Song", "Other"])
    recording = build_key("Song", musicbrainz_recordingid=("RECORDING OTHER",))
    assert list_missing([recording], release) == ["Song"]
    own = build_key("", musicbrainz_trackid=(" track Other 1-2 first ",))
    assert list_missing([own], release) == ["Song"]


def test_a_track_without_a_title_is_the_one_at_its_place() -> None:
    release = worlds.release(DAWN, ["One", "Two"], ["Three", "Four"])
    assert list_missing([build_key(track="2"), build_key(track="1", disc="2")], release) == [
        "One",
        "Four",
    ]


@each_row("number", ["", "0", "A1", "²", "1/2", "-1", "9" * 5000, "٣"])
def test_a_track_without_title_and_number_is_none_of_them(number: str) -> None:
    hidden = worlds.track("Hidden", 0)
    release = worlds.release(DAWN, ["One", "Two", "Three"])
    medium = structs.replace(release.media[0], pregap=hidden)
    release = structs.replace(release, media=(medium,))
    assert list_missing([build_key(track=number)], release) == ["Hidden", "One", "Two", "Three"]


def test_films_and_data_are_no_tracks_that_are_missing() -> None:
    discs = ["One", "[data track]", "[silence]"], ["Film"], ["Clip"]
    release = worlds.release(DAWN, *discs, formats=["CD", "DVD-Video", "Blu-ray"])
    video = worlds.track("Video", 4, video=True)
    first = structs.replace(
        release.media[0],
        tracks=(*release.media[0].tracks, video),
        data_tracks=(worlds.track("Screensaver", 5),),
    )
    release = structs.replace(release, media=(first, *release.media[1:]))
    assert list_missing([], release) == ["One"]


def test_a_hidden_track_before_the_first_is_one_that_may_be_missing() -> None:
    release = worlds.release(DAWN, ["One"])
    hidden = structs.replace(release.media[0], pregap=worlds.track("Hidden", 0))
    assert list_missing([build_key("One")], structs.replace(release, media=(hidden,))) == ["Hidden"]


def test_a_release_of_no_tracks_lacks_none() -> None:
    overlap = track_overlap.match_tracks(
        [build_key("One")], structs.replace(worlds.release(DAWN), media=(Medium(),))
    )
    assert (overlap.missing, overlap.found_count, overlap.extra_count) == ((), 0, 1)


def test_titles_of_signs_alone_are_compared_as_they_are() -> None:
    release = worlds.release(DAWN, ["!!!", "???"])
    assert list_missing([build_key("???")], release) == ["!!!"]
