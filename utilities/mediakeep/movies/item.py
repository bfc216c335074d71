"""The queue item of a movie."""

from __future__ import annotations

from mediakeep.item import Item, Number
from mediakeep.lookups.tmdb.match_state import MatchState


class MovieItem(
    Item, kw_only=True, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """A movie: a video file with its sidecar files, or a folder with one movie.

    A `match` of "user" with one of the two ids is the user's choice and overrides everything else.
    """

    title: str = ""  # from TMDb, else parsed from the file name
    year: Number = 0
    edition: str = ""
    tmdb_id: Number = 0
    imdb_id: str = ""
    match: MatchState = ""
    confidence: float = 0.0  # 0 to 1
    collection_id: Number = 0  # at TMDb
    collected: Number = 0  # movies of that collection in the library, as last reported
    file_count: Number = 0  # video files: parts and versions
    metadata_files: tuple[str, ...] = ()  # created by mediakeep; escaped relative paths
