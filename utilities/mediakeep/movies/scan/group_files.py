"""Group the folders and files of a library into movies, by their names alone.

1. A folder that contains VIDEO_TS or BDMV is a copy of a disc, and one movie.
2. A folder with one movie directly in it (whole, in parts or in versions) and none below
   belongs to that movie with all its files. So does a folder that contains only part folders:
   CD1, CD2.
3. In the root of the library, and in any other folder with movies, each one is separate.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from operator import attrgetter

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.media.folder_listing import ListedFile, ListedFolder
from mediakeep.movies.names import parts
from mediakeep.movies.scan import file_types, match_sidecars, multipart
from mediakeep.movies.scan.file_types import DISC_STREAM_SUFFIXES, VIDEO_SUFFIXES
from mediakeep.movies.scan.multipart import MultipartMovie

_GET_NAME = attrgetter("name")
_DISC_FOLDERS = {"video_ts": "dvd", "bdmv": "bluray"}
_DISC_INDEX_FILES = {"video_ts.ifo": "dvd", "index.bdmv": "bluray"}


class MovieFiles(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one movie; `place` is its key, the path relative to the scanned folder.

    `folders` list the files of this movie only; their places are relative to its own folder or to
    the folder that contains it. `part_folders` maps the place of each part folder to its number.
    """

    place: str
    own_folder: bool = False
    disc: str = ""
    folders: tuple[ListedFolder, ...] = ()
    stacks: tuple[MultipartMovie, ...] = ()
    part_folders: dict[str, int] = {}

    @property
    def video_count(self) -> int:
        """The number of the movie's videos; a disc copy counts as one."""
        return sum(len(stack.videos) for stack in self.stacks) or 1


class _FolderGroup(msgspec.Struct):
    """A folder with its subfolders, and the movies found in all of them."""

    folder: ListedFolder
    children: list[_FolderGroup]
    movies: list[MovieFiles]

    @property
    def name(self) -> str:
        return self.folder.path.rpartition("/")[2]


def group_by_movie(listed: Sequence[ListedFolder], library: bool) -> list[MovieFiles]:
    """Group the listed folders of a tree into movies.

    If `library` is True, the top of the tree is the root of a library; otherwise it may be a
    movie's own folder.
    """
    branches = {folder.relative_path: _FolderGroup(folder, [], []) for folder in listed}
    for place in sorted(branches, key=_depth_sort_key):
        group = branches[place]
        _assign_movies(group, library)
        if above := branches.get(place.rpartition("/")[0]) if place else None:
            above.children.append(group)
    return branches[""].movies


def _depth_sort_key(place: str) -> tuple[int, str]:
    return (-place.count("/") - 1 if place else 0), place


def group_folder_files(folder: ListedFolder) -> list[MovieFiles]:
    """Group the files directly in a folder that several movies share into movies."""
    mains, extras = _split_extras(folder, "")
    return list(_split_shared_folder(folder, mains, extras))


def _assign_movies(group: _FolderGroup, library: bool) -> None:
    """Find the movies in a folder, after those of its subfolders were found."""
    folder = group.folder
    root = library and not folder.relative_path
    subfolders = [kid for kid in group.children if not file_types.is_extras_folder(kid.name, root)]
    below = [lot for kid in subfolders for lot in kid.movies]
    mains, extras = _split_extras(folder, "" if root or below else group.name)
    if not root and (disc := _disc_type(group)):
        beside = [
            stack for stack in mains if stack.videos[0].file.suffix not in DISC_STREAM_SUFFIXES
        ]
        group.movies = [_build_own_folder_movie(group, beside, disc)]
    elif not root and not mains and (numbered := _number_part_folders(subfolders)):
        group.movies = [_build_part_folders_movie(group, subfolders, numbered)]
    elif not root and not below and _is_one_movie(group.name, mains):
        group.movies = [_build_own_folder_movie(group, mains)]
    else:
        group.movies = [*_split_shared_folder(folder, mains, extras), *below]


def _split_extras(folder: ListedFolder, name: str) -> tuple[list[MultipartMovie], list[ListedFile]]:
    """Split the videos directly in a folder into movies and extras."""
    videos = filter(_is_video, folder.files)
    parsed = [(file, file_types.parse_extra(multipart.file_stem(file), name)) for file in videos]
    mains = [file for file, extra in parsed if not extra]
    stacked = multipart.group_parts(mains)
    extras = [file for file, extra in parsed if extra and not extra.is_ambiguous]
    doubtful = [(file, extra) for file, extra in parsed if extra and extra.is_ambiguous]
    if doubtful:
        is_one_movie = bool(name) and _is_one_movie(name, stacked)
        stems = _index_by_stem(stacked)
        fitting = [
            file
            for file, extra in doubtful
            if is_one_movie or path_text.normalize_name(extra.stem) in stems
        ]
        passed = {file.name for file in (*extras, *fitting)}
        mains = [file for file, _ in parsed if file.name not in passed]
        stacked, extras = multipart.group_parts(mains), [*extras, *fitting]
    return stacked, extras


