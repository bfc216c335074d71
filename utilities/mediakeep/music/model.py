"""The data of an artist's folder as read from disk: albums, tracks and unreadable files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import msgspec

from mediakeep.lookups.musicbrainz.lookup_store import ResolvedArtist
from mediakeep.media import folder_listing
from mediakeep.media.audio.tags import AudioProperties, SecondaryTags, Tags
from mediakeep.music.matching.match_result import AlbumMatch

T = TypeVar("T")


class TrackFault(StrEnum):
    """Why a file could not be read; the value is also the name of the file's only issue kind."""

    EMPTY = "empty-file"
    NOT_AUDIO = "not-audio"
    TRUNCATED = "truncated-audio"
    UNREADABLE = "unreadable-file"


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """An audio file with its tags; `place` is its escaped path relative to the artist's folder."""

    place: str
    tags: Tags = Tags()
    facts: AudioProperties | None = None
    container: str = ""  # the type of the tags, such as "ID3v2.3"; "" if there are none
    other_tags: tuple[SecondaryTags, ...] = ()  # other types of tags in the file
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
        """The file name of the track."""
        return self.place.rpartition("/")[2]

    @property
    def complete_essence(self) -> str:
        """The hash of the audio if it can prove a duplicate, or "" if audio is missing."""
        return "" if self.facts and self.facts.truncated else self.essence


class ImageFile(msgspec.Struct, frozen=True, kw_only=True):
    """A picture file that may be a cover; `mime` is "" if the content is not a picture.

    If the file cannot be read, `reason` says why.
    """

    place: str
    size: int  # size in bytes
    mime: str = ""  # detected from the content
    width: int = 0  # width and height in pixels; 0 if unknown
    height: int = 0
    reason: str = ""


class _MemoizedStruct(msgspec.Struct, frozen=True, dict=True):
    """A struct that remembers the results of functions called on it."""

    def cached_call(self, function: Callable[..., T], *arguments: Any) -> T:
        """Return the result of a pure function of this struct; it runs only the first time."""
        results: dict[Any, Any] = self.__dict__.setdefault("_answers", {})
        key = function, *map(id, arguments)
        if key not in results:
            results[key] = (
                arguments,
                function(self, *arguments),
            )  # storing the arguments keeps their ids valid
        return cast(T, results[key][1])


class FetchedCover(msgspec.Struct, frozen=True, kw_only=True):
    """A front cover that was downloaded for an album, and the place where it is to be written.

    `place` of the picture is its full escaped path. `source_name` names the release that it is
    from.
    """

    image: ImageFile
    source_name: str
    embed: bool = True  # to be embedded into the tracks
    save_file: bool = False  # to be saved as a file in the album's folder


class Album(_MemoizedStruct, frozen=True, kw_only=True):
    """A folder that contains audio files, together with the folders of its discs.

    `place` is the path relative to the artist's folder, or "" for tracks directly in it.
    `in_library_root` is True if the item is an album's folder, such as "Artist - Album (1974)". If
    discs are in neighbouring folders, such as "Dawn (Disc 1)" and "Dawn (Disc 2)", `place` is the
    first one.
    """

    place: str
    tracks: tuple[Track, ...]
    images: tuple[ImageFile, ...] = ()
    in_library_root: bool = False

    @property
    def is_loose(self) -> bool:
        """Whether the tracks are loose: directly in the artist's folder instead of an album's."""
        return not (self.place or self.in_library_root)

    @cached_property
    def readable_tracks(self) -> tuple[Track, ...]:
        return tuple(track for track in self.tracks if not track.fault)

    @cached_property
    def sibling_folders(self) -> tuple[str, ...]:
        """The folders of its discs that are next to the album's folder, not below it."""
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
        """Whether each disc is a single audio file, so that the tags do not describe tracks."""
        return bool(self.tracks) and all(track.has_cue_sheet for track in self.tracks)


class Artist(_MemoizedStruct, frozen=True, kw_only=True):
    """An artist's folder with its albums and the results of the lookup.

    The fingerprint was taken when the folder was listed. `resolved` is the lookup result, if any.
    `real_paths` are those of the folder itself ("") and of the links in it, as they were when it
    was listed; `refused_links` are those that were not followed. `library` is a real path, escaped.
    `matches` has the match of each album by its place. `missing_album_titles` are albums of the
    discography that the folder lacks. `fetched_covers` are front covers downloaded for albums, by
    place.
    """

    name: str  # name of the folder, escaped
    path: str  # escaped
    albums: tuple[Album, ...]
    fingerprint: str
    resolved: ResolvedArtist | None = None
    matches: dict[str, AlbumMatch] = {}
    missing_album_titles: tuple[str, ...] = ()
    unread_files: tuple[str, ...] = ()  # places of audio files in unsupported formats
    real_paths: dict[str, str] = {}  # by place, escaped
    refused_links: tuple[str, ...] = ()  # places
    library: str = ""
    file_ids: dict[str, tuple[int, int]] = {}  # device and inode of audio files, by place
    fetched_covers: dict[str, FetchedCover] = {}

    @property
    def tracks(self) -> Iterator[Track]:
        """Yield all tracks of the artist, album by album."""
        return (track for album in self.albums for track in album.tracks)

    @property
    def outside_links(self) -> dict[str, str]:
        """The links that lead out of the library, with their real paths; "" is the folder."""
        library = f"{self.library.rstrip('/')}/"
        return {
            place: path for place, path in self.real_paths.items() if not path.startswith(library)
        }

    def real_path_of(self, place: str) -> Path:
        """Return the real path that a file had when its folder was listed."""
        return folder_listing.find_real_path(self.real_paths, place)
