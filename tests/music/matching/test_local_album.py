"""Read an album's title and tracks from its tags, file names and folders."""

from __future__ import annotations

from typing import Any

import pytest

from mediakeep.media.audio.tags import AudioProperties, Tags
from mediakeep.music.matching import local_album
from mediakeep.music.matching.local_album import LocalAlbum, LocalTrack
from mediakeep.music.model import Album, Track
from tests.music.matching.pressings import mbid
from tests.sampling import each_row

OLD, NEW = mbid("old"), mbid("new")


def build_local_album(*tracks: Track, place: str = "Dawn", **merged: str) -> LocalAlbum:
    return local_album.build_local_album(Album(place=place, tracks=tracks), "Vera", {OLD: NEW})


def track(name: str = "01.mp3", *, place: str = "Dawn", **tags: Any) -> Track:
    texts = ("track", "disc", "track_total", "disc_total")
    tags_ = {
        field: (value,) if isinstance(value, str) and field not in texts else value
        for field, value in tags.items()
    }
    return Track(
        place=f"{place}/{name}", tags=Tags(**tags_), facts=AudioProperties(format="MP3", duration=9)
    )


def build_local_track(name: str = "01.mp3", **tags: Any) -> LocalTrack:
    (one,) = build_local_album(track(name, **tags)).tracks
    return one


@each_row(
    ("name", "tags", "key"),
    [
        ("01.mp3", {"title": "Low Tide"}, "lowtide"),
        ("01 Low Tide.mp3", {}, "lowtide"),
        ("01 - Low Tide.mp3", {"title": "Track 01"}, "lowtide"),
        ("01 - Low Tide.mp3", {"title": "  "}, "lowtide"),
        ("Low Tide.mp3", {}, "lowtide"),
        ("Vera - Low Tide.mp3", {}, "lowtide"),
        ("Vera - Dawn - 03 - Low Tide.mp3", {}, "lowtide"),
        ("1-03 Low Tide.mp3", {"track": "3"}, "lowtide"),
        ("low_tide.mp3", {}, "lowtide"),
        ("01 Low Tide.mp3", {"title": "Ballast"}, "ballast"),
        ("01.mp3", {"title": "!!!"}, "!!!"),
        ("01.mp3", {}, None),
        ("Track 01.mp3", {"title": "Unknown Track"}, None),
    ],
)
def test_a_title_is_in_the_tags_or_else_in_the_name(
    name: str, tags: dict[str, Any], key: str | None
) -> None:
    title = build_local_track(name, **tags).title
    assert (title.key if title else None) == key


@each_row(
    ("name", "tags", "disc", "position"),
    [
        ("a.mp3", {"track": "3"}, 0, 3),
        ("a.mp3", {"track": "03", "disc": "02"}, 2, 3),
        ("04 a.mp3", {"track": "3"}, 0, 3),
        ("04 a.mp3", {}, 0, 4),
        ("a.mp3", {}, 0, 0),
        ("CD 2/04 a.mp3", {}, 2, 4),
        ("CD2/04 a.mp3", {"disc": "1"}, 1, 4),
        ("Disc Two/04 a.mp3", {}, 2, 4),
        ("Disc One (1987)/04 a.mp3", {}, 1, 4),
        ("Bonus/04 a.mp3", {}, 0, 4),
        ("a.mp3", {"track": "99999999999999999999"}, 0, 0),
        ("a.mp3", {"disc": "99999"}, 0, 0),
    ],
)
def test_disc_and_number_are_in_tags_or_else_in_names_of_folder_and_file(
    name: str, tags: dict[str, Any], disc: int, position: int
) -> None:
    track = build_local_track(name, **tags)
    assert (track.disc, track.position) == (disc, position)


@each_row(
    ("text", "other", "same"),
    [
        ("077774644020", "0077774644020", True),
        ("0 77774-64402 0", "77774644020", True),
        ("077774644020", "077774644021", False),
        ("none", "", True),
        ("000", "", True),
    ],
)
def test_barcodes_are_compared_without_zeros_and_spaces(text: str, other: str, same: bool) -> None:
    assert (local_album.normalize_barcode(text) == local_album.normalize_barcode(other)) is same


@pytest.mark.parametrize(
    ("text", "other", "same"),
    [
        ("CDP 7 46208 2", "cdp-7462082", True),
        ("SHVL 804", "SHVL_804", True),
        ("SHVL 804", "SHVL 805", False),
    ],
)
def test_catalogue_numbers_are_compared_by_letters_and_figures(
    text: str, other: str, same: bool
) -> None:
    assert (
        local_album.normalize_identifier(text) == local_album.normalize_identifier(other)
    ) is same


