"""Who an album is by: compilations, guests, composers, aliases, and names in other scripts."""

from __future__ import annotations

from typing import Any

from msgspec import structs

from mediakeep.lookups.musicbrainz.model import Alias, Artist, Release
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from mediakeep.music.model import Album
from tests.music.matching import pressings
from tests.music.matching.pressings import CARL, DAWN, DUSK, MONA, VARIOUS, VERA, credit, song
from tests.sampling import each_row


def build_compilation(*singers: Artist, take: str = "") -> Release:
    """Make a compilation of songs that artists sing turn by turn."""
    songs = [
        song(one, take, artist_credit=credit(singers[number % len(singers)]))
        for number, one in enumerate(DAWN)
    ]
    of = pressings.group("Hits of the Harbour", by=VARIOUS, disambiguation=take)
    return pressings.release(of, songs)


HITS = build_compilation(VERA, CARL, MONA)
DAWN_ALBUM = pressings.release(pressings.group("Dawn"), DAWN)


def match_album(album: Album, *releases: Release, **more: Any) -> AlbumMatch:
    return pressings.match_album(album, *releases, **more)


@each_row(
    ("folder", "tags"),
    [
        ("Various Artists", {}),
        ("Various Artists", {"albumartist": None}),
        ("Vera", {}),
        ("Vera", {"albumartist": ("Various",)}),
        ("Vera", {"albumartist": None}),
        ("Vera", {"albumartist": ("Vera",)}),
        ("Vera", {"title": None}),
    ],
)
def test_a_compilation_is_reported_wherever_it_is(folder: str, tags: dict[str, Any]) -> None:
    match = match_album(pressings.copy(HITS, **tags), HITS, DAWN_ALBUM, folder=folder)
    assert (match.confidence, match.release) == (MatchConfidence.CERTAIN, HITS)


def test_a_compilation_without_album_artist_is_recognized_by_its_songs() -> None:
    album = pressings.copy(HITS, "Downloads", artist=None, albumartist=None, album=None)
    match = match_album(album, HITS, pressings.release(pressings.group("Dusk"), DUSK))
    assert match.release == HITS


def test_a_compilation_without_a_title_is_not_the_album_that_has_all_of_its_songs() -> None:
    album = pressings.without_lengths(
        pressings.copy(HITS, "Downloads", album=None, albumartist=None)
    )
    match = match_album(album, HITS, DAWN_ALBUM, folder="Various Artists")
    assert HITS in match.releases
    assert match.group != DAWN_ALBUM.release_group


def test_songs_of_one_name_by_others_are_not_the_songs_of_a_compilation() -> None:
    others = build_compilation(*map(pressings.artist, ("Nell", "Otto")), take="by others")
    theirs = match_album(pressings.copy(HITS), others, folder="Various Artists")
    assert theirs.group is None
    assert match_album(pressings.copy(HITS), HITS, others, folder="Various Artists").release == HITS


def test_a_duo_is_credited_as_it_is_written() -> None:
    duets = pressings.group("Duets")
    duo = structs.replace(duets, artist_credit=credit(VERA, CARL))
    right = pressings.release(duo, DAWN)
    match = match_album(pressings.copy(right), right, folder="Vera & Carl")
    assert match.best
    assert match.release == right
    assert "artist" not in {penalty.name for penalty in match.best.penalties}


def test_guests_in_the_names_of_artists_and_titles_make_no_difference() -> None:
    album = pressings.with_each_tag(
        pressings.copy(DAWN_ALBUM),
        artist=lambda number, _: ("Vera feat. Carl" if number % 2 else "Vera; Mona",),
        title=lambda number, title: (f"{title[0]} (feat. Carl)" if number % 2 else title[0],),
    )
    assert match_album(album, DAWN_ALBUM).release == DAWN_ALBUM


@each_row("name", ["Vera Quarry", "Quarry, Vera", "VERA QUARRY", "Véra Quarry"])
def test_an_alias_is_a_name_as_well(name: str) -> None:
    known = Artist(
        id=VERA.id, name="Vera", sort_name="Quarry, Vera", aliases=(Alias(name="Vera Quarry"),)
    )
    right = pressings.release(pressings.group("Dawn", by=known), DAWN)
    album = pressings.copy(right, artist=(name,), albumartist=(name,))
    match = match_album(album, right, folder=name)
    assert match.best
    assert "artist" not in {penalty.name for penalty in match.best.penalties}


