"""The table of all issue kinds of movies; each has a row here and a check function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from mediakeep.issue import Severity
from mediakeep.movies.account import Account
from mediakeep.movies.checks import matching, sidecars, videos


class Scope(StrEnum):
    """Whether an issue is about the movie or about a file."""

    MOVIE = "movie"
    FILE = "file"


class Kind(msgspec.Struct, frozen=True):
    """An issue kind.

    The check takes a movie. For the scope MOVIE it returns the detail, or None if there is no
    issue; for the scope FILE it returns the details by the places of the files that have it.
    """

    name: str
    severity: Severity
    scope: Scope
    check: Callable[[Account], str | Mapping[str, str] | None]
    decision: bool  # the user settles it by choosing the movie
    meaning: str
    cure: str
    role: str = ""  # role of the sidecar that a batch writes to fix it


# Most urgent first: reports follow this order.
KINDS = (
    Kind(
        "unreadable-video",
        Severity.ERROR,
        Scope.FILE,
        videos.unreadable_video,
        False,
        "The file cannot be read.",
        "Check its permissions, the target if it is a link, and the disk.",
    ),
    Kind(
        "truncated-video",
        Severity.ERROR,
        Scope.FILE,
        videos.truncated_video,
        False,
        "The file is truncated: an unfinished copy or download.",
        "Replace it from a backup or another copy.",
    ),
    Kind(
        "not-video",
        Severity.ERROR,
        Scope.FILE,
        videos.not_video,
        False,
        "The file is named like a video, but has no video stream.",
        "Replace it from a backup or another copy, or move it out of the library.",
    ),
    Kind(
        "no-audio",
        Severity.ERROR,
        Scope.FILE,
        videos.no_audio,
        False,
        "The video has no audio stream.",
        "Replace it, unless it is a silent film.",
    ),
    Kind(
        "id-conflict",
        Severity.WARNING,
        Scope.MOVIE,
        matching.id_conflict,
        True,
        "The IDs in the queue, the NFO and the names are those of different movies.",
        "Choose the right one, unless you already have, and correct or remove the wrong one.",
    ),
    Kind(
        "removed-id",
        Severity.WARNING,
        Scope.MOVIE,
        matching.removed_id,
        True,
        "TMDb does not have a movie with the given ID any more.",
        "Choose its current entry, and correct the ID in the NFO or the name.",
    ),
    Kind(
        "invalid-id",
        Severity.WARNING,
        Scope.MOVIE,
        matching.invalid_id,
        False,
        "An ID in the NFO is not valid.",
        "Correct or remove it in the NFO.",
    ),
    Kind(
        "name-not-parsed",
        Severity.WARNING,
        Scope.MOVIE,
        sidecars.name_not_parsed,
        True,
        "Neither the file name nor the folder name has a title.",
        "Rename it, for example to Title (Year), or choose the movie by its ID.",
    ),
    Kind(
        "no-match",
        Severity.WARNING,
        Scope.MOVIE,
        matching.no_match,
        True,
        "TMDb has no movie with a similar name.",
        "Correct the name, or choose the movie by its ID.",
    ),
    Kind(
        "ambiguous-match",
        Severity.WARNING,
        Scope.MOVIE,
        matching.ambiguous_match,
        True,
        "Several movies match, or something contradicts the best match.",
        "See the candidates in the report, and choose the right one by its ID.",
    ),
    Kind(
        "duplicate-movie",
        Severity.WARNING,
        Scope.MOVIE,
        matching.duplicate_movie,
        False,
        "The same movie, in the same edition, is in the library more than once.",
        "Keep the better one; if they are editions, add them to the names: {edition-...}.",
    ),
    Kind(
        "wrong-year",
        Severity.WARNING,
        Scope.MOVIE,
        matching.wrong_year,
        True,
        "The year in the name is not the movie's, so it may be another movie.",
        "Correct the year in the name, or choose the right movie by its ID.",
    ),
    Kind(
        "runtime-differs",
        Severity.WARNING,
        Scope.MOVIE,
        videos.runtime_differs,
        True,
        "It is much longer or shorter than the movie.",
        "Check that it is complete, that it is this movie, and which edition.",
    ),
    Kind(
        "corrupt-image",
        Severity.WARNING,
        Scope.FILE,
        sidecars.corrupt_image,
        False,
        "A file named like a picture has no complete picture, for example a saved error page.",
        "Remove it: the next batch fetches a new one.",
    ),
    Kind(
        "missing-nfo",
        Severity.WARNING,
        Scope.MOVIE,
        sidecars.missing_nfo,
        False,
        "There is no NFO, so players have to guess the movie.",
        "Let a batch write it. Move a file in its place that is not an NFO, or use "
        "--nfo set-aside.",
        role=sidecars.NFO,
    ),
    Kind(
        "missing-poster",
        Severity.WARNING,
        Scope.MOVIE,
        sidecars.missing_poster,
        False,
        "There is no poster.",
        "Let a batch fetch it; if TMDb has none, put one next to the movie.",
        role=sidecars.POSTER,
    ),
    Kind(
        "missing-fanart",
        Severity.WARNING,
        Scope.MOVIE,
        sidecars.missing_fanart,
        False,
        "There is no fanart, the background picture of the menus.",
        "Let a batch fetch it; if TMDb has none, put one next to the movie.",
        role=sidecars.FANART,
    ),
    Kind(
        "missing-plot",
        Severity.WARNING,
        Scope.MOVIE,
        sidecars.missing_plot,
        False,
        "The NFO does not say what the movie is about.",
        "Add it at TMDb in your language, or to the NFO.",
        role=sidecars.NFO,
    ),
    Kind(
        "orphan-sidecar",
        Severity.WARNING,
        Scope.FILE,
        sidecars.orphan_sidecar,
        False,
        "A file next to the movie matches no video, so players ignore it.",
        "Rename it after the video, or remove it.",
    ),
    Kind(
        "low-resolution",
        Severity.NOTE,
        Scope.FILE,
        videos.low_resolution,
        False,
        "The resolution is below high definition.",
        "Replace it if there is a better copy.",
    ),
    Kind(
        "missing-subtitles",
        Severity.NOTE,
        Scope.MOVIE,
        videos.missing_subtitles,
        False,
        "No audio or subtitles are in the configured language.",
        "Put subtitles next to the movie, for example Name.en.srt.",
    ),
    Kind(
        "small-poster",
        Severity.NOTE,
        Scope.FILE,
        sidecars.small_poster,
        False,
        "The poster is less than 500 pixels wide, so it looks blurred.",
        "Replace it, or remove it: the next batch fetches a new one.",
    ),
    Kind(
        "year-off-by-one",
        Severity.NOTE,
        Scope.MOVIE,
        matching.year_off_by_one,
        False,
        "The year in the name differs by one from TMDb's: first shown late in one year, "
        "released in the next.",
        "No action is needed.",
    ),
    Kind(
        "collection-gap",
        Severity.NOTE,
        Scope.MOVIE,
        matching.collection_gap,
        False,
        "Movies of its collection are not in the library.",
        "Add them if you want the complete collection.",
    ),
    Kind(
        "certification-missing",
        Severity.NOTE,
        Scope.MOVIE,
        matching.certification_missing,
        False,
        "TMDb does not have the age rating of your country.",
        "Add it there, or set mpaa in the NFO.",
    ),
)

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
