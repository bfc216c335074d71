"""The kinds of media in one table: a new subject is one entry here, one folder and its doors."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mediakeep.item import Item, MovieItem, MusicItem


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
    rules=5,
    piece="track",
)
MOVIES = Kind(
    name="movies",
    noun="movie",
    plural="movies",
    manager="movie_queue_manager.py",
    batch="process_movies.py",
    item=MovieItem,
    piece="file",
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (MUSIC,)}
