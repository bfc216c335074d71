"""The places of a movie's sidecars, and the files that have to be written.

    <name>.nfo             for media centres; an existing one is updated; movie.nfo if Jellyfin
                           reads no other name
    <name>-poster.jpg      only if the movie has none, or with --force
    <name>-fanart.jpg
    <name>-metadata.json   what mediakeep knows, and what it wrote into the NFO, so that the user's
                           edits can be recognized

Nothing is written here; a dry run stops after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import msgspec

from mediakeep import path_text
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.sidecars import artwork

NFO, METADATA, SET_ASIDE = "nfo", "metadata", "set-aside"
MOVIE_NFO = "movie.nfo"  # read in any folder of a single movie
_METADATA_SUFFIX = "-metadata.json"
_SET_ASIDE_SUFFIX = ".orig"
_DVD_FOLDER = "VIDEO_TS"


class PendingFile(msgspec.Struct, frozen=True):
    """A sidecar file that has to be written: its path, its new content, and its current content."""

    role: str  # "nfo", "poster", "fanart", "metadata"
    place: str  # relative to the movie's root, escaped
    data: bytes
    current: bytes | None = None  # None if there is no file
    reason: str = ""
    changes: dict[str, tuple[str, str]] = {}  # of NFO fields: old and new value
    replaces: dict[str, bytes] = {}  # other NFOs to remove after this is written, by place
    set_aside: dict[str, bytes] = {}  # copies to write before this file, by place

    @property
    def is_new(self) -> bool:
        """True if the file does not exist yet."""
        return self.current is None


def nfo_place(local: LocalMovie) -> str:
    """Return the path of a movie's NFO, the existing or a new one, relative to its root."""
    return local.nfos[0] if local.nfos else new_nfo_place(local)


def new_nfo_place(local: LocalMovie) -> str:
    """Return the path of a new NFO, relative to the movie's root, that Kodi and Jellyfin read.

    Jellyfin reads `VIDEO_TS/VIDEO_TS.nfo` of a DVD, `movie.nfo` in a movie's own folder, and the
    NFO named after the video that it plays, which is the first part or any of the versions
    (MovieNfoSaver.GetMovieSavePaths). So does Kodi, which tries the first part first
    (CVideoTagLoaderNFO::FindNFO).
    """
    if local.disc == "dvd" and absolute_path(local, _DVD_FOLDER).is_dir():
        return f"{_DVD_FOLDER}/{_DVD_FOLDER}.nfo"
    if local.disc or not local.videos:
        return MOVIE_NFO if local.disc else f"{_sidecar_stem(local)}.nfo"
    first = local.videos[0]
    if (
        local.own_folder
        and "/" not in first.place
        and (first.part or len(_list_versions(local)) > 1)
    ):
        return MOVIE_NFO
    return f"{first.place.rpartition('.')[0]}.nfo" if first.part else f"{_sidecar_stem(local)}.nfo"


def metadata_place(local: LocalMovie) -> str:
    """Return the path of a movie's metadata file, relative to the movie's root."""
    return local.metadata_file or f"{_sidecar_stem(local)}{_METADATA_SUFFIX}"


def picture_place(local: LocalMovie, role: str, suffix: str = ".jpg") -> str:
    """Return the path of a movie's picture with a role, relative to the movie's root.

    An existing picture is replaced. A folder with several versions of one movie has one picture for
    all.
    """
    for image in local.images:
        if image.role == role and image.place.lower().endswith(suffix):
            return image.place
    if local.disc or (local.own_folder and len(_list_versions(local)) > 1):
        return f"{role}{suffix}"
    return f"{_sidecar_stem(local)}-{role}{suffix}"


def unusable_nfo_place(place: str, number: int = 1) -> str:
    """Return the path under which an unusable NFO is kept.

    Each `number` gives a different path.
    """
    return f"{place}{_SET_ASIDE_SUFFIX}" + (f".{number}" if number > 1 else "")


def role_from_place(place: str) -> str:
    """Return the role of a sidecar, such as "poster", from its path."""
    name = place.rpartition("/")[2]
    if name.endswith(_METADATA_SUFFIX):
        return METADATA
    if _SET_ASIDE_SUFFIX in name:
        return SET_ASIDE
    stem = name.rpartition(".")[0]
    return next((known for known in artwork.PICTURE_ROLES if stem.endswith(known)), NFO)


def missing_pictures(local: LocalMovie) -> tuple[str, ...]:
    """Return the roles for which a movie has no picture.

    A corrupt picture counts as a picture.
    """
    present = {image.role for image in local.images}
    return tuple(role for role in artwork.PICTURE_ROLES if role not in present)


def absolute_path(local: LocalMovie, place: str) -> Path:
    """Return the absolute path of a movie's file, given its path relative to the movie's root."""
    return Path(path_text.unescape_path(local.root)) / path_text.unescape_path(place)


def _list_versions(local: LocalMovie) -> Sequence[str]:
    return tuple(dict.fromkeys(video.version for video in local.videos))


def _sidecar_stem(local: LocalMovie) -> str:
    """Return the start of the paths of a movie's sidecars.

    It is the folder and name of the first video.
    """
    if local.disc or not local.videos:
        return local.base
    folder = PurePosixPath(local.videos[0].place).parent
    return local.base if str(folder) == "." else f"{folder}/{local.base}"
