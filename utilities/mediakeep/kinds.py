"""The kinds of media; a new subject adds one entry here, one package and its scripts."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mediakeep.item import Item, MovieItem, MusicItem


class Tally(msgspec.Struct, frozen=True):
    """A counter over completed items for summaries.

    It sums the item field `name`, or with a `field`, counts the items whose `field` has this
    `value`. Summaries show it as "12 certain" within its `group`, or as a count of a `noun`. A
    worker reports the change in its facts under the same name.
    """

    name: str
    word: str
    group: str = ""
    noun: str = ""
    field: str = ""
    value: str = ""


class Kind(msgspec.Struct, frozen=True):
    """A kind of item: its nouns, its Struct, and its processing stages."""

    name: str
    noun: str
    plural: str
    manager: str  # the script that manages its queue
    batch: str  # the script that processes it
    item: type[Item]
    rules: int = 1  # increased whenever a completed item would be processed differently
    stages: Mapping[str, tuple[str, ...]] = {}  # stage -> possible next stages
    piece: str = ""  # noun of the parts of an item, which settles count
    shelf: str = ""  # what a library contains, such as "artist folders"
    stray: str = ""  # noun of a file in the library that belongs to no item
    tallies: tuple[Tally, ...] = ()
    notice: str = ""  # text that the service requires wherever its data is used

    @property
    def first_stage(self) -> str:
        """The first stage, or "" for a kind without stages."""
        return next(iter(self.stages), "")


MUSIC = Kind(
    name="music",
    noun="artist",
    plural="artists",
    manager="music_queue_manager.py",
    batch="process_music_batch.py",
    item=MusicItem,
    rules=6,
    piece="track",
    shelf="artist folders",
    stray="audio file",
    tallies=(
        # How certain the albums are matched, and how many tag fields were filled from the matches.
        Tally("albums_matched", "certain", "Albums"),
        Tally("albums_tied", "tied", "Albums"),
        Tally("albums_unsure", "unsure", "Albums"),
        Tally("albums_unknown", "unknown", "Albums"),
        Tally("fields_filled", "filled", noun="field"),
        Tally("unread_count", "not read", noun="audio file"),
    ),
)
MOVIES = Kind(
    name="movies",
    noun="movie",
    plural="movies",
    manager="movie_queue_manager.py",
    batch="process_movies.py",
    item=MovieItem,
    rules=2,
    piece="file",
    shelf="movies",
    stray="video file",
    tallies=(
        # How the movies were identified.
        Tally("movies_auto", "certain", "Movies", field="match", value="auto"),
        Tally("movies_user", "by your word", "Movies", field="match", value="user"),
        Tally("movies_review", "unsure", "Movies", field="match", value="review"),
        Tally("movies_unmatched", "unknown", "Movies", field="match", value="unmatched"),
    ),
    # Wording required by TMDb (themoviedb.org/api-terms-of-use).
    notice="This product uses the TMDB API but is not endorsed or certified by TMDB.",
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (MUSIC, MOVIES)}
