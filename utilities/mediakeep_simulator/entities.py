"""The entities of a MusicBrainz catalogue: artists, release groups, releases with tracks.

An MBID is a lower-case UUID. An empty string means unknown to MusicBrainz.
"""

from __future__ import annotations

import uuid

import msgspec

VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56509c546377"  # MusicBrainz's special purpose artist

_UUID_NAMESPACE = uuid.UUID("6f1ccd4e-52d5-4f4f-8a41-4d0d5b6e2f07")


def generate_mbid(kind: str, *names: object) -> str:
    """Return the MBID of an invented entity, always the same for the same names."""
    return str(uuid.uuid5(_UUID_NAMESPACE, "\n".join([kind, *map(str, names)])))


class CatalogueEntity(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """Base class of all parts of a catalogue; unknown fields are rejected."""


class CatalogueAlias(CatalogueEntity, frozen=True):
    """An alias of an artist."""

    name: str
    sort_name: str = ""
    locale: str = ""
    primary: bool = False
    type: str = ""


class CatalogueArtist(CatalogueEntity, frozen=True):
    """A person or group; `type` as in MusicBrainz, such as Person or Group."""

    id: str
    name: str
    sort_name: str = ""
    disambiguation: str = ""
    type: str = ""
    country: str = ""  # two-letter code
    aliases: tuple[CatalogueAlias, ...] = ()
    genres: tuple[str, ...] = ()


class CatalogueCredit(CatalogueEntity, frozen=True):
    """One artist in a credit: the name used, and the text that joins it to the next name."""

    artist: str  # an MBID
    name: str = ""  # "": the artist's name
    join: str = ""


class CatalogueLabel(CatalogueEntity, frozen=True):
    """A record label."""

    id: str
    name: str


class CatalogueGroup(CatalogueEntity, frozen=True):
    """A release group: an album with all its editions."""

    id: str
    title: str
    credits: tuple[CatalogueCredit, ...]
    primary: str = ""  # Album, Single, EP, Broadcast or Other
    secondary: tuple[str, ...] = ()
    first_date: str = ""  # "": from its earliest release
    disambiguation: str = ""
    genres: tuple[str, ...] = ()  # most votes first


class CatalogueRecording(CatalogueEntity, frozen=True):
    """A recording in the catalogue, if it differs from the first track that has it."""

    id: str
    title: str
    length: int | None = None
    credits: tuple[CatalogueCredit, ...] = ()
    isrcs: tuple[str, ...] = ()
    first_date: str = ""
    disambiguation: str = ""


class CatalogueTrack(CatalogueEntity, frozen=True):
    """A recording as a track on a medium; `length` is in milliseconds."""

    id: str
    recording: str  # an MBID
    title: str
    number: str = ""  # as printed, such as A1; "": the position
    position: int = 0  # 0: the previous one plus 1
    length: int | None = None
    credits: tuple[CatalogueCredit, ...] = ()  # empty: those of the release
    isrcs: tuple[str, ...] = ()


class CatalogueMedium(CatalogueEntity, frozen=True):
    """A disc or another medium; `track_count` is used if the tracks are unknown."""

    id: str = ""
    format: str = ""
    title: str = ""
    track_count: int = 0
    tracks: tuple[CatalogueTrack, ...] = ()
    discs: tuple[str, ...] = ()  # IDs of its compact discs

    @property
    def count(self) -> int:
        """The number of tracks on the medium."""
        return len(self.tracks) or self.track_count


class CatalogueLabelInfo(CatalogueEntity, frozen=True):
    """A record label of a release, and the catalogue number that it gave the release."""

    label: str = ""  # an MBID
    catalogue_number: str = ""


class CatalogueCover(CatalogueEntity, frozen=True):
    """Which cover images of a release the Cover Art Archive has."""

    front: bool = True
    back: bool = False
    count: int = 1


class CatalogueRelease(CatalogueEntity, frozen=True):
    """One edition of a release group."""

    id: str
    group: str  # an MBID
    title: str
    credits: tuple[CatalogueCredit, ...]
    status: str = "Official"
    country: str = ""
    date: str = ""
    barcode: str = ""
    disambiguation: str = ""
    packaging: str = ""
    language: str = "eng"
    script: str = "Latn"
    labels: tuple[CatalogueLabelInfo, ...] = ()
    media: tuple[CatalogueMedium, ...] = ()
    cover: CatalogueCover | None = None
    genres: tuple[str, ...] = ()

    @property
    def track_count(self) -> int:
        """The number of tracks on all media of the release."""
        return sum(medium.count for medium in self.media)


class MusicBrainzCatalogue(CatalogueEntity, frozen=True):
    """A whole catalogue of a simulated MusicBrainz; `merged` maps former MBIDs to current ones."""

    artists: tuple[CatalogueArtist, ...] = ()
    labels: tuple[CatalogueLabel, ...] = ()
    groups: tuple[CatalogueGroup, ...] = ()
    releases: tuple[CatalogueRelease, ...] = ()
    recordings: tuple[CatalogueRecording, ...] = ()
    merged: dict[str, str] = {}
    deleted: tuple[str, ...] = ()
