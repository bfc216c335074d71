"""The same recording more than once: what proves it, and what does not."""

from __future__ import annotations

import pytest
from msgspec import structs

from mediakeep.music.master.duplicate_recordings import DuplicateRecordings
from tests.music.master.conftest import Report, artist, track

ONE = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
OTHER = "f4a31f0a-51dd-4fa7-986d-3095c40c5ed9"


def find_duplicates(report: Report, *artists: object) -> DuplicateRecordings:
    return report(*artists).statistics.duplicates


def test_the_same_audio_under_two_artists_is_proven_by_its_hash(report: Report) -> None:
    artist_ = artist("Vera", track(1, essence="sha256:aa", title="Thaw"))
    other = artist("Quarry", track(7, essence="sha256:aa", title="Another", artist="Quarry"))
    details = find_duplicates(report, artist_, other)
    assert (details.total, details.tracks) == (1, 2)
    (only,) = details.listed
    assert (only.evidence, only.tracks, only.albums) == ("essence", 2, 2)
    assert [(place.artist, place.album, place.title) for place in only.places] == [
        ("Vera", "Dawn", "Thaw"),
        ("Quarry", "Dawn", "Another"),
    ]
    assert only.places[0].path == artist_.albums[0].tracks[0].place
    assert only.places[0].bytes == 4_800_000


@pytest.mark.parametrize(("seconds", "times"), [(4.0, 0), (29.9, 0), (30.0, 1)])
def test_the_same_audio_proves_nothing_where_it_may_be_silence(
    report: Report, seconds: float, times: int
) -> None:
    artist_ = artist("Vera", track(1, essence="sha256:aa", seconds=seconds))
    other = artist("Quarry", track(7, essence="sha256:aa", seconds=seconds))
    assert find_duplicates(report, artist_, other).by_evidence == {
        "essence": times,
        "recording": 0,
        "name": 0,
    }


def test_the_same_recording_is_recognized_by_its_mbid_with_any_length(report: Report) -> None:
    artist_ = artist("Vera", track(1, musicbrainz_recordingid=ONE))
    other = artist("Best", track(9, musicbrainz_recordingid=ONE.upper(), seconds=150.0))
    assert find_duplicates(report, artist_, other).by_evidence == {
        "essence": 0,
        "recording": 1,
        "name": 0,
    }


@pytest.mark.parametrize(
    ("first", "second", "times"),
    [
        ({"seconds": 200.0}, {"seconds": 201.9}, 1),
        ({"seconds": 200.0}, {"seconds": 202.1}, 0),
        ({"seconds": 29.0}, {"seconds": 29.0}, 0),
        ({"title": "Thaw!"}, {"title": "thaw"}, 1),
        ({"title": "Thaw"}, {"title": "Thaw (live)"}, 0),
        ({"artist": "The Veras"}, {"artist": "Veras"}, 1),
        ({"artist": "Vera"}, {"artist": "Quarry"}, 0),
        ({"title": "Track 01"}, {"title": "Track 01"}, 0),
        ({"artist": "Unknown Artist"}, {"artist": "Unknown Artist"}, 0),
        ({"artist": "Various Artists"}, {"artist": "Various Artists"}, 0),
        ({"musicbrainz_recordingid": ONE}, {}, 1),
        ({"musicbrainz_recordingid": ONE}, {"musicbrainz_recordingid": OTHER}, 0),
    ],
)
def test_names_and_lengths_prove_only_so_much(
    report: Report, first: dict[str, str], second: dict[str, str], times: int
) -> None:
    artist_ = artist("Vera", track(1, **{"title": "Thaw", **first}))
    other = artist("Best", track(1, **{"title": "Thaw", **second}))
    assert find_duplicates(report, artist_, other).by_evidence == {
        "essence": 0,
        "recording": 0,
        "name": times,
    }


def test_proven_duplicates_are_reported_once(report: Report) -> None:
    twin = track(1, essence="sha256:aa", musicbrainz_recordingid=ONE)
    details = find_duplicates(report, artist("Vera", twin), artist("Best", twin))
    assert details.by_evidence == {"essence": 1, "recording": 0, "name": 0}


def test_copies_within_one_album_are_its_artists_own_issue(report: Report) -> None:
    twins = (track(1, essence="sha256:aa"), track(1, essence="sha256:aa", name="copy.mp3"))
    assert find_duplicates(report, artist("Vera", *twins)).total == 0
    away = artist("Vera", *twins, track(2, album="Dusk", essence="sha256:aa"))
    assert find_duplicates(report, away).tracks == 3


def test_the_beginning_of_a_truncated_track_proves_nothing(report: Report) -> None:
    track_ = track(1, essence="sha256:aa", title="Thaw")
    assert track_.facts
    cut = structs.replace(track_, facts=structs.replace(track_.facts, truncated="it ends at 0:10"))
    other = track(1, essence="sha256:aa", title="Other")
    assert find_duplicates(report, artist("Vera", cut), artist("Best", other)).total == 0


def test_a_list_is_capped_and_its_total_reported(report: Report) -> None:
    tracks = [track(n, title=f"Song {chr(65 + n)}", name=f"{n}.mp3") for n in range(9)]
    artists = artist("Vera", *tracks), artist("Best", *tracks), artist("More", *tracks[:1])
    duplicates = report(*artists, limit=4).statistics.duplicates
    assert (duplicates.total, duplicates.tracks, len(duplicates.listed)) == (9, 19, 4)
    assert [item.tracks for item in duplicates.listed] == [3, 2, 2, 2]
    assert report(*artists, limit=0).statistics.duplicates.listed == ()


def test_takes_of_one_album_are_not_duplicates_because_another_has_a_third(report: Report) -> None:
    takes = track(1, title="Thaw"), track(2, title="Thaw", name="2.mp3")
    other = artist("Best", track(1, title="Thaw", seconds=300.0))
    assert find_duplicates(report, artist("Vera", *takes), other).total == 0


def test_a_track_without_an_mbid_is_put_to_neither_of_two_recordings(report: Report) -> None:
    ids = ({"musicbrainz_recordingid": ONE}, {"musicbrainz_recordingid": OTHER}, {})
    artists = [artist(f"A{at}", track(1, title="Thaw", **one)) for at, one in enumerate(ids)]
    assert find_duplicates(report, *artists).total == 0
