"""The kind of movies, and its queue item."""

from __future__ import annotations

from mediakeep.item import Item, Number
from mediakeep.kinds import ItemCounter, Kind
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


MOVIES = Kind(
    name="movies",
    noun="movie",
    plural="movies",
    manager_script="movie_queue_manager.py",
    batch_script="process_movies.py",
    item_type=MovieItem,
    subject="mediakeep.app.subjects.movies:SUBJECT",
    rules=4,
    part_noun="file",
    library_noun="movies",
    stray_noun="video file",
    damage_kinds=("unreadable-video", "truncated-video", "not-video"),
    counters=(
        # How the movies were identified.
        ItemCounter("movies_auto", "certain", "Movies", field="match", value="auto"),
        ItemCounter("movies_user", "by your word", "Movies", field="match", value="user"),
        ItemCounter("movies_review", "unsure", "Movies", field="match", value="review"),
        ItemCounter("movies_unmatched", "unknown", "Movies", field="match", value="unmatched"),
    ),
    # Wording required by TMDb (themoviedb.org/api-terms-of-use).
    attribution="This product uses the TMDB API but is not endorsed or certified by TMDB.",
)
