"""The MusicBrainz responses that are read when a catalogue is recorded.

Only recorded fields are read; missing and null values count as unknown. A response of another shape
is ignored.
"""

from __future__ import annotations

import msgspec


class Answer(msgspec.Struct, frozen=True, rename="kebab"):
    """Base of all parts of a response: keys with hyphens, unknown keys ignored."""


class Named(Answer, frozen=True):
    """A genre or tag with its number of votes."""

    name: str
    count: int = 0


class Alias(Answer, frozen=True):
    """An alias of an artist."""

    name: str
    sort_name: str | None = None
    locale: str | None = None
    primary: bool | str | None = None
    type: str | None = None


class Artist(Answer, frozen=True):
    """An artist from a search, a lookup or a credit."""

    id: str
    name: str
    sort_name: str | None = None
    disambiguation: str | None = None
    type: str | None = None
    country: str | None = None
    aliases: tuple[Alias, ...] = ()
    genres: tuple[Named, ...] = ()
    tags: tuple[Named, ...] = ()


class Credit(Answer, frozen=True):
    """One artist of a credit."""

    artist: Artist
    name: str | None = None
    joinphrase: str | None = None


class Recording(Answer, frozen=True):
    """A recording, alone or of a track."""

    id: str
    title: str
    length: int | None = None
    disambiguation: str | None = None
    first_release_date: str | None = None
    artist_credit: tuple[Credit, ...] = ()
    isrcs: tuple[str, ...] = ()
    releases: tuple[Release, ...] = ()


class Track(Answer, frozen=True):
    """A track with its recording."""

    id: str
    title: str
    recording: Recording
    number: str | None = None
    position: int | None = None
    length: int | None = None
    artist_credit: tuple[Credit, ...] = ()


class Disc(Answer, frozen=True):
    """A compact disc."""

    id: str


class Medium(Answer, frozen=True):
    """A medium; a search result has only the number of its tracks."""

    id: str | None = None
    format: str | None = None
    title: str | None = None
    track_count: int = 0
    tracks: tuple[Track, ...] = ()
    discs: tuple[Disc, ...] = ()


class Group(Answer, frozen=True):
    """A release group."""

    id: str
    title: str
    artist_credit: tuple[Credit, ...] = ()
    primary_type: str | None = None
    secondary_types: tuple[str, ...] = ()
    first_release_date: str | None = None
    disambiguation: str | None = None
    genres: tuple[Named, ...] = ()
    releases: tuple[Release, ...] = ()


class Label(Answer, frozen=True):
    """A record label."""

    id: str
    name: str


class Issuer(Answer, frozen=True):
    """A label and the catalogue number of a release there."""

    label: Label | None = None
    catalog_number: str | None = None


class Words(Answer, frozen=True):
    """The language and script of a release's titles."""

    language: str | None = None
    script: str | None = None


class Pictures(Answer, frozen=True):
    """Which cover pictures exist."""

    front: bool = False
    back: bool = False
    count: int = 0


class Release(Answer, frozen=True):
    """A release from a search, a browse or a lookup."""

    id: str
    title: str
    artist_credit: tuple[Credit, ...] = ()
    release_group: Group | None = None
    status: str | None = None
    country: str | None = None
    date: str | None = None
    barcode: str | None = None
    disambiguation: str | None = None
    packaging: str | None = None
    text_representation: Words | None = None
    label_info: tuple[Issuer, ...] = ()
    media: tuple[Medium, ...] = ()
    cover_art_archive: Pictures | None = None
    genres: tuple[Named, ...] = ()
    tags: tuple[Named, ...] = ()


class Listing(Answer, frozen=True):
    """The result of a search or a browse, or a list in a lookup."""

    artists: tuple[Artist, ...] = ()
    releases: tuple[Release, ...] = ()
    release_groups: tuple[Group, ...] = ()
    recordings: tuple[Recording, ...] = ()
