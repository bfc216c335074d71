"""Songs, and the editions of their albums: remasters, deluxe ones, those of other countries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any

from msgspec import structs

from mediakeep_simulator import factories
from mediakeep_simulator.entities import (
    CatalogueCredit,
    CatalogueGroup,
    CatalogueLabelInfo,
    CatalogueMedium,
    CatalogueRelease,
    CatalogueTrack,
    generate_mbid,
)

LABELS = tuple(
    factories.make_label(f"{name} Records")
    for name in ("Tallow", "Ember", "Nine Oaks", "Kite", "Osier")
)
_COUNTRIES = ("GB", "US", "DE", "JP", "XE", "FR", "AU")
_NEWEST = 2024


@dataclass(frozen=True)
class Song:
    """A recording: its title, how long it lasts in milliseconds, and by whom it is."""

    recording: str
    title: str
    length: int
    credits: tuple[CatalogueCredit, ...] = ()


Disc = Sequence[Song]


def song(title: str, rng: Random) -> Song:
    """Record a song of two to six minutes."""
    length = int(1000 * min(420, max(95, rng.gauss(225, 55)))) + rng.randrange(1000)
    return Song(generate_mbid("recording", title, rng.random()), title, length)


def record_again(song: Song, rng: Random, title: str = "", *, closely: bool = False) -> Song:
    """Record a song again, as on a stage: it takes about as long, but hardly ever just as long."""
    change = rng.gauss(1.0, 0.02) if closely else rng.gauss(1.05, 0.09)
    own = generate_mbid("recording", song.recording, rng.random())
    return replace(song, recording=own, title=title or song.title, length=int(song.length * change))


def make(
    group: CatalogueGroup, discs: Sequence[Disc], edition: int, **facts: Any
) -> CatalogueRelease:
    """Make an edition from its discs; `formats` are CD if nothing else is said."""
    formats = facts.pop("formats", None) or ["CD"] * len(discs)
    timed = facts.pop("timed", True)
    bare = factories.make_release(group, [], edition=edition, **facts)
    media = tuple(
        _medium(bare.id, number, form, songs, timed=timed)
        for number, form, songs in zip(count(1), formats, discs, strict=False)
    )
    return structs.replace(bare, media=media)


def _medium(release: str, number: int, form: str, songs: Disc, *, timed: bool) -> CatalogueMedium:
    numbers = factories.number_tracks(form, len(songs))
    tracks = tuple(
        CatalogueTrack(
            id=generate_mbid("track", release, number, place),
            recording=one.recording,
            title=one.title,
            number="" if place.isdigit() else place,
            length=one.length if timed else None,
            credits=one.credits,
        )
        for one, place in zip(songs, numbers, strict=True)
    )
    return CatalogueMedium(id=generate_mbid("medium", release, number), format=form, tracks=tracks)


def make_editions(
    group: CatalogueGroup, discs: Sequence[Disc], year: int, rng: Random
) -> tuple[list[CatalogueRelease], set[str]]:
    """Bring an album out, once or several times; return what is hard about it as well.

    A remaster's tracks last as long as before, or differ by under a second, or by up to three.
    """
    year = min(year, _NEWEST)
    first = {"date": _date(year, rng), **_issue(rng)}
    vinyl = year < 1990 and rng.random() < 0.6
    formats = ['12" Vinyl'] * len(discs) if vinyl else None
    timed = not vinyl or rng.random() < 0.8
    editions = [make(group, discs, 1, formats=formats, timed=timed, **first)]
    hard: set[str] = set()
    for kind, later in _later(discs, year, rng):
        facts = _issue(rng)
        when = min(_NEWEST, year + (0 if kind == "country" else rng.randint(3, 30)))
        editions.append(make(group, later, len(editions) + 1, date=_date(when, rng), **facts))
        hard.add(kind)
    return editions, hard


def _later(discs: Sequence[Disc], year: int, rng: Random) -> Iterator[tuple[str, Sequence[Disc]]]:
    """Choose the editions that follow the first."""
    if rng.random() < 0.45:
        yield "country", discs
    if rng.random() < 0.5:
        spread = rng.choice(((0, 0), (200, 900), (1000, 3000)))
        yield "remaster", [[_shifted(track, spread, rng) for track in disc] for disc in discs]
    if rng.random() < 0.35:
        yield "deluxe", _deluxe(discs, rng)
    if rng.random() < 0.15 and year < 2010:
        bonus = [record_again(discs[-1][0], rng, f"{discs[-1][0].title} (remix)")]
        yield "bonus", [*discs[:-1], [*discs[-1], *bonus]]


def _deluxe(discs: Sequence[Disc], rng: Random) -> Sequence[Disc]:
    every = [track for disc in discs for track in disc]
    suffix = rng.choice((" (demo)", " (live)", ""))
    some = rng.sample(every, min(len(every), rng.randint(3, 9)))
    more = [record_again(one, rng, one.title + suffix) for one in some]
    if len(more) > 4:
        return [*discs, more]
    return [*discs[:-1], [*discs[-1], *more]]


def _shifted(song: Song, spread: tuple[int, int], rng: Random) -> Song:
    return replace(song, length=song.length + rng.choice((-1, 1)) * rng.randint(*spread))


def _date(year: int, rng: Random) -> str:
    whole = f"{year}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return rng.choice((whole, whole, f"{year}"))


def _issue(rng: Random) -> dict[str, Any]:
    label = rng.choice(LABELS)
    barcode = f"{rng.randrange(10**12):013}" if rng.random() < 0.8 else ""
    number = f"{label.name[:3].upper()} {rng.randint(1000, 9999)}"
    return {
        "country": rng.choice(_COUNTRIES),
        "barcode": barcode,
        "labels": (CatalogueLabelInfo(label.id, number),),
    }
