"""Grouping of tracks into albums, and healthy albums of many kinds without issues."""

from __future__ import annotations

from mediakeep.music import album_grouping
from mediakeep.music.model import Album, Artist
from tests.music import paper
from tests.music.paper import album, numbered, track
from tests.sampling import each_row

# Compilations and groups


@each_row(
    "name",
    [
        *("Various Artists", "various", "VA", "V.A.", "V/A", "Diverse", "Artistes divers"),
        *("Verschiedene Interpreten", "Varios Artistas"),
    ],
)
def test_names_of_various_artists_make_a_compilation(name: str) -> None:
    assert album_grouping.is_compilation(numbered(1, 2, albumartist=name).tracks)
    assert not album_grouping.is_compilation(numbered(1, 2, albumartist=f"{name} Band").tracks)


def test_half_of_the_tracks_make_a_compilation() -> None:
    flagged = [track(n, compilation=True) for n in (1, 2)]
    assert album_grouping.is_compilation([*flagged, track(3), track(4)])
    assert not album_grouping.is_compilation([*flagged, *numbered(3, 4, 5).tracks])
    assert not album_grouping.is_compilation([])


def test_groups_are_albums_and_discs() -> None:
    tracks = (
        *numbered(1, 2, disc="1").tracks,
        *numbered(1, 2, disc="2", album="dawn").tracks,
        track(1, album="Dusk"),
        track(2, album=""),
    )
    whole = album(*tracks)
    assert [
        (group.album, group.disc, len(group.tracks))
        for group in album_grouping.group_by_disc(whole)
    ] == [
        ("Dawn", "1", 2),
        ("Dawn", "2", 2),
        ("Dusk", "", 1),
    ]
    assert [(group.album, group.disc) for group in album_grouping.group_by_album(whole)] == [
        ("Dawn", ""),
        ("Dusk", ""),
    ]
    assert album_grouping.group_by_disc(album(*tracks, place="")) == ()
    assert album_grouping.group_by_disc(album()) == ()


@each_row(
    ("folder", "disc"),
    [
        *(("CD1", "1"), ("Disc 02 - Live", "2"), ("Digital Media 01", "1"), ("Side A", "a")),
        *(("Disc Two", "2"), ("Blu-ray 3", "3"), ("Disc 1/Side B", "1.b"), ("LP2", "2")),
    ],
)
def test_folders_name_discs(folder: str, disc: str) -> None:
    (group,) = album_grouping.group_by_disc(album(track(1, folder=folder), track(2, folder=folder)))
    assert group.disc == disc


@each_row(
    ("text", "disc"),
    [("1", "1"), ("02", "2"), ("CD 3", "3"), ("0", ""), ("A", "a"), ("9" * 5000, "9" * 9)],
)
def test_disc_tags_are_written_plainly(text: str, disc: str) -> None:
    (group,) = album_grouping.group_by_disc(numbered(1, 2, disc=text))
    assert group.disc == disc


# Healthy music


def healthy() -> dict[str, Album]:
    movements = ("I. Allegro", "II. Andante", "III. Menuetto", "IV. Finale")
    return {
        "classical": album(
            *(
                track(
                    n + 4 * work,
                    title=f"Symphony No. {work + 1}: {part}",
                    artist=f"Orchestra {work}",
                )
                for work in range(3)
                for n, part in enumerate(movements, 1)
            )
        ),
        "box set": album(
            *(
                track(n, disc=str(d), folder=f"CD{d}", date=str(1970 + d), track_total="12")
                for d in range(1, 5)
                for n in range(1, 13)
            )
        ),
        "sampler": album(
            *(
                track(n, artist=f"Band {n}", albumartist="Various Artists", date=str(1960 + n))
                for n in range(1, 13)
            )
        ),
        "guests": album(*(track(n, artist=f"Vera feat. {n}") for n in range(1, 9))),
        "vinyl": album(*(track(f"{side}{n}") for side in "ABCD" for n in (1, 2, 3))),
        "single": numbered(1),
        "EP": numbered(1, 2, 3, 4, track_total="4"),
        "hidden": numbered(*range(1, 13), 99),
        "parts": album(*(track(n, title=f"Echoes, Part {n}", album="Vol. 1/2") for n in (1, 2, 3))),
        "numbers": album(
            *(track(n, title=str(n), album="1989", name=f"{n}.mp3") for n in (1, 2, 3))
        ),
    }


@each_row("sort", healthy())
def test_healthy_albums_have_none_of_these_faults(sort: str) -> None:
    artist = Artist(name="Vera", path="/Vera", albums=(healthy()[sort],), fingerprint="")
    for kind in (
        *("artist-variation", "albumartist-mixed", "album-variation", "date-mixed", "genre-mixed"),
        *("mixed-formats", "track-gap", "duplicate-number", "track-number-format"),
        *("filename-tag-mismatch", "mojibake", "tag-conflict", "id3v1-only"),
    ):
        assert paper.list_artist_details(kind, artist) == {}, kind
