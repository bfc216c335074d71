"""Albums that are like others: twins, best-ofs, singles, and those that are on no release."""

from __future__ import annotations

import pytest

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from tests.music.matching import pressings
from tests.music.matching.pressings import CARL, DAWN, DUSK, WORDS
from tests.sampling import each_row

STUDIO = pressings.release(pressings.group("Dawn"), DAWN)
LIVE = pressings.release(
    pressings.group("Dawn Live", secondary_types=("Live",)),
    [pressings.song(f"{title} (Live)", "live") for title in DAWN],
)
STAGE = pressings.release(
    pressings.group("Dawn", secondary_types=("Live",)), DAWN, take="stage", date="1976"
)
DEMOS = pressings.release(
    pressings.group("Dawn: The Demos", secondary_types=("Demo",)),
    [pressings.song(f"{title} (Demo)", "demo") for title in DAWN],
)
DUSK_ALBUM = pressings.release(pressings.group("Dusk"), DUSK)
BEST = pressings.release(
    pressings.group("The Best of Vera", secondary_types=("Compilation",)),
    [*DAWN[:6], *DUSK[:6]],
)
GOLD = pressings.release(
    pressings.group("Gold", secondary_types=("Compilation",)), [*DAWN[2:8], *DUSK[2:8]]
)
EP = pressings.release(pressings.group("Dawn", "EP"), [DAWN[0], DAWN[4], "Wreck", "Salt"])
SINGLE = pressings.release(pressings.group("Dawn", "Single"), [DAWN[0], "Shoal"])
BEFORE, AFTER = (
    pressings.release(pressings.group("Vera", first_release_date=year), titles, date=year)
    for year, titles in (("1971", WORDS[:10]), ("1995", WORDS[10:20]))
)
CATALOGUE = (STUDIO, LIVE, STAGE, DEMOS, DUSK_ALBUM, BEST, GOLD, EP, SINGLE, BEFORE, AFTER)


def match_album(right: Release, *releases: Release, **tags: object) -> AlbumMatch:
    return pressings.match_album(pressings.copy(right, **tags), *(releases or CATALOGUE))


@each_row("right", CATALOGUE)
def test_each_is_distinguished_from_all_that_are_like_it(right: Release) -> None:
    match = match_album(right)
    assert (match.confidence, match.release) == (MatchConfidence.CERTAIN, right)


def test_self_titled_albums_are_recognized_by_their_tracks() -> None:
    for right in (BEFORE, AFTER):
        assert match_album(right, BEFORE, AFTER).release == right


def test_equal_tracks_under_two_titles_are_recognized_by_the_title() -> None:
    assert match_album(BEFORE, BEFORE, STUDIO).release == BEFORE
    assert match_album(STUDIO, BEFORE, STUDIO).release == STUDIO


def test_equal_tracks_under_two_titles_are_nobodys_without_one() -> None:
    album = pressings.copy(STUDIO, "Downloads", album=None)
    match = pressings.match_album(album, BEFORE, STUDIO)
    assert (match.confidence, match.group) == (MatchConfidence.UNSURE, None)
    assert set(match.releases) == {BEFORE, STUDIO}


@pytest.mark.parametrize("right", [STUDIO, STAGE], ids=["studio", "live"])
def test_a_concert_of_equal_titles_is_recognized_by_its_lengths(right: Release) -> None:
    assert match_album(right, STUDIO, STAGE).release == right


def test_a_concert_of_equal_titles_is_not_reported_without_lengths() -> None:
    album = pressings.without_lengths(pressings.copy(STUDIO))
    match = pressings.match_album(album, STUDIO, STAGE)
    assert (match.confidence, match.release) == (MatchConfidence.UNSURE, None)


def test_a_concert_is_not_its_studio_album_where_that_alone_is_known() -> None:
    match = match_album(LIVE, STUDIO)
    assert match.confidence is not MatchConfidence.CERTAIN
    assert match.group is None


def test_the_studio_album_is_not_a_concert_where_that_alone_is_known() -> None:
    assert match_album(STUDIO, LIVE).group is None


@pytest.mark.parametrize("right", [BEST, GOLD], ids=["best", "gold"])
def test_best_ofs_that_share_recordings_are_distinguished_without_titles(right: Release) -> None:
    assert match_album(right, album=None, place="Downloads").release == right


