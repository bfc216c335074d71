"""Healthy albums of ten sorts, thirty and more of each."""

import random

from tests.recall.library import shelf
from tests.recall.library.maker import Maker
from tests.recall.library.model import Album


def albums(each: int, seed: int) -> dict[str, list[Album]]:
    """So many albums of each sort, three folders or more to an artist."""
    chance, taken = random.Random(seed), set[str]()
    maker = Maker(chance, strict=False)
    made: dict[str, list[Album]] = {}
    for name, sort in shelf.SORTS.items():
        mine: list[Album] = []
        while len(mine) < each:
            artist = shelf.artist_name(chance, taken, name)
            mine += shelf.fill(maker, artist, [sort] * 3, taken)
        made[name] = mine
    return made
