"""What MusicBrainz knows of an artist: its entities, as its answers give them.

The names are those of WS/2 in JSON; what is not used is passed over. Lengths are milliseconds,
dates are as exact as they are known ("1987", "1987-03", "1987-03-09"), and a text that is not
known may be None or "".
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56509c546377"


class Alias(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
    """Another name of an artist."""

    name: str
    sort_name: str | None = None
    locale: str | None = None


class Artist(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
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


class Credit(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
    """One of the artists of an artist credit, under the name that is printed there."""

    name: str
    artist: Artist
    joinphrase: str = ""


class Recording(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
    """What is heard on a track; the same recording may be on many releases."""

    id: str
    title: str = ""
    length: int | None = None
    first_release_date: str | None = None
    video: bool | None = None
    artist_credit: tuple[Credit, ...] = ()
    isrcs: tuple[str, ...] = ()


class Track(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
    """One track of a medium."""

    id: str
    title: str
    position: int
    number: str = ""
    length: int | None = None
    recording: Recording
    artist_credit: tuple[Credit, ...] = ()


class Medium(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
    """One disc, cassette or download of a release."""

    position: int = 0
    title: str = ""
    format: str | None = None
    track_count: int = 0
    tracks: tuple[Track, ...] = ()
    pregap: Track | None = None  # hidden before the first track
    data_tracks: tuple[Track, ...] = ()  # that no player plays

    @property
    def is_whole(self) -> bool:
        """Whether every track that it counts is listed; some counts leave the hidden ones out."""
        listed = len(self.tracks) + len(self.data_tracks) + (self.pregap is not None)
        return listed >= self.track_count


class Label(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
    """Who published a release."""

    id: str = ""
    name: str = ""


class LabelInfo(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
    """A label, and the number that it gave to a release."""

    label: Label | None = None
    catalog_number: str | None = None


class Group(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
    """A release group: what people call an album, whatever its editions."""

    id: str
    title: str
    primary_type: str | None = None
    secondary_types: tuple[str, ...] = ()
    first_release_date: str | None = None
    disambiguation: str | None = None
    artist_credit: tuple[Credit, ...] = ()

    @property
    def type(self) -> str:
        """Its types in one text, as "Album + Live"."""
        return " + ".join((self.primary_type or "Other", *self.secondary_types))


class Cover(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
    """What the Cover Art Archive has of a release."""

    artwork: bool = False
    front: bool = False
    back: bool = False
    count: int = 0


class Release(
    msgspec.Struct, frozen=True, kw_only=True, rename="kebab", gc=False, omit_defaults=True
):
    """One edition of an album; what a search found has no tracks."""

    id: str
    title: str
    status: str | None = None
    date: str | None = None
    country: str | None = None
    barcode: str | None = None
    disambiguation: str | None = None
    label_info: tuple[LabelInfo, ...] = ()
    media: tuple[Medium, ...] = ()
    artist_credit: tuple[Credit, ...] = ()
    release_group: Group | None = None
    cover_art_archive: Cover = Cover()
    score: int = 0  # of a search, up to 100

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
