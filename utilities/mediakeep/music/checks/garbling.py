"""Texts that were read in the wrong encoding, and what they were meant to be.

UTF-8 that was read as Windows-1252 or Latin-1 turns each letter into two to four, of which the
first is a letter such as "Ã" and the others are mostly signs. Whether that can be a text of its own
is judged by the letters around: "AMANHÃ…" is Portuguese, and "BEYONCÉ’S" has an owner.
"""

from __future__ import annotations

import re
import unicodedata

from mediakeep.music.checks import cyrillic, letters

LOST = "\ufffd"  # stands where a letter could not be read

_PASSES = 3  # a text may have been garbled more than once
_HIGH = bytes(range(0x80, 0xA0))
_BYTES = {
    ord(char): byte
    for byte, char in zip(_HIGH, _HIGH.decode("cp1252", "replace"), strict=True)
    if char != LOST
}
_READ = re.compile("[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_SUSPECT = re.compile(
    f"[\xc2-\xf4][\x80-\xbf{''.join(map(chr, _BYTES))}]|{LOST}|{cyrillic.GARBLED}{{3}}"
)
_CONTROL = re.compile("[\x80-\x9f]")

# Signs that can follow the last letter of a word. All others right behind a letter are evidence.
_APOSTROPHES = frozenset("’´")
_NATURAL = frozenset("‘’“”–—…™›»«•·®°²³´\u00a0")

# Letters of two bytes that music is written in; single letters of IPA or N'Ko are there by chance.
_TWO_BYTES = re.compile(
    "[\u0080-\u0180\u0192\u01a0\u01a1\u01af\u01b0\u01cd-\u01dc\u01e6\u01e7\u0218-\u021b"
    "\u0253\u0254\u0256\u0257\u0259\u025b\u018f\u02bb\u02bc\u02c6\u02dc\u0300-\u0377\u037a-\u06ff]"
)
_LATIN = "\u036f"  # the last of what Latin is written with, but for Vietnamese far behind it
_NO_CHARACTER = frozenset({"Cn", "Co", "Cs"})


def judged(text: str) -> str | None:
    """Return what a garbled text was meant to be, "" where that is lost, None where all is well."""
    return None if text.isascii() else _judged(text)


def restored(text: str) -> str:
    """Return a text as it was meant to be, where it is certain that it was garbled."""
    return text if text.isascii() else _judged(text) or text


@letters.remembered
def _judged(text: str) -> str | None:
    if not _SUSPECT.search(text):
        return None
    meant = _unfolded(text)
    if LOST in meant:
        return ""
    meant = cyrillic.reread(meant)
    return None if meant == text else meant


def _unfolded(text: str) -> str:
    """Undo each reading of UTF-8 as something else that is certain."""
    meant = text
    for _ in range(_PASSES):
        once = _undone(meant)
        if once is None:
            break
        meant = once
    return text if _CONTROL.search(meant) else meant


def _undone(text: str) -> str | None:
    raw = text.translate(_BYTES)
    if not _READ.search(raw):
        return None
    try:
        meant = raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
    found = list(_READ.finditer(raw))
    letters = [read[0].encode("latin-1").decode("utf-8") for read in found]
    if not all(map(_is_plausible, letters)):
        return None
    if _CONTROL.search(text) or _has_word(found, letters):
        return meant
    places = zip(found, letters, strict=True)
    return meant if any(_proves(text, *read.span(), char) for read, char in places) else None


def _is_plausible(char: str) -> bool:
    if unicodedata.category(char) in _NO_CHARACTER:
        return False
    return char > "\u07ff" or _TWO_BYTES.match(char) is not None


def _has_word(found: list[re.Match[str]], letters: list[str]) -> bool:
    """Two letters of another script side by side are a word, one may be chance."""
    return any(
        found[at].end() == found[at + 1].start()
        and _is_foreign(letters[at])
        and _is_foreign(letters[at + 1])
        for at in range(len(found) - 1)
    )


def _is_foreign(char: str) -> bool:
    return char > _LATIN and char.isalpha() and not "\u1e00" <= char < "\u1f00"


def _proves(text: str, start: int, end: int, char: str) -> bool:
    """Tell whether what stands at a place cannot be there but for a garbled letter."""
    before, first, after = text[start - 1 : start], text[start], text[end : end + 1]
    signs, wide = frozenset(text[start + 1 : end]), end - start > 2
    if first == "Â" or (first == "Ã" and not before.isalpha()):
        return True  # no word ends in the one, none is the other
    if char > _LATIN and not wide:
        return False
    if (first.isupper() and before.islower()) or signs - _NATURAL:
        return True
    if not after.isalpha() or _is_foreign(char):
        return False
    if signs & _APOSTROPHES:
        return first == "Å" and not before.isalpha() and after not in "sS"
    return wide or first == "Ã" or not before.isalpha() or after.islower()
