"""Releases made by a line each, and albums that are copies of them, to be matched."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from msgspec import structs

from mediakeep.lookups.musicbrainz.lookup_store import ResolvedArtist
from mediakeep.lookups.musicbrainz.model import (
    Artist,
    ArtistCredit,
    Medium,
    Recording,
    Release,
    ReleaseGroup,
)
from mediakeep.lookups.musicbrainz.model import Track as Listed
from mediakeep.media.audio.tags import AudioProperties, Tags
from mediakeep.music import model
from mediakeep.music.matching import album_matcher
from mediakeep.music.matching.match_result import AlbumMatch
from mediakeep.music.model import Album, Track

WORDS = (
    *("Low Tide", "Ballast", "Gulls Over Quarry Lane", "Nine Lanterns", "Hemp and Tar", "Thaw"),
    *("Icebound", "Rivet", "Six Bells", "Crane", "No Anchorage", "Diesel Choir", "Slack Water"),
    *("Harbour Lights", "Kelp", "Mooring", "The Long Pier", "Undertow", "Copper Sound", "Wreck"),
    *("A Lamp in the Fog", "Salt", "Barnacle Waltz", "Net Menders", "Ferry Home", "Shoal"),
)
# What `copy` writes.
FIELDS = "title", "artist", "albumartist", "album", "track", "disc"
DAWN, DUSK = WORDS[:10], WORDS[10:20]


def mbid(*names: object) -> str:
    """Make an MBID: always the same for the same names."""
    return str(uuid5(NAMESPACE_URL, "/".join(map(str, names))))


def artist(name: str, **facts: Any) -> Artist:
    return Artist(id=mbid("artist", name), name=name, **{"sort_name": name, **facts})


def credit(*artists: Artist) -> tuple[ArtistCredit, ...]:
    joins = [" & "] * (len(artists) - 1)
    return tuple(
        ArtistCredit(name=one.name, artist=one, joinphrase=join)
        for one, join in zip_longest(artists, joins, fillvalue="")
    )


VERA, CARL, MONA = artist("Vera"), artist("Carl"), artist("Mona")
VARIOUS = Artist(id="89ad4ac3-39f7-470e-963a-56509c546377", name="Various Artists")


def group(title: str, kind: str = "Album", *, by: Artist = VERA, **facts: Any) -> ReleaseGroup:
    own = mbid("group", title, kind, by.id, facts)
    return ReleaseGroup(id=own, title=title, primary_type=kind, artist_credit=credit(by), **facts)


def song(title: str, take: str = "", *, later: int = 0, **facts: Any) -> Recording:
    """Make a recording, from two to seven minutes long; `later` are milliseconds more."""
    long = 120_000 + int(mbid("length", title, take)[:6], 16) % 300_000
    return Recording(id=mbid("song", title, take), title=title, length=long + later, **facts)


def release(
    of: ReleaseGroup,
    *discs: Sequence[str | Recording],
    name: str = "first",
    take: str = "",
    later: int = 0,
    **facts: Any,
) -> Release:
    """Make an edition; a title is one recording, unless it is another take of it."""
    formats = facts.pop("formats", ["CD"] * len(discs))
    own = mbid("release", of.id, name)
    media = []
    for number, (songs, form) in enumerate(zip(discs, formats, strict=True), 1):
        tracks = tuple(
            _listed(
                one if isinstance(one, Recording) else song(one, take, later=later),
                place,
                mbid(own, number, place),
            )
            for place, one in enumerate(songs, 1)
        )
        media.append(Medium(position=number, format=form, track_count=len(tracks), tracks=tracks))
    fields_ = {"title": of.title, "status": "Official", "date": "1974", **facts}
    fields_.setdefault("artist_credit", of.artist_credit)
    return Release(id=own, media=tuple(media), release_group=of, **fields_)


def _listed(recording: Recording, place: int, own: str) -> Listed:
    by = recording.artist_credit
    return Listed(
        id=own,
        title=recording.title,
        position=place,
        number=str(place),
        length=recording.length,
        recording=recording,
        artist_credit=by,
    )


def copy(of: Release, place: str = "", *, only: Sequence[int] = (), **tags: Any) -> Album:
    """Copy a release, or some of its tracks counted from 1, with the tags that are always there.

    Tags that are given are those of all tracks; None takes one away.
    """
    place = place or of.title.replace("/", "_")
    several = len(of.media) > 1
    found = []
    for count, (medium, track) in enumerate(of.tracks, 1):
        if only and count not in only:
            continue
        fields: dict[str, Any] = {
            "title": (track.title,),
            "artist": (_named(track.artist_credit or of.artist_credit),),
            "albumartist": (_named(of.artist_credit),),
            "album": (of.title,),
            "track": str(track.position),
            "disc": str(medium.position) if several else "",
            **tags,
        }
        told = {field: value for field, value in fields.items() if value is not None}
        seconds = (track.length or 0) / 1000
        found.append(
            Track(
                place=f"{place}/{count:03}.mp3",
                tags=Tags(**told),
                facts=AudioProperties(format="MP3", duration=seconds),
            )
        )
    return Album(place=place, tracks=tuple(found))


def _named(credited: Sequence[ArtistCredit]) -> str:
    return "".join(part.name + part.joinphrase for part in credited)


def with_tags(album: Album, number: int, /, **tags: Any) -> Album:
    """Give one track, counted from 1, other tags; `seconds` and `place` are its own as well."""
    tracks = list(album.tracks)
    listed = tracks[number - 1]
    facts = AudioProperties(
        format="MP3", duration=tags.pop("seconds", listed.facts.duration if listed.facts else 0)
    )
    place = tags.pop("place", listed.place)
    tracks[number - 1] = structs.replace(
        listed, place=place, facts=facts, tags=structs.replace(listed.tags, **tags)
    )
    return Album(place=album.place, tracks=tuple(tracks))


def with_each_tag(album: Album, /, **ways: Any) -> Album:
    """Give each track tags of its own: each field is a function of its number and its old value."""
    for number, one in enumerate(album.tracks, 1):
        changed = {
            field: way(number, one.place if field == "place" else getattr(one.tags, field, None))
            for field, way in ways.items()
        }
        album = with_tags(album, number, **changed)
    return album


def with_lengths(album: Album, way: Callable[[int], float]) -> Album:
    """Make each track longer by the seconds given for its number."""
    for number, one in enumerate(album.tracks, 1):
        assert one.facts
        album = with_tags(album, number, seconds=one.facts.duration + way(number))
    return album


def without_lengths(album: Album) -> Album:
    """Remove the lengths of the tracks, as if their file headers lacked them."""
    for number in range(1, len(album.tracks) + 1):
        album = with_tags(album, number, seconds=0.0)
    return album


def join_albums(*albums: Album, place: str = "") -> Album:
    tracks = tuple(
        structs.replace(track, place=f"{place or albums[0].place}/{number:03}.mp3")
        for number, track in enumerate((track for album in albums for track in album.tracks), 1)
    )
    return Album(place=place or albums[0].place, tracks=tracks)


def match_album(
    album: Album, *releases: Release, folder: str = "Vera", **resolved: Any
) -> AlbumMatch:
    """Match one album with releases; what a lookup came to, and `names`, may be given."""
    names = resolved.pop("names", ())
    artist_ = ResolvedArtist(name=folder, question="", state="done", **resolved)
    who = model.Artist(
        name=folder, path=f"/{folder}", albums=(album,), fingerprint="", resolved=artist_
    )
    return album_matcher.match_albums(who, releases, names=names)[album.place]
