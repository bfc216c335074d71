"""Group the videos of a folder into movies: parts and versions of the same movie."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mediakeep import path_text
from mediakeep.media.folder_listing import ListedFile
from mediakeep.movies.names import id_tags, parts, title_parser
from mediakeep.movies.names.parts import NamePart

_YEAR_PATTERN = re.compile(r"(?<![0-9])(?:18|19|20)[0-9]{2}(?![0-9])")
_LABEL_PADDING = " -_.[](){}"


class VideoFile(msgspec.Struct, frozen=True, gc=False):
    """A video file in a folder; `stem` is its name without suffix.

    `part` is its part number, or 0 if it contains the whole movie.
    """

    file: ListedFile
    stem: str
    part: int = 0


class MultipartMovie(msgspec.Struct, frozen=True):
    """A movie's videos that belong together by name; `base` is the common start of their names."""

    base: str
    videos: tuple[VideoFile, ...]


def file_stem(file: ListedFile) -> str:
    """Return the name of a file without its suffix."""
    return file.name[: -len(file.suffix)] if file.suffix else file.name


def group_parts(videos: Sequence[ListedFile]) -> list[MultipartMovie]:
    """Group the videos of a folder into movies: parts, and the same movie in other formats.

    The result is sorted by name. A part that may be a movie of its own, such as "Dune Part 2", is a
    movie, unless the folder contains nothing but parts of one movie.
    """
    cut = [(file, stem := file_stem(file), parts.parse_part_number(stem)) for file in videos]
    whole = _are_parts_of_one_movie([part for _, _, part in cut])
    groups: dict[str, tuple[str, list[VideoFile]]] = {}
    for file, stem, part in cut:
        if part and (whole or not part.is_ambiguous):
            base, video = part.base, VideoFile(file, stem, part.number)
        else:
            base, video = stem, VideoFile(file, stem)
        groups.setdefault(path_text.normalize_name(base), (base, []))[1].append(video)
    return [MultipartMovie(base, tuple(_sort_videos(clips))) for base, clips in groups.values()]


def are_versions_of_one_movie(folder: str, stacks: Sequence[MultipartMovie]) -> bool:
    """Return True if all videos of a folder are versions of the movie that it is named after.

    This is Jellyfin's rule: all names start with the folder's name, followed by a label. If the
    folder's name has neither year nor ID, the label must name a version, as a sequel may have such
    a name: "Dawn - The Return". If it has a year, dots for spaces and the like are ignored.
    """
    return all(_label_after_folder(folder, stack.base) is not None for stack in stacks)


def version_label(folder: str, multipart: MultipartMovie, video_file: VideoFile) -> str:
    """Return the label that distinguishes a video from other versions of the movie.

    An example is "1080p"; "" means that there is no label.
    """
    label = (_label_after_folder(folder, multipart.base) or "").strip(_LABEL_PADDING)
    if len({other.file.suffix for other in multipart.videos if other.part == video_file.part}) > 1:
        label = f"{label} {video_file.file.suffix[1:]}".strip()
    return label


def _label_after_folder(folder: str, stem: str) -> str | None:
    """Return the part of a video's name after the folder's name.

    Return None if the video's name does not start with it.
    """
    tags = id_tags.extract_tags(folder)
    folder, stem = (" ".join(id_tags.extract_tags(name).rest.split()) for name in (folder, stem))
    if folder and path_text.normalize_name(stem).startswith(path_text.normalize_name(folder)):
        rest = stem[len(folder) :]
        if not rest or title_parser.is_version_label(rest):
            return rest if _has_single_year(folder, rest) else None
        is_of_one = _YEAR_PATTERN.search(folder) or tags.tmdb_id or tags.imdb_id
        if rest.lstrip()[:1] in ("-", "[") and is_of_one:
            return rest
    return _label_by_words(folder, stem)


def _label_by_words(folder: str, stem: str) -> str | None:
    """Return the part of a video's name after the folder's name, compared word by word.

    This is done only if the folder's name ends with a year; otherwise return None.
    """
    folder_words, stem_words = (list(re.finditer(r"[^\W_]+", name)) for name in (folder, stem))
    first = [path_text.normalize_name(match[0]) for match in folder_words]
    if not first or not _YEAR_PATTERN.fullmatch(first[-1]):
        return None
    if [path_text.normalize_name(match[0]) for match in stem_words[: len(first)]] != first:
        return None
    return stem[stem_words[len(first) - 1].end() :]


def _has_single_year(folder: str, rest: str) -> bool:
    return bool(_YEAR_PATTERN.search(folder)) or not _YEAR_PATTERN.search(rest)


def _are_parts_of_one_movie(candidates: Sequence[NamePart | None]) -> bool:
    found_parts = [part for part in candidates if part]
    return (
        len(found_parts) == len(candidates) > 1
        and len({path_text.normalize_name(part.base) for part in found_parts}) == 1
        and len({part.number for part in found_parts}) == len(found_parts)
    )


def _sort_videos(clips: Iterable[VideoFile]) -> Iterator[VideoFile]:
    yield from sorted(clips, key=lambda clip: (clip.part, clip.file.name))
