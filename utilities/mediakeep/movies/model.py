"""A movie as it lies on the disk: its videos, and what lies beside them.

Places are paths below the movie's `root`, escaped (see files.escape).
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import files
from mediakeep.media.video.facts import VideoFacts


class Name(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the name of a file or folder says; "" and 0 where it says nothing.

    `others` are titles that it may mean besides, such as that of the folder.
    """

    title: str = ""
    year: int = 0
    tmdb_id: int = 0
    imdb_id: str = ""
    edition: str = ""
    others: tuple[str, ...] = ()
    source: str = ""  # "file" or "folder"
    by: str = ""  # "guessit", or "simple" without it


class Video(msgspec.Struct, frozen=True, omit_defaults=True):
    """One video file of a movie; `part` counts from 1 where it is cut into several files.

    `version` tells it from other files of the whole movie, such as "1080p".
    """

    place: str
    size: int = 0
    mtime_ns: int = 0
    part: int = 0
    version: str = ""
    edition: str = ""
    facts: VideoFacts | None = None
    trouble: str = ""  # why there are no facts, as a sentence


class Subtitle(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file of subtitles; `language` as its name tells, lower case, "" where it does not."""

    place: str
    language: str = ""
    flags: tuple[str, ...] = ()  # "default", "forced", "sdh"


class Image(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture beside a movie; `role` is "poster", "fanart", "banner", "clearlogo"..."""

    place: str
    role: str
    size: int = 0  # bytes
    mime: str = ""  # "" where it is no picture
    width: int = 0  # pixels; 0 where they cannot be told
    height: int = 0
    trouble: str = ""  # why it is no good, as a sentence's end


class Movie(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One movie; `root` is the folder that all its files lie in or below, escaped.

    With an `own_folder` everything in it is the movie's; else other movies lie there as well.
    `base` is what the names of its sidecar files begin with: the name of its first video without
    suffix and part. `disc` is "dvd" or "bluray" for a copy of a disc, whose videos are not listed
    one by one.
    """

    key: str
    path: str  # of the item: the first video, or its own folder; escaped
    root: str
    base: str
    own_folder: bool = False
    disc: str = ""
    name: Name = Name()
    videos: tuple[Video, ...] = ()
    extras: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    subtitles: tuple[Subtitle, ...] = ()
    images: tuple[Image, ...] = ()
    nfos: tuple[str, ...] = ()  # every *.nfo that is this movie's, the one that counts first
    orphans: tuple[str, ...] = ()  # sidecars in its own folder that fit no video there
    sidecar: str = ""  # its -metadata.json, "" where there is none
    locked: str = ""  # why nothing may be written, as a sentence's end
    fingerprint: str = ""

    @property
    def edition(self) -> str:
        """Which edition its name says it is; "" where it does not."""
        return self.name.edition or (self.videos[0].edition if self.videos else "")

    @property
    def duration(self) -> float:
        """How many seconds it lasts: all parts of its first version; 0 where one is unknown."""
        whole = [one for one in self.videos if one.part == 0] or list(self.videos)
        first = [one for one in whole if one.version == whole[0].version] if whole else []
        lengths = [one.facts.duration if one.facts else 0.0 for one in first]
        if not lengths or not all(lengths):
            return 0.0
        return sum(lengths) if first[0].part else lengths[0]


def library(path: Path, key: str) -> Path:
    """Return the library that a movie's path lies in, of which the key is the place below it."""
    depth = len(Path(files.unescape(key)).parts)
    return path.parents[min(depth, len(path.parents)) - 1]
