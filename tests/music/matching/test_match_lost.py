"""Albums with lost or damaged parts are still identified."""

from __future__ import annotations

from random import Random
from typing import Any

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music.matching.match_result import AlbumMatch, MatchConfidence
from mediakeep.music.model import Album
from tests.music.matching import pressings
from tests.music.matching.pressings import DAWN, DUSK, WORDS
from tests.sampling import each_row

RIGHT = pressings.release(pressings.group("Dawn"), DAWN)
SINGLE = pressings.release(pressings.group("Ballast", "Single"), ["Ballast", "Salt"])
OTHERS = (
    pressings.release(pressings.group("Dusk"), DUSK),
    pressings.release(pressings.group("On Stage"), [*DAWN[:5], *DUSK[:5]], take="live"),
    SINGLE,
)
BOX = pressings.release(pressings.group("Box"), WORDS[:8], WORDS[8:16], WORDS[16:24])


def match_album(album: Album, right: Release = RIGHT) -> AlbumMatch:
    return pressings.match_album(album, *OTHERS, right)


def assert_right(album: Album, right: Release = RIGHT) -> AlbumMatch:
    """Assert that an album is certainly that release, and each pair the very track."""
    match = match_album(album, right)
    assert (match.confidence, match.release) == (MatchConfidence.CERTAIN, right)
    return match


def titles(match: AlbumMatch) -> dict[str, str]:
    assert match.best
    return {pair.place: pair.track.title for pair in match.best.pairs}


@each_row(
    "lost",
    [
        (),
        ("track",),
        ("artist", "albumartist"),
        ("album",),
        ("album", "track", "artist", "albumartist"),
        ("title",),
        ("title", "track"),
        ("title", "album", "track", "artist", "albumartist"),
    ],
)
def test_tags_may_be_missing(lost: tuple[str, ...]) -> None:
    match = assert_right(pressings.copy(RIGHT, "Dawn", **dict.fromkeys(lost)))
    assert list(titles(match).values()) == list(DAWN)


def test_lengths_alone_identify_an_album() -> None:
    """The files are called in an order of their own, and the folder says nothing."""
    names = [f"Downloads/{name}.mp3" for name in "jcabgdhefi"]
    album = pressings.copy(RIGHT, "Downloads", **dict.fromkeys(pressings.FIELDS))
    album = pressings.with_each_tag(album, place=lambda number, _: names[number - 1])
    match = match_album(album)
    assert match.group == RIGHT.release_group
    assert list(titles(match).values()) == list(DAWN)


def test_titles_and_order_are_read_from_file_names() -> None:
    names = [f"Dawn/{number:02} - {title}.mp3" for number, title in enumerate(DAWN, 1)]
    album = pressings.without_lengths(pressings.copy(RIGHT, **dict.fromkeys(pressings.FIELDS)))
    album = pressings.with_each_tag(album, place=lambda number, _: names[number - 1])
    assert list(titles(assert_right(album)).values()) == list(DAWN)


def test_placeholders_are_no_titles() -> None:
    album = pressings.copy(RIGHT, artist=("Unknown Artist",), albumartist=None)
    album = pressings.with_each_tag(album, title=lambda number, _: (f"Track {number:02}",))
    assert_right(album)


@each_row("only", [(1, 2, 3), (4, 7, 9), (10,), tuple(range(1, 10)), (2, 5)])
def test_a_part_of_an_album_is_of_that_album(only: tuple[int, ...]) -> None:
    match = match_album(pressings.copy(RIGHT, only=only))
    assert match.group == RIGHT.release_group
    assert match.best
    missing = {track.position for _, track in match.best.missing}
    assert missing == set(range(1, 11)) - set(only)


def with_extra_tracks(**tags: Any) -> Album:
    """Copy the album together with two tracks that it does not have."""
    more = pressings.release(pressings.group("Elsewhere"), ["Wreck", "Salt"])
    more_tags = {"album": ("Dawn",), **tags}
    return pressings.join_albums(pressings.copy(RIGHT), pressings.copy(more, **more_tags))


def test_tracks_that_no_edition_has_are_extra_and_never_forced() -> None:
    match = assert_right(with_extra_tracks(artist=("Carl",)))
    assert match.best
    assert match.best.extra == ("Dawn/011.mp3", "Dawn/012.mp3")
    assert not match.best.missing


