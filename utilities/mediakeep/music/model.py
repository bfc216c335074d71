"""An artist's folder as it was read: albums, tracks, and what could not be read."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

import msgspec

from mediakeep.media.tags import Facts, Tags


class Fault(StrEnum):
    """Why a file gave no tags; each is also the kind of the one issue that such a file gets."""

    EMPTY = "empty-file"
    NOT_AUDIO = "not-audio"
    UNREADABLE = "unreadable-file"


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """One audio file; `place` is its path below the artist, escaped."""

    place: str
    tags: Tags = Tags()
    facts: Facts | None = None
    fault: Fault | None = None
    reason: str = ""  # of the fault

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.place.rpartition("/")[2]


class Album(msgspec.Struct, frozen=True, kw_only=True):
    """One folder that holds audio; `place` is "" for the tracks right in the artist's folder."""

    place: str
    tracks: tuple[Track, ...]
    images: tuple[str, ...] = ()  # picture files that can serve as its cover: their places


class Artist(msgspec.Struct, frozen=True, kw_only=True):
    """One artist's folder; the fingerprint is that of the moment when it was listed."""

    name: str  # of the folder, escaped
    path: str  # escaped
    albums: tuple[Album, ...]
    fingerprint: str

    @property
    def tracks(self) -> Iterator[Track]:
        """All tracks, album by album."""
        return (track for album in self.albums for track in album.tracks)