def test_a_best_of_is_not_the_album_that_its_songs_are_from() -> None:
    assert match_album(BEST, STUDIO, DUSK_ALBUM).group is None


def test_an_album_is_not_the_best_of_that_has_some_of_it() -> None:
    assert match_album(STUDIO, BEST).group is None


def test_two_editions_of_one_album_with_other_tracks_are_one_group() -> None:
    deluxe = pressings.release(
        pressings.group("Dawn"), DAWN, ["Wreck", "Salt", "Shoal"], name="deluxe"
    )
    assert match_album(deluxe, STUDIO, deluxe).release == deluxe
    assert match_album(STUDIO, STUDIO, deluxe).release == STUDIO


@pytest.mark.parametrize(
    ("title", "titles"),
    [
        ("Elsewhere", WORDS[16:26]),
        ("Dawn", [f"{word} Again" for word in WORDS[16:26]]),
        ("Dusk", [f"Track of {word}" for word in WORDS[16:26]]),
    ],
)
def test_an_album_that_is_on_no_release_is_not_forced(title: str, titles: list[str]) -> None:
    absent = pressings.release(pressings.group(title, "Other"), titles, take="absent")
    match = match_album(absent)
    assert match.confidence in (MatchConfidence.UNKNOWN, MatchConfidence.UNSURE)
    assert (match.release, match.group) == (None, None)


def test_an_album_with_nothing_in_common_is_unknown() -> None:
    absent = pressings.release(pressings.group("Elsewhere"), ["Pylon", "Gravel", "Motorway"])
    assert match_album(absent).confidence is MatchConfidence.UNKNOWN


def test_where_nothing_is_known_of_an_artist_all_is_unknown() -> None:
    album = pressings.copy(STUDIO)
    assert pressings.match_album(album) == AlbumMatch(
        place="Dawn", confidence=MatchConfidence.UNKNOWN
    )


def test_a_mix_made_at_home_is_no_release() -> None:
    parts = (
        pressings.copy(one, only=only)
        for one, only in ((STUDIO, [1, 5]), (DUSK_ALBUM, [2, 9]), (LIVE, [3]), (EP, [3, 4]))
    )
    mix = pressings.with_each_tag(
        pressings.join_albums(*parts, place="My Mix"), album=lambda *_: ("My Mix",)
    )
    match = pressings.match_album(mix, *CATALOGUE)
    assert match.group is None


def test_two_albums_in_one_folder_are_neither() -> None:
    both = pressings.join_albums(
        pressings.copy(STUDIO), pressings.copy(DUSK_ALBUM), place="Downloads"
    )
    assert pressings.match_album(both, STUDIO, DUSK_ALBUM).group is None


def test_an_album_of_the_same_titles_by_somebody_else_is_another() -> None:
    theirs = pressings.release(pressings.group("Dawn", by=CARL), DAWN, take="by Carl")
    assert match_album(STUDIO, theirs, STUDIO).release == STUDIO
    assert match_album(STUDIO, theirs).group is None


def test_a_re_recording_is_another_album() -> None:
    rerecorded = pressings.release(
        pressings.group("Dawn (Vera's Version)"),
        [pressings.song(f"{title} (Vera's Version)", "rerecorded") for title in DAWN],
    )
    assert match_album(STUDIO, STUDIO, rerecorded).release == STUDIO
    assert match_album(rerecorded, STUDIO, rerecorded).release == rerecorded


def test_an_unsure_match_names_each_group_once_and_the_nearest_first() -> None:
    again = pressings.release(pressings.group("Dawn"), DAWN, name="again")
    match = pressings.match_album(
        pressings.without_lengths(pressings.copy(STUDIO)), STUDIO, again, STAGE
    )
    groups = [release_.release_group for release_ in match.releases]
    assert len(groups) == len({group_.id for group_ in groups if group_}) == 2
    distances = [candidate.distance for candidate in match.candidates]
    assert distances == sorted(distances)
    assert all(candidate.penalties or candidate.distance == 0 for candidate in match.candidates)


def test_one_title_alone_is_not_enough_evidence() -> None:
    album = pressings.without_lengths(pressings.copy(SINGLE, "Downloads", only=[1], album=None))
    match = pressings.match_album(album, SINGLE)
    assert (match.confidence, match.group) == (MatchConfidence.UNSURE, None)
