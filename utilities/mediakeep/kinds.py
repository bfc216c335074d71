"""The kinds of media in one table: a new subject is one entry here, one folder and its doors."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mediakeep.item import Item, MovieItem, MusicItem


class Tally(msgspec.Struct, frozen=True):
    """What completed items count besides, of which summaries tell the sum.

    It is a number of the item by that name; where there is a `field`, it counts the items that have
    this `value` there. It is told as "12 certain", among others of its `group`, or as so many of a
    `noun`. A worker tells by the same name, in its facts, what has come about just now.
    """

    name: str
    word: str
    group: str = ""
    noun: str = ""
    field: str = ""
    value: str = ""


class Kind(msgspec.Struct, frozen=True):
    """A kind of item: its nouns, its Struct, and the stages an item passes through."""

    name: str
    noun: str
    plural: str
    manager: str  # the script that manages its queue
    batch: str  # the script that works on it
    item: type[Item]
    rules: int = 1  # raised whenever a finished item would come out differently today
    stages: Mapping[str, tuple[str, ...]] = {}  # stage -> what may follow
    piece: str = ""  # the noun of what an item is made of; its settles count them
    shelf: str = ""  # what a library consists of, as "artist folders"
    stray: str = ""  # the noun of a file there that belongs to no item
    tallies: tuple[Tally, ...] = ()
    notice: str = ""  # what its service wants to be said wherever it is made use of

    @property
    def first_stage(self) -> str:
        """The stage that an item starts in, or "" for a kind without stages."""
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
        # How sure it is what albums are, and the fields of tags that were filled because of it.
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
        # How it was found out which movies they are.
        Tally("movies_auto", "certain", "Movies", field="match", value="auto"),
        Tally("movies_user", "by your word", "Movies", field="match", value="user"),
        Tally("movies_review", "unsure", "Movies", field="match", value="review"),
        Tally("movies_unmatched", "unknown", "Movies", field="match", value="unmatched"),
    ),
    # As its terms word it (themoviedb.org/api-terms-of-use).
    notice="This product uses the TMDB API but is not endorsed or certified by TMDB.",
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (MUSIC, MOVIES)}
