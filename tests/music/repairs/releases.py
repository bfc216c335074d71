"""A complete release, and albums that certainly match it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep.lookups.musicbrainz import model as musicbrainz_model
from mediakeep.lookups.musicbrainz.model import (
    Artist,
    ArtistCredit,
    Genre,
    Label,
    LabelInfo,
    Medium,
    Recording,
    Release,
    ReleaseGroup,
    Track,
)
from mediakeep.music import model as music_model
from mediakeep.music import scan
from mediakeep.music.matching.match_result import (
    AlbumMatch,
    MatchConfidence,
    ReleaseCandidate,
    TrackPair,
)
from mediakeep_simulator.entities import generate_mbid

ALBUM = "Dawn"
_BY = Artist(
    id=musicbrainz_model.VARIOUS_ARTISTS, name="Various Artists", sort_name="Various Artists"
)
_VERA = Artist(id=generate_mbid("vera"), name="Vera Moss", sort_name="Moss, Vera")
_ANNA = Artist(id=generate_mbid("anna"), name="Anna Rook", sort_name="Rook, Anna")
_GROUP = ReleaseGroup(
    id=generate_mbid("group"),
    title="Dawn at Sea",
    primary_type="Album",
    secondary_types=("Compilation",),
    first_release_date="1971-05",
    genres=(
        Genre(name="folk", count=3),
        Genre(name="drum and bass", count=9),
        Genre(name="r&b", count=3),
        Genre(name="shanty", count=1),
    ),
)

# What the tags of the first track are to say once nothing is lacking.
FIRST: Mapping[str, tuple[str, ...]] = {
    "title": ("Low Tide",),
    "artist": ("Vera Moss feat. Anna Rook",),
    "artists": ("Vera Moss", "Anna Rook"),
    "artistsort": ("Moss, Vera feat. Rook, Anna",),
    "album": ("Dawn at Sea",),
    "albumartist": ("Various Artists",),
    "albumartistsort": ("Various Artists",),
    "track": ("1",),
    "track_total": ("2",),
    "disc": ("2",),
    "disc_total": ("2",),
    "discsubtitle": ("The Harbour",),
    "date": ("1974-03-02",),
    "originaldate": ("1971-05",),
    "genres": ("Drum and Bass", "Folk", "R&B"),
    "isrc": ("GBAAA7400001",),
    "label": ("Quay Records",),
    "catalognumber": ("QUAY 7",),
    "barcode": ("5099902894225",),
    "media": ('12" Vinyl',),
    "releasetype": ("album", "compilation"),
    "releasestatus": ("official",),
    "releasecountry": ("GB",),
    "musicbrainz_recordingid": (generate_mbid("recording", 1),),
    "musicbrainz_trackid": (generate_mbid("track", 1),),
    "musicbrainz_albumid": (generate_mbid("release"),),
    "musicbrainz_releasegroupid": (generate_mbid("group"),),
    "musicbrainz_artistid": (generate_mbid("vera"), generate_mbid("anna")),
    "musicbrainz_albumartistid": (musicbrainz_model.VARIOUS_ARTISTS,),
    "compilation": ("1",),
}


def release(**facts: Any) -> Release:
    """Return an edition of two discs, of which the second holds two tracks."""
    tracks = tuple(_track(number, title) for number, title in enumerate(("Low Tide", "Ebb"), 1))
    fields = {
        "id": generate_mbid("release"),
        "title": "Dawn at Sea",
        "status": "Official",
        "date": "1974-03-02",
        "country": "GB",
        "barcode": "5099902894225",
        "artist_credit": (ArtistCredit(name="Various Artists", artist=_BY),),
        "label_info": (
            LabelInfo(
                label=Label(id=generate_mbid("label"), name="Quay Records"), catalog_number="QUAY 7"
            ),
            LabelInfo(
                label=Label(id=generate_mbid("none"), name="[no label]"), catalog_number="[none]"
            ),
        ),
        "media": (
            Medium(position=1, format="CD", track_count=1, tracks=(_track(9, "Overture"),)),
            Medium(
                position=2, title="The Harbour", format='12" Vinyl', track_count=2, tracks=tracks
            ),
        ),
        "release_group": _GROUP,
        **facts,
    }
    return Release(**fields)


def _track(number: int, title: str) -> Track:
    return Track(
        id=generate_mbid("track", number),
        title=title,
        position=number,
        number=f"A{number}",
        recording=Recording(
            id=generate_mbid("recording", number), title=title, isrcs=(f"GBAAA740000{number}",)
        ),
        artist_credit=(
            ArtistCredit(name="Vera Moss", artist=_VERA, joinphrase=" feat. "),
            ArtistCredit(name="Anna Rook", artist=_ANNA),
        ),
    )


def candidate(album: music_model.Album, release: Release) -> ReleaseCandidate:
    """Pair the tracks of an album, in their order, with those of the second disc."""
    medium = release.media[1]
    pairs = zip(album.tracks, medium.tracks, strict=False)
    return ReleaseCandidate(
        release=release,
        distance=0.0,
        pairs=tuple(TrackPair(here.place, medium, there, 0.0) for here, there in pairs),
    )


def match_artist(
    artist: music_model.Artist, *editions: Release, sure: MatchConfidence = MatchConfidence.CERTAIN
) -> music_model.Artist:
    """Have each album of an artist be the release, or one of those that are tied."""
    matches = {
        album.place: AlbumMatch(
            place=album.place,
            confidence=sure,
            candidates=tuple(candidate(album, edition) for edition in editions or (release(),)),
        )
        for album in artist.albums
    }
    return structs.replace(artist, matches=matches)


def read(folder: Path) -> music_model.Artist:
    """Read an artist's folder, whose albums are the release for certain."""
    return match_artist(scan.read_artist(folder))
