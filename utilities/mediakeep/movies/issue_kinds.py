"""The table of all kinds of movie issues; each has a row here and a check function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from mediakeep.issue import Severity
from mediakeep.movies.checks import identity, sidecars, videos
from mediakeep.movies.result import MovieResult


class MovieIssueScope(StrEnum):
    """Whether a kind of issue concerns the movie or one of its files."""

    MOVIE = "movie"
    FILE = "file"


class MovieIssueKind(msgspec.Struct, frozen=True):
    """A kind of movie issue, with its severity, its check function and texts for the user.

    The check takes a movie. For the scope MOVIE it returns the detail text, or None if there is no
    issue. For the scope FILE it returns the details by the paths of the files that have the issue.
    """

    name: str
    severity: Severity
    scope: MovieIssueScope
    check: Callable[[MovieResult], str | Mapping[str, str] | None]
    settled_by_choice: bool  # the user settles it by choosing the movie
    meaning: str
    cure: str
    fixed_by: str = ""  # role of the sidecar that a batch writes to fix it


# Most urgent first: reports follow this order.
ISSUE_KINDS = (
    MovieIssueKind(
        "unreadable-video",
        Severity.ERROR,
        MovieIssueScope.FILE,
        videos.check_unreadable_video,
        False,
        "The file cannot be read.",
        "Check its permissions, the target if it is a link, and the disk.",
    ),
    MovieIssueKind(
        "truncated-video",
        Severity.ERROR,
        MovieIssueScope.FILE,
        videos.check_truncated_video,
        False,
        "The file is truncated: an unfinished copy or download.",
        "Replace it from a backup or another copy.",
    ),
    MovieIssueKind(
        "not-video",
        Severity.ERROR,
        MovieIssueScope.FILE,
        videos.check_not_video,
        False,
        "The file is named like a video, but has no video stream.",
        "Replace it from a backup or another copy, or move it out of the library.",
    ),
    MovieIssueKind(
        "no-audio",
        Severity.ERROR,
        MovieIssueScope.FILE,
        videos.check_no_audio,
        False,
        "The video has no audio stream.",
        "Replace it, unless it is a silent film.",
    ),
    MovieIssueKind(
        "id-conflict",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        identity.check_id_conflict,
        True,
        "The IDs in the queue, the NFO and the names differ, or one is unknown to TMDb.",
        "Choose the right one, unless you already have, and correct or remove the wrong one.",
    ),
    MovieIssueKind(
        "removed-id",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        identity.check_removed_id,
        True,
        "TMDb does not have a movie with the given ID any more.",
        "Choose its current entry, and correct the ID in the NFO or the name.",
    ),
    MovieIssueKind(
        "invalid-id",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        identity.check_invalid_id,
        False,
        "An ID in the NFO is not valid.",
        "Correct or remove it in the NFO.",
    ),
    MovieIssueKind(
        "name-not-parsed",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        sidecars.check_name_not_parsed,
        True,
        "Neither the file name nor the folder name has a title.",
        "Rename it, for example to Title (Year), or choose the movie by its ID.",
    ),
    MovieIssueKind(
        "no-match",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        identity.check_no_match,
        True,
        "TMDb has no movie with a similar name.",
        "Correct the name, or choose the movie by its ID.",
    ),
    MovieIssueKind(
        "ambiguous-match",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        identity.check_ambiguous_match,
        True,
        "Several movies match, or something contradicts the best match.",
        "See the candidates in the report, and choose the right one by its ID.",
    ),
    MovieIssueKind(
        "duplicate-movie",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        identity.check_duplicate_movie,
        False,
        "The same movie, in the same edition, is in the library more than once.",
        "Keep the better one; if they are editions, add them to the names: {edition-...}.",
    ),
    MovieIssueKind(
        "wrong-year",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        identity.check_wrong_year,
        True,
        "The year in the name is not the movie's, so it may be another movie.",
        "Correct the year in the name, or choose the right movie by its ID.",
    ),
    MovieIssueKind(
        "runtime-differs",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        videos.check_runtime_differs,
        True,
        "It is much longer or shorter than the movie.",
        "Check that it is complete, that it is this movie, and which edition.",
    ),
    MovieIssueKind(
        "corrupt-image",
        Severity.WARNING,
        MovieIssueScope.FILE,
        sidecars.check_corrupt_image,
        False,
        "A file named like a picture has no complete picture, for example a saved error page.",
        "Remove it: the next batch fetches a new one.",
    ),
    MovieIssueKind(
        "missing-nfo",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        sidecars.check_missing_nfo,
        False,
        "There is no NFO, so players have to guess the movie.",
        "Let a batch write it. Move a file in its place that is not an NFO, or use "
        "--nfo set-aside.",
        fixed_by=sidecars.NFO,
    ),
    MovieIssueKind(
        "missing-poster",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        sidecars.check_missing_poster,
        False,
        "There is no poster.",
        "Let a batch fetch it; if TMDb has none, put one next to the movie.",
        fixed_by=sidecars.POSTER,
    ),
    MovieIssueKind(
        "missing-fanart",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        sidecars.check_missing_fanart,
        False,
        "There is no fanart, the background picture of the menus.",
        "Let a batch fetch it; if TMDb has none, put one next to the movie.",
        fixed_by=sidecars.FANART,
    ),
    MovieIssueKind(
        "missing-plot",
        Severity.WARNING,
        MovieIssueScope.MOVIE,
        sidecars.check_missing_plot,
        False,
        "The NFO does not say what the movie is about.",
        "Add it at TMDb in your language, or to the NFO.",
        fixed_by=sidecars.NFO,
    ),
    MovieIssueKind(
        "orphan-sidecar",
        Severity.WARNING,
        MovieIssueScope.FILE,
        sidecars.check_orphan_sidecar,
        False,
        "A file next to the movie matches no video, so players ignore it.",
        "Rename it after the video, or remove it.",
    ),
    MovieIssueKind(
        "low-resolution",
        Severity.NOTE,
        MovieIssueScope.FILE,
        videos.check_low_resolution,
        False,
        "The resolution is below high definition.",
        "Replace it if there is a better copy.",
    ),
    MovieIssueKind(
        "missing-subtitles",
        Severity.NOTE,
        MovieIssueScope.MOVIE,
        videos.check_missing_subtitles,
        False,
        "No audio or subtitles are in the configured language.",
        "Put subtitles next to the movie, for example Name.en.srt.",
    ),
    MovieIssueKind(
        "small-poster",
        Severity.NOTE,
        MovieIssueScope.FILE,
        sidecars.check_small_poster,
        False,
        "The poster is less than 500 pixels wide, so it looks blurred.",
        "Replace it, or remove it: the next batch fetches a new one.",
    ),
    MovieIssueKind(
        "year-off-by-one",
        Severity.NOTE,
        MovieIssueScope.MOVIE,
        identity.check_year_off_by_one,
        False,
        "The year in the name differs by one from TMDb's: first shown late in one year, "
        "released in the next.",
        "No action is needed.",
    ),
    MovieIssueKind(
        "collection-gap",
        Severity.NOTE,
        MovieIssueScope.MOVIE,
        identity.check_collection_gap,
        False,
        "Movies of its collection are not in the library.",
        "Add them if you want the complete collection.",
    ),
    MovieIssueKind(
        "certification-missing",
        Severity.NOTE,
        MovieIssueScope.MOVIE,
        identity.check_certification_missing,
        False,
        "TMDb does not have the age rating of your country.",
        "Add it there, or set mpaa in the NFO.",
    ),
)

KINDS_BY_NAME: Mapping[str, MovieIssueKind] = {kind.name: kind for kind in ISSUE_KINDS}
