"""Values that tracks should share: spellings, album artists, titles, years, genres, formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mutagen.id3 import ID3, TCMP

from mediakeep.music.model import Album
from tests.music import paper, shelf
from tests.music.paper import album, numbered, track
from tests.sampling import each_row


def with_one_different(count: int = 5, **fields: Any) -> Album:
    """An album with one track more, which differs."""
    return album(*numbered(*range(1, count + 1)).tracks, track(count + 1, **fields))


def spellings(*names: str, **more: tuple[str, ...]) -> Album:
    return album(*(track(n, artist=name, **more) for n, name in enumerate(names, 1)))


# Artists


@each_row(
    ("text", "other"),
    [
        *(("AC/DC", "AC-DC"), ("The Beatles", "Beatles, The"), ("The Beatles", "Beatles")),
        *(("Beyoncé", "Beyonce"), ("MØ", "Mø"), ("a-ha", "A-ha"), ("Ёлка", "Елка")),
        *(("Simon & Garfunkel", "Simon and Garfunkel"), ("Guns N’ Roses", "Guns N' Roses")),
        *(("Jay-Z", "JAY Z"), ("Dead mau5", "Deadmau5"), ("P.O.D.", "POD"), ("MØ", "MO")),
    ],
)
def test_one_artist_in_two_spellings_is_reported_with_counts(text: str, other: str) -> None:
    artist = spellings(text, text, other, albumartist=())
    assert paper.find_detail("artist-variation", artist) == f'"{text}" (2 tracks), "{other}" (1)'


@each_row(
    ("text", "other"),
    [
        *(
            ("The The", "The Band"),
            ("!!!", "???"),
            ("Vera", "Vera & Anna"),
            ("Björk", "Bjo\u0308rk"),
        ),
        *(("Vera", " Vera "), ("Velvet  Harbour", "Velvet Harbour"), ("Ve\u200bra", "Vera")),
        *(
            ("1", "4"),
            ("Hà", "Hạnh"),
            ("がき", "かき"),
            ("мой", "мои"),
            ("Vera", "BjÃ¶rk"),
            ("+", "÷"),
        ),
        *(("Vera", ""), ("Anna", "Hanna"), ("Sean", "Shawn")),
    ],
)
def test_two_artists_and_mere_white_space_are_no_variation(text: str, other: str) -> None:
    assert (
        paper.find_detail("artist-variation", spellings(text, text, other, albumartist=())) is None
    )


def test_spellings_are_compared_over_albums_and_with_album_artists_and_loose_tracks() -> None:
    dawn = numbered(1, 2, artist="AC/DC", albumartist="AC-DC")
    loose = album(track(1, artist="ACDC", albumartist=""), place="")
    detail = paper.find_detail("artist-variation", dawn, loose)
    assert detail == '"AC-DC" (2 tracks), "AC/DC" (2), "ACDC" (1)'


def test_several_artists_in_several_spellings_are_in_one_detail() -> None:
    detail = paper.find_detail(
        "artist-variation", spellings("Vera", "VERA", "Anna", "ANNA", albumartist=())
    )
    assert detail == '"VERA" (1 track), "Vera" (1); "ANNA" (1 track), "Anna" (1)'


def test_namesakes_that_musicbrainz_shows_apart_are_no_variation() -> None:
    def both(*ids: str) -> Album:
        names = ("MIA.", "M.I.A.")
        return album(
            *(
                track(n, artist=name, albumartist="", musicbrainz_artistid=one)
                for n, (name, one) in enumerate(zip(names, ids, strict=True), 1)
            )
        )

    assert paper.find_detail("artist-variation", both("a", "b")) is None
    assert paper.find_detail("artist-variation", both("a", "a")) is not None
    assert paper.find_detail("artist-variation", both("a", "")) is not None


def test_many_spellings_are_reported_in_short() -> None:
    names = [f"V{'-' * n}era" for n in range(9)]
    detail = paper.find_detail("artist-variation", spellings(*names, albumartist=()))
    assert detail is not None
    assert detail.endswith("and 4 more")


# Album artists


def test_several_album_artists_of_one_album_are_reported() -> None:
    detail = paper.find_detail(
        "albumartist-mixed", with_one_different(albumartist="Various Artists")
    )
    assert detail == '"Vera" (5 tracks), "Various Artists" (1)'
    discs = album(*numbered(1, 2, disc="1").tracks, track(1, disc="2", albumartist="Anna"))
    assert paper.find_detail("albumartist-mixed", discs) == '"Vera" (2 tracks), "Anna" (1)'


@each_row(
    "whole",
    [
        with_one_different(albumartist=""),
        with_one_different(albumartist=" "),
        with_one_different(albumartist="VERA"),  # artist-variation reports that
        with_one_different(artist="Anna"),
        numbered(1, 2, albumartist=("Vera", "Anna")),
        album(track(1), track(1, album="Dusk", albumartist="Anna")),
        album(*with_one_different(albumartist="Anna").tracks, place=""),
        album(
            *(track(n, albumartist="Queen", musicbrainz_albumid="a") for n in (1, 2)),
            *(track(n, albumartist="ABBA", musicbrainz_albumid="b") for n in (1, 2)),
        ),
        album(*numbered(1, 2, albumartist="Björk").tracks, track(3, albumartist="BjÃ¶rk")),
    ],
)
def test_album_artists_that_agree_or_are_reported_elsewhere(whole: Album) -> None:
    assert paper.find_detail("albumartist-mixed", whole) is None


# Titles of albums


@each_row(
    ("usual", "other"),
    [
        *(
            ("Dawn", "DAWN"),
            ("Dawn", "Dawn!"),
            ("The Dawn", "Dawn"),
            ("Rock & Roll", "Rock and Roll"),
        ),
        *(("Dawn", "Dawn (Disc 1)"), ("Dawn [CD1]", "Dawn [CD2]"), ("Dawn", "Dawn, Disc Two")),
        *(("Winter Moorings", "Winter Morings"), ("Winter Moorings", "Wintre Moorings")),
        *(("Salt on the Signal Lamps", "Salt on teh Signal Lamps"), ("Été d'or", "Ete d'or")),
    ],
)
def test_an_album_in_two_spellings_is_reported(usual: str, other: str) -> None:
    whole = album(*numbered(1, 2, 3, 4, album=usual).tracks, track(5, album=other))
    detail = paper.find_detail("album-variation", whole)
    assert detail == f'"{usual}" (4 tracks), "{other}" (1)'


@each_row(
    ("usual", "other"),
    [
        *(("Dawn", "Dusk"), ("Dawn", " Dawn "), ("Dawn", "Dawn (Deluxe Edition)"), ("1", "4")),
        *(("Led Zeppelin II", "Led Zeppelin III"), ("Chicago VII", "Chicago VIII"), ("!!!", "???")),
        *(("Greatest Hits 1", "Greatest Hits 2"), ("The Hits A", "The Hits B"), ("1989", "1999")),
        *(("Live in 1974", "Live in 1975"), ("Part Seven", "Part Eleven"), ("Vol. 1", "Vol. 2")),
        *(("Moorings", "Morings"), ("Winter Moorings", "Winter Evenings"), ("Étude", "Ã‰tude")),
        *(("Sessions Six", "Sessions Sex"), ("Dawn (Mono)", "Dawn (Stereo)")),
    ],
)
def test_other_titles_and_parts_of_series_are_no_variation(usual: str, other: str) -> None:
    whole = album(*numbered(1, 2, 3, 4, album=usual).tracks, track(5, album=other))
    assert paper.find_detail("album-variation", whole) is None


def test_titles_that_nearly_agree_are_two_albums_where_their_numbers_overlap() -> None:
    north = numbered(*range(1, 10), album="The North Sessions").tracks
    south = numbered(*range(1, 4), album="The South Sessions").tracks
    assert paper.find_detail("album-variation", album(*north, *south)) is None


def test_a_slip_must_be_rare_and_titles_in_different_folders_are_not_compared() -> None:
    many = album(
        *numbered(1, 2, 3, album="Winter Moorings").tracks,
        *numbered(4, 5, album="Winter Morings").tracks,
    )
    assert paper.find_detail("album-variation", many) is None
    apart = numbered(1, 2, 3), album(track(1, album="DAWN"), place="Dusk")
    assert paper.list_details("album-variation", *apart) == {}


# Years


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"date": "1975"}, "1974 (5 tracks), 1975 (1)"),
        ({"date": "1975-03-01"}, "1974 (5 tracks), 1975 (1)"),
        ({"date": "", "originaldate": "1969"}, "1974 (5 tracks), 1969 (1)"),
    ],
)
def test_another_year_on_a_few_tracks_is_reported(fields: dict[str, str], text: str) -> None:
    assert paper.find_detail("date-mixed", with_one_different(**fields)) == text


@each_row(
    "whole",
    [
        with_one_different(date="1974-05-06"),
        with_one_different(date=""),
        with_one_different(date="0000"),
        with_one_different(date="1974", originaldate="1969"),
        with_one_different(count=1, date="1975"),
        album(*(track(n, date=str(1970 + n)) for n in range(1, 7))),  # a best-of
        album(*numbered(1, 2, 3).tracks, *numbered(4, 5, date="1975").tracks),
        with_one_different(date="1975", album="Dusk"),
        numbered(1, 2, 3, 4, date="1975", compilation=True),
        album(*numbered(1, 2, 3, compilation=True).tracks, track(4, compilation=True, date="1999")),
        album(*numbered(1, 2, 3, albumartist="V.A.").tracks, track(4, albumartist="VA", date="2")),
        album(
            *numbered(1, 2, 3, 4, 5, disc="1").tracks,
            *numbered(1, 2, disc="2", date="1975").tracks,
        ),
        album(*with_one_different(date="1975").tracks, place=""),
    ],
)
def test_years_that_agree_or_differ_for_good_reason(whole: Album) -> None:
    assert paper.find_detail("date-mixed", whole) is None


def test_a_stray_year_within_a_disc_is_reported_next_to_a_disc_of_its_own_year() -> None:
    whole = album(
        *numbered(1, 2, 3, 4, 5, disc="1").tracks,
        track(6, disc="1", date="1947"),
        *numbered(1, 2, disc="2", date="1975").tracks,
    )
    assert paper.find_detail("date-mixed", whole) == "1974 (5 tracks), 1947 (1)"


# Genres


@pytest.mark.parametrize("genres", ["Rock", ("Folk", "Rock"), "Folk Rock"])
def test_other_genres_on_a_few_tracks_are_reported(genres: str | tuple[str, ...]) -> None:
    detail = paper.find_detail("genre-mixed", with_one_different(genres=genres))
    shown = genres if isinstance(genres, str) else ", ".join(genres)
    assert detail == f'"Folk" (5 tracks), "{shown}" (1)'


@each_row(
    "whole",
    [
        with_one_different(genres="folk"),
        with_one_different(genres=""),
        with_one_different(genres="Unknown"),
        with_one_different(genres=("Folk", "Other")),
        album(track(1, genres=("Folk", "Rock")), track(2, genres=("Rock", "Folk"))),
        album(track(1, genres="Folk; Rock"), track(2, genres=("Folk", "Rock"))),
        album(track(1), track(2, album="Dusk", genres="Rock")),
        album(*numbered(1, 2, compilation=True).tracks, track(3, compilation=True, genres="Rock")),
        album(*with_one_different(genres="Rock").tracks, place=""),
    ],
)
def test_genres_that_agree_or_need_not(whole: Album) -> None:
    assert paper.find_detail("genre-mixed", whole) is None


# Formats


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"format": "FLAC", "lossless": True}, "MP3 (5 tracks), FLAC (1)"),
        ({"format": "MP4", "lossless": True}, "MP3 (5 tracks), lossless MP4 (1)"),
        ({"format": "Opus"}, "MP3 (5 tracks), Opus (1)"),
    ],
)
def test_several_formats_of_one_album_are_reported(fields: dict[str, Any], text: str) -> None:
    assert paper.find_detail("mixed-formats", with_one_different(**fields)) == text


def test_aac_and_alac_are_two_formats_and_two_albums_may_have_their_own() -> None:
    aac, alac = track(1, format="MP4"), track(2, format="MP4", lossless=True)
    detail = paper.find_detail("mixed-formats", album(aac, alac))
    assert detail == "lossless MP4 (1 track), lossy MP4 (1)"
    for whole in (
        album(aac, track(2, format="MP4")),
        album(track(1), track(1, album="Dusk", format="FLAC")),
        album(track(1), track(2, format="FLAC"), place=""),
    ):
        assert paper.find_detail("mixed-formats", whole) is None


def test_a_folder_of_several_albums_names_the_one_that_is_meant() -> None:
    whole = album(*with_one_different(albumartist="Anna").tracks, track(1, album="Dusk"))
    detail = paper.find_detail("albumartist-mixed", whole)
    assert detail == '"Dawn": "Vera" (5 tracks), "Anna" (1)'


# Files


@each_row("suffix", shelf.FORMATS)
def test_disagreement_is_found_in_files_of_each_format(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / "Vera" / "Moorings of Winter"
    shelf.put_album(folder, *paper.TITLES[:7], suffix=suffix)
    title = paper.TITLES[7]
    odd = {"artist": "VELVET HARBOUR", "albumartist": "Anna", "album": "Moorings of Wintr"}
    more = {"date": "1947", "genre": "Jazz", "title": title, "tracknumber": "8/7"}
    shelf.put(folder / f"08 {title}.{suffix}", **odd, **more)
    found = paper.list_kinds_on_disk(tmp_path / "Vera")
    assert found.pop("external-cover-not-embedded", None)
    kinds = ("albumartist-mixed", "album-variation", "date-mixed", "genre-mixed")
    assert found == {
        **{kind: ["Moorings of Winter"] for kind in kinds},
        "artist-variation": [""],
    }


def test_formats_are_compared_on_disk(tmp_path: Path) -> None:
    for suffix in shelf.FORMATS:
        shelf.put_album(tmp_path / "Vera" / suffix, "One", "Two", suffix=suffix)
    shelf.put_album(tmp_path / "Vera" / "mixed", "One", suffix="mp3")
    shelf.put(
        tmp_path / "Vera" / "mixed" / "02 Two.flac", title="Two", album="mixed", tracknumber="2/2"
    )
    assert paper.list_kinds_on_disk(tmp_path / "Vera")["mixed-formats"] == ["mixed"]


def test_the_flag_of_a_compilation_is_read_from_files(tmp_path: Path) -> None:
    folder = tmp_path / "Vera" / "Dawn"
    shelf.put_album(folder, *paper.TITLES[:4])
    shelf.put(
        folder / "05 x.mp3", title="x", album="Dawn", tracknumber="5/5", date="1999", genre="Jazz"
    )
    kinds = {"date-mixed", "genre-mixed"}
    assert paper.list_kinds_on_disk(tmp_path / "Vera").keys() >= kinds
    for path in folder.glob("*.mp3"):
        tags = ID3(path)
        tags.add(TCMP(text=["1"]))
        tags.save()
    assert not paper.list_kinds_on_disk(tmp_path / "Vera").keys() & kinds
