"""Discs in adjacent folders are one album: in checks, matches and commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from mediakeep.app.edit import audio_targets
from mediakeep.issue import Issue, Severity
from mediakeep.music import album_grouping, scan
from mediakeep.music.matching import album_matcher, local_album
from mediakeep.music.matching.match_result import MatchConfidence
from mediakeep.music.reports.fix_commands import FixCommands
from tests.music import paper, shelf
from tests.music.matching import pressings

FIRST, SECOND = pressings.DAWN, pressings.DUSK
PLACES = ("Dawn (Disc 1)", "Dawn (Disc 2)")


@pytest.fixture
def vera(tmp_path: Path) -> Path:
    """Put two discs next to each other, without disc tags."""
    folder = tmp_path / "Vera"
    for name, titles in zip(PLACES, (FIRST, SECOND), strict=True):
        shelf.put_album(
            folder / name, *titles, album="Dawn", artist="Vera", albumartist="Vera", suffix="flac"
        )
    return folder


def test_numbers_of_two_discs_are_neither_twice_nor_missing(vera: Path) -> None:
    assert paper.list_kinds_on_disk(vera).keys() <= {"external-cover-not-embedded"}
    (album,) = scan.read_artist(vera).albums
    assert [(group.disc, len(group.tracks)) for group in album_grouping.group_by_disc(album)] == [
        ("1", 10),
        ("2", 10),
    ]
    (vera / PLACES[1] / f"03 {SECOND[2]}.flac").unlink()
    assert paper.list_kinds_on_disk(vera)["track-gap"] == [PLACES[0]]


def test_they_are_matched_as_one_with_a_release_of_two_discs(vera: Path) -> None:
    songs = [
        [replace(pressings.song(track), length=1000) for track in disc] for disc in (FIRST, SECOND)
    ]
    group = pressings.group("Dawn")
    release, single = (
        pressings.release(group, *discs, name=str(len(discs))) for discs in (songs, songs[:1])
    )
    matches = album_matcher.match_albums(scan.read_artist(vera), [single, release])
    assert matches.keys() == {PLACES[0]}
    best = matches[PLACES[0]].best
    assert best
    assert matches[PLACES[0]].confidence is MatchConfidence.CERTAIN
    assert (best.release, best.missing, best.extra) == (release, (), ())


def test_the_disc_number_is_read_from_the_folder(vera: Path) -> None:
    (album,) = scan.read_artist(vera).albums
    tracks = local_album.build_local_album(album, "Vera", {}).tracks
    assert [(track.disc, track.position) for track in tracks] == [
        (disc, number) for disc in (1, 2) for number in range(1, 11)
    ]


def test_a_cover_next_to_the_first_disc_is_that_of_both(vera: Path) -> None:
    (vera / PLACES[1] / "cover.jpg").unlink()
    assert paper.list_kinds_on_disk(vera).keys() <= {"external-cover-not-embedded"}
    (vera / PLACES[0] / "cover.jpg").unlink()
    assert paper.list_kinds_on_disk(vera)["missing-cover"] == [PLACES[0]]


@pytest.mark.parametrize("place", PLACES)
def test_a_command_for_the_album_takes_both(vera: Path, place: str) -> None:
    tracks = audio_targets.find_album_tracks(vera / place)
    assert {path.parent.name for path in tracks} == set(PLACES)
    assert len(tracks) == len(FIRST) + len(SECOND)
    (alone,) = audio_targets.find_album_tracks(vera / place / "01 Low Tide.flac")[:1]
    assert alone == vera / place / "01 Low Tide.flac"


def test_a_command_to_be_pasted_names_both_folders(vera: Path) -> None:
    (album,) = scan.read_artist(vera).albums
    fix_commands = FixCommands(
        Path(__file__).parents[2], str(vera), sibling_folders={album.place: album.sibling_folders}
    )
    issue = Issue(kind="not-on-musicbrainz", severity=Severity.NOTE, id="x", album=album.place)
    folders = "'Vera/Dawn (Disc 1)' 'Vera/Dawn (Disc 2)' MBID"
    assert fix_commands.edit_command(issue).endswith(f" musicbrainz_albumid {folders}")
