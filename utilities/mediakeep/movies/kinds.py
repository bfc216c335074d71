"""The table of all kinds of issues with movies: one row here and one check a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import msgspec

from mediakeep.issue import Severity
from mediakeep.movies.account import Account
from mediakeep.movies.checks import matching, sidecars, videos


class Scope(StrEnum):
    """What an issue of a kind is about."""

    MOVIE = "movie"
    FILE = "file"


class Kind(msgspec.Struct, frozen=True):
    """A kind of issue.

    The check is shown a movie. Of one about the movie it gives the detail, or None where all is
    well; of one about files it gives the details of those that have it, by their places.
    """

    name: str
    severity: Severity
    scope: Scope
    check: Callable[[Account], str | Mapping[str, str] | None]
    decision: bool  # a person settles it by saying which movie it is
    meaning: str
    cure: str
    role: str = ""  # the sidecar that mends it, which a batch writes by itself where it can


# Most urgent first: reports follow this order.
KINDS = (
    Kind(
        "unreadable-video",
        Severity.ERROR,
        Scope.FILE,
        videos.unreadable_video,
        False,
        "The system refuses to give the file's content.",
        "Check its rights, where a link leads, and the disk.",
    ),
    Kind(
        "truncated-video",
        Severity.ERROR,
        Scope.FILE,
        videos.truncated_video,
        False,
        "The file ends before its video does: an unfinished copy or download.",
        "Replace it from a backup or another copy.",
    ),
    Kind(
        "not-video",
        Severity.ERROR,
        Scope.FILE,
        videos.not_video,
        False,
        "The file is named like a video, but holds no pictures that could be played.",
        "Replace it from a backup or another copy, or move it out of the library.",
    ),
    Kind(
        "no-audio",
        Severity.ERROR,
        Scope.FILE,
        videos.no_audio,
        False,
        "The video has no sound at all.",
        "Replace it, unless it is a silent film.",
    ),
    Kind(
        "id-conflict",
        Severity.WARNING,
        Scope.MOVIE,
        matching.id_conflict,
        True,
        "Ids in the queue, the NFO and the names are of different movies.",
        "Choose the right one, if you have not yet, and correct or remove the wrong one.",
    ),
    Kind(
        "removed-id",
        Severity.WARNING,
        Scope.MOVIE,
        matching.removed_id,
        True,
        "TMDb has no movie with the id that is given here any more.",
        "Choose the one that it has become, and correct the id in the NFO or the name.",
    ),
    Kind(
        "invalid-id",
        Severity.WARNING,
        Scope.MOVIE,
        matching.invalid_id,
        False,
        "The NFO holds something in place of an id that cannot be one.",
        "Correct or remove it in the NFO.",
    ),
    Kind(
        "name-not-parsed",
        Severity.WARNING,
        Scope.MOVIE,
        sidecars.name_not_parsed,
        True,
        "Neither the name of the file nor that of its folder tells a title.",
        "Rename it, such as to Title (Year), or choose the movie by its id.",
    ),
    Kind(
        "no-match",
        Severity.WARNING,
        Scope.MOVIE,
        matching.no_match,
        True,
        "TMDb knows no movie that is near to what the name says.",
        "Correct the name, or choose the movie by its id.",
    ),
    Kind(
        "ambiguous-match",
        Severity.WARNING,
        Scope.MOVIE,
        matching.ambiguous_match,
        True,
        "Several movies may be meant, or something speaks against the nearest.",
        "Look at the candidates in the report, and choose the right one by its id.",
    ),
    Kind(
        "duplicate-movie",
        Severity.WARNING,
        Scope.MOVIE,
        matching.duplicate_movie,
        False,
        "The same movie, in the same edition, is in the library more than once.",
        "Keep the better one; where they are editions, say so in their names: {edition-...}.",
    ),
    Kind(
        "wrong-year",
        Severity.WARNING,
        Scope.MOVIE,
        matching.wrong_year,
        True,
        "The year in the name is not that of the movie, so it may be another movie.",
        "Correct the year in the name, or choose the right movie by its id.",
    ),
    Kind(
        "runtime-differs",
        Severity.WARNING,
        Scope.MOVIE,
        videos.runtime_differs,
        True,
        "It lasts much longer or shorter than the movie does.",
        "See whether all of it is here, and whether it is this movie and which edition.",
    ),
    Kind(
        "corrupt-image",
        Severity.WARNING,
        Scope.FILE,
        sidecars.corrupt_image,
        False,
        "A file named like a picture holds none that is whole, such as a saved error page.",
        "Remove it: a batch fetches another in its place.",
    ),
    Kind(
        "missing-nfo",
        Severity.WARNING,
        Scope.MOVIE,
        sidecars.missing_nfo,
        False,
        "There is no NFO, so players have to guess which movie it is.",
        "Let a batch write it; a file in its place that is no NFO has to be moved away "
        "first, or is set aside with --nfo set-aside.",
        role=sidecars.NFO,
    ),
    Kind(
        "missing-poster",
        Severity.WARNING,
        Scope.MOVIE,
        sidecars.missing_poster,
        False,
        "There is no poster.",
        "Let a batch fetch it; where TMDb has none, put one beside the movie yourself.",
        role=sidecars.POSTER,
    ),
    Kind(
        "missing-fanart",
        Severity.WARNING,
        Scope.MOVIE,
        sidecars.missing_fanart,
        False,
        "There is no fanart, the picture behind the menus.",
        "Let a batch fetch it; where TMDb has none, put one beside the movie yourself.",
        role=sidecars.FANART,
    ),
    Kind(
        "missing-plot",
        Severity.WARNING,
        Scope.MOVIE,
        sidecars.missing_plot,
        False,
        "The NFO does not say what the movie is about.",
        "Write it at TMDb in your language, or into the NFO yourself.",
        role=sidecars.NFO,
    ),
    Kind(
        "orphan-sidecar",
        Severity.WARNING,
        Scope.FILE,
        sidecars.orphan_sidecar,
        False,
        "A file beside the movie fits no video there, so players pass it over.",
        "Rename it as the video is named, or remove it.",
    ),
    Kind(
        "low-resolution",
        Severity.NOTE,
        Scope.FILE,
        videos.low_resolution,
        False,
        "The picture has fewer lines than high definition.",
        "Replace it, if there is a sharper copy.",
    ),
    Kind(
        "missing-subtitles",
        Severity.NOTE,
        Scope.MOVIE,
        videos.missing_subtitles,
        False,
        "Neither sound nor subtitles are in a language that you want.",
        "Put subtitles beside the movie, such as Name.en.srt.",
    ),
    Kind(
        "small-poster",
        Severity.NOTE,
        Scope.FILE,
        sidecars.small_poster,
        False,
        "The poster is less than 500 pixels wide, so it looks blurred.",
        "Replace it, or remove it: a batch fetches another.",
    ),
    Kind(
        "year-off-by-one",
        Severity.NOTE,
        Scope.MOVIE,
        matching.year_off_by_one,
        False,
        "The year in the name is next to that of TMDb: first shown late in one, released in the"
        " other.",
        "Nothing needs to be done.",
    ),
    Kind(
        "collection-gap",
        Severity.NOTE,
        Scope.MOVIE,
        matching.collection_gap,
        False,
        "Movies of the collection that it belongs to are not in the library.",
        "Find them, if you want all of it.",
    ),
    Kind(
        "certification-missing",
        Severity.NOTE,
        Scope.MOVIE,
        matching.certification_missing,
        False,
        "TMDb does not know how your country rates the movie for the young.",
        "Add it there, or write mpaa into the NFO.",
    ),
)

BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}
