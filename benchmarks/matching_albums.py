"""Local albums made from a catalogue, damaged in families, each with what it truly is."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from benchmarks import matching_absent as absent
from benchmarks import matching_damage as damage
from benchmarks import matching_draft as drafts
from benchmarks import matching_families as families
from benchmarks import matching_truth as truth
from benchmarks.matching_draft import Draft, Facts
from benchmarks.matching_shelf import Act, Work
from benchmarks.matching_truth import Truth
from benchmarks.matching_words import Words
from benchmarks.matching_world import HALVES, Catalogue
from mediakeep import path_text
from mediakeep.music.model import Album, Artist

EACH = 8  # albums of a band; the others have fewer
_SCRIPTED, _COMPOSED = 5, 6
_ODD = ("{title}", "{title}", "{title}", "{year} - {title}", "{title} ({year})")


@dataclass(frozen=True)
class Local:
    """A local album, the draft that it was made from, and what it truly is."""

    folder: str  # of the artist
    album: Album
    draft: Draft
    truth: Truth


@dataclass(frozen=True)
class Library:
    """The local albums of one half."""

    half: str
    albums: tuple[Local, ...]

    @property
    def artists(self) -> list[Artist]:
        """The folders of artists as a scan would have found them."""
        by_folder: dict[str, list[Album]] = defaultdict(list)
        for album in self.albums:
            by_folder[album.folder].append(album.album)
        return [
            Artist(name=name, path=f"/{name}", albums=tuple(some), fingerprint="")
            for name, some in by_folder.items()
        ]


def make(catalogue: Catalogue, seed: int) -> list[Library]:
    """Make the libraries of both halves; the same seed gives the same ones."""
    return [_Dealer(catalogue, half, Random(f"{seed} {half}")).library() for half in HALVES]


class _Dealer:
    """Deals families out to the albums of the artists of one half."""

    def __init__(self, catalogue: Catalogue, half: str, rng: Random) -> None:
        self._catalogue, self._half, self._rng = catalogue, half, rng
        artists = {artist.id: artist for artist in catalogue.world.artists}
        lengths = {song.recording: song.length for work in catalogue.works for song in work.songs}
        self._facts = Facts(artists, lengths)
        self._acts = [act for act in catalogue.acts if act.half == half and act.here]
        self._deck: deque[str] = deque()
        self._taken: set[str] = set()
        self._editions = {work.group.id: work.editions for work in catalogue.works}

    def library(self) -> Library:
        """Make all albums of the half."""
        made = [self._finished(draft) for draft in self._drafts()]
        return Library(self._half, tuple(made))

    def _drafts(self) -> Iterator[Draft]:
        for act in self._acts:
            if act.kind == "band":
                yield from self._band(act)
            else:
                family, count = ("aliased", _SCRIPTED)
                if act.kind == "composer":
                    family, count = ("classical", _COMPOSED)
                yield from self._alike(act, family, count)
        for number, work in enumerate(self._catalogue.samplers[self._half]):
            yield self._sampler(work, number)
        yield from self._unknown()

    def _band(self, act: Act) -> Iterator[Draft]:
        """Deal the next families to a band; those that no album fits go to the next one."""
        free, later = list(act.works), []
        wanted = sorted((self._next() for _ in range(EACH)), key=families.pickiness)
        for family in wanted:
            if family == "absent":
                yield absent.draft(act, self._words(), self._facts)
                continue
            fitting = [act for act in free if families.editions(family, act)]
            if not fitting:
                later.append(family)
                continue
            work = self._rng.choice(fitting)
            free.remove(work)
            yield self._spoilt(family, act, work)
        self._deck.extendleft(later)

    def _alike(self, act: Act, family: str, count: int) -> Iterator[Draft]:
        for work in self._rng.sample(act.works, min(count, len(act.works))):
            yield self._spoilt(family, act, work)

    def _spoilt(self, family: str, act: Act, work: Work) -> Draft:
        release = self._rng.choice(families.editions(family, work))
        draft = drafts.draw(family, release, self._facts, path_text.safe_name(act.artist.name))
        other = self._rng.choice([one for one in self._acts if one is not act])
        case = families.Case(draft, work, act, other, self._catalogue.latin, self._facts)
        self._date(draft, work)
        families.spoil(case, self._rng)
        if family in families.OFTEN_TWICE and self._rng.random() < 0.3:
            damage.add_slips(draft, self._rng)
        return draft

    def _sampler(self, work: Work, number: int) -> Draft:
        """Put a compilation into the folder of Various Artists, or of somebody who is on it."""
        release = self._rng.choice(work.editions)
        draft = drafts.draw("compilation", release, self._facts, "Various Artists")
        draft.compilation = self._rng.random() < 0.6
        if number % 3 == 0:
            draft.folder = path_text.safe_name(self._rng.choice(draft.lines).artist)
        self._date(draft, work)
        return draft

    def _unknown(self) -> Iterator[Draft]:
        """Make albums of artists whom the catalogue does not have."""
        words = self._words()
        away = [act for act in self._catalogue.acts if act.half == self._half and not act.here]
        here = {act.artist.name for act in self._acts}
        names = [act.artist.name for act in away if act.artist.name not in here]
        for _ in range(len(self._acts) // 10):  # half of them have the name of somebody else
            name = names.pop() if names and self._rng.random() < 0.5 else words.name()
            yield from (
                absent.draft_unknown_artist(name, words) for _ in range(self._rng.choice((1, 2)))
            )

    def _words(self) -> Words:
        return Words(self._rng, {act.artist.name.casefold() for act in self._catalogue.acts})

    def _next(self) -> str:
        if not self._deck:
            self._deck.extend(self._rng.sample(families.DEALT, len(families.DEALT)))
        return self._deck.popleft()

    def _date(self, draft: Draft, work: Work) -> None:
        """Give it the year in which it first came out, or this edition's, or none; often."""
        first = min(edition.date[:4] for edition in work.editions)
        own = draft.source.date[:4] if draft.source else first
        draft.date = self._rng.choice((first, first, first, own, ""))
        style = self._rng.choice(_ODD)
        draft.place = style.format(title=draft.place, year=draft.date or first)

    def _finished(self, draft: Draft) -> Local:
        for line in draft.lines:
            line.seconds = max(1.0, line.seconds + self._rng.gauss(0, 0.15))
        place, number = draft.place, 1
        while f"{draft.folder}/{draft.place}".casefold() in self._taken:
            number += 1
            draft.place = f"{place} ({number})"
        self._taken.add(f"{draft.folder}/{draft.place}".casefold())
        editions: Sequence[drafts.CatalogueRelease] = ()
        if draft.source:
            editions = self._editions[draft.source.group]
        return Local(draft.folder, drafts.album(draft), draft, truth.judge(draft, editions))


def shares(libraries: Sequence[Library]) -> Counter[str]:
    """Count the albums of each family."""
    return Counter(album.truth.family for library in libraries for album in library.albums)
