"""Classify the files of a movie (videos, extras, sidecars, orphans), and describe the movie."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import Unreadable
from mediakeep.media import folder_listing, pictures, truncated_pictures
from mediakeep.media.folder_listing import ListedFile, ListedFolder
from mediakeep.movies.model import LocalMovie, MovieImage, MovieName, MovieVideo, SubtitleFile
from mediakeep.movies.names import name_parser
from mediakeep.movies.scan import file_types, match_sidecars, multipart
from mediakeep.movies.scan.file_types import DISC_STREAM_SUFFIXES, SUBTITLE_SUFFIXES, VIDEO_SUFFIXES
from mediakeep.movies.scan.group_files import MovieFiles
from mediakeep.movies.scan.match_sidecars import SidecarName

_DISC_NFOS = frozenset({"video_ts/video_ts.nfo", "bdmv/index.nfo"})
_DISC_FOLDERS = frozenset({"video_ts", "bdmv"})


def describe(movie: MovieFiles, path: Path, key: str, library: Path) -> LocalMovie:
    """Return the description of a movie from its files.

    Videos are not opened; a few bytes of pictures are read.
    """
    root = path if movie.own_folder else path.parent
    classified = list(classify_movie_files(movie, root.name))
    videos = tuple(_build_videos(movie, root.name))
    return LocalMovie(
        key=key,
        path=path_text.escape_path(path),
        root=path_text.escape_path(root),
        base=path_text.escape_path(_sidecar_base(movie, root)),
        own_folder=movie.own_folder,
        disc=movie.disc,
        name=_parse_name(movie, root, videos, library),
        videos=videos,
        extras=_places_of_kind(classified, "extra"),
        samples=_places_of_kind(classified, "sample"),
        subtitles=tuple(_build_subtitle(file) for file in classified if file.kind == "subtitle"),
        images=tuple(_build_images(root, classified)),
        nfos=tuple(_rank_nfos(movie, root, classified)),
        orphans=_places_of_kind(classified, "orphan"),
        metadata_file=next(iter(_places_of_kind(classified, "sidecar")), ""),
        lock_reason=_find_lock(root, library, classified),
        real_paths=folder_listing.resolve_links(root, movie.folders),
    )


def _sidecar_base(movie: MovieFiles, root: Path) -> str:
    return (
        root.name if movie.disc or movie.part_folders or not movie.stacks else movie.stacks[0].base
    )


def _build_videos(movie: MovieFiles, folder: str) -> Iterator[MovieVideo]:
    folders = {id(file): parent for parent in movie.folders for file in parent.files}
    several = len(movie.stacks) > 1 and not movie.part_folders
    for stack in movie.stacks:
        for video_file in stack.videos:
            parent, file = folders[id(video_file.file)], video_file.file
            yield MovieVideo(
                place=path_text.escape_path(parent.relative_path_of(file.name)),
                size=max(0, file.size),
                mtime_ns=file.stat.st_mtime_ns if file.stat else 0,
                part=movie.part_folders.get(parent.relative_path, video_file.part),
                version=path_text.escape_path(
                    multipart.version_label(folder if several else stack.base, stack, video_file)
                ),
                edition=name_parser.parse_name(file.name).edition,
            )


def _parse_name(
    movie: MovieFiles, root: Path, videos: Sequence[MovieVideo], library: Path
) -> MovieName:
    """Parse the names of a movie's video and folder.

    If one folder has several editions, the edition stays empty. A folder shared by several movies
    is used as well if it has this movie's title.
    """
    folder = root.name if root != library else ""
    if movie.disc or movie.part_folders or not movie.stacks:
        return name_parser.parse_name("", folder)
    first = movie.stacks[0]
    file = f"{first.base}{first.videos[0].file.suffix}"
    if not movie.own_folder and not name_parser.have_same_title(file, folder):
        folder = ""
    name = name_parser.parse_name(file, folder)
    if len({video.edition for video in videos}) > 1:
        return structs.replace(name, edition="")
    return name


def _places_of_kind(classified: Iterable[ClassifiedFile], kind: str) -> tuple[str, ...]:
    return tuple(path_text.escape_path(file.place) for file in classified if file.kind == kind)


def _build_subtitle(file: ClassifiedFile) -> SubtitleFile:
    language, flags = match_sidecars.parse_subtitle_suffix(file.rest)
    return SubtitleFile(path_text.escape_path(file.place), language, flags)


def _build_images(root: Path, classified: Iterable[ClassifiedFile]) -> Iterator[MovieImage]:
    """Yield the descriptions of a movie's pictures; skip those that no longer exist."""
    for file in classified:
        if file.kind != "image":
            continue
        path, place, size = (
            root / file.place,
            path_text.escape_path(file.place),
            max(0, file.file.size),
        )
        try:
            mime, width, height = pictures.read_picture_info(path)
            trouble = _find_trouble(path, mime, size)
        except Unreadable as error:
            if path.exists() or path.is_symlink():
                yield MovieImage(place, file.role, size, trouble=error.args[1])
            continue
        yield MovieImage(place, file.role, size, mime, width, height, trouble)


def _find_trouble(path: Path, mime: str, size: int) -> str:
    """Return why a picture file of a type is unusable, or ""."""
    if not mime:
        return "it is no picture" if size else "it is empty"
    return "it is truncated" if truncated_pictures.is_truncated(path, mime) else ""


def _rank_nfos(movie: MovieFiles, root: Path, classified: Iterable[ClassifiedFile]) -> list[str]:
    """Return the places of a movie's NFOs by precedence.

    movie.nfo comes first, then the NFO of a video, of the disc, of the folder. For a movie in
    several parts, the NFO of the first part comes before that of the common name.
    """
    own, folders = (
        movie.own_folder,
        {id(file): parent for parent in movie.folders for file in parent.files},
    )
    videos = [
        *(
            folders[id(video_file.file)].relative_path_of(video_file.stem)
            for stack in movie.stacks
            for video_file in stack.videos
        ),
        *(stack.base for stack in movie.stacks),
    ]
    order = [*(["movie"] if own else []), *videos, "VIDEO_TS/VIDEO_TS", "BDMV/index", root.name]
    ranks = {
        path_text.normalize_name(f"{stem}.nfo"): rank
        for rank, stem in reversed(list(enumerate(order)))
    }
    places = [file.place for file in classified if file.kind == "nfo"]
    places.sort(key=lambda place: (ranks.get(path_text.normalize_name(place), len(ranks)), place))
    return [path_text.escape_path(place) for place in places]


def _find_lock(root: Path, library: Path, classified: Iterable[ClassifiedFile]) -> str:
    """Return why nothing may be written for a movie, or "" if it is not locked.

    A lock file may be next to the movie, in its folder or in a parent folder.
    """
    locks = [root / file.place for file in classified if file.kind == "lock"]
    above = [root, *root.parents] if root == library or library in root.parents else [root]
    for folder in above:
        locks.append(folder / match_sidecars.LOCK_SUFFIX)
        if folder == library:
            break
    lock = next((path for path in locks if os.path.lexists(path)), None)
    return f"{path_text.escape_path(lock)} locks it" if lock else ""


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
