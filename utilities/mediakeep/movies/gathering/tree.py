"""Which folders and files of a library make up one movie, by their names alone.

1. A folder with VIDEO_TS or BDMV in it is a copy of a disc, and a movie.
2. A folder with one movie right in it (whole, in parts, or in versions) and no other below is that
   movie's own, with all that it holds. So is one that holds nothing but its parts: CD1, CD2.
3. In the library's root, and in any other folder with movies, each is one of its own.
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
    """What belongs to one movie; `place` is its key, below the top of the tree.

    `folders` are listed with this movie's files alone, their places below its own folder or that
    which it lies in. `parts` tells which part of the movie each folder of parts holds.
    """

    place: str
    own: bool = False
    disc: str = ""
    folders: tuple[Folder, ...] = ()
    stacks: tuple[Stack, ...] = ()
    parts: dict[str, int] = {}

    @property
    def count(self) -> int:
        """How many videos it has; a copy of a disc counts as one."""
        return sum(len(stack.clips) for stack in self.stacks) or 1


class _Branch(msgspec.Struct):
    """A folder, what was found below it, and the movies in both."""

    folder: Folder
    kids: list[_Branch]
    lots: list[Lot]

    @property
    def name(self) -> str:
        return self.folder.path.rpartition("/")[2]


def arrange(listed: Sequence[Folder], library: bool) -> list[Lot]:
    """Tell the movies of a tree, whose top is a library's root or may be a movie's own folder."""
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
    """Tell the movies right in a folder that holds several."""
    mains, extras = _videos(folder, "")
    return list(_several(folder, mains, extras))


def _settle(branch: _Branch, library: bool) -> None:
    """Tell the movies in a folder, those below it being told."""
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
    """Part the videos right in a folder into movies and extras.

    `name` is that of a folder which may be a movie's own. A doubtful extra is one only beside its
    movie, or beside the only one.
    """
    videos = filter(_is_video, folder.files)
    told = [(file, formats.extra(stacks.stem_of(file), name)) for file in videos]
    mains = [file for file, extra in told if not extra]
    stacked = stacks.together(mains)
    extras = [file for file, extra in told if extra and not extra.doubtful]
    doubtful = [(file, extra) for file, extra in told if extra and extra.doubtful]
    if doubtful:
        one = bool(name) and _is_one(name, stacked)
        stems = _stems(stacked)
        fitting = [file for file, extra in doubtful if one or files.fold(extra.stem) in stems]
        passed = {file.name for file in (*extras, *fitting)}
        mains = [file for file, _ in told if file.name not in passed]
        stacked, extras = stacks.together(mains), [*extras, *fitting]
    return stacked, extras


def _is_one(name: str, stacked: Sequence[Stack]) -> bool:
    return len(stacked) == 1 or (len(stacked) > 1 and stacks.are_versions(name, stacked))


def _disc(branch: _Branch) -> str:
    """Tell whether a folder is a copy of a disc, or a part of one, and of which kind."""
    if (disc := _DISCS.get(branch.name.lower())) and any(map(_is_video, branch.folder.files)):
        return disc
    for kid in branch.kids:
        if (disc := _DISCS.get(kid.name.lower())) and (kid.lots or kid.folder.fault):
            return disc
    told = (_MARKS.get(file.name.lower(), "") for file in branch.folder.files)
    return next(filter(None, told), "")


def _numbered(kids: Sequence[_Branch]) -> dict[str, int]:
    """Tell which part of one movie each folder holds; nothing where that is not what they are."""
    full = [kid for kid in kids if kid.lots]
    numbers = {kid.name: parts.of_folder(kid.name) for kid in full}
    one = all(len(kid.lots) == 1 and kid.lots[0].own for kid in full)
    distinct = len(set(numbers.values())) == len(full)
    return numbers if one and distinct and all(numbers.values()) else {}


def _own(branch: _Branch, stacked: Sequence[Stack], disc: str = "") -> Lot:
    return Lot(
        place=branch.folder.place,
        own=True,
        disc=disc,
        folders=tuple(_rebased(branch)),
        stacks=tuple(stacked),
    )


def _in_parts(branch: _Branch, kids: Sequence[_Branch], numbered: dict[str, int]) -> Lot:
    """Make one movie of those in folders of parts."""
    lots = [kid.lots[0] for kid in kids if kid.lots]
    disc = next((lot.disc for lot in lots if lot.disc), "")
    whole = _own(branch, [stack for lot in lots for stack in lot.stacks], disc)
    return structs.replace(whole, parts=numbered)


def _rebased(branch: _Branch) -> Iterator[Folder]:
    """Give a folder and all below it, with places below it."""
    skipped = len(branch.folder.place) + 1 if branch.folder.place else 0
    left = [branch]
    while left:
        one = left.pop()
        left += reversed(one.kids)
        yield structs.replace(one.folder, place=one.folder.place[skipped:])


def _several(folder: Folder, stacked: Sequence[Stack], extras: Sequence[File]) -> Iterator[Lot]:
    """Tell the movies of a folder that has several, each with the files that are named for it."""
    if not stacked:
        return
    stems = _stems(stacked)
    held: list[list[File]] = [[clip.file for clip in stack.clips] for stack in stacked]
    for file in extras:
        extra = formats.extra(stacks.stem_of(file))
        if extra and (number := stems.get(files.fold(extra.stem))) is not None:
            held[number].append(file)
    for file in folder.files:
        if found := companions.owned(file, lambda stem: files.fold(stem) in stems, strict=True):
            held[stems[files.fold(found.stem)]].append(file)
    for stack, own in zip(stacked, held, strict=True):
        part = Folder(folder.path, "", folder.identity, tuple(sorted(own, key=_NAME)))
        place = folder.place_of(stack.clips[0].file.name)
        yield Lot(place=place, folders=(part,), stacks=(stack,))


def _stems(stacked: Sequence[Stack]) -> dict[str, int]:
    """Return the names, folded, that companions of each may begin with."""
    found: dict[str, int] = {}
    for number, stack in enumerate(stacked):
        for stem in (stack.base, *(clip.stem for clip in stack.clips)):
            found.setdefault(files.fold(stem), number)
    return found


def _is_video(file: File) -> bool:
    return file.suffix in VIDEOS
