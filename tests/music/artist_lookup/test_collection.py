"""What of a discography is here and what is not: compared by hand, and with a naive second way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from msgspec import structs

from mediakeep.lookups.musicbrainz import model
from mediakeep.lookups.musicbrainz.model import ArtistCredit, Discography, Release
from mediakeep.music.artist_lookup import artist_query, collection
from mediakeep.music.artist_lookup.collection import MissingReason, MissingRelease, OwnedDiscography
from mediakeep.music.model import Album, Artist, Track, TrackFault
from tests.music import visits, worlds
from tests.sampling import each_row

DAWN, DUSK = worlds.group("Dawn"), worlds.group("Dusk")
FIRST = worlds.release(DAWN, ["a", "b", "c"])
DELUXE = worlds.release(DAWN, ["a", "b", "c"], ["d", "e"], name="deluxe", date="2011")


def compare(who: Artist, known: Discography, more: Sequence[Release] = ()) -> OwnedDiscography:
    return collection.compare_with_discography(who, artist_query.build_query(who), known, more)


def build_artist(albums: Mapping[str, Sequence[str]], **tags: Any) -> Artist:
    return visits.build_artist("Vera", albums, **tags)


def list_missing(missing: Sequence[MissingRelease]) -> list[tuple[str, str, str]]:
    """Return reason, album and track of all missing tracks."""
    return [
        (item.reason.value, item.group.title, item.track[1].title if item.track else "")
        for item in missing
    ]


def test_an_album_that_is_not_here_is_not_owned() -> None:
    noon = worlds.group("Noon", "EP", first_release_date="1980")
    known = worlds.discography(FIRST, worlds.release(DUSK, ["x", "y"]), worlds.release(noon, ["z"]))
    owned = compare(build_artist({"dawn": ["a", "b", "c"]}), known)
    assert list_missing(owned.missing) == [("not owned", "Dusk", ""), ("not owned", "Noon", "")]
    assert [missing.tracks for missing in owned.missing] == [2, 1]


def test_a_track_that_is_missing_of_the_edition_here_is_not_owned() -> None:
    owned = compare(build_artist({"Dawn": ["a", "c"]}), worlds.discography(FIRST))
    assert list_missing(owned.missing) == [("not owned", "Dawn", "b")]
    assert owned.missing[0].place == "Dawn"


def build_loose_album(*titles: str, flat: bool = False) -> Album:
    tracks = (
        structs.replace(track, place=track.name) for track in visits.album("Dawn", titles).tracks
    )
    return Album(place="", tracks=tuple(tracks), in_library_root=flat)


def test_loose_tracks_of_an_album_that_has_a_folder_belong_to_it() -> None:
    here = visits.artist("Vera", build_loose_album("a", "b"), visits.album("Dawn", ["c"]))
    owned = compare(here, worlds.discography(FIRST))
    assert [[album.place for album in held.albums] for held in owned.groups] == [["Dawn", ""]]
    assert list_missing(owned.missing) == []


def test_loose_tracks_that_agree_are_an_album_of_which_tracks_are_missing() -> None:
    owned = compare(visits.artist("Vera", build_loose_album("a", "b")), worlds.discography(FIRST))
    assert list_missing(owned.missing) == [("not owned", "Dawn", "c")]
    assert owned.missing[0].place == ""


def test_of_an_album_in_the_root_no_other_album_is_called_missing() -> None:
    known = worlds.discography(FIRST, worlds.release(DUSK, ["x", "y"]))
    flat = visits.artist("Vera - Dawn", build_loose_album("a", "b", flat=True))
    assert list_missing(compare(flat, known).missing) == [("not owned", "Dawn", "c")]
    nested = visits.artist("Vera", build_loose_album("a", "b", "c"))
    assert list_missing(compare(nested, known).missing) == [("not owned", "Dusk", "")]


def test_what_other_editions_have_besides_are_bonus_tracks() -> None:
    owned = compare(build_artist({"Dawn": ["a", "b", "c"]}), worlds.discography(FIRST, DELUXE))
    assert list_missing(owned.missing) == [
        ("another edition owned", "Dawn", ""),
        ("bonus track", "Dawn", "d"),
        ("bonus track", "Dawn", "e"),
    ]
    edition = owned.missing[0]
    assert edition.release == DELUXE
    assert (edition.tracks, edition.editions) == (2, 2)


def test_the_edition_is_the_one_whose_tracks_fit() -> None:
    owned = compare(build_artist({"Dawn": list("abcz")}), worlds.discography(DELUXE, FIRST))
    assert owned.groups[0].release == FIRST
    owned = compare(build_artist({"Dawn": list("abcd")}), worlds.discography(FIRST, DELUXE))
    assert owned.groups[0].release == DELUXE
    assert list_missing(owned.missing) == [("not owned", "Dawn", "e")]
    owned = compare(build_artist({"Dawn": list("abcde")}), worlds.discography(FIRST, DELUXE))
    assert owned.groups[0].release == DELUXE
    assert owned.missing == ()


def test_a_bonus_track_is_named_once_however_many_editions_have_it() -> None:
    more = [worlds.release(DAWN, ["a", "b", "c", "d (live)"], name=f"{n}") for n in range(5)]
    owned = compare(build_artist({"Dawn": ["a", "b", "c"]}), worlds.discography(FIRST, *more))
    assert [missing for missing in list_missing(owned.missing) if missing[2]] == [
        ("bonus track", "Dawn", "d (live)")
    ]


def test_a_remastered_track_is_no_bonus_track() -> None:
    again = worlds.release(DAWN, ["a (2011 remaster)", "b", "c"], name="remastered")
    owned = compare(build_artist({"Dawn": ["a", "b", "c"]}), worlds.discography(FIRST, again))
    assert owned.missing == ()


def test_a_bonus_track_that_is_loose_in_the_artists_folder_is_here() -> None:
    loose = Album(place="", tracks=tuple(visits.album("x", ["d", "e"]).tracks))
    who = visits.artist("Vera", visits.album("Dawn", ["a", "b", "c"]), loose)
    assert compare(who, worlds.discography(FIRST, DELUXE)).missing == ()


def test_groups_without_an_official_release_are_reported_as_such() -> None:
    barn = worlds.group("Live in a Barn", secondary_types=("Live",))
    known = worlds.discography(FIRST, groups=[barn])
    assert list_missing(compare(build_artist({"Dawn": ["a", "b", "c"]}), known).missing) == [
        ("no official release", "Live in a Barn", "")
    ]
    owned = compare(build_artist({"Live in a Barn": ["a"]}), worlds.discography(groups=[barn]))
    assert (list_missing(owned.missing), owned.unknown_places) == ([], ())
    assert owned.groups[0].group == barn


@each_row("title", ["Dawn (Deluxe Edition)", "Dawn [Remastered]", "DAWN", "The Dawn"])
def test_a_deluxe_title_is_the_plain_album_where_there_is_no_other(title: str) -> None:
    owned = compare(build_artist({title: ["a", "b", "c"]}), worlds.discography(FIRST))
    assert owned.unknown_places == ()
    assert [group.group for group in owned.groups] == [DAWN]


def test_an_album_of_the_very_title_comes_before_one_without_brackets() -> None:
    live = worlds.group("Dawn (Live)", secondary_types=("Live",))
    known = worlds.discography(FIRST, worlds.release(live, ["a", "b", "c"]))
    owned = compare(build_artist({"Dawn (Live)": ["a", "b", "c"]}), known)
    assert [group.group for group in owned.groups] == [live]


def test_an_album_is_found_by_the_title_of_any_of_its_editions() -> None:
    other = worlds.release(DAWN, ["a", "b", "c"], name="german", title="Morgenrot")
    owned = compare(build_artist({"Morgenrot": ["a", "b", "c"]}), worlds.discography(FIRST, other))
    assert [group.group for group in owned.groups] == [DAWN]


def test_of_two_albums_of_one_title_the_one_whose_tracks_fit_is_meant() -> None:
    blue = worlds.group("Vera", first_release_date="1994", disambiguation="Blue")
    green = worlds.group("Vera", "EP", first_release_date="2001", disambiguation="Green")
    known = worlds.discography(
        worlds.release(blue, ["My Name", "Say"]), worlds.release(green, ["Photo", "Island"])
    )
    owned = compare(build_artist({"Vera": ["Photo", "Island"]}), known)
    assert [group.group for group in owned.groups] == [green]
    assert list_missing(owned.missing) == [("not owned", "Vera", "")]
    both = visits.artist(
        "Vera",
        visits.album("Vera (Blue)", ["My Name", "Say"], album=("Vera",)),
        visits.album("Vera (Green)", ["Photo", "Island"], album=("Vera",)),
    )
    assert compare(both, known).missing == ()


def test_two_folders_of_one_album_are_one() -> None:
    who = visits.artist(
        "Vera",
        visits.album("Dawn A", ["a", "b"], album=("Dawn",)),
        visits.album("Dawn B", ["c"], album=("Dawn",)),
    )
    owned = compare(who, worlds.discography(FIRST))
    assert [[album.place for album in held.albums] for held in owned.groups] == [
        ["Dawn A", "Dawn B"]
    ]
    assert owned.missing == ()


def test_the_mbid_of_the_release_in_the_tags_decides_the_edition() -> None:
    tags = {"musicbrainz_albumid": ("11111111-1111-4111-8111-111111111111",)}
    named = worlds.release(DAWN, ["a", "b", "c", "z"], name="named")
    named = structs.replace(named, id=tags["musicbrainz_albumid"][0])
    owned = compare(
        build_artist({"Strange": ["a", "b", "c"]}, **tags), worlds.discography(FIRST, named)
    )
    assert owned.groups[0].release == named
    assert ("not owned", "Dawn", "z") in list_missing(owned.missing)


def test_the_mbid_of_the_release_group_identifies_the_album() -> None:
    mbid = "22222222-2222-4222-8222-222222222222"
    odd = structs.replace(DAWN, id=mbid)
    known = worlds.discography(worlds.release(odd, ["a"]), worlds.release(DUSK, ["a"]))
    who = build_artist({"Dusk": ["a"]}, musicbrainz_releasegroupid=(mbid,))
    assert [group.group.id for group in compare(who, known).groups] == [mbid]


def build_sampler(title: str, *tracks: tuple[str, str]) -> Release:
    """Make a sampler by several artists, given as pairs of a title and an artist."""
    made = worlds.release(worlds.group(title), [name for name, _ in tracks])
    who = {"Vera": worlds.VERA, "Other": model.Artist(id="other", name="Other")}
    whose = [(ArtistCredit(name=artist, artist=who[artist]),) for _, artist in tracks]
    listed = tuple(
        structs.replace(track, artist_credit=credit)
        for track, credit in zip(made.media[0].tracks, whose, strict=True)
    )
    return structs.replace(made, media=(structs.replace(made.media[0], tracks=listed),))


def test_of_a_sampler_only_the_artists_own_tracks_can_be_missing() -> None:
    sampler = build_sampler("Hits", ("a", "Vera"), ("x", "Vera"), ("y", "Other"))
    more = [sampler, worlds.release(worlds.group("Sampler"), ["z"])]
    owned = compare(build_artist({"Hits": ["a"]}), worlds.discography(), more)
    assert list_missing(owned.missing) == [("not owned", "Hits", "x")]


def test_a_promotional_edition_that_tags_name_is_the_album_that_is_here() -> None:
    promo = worlds.release(DAWN, ["a", "x"], name="promo", status="Promotion")
    who = build_artist({"Dawn": ["a"]})
    query = artist_query.build_query(who)
    named = tuple(structs.replace(album, release=promo.id) for album in query.albums)
    known = worlds.discography(FIRST)
    promo = structs.replace(promo, artist_credit=(ArtistCredit(name="Vera", artist=worlds.VERA),))
    owned = collection.compare_with_discography(
        who, structs.replace(query, albums=named), known, [promo]
    )
    assert list_missing(owned.missing) == [("not owned", "Dawn", "x")]


def test_a_demo_of_a_song_that_is_here_is_a_bonus_track() -> None:
    more = worlds.release(DAWN, ["a", "b", "c"], ["a (demo)"], name="more", date="2011")
    owned = compare(build_artist({"Dawn": ["a", "b", "c"]}), worlds.discography(FIRST, more))
    assert ("bonus track", "Dawn", "a (demo)") in list_missing(owned.missing)


def test_two_concerts_are_two_albums() -> None:
    paris = worlds.release(worlds.group("Live (Paris 1988)"), ["a", "b"])
    owned = compare(build_artist({"Live (London 2004)": ["a"]}), worlds.discography(paris))
    assert owned.unknown_places == ("Live (London 2004)",)
    assert list_missing(owned.missing) == [("not owned", "Live (Paris 1988)", "")]


def test_two_editions_that_tags_name_are_two_albums_of_one_group() -> None:
    who = build_artist({"Dawn": ["a", "b"], "Dawn deluxe": ["a", "b", "c", "d"]})
    query = artist_query.build_query(who)
    ids = {"Dawn": FIRST.id, "Dawn deluxe": DELUXE.id}
    named = tuple(structs.replace(album, release=ids[album.place]) for album in query.albums)
    known = worlds.discography(FIRST, DELUXE)
    owned = collection.compare_with_discography(who, structs.replace(query, albums=named), known)
    assert [group_.release.id for group_ in owned.groups] == [FIRST.id, DELUXE.id]
    missing = [
        (missing.place, missing.track[1].title) for missing in owned.missing if missing.track
    ]
    assert ("Dawn", "c") in missing
    assert ("Dawn deluxe", "e") in missing


def test_an_unknown_album_is_reported_as_unknown() -> None:
    owned = compare(build_artist({"Dawn": ["a"], "Unheard": ["a"]}), worlds.discography(FIRST))
    assert owned.unknown_places == ("Unheard",)


@each_row(
    ("tracks", "missing"),
    [
        ("uvwxyz", []),
        ("auvwxy", []),
        ("abuv", ["c", "d", "e"]),
        ("a", ["b", "c", "d", "e"]),
    ],
)
def test_no_track_is_missing_of_an_album_that_shares_its_title_alone(
    tracks: str, missing: list[str]
) -> None:
    owned = compare(build_artist({"Dawn": list(tracks)}), worlds.discography(FIRST, DELUXE))
    assert {title for _, _, title in list_missing(owned.missing)} - {""} == set(missing)
    assert [group.group for group in owned.groups] == [DAWN]
    if not missing:
        assert owned.missing == ()


def test_a_file_that_cannot_be_read_is_not_taken_for_a_gap_in_the_library() -> None:
    tracks = visits.album("Dawn", ["a", "b", "c"]).tracks
    broken = Track(place="Dawn/04.mp3", fault=TrackFault.TRUNCATED)
    who = visits.artist("Vera", Album(place="Dawn", tracks=(*tracks, broken)))
    assert compare(who, worlds.discography(FIRST)).missing == ()


def test_studio_albums_come_first_and_kinds_are_grouped() -> None:
    kinds: list[tuple[str, str, tuple[str, ...]]] = [
        ("E1", "EP", ()),
        ("L1", "Album", ("Live",)),
        ("C1", "Album", ("Compilation",)),
        ("L2", "Album", ("Live",)),
        ("A2", "Album", ()),
        ("S1", "Single", ()),
        ("A1", "Album", ()),
    ]
    groups = [
        worlds.group(title, kind, secondary_types=more, first_release_date=f"19{70 + place}")
        for place, (title, kind, more) in enumerate(kinds)
    ]
    known = worlds.discography(*(worlds.release(group_, ["a"]) for group_ in groups))
    titles = [missing.group.title for missing in compare(build_artist({}), known).missing]
    assert titles == ["A2", "A1", "E1", "S1", "C1", "L1", "L2"]


Here = dict[str, list[str]]
There = dict[str, list[tuple[str, list[str]]]]  # editions by album: name and titles


def invent_collection(rng: Random) -> tuple[There, Here]:
    """Invent a discography, and a library that has some of it and some besides."""
    there: There = {}
    for number in range(rng.randint(0, 5)):
        pool = [f"{number}-{letter}" for letter in "abcdefg"]
        editions = [
            (f"{number}.{edition}", rng.sample(pool, rng.randint(1, 7)))
            for edition in range(rng.randint(0, 4))
        ]
        there[f"Album {number}"] = editions
    here: Here = {}
    for title in rng.sample([*there, "Unheard"], rng.randint(0, len(there) + 1)):
        pool = sorted({name for _, names in there.get(title, []) for name in names} | {"x", "y"})
        here[title] = rng.sample(pool, rng.randint(1, len(pool)))
    return there, here


def find_missing_naively(there: There, here: Here) -> set[tuple[str, str, str]]:
    """Return what is lacking, by sets of titles alone."""
    missing = set()
    for title, editions in there.items():
        if title not in here:
            reason = MissingReason.NOT_OWNED if editions else MissingReason.UNOFFICIAL
            missing.add((reason.value, title, ""))
            continue
        own = set(here[title])
        if not editions:
            continue
        by_distance = [(len(own ^ set(names)), -len(own & set(names))) for _, names in editions]
        nearest = [
            set(names)
            for distance, (_, names) in zip(by_distance, editions, strict=True)
            if distance == min(by_distance)
        ]
        if len(own & nearest[0]) < len(own - nearest[0]):
            continue
        lacking = set.intersection(*nearest) - own
        missing |= {("not owned", title, name) for name in lacking}
        bonus = {name for _, names in editions for name in names} - own - lacking
        missing |= {("bonus track", title, name) for name in bonus}
        if bonus:
            missing.add(("another edition owned", title, ""))
    return missing


def build_discography(there: There) -> Discography:
    groups = {title: worlds.group(title) for title in there}
    releases = [
        worlds.release(groups[title], names, name=name, date=f"19{70 + place}")
        for title, editions in there.items()
        for place, (name, names) in enumerate(editions)
    ]
    return worlds.discography(*releases, groups=list(groups.values()))


@each_row("seed", range(0, 600, 100))
def test_a_naive_second_way_comes_to_the_same(seed: int) -> None:
    for number in range(seed, seed + 100):
        there, here = invent_collection(Random(number))
        owned = compare(build_artist(here), build_discography(there))
        missing = list_missing(owned.missing)
        assert len(missing) == len(set(missing)), number
        assert set(missing) == find_missing_naively(there, here), number
        assert set(owned.unknown_places) == here.keys() - there.keys(), number