@each_row(
    ("text", "other", "same"),
    [
        ('12" Vinyl', "Vinyl", True),
        ("CD", "2xCD", True),
        ("CD", "CD Remastered", True),
        ("CDr", "CD-R", True),
        ("Hybrid SACD", "Hybrid SACD (SACD layer)", True),
        ("CD", "CD-R", False),
        ("CD", "Enhanced CD", False),
        ("CD", "HDCD", False),
        ("SACD", "Hybrid SACD", False),
        ("Digital Media", "digital media", True),
        ("Cassette", "Vinyl", False),
        ("CD", "Digital Media", False),
        ("DVD", "CD", False),
    ],
)
def test_media_are_compared_by_what_plays_them(text: str, other: str, same: bool) -> None:
    assert (local_album.normalize_medium(text) == local_album.normalize_medium(other)) is same


@each_row(
    ("dates", "years"),
    [
        (["1974-03-09"], {"1974"}),
        (["1974", "2011"], {"1974", "2011"}),
        (["09.03.1974"], set()),
        (["unknown", ""], set()),
    ],
)
def test_years_are_those_that_dates_begin_with(dates: list[str], years: set[str]) -> None:
    assert (
        build_local_album(*(track(f"{one}.mp3", date=date) for one, date in enumerate(dates))).years
        == years
    )


@each_row(
    ("tracks", "totals", "discs"),
    [
        ([{"track_total": "12"}, {"track_total": "12"}], {0: 12}, 0),
        ([{"track_total": "12"}, {"track_total": "11"}], {}, 0),
        ([{"track_total": "12"}, {}], {0: 12}, 0),
        (
            [{"disc": "1", "track_total": "9"}, {"disc": "2", "track_total": "8"}],
            {1: 9, 2: 8},
            2,
        ),
        ([{"disc": "1", "disc_total": "3"}], {}, 3),
        ([{"track_total": "0", "disc_total": "many"}], {}, 0),
    ],
)
def test_tracks_and_discs_are_counted_by_tags_that_agree(
    tracks: list[dict[str, Any]], totals: dict[int, int], discs: int
) -> None:
    album = build_local_album(
        *(track(f"{number} a.mp3", **tags) for number, tags in enumerate(tracks, 1))
    )
    assert (album.track_totals, album.disc_total) == (totals, discs)


@each_row(
    ("ids", "believed"),
    [
        ([OLD, OLD], NEW),
        ([OLD, NEW], NEW),
        ([f" {NEW.upper()} ", ""], NEW),
        ([NEW, "", ""], ""),
        ([NEW, mbid("other")], ""),
        (["no mbid", "no mbid"], ""),
    ],
)
def test_an_album_has_the_mbid_that_its_tracks_agree_on_as_it_is_now(
    ids: list[str], believed: str
) -> None:
    tracks = [track(f"{n}.mp3", musicbrainz_albumid=one) for n, one in enumerate(ids)]
    assert build_local_album(*tracks).release == believed


def test_mbids_of_tracks_are_those_of_now() -> None:
    track = build_local_track(
        musicbrainz_recordingid=OLD.upper(), musicbrainz_trackid=OLD, isrc="gb-abc-1"
    )
    assert (track.recordings, track.tracks) == ({NEW}, {NEW})
    assert track.isrcs == {"gbabc1"}


@each_row(
    ("place", "tags", "wordings"),
    [
        ("Dusk", {"album": "Dawn"}, ("Dawn",)),
        ("1974 - Dusk [FLAC]", {"album": "Unknown Album"}, ("Dusk",)),
        ("Vera - Dusk (1974)", {}, ("Dusk",)),
        ("Dusk", {"album": "Dawn (Disc 2)"}, ("Dawn",)),
        ("Downloads", {}, ()),
    ],
)
def test_the_album_is_called_as_the_tags_have_it_or_else_the_folder(
    place: str, tags: dict[str, Any], wordings: tuple[str, ...]
) -> None:
    assert build_local_album(track(place=place, **tags), place=place).raw_titles == wordings


def test_artists_are_those_of_the_tags_else_of_the_folder_and_no_placeholders() -> None:
    assert build_local_album(track(artist="Carl", albumartist="Mona")).artists == {"mona"}
    assert build_local_album(track(artist="Carl")).artists == {"carl"}
    assert build_local_album(track(artist="Unknown Artist")).artists == {"vera"}
    assert build_local_track(artist="Carl", composer="J. S. Bach", conductor="Mona").artists == {
        *("carl", "jsbach", "mona")
    }


def test_an_unreadable_track_proves_nothing() -> None:
    album = build_local_album(Track(place="Dawn/01 Low Tide.mp3"))
    assert album.tracks[0].seconds == 0
    assert album.known_lengths == []
