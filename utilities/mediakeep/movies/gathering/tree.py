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

from mediakeep import files
from mediakeep.media.folders import File, Folder
from mediakeep.movies.gathering import companions, formats, stacks
from mediakeep.movies.gathering.formats import STREAMS, VIDEOS
from mediakeep.movies.gathering.stacks import Stack
from mediakeep.movies.names import parts

_NAME = attrgetter("name")
_DISCS = {"video_ts": "dvd", "bdmv": "bluray"}
_MARKS = {"video_ts.ifo": "dvd", "index.bdmv": "bluray"}


class Lot(msgspec.Struct, frozen=True, kw_only=True):
    """The files of one movie; `place` is its key, relative to the top of the tree.

    `folders` list the files of this movie only; their places are relative to its own folder or to
    the folder that contains it. `part_folders` maps the place of each part folder to its number.
    """

    place: str
    own: bool = False
    disc: str = ""
    folders: tuple[Folder, ...] = ()
    stacks: tuple[Stack, ...] = ()
    parts: dict[str, int] = {}

    @property
    def count(self) -> int:
        """The number of videos; a disc copy counts as one."""
        return sum(len(stack.clips) for stack in self.stacks) or 1


class _Branch(msgspec.Struct):
    """A folder, its subfolders, and the movies in all of them."""

    folder: Folder
    kids: list[_Branch]
    lots: list[Lot]

    @property
    def name(self) -> str:
        return self.folder.path.rpartition("/")[2]


def arrange(listed: Sequence[Folder], library: bool) -> list[Lot]:
    """Group a tree into movies; its top is a library's root, or may be a movie's own folder."""
    branches = {folder.place: _Branch(folder, [], []) for folder in listed}
    for place in sorted(branches, key=_deepest):
        branch = branches[place]
        _settle(branch, library)
        if above := branches.get(place.rpartition("/")[0]) if place else None:
            above.kids.append(branch)
    return branches[""].lots


def _deepest(place: str) -> tuple[int, str]:
    return (-place.count("/") - 1 if place else 0), place


def right_in(folder: Folder) -> list[Lot]:
    """Group the files directly in a shared folder into movies."""
    mains, extras = _videos(folder, "")
    return list(_several(folder, mains, extras))


def _settle(branch: _Branch, library: bool) -> None:
    """Find the movies of a folder, after those of its subfolders."""
    folder = branch.folder
    root = library and not folder.place
    kids = [kid for kid in branch.kids if not formats.is_extras(kid.name, root)]
    below = [lot for kid in kids for lot in kid.lots]
    mains, extras = _videos(folder, "" if root or below else branch.name)
    if not root and (disc := _disc(branch)):
        beside = [stack for stack in mains if stack.clips[0].file.suffix not in STREAMS]
        branch.lots = [_own(branch, beside, disc)]
    elif not root and not mains and (numbered := _numbered(kids)):
        branch.lots = [_in_parts(branch, kids, numbered)]
    elif not root and not below and _is_one(branch.name, mains):
        branch.lots = [_own(branch, mains)]
    else:
        branch.lots = [*_several(folder, mains, extras), *below]


def _videos(folder: Folder, name: str) -> tuple[list[Stack], list[File]]:
    """Split the videos directly in a folder into movies and extras."""
    videos = filter(_is_video, folder.files)
    parsed = [(file, formats.extra(stacks.stem_of(file), name)) for file in videos]
    mains = [file for file, extra in parsed if not extra]
    stacked = stacks.together(mains)
    extras = [file for file, extra in parsed if extra and not extra.doubtful]
    doubtful = [(file, extra) for file, extra in parsed if extra and extra.doubtful]
    if doubtful:
        is_one_movie = bool(name) and _is_one(name, stacked)
        stems = _stems(stacked)
        fitting = [
            file for file, extra in doubtful if is_one_movie or files.fold(extra.stem) in stems
        ]
        passed = {file.name for file in (*extras, *fitting)}
        mains = [file for file, _ in parsed if file.name not in passed]
        stacked, extras = stacks.together(mains), [*extras, *fitting]
    return stacked, extras


