"""Titles taken apart: what names a work, and what tells one version of it from another."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from mediakeep.music.checks import letters
from mediakeep.music.matching.weights import Weights

# What a version is called, under one name each; the first that fits counts.
_KINDS = {
    "live": r"live|concert|en vivo|ao vivo|en directo|unplugged|bootleg|sbd|soundboard"
    r"|sessions?|\d{4}-\d\d-\d\d",
    "anew": r"re-?record(?:ed|ings?)",
    "remix": r"re-?mix(?:ed|es)?|rmx|mix(?:es)?|dub|mash-?up|rework(?:ed)?|slowed|reverb"
    r"|sped up|nightcore",
    "demo": r"demos?|outtakes?|rehearsals?|sketch(?:es)?|rough|work in progress",
    "instrumental": r"instrumentals?|karaoke|backing tracks?",
    "acoustic": r"acoustic|acústico|akustik|piano version|orchestral",
    "a cappella": r"a ?cap+ellas?",
    "cover": r"covers?|tribute|lullaby|renditions?",
    "spoken": r"commentary|interviews?",
    "reprise": r"reprise",
    "edit": r"edits?|radio version|single version|short",
    "extended": r"extended|long version|12\"(?: version)?",
    "alternate": r"alternat(?:e|ive)|take \d+|early version|different",
    "mono": r"mono",
    "stereo": r"stereo",
    "remaster": r"(?:digital(?:ly)? )?re-?master(?:ed|ing)?",
    "bonus": r"bonus(?: track)?|album version|original(?: version| mix)?|explicit|clean"
    r"|lp version|deluxe|edition|expanded|anniversary",
}
_OTHER = "version"  # of another kind than those, as "Spanish Version"
_SLIGHT = frozenset({"edit", "extended", "alternate", "mono", _OTHER})
_ASIDE = frozenset({"remix", _OTHER})  # of which there are several
_NOTHING = frozenset({"remaster", "stereo", "bonus"})  # what editions say, and titles seldom
_NAMED = [
    (name, re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE))
    for name, words in _KINDS.items()
]
_BRACKET = re.compile(r"\s*[(\[{]([^()\[\]{}]*)[)\]}]\s*$")
_DASH = re.compile(r"\s[-–—]\s+((?:(?!\s[-–—]\s).)+)$")
_GUEST = re.compile(
    r"\s*[(\[]?\b(?:feat\.?|featuring|(?<!\d )ft\.?)\s[^()\[\]]*[)\]]?", re.IGNORECASE
)
_ROMAN = {"II": "2", "III": "3", "IV": "4", "VI": "6", "VII": "7", "VIII": "8", "IX": "9"}
_LONE = {"I": "1", "V": "5", "X": "10"}  # that are numbers only where one is to be expected
_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
_NUMERAL = re.compile(rf"\b(?:{'|'.join(_ROMAN)})\b|(?:^|(?<=: ))[IVX](?=[.)] )")
_PART = re.compile(
    rf"\b(part|pt|volume|vol|act|book|chapter)\b\.?\s*(\d+|[IVX]|{'|'.join(_WORDS)})\b",
    re.IGNORECASE,
)
_MOVEMENT = re.compile(r"\s*(\d{1,2})[.)]\s")
_FIGURES = re.compile(r"\d+")
_LONGEST = 1000  # letters of a title that are looked at
_CUT = 20  # letters, from which on a title may have been cut off
_SHORTEST = 4  # letters of a movement that can be told by itself


class Title(msgspec.Struct, frozen=True):
    """A title as it is compared: its letters, the version that it names, and its figures.

    `part` are the letters of a movement, behind the last colon or the number at the beginning, and
    `number` is that number; `whole` tells that the work is named as well.
    """

    key: str
    kinds: frozenset[str] = frozenset()
    figures: tuple[str, ...] = ()
    part: str = ""
    number: str = ""
    whole: bool = False
    latin: bool = True
    aside: str = ""  # what the version is called: two remixes are two versions


def parsed(text: str) -> Title:
    """Take a title apart; one of guests or of a version alone is taken as it stands."""
    return _parsed(text[:_LONGEST])


@lru_cache(maxsize=65_536)
def _parsed(text: str) -> Title:
    text = " ".join(text.split())
    plain = _GUEST.sub("", text).strip() or text
    base, asides = _apart(plain)
    counted = _counted(base)
    key = letters.loose(counted)
    head, _, movement = counted.rpartition(":")
    number = _MOVEMENT.match(movement)
    part = letters.loose(movement[number.end() :] if number else movement)
    return Title(
        key=key,
        kinds=frozenset(kind for aside in asides for kind in kinds(aside)) - _NOTHING,
        figures=tuple(sorted(number.lstrip("0") for number in _FIGURES.findall(counted))),
        part=part if len(part) >= _SHORTEST and (head or number) else "",
        number=number[1].lstrip("0") if number else "",
        whole=bool(head),
        latin=any("a" <= char <= "z" for char in key) or not any(map(str.isalpha, key)),
        aside=letters.loose(" ".join(asides)),
    )


def _counted(text: str) -> str:
    """Write the numbers of parts in figures, and the words for a part in one way."""

    def write(found: re.Match[str]) -> str:
        word, number = found[1].lower(), found[2]
        word = {"pt": "part", "vol": "volume"}.get(word, word)
        return f"{word} {_LONE.get(number.upper()) or _WORDS.get(number.lower(), number)}"

    plain = _NUMERAL.sub(lambda found: _ROMAN.get(found[0]) or _LONE[found[0]], text)
    return _PART.sub(write, plain)


def _apart(text: str) -> tuple[str, list[str]]:
    """Part a title from what names its version, in brackets or behind a dash, at its end."""
    asides: list[str] = []
    while True:
        found = _BRACKET.search(text) or _DASH.search(text)
        if not found or not found.start() or not kinds(found[1]):
            return text, asides
        asides.append(found[1])
        text = text[: found.start()]


def kinds(text: str) -> list[str]:
    """Name the kinds of versions that a text speaks of."""
    found = [name for name, words in _NAMED if words.search(text)]
    return found or [_OTHER] * (_OTHER in text.lower())


NO_KINDS: frozenset[str] = frozenset()


def spoken(text: str) -> frozenset[str]:
    """Return the kinds of versions that a text speaks of anywhere, those of weight alone."""
    return frozenset(kinds(text)) - _SLIGHT - _NOTHING


def versions(one: Title, other: Title, weights: Weights, free: frozenset[str] = NO_KINDS) -> float:
    """Return what two titles of different versions cost; kinds that are `free` need not be told."""
    differing = (one.kinds ^ other.kinds) - free
    if differing - _SLIGHT:
        return weights.qualifier
    if differing:
        return weights.slight
    if one.aside != other.aside and one.kinds & _ASIDE:
        return weights.slight
    return 0.0


def distance(
    one: Title,
    other: Title,
    letters_apart: float,
    weights: Weights,
    free: frozenset[str] = NO_KINDS,
) -> float:
    """Return how much two titles differ, given the distance of their letters; from 0 to 1."""
    if one.key == other.key:
        apart = 0.0
    else:
        apart = min(letters_apart * _STEEP, 1.0)
        if _is_cut(one.key, other.key):
            apart = min(apart, weights.partial)
        if _are_one_movement(one, other):
            apart = min(apart, apart / 2 if one.whole and other.whole else weights.partial)
        elif one.figures != other.figures:
            apart += weights.figures
    return min(apart + versions(one, other, weights, free), 1.0)


_STEEP = 1.6  # of letters: two titles of which half the letters differ have nothing in common
FAR = 1 / _STEEP  # of letters, from which on it does not matter how far


def _are_one_movement(one: Title, other: Title) -> bool:
    """Tell whether two titles are of one movement, the work being named by one, or in other words.

    Of two symphonies that have a number each, both may have an "Andante".
    """
    if (one.part or one.key) != (other.part or other.key) or not (one.part or other.part):
        return False
    if one.number and other.number and one.number != other.number:
        return False
    counted = sorted((set(one.figures), set(other.figures)), key=len)
    return not (one.whole and other.whole) or counted[0] <= counted[1]


def _is_cut(one: str, other: str) -> bool:
    short, long = sorted((one, other), key=len)
    return len(short) >= _CUT and long.startswith(short)
