"""The data model of a movie on disk: its video files and the files next to them.

A `place` is a path relative to the movie's `root`, escaped (see `path_text.escape`).
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from mediakeep import path_text
from mediakeep.media.video.model import VideoInfo


class MovieName(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the name of a movie's file or folder says; "" or 0 if it does not say it.

    `others` are alternative titles, such as the folder's.
    """

    title: str = ""
    year: int = 0
    tmdb_id: int = 0
    imdb_id: str = ""
    edition: str = ""
    others: tuple[str, ...] = ()
    source: str = ""  # "file" or "folder"


class MovieVideo(msgspec.Struct, frozen=True, omit_defaults=True):
    """A video file of a movie; `part` counts from 1 if the movie is split, and is 0 if not.

    `version`, such as "1080p", distinguishes it from other files that contain the whole movie.
    """

    place: str
    size: int = 0
    mtime_ns: int = 0
    part: int = 0
    version: str = ""
    edition: str = ""
    facts: VideoInfo | None = None
    trouble: str = ""  # why the video could not be probed, as a sentence


class SubtitleFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subtitle file of a movie; `language` is the lower-case tag in its name, or "" if none."""

    place: str
    language: str = ""
    flags: tuple[str, ...] = ()  # "default", "forced", "sdh"


class MovieImage(msgspec.Struct, frozen=True, omit_defaults=True):
    """A picture file of a movie; `role` is "poster", "fanart", "banner", "clearlogo" and so on."""

    place: str
    role: str
    size: int = 0  # bytes
    mime: str = ""  # "" if it is not a picture
    width: int = 0  # pixels; 0 if unknown
    height: int = 0
    trouble: str = ""  # why it is unusable, as the end of a sentence


class LocalMovie(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A movie on disk; `root` is the escaped path of the folder that contains all its files.

    If `own_folder` is True, everything in that folder belongs to the movie; otherwise other movies
    share it. The names of its sidecar files start with `base`: the name of its first video without
    suffix and part number. `disc` is "dvd" or "bluray" for a disc copy, whose videos are not listed
    individually. `real_paths` are those of the folder and of links in it, see `resolve_links`.
    """

    key: str
    path: str  # of the item: the first video, or its own folder; escaped
    root: str
    base: str
    own_folder: bool = False
    disc: str = ""
    name: MovieName = MovieName()
    videos: tuple[MovieVideo, ...] = ()
    extras: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    subtitles: tuple[SubtitleFile, ...] = ()
    images: tuple[MovieImage, ...] = ()
    nfos: tuple[str, ...] = ()  # the movie's *.nfo files, the effective one first
    orphans: tuple[str, ...] = ()  # sidecars in its own folder that match no video
    metadata_file: str = ""  # its -metadata.json, or "" if none
    lock_reason: str = ""  # why nothing may be written, as the end of a sentence
    fingerprint: str = ""
    real_paths: dict[str, str] = {}

    @property
    def edition(self) -> str:
        """The edition given in the movie's name, or "" if none."""
        return self.name.edition or (self.videos[0].edition if self.videos else "")

    @property
    def duration(self) -> float:
        """The runtime of the movie in seconds; 0 if that of any part is unknown.

        If there are several versions, it is that of the first one.
        """
        whole = [video for video in self.videos if video.part == 0] or list(self.videos)
        first = [video for video in whole if video.version == whole[0].version] if whole else []
        lengths = [video.facts.duration if video.facts else 0.0 for video in first]
        if not lengths or not all(lengths):
            return 0.0
        return sum(lengths) if first[0].part else lengths[0]


def library_root(path: Path, key: str) -> Path:
    """Return the library folder that contains the movie at `path`.

    `key` is the path relative to that folder.
    """
    depth = len(Path(path_text.unescape_path(key)).parts)
    return path.parents[min(depth, len(path.parents)) - 1]
