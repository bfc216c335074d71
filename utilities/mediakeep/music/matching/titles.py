"""Parse track and album titles into a work and what distinguishes its versions."""

from __future__ import annotations

import re
from functools import lru_cache

import msgspec

from mediakeep.music.matching.weights import MatchingWeights
from mediakeep.music.text import compare_text

# The words for each kind of version; the first match counts.
_KIND_PATTERNS = {
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
_OTHER_KIND = "version"  # another kind, such as "Spanish Version"
_SLIGHT_KINDS = frozenset({"edit", "extended", "alternate", "mono", _OTHER_KIND})
_KINDS_WITH_VARIANTS = frozenset({"remix", _OTHER_KIND})  # kinds with several variants
# named by editions, but rarely by titles
_INSIGNIFICANT_KINDS = frozenset({"remaster", "stereo", "bonus"})
_COMPILED_KINDS = [
    (name, re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])", re.IGNORECASE))
    for name, words in _KIND_PATTERNS.items()
]
_BRACKET = re.compile(r"\s*[(\[{]([^()\[\]{}]*)[)\]}]\s*$")
_DASH = re.compile(r"\s[-–—]\s+((?:(?!\s[-–—]\s).)+)$")
_GUEST = re.compile(
    r"\s*[(\[]?\b(?:feat\.?|featuring|(?<!\d )ft\.?)\s[^()\[\]]*[)\]]?", re.IGNORECASE
)
_ROMAN = {"II": "2", "III": "3", "IV": "4", "VI": "6", "VII": "7", "VIII": "8", "IX": "9"}
_SINGLE_ROMAN = {"I": "1", "V": "5", "X": "10"}  # numbers only where one is expected
_NUMBER_WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6"}
_NUMERAL = re.compile(rf"\b(?:{'|'.join(_ROMAN)})\b|(?:^|(?<=: ))[IVX](?=[.)] )")
_PART = re.compile(
    rf"\b(part|pt|volume|vol|act|book|chapter)\b\.?\s*(\d+|[IVX]|{'|'.join(_NUMBER_WORDS)})\b",
    re.IGNORECASE,
)
_MOVEMENT = re.compile(r"\s*(\d{1,2})[.)]\s")
_DIGITS = re.compile(r"\d+")
_MAX_LENGTH = 1000  # characters of a title that are parsed
_MIN_TRUNCATED = 20  # minimum letters of a truncated title
_MIN_MOVEMENT = 4  # minimum letters of a distinctive movement title


class ParsedTitle(msgspec.Struct, frozen=True):
    """A parsed title: its letters, version and numbers.

    `movement` is the comparison key of a movement, after the last colon or leading number.
    `names_work` is True if the title also names the work.
    """

    key: str
    version_kinds: frozenset[str] = frozenset()
    numbers: tuple[str, ...] = ()
    movement: str = ""
    movement_number: str = ""
    names_work: bool = False
    is_latin: bool = True
    version_key: str = ""  # the version's name: two remixes are two versions


def parse_title(text: str) -> ParsedTitle:
    """Parse a title; if it consists only of guest artists or a version, it is kept as it is."""
    return _parse_cached(text[:_MAX_LENGTH])


@lru_cache(maxsize=65_536)
def _parse_cached(text: str) -> ParsedTitle:
    text = " ".join(text.split())
    without_guests = _GUEST.sub("", text).strip() or text
    base, asides = _split_version(without_guests)
    normalized = _normalize_numbers(base)
    key = compare_text.comparison_key(normalized)
    head, _, movement = normalized.rpartition(":")
    number = _MOVEMENT.match(movement)
    part = compare_text.comparison_key(movement[number.end() :] if number else movement)
    return ParsedTitle(
        key=key,
        version_kinds=frozenset(kind for aside in asides for kind in find_version_kinds(aside))
        - _INSIGNIFICANT_KINDS,
        numbers=tuple(sorted(number.lstrip("0") for number in _DIGITS.findall(normalized))),
        movement=part if len(part) >= _MIN_MOVEMENT and (head or number) else "",
        movement_number=number[1].lstrip("0") if number else "",
        names_work=bool(head),
        is_latin=any("a" <= char <= "z" for char in key) or not any(map(str.isalpha, key)),
        version_key=compare_text.comparison_key(" ".join(asides)),
    )


