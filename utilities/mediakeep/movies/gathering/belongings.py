"""What every file that belongs to a movie is: a video of it, an extra, or something beside them."""

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
    """A file of a movie; `place` is below the movie's folder, and raw.

    `kind` is that of a companion, or "extra", "sample" or "orphan"; `rest` is what follows the
    video's name in that of subtitles.
    """

    kind: str
    place: str
    file: File
    role: str = ""
    rest: str = ""


def sort(lot: Lot, name: str) -> Iterator[Belonging]:
    """Tell what each file of a movie is but for its videos; `name` is that of its folder."""
    stems = {
        files.fold(stem)
        for stack in lot.stacks
        for stem in (stack.base, *(clip.stem for clip in stack.clips))
    }
    if lot.own:
        stems.add(files.fold(name))
    videos = {id(clip.file) for stack in lot.stacks for clip in stack.clips}
    for folder in lot.folders:
        for file in folder.files:
            if id(file) in videos:
                continue
            if not folder.place or folder.place in lot.parts:
                yield from _beside(lot, folder, file, stems)
            else:
                yield from _below(lot, folder, file)


def _beside(lot: Lot, folder: Folder, file: File, stems: set[str]) -> Iterator[Belonging]:
    """Tell what a file right beside the videos is."""
    place = folder.place_of(file.name)
    if file.suffix in VIDEOS:
        extra = formats.extra(stacks.stem_of(file))
        if not (lot.disc and file.suffix in STREAMS):
            yield Belonging("sample" if extra and extra.sample else "extra", place, file)
        return
    found = companions.owned(file, lambda stem: files.fold(stem) in stems, strict=not lot.own)
    found = found or (companions.alone(file) if lot.own else None)
    if found:
        yield Belonging(found.kind, place, file, found.role, _rest(file, found))
    elif companions.is_sidecar(file):
        yield Belonging("orphan", place, file)


def _below(lot: Lot, folder: Folder, file: File) -> Iterator[Belonging]:
    """Tell what a file in a folder below is: an extra, or subtitles; all else is nobody's."""
    place = folder.place_of(file.name)
    names = folder.place.lower().split("/")
    if lot.disc and _DISCS & set(names):
        if place.lower() in _DISC_NFOS:
            yield Belonging("nfo", place, file)
    elif file.suffix in VIDEOS:
        extra = formats.extra(stacks.stem_of(file))
        sample = any(map(formats.is_samples, names)) or (extra and extra.sample)
        yield Belonging("sample" if sample else "extra", place, file)
    elif file.suffix in SUBTITLES and not any(formats.is_extras(name, False) for name in names):
        yield Belonging("subtitle", place, file, rest=stacks.stem_of(file))


def _rest(file: File, found: Companion) -> str:
    return file.name[len(found.stem) : len(file.name) - len(file.suffix)]
