"""Albums that several artists share, in several folders or in one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.music.master.conftest import Report, artist, track

ONE = "b1a9c0e9-d987-4042-ae91-78d6a3267d69"
OTHER = "f4a31f0a-51dd-4fa7-986d-3095c40c5ed9"


def one_each(report: Report, **fields: Any) -> list[str]:
    """Put one track each of an album into two folders; return what proves that it is one."""
    tracks = [
        track(at, title=f"Song {chr(64 + at)}", artist=name, name=f"{at}.mp3", **fields)
        for at, name in enumerate(("Vera", "Quarry"), 1)
    ]
    artists = (artist(track_.tags.artist[0], track_) for track_ in tracks)
    shared = report(*artists).statistics.shared_albums
    assert shared.total == len(shared.listed)
    return [item.evidence for item in shared.listed]


@pytest.mark.parametrize(
    ("fields", "evidence"),
    [
        ({"album": "Soundtrack", "albumartist": "Various Artists"}, ["title"]),
        ({"album": "Soundtrack", "albumartist": "", "compilation": True}, ["title"]),
        ({"album": "Soundtrack", "albumartist": ""}, []),
        ({"album": "Duets", "albumartist": "Vera"}, ["title"]),
        ({"album": "Duets", "musicbrainz_albumid": ONE}, ["release"]),
        ({"album": "Unknown Album", "albumartist": "VA"}, []),
        ({"album": "", "albumartist": "VA"}, []),
    ],
)
def test_an_album_in_two_folders_is_one_by_release_or_title(
    report: Report, fields: dict[str, Any], evidence: list[str]
) -> None:
    assert one_each(report, **fields) == evidence


def test_best_ofs_of_one_name_are_not_one_album(report: Report) -> None:
    hits = {"album": "Greatest Hits", "albumartist": "Various Artists"}
    artist_ = artist("Vera", track(1, title="Thaw", **hits))
    other = artist("Quarry", track(1, title="Slate", **hits))
    assert report(artist_, other).statistics.shared_albums.total == 0
    own = artist("Quarry", track(1, album="Greatest Hits", albumartist="Quarry"))
    assert report(
        artist("Vera", track(2, album="Greatest Hits")), own
    ).statistics.shared_albums == (report().statistics.shared_albums)


def test_two_releases_of_one_title_are_not_one_album(report: Report) -> None:
    artist_ = artist("Vera", track(1, musicbrainz_albumid=ONE))
    other = artist("Quarry", track(2, musicbrainz_albumid=OTHER))
    assert report(artist_, other).statistics.shared_albums.total == 0
    third = artist("Slate", track(3))
    assert report(artist_, other, third).statistics.shared_albums.total == 0
    assert report(artist_, third).statistics.shared_albums.total == 1


def test_a_shared_album_names_its_parts(report: Report) -> None:
    both = {"album": "Duets", "albumartist": "Vera"}
    artist_ = artist("Vera", track(1, **both), track(2, **both), place="Duets")
    other = artist("Quarry", track(3, **both), place="with Vera")
    (only,) = report(artist_, other).statistics.shared_albums.listed
    assert (only.title, only.albumartist, only.artists, only.tracks) == ("Duets", "Vera", 2, 3)
    assert [(part.artist, part.path, part.tracks) for part in only.parts] == [
        ("Vera", "Duets", 2),
        ("Quarry", "with Vera", 1),
    ]


@pytest.mark.parametrize(
    ("singers", "fields", "evidence"),
    [
        ("ABCD", {"albumartist": ""}, ["artists"]),
        ("ABC", {"albumartist": ""}, []),
        ("ABCD", {"albumartist": "DJ Slate"}, []),
        ("AAAAAABCD", {"albumartist": ""}, []),
        ("AB", {"albumartist": "Various Artists"}, ["tags"]),
        ("AB", {"compilation": True}, ["tags"]),
    ],
)
def test_a_compilation_is_recognized_by_its_tags_or_its_many_artists(
    report: Report, singers: str, fields: dict[str, Any], evidence: list[str]
) -> None:
    tracks = [
        track(at, artist=f"Singer {one}", name=f"{at}.mp3", **fields)
        for at, one in enumerate(singers, 1)
    ]
    compilations = report(artist("Vera", *tracks)).statistics.compilations
    assert [item.evidence for item in compilations.listed] == evidence
    if evidence:
        (only,) = compilations.listed
        assert (only.tracks, only.artists) == (len(singers), len(set(singers)))
        assert (only.title, only.artist, only.path) == ("Dawn", "Vera", "Dawn")
