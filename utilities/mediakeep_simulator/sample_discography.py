"""Generate the MusicBrainz catalogue of the sample library's artists.

The catalogue has more than the library. Almost every album of the library is a release group with
one to eight editions. There are also albums, singles and EPs that the library lacks, a bootleg, a
compilation, an artist with the same name as another, names in another script, and merged and
deleted MBIDs. All tracks last a few seconds, like the library's files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from msgspec.structs import replace

from mediakeep_simulator import factories, sample_artists, sample_editions
from mediakeep_simulator.entities import (
    VARIOUS_ARTISTS,
    CatalogueAlias,
    CatalogueArtist,
    CatalogueGroup,
    CatalogueRelease,
    CatalogueTrack,
    MusicBrainzCatalogue,
    generate_mbid,
)
from mediakeep_simulator.sample_artists import SampleAlbum

COMPILATION_TITLE = "Harbour Lights: A Sampler"
BOOTLEG_TITLE = "Live at the Boathouse"

_LENGTH_DIVISOR = 45  # divisor: two to nine seconds, too short for the bit rate check
_LATIN_NAMES = {  # transliterated names
    "Ångström Kör": "Angstrom Kor",
    "月曜日の灯台": "Getsuyobi no Todai",
    "Ψηφιακή Θάλασσα": "Psifiaki Thalassa",
    "نجوم الورق": "Nujum al-Waraq",
}


def generate_catalogue(
    cast: Sequence[sample_artists.SampleArtist], seed: int
) -> MusicBrainzCatalogue:
    """Generate the MusicBrainz catalogue of invented artists, always the same for a seed."""
    rng = Random(seed)
    artists = [_build_artist(artist, place) for place, artist in enumerate(cast)]
    known = [
        _generate_discography(artists[place], artist, place, rng, seed)
        for place, artist in enumerate(cast)
    ]
    shared = [
        _build_compilation(artists),
        _build_duet(artists),
        _build_namesake(cast[len(cast) // 2], rng),
    ]
    catalogue = factories.join_catalogues(
        MusicBrainzCatalogue(labels=sample_editions.LABELS), *known, *shared
    )
    return _shorten_tracks(_add_merged_and_deleted(catalogue, artists[0]))


def track_length(artist: str, title: str) -> int:
    """Return the length of a track of the sample library in milliseconds."""
    return factories.make_length(generate_mbid("artist", artist, 1), title) // _LENGTH_DIVISOR


def _shorten_tracks(catalogue: MusicBrainzCatalogue) -> MusicBrainzCatalogue:
    """Shorten all tracks to a few seconds, like the library's files."""
    releases = []
    for release in catalogue.releases:
        media = (
            replace(medium, tracks=tuple(map(_shorten_track, medium.tracks)))
            for medium in release.media
        )
        releases.append(replace(release, media=tuple(media)))
    return replace(catalogue, releases=tuple(releases))


