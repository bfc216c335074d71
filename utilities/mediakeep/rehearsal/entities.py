"""The entities of a MusicBrainz catalogue: artists, release groups, releases with tracks.

An MBID is a lower-case UUID. An empty string means unknown to MusicBrainz.
"""

from __future__ import annotations

import uuid

import msgspec

VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56509c546377"  # MusicBrainz's special purpose artist

_OURS = uuid.UUID("6f1ccd4e-52d5-4f4f-8a41-4d0d5b6e2f07")


def mbid(kind: str, *names: object) -> str:
    """Return the MBID of an invented entity, always the same for the same names."""
    return str(uuid.uuid5(_OURS, "\n".join([kind, *map(str, names)])))


class Entity(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False):
    """Base of all parts of a catalogue; unknown fields are rejected."""


class Alias(Entity, frozen=True):
    """An alias of an artist."""

    name: str
    sort_name: str = ""
    locale: str = ""
    primary: bool = False
    type: str = ""


class Artist(Entity, frozen=True):
    """A person or group; `type` as in MusicBrainz, such as Person or Group."""

    id: str
    name: str
    sort_name: str = ""
    disambiguation: str = ""
    type: str = ""
    country: str = ""  # two-letter code
    aliases: tuple[Alias, ...] = ()
    genres: tuple[str, ...] = ()


class Credit(Entity, frozen=True):
    """One artist of a credit: the name used, and the text that joins it to the next."""

    artist: str  # an MBID
    name: str = ""  # "": the artist's name
    join: str = ""


class Label(Entity, frozen=True):
    """A record label."""

    id: str
    name: str


class Group(Entity, frozen=True):
    """A release group: an album with all its editions."""

    id: str
    title: str
    credits: tuple[Credit, ...]
    primary: str = ""  # Album, Single, EP, Broadcast or Other
    secondary: tuple[str, ...] = ()
    first_date: str = ""  # "": from its earliest release
    disambiguation: str = ""
    genres: tuple[str, ...] = ()  # most votes first


class Recording(Entity, frozen=True):
    """A recording, if it differs from the first track that has it."""

    id: str
    title: str
    length: int | None = None
    credits: tuple[Credit, ...] = ()
    isrcs: tuple[str, ...] = ()
    first_date: str = ""
    disambiguation: str = ""


class Track(Entity, frozen=True):
    """A recording on a medium; `length` in milliseconds."""

    id: str
    recording: str  # an MBID
    title: str
    number: str = ""  # as printed, such as A1; "": the position
    position: int = 0  # 0: the previous one plus 1
    length: int | None = None
    credits: tuple[Credit, ...] = ()  # empty: those of the release
    isrcs: tuple[str, ...] = ()


class Medium(Entity, frozen=True):
    """A disc or the like; `track_count` is used if the tracks are unknown."""

    id: str = ""
    format: str = ""
    title: str = ""
    track_count: int = 0
    tracks: tuple[Track, ...] = ()
    discs: tuple[str, ...] = ()  # IDs of its compact discs

    @property
    def count(self) -> int:
        """The number of tracks."""
        return len(self.tracks) or self.track_count


class Issuer(Entity, frozen=True):
    """A label of a release, and its catalogue number there."""

    label: str = ""  # an MBID
    catalogue_number: str = ""


class Cover(Entity, frozen=True):
    """Which images the Cover Art Archive has of a release."""

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
        """The number of tracks on all media."""
        return sum(medium.count for medium in self.media)


class World(Entity, frozen=True):
    """A whole catalogue; `merged` maps former MBIDs to current ones."""

    artists: tuple[Artist, ...] = ()
    labels: tuple[Label, ...] = ()
    groups: tuple[Group, ...] = ()
    releases: tuple[Release, ...] = ()
    recordings: tuple[Recording, ...] = ()
    merged: dict[str, str] = {}
    deleted: tuple[str, ...] = ()
