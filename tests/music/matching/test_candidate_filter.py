"""The candidate filter keeps the right release of many, even for incomplete albums."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music.matching import candidate_filter, local_album, tracklists
from mediakeep.music.model import Album
from tests.music.matching import pressings
from tests.music.matching.pressings import DAWN, DUSK, WORDS
from tests.sampling import each_row, tried

TITLES = [f"{word} {other}" for word in WORDS for other in ("Morning", "Evening", "Night")]


def list_candidates(album: Album, *releases: Release) -> list[str]:
    """Return the titles of the release groups that are kept, best first."""
    here = local_album.build_local_album(album, "Vera", {})
    found = [
        release_
        for shape in candidate_filter.select_plausible_tracklists(
            here, tracklists.group_by_tracklist(releases)
        )
        for release_ in shape.releases
    ]
    return [item.release_group.title for item in found if item.release_group]


def build_concerts(count: int) -> list[Release]:
    """Make concerts of one programme, each played at its own pace."""
    return [
        pressings.release(pressings.group(f"Live {n}"), DAWN, take=f"live {n}")
        for n in range(count)
    ]


def test_what_has_nothing_in_common_is_left_out() -> None:
    dawn = pressings.release(pressings.group("Dawn"), DAWN)
    dusk = pressings.release(pressings.group("Dusk"), DUSK)
    assert list_candidates(pressings.copy(dawn), dusk, dawn) == ["Dawn"]


def test_where_nothing_is_known_nothing_is_kept() -> None:
    assert list_candidates(pressings.copy(pressings.release(pressings.group("Dawn"), DAWN))) == []


@each_row(
    "tags",
    [
        {"title": None},
        {"album": None},
        {"title": None, "album": None},
        {"artist": None, "albumartist": None, "track": None},
    ],
    ids=str,
)
def test_one_concert_of_forty_is_kept_by_what_is_left(tags: dict[str, None]) -> None:
    every = build_concerts(40)
    for right in every[::3]:
        album = pressings.copy(right, "Downloads", **tags)
        assert right.title in list_candidates(album, *every)
        assert right.title in list_candidates(album, *reversed(every))


def test_many_editions_of_a_twin_do_not_crowd_an_album_out() -> None:
    twin = pressings.group("On Stage")
    live = [
        pressings.release(twin, DAWN, take="live", later=1000 * n, name=str(n)) for n in range(30)
    ]
    dawn = pressings.release(pressings.group("Dawn"), DAWN)
    album = pressings.copy(dawn, "Downloads", album=None)
    assert "Dawn" in list_candidates(album, *live, dawn)
    for right in (dawn, pressings.release(pressings.group("Noon"), DAWN, take="noon")):
        assert right.title in list_candidates(pressings.without_lengths(album), *live, right)


def test_the_order_of_the_releases_makes_no_difference() -> None:
    every = build_concerts(30)
    album = pressings.copy(every[3], "Downloads", album=None)
    first = list_candidates(album, *every)
    Random(1).shuffle(every)
    assert list_candidates(album, *every) == first


@st.composite
def discographies(draw: st.DrawFn) -> list[Release]:
    seed = Random(draw(st.integers(0, 2**32)))
    songs = st.integers(3, 12).map(lambda count: seed.sample(TITLES, count))
    shapes_of = draw(st.lists(st.tuples(songs, st.sampled_from(["", "live"])), min_size=1))
    return [
        pressings.release(pressings.group(f"Album {number}"), titles, take=take)
        for number, (titles, take) in enumerate(shapes_of)
    ]


@tried(20)
@given(discographies(), st.data())
def test_the_right_release_is_never_lost(releases: list[Release], data: st.DataObject) -> None:
    right = data.draw(st.sampled_from(releases))
    count = right.track_count
    some = data.draw(st.sets(st.integers(1, count), min_size=(count + 1) // 2))
    lost = data.draw(st.sets(st.sampled_from(["title", "album", "track", "artist"]), max_size=3))
    place = data.draw(st.sampled_from(["Downloads", right.title]))
    album = pressings.copy(right, place, only=sorted(some), **dict.fromkeys(lost))
    album = pressings.with_lengths(album, lambda number: 0.8 * (number % 3 - 1))
    assert right.title in list_candidates(album, *releases)
