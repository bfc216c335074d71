"""Build the description of a movie on disk from the files that belong to it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from msgspec import structs

from mediakeep import path_text
from mediakeep.errors import Unreadable
from mediakeep.media import folder_listing, pictures, truncated_pictures
from mediakeep.movies.model import LocalMovie, MovieImage, MovieName, MovieVideo, SubtitleFile
from mediakeep.movies.names import name_parser
from mediakeep.movies.scan import classify_files, match_sidecars, multipart
from mediakeep.movies.scan.classify_files import ClassifiedFile
from mediakeep.movies.scan.group_files import MovieFiles


def describe(movie: MovieFiles, path: Path, key: str, library: Path) -> LocalMovie:
    """Return the description of a movie from its files.

    Videos are not opened; a few bytes of pictures are read.
    """
    root = path if movie.own_folder else path.parent
    classified = list(classify_files.classify_movie_files(movie, root.name))
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