def test_songs_of_the_artist_that_no_edition_has_are_of_an_edition_that_is_not_known() -> None:
    match = match_album(with_extra_tracks())
    assert (match.confidence, match.release) == (MatchConfidence.TIED, None)
    assert match.releases == (RIGHT,)


@each_row("seed", range(5))
def test_tracks_in_a_wrong_order_are_the_same_tracks(seed: int) -> None:
    order = [str(number) for number in range(1, 11)]
    Random(seed).shuffle(order)
    album = pressings.copy(RIGHT)
    album = pressings.with_each_tag(album, track=lambda number, _: order[number - 1])
    assert list(titles(assert_right(album)).values()) == list(DAWN)


def test_titles_of_other_tracks_are_recognized_by_the_lengths() -> None:
    """Two titles were swapped: each is on a track of which the other is the length."""
    album = pressings.copy(RIGHT)
    album = pressings.with_tags(album, 3, title=(DAWN[3],))
    album = pressings.with_tags(album, 4, title=(DAWN[2],))
    assert_right(album)


def mistype(_: int, title: Any) -> tuple[str]:
    text = title[0]
    return (text[:2] + text[3:],)


@each_row(
    "ways",
    [
        {"title": mistype},
        {"title": mistype, "album": mistype},
        {"title": lambda _, title: (title[0].upper(),)},
        {"title": lambda _, title: (f"{title[0]} (2011 Remaster)",)},
        {"title": lambda _, title: (f"{title[0]} (feat. Carl)",)},
        {"title": lambda _, title: (f"Vera - {title[0]}",)},
        {"artist": lambda number, _: (f"Vera feat. Guest {number}",)},
        {"album": lambda *_: ("Dawn [FLAC] (Remastered)",)},
    ],
)
def test_texts_may_be_written_otherwise(ways: dict[str, Any]) -> None:
    assert (
        match_album(pressings.with_each_tag(pressings.copy(RIGHT), **ways)).group
        == RIGHT.release_group
    )


@each_row("off", [0.5, 2.0, -2.0])
def test_lengths_differ_by_silence(off: float) -> None:
    assert_right(pressings.with_lengths(pressings.copy(RIGHT), lambda number: off * (number % 2)))


def test_unknown_lengths_are_not_needed() -> None:
    assert_right(pressings.without_lengths(pressings.copy(RIGHT)))


def test_discs_may_are_in_one_folder_and_be_counted_through() -> None:
    flat = pressings.copy(BOX, disc="")
    flat = pressings.with_each_tag(flat, track=lambda number, _: str(number))
    assert list(titles(assert_right(flat, BOX)).values()) == list(WORDS[:24])


def test_discs_may_are_in_one_folder_without_a_word_of_discs() -> None:
    assert list(titles(assert_right(pressings.copy(BOX, disc=""), BOX)).values()) == list(
        WORDS[:24]
    )


def test_discs_may_are_in_folders_of_their_own() -> None:
    album = pressings.copy(BOX, disc="", album=None)
    album = pressings.with_each_tag(
        album, place=lambda number, _: f"Box/CD{(number + 7) // 8}/{number:02}.mp3"
    )
    assert_right(album, BOX)


@each_row("part", [1, 2, 3])
def test_one_disc_of_a_box_is_of_that_box(part: int) -> None:
    only = range(8 * part - 7, 8 * part + 1)
    match = match_album(pressings.copy(BOX, only=only, disc="", album=(f"Box (Disc {part})",)), BOX)
    assert match.group == BOX.release_group
    assert match.best
    assert {medium.position for medium, _ in match.best.missing} == {1, 2, 3} - {part}


def test_two_copies_of_a_track_are_one_and_an_extra() -> None:
    album = pressings.copy(RIGHT)
    match = assert_right(pressings.join_albums(album, pressings.copy(RIGHT, only=[4])))
    assert match.best
    assert len(match.best.extra) == 1


def test_a_hidden_track_and_a_film_of_the_release_are_not_missing() -> None:
    film = pressings.song("The Making of Dawn", video=True)
    right = pressings.release(pressings.group("Dawn"), [*DAWN, film, pressings.song("[silence]")])
    match = assert_right(pressings.copy(right, only=range(1, 11)), right)
    assert match.best
    assert not match.best.missing