def _is_one_movie(name: str, stacked: Sequence[MultipartMovie]) -> bool:
    return len(stacked) == 1 or (
        len(stacked) > 1 and multipart.are_versions_of_one_movie(name, stacked)
    )


def _disc_type(group: _FolderGroup) -> str:
    """Return "dvd" or "bluray" if a folder is a disc copy or a part of one, else ""."""
    if (disc := _DISC_FOLDERS.get(group.name.lower())) and any(map(_is_video, group.folder.files)):
        return disc
    for kid in group.children:
        if (disc := _DISC_FOLDERS.get(kid.name.lower())) and (kid.movies or kid.folder.error):
            return disc
    disc_types = (_DISC_INDEX_FILES.get(file.name.lower(), "") for file in group.folder.files)
    return next(filter(None, disc_types), "")


def _number_part_folders(subfolders: Sequence[_FolderGroup]) -> dict[str, int]:
    """Return the part number of each subfolder, or {} if they are not parts of one movie."""
    full = [kid for kid in subfolders if kid.movies]
    numbers = {kid.name: parts.parse_part_folder(kid.name) for kid in full}
    are_whole_movies = all(len(kid.movies) == 1 and kid.movies[0].own_folder for kid in full)
    distinct = len(set(numbers.values())) == len(full)
    return numbers if are_whole_movies and distinct and all(numbers.values()) else {}


def _build_own_folder_movie(
    group: _FolderGroup, stacked: Sequence[MultipartMovie], disc: str = ""
) -> MovieFiles:
    return MovieFiles(
        place=group.folder.relative_path,
        own_folder=True,
        disc=disc,
        folders=tuple(_rebase_folders(group)),
        stacks=tuple(stacked),
    )


def _build_part_folders_movie(
    group: _FolderGroup, subfolders: Sequence[_FolderGroup], numbered: dict[str, int]
) -> MovieFiles:
    """Build one movie from the folders that contain its parts."""
    lots = [kid.movies[0] for kid in subfolders if kid.movies]
    disc = next((lot.disc for lot in lots if lot.disc), "")
    whole = _build_own_folder_movie(group, [stack for lot in lots for stack in lot.stacks], disc)
    return structs.replace(whole, part_folders=numbered)


def _rebase_folders(group: _FolderGroup) -> Iterator[ListedFolder]:
    """Yield a folder and its subfolders with paths relative to that folder."""
    prefix_length = len(group.folder.relative_path) + 1 if group.folder.relative_path else 0
    stack = [group]
    while stack:
        current = stack.pop()
        stack += reversed(current.children)
        yield structs.replace(
            current.folder, relative_path=current.folder.relative_path[prefix_length:]
        )


def _split_shared_folder(
    folder: ListedFolder, stacked: Sequence[MultipartMovie], extras: Sequence[ListedFile]
) -> Iterator[MovieFiles]:
    """Yield the movies of a shared folder, each with the files that are named after it."""
    if not stacked:
        return
    stems = _index_by_stem(stacked)
    files_of: list[list[ListedFile]] = [[video.file for video in stack.videos] for stack in stacked]
    for file in extras:
        extra = file_types.parse_extra(multipart.file_stem(file))
        if extra and (number := stems.get(path_text.normalize_name(extra.stem))) is not None:
            files_of[number].append(file)
    for file in folder.files:
        if name := match_sidecars.match_to_video(
            file, lambda stem: path_text.normalize_name(stem) in stems, strict=True
        ):
            files_of[stems[path_text.normalize_name(name.stem)]].append(file)
    for stack, own in zip(stacked, files_of, strict=True):
        part = structs.replace(folder, relative_path="", files=tuple(sorted(own, key=_GET_NAME)))
        place = folder.relative_path_of(stack.videos[0].file.name)
        yield MovieFiles(place=place, folders=(part,), stacks=(stack,))


def _index_by_stem(stacked: Sequence[MultipartMovie]) -> dict[str, int]:
    """Map names that sidecars may start with to the index of their movie.

    The names are normalized.
    """
    indexes: dict[str, int] = {}
    for number, stack in enumerate(stacked):
        for stem in (stack.base, *(video.stem for video in stack.videos)):
            indexes.setdefault(path_text.normalize_name(stem), number)
    return indexes


def _is_video(file: ListedFile) -> bool:
    return file.suffix in VIDEO_SUFFIXES
