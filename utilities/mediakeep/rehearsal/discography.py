"""What MusicBrainz would know of the sample library's artists: more than the library holds.

Each album of the library is a release group with one to eight editions. Beside them there are
albums, singles and EPs that the library lacks, a bootleg, a compilation, a namesake, names in
another script, and MBIDs that were merged or deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from mediakeep.rehearsal import catalogue, workshop
from mediakeep.rehearsal.catalogue import Album
from mediakeep.rehearsal.entities import (
    VARIOUS_ARTISTS,
    Alias,
    Artist,
    Cover,
    Group,
    Issuer,
    Release,
    World,
    mbid,
)

COMPILED = "Harbour Lights: A Sampler"
BOOTLEG = "Live at the Boathouse"

_COUNTRIES = ("GB", "US", "DE", "FR", "JP", "XE", "XW")
_LABELS = tuple(map(workshop.label, ("Ninth Kettle", "Lantern Tide", "Rookery", "Paper Anchor")))
_NEWEST = 2024
_LATIN = {  # how some would write what not all can read
    "Ångström Kör": "Angstrom Kor",
    "月曜日の灯台": "Getsuyobi no Todai",
    "Ψηφιακή Θάλασσα": "Psifiaki Thalassa",
    "نجوم الورق": "Nujum al-Waraq",
}
_COVERS = (Cover(), Cover(), Cover(back=True, count=2), Cover(back=True, count=5), None)


def of(cast: Sequence[catalogue.Artist], seed: int) -> World:
    """Invent what is known of these artists; the same seed gives the same world."""
    rng = Random(seed)
    artists = [_artist(one, place) for place, one in enumerate(cast)]
    known = [_known(artists[place], one, place, rng) for place, one in enumerate(cast)]
    shared = [_compilation(artists), _single(artists), _namesake(cast[len(cast) // 2], rng)]
    world = workshop.joined(World(labels=_LABELS), *known, *shared)
    return _aged(world, artists[0])


def _artist(one: catalogue.Artist, place: int) -> Artist:
    facts: dict[str, Any] = {"country": _COUNTRIES[place % 5]}
    if latin := _LATIN.get(one.name):
        facts["aliases"] = (
            Alias(latin, sort_name=latin, locale="en", primary=True, type="Artist name"),
        )
    return workshop.artist(one.name, **facts)


def _known(who: Artist, one: catalogue.Artist, place: int, rng: Random) -> World:
    """Invent the discography of one artist: what the library has, and what it lacks."""
    albums = [*one.albums]
    if place % 3 == 0:
        albums += _lacking(one.albums[-1], rng)
    groups: list[Group] = []
    releases: list[Release] = []
    for album in albums:
        group = workshop.group(who, album.title, genres=(album.genre.casefold(),))
        groups.append(group)
        releases += _editions(group, album, rng)
    for group, edition in _smaller(who, one.albums[0], place):
        groups.append(group)
        releases.append(edition)
    return World(artists=(who,), groups=tuple(groups), releases=tuple(releases))


def _lacking(last: Album, rng: Random) -> Iterator[Album]:
    for later in range(1, rng.randint(2, 3)):
        title, *tracks = catalogue.titles(rng.randint(9, 13), rng)
        year = min(last.year + 2 * later, _NEWEST)
        yield Album(title, year, last.genre, "mp3", "file", tuple(tracks))


def _editions(group: Group, album: Album, rng: Random) -> Iterator[Release]:
    for number in range(1, rng.randint(1, 8) + 1):
        year = min(album.year + (number - 1) * rng.randint(1, 6), _NEWEST)
        label = rng.choice(_LABELS)
        discs = _discs(album, number, rng)
        yield workshop.release(
            group,
            discs,
            edition=number,
            formats=[_format(year, number)] * len(discs),
            country=_COUNTRIES[(number - 1) % len(_COUNTRIES)],
            date=f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}" if number < 7 else "",
            status="Promotion" if number == 6 else "Official",
            barcode=f"{rng.randrange(10**12):012}" if number % 3 else "",
            labels=(Issuer(label.id, f"{label.name[:2].upper()} {rng.randint(100, 999)}"),),
            cover=rng.choice(_COVERS),
        )


def _discs(album: Album, number: int, rng: Random) -> list[tuple[str, ...]]:
    """Lay out an edition: as it first came out, with bonus tracks, or with a second disc."""
    bonus = tuple(f"{title} (demo)" for title in album.tracks[: rng.randint(1, 3)])
    if number % 4 == 3:
        return [(*album.tracks, *bonus)]
    if number % 4 == 0:
        return [album.tracks, bonus]
    return [album.tracks]


def _format(year: int, number: int) -> str:
    if number % 5 == 0:
        return "Digital Media" if year > 2003 else "Cassette"
    return '12" Vinyl' if year < 1986 else "CD"


def _smaller(who: Artist, album: Album, place: int) -> Iterator[tuple[Group, Release]]:
    """Give the single or EP that an artist has, and for some a bootleg."""
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
    """Let the first artist sing with the second, who is named on the track alone."""
    first, guest = artists[0], artists[1 % len(artists)]
    title = "Two Harbours"
    group = workshop.group(first, title, primary="Single")
    by = {title: workshop.credit(first, guest, join=" feat. ")}
    release = workshop.release(group, [[title]], by=by, formats=["Digital Media"], date="2019")
    return World(artists=(first, guest), groups=(group,), releases=(release,))


def _namesake(one: catalogue.Artist, rng: Random) -> World:
    """Invent another artist of the same name, with an album of their own."""
    other = workshop.artist(
        one.name, nth=2, type="Person", country="US", disambiguation="US accordionist"
    )
    title, *tracks = catalogue.titles(10, rng)
    group = workshop.group(other, title)
    release = workshop.release(group, [tracks], country="US", date="1988")
    return World(artists=(other,), groups=(group,), releases=(release,))


def _aged(world: World, first: Artist) -> World:
    """Let an artist, an album and an edition of it have had other MBIDs, and others be gone."""
    group = next(group for group in world.groups if group.credits[0].artist == first.id)
    release = next(release for release in world.releases if release.group == group.id)
    kept = {"artist": first.id, "group": group.id, "release": release.id}
    for kind, now in kept.items():
        world = workshop.merged(world, mbid(kind, first.name, "merged"), now)
    return workshop.deleted(world, *(mbid(kind, first.name, "deleted") for kind in kept))
