"""MusicBrainz entities as returned by its web service, such as artists and releases.

Names are those of WS/2 in JSON; unused fields are ignored. Lengths are in milliseconds. Dates may
be partial ("1987", "1987-03", "1987-03-09"). An unknown text may be None or "".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec

VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56509c546377"
DISCOGRAPHY_FORMAT = 2  # of a discography; 1 lacked genres, disc ids and release events
_MAX_NUMBER = 2**53  # integers are exact in JSON up to here

Number = Annotated[int, msgspec.Meta(ge=-_MAX_NUMBER, le=_MAX_NUMBER)]


class MusicBrainzEntity(msgspec.Struct, frozen=True, rename="kebab", gc=False, omit_defaults=True):
    """Base class of all MusicBrainz entities: keys have hyphens, unknown values are omitted."""


class Alias(MusicBrainzEntity, frozen=True, kw_only=True):
    """Another name of an artist."""

    name: str
    sort_name: str | None = None
    locale: str | None = None


class Artist(MusicBrainzEntity, frozen=True, kw_only=True):
    """An artist: a person or a group."""

    id: str
    name: str
    sort_name: str = ""
    disambiguation: str | None = None
    type: str | None = None
    country: str | None = None
    aliases: tuple[Alias, ...] = ()

    @property
    def is_special_purpose(self) -> bool:
        """Whether this is not a real artist, but one such as Various Artists or [unknown]."""
        return self.id == VARIOUS_ARTISTS or (self.name[:1] == "[" and self.name[-1:] == "]")


class ArtistCredit(MusicBrainzEntity, frozen=True, kw_only=True):
    """One artist of a credit, with the name printed on the release."""

    name: str
    artist: Artist
    joinphrase: str = ""


class Recording(MusicBrainzEntity, frozen=True, kw_only=True):
    """A recording, which may appear on many releases."""

    id: str
    title: str = ""
    length: Number | None = None
    disambiguation: str | None = None
    first_release_date: str | None = None
    video: bool | None = None
    artist_credit: tuple[ArtistCredit, ...] = ()
    isrcs: tuple[str, ...] = ()


class Track(MusicBrainzEntity, frozen=True, kw_only=True):
    """One track of a medium."""

    id: str
    title: str
    position: Number
    number: str = ""
    length: Number | None = None
    recording: Recording
    artist_credit: tuple[ArtistCredit, ...] = ()


class Disc(MusicBrainzEntity, frozen=True, kw_only=True):
    """A CD pressing, identified by its disc id (computed from the table of contents)."""

    id: str


class Medium(MusicBrainzEntity, frozen=True, kw_only=True):
    """One disc, cassette or download of a release."""

    position: Number = 0
    title: str = ""
    format: str | None = None
    track_count: Number = 0
    tracks: tuple[Track, ...] = ()
    pregap: Track | None = None  # hidden before the first track
    data_tracks: tuple[Track, ...] = ()  # not audio
    discs: tuple[Disc, ...] = ()

    @property
    def has_all_tracks(self) -> bool:
        """Whether all tracks of the medium are listed; some track counts omit hidden tracks."""
        listed = len(self.tracks) + len(self.data_tracks) + (self.pregap is not None)
        return listed >= self.track_count


class Label(MusicBrainzEntity, frozen=True, kw_only=True):
    """A record label."""

    id: str = ""
    name: str = ""


class LabelInfo(MusicBrainzEntity, frozen=True, kw_only=True):
    """A record label of a release, with the catalog number that it gave the release."""

    label: Label | None = None
    catalog_number: str | None = None


class Genre(MusicBrainzEntity, frozen=True, kw_only=True):
    """A genre with its number of votes."""

    name: str
    count: Number = 0


class ReleaseGroup(MusicBrainzEntity, frozen=True, kw_only=True):
    """A release group: an album with all its editions."""

    id: str
    title: str
    primary_type: str | None = None
    secondary_types: tuple[str, ...] = ()
    first_release_date: str | None = None
    disambiguation: str | None = None
    artist_credit: tuple[ArtistCredit, ...] = ()
    genres: tuple[Genre, ...] = ()

    @property
    def type(self) -> str:
        """The types of the release group as one text, such as "Album + Live"."""
        return " + ".join((self.primary_type or "Other", *self.secondary_types))


class CoverArtInfo(MusicBrainzEntity, frozen=True, kw_only=True):
    """Which pictures of a release the Cover Art Archive has."""

    artwork: bool = False
    front: bool = False
    back: bool = False
    count: Number = 0


class TextRepresentation(MusicBrainzEntity, frozen=True, kw_only=True):
    """Language (ISO 639-3) and script (ISO 15924) of a release's titles."""

    language: str | None = None
    script: str | None = None


class Area(MusicBrainzEntity, frozen=True, kw_only=True):
    """A country by its two-letter codes."""

    iso_3166_1_codes: tuple[str, ...] = ()


class ReleaseEvent(MusicBrainzEntity, frozen=True, kw_only=True):
    """Date and country of a release."""

    date: str | None = None
    area: Area | None = None


class Release(MusicBrainzEntity, frozen=True, kw_only=True):
    """One edition of an album; search results have no tracks."""

    id: str
    title: str
    status: str | None = None
    date: str | None = None
    country: str | None = None
    release_events: tuple[ReleaseEvent, ...] = ()  # `date` and `country` are those of the first
    barcode: str | None = None
    packaging: str | None = None
    text_representation: TextRepresentation | None = None
    disambiguation: str | None = None
    label_info: tuple[LabelInfo, ...] = ()
    media: tuple[Medium, ...] = ()
    artist_credit: tuple[ArtistCredit, ...] = ()
    release_group: ReleaseGroup | None = None
    cover_art_archive: CoverArtInfo = CoverArtInfo()
    score: Number = 0  # of a search result, up to 100

    @property
    def tracks(self) -> Iterator[tuple[Medium, Track]]:
        """All audio tracks of the release, each with its medium."""
        for medium in self.media:
            if medium.pregap:
                yield medium, medium.pregap
            yield from ((medium, track) for track in medium.tracks)

    @property
    def track_count(self) -> int:
        """The number of tracks of the release, added up from its media."""
        return sum(medium.track_count for medium in self.media)

    @property
    def has_all_tracks(self) -> bool:
        """Whether all tracks of all media of the release are listed."""
        return all(medium.has_all_tracks for medium in self.media)


class Discography(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All releases of an artist, and the time when they were requested.

    `releases` are the official releases with their tracks. `groups` are all release groups,
    including those with only bootlegs or promotional releases.
    """

    artist: Artist
    releases: tuple[Release, ...] = ()
    groups: tuple[ReleaseGroup, ...] = ()
    asked: str = ""
    format: int = 1  # DISCOGRAPHY_FORMAT when it was stored
