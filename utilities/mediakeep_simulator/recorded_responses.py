"""The MusicBrainz responses that are read when a catalogue is recorded.

Only recorded fields are read; missing and null values count as unknown. A response of another shape
is ignored.
"""

from __future__ import annotations

import msgspec


class RecordedResponse(msgspec.Struct, frozen=True, rename="kebab"):
    """Base class of the parts of a recorded response.

    Keys have hyphens, and unknown keys are ignored.
    """


class RecordedTag(RecordedResponse, frozen=True):
    """A genre or tag with its number of votes."""

    name: str
    count: int = 0


class RecordedAlias(RecordedResponse, frozen=True):
    """An alias of an artist."""

    name: str
    sort_name: str | None = None
    locale: str | None = None
    primary: bool | str | None = None
    type: str | None = None


class RecordedArtist(RecordedResponse, frozen=True):
    """An artist from a search, a lookup or a credit."""

    id: str
    name: str
    sort_name: str | None = None
    disambiguation: str | None = None
    type: str | None = None
    country: str | None = None
    aliases: tuple[RecordedAlias, ...] = ()
    genres: tuple[RecordedTag, ...] = ()
    tags: tuple[RecordedTag, ...] = ()


class RecordedCredit(RecordedResponse, frozen=True):
    """One artist in the credit of a release, track or recording."""

    artist: RecordedArtist
    name: str | None = None
    joinphrase: str | None = None


class RecordedRecording(RecordedResponse, frozen=True):
    """A recording in a response, requested by itself or as part of a track."""

    id: str
    title: str
    length: int | None = None
    disambiguation: str | None = None
    first_release_date: str | None = None
    artist_credit: tuple[RecordedCredit, ...] = ()
    isrcs: tuple[str, ...] = ()
    releases: tuple[RecordedRelease, ...] = ()


class RecordedTrack(RecordedResponse, frozen=True):
    """A track with its recording."""

    id: str
    title: str
    recording: RecordedRecording
    number: str | None = None
    position: int | None = None
    length: int | None = None
    artist_credit: tuple[RecordedCredit, ...] = ()


class RecordedDisc(RecordedResponse, frozen=True):
    """A compact disc."""

    id: str


class RecordedMedium(RecordedResponse, frozen=True):
    """A medium, such as a disc; in search results it has only the number of its tracks."""

    id: str | None = None
    format: str | None = None
    title: str | None = None
    track_count: int = 0
    tracks: tuple[RecordedTrack, ...] = ()
    discs: tuple[RecordedDisc, ...] = ()


class RecordedGroup(RecordedResponse, frozen=True):
    """A release group."""

    id: str
    title: str
    artist_credit: tuple[RecordedCredit, ...] = ()
    primary_type: str | None = None
    secondary_types: tuple[str, ...] = ()
    first_release_date: str | None = None
    disambiguation: str | None = None
    genres: tuple[RecordedTag, ...] = ()
    releases: tuple[RecordedRelease, ...] = ()


class RecordedLabel(RecordedResponse, frozen=True):
    """A record label."""

    id: str
    name: str


class RecordedLabelInfo(RecordedResponse, frozen=True):
    """A record label of a release, and the catalogue number that it gave the release."""

    label: RecordedLabel | None = None
    catalog_number: str | None = None


class RecordedLanguage(RecordedResponse, frozen=True):
    """The language and script of a release's titles."""

    language: str | None = None
    script: str | None = None


class RecordedCovers(RecordedResponse, frozen=True):
    """Which cover pictures of a release exist."""

    front: bool = False
    back: bool = False
    count: int = 0


class RecordedRelease(RecordedResponse, frozen=True):
    """A release from a search, a browse or a lookup."""

    id: str
    title: str
    artist_credit: tuple[RecordedCredit, ...] = ()
    release_group: RecordedGroup | None = None
    status: str | None = None
    country: str | None = None
    date: str | None = None
    barcode: str | None = None
    disambiguation: str | None = None
    packaging: str | None = None
    text_representation: RecordedLanguage | None = None
    label_info: tuple[RecordedLabelInfo, ...] = ()
    media: tuple[RecordedMedium, ...] = ()
    cover_art_archive: RecordedCovers | None = None
    genres: tuple[RecordedTag, ...] = ()
    tags: tuple[RecordedTag, ...] = ()


class RecordedList(RecordedResponse, frozen=True):
    """The result of a search or a browse, or a list in a lookup."""

    artists: tuple[RecordedArtist, ...] = ()
    releases: tuple[RecordedRelease, ...] = ()
    release_groups: tuple[RecordedGroup, ...] = ()
    recordings: tuple[RecordedRecording, ...] = ()
