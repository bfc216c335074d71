"""Words of a made catalogue: names and titles that share words, as real ones do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random


def _each(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_PLAIN = _each(
    "Blue Broken Early Empty Golden Heavy Hollow Last Little Lonely Long Lost New Old Paper Quiet"
    " Red Second Silver Slow Small Strange Sweet Wild Winter Young"
)
_THINGS = _each(
    "River Heart Night Fire Road Summer Train Window Garden Rain Machine Letter House Moon Mirror"
    " Ocean Shadow Song Star Stone Street Sunday Water Wire Wolf Dancer Bridge Radio Engine Ghost"
)
_DOINGS = _each("Falling Running Waiting Burning Calling Dreaming Leaving Sleeping Turning Going")
_SHORT = _each("Go Home Stay You Why Now One Away Again Down Hey Intro Interlude Untitled")
_FIRST = _each("Ansel Brita Corvin Dagny Edda Florin Greta Halvar Ines Joran Kaisa Lorne Mirela")
_START = _each("Var Tel Mor Kes Lin Dor Fen Gal Hest Ober Pel Quin Ros Sten Tor Ulm Wes Yar Zel")
_END = _each("and berg by dale dorf ell ford gate ham ick lund mar ner owell stad sten ton vik")
_BANDS = (
    "The {0}s",
    "The {0} {1}s",
    "{0} {1}",
    "{2}",
    "{2} {1}",
    "{3} {2}",
    "{3} {2} & The {1}s",
    "{2}'s {1}",
)
_SCRIPTS: dict[str, tuple[tuple[str, str], ...]] = {
    "Cyrl": (
        ("Ночной", "Nochnoy"),
        ("город", "gorod"),
        ("Белый", "Bely"),
        ("снег", "sneg"),
        ("Дорога", "Doroga"),
        ("домой", "domoy"),
        ("Последний", "Posledniy"),
        ("поезд", "poyezd"),
        ("Тихая", "Tikhaya"),
        ("вода", "voda"),
        ("Старый", "Stary"),
        ("друг", "drug"),
        ("Весна", "Vesna"),
        ("огонь", "ogon"),
        ("Звезда", "Zvezda"),
        ("утро", "utro"),
    ),
    "Jpan": (
        ("よる", "yoru"),
        ("うみ", "umi"),
        ("そら", "sora"),
        ("はな", "hana"),
        ("かぜ", "kaze"),
        ("ゆめ", "yume"),
        ("ほし", "hoshi"),
        ("みち", "michi"),
        ("あめ", "ame"),
        ("まち", "machi"),
        ("ひかり", "hikari"),
        ("こえ", "koe"),
        ("なみ", "nami"),
        ("とり", "tori"),
    ),
    "Grek": (
        ("Νύχτα", "Nychta"),
        ("θάλασσα", "thalassa"),
        ("Μικρό", "Mikro"),
        ("σπίτι", "spiti"),
        ("Παλιός", "Palios"),
        ("δρόμος", "dromos"),
        ("Άσπρο", "Aspro"),
        ("φως", "fos"),
        ("Καλοκαίρι", "Kalokairi"),
        ("βροχή", "vrochi"),
        ("Τελευταίο", "Teleftaio"),
        ("τραγούδι", "tragoudi"),
    ),
}
SCRIPTS = tuple(_SCRIPTS)


@dataclass
class Words:
    """Invents names and titles; in a script other than Latin it knows how each is written there."""

    rng: Random
    taken: set[str] = field(default_factory=set)
    latin: dict[str, str] = field(default_factory=dict)

    def name(self) -> str:
        """Name an artist that nobody else is called."""
        return self._new(self._name)

    def title(self) -> str:
        """Name a song; several songs of a catalogue may share a title."""
        rng, thing = self.rng, self.rng.choice(_THINGS)
        plain, doing = rng.choice(_PLAIN), rng.choice(_DOINGS)
        patterns = (
            *(f"{plain} {thing}", f"The {plain} {thing}", f"{doing} {thing}", f"{thing} of Fire"),
            *(thing, f"{doing} in the {thing}", f"My {plain} {thing}", f"No More {thing}s"),
            *(f"{plain} {thing} Blues", f"{thing} and {rng.choice(_THINGS)}", f"Don't Go {doing}"),
            *(rng.choice(_SHORT), f"{thing} ({plain} {rng.choice(_THINGS)})"),
        )
        return rng.choice(patterns)

    def titles(self, count: int) -> list[str]:
        """Name the songs of an album; now and then one comes in two parts."""
        found: dict[str, None] = {}
        while len(found) < count:
            title = self.title()
            parts = self.rng.random() < 0.06 and len(found) < count - 1
            found |= dict.fromkeys([f"{title}, Part I", f"{title}, Part II"] if parts else [title])
        return list(found)

    def script(self, script: str) -> str:
        """Name something in another script, of one to three words."""
        some = self.rng.sample(_SCRIPTS[script], self.rng.choice((1, 2, 2, 2, 3)))
        join = "" if script == "Jpan" else " "
        title = join.join(native for native, _ in some)
        self.latin[title] = " ".join(latin for _, latin in some).capitalize()
        return title

    def scripts(self, script: str, count: int) -> list[str]:
        """Name the songs of an album in another script."""
        found: dict[str, None] = {}
        while len(found) < count:
            found[self.script(script)] = None
        return list(found)

    def new_script(self, script: str) -> str:
        """Name an artist in another script."""
        return self._new(lambda: self.script(script))

    def family(self) -> str:
        """Invent a family name."""
        return self.rng.choice(_START) + self.rng.choice(_END)

    def person(self) -> str:
        """Invent a unique person's name."""
        return self._new(lambda: f"{self.rng.choice(_FIRST)} {self.family()}")

    def _name(self) -> str:
        words = (self.rng.choice(_PLAIN), self.rng.choice(_THINGS), self.family())
        return self.rng.choice(_BANDS).format(*words, self.rng.choice(_FIRST))

    def _new(self, make: Callable[[], str]) -> str:
        name = make()
        while name.casefold() in self.taken:
            name = make()
        self.taken.add(name.casefold())
        return name
