"""Composers: the same works, played by several performers, on releases that credit both."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from msgspec import structs

from benchmarks import matching_editions as editions
from benchmarks.matching_editions import Song
from benchmarks.matching_shelf import Act, Work
from benchmarks.matching_words import Words
from mediakeep_simulator import factories
from mediakeep_simulator.entities import CatalogueArtist, generate_mbid

_KINDS = ("Symphony", "Piano Concerto", "String Quartet", "Violin Sonata", "Suite")
_KEYS = ("C major", "D minor", "E-flat major", "F-sharp minor", "G major", "A minor", "B major")
_TEMPI = ("Allegro", "Andante con moto", "Scherzo: Vivace", "Adagio", "Finale: Presto", "Largo")
_NUMERALS = ("I", "II", "III", "IV", "V")
_ALBUMS = 10

Piece = tuple[str, list[str]]  # a work, and the titles of its movements


def composer(half: str, words: Words) -> Act:
    """Invent a composer, who wrote works, and those who play them."""
    rng = words.rng
    who = factories.make_artist(words.person(), type="Person")
    players = [_orchestra(words) for _ in range(3)] + [
        factories.make_artist(words.person(), type="Person") for _ in range(3)
    ]
    pieces = [_piece(rng) for _ in range(7)]
    works: list[Work] = []
    for number in range(_ALBUMS):
        # Half of the albums hold the works of the album before, played by somebody else.
        if number % 2 == 0:
            some = rng.sample(pieces, rng.choice((2, 3)))
        works.append(_album(who, players[number % len(players)], some, rng))
    return Act(who, "composer", half, works, others=tuple(players))


def _orchestra(words: Words) -> CatalogueArtist:
    return factories.make_artist(
        f"{words.family()} Philharmonic Orchestra {words.rng.randint(2, 99)}"
    )


def _piece(rng: Random) -> Piece:
    kind, number = rng.choice(_KINDS), rng.randint(1, 9)
    name = f"{kind} no. {number} in {rng.choice(_KEYS)}, op. {rng.randint(2, 120)}"
    count = rng.randint(3, 5)
    tempi = rng.sample(_TEMPI, count)
    movements = zip(_NUMERALS, tempi, strict=False)
    return name, [f"{name}: {numeral}. {tempo}" for numeral, tempo in movements]


def _album(
    artist: CatalogueArtist, player: CatalogueArtist, some: Sequence[Piece], rng: Random
) -> Work:
    names = [name.partition(" in ")[0] for name, _ in some]
    title = " / ".join(dict.fromkeys(names))
    group = factories.make_group(
        artist, title, credits=factories.make_credits(artist, player, join="; ")
    )
    group = structs.replace(
        group, id=generate_mbid("group", artist.id, player.id, title, rng.random())
    )
    songs = [_played(movement, rng) for _, movements in some for movement in movements]
    made, hard = editions.make_editions(group, [songs], rng.randint(1965, 2012), rng)
    return Work(group, made, songs, hard | {"another performer"})


def _played(movement: str, rng: Random) -> Song:
    return editions.song(movement, rng)
