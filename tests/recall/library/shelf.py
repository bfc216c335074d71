"""Puts sorts of albums into artists' folders, and writes them to the disk."""

import os
import random
from collections.abc import Callable, Iterable
from pathlib import Path

from tests.recall.library import sorts_plain, sorts_sets, words
from tests.recall.library.maker import Maker, safe
from tests.recall.library.model import Album
from tests.recall.library.render import render

Sort = Callable[[Maker, str], list[Album]]

SORTS: dict[str, Sort] = {
    "classical": sorts_sets.classical, "singles": sorts_plain.singles, "hidden": sorts_plain.hidden,
    "live": sorts_plain.live, "boxes": sorts_sets.boxes, "editions": sorts_sets.editions,
    "compilations": sorts_sets.compilations, "scripts": sorts_plain.scripts,
    "vinyl": sorts_plain.vinyl, "odd": sorts_plain.odd,
}  # fmt: skip


def artist_name(chance: random.Random, taken: set[str], sort: str) -> str:
    """A name that no artist's folder has yet."""
    while True:
        if sort == "classical":
            name = f"{words.person(chance)} Ensemble"
        elif sort == "scripts" and chance.random() < 0.7:
            name = words.foreign(chance, chance.choice(sorted(words.SCRIPTS)))
        else:
            name = chance.choice((words.band, words.person))(chance)
        if name.casefold() not in taken:
            taken.add(name.casefold())
            return name


def fill(maker: Maker, artist: str, sorts: Iterable[Sort], taken: set[str]) -> list[Album]:
    """One album or pair of each of the sorts, in folders that no other album has."""
    made: list[Album] = []
    for sort in sorts:
        while True:
            albums = sort(maker, artist)
            paths = [album.path.split("/")[0].casefold() for album in albums]
            keys = {f"{artist}/{path}" for path in paths}
            if not keys & taken:
                taken |= keys
                break
        made += albums
    return made


def write(albums: Iterable[Album], root: Path) -> int:
    """Write all files; the answer is how many tracks there are."""
    count, known = 0, set()
    for album in albums:
        base = f"{root}/{safe(album.artist)}"
        images = {f"{album.path}/{name}": data for name, data in album.images.items()}
        for track in album.tracks:
            count += 1
            path = f"{base}/{track.path}"
            _folder(path, known)
            if track.link:
                _special(track.link, path)
            else:
                _file(path, render(track))
        for name, data in images.items():
            _folder(f"{base}/{name}", known)
            _file(f"{base}/{name}", data)
    return count


def _folder(path: str, known: set[str]) -> None:
    """Make the folder of the file where it is not there yet."""
    folder = path.rsplit("/", 1)[0]
    if folder not in known:
        os.makedirs(folder, exist_ok=True)
        known.add(folder)


def _file(path: str, data: bytes) -> None:
    """Write one file; a name that is not UTF-8 holds its bytes as surrogates."""
    with open(os.fsencode(path), "xb") as out:
        out.write(data)


def _special(link: str, path: str) -> None:
    """A named pipe, or a link that leads nowhere."""
    if link == "pipe":
        os.mkfifo(os.fsencode(path))
    else:
        os.symlink(link, os.fsencode(path))
