"""Classify the files of a movie: videos, extras, sidecars and orphans."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mediakeep import path_text
from mediakeep.media.folder_listing import ListedFile, ListedFolder
from mediakeep.movies.scan import file_types, match_sidecars, multipart
from mediakeep.movies.scan.file_types import DISC_STREAM_SUFFIXES, SUBTITLE_SUFFIXES, VIDEO_SUFFIXES
from mediakeep.movies.scan.group_files import MovieFiles
from mediakeep.movies.scan.match_sidecars import SidecarName

_DISC_NFOS = frozenset({"video_ts/video_ts.nfo", "bdmv/index.nfo"})
_DISC_FOLDERS = frozenset({"video_ts", "bdmv"})


class ClassifiedFile(msgspec.Struct, frozen=True):
    """A file of a movie with its purpose; `place` is relative to the movie's folder, not escaped.

    `kind` is the kind of a SidecarName, or "extra", "sample" or "orphan". For subtitles, `rest` is
    the part of the name after the video's name without suffix.
    """

    kind: str
    place: str
    file: ListedFile
    role: str = ""
    rest: str = ""


def classify_movie_files(movie: MovieFiles, name: str) -> Iterator[ClassifiedFile]:
    """Classify all files of a movie except its videos.

    `name` is the name of the movie's folder.
    """
    stems = {
        path_text.normalize_name(stem)
        for stack in movie.stacks
        for stem in (stack.base, *(video.stem for video in stack.videos))
    }
    if movie.own_folder:
        stems.add(path_text.normalize_name(name))
    videos = {id(video.file) for stack in movie.stacks for video in stack.videos}
    for folder in movie.folders:
        for file in folder.files:
            if id(file) in videos:
                continue
            if not folder.relative_path or folder.relative_path in movie.part_folders:
                yield from _classify_adjacent(movie, folder, file, stems)
            else:
                yield from _classify_nested(movie, folder, file)


def _classify_adjacent(
    movie: MovieFiles, folder: ListedFolder, file: ListedFile, stems: set[str]
) -> Iterator[ClassifiedFile]:
    """Classify a file that is in the same folder as the movie's videos."""
    place = folder.relative_path_of(file.name)
    if file.suffix in VIDEO_SUFFIXES:
        extra = file_types.parse_extra(multipart.file_stem(file))
        if not (movie.disc and file.suffix in DISC_STREAM_SUFFIXES):
            yield ClassifiedFile("sample" if extra and extra.is_sample else "extra", place, file)
        return
    name = match_sidecars.match_to_video(
        file, lambda stem: path_text.normalize_name(stem) in stems, strict=not movie.own_folder
    )
    name = name or (match_sidecars.match_to_only_movie(file) if movie.own_folder else None)
    if name:
        yield ClassifiedFile(name.kind, place, file, name.role, _text_after_stem(file, name))
    elif match_sidecars.is_sidecar_name(file):
        yield ClassifiedFile("orphan", place, file)


def _classify_nested(
    movie: MovieFiles, folder: ListedFolder, file: ListedFile
) -> Iterator[ClassifiedFile]:
    """Classify a file in a subfolder of a movie's folder as extra or subtitles.

    Other files there belong to nothing.
    """
    place = folder.relative_path_of(file.name)
    names = folder.relative_path.lower().split("/")
    if movie.disc and _DISC_FOLDERS & set(names):
        if place.lower() in _DISC_NFOS:
            yield ClassifiedFile("nfo", place, file)
    elif file.suffix in VIDEO_SUFFIXES:
        extra = file_types.parse_extra(multipart.file_stem(file))
        sample = any(map(file_types.is_samples_folder, names)) or (extra and extra.is_sample)
        yield ClassifiedFile("sample" if sample else "extra", place, file)
    elif file.suffix in SUBTITLE_SUFFIXES and not any(
        file_types.is_extras_folder(name, False) for name in names
    ):
        yield ClassifiedFile("subtitle", place, file, rest=multipart.file_stem(file))


def _text_after_stem(file: ListedFile, name: SidecarName) -> str:
    return file.name[len(name.stem) : len(file.name) - len(file.suffix)]
