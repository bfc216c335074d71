"""A complete release, and albums that certainly match it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import structs

from mediakeep.lookups import catalogue
from mediakeep.lookups.catalogue import (
    Artist,
    Credit,
    Genre,
    Group,
    Label,
    LabelInfo,
    Medium,
    Recording,
    Release,
    Track,
)
from mediakeep.music import model, scan
from mediakeep.music.matching.verdict import Candidate, Match, Pair, Sure
from mediakeep.rehearsal.entities import mbid

ALBUM = "Dawn"
_BY = Artist(id=catalogue.VARIOUS_ARTISTS, name="Various Artists", sort_name="Various Artists")
_VERA = Artist(id=mbid("vera"), name="Vera Moss", sort_name="Moss, Vera")
_ANNA = Artist(id=mbid("anna"), name="Anna Rook", sort_name="Rook, Anna")
_GROUP = Group(
    id=mbid("group"),
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
    "musicbrainz_recordingid": (mbid("recording", 1),),
    "musicbrainz_trackid": (mbid("track", 1),),
    "musicbrainz_albumid": (mbid("release"),),
    "musicbrainz_releasegroupid": (mbid("group"),),
    "musicbrainz_artistid": (mbid("vera"), mbid("anna")),
    "musicbrainz_albumartistid": (catalogue.VARIOUS_ARTISTS,),
    "compilation": ("1",),
}


def release(**facts: Any) -> Release:
    """Return an edition of two discs, of which the second holds two tracks."""
    tracks = tuple(_track(number, title) for number, title in enumerate(("Low Tide", "Ebb"), 1))
    told = {
        "id": mbid("release"),
        "title": "Dawn at Sea",
        "status": "Official",
        "date": "1974-03-02",
        "country": "GB",
        "barcode": "5099902894225",
        "artist_credit": (Credit(name="Various Artists", artist=_BY),),
        "label_info": (
            LabelInfo(label=Label(id=mbid("label"), name="Quay Records"), catalog_number="QUAY 7"),
            LabelInfo(label=Label(id=mbid("none"), name="[no label]"), catalog_number="[none]"),
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
    return Release(**told)


def _track(number: int, title: str) -> Track:
    return Track(
        id=mbid("track", number),
        title=title,
        position=number,
        number=f"A{number}",
        recording=Recording(
            id=mbid("recording", number), title=title, isrcs=(f"GBAAA740000{number}",)
        ),
        artist_credit=(
            Credit(name="Vera Moss", artist=_VERA, joinphrase=" feat. "),
            Credit(name="Anna Rook", artist=_ANNA),
        ),
    )


def candidate(album: model.Album, one: Release) -> Candidate:
    """Pair the tracks of an album, in their order, with those of the second disc."""
    medium = one.media[1]
    pairs = zip(album.tracks, medium.tracks, strict=False)
    return Candidate(
        release=one,
        distance=0.0,
        pairs=tuple(Pair(here.place, medium, there, 0.0) for here, there in pairs),
    )


def matched(artist: model.Artist, *editions: Release, sure: Sure = Sure.CERTAIN) -> model.Artist:
    """Have each album of an artist be the release, or one of those that are tied."""
    matches = {
        album.place: Match(
            place=album.place,
            sure=sure,
            candidates=tuple(candidate(album, one) for one in editions or (release(),)),
        )
        for album in artist.albums
    }
    return structs.replace(artist, matches=matches)


def read(folder: Path) -> model.Artist:
    """Read an artist's folder, whose albums are the release for certain."""
    return matched(scan.artist(folder))
