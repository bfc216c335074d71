"""An artist's folder as read from disk: albums, tracks, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar, cast

import msgspec

from mediakeep.lookups.musicbrainz.lookup_store import ResolvedArtist
from mediakeep.media.audio.tags import AudioProperties, SecondaryTags, Tags
from mediakeep.music.matching.match_result import AlbumMatch

T = TypeVar("T")


class TrackFault(StrEnum):
    """Why a file could not be read; each value is also the kind of the file's only issue."""

    EMPTY = "empty-file"
    NOT_AUDIO = "not-audio"
    TRUNCATED = "truncated-audio"
    UNREADABLE = "unreadable-file"


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """One audio file; `place` is its escaped path below the artist."""

    place: str
    tags: Tags = Tags()
    facts: AudioProperties | None = None
    container: str = ""  # the type of the tags, such as "ID3v2.3"; "" if there are none
    other_tags: tuple[SecondaryTags, ...] = ()  # further tags in the file
    raw: dict[str, list[str]] = {}
    fault: TrackFault | None = None
    reason: str = ""  # of the fault
    has_video: bool = False  # it is a film; its fault is NOT_AUDIO; not stored
    essence: str = ""  # hash of the audio; set by deep scans and for possible duplicates
    damage: str = ""  # decoding errors found by a deep scan
    change: str = ""  # how the audio differs from the essence database, in a deep scan
    has_cue_sheet: bool = False  # a whole disc in one file, split by a cue sheet next to it

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.place.rpartition("/")[2]

    @property
    def complete_essence(self) -> str:
        """The essence if it proves another track a duplicate, "" if audio is missing."""
        return "" if self.facts and self.facts.truncated else self.essence


class ImageFile(msgspec.Struct, frozen=True, kw_only=True):
    """A picture file that may be a cover; `mime` is "" if its content is no picture.

    If it cannot be read, `reason` says why.
    """

    place: str
    size: int  # bytes
    mime: str = ""  # detected from the content
    width: int = 0  # pixels; 0 where unknown
    height: int = 0
    reason: str = ""


class _MemoizedStruct(msgspec.Struct, frozen=True, dict=True):
    """A struct that caches the results of pure functions of itself."""

    def cached_call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return the result of a pure function of this object; it is called only once."""
        results: dict[Any, Any] = self.__dict__.setdefault("_answers", {})
        key = function, *map(id, arguments)
        if key not in results:
            results[key] = (
                arguments,
                function(self, *arguments),
            )  # storing the arguments keeps their ids valid
        return cast(T, results[key][1])


class FetchedCover(msgspec.Struct, frozen=True, kw_only=True):
    """A front cover that was downloaded for an album, and where it is to be written.

    The place of the picture is its full path, escaped; `source_name` names its release.
    """

    image: ImageFile
    source_name: str
    embed: bool = True  # into the tracks
    save_file: bool = False  # as a file in the album's folder


class Album(_MemoizedStruct, frozen=True, kw_only=True):
    """One folder that contains audio, together with the folders of its discs.

    `place` is "" for the tracks directly in the artist's folder. `in_library_root` means that this
    folder is the album's own instead of an artist's, such as "Artist - Album (1974)". If the discs
    are folders next to each other, such as "Dawn (Disc 1)" and "Dawn (Disc 2)", `place` is that of
    the first.
    """

    place: str
    tracks: tuple[Track, ...]
    images: tuple[ImageFile, ...] = ()
    in_library_root: bool = False

    @property
    def is_loose(self) -> bool:
        """Whether its tracks are directly in the folder of an artist."""
        return not (self.place or self.in_library_root)

    @cached_property
    def readable_tracks(self) -> tuple[Track, ...]:
        return tuple(track for track in self.tracks if not track.fault)

    @cached_property
    def sibling_folders(self) -> tuple[str, ...]:
        """The folders of its discs that are next to its own, not below it."""
        if not self.place:
            return ()
        folders = {track.place.rpartition("/")[0] for track in self.tracks}
        own_folder = (self.place, f"{self.place}/")
        return tuple(
            sorted(
                folder
                for folder in folders
                if folder != own_folder[0] and not folder.startswith(own_folder[1])
            )
        )

    @property
    def is_disc_image(self) -> bool:
        """Whether each disc is one file, so that the tags describe no tracks."""
        return bool(self.tracks) and all(track.has_cue_sheet for track in self.tracks)


class Artist(_MemoizedStruct, frozen=True, kw_only=True):
    """One artist's folder; the fingerprint was taken when the folder was listed.

    `resolved` is the result of the lookup, if any, `matches` contains the match of each album by
    its place, and `missing_album_titles` are the albums of the discography that are not in the
    folder. `fetched_covers` are front covers downloaded for albums, by place.
    """

    name: str  # of the folder, escaped
    path: str  # escaped
    albums: tuple[Album, ...]
    fingerprint: str
    resolved: ResolvedArtist | None = None
    matches: dict[str, AlbumMatch] = {}
    missing_album_titles: tuple[str, ...] = ()
    unread_files: tuple[str, ...] = ()  # places of audio files in unsupported formats
    fetched_covers: dict[str, FetchedCover] = {}

    @property
    def tracks(self) -> Iterator[Track]:
        """All tracks, album by album."""
        return (track for album in self.albums for track in album.tracks)