def _shorten_track(track: CatalogueTrack) -> CatalogueTrack:
    return replace(track, length=(track.length or 0) // _LENGTH_DIVISOR)


def _build_artist(artist: sample_artists.SampleArtist, place: int) -> CatalogueArtist:
    facts: dict[str, Any] = {"country": sample_editions.COUNTRIES[place % 5]}
    if latin := _LATIN_NAMES.get(artist.name):
        facts["aliases"] = (
            CatalogueAlias(latin, sort_name=latin, locale="en", primary=True, type="Artist name"),
        )
    return factories.make_artist(artist.name, **facts)


def _generate_discography(
    artist: CatalogueArtist, sample: sample_artists.SampleArtist, place: int, rng: Random, seed: int
) -> MusicBrainzCatalogue:
    """Generate the discography of one artist: what the library has and what it lacks."""
    albums = [album for album in sample.albums if album.known]
    if place % 3 == 0:
        albums += _missing_albums(sample.albums[-1], rng)
    groups: list[CatalogueGroup] = []
    releases: list[CatalogueRelease] = []
    for album in albums:
        group = factories.make_group(artist, album.title, genres=(album.genre.casefold(),))
        groups.append(group)
        releases += sample_editions.generate_editions(group, album, seed)
    for group, edition in _generate_singles(artist, sample.albums[0], place):
        groups.append(group)
        releases.append(edition)
    return MusicBrainzCatalogue(artists=(artist,), groups=tuple(groups), releases=tuple(releases))


def _missing_albums(last: SampleAlbum, rng: Random) -> Iterator[SampleAlbum]:
    for later in range(1, rng.randint(2, 3)):
        title, *tracks = sample_artists.generate_titles(rng.randint(9, 13), rng)
        year = min(last.year + 2 * later, sample_editions.LATEST_YEAR)
        yield SampleAlbum(title, year, last.genre, "mp3", "file", tuple(tracks))


def _generate_singles(
    artist: CatalogueArtist, album: SampleAlbum, place: int
) -> Iterator[tuple[CatalogueGroup, CatalogueRelease]]:
    """Yield an artist's single or EP, and for some artists a bootleg."""
    title, year = album.tracks[0], str(album.year)
    if place % 2:
        single = factories.make_group(artist, title, primary="Single")
        yield single, factories.make_release(single, [[title]], formats=['7" Vinyl'], date=year)
    else:
        ep = factories.make_group(artist, f"{title} EP", primary="EP")
        tracks = [*album.tracks[:3], f"{title} (instrumental)"]
        yield ep, factories.make_release(ep, [tracks], date=year, cover=None)
    if place % 5 == 1:
        taped = factories.make_group(artist, BOOTLEG_TITLE, secondary=("Live",))
        live = [f"{track} (live)" for track in album.tracks]
        yield taped, factories.make_release(taped, [live], status="Bootleg", country="", cover=None)


def _build_compilation(artists: Sequence[CatalogueArtist]) -> MusicBrainzCatalogue:
    various = CatalogueArtist(
        VARIOUS_ARTISTS,
        "Various Artists",
        sort_name="Various Artists",
        disambiguation="add compilations to this artist",
        type="Other",
    )
    by = {f"{artist.name} Theme": factories.make_credits(artist) for artist in artists[:12]}
    group = factories.make_group(various, COMPILATION_TITLE, secondary=("Compilation",))
    release = factories.make_release(group, [[*by]], by=by, date="1998-05-04")
    return MusicBrainzCatalogue(artists=(various,), groups=(group,), releases=(release,))


def _build_duet(artists: Sequence[CatalogueArtist]) -> MusicBrainzCatalogue:
    """Build a release with a duet of the first two artists.

    The second artist is credited on the track only.
    """
    first, guest = artists[0], artists[1 % len(artists)]
    title = "Two Harbours"
    group = factories.make_group(first, title, primary="Single")
    by = {title: factories.make_credits(first, guest, join=" feat. ")}
    release = factories.make_release(
        group, [[title]], by=by, formats=["Digital Media"], date="2019"
    )
    return MusicBrainzCatalogue(artists=(first, guest), groups=(group,), releases=(release,))


def _build_namesake(artist: sample_artists.SampleArtist, rng: Random) -> MusicBrainzCatalogue:
    """Build another artist of the same name, with an album."""
    other = factories.make_artist(
        artist.name, nth=2, type="Person", country="US", disambiguation="US accordionist"
    )
    title, *tracks = sample_artists.generate_titles(10, rng)
    group = factories.make_group(other, title)
    release = factories.make_release(group, [tracks], country="US", date="1988")
    return MusicBrainzCatalogue(artists=(other,), groups=(group,), releases=(release,))


def _add_merged_and_deleted(
    catalogue: MusicBrainzCatalogue, first: CatalogueArtist
) -> MusicBrainzCatalogue:
    """Add former MBIDs of an artist, an album and an edition, and deleted ones."""
    group = next(group for group in catalogue.groups if group.credits[0].artist == first.id)
    release = next(release for release in catalogue.releases if release.group == group.id)
    current = {"artist": first.id, "group": group.id, "release": release.id}
    for kind, now in current.items():
        catalogue = factories.with_merged(catalogue, generate_mbid(kind, first.name, "merged"), now)
    return factories.with_deleted(
        catalogue, *(generate_mbid(kind, first.name, "deleted") for kind in current)
    )
