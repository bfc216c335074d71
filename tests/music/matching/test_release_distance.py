"""How near a release is to an album: what speaks against it, and how much agrees."""

from __future__ import annotations

from typing import Any

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music.matching import local_album, tracklists
from mediakeep.music.matching.release_distance import DistanceModel, ReleaseDistance
from mediakeep.music.matching.weights import WEIGHTS
from mediakeep.music.model import Album
from tests.music.matching import pressings
from tests.music.matching.pressings import CARL, DAWN, DUSK, VARIOUS
from tests.sampling import each_row

RIGHT = pressings.release(pressings.group("Dawn"), DAWN)


def measure_distance(
    album: Album, release: Release = RIGHT, folder: str = "Vera", *names: str
) -> ReleaseDistance:
    (shape,) = tracklists.group_by_tracklist([release])
    (distance,) = DistanceModel(WEIGHTS, names).distances(
        local_album.build_local_album(album, folder, {}), shape, shape.releases
    )
    return distance


def list_differences(distance: ReleaseDistance) -> set[str]:
    return {penalty.name for penalty in distance.penalties}


def test_nothing_speaks_against_a_copy() -> None:
    distance = measure_distance(pressings.copy(RIGHT))
    assert (distance.distance, distance.penalties) == (0.0, ())
    assert (distance.missing_count, distance.extra_count) == (0, 0)


@each_row(
    ("tags", "only", "names"),
    [
        ({"album": ("Elsewhere",)}, (), {"album title"}),
        ({"album": ("Dawn (Live)",)}, (), {"album title"}),
        ({"title": ("Salt",)}, (3,), {"tracks", "missing tracks"}),
        ({"track": "30"}, (), {"tracks"}),
        ({}, (1, 2), {"missing tracks"}),
        ({"album": ("Dawn (Remastered)",)}, (), set()),
        ({"album": ("DAWN (Disc 1)",)}, (), set()),
        ({"album": None}, (), set()),
        ({"artist": None, "albumartist": None}, (), set()),
    ],
)
def test_each_thing_that_differs_is_named(
    tags: dict[str, Any], only: tuple[int, ...], names: set[str]
) -> None:
    assert (
        list_differences(measure_distance(pressings.copy(RIGHT, "Dawn", only=only, **tags)))
        == names
    )


def test_the_name_of_a_folder_speaks_for_an_album_and_not_against_it() -> None:
    assert (
        list_differences(measure_distance(pressings.copy(RIGHT, "Stuff of Mine", album=None)))
        == set()
    )


COMPILED = pressings.release(pressings.group("Dawn", by=VARIOUS), DAWN)


@each_row(
    ("by", "release", "least", "most"),
    [
        ("Vera", RIGHT, 0.0, 0.0),
        ("VÉRA", RIGHT, 0.0, 0.0),
        ("Vira", RIGHT, 0.1, 0.5),  # a slip of the pen
        ("Orchestra X", RIGHT, 0.9, 1.0),
        ("Vera", COMPILED, 0.5, 0.5),
    ],
)
def test_artists_are_the_same_or_others_or_various(
    by: str, release: Release, least: float, most: float
) -> None:
    album = pressings.copy(RIGHT, artist=(by,), albumartist=(by,))
    amounts = {
        penalty.name: penalty.amount for penalty in measure_distance(album, release, by).penalties
    }
    assert least <= amounts.get("artist", 0.0) <= most


def test_all_names_of_one_artist_are_one() -> None:
    album = pressings.copy(RIGHT, artist=("Q",), albumartist=("Q",))
    assert "artist" in list_differences(measure_distance(album, RIGHT, "Q"))
    assert "artist" not in list_differences(measure_distance(album, RIGHT, "Q", "vera", "q"))
    theirs = pressings.release(pressings.group("Dawn", by=CARL), DAWN)
    assert "artist" in list_differences(measure_distance(album, theirs, "Q", "vera", "q"))


def test_a_release_without_credit_is_by_no_artist() -> None:
    nobodys = pressings.release(pressings.group("Dawn"), DAWN, artist_credit=())
    assert 0 < measure_distance(pressings.copy(RIGHT), nobodys).distance < 0.1


def test_titles_lengths_and_the_album_are_evidence() -> None:
    whole = pressings.copy(RIGHT, "x")
    untitled = pressings.copy(RIGHT, "x", title=None)
    unnamed = pressings.copy(RIGHT, "x", album=None)
    nothing = pressings.without_lengths(pressings.copy(RIGHT, "x", title=None, album=None))
    counts = [
        measure_distance(one).evidence
        for one in (whole, unnamed, pressings.without_lengths(whole), untitled, nothing)
    ]
    assert counts[0] == max(counts)
    assert all(count >= WEIGHTS.evidence for count in counts[:4])
    assert counts[4] < WEIGHTS.evidence


def test_one_track_that_agrees_is_less_than_ten() -> None:
    one = measure_distance(pressings.copy(RIGHT, only=[1]))
    assert one.evidence < measure_distance(pressings.copy(RIGHT)).evidence
    assert one.missing_count == 9


def test_other_tracks_are_extra_and_missing_and_far() -> None:
    distance = measure_distance(pressings.copy(pressings.release(pressings.group("Dusk"), DUSK)))
    assert (distance.missing_count, distance.extra_count) == (10, 10)
    assert distance.distance > WEIGHTS.shown


@each_row(
    ("kind", "facts", "is_version"),
    [
        (" (Live)", {}, True),
        (" (Demo)", {}, True),
        (" (Remastered)", {}, False),
        (" (Live)", {"secondary_types": ("Live",)}, False),
    ],
)
def test_an_album_of_versions_is_not_the_album(
    kind: str, facts: dict[str, Any], is_version: bool
) -> None:
    release = pressings.release(pressings.group("Dawn", **facts), DAWN)
    album = pressings.with_each_tag(
        pressings.copy(release), title=lambda _, title: (f"{title[0]}{kind}",)
    )
    assert measure_distance(album, release).is_other_version is is_version
