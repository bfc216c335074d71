"""Build artists for lookups, and look them up on a local server."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep.lookups.http.models import HttpEnvironment, Service
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.service_config import ServiceConfig
from mediakeep.media.audio.tags import Tags
from mediakeep.music.artist_lookup import lookup
from mediakeep.music.artist_lookup.lookup import ArtistLookup
from mediakeep.music.model import Album, Artist, Track
from mediakeep_simulator import entities, factories
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer

CONTACT = "secret@example.org"

Look = Callable[..., ArtistLookup]
Serve = Callable[[entities.MusicBrainzCatalogue], SimulatorServer]


def album(place: str, titles: Sequence[str], **tags: Any) -> Album:
    """Return a folder of tracks, whose tags name it as its folder does if nothing else is said."""
    given = {"album": (place.rpartition("/")[2],), "albumartist": (), **tags}
    tracks = tuple(
        Track(
            place=f"{place}/{number:02}.mp3",
            tags=Tags(title=(title,) if title else (), track=str(number), **given),
        )
        for number, title in enumerate(titles, 1)
    )
    return Album(place=place, tracks=tracks)


def artist(name: str, *albums: Album) -> Artist:
    return Artist(name=name, path=f"/music/{name}", albums=albums, fingerprint="")


def build_artist(name: str, albums: Mapping[str, Sequence[str]], **tags: Any) -> Artist:
    """Return an artist with albums, given by title with their tracks."""
    return artist(name, *(album(title, titles, **tags) for title, titles in albums.items()))


def copy_catalogue(
    world: entities.MusicBrainzCatalogue, *releases: entities.CatalogueRelease
) -> list[Album]:
    """Return albums that are just as these releases, without any MBID."""
    groups = {group.id: group.title for group in world.groups}
    return [
        album(
            groups[release.group],
            [track.title for medium in release.media for track in medium.tracks],
        )
        for release in releases
    ]


def without_lengths(release: entities.CatalogueRelease) -> entities.CatalogueRelease:
    """Return a release of which no length is known: files made for tests last a second."""
    media = tuple(
        structs.replace(
            medium, tracks=tuple(structs.replace(track, length=None) for track in medium.tracks)
        )
        for medium in release.media
    )
    return structs.replace(release, media=media)


def access(server: SimulatorServer, **more: Any) -> ServiceConfig:
    """Return the configuration of a simulator server as a service."""
    service = Service("MusicBrainz", server.url)
    return ServiceConfig(service, Service("The Cover Art Archive", server.url), CONTACT, **more)


@contextlib.contextmanager
def open_context(
    home: Path, server: SimulatorServer, machine: HttpEnvironment, **more: Any
) -> Iterator[MusicBrainzContext]:
    context = MusicBrainzContext(home / "status" / "cache", access(server, **more), machine)
    try:
        yield context
    finally:
        context.close()


def look_up(
    who: Artist, home: Path, server: SimulatorServer, machine: HttpEnvironment, **more: Any
) -> ArtistLookup:
    """Look an artist up, as a process does that works on this one alone."""
    with open_context(home, server, machine, **more) as open_one:
        return lookup.look_up(who, who.name, open_one)


def list_requests(server: SimulatorServer) -> list[str]:
    """Return what was asked: search, browse and lookup of what."""
    return [
        _format_request(request.path.removeprefix("/ws/2/"), request.query)
        for request in server.requests
    ]


def _format_request(path: str, query: str) -> str:
    entity, _, mbid = path.partition("/")
    if mbid:
        return f"look up {entity}"
    links = "track_artist", "artist", "release-group"
    link = next((name for name in links if f"{name}=" in query), "")
    return f"browse {entity} by {link}" if "query=" not in query else f"search {entity}"


_ALBUMS = [f"Album {number}" for number in range(1, 13)]


def build_prolific_artist(count: int = 12, **tags: Any) -> Artist:
    """Return an artist with albums of whom `workshop.prolific` makes."""
    albums = {title: factories.make_titles(title, 13) for title in _ALBUMS[:count]}
    return build_artist("Vera", albums, **tags)


def build_small_catalogue(*names: str) -> MusicBrainzCatalogue:
    """Make artists with two albums each, all of the same titles."""
    worlds = []
    for nth, name in enumerate(names, 1):
        artist = factories.make_artist(name, nth=nth)
        groups = tuple(factories.make_group(artist, title) for title in ("Dawn", "Dusk"))
        releases = tuple(factories.make_release(group, [["a", "b"]]) for group in groups)
        worlds.append(MusicBrainzCatalogue(artists=(artist,), groups=groups, releases=releases))
    return factories.join_catalogues(*worlds)
