"""What an artist has made: albums, their live twins, best-ofs, singles, and samplers of several."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from msgspec import structs

from benchmarks import matching_editions as editions
from benchmarks.matching_editions import Disc, Song
from benchmarks.matching_words import Words
from mediakeep_simulator import factories
from mediakeep_simulator.entities import (
    VARIOUS_ARTISTS,
    CatalogueArtist,
    CatalogueGroup,
    CatalogueRelease,
    generate_mbid,
)

VARIOUS = CatalogueArtist(id=VARIOUS_ARTISTS, name="Various Artists", sort_name="Various Artists")


@dataclass
class Work:
    """A release group, its editions, the songs of the first of them, and what is hard about it."""

    group: CatalogueGroup
    editions: list[CatalogueRelease]
    songs: list[Song]
    hard: set[str] = field(default_factory=set)


@dataclass
class Act:
    """An artist with a discography; `here` is whether albums of theirs may be owned."""

    artist: CatalogueArtist
    kind: str  # "band", "script" or "composer"
    half: str
    works: list[Work]
    here: bool = True
    others: tuple[CatalogueArtist, ...] = ()  # whom its releases credit as well

    @property
    def everybody(self) -> tuple[CatalogueArtist, ...]:
        """The artist, and the others."""
        return (self.artist, *self.others)


@dataclass
class _Maker:
    """Makes the discography of one artist."""

    artist: CatalogueArtist
    words: Words
    script: str
    works: list[Work] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)

    @property
    def rng(self) -> Random:
        return self.words.rng

    def title(self) -> str:
        """Name an album that this artist has no other of that name of."""
        title = self.words.script(self.script) if self.script else self.words.title()
        return title if title not in self.taken else self.title()

    def titles(self, count: int) -> list[str]:
        if self.script:
            return self.words.scripts(self.script, count)
        return self.words.titles(count)

    def add(
        self, title: str, discs: Sequence[Disc], year: int, hard: str = "", **facts: Any
    ) -> None:
        """Bring an album out."""
        group = factories.make_group(self.artist, title, **facts)
        own = generate_mbid("group", self.artist.id, title, len(self.works))
        group = structs.replace(group, id=own)
        made, kinds = editions.make_editions(group, discs, year, self.rng)
        songs = [track for disc in discs for track in disc]
        self.taken.add(title)
        self.works.append(Work(group, made, songs, kinds | ({hard} if hard else set())))


def discography(
    artist: CatalogueArtist, half: str, words: Words, *, script: str = "", here: bool = True
) -> Act:
    """Invent all that an artist has made."""
    maker, rng = _Maker(artist, words, script), words.rng
    year, paired = rng.randint(1962, 2008), rng.random() < 0.15
    for number in range(rng.randint(4, 6)):
        _studio(maker, year + 2 * number, named=paired and number in (0, 2))
    studio = list(maker.works)
    for work in studio:
        if rng.random() < 0.3:
            _live(maker, work, year + rng.randint(2, 20))
    if rng.random() < 0.1:
        _remade(maker, rng.choice(studio), year + rng.randint(10, 30))
    if rng.random() < 0.6:
        _best(maker, studio, year + rng.randint(10, 20))
    for work in rng.sample(studio, rng.randint(1, 3)):
        _single(maker, work, year + rng.randint(0, 8))
    if rng.random() < 0.5:
        _ep(maker, studio, year + rng.randint(0, 8))
    return Act(artist, "script" if script else "band", half, maker.works, here)


def namesake(act: Act, text: str, *, here: bool) -> Act:
    """Let an artist be one of two who have a name."""
    for work in act.works:
        work.hard.add("namesake")
    return replace(act, artist=structs.replace(act.artist, disambiguation=text), here=here)


def sampler(acts: Sequence[Act], words: Words) -> Iterator[Work]:
    """Make a compilation of several artists, or two of a series."""
    rng, title = words.rng, f"{words.title()} {words.rng.choice(('Sampler', 'Hits', 'Sessions'))}"
    volumes = [f"{title} {rng.randint(1, 99)}"]
    if rng.random() < 0.5:
        volumes = [f"{title} Vol. {number}" for number in (1, 2)]
    for volume in volumes:
        some = rng.sample(acts, min(len(acts), rng.randint(10, 16)))
        songs = [_lent(act, rng) for act in some]
        group = factories.make_group(VARIOUS, volume, secondary=("Compilation",))
        group = structs.replace(group, id=generate_mbid("group", volume, rng.random()))
        made, hard = editions.make_editions(group, [songs], rng.randint(1985, 2015), rng)
        yield Work(group, made, songs, hard | {"various artists"})


def _lent(act: Act, rng: Random) -> Song:
    chosen = rng.choice(rng.choice(act.works[:4]).songs)
    return replace(chosen, credits=factories.make_credits(act.artist))


def _studio(maker: _Maker, year: int, *, named: bool) -> None:
    rng = maker.rng
    count = rng.randint(8, 13)
    titles = maker.titles(count)
    if maker.works and rng.random() < 0.4:  # a song of that title was there before
        titles[rng.randrange(count)] = rng.choice(maker.works[0].songs).title
    songs = [editions.song(title, rng) for title in dict.fromkeys(titles)]
    discs = [songs]
    if rng.random() < 0.12:
        more = [editions.song(title, rng) for title in maker.titles(rng.randint(7, 10))]
        discs.append(more)
    title = maker.artist.name if named else maker.title()
    maker.add(title, discs, year, "self-titled" if named else "")


def _live(maker: _Maker, work: Work, year: int) -> None:
    """Play an album on a stage, all of it or most; its songs are named alike, or "(live)"."""
    rng, title = maker.rng, work.group.title
    mark = rng.choice((" (live)", ""))
    some = work.songs if rng.random() < 0.6 else rng.sample(work.songs, len(work.songs) * 3 // 4)
    songs = [editions.record_again(one, rng, one.title + mark) for one in some]
    hall = f"Live at the {maker.words.family()}"
    title = rng.choice((f"{title} (Live)", f"{title} Live", hall, title))
    maker.add(title, [songs], year, "live twin", secondary=("Live",))
    work.hard.add("live twin")


def _remade(maker: _Maker, work: Work, year: int) -> None:
    """Record a whole album again, as closely as can be."""
    rng, title = maker.rng, work.group.title
    songs = [editions.record_again(song, rng, closely=True) for song in work.songs]
    title = rng.choice((title, f"{title} Revisited", f"{title} ({year})"))
    maker.add(title, [songs], year, "re-recorded")
    work.hard.add("re-recorded")


def _best(maker: _Maker, studio: Sequence[Work], year: int) -> None:
    """Put recordings of albums together; now and then a later best-of has most of them again."""
    rng, name = maker.rng, maker.artist.name
    every = [one for work in studio for one in rng.sample(work.songs, min(3, len(work.songs)))]
    songs = rng.sample(every, min(len(every), rng.randint(11, 17)))
    titles = [f"The Best of {name}", "Greatest Hits", "Anthology", f"The Very Best of {name}"]
    first, second = rng.sample(titles, 2)
    maker.add(first, [songs], year, "best-of", secondary=("Compilation",))
    if rng.random() < 0.4:
        rest = [act for act in every if act not in songs]
        later = rng.sample([*songs[3:], *rest[:4]], len(songs[3:]) + len(rest[:4]))
        maker.add(second, [later], year + 9, "best-of", secondary=("Compilation",))


def _single(maker: _Maker, work: Work, year: int) -> None:
    rng = maker.rng
    song = rng.choice(work.songs)
    title = song.title if rng.random() < 0.85 else work.group.title
    more = [editions.song(title, rng) for title in maker.titles(rng.randint(1, 2))]
    if rng.random() < 0.4:
        more.append(editions.record_again(song, rng, f"{song.title} (remix)"))
    maker.add(title, [[song, *more]], year, "single", primary="Single")


def _ep(maker: _Maker, studio: Sequence[Work], year: int) -> None:
    rng = maker.rng
    old = rng.sample(rng.choice(studio).songs, 2)
    new = [editions.song(title, rng) for title in maker.titles(rng.randint(2, 4))]
    maker.add(f"{maker.title()} EP", [[*old, *new]], year, "EP", primary="EP")
