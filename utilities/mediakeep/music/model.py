"""An artist's folder as it was read: albums, tracks, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cached_property
from typing import Any, TypeVar, cast

import msgspec

from mediakeep.lookups.known import Resolved
from mediakeep.media.tags import Container, Facts, Tags
from mediakeep.music.matching.verdict import Match

T = TypeVar("T")


class Fault(StrEnum):
    """Why a file gave no tags; each is also the kind of the one issue that such a file gets."""

    EMPTY = "empty-file"
    NOT_AUDIO = "not-audio"
    TRUNCATED = "truncated-audio"
    UNREADABLE = "unreadable-file"


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """One audio file; `place` is its path below the artist, escaped."""

    place: str
    tags: Tags = Tags()
    facts: Facts | None = None
    container: str = ""  # the tags' own kind, such as "ID3v2.3"; "" where there are none
    others: tuple[Container, ...] = ()  # tags that stand in the file beside these
    raw: dict[str, list[str]] = {}
    fault: Fault | None = None
    reason: str = ""  # of the fault
    essence: str = ""  # hash of the audio alone, of tracks that may be copies and of deep scans
    damage: str = ""  # what decoding it found wrong, in a deep scan
    change: str = ""  # how its essence differs from the one in the ledger, in a deep scan
    cue: bool = False  # a whole disc in one file, which a cue sheet next to it describes

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.place.rpartition("/")[2]

    @property
    def proof(self) -> str:
        """What proves another track a copy: the essence, unless a part of the sound is missing."""
        return "" if self.facts and self.facts.truncated else self.essence


class ImageFile(msgspec.Struct, frozen=True, kw_only=True):
    """A picture file that can serve as a cover; `mime` is "" where its bytes are no picture.

    Where the system refuses to give them, `reason` says why.
    """

    place: str
    size: int  # bytes
    mime: str = ""  # told by the bytes
    width: int = 0  # pixels; 0 where unknown
    height: int = 0
    reason: str = ""


class _Asked(msgspec.Struct, frozen=True, dict=True):
    """What remembers the answers of pure functions."""

    def once(self, ask: Callable[..., T], *given: Any) -> T:
        """Return what a pure function tells of this one and of others, asked only once."""
        answers: dict[Any, Any] = self.__dict__.setdefault("_answers", {})
        key = ask, *map(id, given)
        if key not in answers:
            answers[key] = given, ask(self, *given)  # what is kept with it keeps its id
        return cast(T, answers[key][1])


class FrontCover(msgspec.Struct, frozen=True, kw_only=True):
    """A front cover that was fetched for an album, and where it is to go.

    The place of the picture is its whole path, escaped; `of` names the release that it is of.
    """

    image: ImageFile
    of: str
    embed: bool = True  # into the tracks
    beside: bool = False  # as a file in the album's folder


class Album(_Asked, frozen=True, kw_only=True):
    """One folder that holds audio, together with the folders of its discs.

    `place` is "" for the tracks right in the artist's folder. `in_library_root` means that this
    folder is the album's own, not an artist's, such as "Artist - Album (1974)". If the discs are
    folders next to each other, such as "Dawn (Disc 1)" and "Dawn (Disc 2)", `place` is that of the
    first.
    """

    place: str
    tracks: tuple[Track, ...]
    images: tuple[ImageFile, ...] = ()
    in_library_root: bool = False

    @property
    def is_loose(self) -> bool:
        """Whether its tracks lie loose in the folder of an artist."""
        return not (self.place or self.in_library_root)

    @cached_property
    def readable(self) -> tuple[Track, ...]:
        """The tracks that could be read."""
        return tuple(track for track in self.tracks if not track.fault)

    @cached_property
    def sibling_folders(self) -> tuple[str, ...]:
        """The folders of its discs that are next to its own, not below it."""
        if not self.place:
            return ()
        folders = {track.place.rpartition("/")[0] for track in self.tracks}
        own = (self.place, f"{self.place}/")
        return tuple(sorted(one for one in folders if one != own[0] and not one.startswith(own[1])))

    @property
    def is_image(self) -> bool:
        """Whether its discs are one file each, so that no tags tell its tracks."""
        return bool(self.tracks) and all(track.cue for track in self.tracks)


class Artist(_Asked, frozen=True, kw_only=True):
    """One artist's folder; the fingerprint is that of the moment when it was listed.

    `resolved` is what a look-up came to, where there was one, `matches` what each album is, by its
    place, and `unowned` are the titles of albums of the discography that are not here. `covers` are
    front covers that were fetched for albums, by their places.
    """

    name: str  # of the folder, escaped
    path: str  # escaped
    albums: tuple[Album, ...]
    fingerprint: str
    resolved: Resolved | None = None
    matches: dict[str, Match] = {}
    unowned: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()  # places of audio files that are no tracks: they are not read
    covers: dict[str, FrontCover] = {}

    @property
    def tracks(self) -> Iterator[Track]:
        """All tracks, album by album."""
        return (track for album in self.albums for track in album.tracks)
