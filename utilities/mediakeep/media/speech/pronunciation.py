"""Rough pronunciations of English words that a dictionary lacks, in the sounds of CMUdict.

They need not be right: an alignment looks for a word where its neighbors leave it, and a few right
consonants are enough.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

_SOUNDS = {
    spelling: sounds.replace("+", " ")
    for spelling, _, sounds in (
        pair.partition(":")
        for pair in re.split(
            r"\s+",
            "a:AE b:B c:K d:D e:EH f:F g:G h:HH i:IH j:JH k:K l:L m:M n:N o:AA p:P q:K r:R s:S t:T"
            " u:AH v:V w:W x:K+S y:Y z:Z ch:CH sh:SH th:TH ph:F ng:NG ck:K qu:K+W wh:W kn:N ee:IY"
            " ea:IY oo:UW ou:AW ow:OW ai:EY ay:EY oi:OY oy:OY au:AO aw:AO ie:IY er:ER ir:ER ur:ER"
            " ar:AA+R or:AO+R igh:AY tion:SH+AH+N sion:ZH+AH+N ble:B+AH+L ge:JH ce:S",
        )
    )
}
_SPELLING = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_SILENT_E = re.compile(r"(?<=[a-z]{2}[^aeiou])e(?=s?$)")
_MIN_PART = 3  # letters of a part of a compound
_SMALL = re.split(
    r"\s+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"
    " sixteen seventeen eighteen nineteen",
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_LARGE = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
_YEARS = range(1100, 2000)  # said as hundreds
_MAX_DIGITS = 9  # more are said one by one

Lookup = Callable[[str], str | None]  # returns the sounds of a word in lower case


def split_word(text: str) -> list[str]:
    """Return the words that are said for a text without spaces: "B2" is b, two."""
    plain = unicodedata.normalize("NFKD", text.replace("’", "'")).encode("ascii", "ignore")
    parts = re.findall(r"\d+|[a-z]+(?:'[a-z]+)*", plain.decode().lower())
    return [word for part in parts for word in (_say(part) if part.isdigit() else [part])]


def find_sounds(word: str, lookup: Lookup) -> str:
    """Return the sounds of a word: from the dictionary, from its parts, or from its spelling."""
    if known := lookup(word):
        return known
    if word.endswith("'s"):
        return f"{find_sounds(word[:-2], lookup)} Z"
    letters = word.replace("'", "")
    for at in range(len(letters) - _MIN_PART, _MIN_PART - 1, -1):
        if (first := lookup(letters[:at])) and (last := lookup(letters[at:])):
            return f"{first} {last}"
    if not re.search("[aeiouy]", letters):  # an abbreviation
        return " ".join(filter(None, map(lookup, letters))) or "AH"
    single = re.sub(r"(.)\1", r"\1", letters) if len(letters) > _MIN_PART else letters
    found = _SPELLING.findall(_SILENT_E.sub("", single))
    return " ".join(_SOUNDS[part] for part in found) or "AH"


def _say(digits: str) -> Iterator[str]:
    if len(digits) > _MAX_DIGITS or (len(digits) > 1 and digits[0] == "0"):
        return (_SMALL[int(digit)] for digit in digits)
    return _say_number(int(digits))


def _say_number(number: int) -> Iterator[str]:
    size, name = next((one for one in _LARGE if number >= one[0]), (0, ""))
    if number in _YEARS:
        size, name = 100, "hundred"
    if size:
        yield from _say_number(number // size)
        yield name
        if number % size:
            yield from _say_number(number % size)
    elif number < len(_SMALL):
        yield _SMALL[number]
    else:
        yield _TENS[number // 10 - 2]
        if number % 10:
            yield _SMALL[number % 10]
