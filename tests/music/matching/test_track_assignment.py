"""Which track of a release a track here is: by title, length, place, performer and identifiers."""

from __future__ import annotations

from typing import Any

import pytest

from mediakeep.lookups.musicbrainz.model import Artist, Recording
from mediakeep.music.matching import local_album, track_assignment, track_certainty, tracklists
from mediakeep.music.matching.local_album import LocalTrack
from mediakeep.music.matching.track_assignment import TitleDistanceCache, TrackAssignment
from mediakeep.music.matching.tracklists import TracklistEntry
from mediakeep.music.matching.weights import MatchingWeights
from mediakeep.music.model import Album
from tests.music.matching import pressings
from tests.music.matching.pressings import CARL, DAWN, MONA, VARIOUS, credit, song
from tests.sampling import each_row

WEIGHTS = MatchingWeights(
    title=0.45, length=0.35, position=0.08, performer=0.12, recording=0.5, untold=0.35,
    sigma=3.0, reject=0.55, qualifier=0.6, slight=0.2,
)  # fmt: skip


def assign_tracks(
    album: Album, *songs: str | Recording, by: Artist = pressings.VERA
) -> TrackAssignment:
    (shape,) = tracklists.group_by_tracklist(
        [pressings.release(pressings.group("Dawn", by=by), songs)]
    )
    return track_assignment.assign_tracks(
        local_album.build_local_album(album, "Vera", {}), shape, WEIGHTS, TitleDistanceCache()
    )


def build_album(*songs: str | Recording, **tags: Any) -> Album:
    return pressings.copy(pressings.release(pressings.group("Dawn"), songs), **tags)


def test_what_is_the_same_costs_nothing() -> None:
    assignment = assign_tracks(build_album(*DAWN), *DAWN)
    assert assignment.slots == tuple(range(10))
    assert (
        set(assignment.costs)
        == set(assignment.title_distances)
        == set(assignment.length_differences)
        == {0.0}
    )


ONE = song("Thaw", "one")
OTHER = song("Thaw", "other")


@each_row(
    ("tags", "songs", "slots"),
    [
        ({}, ("Thaw", "Crane"), (0,)),
        ({}, ("Crane", "Thaw"), (1,)),
        ({"track": "2"}, ("Thaw", "Thaw"), (1,)),  # two of one name: distinguished by position
        ({}, (OTHER, ONE), (1,)),  # recognized by the length at another position
        ({}, ("Thaw (Live)", "Crane", "Thaw"), (2,)),
        ({}, ("Crane", "Rivet"), (-1,)),  # never forced
        ({"title": None}, ("Crane", ONE), (1,)),
        ({"title": ("Crane",)}, ("Crane", ONE), (0,)),
        ({"musicbrainz_recordingid": (OTHER.id,)}, (song("Thaw", "x"), OTHER), (1,)),
    ],
)
def test_a_track_is_paired_with_what_is_most_like_it(
    tags: dict[str, Any], songs: tuple[str | Recording, ...], slots: tuple[int, ...]
) -> None:
    assert assign_tracks(build_album(ONE, **tags), *songs).slots == slots


def test_performers_count_where_a_release_is_by_several() -> None:
    theirs = [song("Thaw", singer.name, artist_credit=credit(singer)) for singer in (CARL, MONA)]
    album = pressings.without_lengths(
        build_album("Thaw", artist=("Mona",), track=None, place="Dawn")
    )
    assert assign_tracks(album, *theirs, by=VARIOUS).slots == (1,)


def test_the_length_of_a_recording_is_a_bell_and_no_threshold() -> None:
    album = build_album(ONE)
    costs = [
        assign_tracks(pressings.with_lengths(album, lambda _, off=off: off), ONE).costs[0]
        for off in (0.0, 1.0, 3.0, 6.0, 30.0)
    ]
    assert costs == sorted(costs)
    assert costs[1] < 0.05 < costs[2] < costs[3]
    assert costs[4] == pytest.approx(0.35 / 0.88)


def test_what_is_not_known_is_said_so() -> None:
    assignment = assign_tracks(pressings.without_lengths(build_album(ONE)), ONE)
    assert (assignment.length_differences, assignment.title_distances) == ((-1.0,), (0.0,))
    assignment = assign_tracks(build_album(ONE, title=None), ONE)
    assert (assignment.length_differences, assignment.title_distances) == ((0.0,), (-1.0,))
    assignment = assign_tracks(build_album("Thaw", "Thaw Again", only=[1]), "Rivet")
    assert (
        assignment.slots,
        assignment.costs,
        assignment.title_distances,
        assignment.length_differences,
    ) == (*((-1,), (1.0,), (-1.0,), (-1.0,)),)


def test_a_title_in_another_script_is_not_known() -> None:
    assignment = assign_tracks(build_album("Noch", track="1"), song("Ночь", "x"))
    assert assignment.title_distances == (-1.0,)


@each_row(
    ("tags", "identified"),
    [
        ({}, 0),
        ({"musicbrainz_recordingid": (ONE.id.upper(),)}, 1),
        ({"musicbrainz_recordingid": (OTHER.id, ONE.id)}, 1),
        ({"musicbrainz_recordingid": (OTHER.id,)}, 0),
        ({"isrc": ("GB-ABC-74-00001",)}, 1),
        ({"isrc": ("GBABC7400002",)}, 0),
    ],
)
def test_identifiers_of_recordings_are_counted(tags: dict[str, Any], identified: int) -> None:
    known = Recording(id=ONE.id, title=ONE.title, length=ONE.length, isrcs=("GBABC7400001",))
    assert assign_tracks(build_album(ONE, **tags), known).identified_count == identified


@each_row(
    ("disc", "position", "is_there"),
    [
        (0, 2, True),
        (2, 2, True),
        (0, 12, True),  # counted through
        (1, 12, True),
        (1, 2, False),
        (2, 12, False),
        (0, 3, False),
        (3, 2, False),
    ],
)
def test_a_track_is_in_place_by_disc_and_number_or_counted_through(
    disc: int, position: int, is_there: bool
) -> None:
    (shape,) = tracklists.group_by_tracklist(
        [pressings.release(pressings.group("Dawn"), DAWN, ["Salt", "Shoal"])]
    )
    slot: TracklistEntry = shape.entries[11]
    nobody = frozenset[str]()
    track = LocalTrack("", None, 0.0, disc, position, nobody, nobody, nobody, nobody)
    assert track_certainty.is_at_position(track, slot) is is_there
