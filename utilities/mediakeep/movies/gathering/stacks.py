"""Group the videos of a folder into movies: parts and versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from mediakeep import files
from mediakeep.media.folders import File
from mediakeep.movies.names import marks, parts, words
from mediakeep.movies.names.parts import Part

_YEAR = re.compile(r"(?<![0-9])(?:18|19|20)[0-9]{2}(?![0-9])")
_LABEL = " -_.[](){}"


class Clip(msgspec.Struct, frozen=True, gc=False):
    """A video file; `stem` is its name without suffix, `part` is 0 if it is the whole movie."""

    file: File
    stem: str
    part: int = 0


class Stack(msgspec.Struct, frozen=True):
    """Videos that belong together by name; `base` is the common start of their names."""

    base: str
    clips: tuple[Clip, ...]


def stem_of(file: File) -> str:
    """Return a file's name without its suffix."""
    return file.name[: -len(file.suffix)] if file.suffix else file.name


def together(videos: Sequence[File]) -> list[Stack]:
    """Group the videos of a folder, sorted by name: parts, and the same movie in other formats.

    A part that may be a movie of its own, such as "Dune Part 2", is one, unless the folder contains
    nothing but parts of one movie.
    """
    cut = [(file, stem := stem_of(file), parts.find(stem)) for file in videos]
    whole = _all_of_one([part for _, _, part in cut])
    groups: dict[str, tuple[str, list[Clip]]] = {}
    for file, stem, part in cut:
        if part and (whole or not part.doubtful):
            base, clip = part.base, Clip(file, stem, part.number)
        else:
            base, clip = stem, Clip(file, stem)
        groups.setdefault(files.fold(base), (base, []))[1].append(clip)
    return [Stack(base, tuple(_sorted(clips))) for base, clips in groups.values()]


def are_versions(folder: str, stacks: Sequence[Stack]) -> bool:
    """Return True if all videos of a folder are versions of the movie that it is named after.

    This is Jellyfin's rule: all names start with the folder's name, followed by a label. If the
    folder's name has neither year nor ID, the label must name a version, as a sequel may have such
    a name: "Dawn - The Return". If it has a year, dots for spaces and the like are ignored.
    """
    return all(_label(folder, stack.base) is not None for stack in stacks)


def version(folder: str, stack: Stack, clip: Clip) -> str:
    """Return what distinguishes a video from other versions, such as "1080p", or "" if nothing."""
    label = (_label(folder, stack.base) or "").strip(_LABEL)
    if len({other.file.suffix for other in stack.clips if other.part == clip.part}) > 1:
        label = f"{label} {clip.file.suffix[1:]}".strip()
    return label


def _label(folder: str, stem: str) -> str | None:
    """Return what follows the folder's name in a stem, or None if it does not start with it."""
    tags = marks.take(folder)
    folder, stem = (" ".join(marks.take(name).rest.split()) for name in (folder, stem))
    if folder and files.fold(stem).startswith(files.fold(folder)):
        rest = stem[len(folder) :]
        if not rest or words.is_version(rest):
            return rest if _one_year(folder, rest) else None
        is_of_one = _YEAR.search(folder) or tags.tmdb_id or tags.imdb_id
        if rest.lstrip()[:1] in ("-", "[") and is_of_one:
            return rest
    return _by_words(folder, stem)


def _by_words(folder: str, stem: str) -> str | None:
    """Compare word by word, if the folder's name ends with a year."""
    folder_words, stem_words = (list(re.finditer(r"[^\W_]+", name)) for name in (folder, stem))
    first = [files.fold(match[0]) for match in folder_words]
    if not first or not _YEAR.fullmatch(first[-1]):
        return None
    if [files.fold(match[0]) for match in stem_words[: len(first)]] != first:
        return None
    return stem[stem_words[len(first) - 1].end() :]


def _one_year(folder: str, rest: str) -> bool:
    return bool(_YEAR.search(folder)) or not _YEAR.search(rest)


def _all_of_one(candidates: Sequence[Part | None]) -> bool:
    found_parts = [part for part in candidates if part]
    return (
        len(found_parts) == len(candidates) > 1
        and len({files.fold(part.base) for part in found_parts}) == 1
        and len({part.number for part in found_parts}) == len(found_parts)
    )


def _sorted(clips: Iterable[Clip]) -> Iterator[Clip]:
    yield from sorted(clips, key=lambda clip: (clip.part, clip.file.name))
