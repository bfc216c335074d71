"""Parse titles: the name of a work, and what distinguishes its versions."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from mediakeep.music.checks import letters
from mediakeep.music.matching.weights import Weights

# The words for each kind of version; the first match counts.
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
_OTHER = "version"  # another kind, such as "Spanish Version"
_SLIGHT = frozenset({"edit", "extended", "alternate", "mono", _OTHER})
_ASIDE = frozenset({"remix", _OTHER})  # kinds with several variants
_NOTHING = frozenset({"remaster", "stereo", "bonus"})  # named by editions, but rarely by titles
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
_LONE = {"I": "1", "V": "5", "X": "10"}  # numbers only where one is expected
_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
_NUMERAL = re.compile(rf"\b(?:{'|'.join(_ROMAN)})\b|(?:^|(?<=: ))[IVX](?=[.)] )")
_PART = re.compile(
    rf"\b(part|pt|volume|vol|act|book|chapter)\b\.?\s*(\d+|[IVX]|{'|'.join(_WORDS)})\b",
    re.IGNORECASE,
)
_MOVEMENT = re.compile(r"\s*(\d{1,2})[.)]\s")
_FIGURES = re.compile(r"\d+")
_LONGEST = 1000  # characters of a title that are parsed
_CUT = 20  # minimum letters of a truncated title
_SHORTEST = 4  # minimum letters of a distinctive movement title


class Title(msgspec.Struct, frozen=True):
    """A parsed title: its letters, version and numbers.

    `movement` is the key of a movement, after the last colon or leading number; `names_work` is
    True if the title also names the work.
    """

    key: str
    kinds: frozenset[str] = frozenset()
    figures: tuple[str, ...] = ()
    part: str = ""
    number: str = ""
    whole: bool = False
    latin: bool = True
    aside: str = ""  # the version's name: two remixes are two versions


def parsed(text: str) -> Title:
    """Parse a title; if it consists only of guests or a version, it is kept as it is."""
    return _parsed(text[:_LONGEST])


@lru_cache(maxsize=65_536)
def _parsed(text: str) -> Title:
    text = " ".join(text.split())
    without_guests = _GUEST.sub("", text).strip() or text
    base, asides = _apart(without_guests)
    normalized = _counted(base)
    key = letters.loose(normalized)
    head, _, movement = normalized.rpartition(":")
    number = _MOVEMENT.match(movement)
    part = letters.loose(movement[number.end() :] if number else movement)
    return Title(
        key=key,
        kinds=frozenset(kind for aside in asides for kind in kinds(aside)) - _NOTHING,
        figures=tuple(sorted(number.lstrip("0") for number in _FIGURES.findall(normalized))),
        part=part if len(part) >= _SHORTEST and (head or number) else "",
        number=number[1].lstrip("0") if number else "",
        whole=bool(head),
        latin=any("a" <= char <= "z" for char in key) or not any(map(str.isalpha, key)),
        aside=letters.loose(" ".join(asides)),
    )


def _counted(text: str) -> str:
    """Write the numbers of parts in digits, and the words for parts uniformly."""

    def write(match: re.Match[str]) -> str:
        word, number = match[1].lower(), match[2]
        word = {"pt": "part", "vol": "volume"}.get(word, word)
        return f"{word} {_LONE.get(number.upper()) or _WORDS.get(number.lower(), number)}"

    plain = _NUMERAL.sub(lambda match: _ROMAN.get(match[0]) or _LONE[match[0]], text)
    return _PART.sub(write, plain)


def _apart(text: str) -> tuple[str, list[str]]:
    """Split a title from the version names at its end, in brackets or after a dash."""
    asides: list[str] = []
    while True:
        match = _BRACKET.search(text) or _DASH.search(text)
        if not match or not match.start() or not kinds(match[1]):
            return text, asides
        asides.append(match[1])
        text = text[: match.start()]


def kinds(text: str) -> list[str]:
    """Return the kinds of versions that a text names."""
    names = [name for name, words in _NAMED if words.search(text)]
    return names or [_OTHER] * (_OTHER in text.lower())


NO_KINDS: frozenset[str] = frozenset()


def spoken(text: str) -> frozenset[str]:
    """Return the significant kinds of versions that a text names anywhere."""
    return frozenset(kinds(text)) - _SLIGHT - _NOTHING


def versions(
    title: Title, other: Title, weights: Weights, free: frozenset[str] = NO_KINDS
) -> float:
    """Return the cost of two titles of different versions; `free` kinds need not be named."""
    differing = (title.kinds ^ other.kinds) - free
    if differing - _SLIGHT:
        return weights.qualifier
    if differing:
        return weights.slight
    if title.aside != other.aside and title.kinds & _ASIDE:
        return weights.slight
    return 0.0


def distance(
    title: Title,
    other: Title,
    letters_apart: float,
    weights: Weights,
    free: frozenset[str] = NO_KINDS,
) -> float:
    """Return the distance of two titles from 0 to 1, given the distance of their letters."""
    if title.key == other.key:
        difference = 0.0
    else:
        difference = min(letters_apart * _STEEP, 1.0)
        if _is_cut(title.key, other.key):
            difference = min(difference, weights.partial)
        if _are_one_movement(title, other):
            difference = min(
                difference, difference / 2 if title.whole and other.whole else weights.partial
            )
        elif title.figures != other.figures:
            difference += weights.figures
    return min(difference + versions(title, other, weights, free), 1.0)


_STEEP = 1.6  # titles that differ in more than 5 of 8 letters have nothing in common
FAR = 1 / _STEEP  # maximum letter distance that matters


def _are_one_movement(title: Title, other: Title) -> bool:
    """Return whether two titles name one movement, with or without its work.

    Two symphonies with a number each may both have an "Andante".
    """
    if (title.part or title.key) != (other.part or other.key) or not (title.part or other.part):
        return False
    if title.number and other.number and title.number != other.number:
        return False
    counted = sorted((set(title.figures), set(other.figures)), key=len)
    return not (title.whole and other.whole) or counted[0] <= counted[1]


def _is_cut(title: str, other: str) -> bool:
    short, long = sorted((title, other), key=len)
    return len(short) >= _CUT and long.startswith(short)
