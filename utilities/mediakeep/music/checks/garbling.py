"""Texts that were decoded with the wrong encoding (mojibake), and the texts that were meant.

UTF-8 decoded as Windows-1252 or Latin-1 turns each letter into two to four characters: the first is
a letter such as "Ã", the others are mostly symbols. Whether such characters can be real text
depends on the letters around them: "AMANHÃ…" is Portuguese, and "BEYONCÉ’S" is a genitive.
"""

from __future__ import annotations

import re
import unicodedata

from mediakeep.music.checks import letters
from mediakeep.music.checks.cyrillic import GARBLED, reread

LOST = "\ufffd"  # replaces undecodable bytes

_PASSES = 3  # a text may have been decoded wrong several times
_HIGH = bytes(range(0x80, 0xA0))
_BYTES = {
    ord(char): byte
    for byte, char in zip(_HIGH, _HIGH.decode("cp1252", "replace"), strict=True)
    if char != LOST
}
_CP1252_CHARS = "".join(map(chr, _BYTES))
_READ = re.compile("[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_SUSPECT = re.compile(f"[\xc2-\xf4][\x80-\xbf{_CP1252_CHARS}]|{LOST}|{GARBLED}{{3}}")
_CONTROL = re.compile("[\x80-\x9f]")

# Symbols that can follow the last letter of a word; others after a letter are evidence.
_APOSTROPHES = frozenset("’´")
_NATURAL = frozenset("‘’“”–—…™›»«•·®°²³´\u00a0")

# Plausible two-byte letters; single letters of IPA or N'Ko are there by chance.
_TWO_BYTES = re.compile(
    "[\u0080-\u0180\u0192\u01a0\u01a1\u01af\u01b0\u01cd-\u01dc\u01e6\u01e7\u0218-\u021b"
    "\u0253\u0254\u0256\u0257\u0259\u025b\u018f\u02bb\u02bc\u02c6\u02dc\u0300-\u0377\u037a-\u06ff]"
)
_LATIN = "\u036f"  # the last character of Latin script, except for Vietnamese
_NO_CHARACTER = frozenset({"Cn", "Co", "Cs"})


def judged(text: str) -> str | None:
    """Return the text that mojibake stands for, "" if it is lost, or None if the text is fine."""
    return None if text.isascii() else _judged(text)


def restored(text: str) -> str:
    """Return the text that certain mojibake stands for, else the text unchanged."""
    return text if text.isascii() else _judged(text) or text


@letters.remembered
def _judged(text: str) -> str | None:
    if not _SUSPECT.search(text):
        return None
    decoded = _unfolded(text)
    if LOST in decoded:
        return ""
    decoded = reread(decoded)
    return None if decoded == text else decoded


def _unfolded(text: str) -> str:
    """Undo each certain decoding of UTF-8 with another encoding."""
    decoded = text
    for _ in range(_PASSES):
        once = _undone(decoded)
        if once is None:
            break
        decoded = once
    return text if _CONTROL.search(decoded) else decoded


def _undone(text: str) -> str | None:
    raw = text.translate(_BYTES)
    if not _READ.search(raw):
        return None
    try:
        decoded = raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
    sequences = list(_READ.finditer(raw))
    chars = [sequence[0].encode("latin-1").decode("utf-8") for sequence in sequences]
    if not all(map(_is_plausible, chars)):
        return None
    if _CONTROL.search(text) or _has_word(sequences, chars):
        return decoded
    places = zip(sequences, chars, strict=True)
    return (
        decoded if any(_proves(text, *sequence.span(), char) for sequence, char in places) else None
    )


def _is_plausible(char: str) -> bool:
    if unicodedata.category(char) in _NO_CHARACTER:
        return False
    return char > "\u07ff" or _TWO_BYTES.match(char) is not None


def _has_word(sequences: list[re.Match[str]], chars: list[str]) -> bool:
    """Return whether two letters of another script are adjacent; a single one may be chance."""
    return any(
        sequences[index].end() == sequences[index + 1].start()
        and _is_foreign(chars[index])
        and _is_foreign(chars[index + 1])
        for index in range(len(sequences) - 1)
    )


def _is_foreign(char: str) -> bool:
    return char > _LATIN and char.isalpha() and not "\u1e00" <= char < "\u1f00"


def _proves(text: str, start: int, end: int, char: str) -> bool:
    """Return whether the characters at a position can only be a garbled letter."""
    before, first, after = text[start - 1 : start], text[start], text[end : end + 1]
    signs, is_wide = frozenset(text[start + 1 : end]), end - start > 2
    if first == "Â" or (first == "Ã" and not before.isalpha()):
        return True  # no word ends in Â, and no word is Ã
    if char > _LATIN and not is_wide:
        return False
    if (first.isupper() and before.islower()) or signs - _NATURAL:
        return True
    if not after.isalpha() or _is_foreign(char):
        return False
    if signs & _APOSTROPHES:
        return first == "Å" and not before.isalpha() and after not in "sS"
    return is_wide or first == "Ã" or not before.isalpha() or after.islower()
