"""Generate what MusicBrainz knows of the sample library's artists, which is more than it holds.

Almost every album of the library is a release group with one to eight editions. There are also
albums, singles and EPs that the library lacks, a bootleg, a compilation, a namesake, names in
another script, and merged and deleted MBIDs. All tracks last a few seconds, like the library's
files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from msgspec.structs import replace

from mediakeep.rehearsal import catalogue, editions, workshop
from mediakeep.rehearsal.catalogue import Album
from mediakeep.rehearsal.entities import (
    VARIOUS_ARTISTS,
    Alias,
    Artist,
    Group,
    Release,
    Track,
    World,
    mbid,
)

COMPILED = "Harbour Lights: A Sampler"
BOOTLEG = "Live at the Boathouse"

_SHORTER = 45  # divisor: two to nine seconds, too short for the bit rate check
_LATIN = {  # transliterated names
    "Ångström Kör": "Angstrom Kor",
    "月曜日の灯台": "Getsuyobi no Todai",
    "Ψηφιακή Θάλασσα": "Psifiaki Thalassa",
    "نجوم الورق": "Nujum al-Waraq",
}


def of(cast: Sequence[catalogue.Artist], seed: int) -> World:
    """Generate the catalogue of these artists; the same seed gives the same catalogue."""
    rng = Random(seed)
    artists = [_artist(one, place) for place, one in enumerate(cast)]
    known = [_known(artists[place], one, place, rng, seed) for place, one in enumerate(cast)]
    shared = [_compilation(artists), _single(artists), _namesake(cast[len(cast) // 2], rng)]
    world = workshop.joined(World(labels=editions.LABELS), *known, *shared)
    return _shortened(_aged(world, artists[0]))


def length(artist: str, title: str) -> int:
    """Return the length of a library track in milliseconds."""
    return workshop.length(mbid("artist", artist, 1), title) // _SHORTER


def _shortened(world: World) -> World:
    """Shorten all tracks to a few seconds, like the library's files."""
    releases = []
    for release in world.releases:
        media = (
            replace(medium, tracks=tuple(map(_short, medium.tracks))) for medium in release.media
        )
        releases.append(replace(release, media=tuple(media)))
    return replace(world, releases=tuple(releases))


def _short(track: Track) -> Track:
    return replace(track, length=(track.length or 0) // _SHORTER)


def _artist(one: catalogue.Artist, place: int) -> Artist:
    facts: dict[str, Any] = {"country": editions.COUNTRIES[place % 5]}
    if latin := _LATIN.get(one.name):
        facts["aliases"] = (
            Alias(latin, sort_name=latin, locale="en", primary=True, type="Artist name"),
        )
    return workshop.artist(one.name, **facts)


def _known(who: Artist, one: catalogue.Artist, place: int, rng: Random, seed: int) -> World:
    """Generate the discography of one artist: what the library has and what it lacks."""
    albums = [album for album in one.albums if album.known]
    if place % 3 == 0:
        albums += _lacking(one.albums[-1], rng)
    groups: list[Group] = []
    releases: list[Release] = []
    for album in albums:
        group = workshop.group(who, album.title, genres=(album.genre.casefold(),))
        groups.append(group)
        releases += editions.of(group, album, seed)
    for group, edition in _smaller(who, one.albums[0], place):
        groups.append(group)
        releases.append(edition)
    return World(artists=(who,), groups=tuple(groups), releases=tuple(releases))


def _lacking(last: Album, rng: Random) -> Iterator[Album]:
    for later in range(1, rng.randint(2, 3)):
        title, *tracks = catalogue.titles(rng.randint(9, 13), rng)
        year = min(last.year + 2 * later, editions.NEWEST)
        yield Album(title, year, last.genre, "mp3", "file", tuple(tracks))


def _smaller(who: Artist, album: Album, place: int) -> Iterator[tuple[Group, Release]]:
    """Yield an artist's single or EP, and for some artists a bootleg."""
    title, year = album.tracks[0], str(album.year)
    if place % 2:
        single = workshop.group(who, title, primary="Single")
        yield single, workshop.release(single, [[title]], formats=['7" Vinyl'], date=year)
    else:
        ep = workshop.group(who, f"{title} EP", primary="EP")
        tracks = [*album.tracks[:3], f"{title} (instrumental)"]
        yield ep, workshop.release(ep, [tracks], date=year, cover=None)
    if place % 5 == 1:
        taped = workshop.group(who, BOOTLEG, secondary=("Live",))
        live = [f"{one} (live)" for one in album.tracks]
        yield taped, workshop.release(taped, [live], status="Bootleg", country="", cover=None)


def _compilation(artists: Sequence[Artist]) -> World:
    various = Artist(
        VARIOUS_ARTISTS,
        "Various Artists",
        sort_name="Various Artists",
        disambiguation="add compilations to this artist",
        type="Other",
    )
    by = {f"{one.name} Theme": workshop.credit(one) for one in artists[:12]}
    group = workshop.group(various, COMPILED, secondary=("Compilation",))
    release = workshop.release(group, [[*by]], by=by, date="1998-05-04")
    return World(artists=(various,), groups=(group,), releases=(release,))


def _single(artists: Sequence[Artist]) -> World:
    """Build a duet of the first two artists, where the second one is credited on the track only."""
    first, guest = artists[0], artists[1 % len(artists)]
    title = "Two Harbours"
    group = workshop.group(first, title, primary="Single")
    by = {title: workshop.credit(first, guest, join=" feat. ")}
    release = workshop.release(group, [[title]], by=by, formats=["Digital Media"], date="2019")
    return World(artists=(first, guest), groups=(group,), releases=(release,))


def _namesake(one: catalogue.Artist, rng: Random) -> World:
    """Build another artist of the same name, with an album."""
    other = workshop.artist(
        one.name, nth=2, type="Person", country="US", disambiguation="US accordionist"
    )
    title, *tracks = catalogue.titles(10, rng)
    group = workshop.group(other, title)
    release = workshop.release(group, [tracks], country="US", date="1988")
    return World(artists=(other,), groups=(group,), releases=(release,))


def _aged(world: World, first: Artist) -> World:
    """Add former MBIDs of an artist, an album and an edition, and deleted ones."""
    group = next(group for group in world.groups if group.credits[0].artist == first.id)
    release = next(release for release in world.releases if release.group == group.id)
    kept = {"artist": first.id, "group": group.id, "release": release.id}
    for kind, now in kept.items():
        world = workshop.merged(world, mbid(kind, first.name, "merged"), now)
    return workshop.deleted(world, *(mbid(kind, first.name, "deleted") for kind in kept))
