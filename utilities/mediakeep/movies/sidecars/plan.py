"""Which files are due beside a movie: its NFO, its pictures, and what mediakeep knows of it.

    <name>.nfo             what a media centre reads; the one that is there already is brought up;
                           movie.nfo where Jellyfin reads no other name
    <name>-poster.jpg      only where the movie has none, or by force
    <name>-fanart.jpg
    <name>-metadata.json   what was found out, and what was written into the NFO, so that a
                           person's edits can be told from it

Nothing here is written: a dry run stops after it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import msgspec

from mediakeep import files
from mediakeep.movies.model import Movie
from mediakeep.movies.sidecars import art

NFO, SIDECAR, ASIDE = "nfo", "metadata", "set-aside"
MOVIE_NFO = "movie.nfo"  # read in any movie's own folder
_SIDECAR_END = "-metadata.json"
_ASIDE_END = ".orig"
_DVD = "VIDEO_TS"


class Due(msgspec.Struct, frozen=True):
    """A file that is to be written: its place, its new bytes, and those that are there now."""

    role: str  # "nfo", "poster", "fanart", "metadata"
    place: str  # below the movie's root, escaped
    data: bytes
    was: bytes | None = None  # None: no such file
    reason: str = ""
    changes: dict[str, tuple[str, str]] = {}  # of an NFO's fields: what they held and are to hold
    replaces: dict[str, bytes] = {}  # other NFOs to remove once this one is there, by their places
    set_aside: dict[str, bytes] = {}  # copies to write before, by their places

    @property
    def is_new(self) -> bool:
        """Whether there is no such file yet."""
        return self.was is None


def nfo_place(local: Movie) -> str:
    """Return where the NFO of a movie lies, or is to lie: an existing one is kept where it is."""
    return local.nfos[0] if local.nfos else new_nfo_place(local)


def new_nfo_place(local: Movie) -> str:
    """Return where a new NFO goes: a place that both Kodi and Jellyfin read.

    Jellyfin reads `VIDEO_TS/VIDEO_TS.nfo` of a DVD, `movie.nfo` in a movie's own folder, and the
    NFO named after the one video that it plays, which is the first part, or any of the versions
    (MovieNfoSaver.GetMovieSavePaths). So does Kodi, which tries the first part first
    (CVideoTagLoaderNFO::FindNFO).
    """
    if local.disc == "dvd" and path(local, _DVD).is_dir():
        return f"{_DVD}/{_DVD}.nfo"
    if local.disc or not local.videos:
        return MOVIE_NFO if local.disc else f"{_stem(local)}.nfo"
    first = local.videos[0]
    if local.own_folder and "/" not in first.place and (first.part or len(_versions(local)) > 1):
        return MOVIE_NFO
    return f"{first.place.rpartition('.')[0]}.nfo" if first.part else f"{_stem(local)}.nfo"


def sidecar_place(local: Movie) -> str:
    """Return where what mediakeep knows of a movie lies, or is to lie."""
    return local.sidecar or f"{_stem(local)}{_SIDECAR_END}"


def art_place(local: Movie, role: str, suffix: str = ".jpg") -> str:
    """Return where a picture is to lie.

    One that is there is replaced; a folder that holds one movie in versions has one for all.
    """
    for one in local.images:
        if one.role == role and one.place.lower().endswith(suffix):
            return one.place
    if local.disc or (local.own_folder and len(_versions(local)) > 1):
        return f"{role}{suffix}"
    return f"{_stem(local)}-{role}{suffix}"


def aside_place(place: str, number: int = 1) -> str:
    """Return where an unusable NFO is kept, a different place for each number."""
    return f"{place}{_ASIDE_END}" + (f".{number}" if number > 1 else "")


def role(place: str) -> str:
    """Return what a file that was written is for, by its place."""
    name = place.rpartition("/")[2]
    if name.endswith(_SIDECAR_END):
        return SIDECAR
    if _ASIDE_END in name:
        return ASIDE
    stem = name.rpartition(".")[0]
    return next((one for one in art.ROLES if stem.endswith(one)), NFO)


def lacking(local: Movie) -> tuple[str, ...]:
    """Return the roles of which a movie has no picture; one that is spoilt is one all the same."""
    there = {one.role for one in local.images}
    return tuple(role for role in art.ROLES if role not in there)


def path(local: Movie, place: str) -> Path:
    """Return the path of a place."""
    return Path(files.unescape(local.root)) / files.unescape(place)


def _versions(local: Movie) -> Sequence[str]:
    return tuple(dict.fromkeys(one.version for one in local.videos))


def _stem(local: Movie) -> str:
    """Return what places of its sidecars begin with: the folder of its first video, its name."""
    if local.disc or not local.videos:
        return local.base
    folder = PurePosixPath(local.videos[0].place).parent
    return local.base if str(folder) == "." else f"{folder}/{local.base}"
