"""What MusicBrainz knows, as entities of ours: artists, release groups, releases with their tracks.

An MBID is a UUID in lower case. An empty text means that MusicBrainz does not know it.
"""

from __future__ import annotations

import uuid

import msgspec

VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56509c546377"  # the one MBID that everybody knows

_OURS = uuid.UUID("6f1ccd4e-52d5-4f4f-8a41-4d0d5b6e2f07")


def mbid(kind: str, *names: object) -> str:
    """Return the MBID that an invented entity always has."""
    return str(uuid.uuid5(_OURS, "\n".join([kind, *map(str, names)])))


class Entity(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """What all parts of a catalogue have in common: a field that none of them has is refused."""


class Alias(Entity, frozen=True):
    """Another name of an artist."""

    name: str
    sort_name: str = ""
    locale: str = ""
    primary: bool = False
    type: str = ""


class Artist(Entity, frozen=True):
    """A person or a group; `type` as MusicBrainz has it, such as Person or Group."""

    id: str
    name: str
    sort_name: str = ""
    disambiguation: str = ""
    type: str = ""
    country: str = ""  # of two letters
    aliases: tuple[Alias, ...] = ()
    genres: tuple[str, ...] = ()


class Credit(Entity, frozen=True):
    """One artist of a credit: by which name, and what joins it to the next."""

    artist: str  # an MBID
    name: str = ""  # "": as the artist is named
    join: str = ""


class Label(Entity, frozen=True):
    """A record label."""

    id: str
    name: str


class Group(Entity, frozen=True):
    """A release group: an album as such, whatever editions of it there are."""

    id: str
    title: str
    credits: tuple[Credit, ...]
    primary: str = ""  # Album, Single, EP, Broadcast or Other
    secondary: tuple[str, ...] = ()
    first_date: str = ""  # "": that of its earliest release
    disambiguation: str = ""
    genres: tuple[str, ...] = ()  # the one with most votes first


class Recording(Entity, frozen=True):
    """A recording, where it differs from the first track that holds it."""

    id: str
    title: str
    length: int | None = None
    credits: tuple[Credit, ...] = ()
    isrcs: tuple[str, ...] = ()
    first_date: str = ""
    disambiguation: str = ""


class Track(Entity, frozen=True):
    """A recording's place on a medium; `length` in milliseconds."""

    id: str
    recording: str  # an MBID
    title: str
    number: str = ""  # as printed, such as A1; "": its position
    position: int = 0  # 0: one more than the track before
    length: int | None = None
    credits: tuple[Credit, ...] = ()  # none: those of the release
    isrcs: tuple[str, ...] = ()


class Medium(Entity, frozen=True):
    """A disc or the like; `track_count` counts where the tracks are not known."""

    id: str = ""
    format: str = ""
    title: str = ""
    track_count: int = 0
    tracks: tuple[Track, ...] = ()
    discs: tuple[str, ...] = ()  # ids of the compact discs that it was pressed as

    @property
    def count(self) -> int:
        """How many tracks it has."""
        return len(self.tracks) or self.track_count


class Issuer(Entity, frozen=True):
    """A label that a release came out on, and the number it has there."""

    label: str = ""  # an MBID
    catalogue_number: str = ""


class Cover(Entity, frozen=True):
    """Which pictures the Cover Art Archive has of a release."""

    front: bool = True
    back: bool = False
    count: int = 1


class Release(Entity, frozen=True):
    """One edition of a release group."""

    id: str
    group: str  # an MBID
    title: str
    credits: tuple[Credit, ...]
    status: str = "Official"
    country: str = ""
    date: str = ""
    barcode: str = ""
    disambiguation: str = ""
    packaging: str = ""
    language: str = "eng"
    script: str = "Latn"
    labels: tuple[Issuer, ...] = ()
    media: tuple[Medium, ...] = ()
    cover: Cover | None = None
    genres: tuple[str, ...] = ()

    @property
    def track_count(self) -> int:
        """How many tracks all its media have together."""
        return sum(medium.count for medium in self.media)


class World(Entity, frozen=True):
    """A whole catalogue; `merged` leads from a former MBID to the one that is used now."""

    artists: tuple[Artist, ...] = ()
    labels: tuple[Label, ...] = ()
    groups: tuple[Group, ...] = ()
    releases: tuple[Release, ...] = ()
    recordings: tuple[Recording, ...] = ()
    merged: dict[str, str] = {}
    deleted: tuple[str, ...] = ()