def test_all_names_of_the_artist_who_was_looked_up_count() -> None:
    album = pressings.copy(DAWN_ALBUM, artist=("V. Q.",), albumartist=("V. Q.",))
    match = match_album(album, DAWN_ALBUM, folder="V. Q.", names=("vera", "vq"))
    assert match.best
    assert "artist" not in {penalty.name for penalty in match.best.penalties}


def test_another_artist_speaks_against_a_release() -> None:
    album = pressings.copy(DAWN_ALBUM, artist=("Orchestra X",), albumartist=("Orchestra X",))
    match = match_album(album, DAWN_ALBUM, folder="Orchestra X")
    assert match.best
    assert "artist" in {penalty.name for penalty in match.best.penalties}


CYRILLIC = {
    "Ночь": "Noch", "Рассвет": "Rassvet", "Море": "More", "Корабль": "Korabl", "Ветер": "Veter",
    "Песня": "Pesnya", "Дорога": "Doroga", "Звезда": "Zvezda",
}  # fmt: skip
VIKTOR = Artist(
    id=pressings.mbid("Виктор"), name="Виктор", sort_name="Viktor", aliases=(Alias(name="Viktor"),)
)
NIGHT = pressings.release(pressings.group("Ночь", by=VIKTOR), list(CYRILLIC))


def test_names_in_another_script_are_names() -> None:
    assert match_album(pressings.copy(NIGHT), NIGHT, folder="Виктор").release == NIGHT


def test_transliterated_names_are_recognized_by_lengths_and_order() -> None:
    album = pressings.copy(NIGHT, "Noch", artist=("Viktor",), albumartist=("Viktor",))
    album = pressings.with_each_tag(
        album,
        title=lambda _, title: (CYRILLIC[title[0]],),
        album=lambda *_: ("Noch",),
    )
    decoy = pressings.release(pressings.group("Море", by=VIKTOR), list(CYRILLIC)[::-1], take="live")
    match = match_album(album, NIGHT, decoy, folder="Viktor")
    assert match.group == NIGHT.release_group


BACH, GLENDA = pressings.artist("Johann Sebastian Bach"), pressings.artist("Glenda Ould")
WORKS = [
    f"Partita no. {number} in {key}: {place}. {dance}"
    for number, key in ((1, "B-flat major, BWV 825"), (2, "C minor, BWV 826"))
    for place, dance in zip(("I", "II", "III"), ("Allemande", "Courante", "Sarabande"), strict=True)
]


def build_recital(player: Artist) -> Release:
    """Make a recital, credited as MusicBrainz does: tracks to the composer, the release to both."""
    songs = [song(title, player.name, artist_credit=credit(BACH)) for title in WORKS]
    of = structs.replace(
        pressings.group(f"Partitas ({player.name})"), artist_credit=credit(BACH, player)
    )
    return pressings.release(of, songs, title="Partitas")


@each_row(
    "title",
    [
        lambda text: text,
        lambda text: text.partition(": ")[2],
        lambda text: text.partition(". ")[2].partition(". ")[2],
        lambda text: text.replace("Partita no.", "Keyboard Partita No.").replace(" in ", " In "),
    ],
)
@each_row(
    "tags",
    [
        {"artist": ("Glenda Ould",), "composer": ("Johann Sebastian Bach",)},
        {"artist": ("Johann Sebastian Bach",)},
    ],
)
def test_a_recital_is_recognized_by_composer_movements_and_lengths(
    title: Any, tags: dict[str, Any]
) -> None:
    here, there = build_recital(GLENDA), build_recital(pressings.artist("Andrew Other"))
    album = pressings.copy(here, albumartist=("Glenda Ould",), **tags)
    album = pressings.with_each_tag(album, title=lambda _, old: (title(old[0]),))
    match = match_album(album, here, there, folder="Glenda Ould")
    assert match.release == here
    assert match.best
    assert [pair.track.position for pair in match.best.pairs] == list(range(1, 7))
