"""One movie described as it lies on the disk, from the files that belong to it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import structs

from mediakeep import files
from mediakeep.errors import Unreadable
from mediakeep.media import pictures
from mediakeep.movies.gathering import belongings, companions, stacks
from mediakeep.movies.gathering.belongings import Belonging
from mediakeep.movies.gathering.tree import Lot
from mediakeep.movies.model import Image, Movie, Name, Subtitle, Video
from mediakeep.movies.names import reader


def describe(lot: Lot, path: Path, key: str, library: Path) -> Movie:
    """Describe a movie without looking into its videos; of pictures a few bytes are read."""
    root = path if lot.own else path.parent
    found = list(belongings.sort(lot, root.name))
    videos = tuple(_videos(lot, root.name))
    return Movie(
        key=key,
        path=files.escape(path),
        root=files.escape(root),
        base=files.escape(_base(lot, root)),
        own_folder=lot.own,
        disc=lot.disc,
        name=_name(lot, root, videos, library),
        videos=videos,
        extras=_places(found, "extra"),
        samples=_places(found, "sample"),
        subtitles=tuple(_subtitle(one) for one in found if one.kind == "subtitle"),
        images=tuple(_images(root, found)),
        nfos=tuple(_nfos(lot, root, found)),
        orphans=_places(found, "orphan"),
        sidecar=next(iter(_places(found, "sidecar")), ""),
        locked=_locked(root, library, found),
    )


def _base(lot: Lot, root: Path) -> str:
    return root.name if lot.disc or lot.parts or not lot.stacks else lot.stacks[0].base


def _videos(lot: Lot, folder: str) -> Iterator[Video]:
    homes = {id(file): one for one in lot.folders for file in one.files}
    several = len(lot.stacks) > 1 and not lot.parts
    for stack in lot.stacks:
        for clip in stack.clips:
            home, file = homes[id(clip.file)], clip.file
            yield Video(
                place=files.escape(home.place_of(file.name)),
                size=max(0, file.size),
                mtime_ns=file.facts.st_mtime_ns if file.facts else 0,
                part=lot.parts.get(home.place, clip.part),
                version=files.escape(
                    stacks.version(folder if several else stack.base, stack, clip)
                ),
                edition=reader.read(file.name, guessing=False).edition,
            )


def _name(lot: Lot, root: Path, videos: Sequence[Video], library: Path) -> Name:
    """Read the movie's name; with several editions of it there, none of them is in it.

    A folder of several movies may still be named for this one, whose title it then bears.
    """
    folder = root.name if root != library else ""
    if lot.disc or lot.parts or not lot.stacks:
        return reader.read("", folder)
    first = lot.stacks[0]
    file = f"{first.base}{first.clips[0].file.suffix}"
    if not lot.own and not reader.agree(file, folder):
        folder = ""
    name = reader.read(file, folder)
    if len({video.edition for video in videos}) > 1:
        return structs.replace(name, edition="")
    return name


def _places(found: Iterable[Belonging], kind: str) -> tuple[str, ...]:
    return tuple(files.escape(one.place) for one in found if one.kind == kind)


def _subtitle(one: Belonging) -> Subtitle:
    language, flags = companions.speech(one.rest)
    return Subtitle(files.escape(one.place), language, flags)


def _images(root: Path, found: Iterable[Belonging]) -> Iterator[Image]:
    """Describe the pictures, but for those that have vanished since."""
    for one in found:
        if one.kind != "image":
            continue
        path, place, size = root / one.place, files.escape(one.place), max(0, one.file.size)
        try:
            mime, width, height = pictures.of_file(path)
        except Unreadable as error:
            if path.exists() or path.is_symlink():
                yield Image(place, one.role, size, trouble=error.args[1])
            continue
        trouble = "" if mime else ("it is no picture" if size else "it is empty")
        yield Image(place, one.role, size, mime, width, height, trouble)


def _nfos(lot: Lot, root: Path, found: Iterable[Belonging]) -> list[str]:
    """Name the NFOs, the one that counts first: movie.nfo, that of a video, of the disc, folder.

    Of a movie in parts that of the first part comes before that of what they have in common.
    """
    own, homes = lot.own, {id(file): one for one in lot.folders for file in one.files}
    videos = [
        *(homes[id(clip.file)].place_of(clip.stem) for stack in lot.stacks for clip in stack.clips),
        *(stack.base for stack in lot.stacks),
    ]
    order = [*(["movie"] if own else []), *videos, "VIDEO_TS/VIDEO_TS", "BDMV/index", root.name]
    ranks = {files.fold(f"{stem}.nfo"): rank for rank, stem in reversed(list(enumerate(order)))}
    places = [one.place for one in found if one.kind == "nfo"]
    places.sort(key=lambda place: (ranks.get(files.fold(place), len(ranks)), place))
    return [files.escape(place) for place in places]


def _locked(root: Path, library: Path, found: Iterable[Belonging]) -> str:
    """Tell what locks a movie: a file beside it, or one in its folder or one above."""
    locks = [root / one.place for one in found if one.kind == "lock"]
    above = [root, *root.parents] if root == library or library in root.parents else [root]
    for folder in above:
        locks.append(folder / companions.LOCK)
        if folder == library:
            break
    lock = next((path for path in locks if os.path.lexists(path)), None)
    return f"{files.escape(lock)} locks it" if lock else ""