def _is_one(name: str, stacked: Sequence[Stack]) -> bool:
    return len(stacked) == 1 or (len(stacked) > 1 and stacks.are_versions(name, stacked))


def _disc(branch: _Branch) -> str:
    """Return the disc type of a folder that is a disc copy or a part of one, or ""."""
    if (disc := _DISCS.get(branch.name.lower())) and any(map(_is_video, branch.folder.files)):
        return disc
    for kid in branch.kids:
        if (disc := _DISCS.get(kid.name.lower())) and (kid.lots or kid.folder.fault):
            return disc
    disc_types = (_MARKS.get(file.name.lower(), "") for file in branch.folder.files)
    return next(filter(None, disc_types), "")


def _numbered(kids: Sequence[_Branch]) -> dict[str, int]:
    """Return the number of each part folder, or nothing if they are not parts of one movie."""
    full = [kid for kid in kids if kid.lots]
    numbers = {kid.name: parts.of_folder(kid.name) for kid in full}
    are_whole_movies = all(len(kid.lots) == 1 and kid.lots[0].own for kid in full)
    distinct = len(set(numbers.values())) == len(full)
    return numbers if are_whole_movies and distinct and all(numbers.values()) else {}


def _own(branch: _Branch, stacked: Sequence[Stack], disc: str = "") -> Lot:
    return Lot(
        place=branch.folder.place,
        own=True,
        disc=disc,
        folders=tuple(_rebased(branch)),
        stacks=tuple(stacked),
    )


def _in_parts(branch: _Branch, kids: Sequence[_Branch], numbered: dict[str, int]) -> Lot:
    """Build one movie from its part folders."""
    lots = [kid.lots[0] for kid in kids if kid.lots]
    disc = next((lot.disc for lot in lots if lot.disc), "")
    whole = _own(branch, [stack for lot in lots for stack in lot.stacks], disc)
    return structs.replace(whole, parts=numbered)


def _rebased(branch: _Branch) -> Iterator[Folder]:
    """Yield a folder and its subfolders with places relative to it."""
    prefix_length = len(branch.folder.place) + 1 if branch.folder.place else 0
    stack = [branch]
    while stack:
        current = stack.pop()
        stack += reversed(current.kids)
        yield structs.replace(current.folder, place=current.folder.place[prefix_length:])


def _several(folder: Folder, stacked: Sequence[Stack], extras: Sequence[File]) -> Iterator[Lot]:
    """Yield the movies of a shared folder, each with the files that are named after it."""
    if not stacked:
        return
    stems = _stems(stacked)
    files_of: list[list[File]] = [[clip.file for clip in stack.clips] for stack in stacked]
    for file in extras:
        extra = formats.extra(stacks.stem_of(file))
        if extra and (number := stems.get(files.fold(extra.stem))) is not None:
            files_of[number].append(file)
    for file in folder.files:
        if name := companions.owned(file, lambda stem: files.fold(stem) in stems, strict=True):
            files_of[stems[files.fold(name.stem)]].append(file)
    for stack, own in zip(stacked, files_of, strict=True):
        part = Folder(folder.path, "", folder.identity, tuple(sorted(own, key=_NAME)))
        place = folder.place_of(stack.clips[0].file.name)
        yield Lot(place=place, folders=(part,), stacks=(stack,))


def _stems(stacked: Sequence[Stack]) -> dict[str, int]:
    """Map the normalized stems that sidecar names may start with to the index of the movie."""
    indexes: dict[str, int] = {}
    for number, stack in enumerate(stacked):
        for stem in (stack.base, *(clip.stem for clip in stack.clips)):
            indexes.setdefault(files.fold(stem), number)
    return indexes


def _is_video(file: File) -> bool:
    return file.suffix in VIDEOS
