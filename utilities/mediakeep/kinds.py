"""The kinds of media in one table: a new subject is one entry here, one folder and its doors."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mediakeep.item import Item, MusicItem


class Kind(msgspec.Struct, frozen=True):
    """A kind of item: its nouns, its Struct, and the stages an item passes through."""

    name: str
    noun: str
    plural: str
    manager: str  # the script that manages its queue
    item: type[Item]
    rules: int = 1  # raised whenever a finished item would come out differently today
    stages: Mapping[str, tuple[str, ...]] = {}  # stage -> what may follow
    piece: str = ""  # the noun of what an item is made of; its settles count them

    @property
    def batch(self) -> str:
        """The script that works on its queue."""
        return f"process_{self.name}_batch.py"

    @property
    def first_stage(self) -> str:
        """The stage that an item starts in, or "" for a kind without stages."""
        return next(iter(self.stages), "")


MUSIC = Kind(
    "music", "artist", "artists", "music_queue_manager.py", MusicItem, rules=5, piece="track"
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in (MUSIC,)}
