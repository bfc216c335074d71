"""A made catalogue of a few hundred artists, most of whose albums are hard to distinguish."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from random import Random

from benchmarks import matching_classical as classical
from benchmarks import matching_editions as editions
from benchmarks import matching_shelf as shelf
from benchmarks.matching_shelf import Act, Work
from benchmarks.matching_words import SCRIPTS, Words
from mediakeep_simulator import factories
from mediakeep_simulator.entities import (
    CatalogueAlias,
    CatalogueArtist,
    CatalogueRecording,
    CatalogueRelease,
    MusicBrainzCatalogue,
)

HALVES = ("fit", "held")
# Of a hundred artists: bands, artists who write in another script, composers. One band in twelve
# has a namesake, and one in twenty is known of whom nothing is here.
_SCRIPTED, _COMPOSERS = 10, 8
_NAMESAKES, _ELSEWHERE = 12, 20
_COMPILED = 0.42  # compilations for each artist


@dataclass
class Catalogue:
    """The world, and what of it may be here; `latin` maps names to their Latin spelling."""

    acts: list[Act]
    samplers: dict[str, list[Work]]  # compilations of various artists, by half
    latin: dict[str, str] = field(default_factory=dict)

    @property
    def works(self) -> Iterator[Work]:
        """All release groups."""
        for act in self.acts:
            yield from act.works
        for some in self.samplers.values():
            yield from some

    @property
    def releases(self) -> Iterator[CatalogueRelease]:
        """All releases."""
        return (release for work in self.works for release in work.editions)

    @cached_property
    def world(self) -> MusicBrainzCatalogue:
        """The catalogue as the simulator server takes it."""
        return MusicBrainzCatalogue(
            artists=(shelf.VARIOUS, *(one for act in self.acts for one in act.everybody)),
            labels=editions.LABELS,
            groups=tuple(work.group for work in self.works),
            releases=tuple(self.releases),
            recordings=tuple(self._recordings()),
        )

    def _recordings(self) -> Iterator[CatalogueRecording]:
        """Return the lengths of recordings on releases without track lengths."""
        silent = {
            track.recording
            for release in self.releases
            for medium in release.media
            for track in medium.tracks
            if track.length is None
        }
        makers = {song.recording: work.group.credits for work in self.works for song in work.songs}
        songs = {song.recording: song for work in self.works for song in work.songs}
        for mbid in sorted(silent):
            one = songs[mbid]
            by = one.credits or makers[mbid]
            yield CatalogueRecording(mbid, one.title, one.length, by)

    @property
    def hard(self) -> Counter[str]:
        """Count release groups by what is hard about them; "" has all that are hard at all."""
        counts = Counter(kind for work in self.works for kind in work.hard)
        counts[""] = sum(bool(work.hard) for work in self.works)
        return counts


def make(artists: int, seed: int) -> Catalogue:
    """Invent a catalogue; the same seed gives the same one."""
    rng = Random(seed)
    words = Words(rng)
    acts: list[Act] = []
    for number in range(artists):
        half = HALVES[number // 2 % 2]
        acts += _acts(number, half, words, rng)
    count = round(artists * _COMPILED / 2)
    samplers = {half: _samplers(half, acts, count, words) for half in HALVES}
    return Catalogue(acts, samplers, words.latin)


def _acts(number: int, half: str, words: Words, rng: Random) -> Iterator[Act]:
    """Invent an artist, with a namesake now and then."""
    turn = number % 100 * 7 % 100  # spread evenly, and the same in any number of artists
    if turn < _SCRIPTED:
        yield _foreign(half, words, rng)
    elif turn < _SCRIPTED + _COMPOSERS:
        yield classical.composer(half, words)
    else:
        name = words.name()
        here = number % _ELSEWHERE != 7
        first = _band(name, half, words, number=1, here=here)
        if number % _NAMESAKES == 5:
            yield shelf.namesake(first, "rock band from Leeds", here=number % 2 == 0)
            other = _band(name, half, words, number=2, here=number % 2 == 1)
            yield shelf.namesake(other, "jazz trio", here=number % 2 == 1)
        else:
            yield first


def _band(name: str, half: str, words: Words, *, number: int, here: bool) -> Act:
    artist = factories.make_artist(name, nth=number)
    return shelf.discography(artist, half, words, here=here)


def _foreign(half: str, words: Words, rng: Random) -> Act:
    script = rng.choice(SCRIPTS)
    name = words.new_script(script)
    latin = words.latin[name].title()
    aliases = (
        CatalogueAlias(latin, sort_name=latin, locale="en", primary=True, type="Artist name"),
    )
    artist: CatalogueArtist = factories.make_artist(name, aliases=aliases)
    return shelf.discography(artist, half, words, script=script)


def _samplers(half: str, acts: list[Act], count: int, words: Words) -> list[Work]:
    bands = [act for act in acts if act.half == half and act.kind == "band"]
    found: list[Work] = []
    while len(found) < count:
        found += shelf.sampler(bands, words)
    return found
