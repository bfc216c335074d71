"""The videos of one folder, put together: parts of one movie, and versions of it."""

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
    """One video; `stem` is its name without suffix, `part` 0 where it is the whole movie."""

    file: File
    stem: str
    part: int = 0


class Stack(msgspec.Struct, frozen=True):
    """Videos that belong together by their names; `base` is what these have in common."""

    base: str
    clips: tuple[Clip, ...]


def stem_of(file: File) -> str:
    """Return a file's name without its suffix."""
    return file.name[: -len(file.suffix)] if file.suffix else file.name


def together(videos: Sequence[File]) -> list[Stack]:
    """Put the videos of a folder together, sorted by name: parts, and the same in other formats.

    A part that may be a movie of its own, such as "Dune Part 2", is one, unless there is nothing
    else in the folder but parts of that very movie.
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
    """Tell whether all videos of a folder are versions of the one movie that it is named for.

    By Jellyfin's rule: all names begin with the folder's, and go on with a label. Where the folder
    names neither year nor id, that must tell of a version, for a sequel may be named so: "Dawn -
    The Return". Dots for spaces and the like make no difference where it names the year.
    """
    return all(_label(folder, stack.base) is not None for stack in stacks)


def version(folder: str, stack: Stack, clip: Clip) -> str:
    """Return what tells a video from other versions, such as "1080p"; "" where nothing does."""
    label = (_label(folder, stack.base) or "").strip(_LABEL)
    if len({other.file.suffix for other in stack.clips if other.part == clip.part}) > 1:
        label = f"{label} {clip.file.suffix[1:]}".strip()
    return label


def _label(folder: str, stem: str) -> str | None:
    """Return what follows the folder's name in another, None where that does not begin with it."""
    told = marks.take(folder)
    folder, stem = (" ".join(marks.take(one).rest.split()) for one in (folder, stem))
    if folder and files.fold(stem).startswith(files.fold(folder)):
        rest = stem[len(folder) :]
        if not rest or words.is_version(rest):
            return rest if _one_year(folder, rest) else None
        is_of_one = _YEAR.search(folder) or told.tmdb_id or told.imdb_id
        if rest.lstrip()[:1] in ("-", "[") and is_of_one:
            return rest
    return _by_words(folder, stem)


def _by_words(folder: str, stem: str) -> str | None:
    """The same word by word, where a year ends the folder's name."""
    named, told = (list(re.finditer(r"[^\W_]+", one)) for one in (folder, stem))
    first = [files.fold(one[0]) for one in named]
    if not first or not _YEAR.fullmatch(first[-1]):
        return None
    if [files.fold(one[0]) for one in told[: len(first)]] != first:
        return None
    return stem[told[len(first) - 1].end() :]


def _one_year(folder: str, rest: str) -> bool:
    return bool(_YEAR.search(folder)) or not _YEAR.search(rest)


def _all_of_one(found: Sequence[Part | None]) -> bool:
    told = [part for part in found if part]
    return (
        len(told) == len(found) > 1
        and len({files.fold(part.base) for part in told}) == 1
        and len({part.number for part in told}) == len(told)
    )


def _sorted(clips: Iterable[Clip]) -> Iterator[Clip]:
    yield from sorted(clips, key=lambda clip: (clip.part, clip.file.name))