def _normalize_numbers(text: str) -> str:
    """Write the numbers of parts as digits, and words such as "Part" in one form."""

    def write(match: re.Match[str]) -> str:
        word, number = match[1].lower(), match[2]
        word = {"pt": "part", "vol": "volume"}.get(word, word)
        roman = _SINGLE_ROMAN.get(number.upper())
        return f"{word} {roman or _NUMBER_WORDS.get(number.lower(), number)}"

    plain = _NUMERAL.sub(lambda match: _ROMAN.get(match[0]) or _SINGLE_ROMAN[match[0]], text)
    return _PART.sub(write, plain)


def _split_version(text: str) -> tuple[str, list[str]]:
    """Split a title from the names of its version, which are in brackets or after a dash."""
    asides: list[str] = []
    while True:
        match = _BRACKET.search(text) or _DASH.search(text)
        if not match or not match.start() or not find_version_kinds(match[1]):
            return text, asides
        asides.append(match[1])
        text = text[: match.start()]


def find_version_kinds(text: str) -> list[str]:
    """Return the kinds of versions that a text names, such as live or remix."""
    names = [name for name, words in _COMPILED_KINDS if words.search(text)]
    return names or [_OTHER_KIND] * (_OTHER_KIND in text.lower())


NO_KINDS: frozenset[str] = frozenset()


def significant_version_kinds(text: str) -> frozenset[str]:
    """Return the kinds of versions in a text that make another recording, such as live."""
    return frozenset(find_version_kinds(text)) - _SLIGHT_KINDS - _INSIGNIFICANT_KINDS


def version_cost(
    title: ParsedTitle,
    other: ParsedTitle,
    weights: MatchingWeights,
    implied_kinds: frozenset[str] = NO_KINDS,
) -> float:
    """Return a cost from 0 to 1 if two titles name different versions.

    Kinds of versions in `implied_kinds` need not be named, as "live" on a live album.
    """
    differing = (title.version_kinds ^ other.version_kinds) - implied_kinds
    if differing - _SLIGHT_KINDS:
        return weights.qualifier
    if differing:
        return weights.slight
    if title.version_key != other.version_key and title.version_kinds & _KINDS_WITH_VARIANTS:
        return weights.slight
    return 0.0


def title_distance(
    title: ParsedTitle,
    other: ParsedTitle,
    letter_distance: float,
    weights: MatchingWeights,
    implied_kinds: frozenset[str] = NO_KINDS,
) -> float:
    """Return how much two titles differ, from 0 to 1; `letter_distance` is that of letters."""
    if title.key == other.key:
        difference = 0.0
    else:
        difference = min(letter_distance * _LETTER_FACTOR, 1.0)
        if _is_truncated(title.key, other.key):
            difference = min(difference, weights.partial)
        if _is_same_movement(title, other):
            difference = min(
                difference,
                difference / 2 if title.names_work and other.names_work else weights.partial,
            )
        elif title.numbers != other.numbers:
            difference += weights.figures
    return min(difference + version_cost(title, other, weights, implied_kinds), 1.0)


_LETTER_FACTOR = 1.6  # titles that differ in more than 5 of 8 letters have nothing in common
MAX_LETTER_DISTANCE = 1 / _LETTER_FACTOR  # maximum letter distance that matters


def _is_same_movement(title: ParsedTitle, other: ParsedTitle) -> bool:
    """Return whether two titles name the same movement, with or without its work.

    Two symphonies with a number each may both have an "Andante".
    """
    if (title.movement or title.key) != (other.movement or other.key) or not (
        title.movement or other.movement
    ):
        return False
    if (
        title.movement_number
        and other.movement_number
        and title.movement_number != other.movement_number
    ):
        return False
    counted = sorted((set(title.numbers), set(other.numbers)), key=len)
    return not (title.names_work and other.names_work) or counted[0] <= counted[1]


def _is_truncated(title: str, other: str) -> bool:
    short, long = sorted((title, other), key=len)
    return len(short) >= _MIN_TRUNCATED and long.startswith(short)
