"""What MusicBrainz knows of an artist: its entities, as its answers give them.

The names are those of WS/2 in JSON; what is not used is passed over. Lengths are milliseconds,
dates are as exact as they are known ("1987", "1987-03", "1987-03-09"), and a text that is not
known may be None or "".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56509c546377"
FORMAT = 2  # of a discography: 1 had no genres, no disc ids and no events
_MOST = 2**53  # what JSON can tell of a number; a larger one can be reckoned with by nobody

Number = Annotated[int, msgspec.Meta(ge=-_MOST, le=_MOST)]


class Entity(msgspec.Struct, frozen=True, rename="kebab", gc=False, omit_defaults=True):
    """What all entities have in common: keys with hyphens, and none for what is not known."""


class Alias(Entity, frozen=True, kw_only=True):
    """Another name of an artist."""

    name: str
    sort_name: str | None = None
    locale: str | None = None


class Artist(Entity, frozen=True, kw_only=True):
    """A person or a group."""

    id: str
    name: str
    sort_name: str = ""
    disambiguation: str | None = None
    type: str | None = None
    country: str | None = None
    aliases: tuple[Alias, ...] = ()

    @property
    def is_special(self) -> bool:
        """Whether it stands for no artist, as Various Artists and [unknown] do."""
        return self.id == VARIOUS_ARTISTS or (self.name[:1] == "[" and self.name[-1:] == "]")


class Credit(Entity, frozen=True, kw_only=True):
    """One of the artists of an artist credit, under the name that is printed there."""

    name: str
    artist: Artist
    joinphrase: str = ""


class Recording(Entity, frozen=True, kw_only=True):
    """What is heard on a track; the same recording may be on many releases."""

    id: str
    title: str = ""
    length: Number | None = None
    disambiguation: str | None = None
    first_release_date: str | None = None
    video: bool | None = None
    artist_credit: tuple[Credit, ...] = ()
    isrcs: tuple[str, ...] = ()


class Track(Entity, frozen=True, kw_only=True):
    """One track of a medium."""

    id: str
    title: str
    position: Number
    number: str = ""
    length: Number | None = None
    recording: Recording
    artist_credit: tuple[Credit, ...] = ()


class Disc(Entity, frozen=True, kw_only=True):
    """One pressing of a compact disc, by the id that its table of contents gives it."""

    id: str


class Medium(Entity, frozen=True, kw_only=True):
    """One disc, cassette or download of a release."""

    position: Number = 0
    title: str = ""
    format: str | None = None
    track_count: Number = 0
    tracks: tuple[Track, ...] = ()
    pregap: Track | None = None  # hidden before the first track
    data_tracks: tuple[Track, ...] = ()  # that no player plays
    discs: tuple[Disc, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether every track that it counts is listed; some counts leave the hidden ones out."""
        listed = len(self.tracks) + len(self.data_tracks) + (self.pregap is not None)
        return listed >= self.track_count


class Label(Entity, frozen=True, kw_only=True):
    """Who published a release."""

    id: str = ""
    name: str = ""


class LabelInfo(Entity, frozen=True, kw_only=True):
    """A label, and the number that it gave to a release."""

    label: Label | None = None
    catalog_number: str | None = None


class Genre(Entity, frozen=True, kw_only=True):
    """A genre, and how many voted for it."""

    name: str
    count: Number = 0


class Group(Entity, frozen=True, kw_only=True):
    """A release group: what people call an album, whatever its editions."""

    id: str
    title: str
    primary_type: str | None = None
    secondary_types: tuple[str, ...] = ()
    first_release_date: str | None = None
    disambiguation: str | None = None
    artist_credit: tuple[Credit, ...] = ()
    genres: tuple[Genre, ...] = ()

    @property
    def type(self) -> str:
        """Its types in one text, as "Album + Live"."""
        return " + ".join((self.primary_type or "Other", *self.secondary_types))


class Cover(Entity, frozen=True, kw_only=True):
    """What the Cover Art Archive has of a release."""

    artwork: bool = False
    front: bool = False
    back: bool = False
    count: Number = 0


class Words(Entity, frozen=True, kw_only=True):
    """In which language (ISO 639-3) and script (ISO 15924) the titles of a release are."""

    language: str | None = None
    script: str | None = None


class Area(Entity, frozen=True, kw_only=True):
    """A country, by its codes of two letters."""

    iso_3166_1_codes: tuple[str, ...] = ()


class Event(Entity, frozen=True, kw_only=True):
    """When a release came out, and where."""

    date: str | None = None
    area: Area | None = None


class Release(Entity, frozen=True, kw_only=True):
    """One edition of an album; what a search found has no tracks."""

    id: str
    title: str
    status: str | None = None
    date: str | None = None
    country: str | None = None
    release_events: tuple[Event, ...] = ()  # the first of them tells its date and country
    barcode: str | None = None
    packaging: str | None = None
    text_representation: Words | None = None
    disambiguation: str | None = None
    label_info: tuple[LabelInfo, ...] = ()
    media: tuple[Medium, ...] = ()
    artist_credit: tuple[Credit, ...] = ()
    release_group: Group | None = None
    cover_art_archive: Cover = Cover()
    score: Number = 0  # of a search, up to 100

    @property
    def tracks(self) -> Iterator[tuple[Medium, Track]]:
        """All tracks that are heard, each with its medium."""
        for medium in self.media:
            if medium.pregap:
                yield medium, medium.pregap
            yield from ((medium, track) for track in medium.tracks)

    @property
    def track_count(self) -> int:
        """How many tracks its media say that they have."""
        return sum(medium.track_count for medium in self.media)

    @property
    def is_whole(self) -> bool:
        """Whether every track that a medium counts is listed."""
        return all(medium.is_whole for medium in self.media)


class Discography(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that MusicBrainz knows of an artist's releases, and when it was asked.

    `releases` are the official ones with their tracks, `groups` all release groups, those too of
    which there are only bootlegs or promotional copies.
    """

    artist: Artist
    releases: tuple[Release, ...] = ()
    groups: tuple[Group, ...] = ()
    asked: str = ""
    format: int = 1  # what was asked for when it was kept: the FORMAT of then
