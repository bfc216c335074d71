"""Answers of MusicBrainz as they are read when a catalogue is recorded: only what it keeps.

Whatever is missing or null in an answer counts as not known; an answer of another shape is none.
"""

from __future__ import annotations

import msgspec


class Answer(msgspec.Struct, frozen=True, rename="kebab"):
    """What all parts of an answer have in common: keys with hyphens, others passed over."""


class Named(Answer, frozen=True):
    """A genre or a tag, and how many voted for it."""

    name: str
    count: int = 0


class Alias(Answer, frozen=True):
    """Another name of an artist."""

    name: str
    sort_name: str | None = None
    locale: str | None = None
    primary: bool | str | None = None
    type: str | None = None


class Artist(Answer, frozen=True):
    """An artist, found, looked up or credited."""

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
    """A recording, of a track or by itself."""

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
    """A medium; a search tells only how many tracks it has."""

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
    """A label and the number that a release has there."""

    label: Label | None = None
    catalog_number: str | None = None


class Words(Answer, frozen=True):
    """The language and the script of a release's titles."""

    language: str | None = None
    script: str | None = None


class Pictures(Answer, frozen=True):
    """Which pictures there are."""

    front: bool = False
    back: bool = False
    count: int = 0


class Release(Answer, frozen=True):
    """A release, found, browsed or looked up."""

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
    """What a search or a browse brings, or a look-up has in it."""

    artists: tuple[Artist, ...] = ()
    releases: tuple[Release, ...] = ()
    release_groups: tuple[Group, ...] = ()
    recordings: tuple[Recording, ...] = ()
