"""Create a sample movie library of real, playable files with planted and listed defects."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import NamedTuple

from mediakeep import files
from mediakeep.errors import ItemFailed, UsageFailed
from mediakeep.rehearsal import library
from mediakeep.rehearsal.films import clips, copies, damage
from mediakeep.rehearsal.films.copies import Copy, Layout
from mediakeep.rehearsal.films.damage import Case, Planter
from mediakeep.rehearsal.films.film import Cinema, Film
from mediakeep.rehearsal.films.finder import words

_SOUND = 3  # of this number of movies, at most two have a defect
_EACH = 60  # movies per defect of each kind; at least one defect
_TWICE = "duplicate-movie"
_OTHER = "720p.WEB.x264-KITE"


class Item(NamedTuple):
    """A movie by its place in the library, and its ID, 0 if it cannot be identified."""

    place: str
    film: int


class Defect(NamedTuple):
    """A planted defect: its kind, and the place of the affected file."""

    kind: str
    place: str


@dataclass(frozen=True)
class Made:
    """The content of a sample library, and its defects."""

    root: Path
    items: tuple[Item, ...]
    planted: tuple[Defect, ...]


def make(folder: Path, cinema: Cinema, count: int, layout: Layout = "flat", seed: int = 1) -> Made:
    """Create a library of `count` movies of a catalogue, always the same for a seed.

    A defect of each kind is planted for every 60 movies, in at most two thirds of a small library.
    Raise UsageFailed if the folder is not empty or the catalogue is too small, and ItemFailed on
    write errors.
    """
    rng = Random(f"{seed}/{layout}/{count}")
    known = [film for film in cinema.films if not film.adult]
    if count > len(known):
        raise UsageFailed(f"Cannot create {count:,} movies: the catalogue has only {len(known):,}.")
    library.claim(folder)
    films = rng.sample(known, count)
    kept = _distinct((copies.of(film, layout, rng) for film in films), films)
    planting = _Planting(kept, films, cinema, rng)
    for _ in range(max(1, count // _EACH)):
        planting.plant()
    try:
        for copy in kept:
            _write(folder, copy)
    except OSError as error:
        raise ItemFailed(f"The sample library stays unfinished: {error}.") from error
    items = tuple(Item(copy.place, copy.film) for copy in kept)
    return Made(folder, items, tuple(planting.planted))


def _distinct(kept: Iterable[Copy], films: list[Film]) -> list[Copy]:
    """Make all places distinct: add the ID to the name of the later movie."""
    found: list[Copy] = []
    seen: set[str] = set()
    for copy, film in zip(kept, films, strict=True):
        if files.fold(copy.place) in seen:
            copy = copies.named(copy, f"{copies.plain(film)} [tmdbid-{film.id}]")
        seen.add(files.fold(copy.place))
        found.append(copy)
    return found


class _Planting:
    """Damage some of the copies, each of them once."""

    def __init__(self, kept: list[Copy], films: list[Film], cinema: Cinema, rng: Random) -> None:
        self._kept, self._films, self._cinema, self._rng = kept, films, cinema, rng
        self._titled = damage.titled(cinema)
        self._free = rng.sample(range(len(kept)), len(kept))
        self._spared = len(kept) // _SOUND
        self.planted: list[Defect] = []

    def plant(self) -> None:
        """Plant one defect of each kind, as long as intact movies are left."""
        for kind, planter in damage.PLANTERS.items():
            self._one(kind, planter)
        if len(self._free) > self._spared + 1:
            self._double()

    def _one(self, kind: str, planter: Planter) -> None:
        """Damage the first copy that can have the defect."""
        if len(self._free) <= self._spared:
            return
        for number in self._free:
            damaged = planter(self._case(number))
            if damaged and self._fits(number, damaged):
                self._take(number, kind, damaged)
                return

    def _double(self) -> None:
        """Make one copy a duplicate of the next one's movie."""
        number, first = self._free[:2]
        film = self._films[number] = self._films[first]
        twin = copies.named(replace(self._kept[number], film=film.id), copies.scene(film, _OTHER))
        if self._fits(number, twin):
            self._take(number, _TWICE, replace(twin, clip=self._kept[first].clip))
            self._free.remove(first)

    def _case(self, number: int) -> Case:
        film = self._films[number]
        same = self._titled[words(film.title)]
        twins = tuple(one for one in same if one.id != film.id)
        return Case(self._kept[number], film, self._cinema, twins, self._rng)

    def _fits(self, number: int, damaged: Copy) -> bool:
        """Return True if no other copy has the same place."""
        others = (copy for place, copy in enumerate(self._kept) if place != number)
        return all(files.fold(copy.place) != files.fold(damaged.place) for copy in others)

    def _take(self, number: int, kind: str, damaged: Copy) -> None:
        self._kept[number] = damaged
        self._free.remove(number)
        self.planted.append(Defect(kind, damaged.place))


def _write(folder: Path, copy: Copy) -> None:
    for name in copy.videos:
        path = folder / copy.below(name)
        path.parent.mkdir(exist_ok=True)
        clip = replace(copy.clip, seconds=copy.clip.seconds / len(copy.videos))
        content = clips.content(clip, copy.suffix)
        path.write_bytes(content[: int(len(content) * copy.kept)])
    for name, data in copy.beside.items():
        path = folder / copy.below(name)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
