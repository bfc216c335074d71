"""A track is certainly a recording only if evidence distinguishes it from all others."""

from __future__ import annotations

from random import Random
from typing import Any

from msgspec import structs

from mediakeep.music.matching.match_result import AlbumMatch
from mediakeep.music.model import Album
from tests.music.matching import pressings
from tests.music.matching.pressings import WORDS
from tests.sampling import each_row

NAMES = "qwertyuiopas"  # of files, without information
MINUTES = 150_000, 330_000


def build_lengths(lengths: list[int]) -> Any:
    songs = [pressings.song(word) for word in WORDS[: len(lengths)]]
    return [structs.replace(one, length=ms) for one, ms in zip(songs, lengths, strict=True)]


def without_titles(album: Album, *, numbered: bool) -> Album:
    """Take away titles, and numbers too; the file names contain no information."""
    more = {} if numbered else {"track": ""}
    tracks = tuple(
        structs.replace(
            track,
            place=f"{album.place}/{NAMES[number]}.mp3",
            tags=structs.replace(track.tags, title=(), **more),
        )
        for number, track in enumerate(album.tracks)
    )
    return structs.replace(album, tracks=tracks)


def list_certain_titles(match: AlbumMatch) -> dict[str, str]:
    """Return the titles of those tracks that are certain, by the names of their files."""
    assert match.best
    return {pair.place[-5]: pair.track.title for pair in match.best.pairs if pair.is_certain}


@each_row("off", [0.3, 1.2, 2.0])
@each_row("numbered", [False, True])
def test_lengths_alone_never_name_a_wrong_song(off: float, numbered: bool) -> None:
    told, every = 0, 0
    for seed in range(25):
        chance = Random(seed)
        release = pressings.release(
            pressings.group(f"Album {seed}"),
            build_lengths([chance.randint(*MINUTES) for _ in range(12)]),
        )
        album = without_titles(pressings.copy(release), numbered=numbered)
        album = pressings.with_lengths(album, lambda _: chance.gauss(0, off))  # noqa: B023 - called at once
        match = pressings.match_album(album, release)
        certain = list_certain_titles(match) if match.group else {}
        assert certain == {name: WORDS[NAMES.index(name)] for name in certain}
        told, every = told + len(certain), every + (12 if match.group else 0)
    assert told > every // 5  # and it is no way out to be sure of nothing


def test_songs_of_one_length_are_recognized_by_their_numbers_alone() -> None:
    release = pressings.release(pressings.group("Dawn"), build_lengths([200_000] * 6))
    assert (
        list_certain_titles(
            pressings.match_album(without_titles(pressings.copy(release), numbered=False), release)
        )
        == {}
    )
    named = list_certain_titles(
        pressings.match_album(without_titles(pressings.copy(release), numbered=True), release)
    )
    assert named == {NAMES[number]: WORDS[number] for number in range(6)}


@each_row(
    ("title", "seconds", "is_sure"),
    [
        ("{word}", 0, True),
        ("{word}", 5, True),
        ("{word}", 40, False),  # another take, or one that is truncated
        ("Something Else Altogether", 0, False),
        ("Something Else Altogether", 2, False),
    ],
)
def test_a_title_identifies_a_track_if_its_length_is_close(
    title: str, seconds: float, is_sure: bool
) -> None:
    release = pressings.release(
        pressings.group("Dawn"), build_lengths([180_000 + 20_000 * n for n in range(8)])
    )
    album = pressings.copy(release)
    first, *others = album.tracks
    text = title.format(word=WORDS[0])
    assert first.facts
    first = structs.replace(
        first,
        tags=structs.replace(first.tags, title=(text,)),
        facts=structs.replace(first.facts, duration=first.facts.duration + seconds),
    )
    match = pressings.match_album(structs.replace(album, tracks=(first, *others)), release)
    assert match.best
    certain = {pair.place: pair.is_certain for pair in match.best.pairs}
    assert certain.get(first.place, False) is is_sure
    assert all(certain[track.place] for track in others)
