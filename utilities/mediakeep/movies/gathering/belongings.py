"""Classify the files of a movie: videos, extras, sidecars and orphans."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mediakeep import files
from mediakeep.media.folders import File, Folder
from mediakeep.movies.gathering import companions, formats, stacks
from mediakeep.movies.gathering.companions import Companion
from mediakeep.movies.gathering.formats import STREAMS, SUBTITLES, VIDEOS
from mediakeep.movies.gathering.tree import Lot

_DISC_NFOS = frozenset({"video_ts/video_ts.nfo", "bdmv/index.nfo"})
_DISCS = frozenset({"video_ts", "bdmv"})


class Belonging(msgspec.Struct, frozen=True):
    """A file of a movie; `place` is relative to the movie's folder, not escaped.

    `kind` is the kind of a SidecarName, or "extra", "sample" or "orphan". For subtitles, `rest` is
    the part of the name after the video's stem.
    """

    kind: str
    place: str
    file: File
    role: str = ""
    rest: str = ""


def sort(movie: Lot, name: str) -> Iterator[Belonging]:
    """Classify all files of a movie except its videos; `name` is the name of its folder."""
    stems = {
        files.fold(stem)
        for stack in movie.stacks
        for stem in (stack.base, *(clip.stem for clip in stack.clips))
    }
    if movie.own:
        stems.add(files.fold(name))
    videos = {id(clip.file) for stack in movie.stacks for clip in stack.clips}
    for folder in movie.folders:
        for file in folder.files:
            if id(file) in videos:
                continue
            if not folder.place or folder.place in movie.parts:
                yield from _beside(movie, folder, file, stems)
            else:
                yield from _below(movie, folder, file)


def _beside(movie: Lot, folder: Folder, file: File, stems: set[str]) -> Iterator[Belonging]:
    """Classify a file in the folder of the videos."""
    place = folder.place_of(file.name)
    if file.suffix in VIDEOS:
        extra = formats.extra(stacks.stem_of(file))
        if not (movie.disc and file.suffix in STREAMS):
            yield Belonging("sample" if extra and extra.sample else "extra", place, file)
        return
    name = companions.owned(file, lambda stem: files.fold(stem) in stems, strict=not movie.own)
    name = name or (companions.alone(file) if movie.own else None)
    if name:
        yield Belonging(name.kind, place, file, name.role, _rest(file, name))
    elif companions.is_sidecar(file):
        yield Belonging("orphan", place, file)


def _below(movie: Lot, folder: Folder, file: File) -> Iterator[Belonging]:
    """Classify a file in a subfolder: an extra or subtitles; other files belong to nothing."""
    place = folder.place_of(file.name)
    names = folder.place.lower().split("/")
    if movie.disc and _DISCS & set(names):
        if place.lower() in _DISC_NFOS:
            yield Belonging("nfo", place, file)
    elif file.suffix in VIDEOS:
        extra = formats.extra(stacks.stem_of(file))
        sample = any(map(formats.is_samples, names)) or (extra and extra.sample)
        yield Belonging("sample" if sample else "extra", place, file)
    elif file.suffix in SUBTITLES and not any(formats.is_extras(name, False) for name in names):
        yield Belonging("subtitle", place, file, rest=stacks.stem_of(file))


def _rest(file: File, name: Companion) -> str:
    return file.name[len(name.stem) : len(file.name) - len(file.suffix)]
