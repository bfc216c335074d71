"""Describe a movie on disk from the files that belong to it."""

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


def describe(movie: Lot, path: Path, key: str, library: Path) -> Movie:
    """Describe a movie. Videos are not opened; a few bytes of pictures are read."""
    root = path if movie.own else path.parent
    classified = list(belongings.sort(movie, root.name))
    videos = tuple(_videos(movie, root.name))
    return Movie(
        key=key,
        path=files.escape(path),
        root=files.escape(root),
        base=files.escape(_base(movie, root)),
        own_folder=movie.own,
        disc=movie.disc,
        name=_name(movie, root, videos, library),
        videos=videos,
        extras=_places(classified, "extra"),
        samples=_places(classified, "sample"),
        subtitles=tuple(_subtitle(file) for file in classified if file.kind == "subtitle"),
        images=tuple(_images(root, classified)),
        nfos=tuple(_nfos(movie, root, classified)),
        orphans=_places(classified, "orphan"),
        sidecar=next(iter(_places(classified, "sidecar")), ""),
        locked=_locked(root, library, classified),
    )


def _base(movie: Lot, root: Path) -> str:
    return root.name if movie.disc or movie.parts or not movie.stacks else movie.stacks[0].base


def _videos(movie: Lot, folder: str) -> Iterator[Video]:
    folders = {id(file): parent for parent in movie.folders for file in parent.files}
    several = len(movie.stacks) > 1 and not movie.parts
    for stack in movie.stacks:
        for clip in stack.clips:
            parent, file = folders[id(clip.file)], clip.file
            yield Video(
                place=files.escape(parent.place_of(file.name)),
                size=max(0, file.size),
                mtime_ns=file.facts.st_mtime_ns if file.facts else 0,
                part=movie.parts.get(parent.place, clip.part),
                version=files.escape(
                    stacks.version(folder if several else stack.base, stack, clip)
                ),
                edition=reader.read(file.name, guessing=False).edition,
            )


def _name(movie: Lot, root: Path, videos: Sequence[Video], library: Path) -> Name:
    """Parse the movie's name; several editions in one folder leave the edition empty.

    A folder shared by several movies counts as well if it has this movie's title.
    """
    folder = root.name if root != library else ""
    if movie.disc or movie.parts or not movie.stacks:
        return reader.read("", folder)
    first = movie.stacks[0]
    file = f"{first.base}{first.clips[0].file.suffix}"
    if not movie.own and not reader.agree(file, folder):
        folder = ""
    name = reader.read(file, folder)
    if len({video.edition for video in videos}) > 1:
        return structs.replace(name, edition="")
    return name


def _places(classified: Iterable[Belonging], kind: str) -> tuple[str, ...]:
    return tuple(files.escape(file.place) for file in classified if file.kind == kind)


def _subtitle(file: Belonging) -> Subtitle:
    language, flags = companions.speech(file.rest)
    return Subtitle(files.escape(file.place), language, flags)


def _images(root: Path, classified: Iterable[Belonging]) -> Iterator[Image]:
    """Describe the pictures, except those that have been removed meanwhile."""
    for file in classified:
        if file.kind != "image":
            continue
        path, place, size = root / file.place, files.escape(file.place), max(0, file.file.size)
        try:
            mime, width, height = pictures.of_file(path)
        except Unreadable as error:
            if path.exists() or path.is_symlink():
                yield Image(place, file.role, size, trouble=error.args[1])
            continue
        trouble = "" if mime else ("it is no picture" if size else "it is empty")
        yield Image(place, file.role, size, mime, width, height, trouble)


def _nfos(movie: Lot, root: Path, classified: Iterable[Belonging]) -> list[str]:
    """Sort the NFOs by precedence: movie.nfo, then that of a video, of the disc, of the folder.

    For a movie in several parts, the NFO of the first part comes before that of the common name.
    """
    own, folders = (
        movie.own,
        {id(file): parent for parent in movie.folders for file in parent.files},
    )
    videos = [
        *(
            folders[id(clip.file)].place_of(clip.stem)
            for stack in movie.stacks
            for clip in stack.clips
        ),
        *(stack.base for stack in movie.stacks),
    ]
    order = [*(["movie"] if own else []), *videos, "VIDEO_TS/VIDEO_TS", "BDMV/index", root.name]
    ranks = {files.fold(f"{stem}.nfo"): rank for rank, stem in reversed(list(enumerate(order)))}
    places = [file.place for file in classified if file.kind == "nfo"]
    places.sort(key=lambda place: (ranks.get(files.fold(place), len(ranks)), place))
    return [files.escape(place) for place in places]


def _locked(root: Path, library: Path, classified: Iterable[Belonging]) -> str:
    """Return why a movie is locked: a lock file next to it, in its folder or in a parent."""
    locks = [root / file.place for file in classified if file.kind == "lock"]
    above = [root, *root.parents] if root == library or library in root.parents else [root]
    for folder in above:
        locks.append(folder / companions.LOCK)
        if folder == library:
            break
    lock = next((path for path in locks if os.path.lexists(path)), None)
    return f"{files.escape(lock)} locks it" if lock else ""
