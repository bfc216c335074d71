"""Detect and repair mojibake: texts that were decoded with the wrong encoding.

UTF-8 decoded as Windows-1252 or Latin-1 turns each letter into two to four characters: the first is
a letter such as "Ã", the others are mostly symbols. Whether such characters can be real text
depends on the letters around them: "AMANHÃ…" is Portuguese, and "BEYONCÉ’S" is a genitive. Such a
text is repaired only if decoding the repaired text with the wrong encoding gives the garbled text
exactly: texts of several letters that are UTF-8 by chance are next to impossible.

Texts in other codepages, such as Cyrillic that looks like "Ïðèâåò", are judged by codepages.py.
"""

from __future__ import annotations

import re
import unicodedata

from mediakeep.music.text import codepages, compare_text

REPLACEMENT_CHAR = "\ufffd"  # replaces undecodable bytes

_MAX_PASSES = 3  # a text may have been decoded wrong several times
_CP1252_CHARS = "".join(map(chr, codepages.CP1252_TO_BYTE))
_UTF8_SEQUENCE = re.compile(
    "[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_MAY_BE_MOJIBAKE = re.compile(f"[\x80-\xff{_CP1252_CHARS}]{{2}}|{REPLACEMENT_CHAR}")
C1_CONTROL = re.compile("[\x80-\x9f]")

# Symbols that can follow the last letter of a word; others after a letter are evidence.
_APOSTROPHES = frozenset("’´")
_NATURAL_ENDINGS = frozenset("‘’“”–—…™›»«•·®°²³´\u00a0")

# Plausible two-byte letters; single letters of IPA or N'Ko are there by chance.
_PLAUSIBLE_TWO_BYTES = re.compile(
    "[\u0080-\u0180\u0192\u01a0\u01a1\u01af\u01b0\u01cd-\u01dc\u01e6\u01e7\u0218-\u021b"
    "\u0253\u0254\u0256\u0257\u0259\u025b\u018f\u02bb\u02bc\u02c6\u02dc\u0300-\u033f\u0370-\u0377\u037a-\u06ff]"
)
_LAST_LATIN = "\u036f"  # the last character of Latin script, except for Vietnamese
_NO_CHARACTER_CATEGORIES = frozenset({"Cn", "Co", "Cs"})


def detect_mojibake(text: str) -> str | None:
    """Return the text that wrongly decoded text stands for; None if the text is fine.

    Return "" if it was decoded wrong but cannot be restored.
    """
    return None if text.isascii() else _detect_uncached(text)


def decode_mojibake(text: str) -> str:
    """Return the text that certainly wrongly decoded text stands for, else the text unchanged."""
    return text if text.isascii() else _detect_uncached(text) or text


@compare_text.cache_by_text
def _detect_uncached(text: str) -> str | None:
    if not _MAY_BE_MOJIBAKE.search(text):
        return None
    decoded = _decode_repeatedly(text)
    if REPLACEMENT_CHAR in decoded:
        return ""
    if misreading := codepages.find_misreading(decoded):
        return misreading.text
    return None if decoded == text else decoded


def _decode_repeatedly(text: str) -> str:
    """Restore a text whose UTF-8 was decoded with another encoding, once or several times."""
    decoded = text
    for _ in range(_MAX_PASSES):
        once = _decode_once(decoded)
        if once is None:
            break
        decoded = once
    return text if C1_CONTROL.search(decoded) else decoded


def _decode_once(text: str) -> str | None:
    raw = text.translate(codepages.CP1252_TO_BYTE)
    if not _UTF8_SEQUENCE.search(raw):
        return None
    try:
        decoded = raw.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return None
    sequences = list(_UTF8_SEQUENCE.finditer(raw))
    chars = [sequence[0].encode("latin-1").decode("utf-8") for sequence in sequences]
    if not all(map(_is_plausible, chars)):
        return None
    if C1_CONTROL.search(text) or _has_word(sequences, chars):
        return decoded
    places = zip(sequences, chars, strict=True)
    return (
        decoded
        if any(_proves_mojibake(text, *sequence.span(), char) for sequence, char in places)
        else None
    )


def _is_plausible(char: str) -> bool:
    if unicodedata.category(char) in _NO_CHARACTER_CATEGORIES:
        return False
    return char > "\u07ff" or _PLAUSIBLE_TWO_BYTES.match(char) is not None


def _has_word(sequences: list[re.Match[str]], chars: list[str]) -> bool:
    """Return whether two letters of another script are adjacent; a single one may be chance."""
    return any(
        sequences[index].end() == sequences[index + 1].start()
        and _is_foreign(chars[index])
        and _is_foreign(chars[index + 1])
        for index in range(len(sequences) - 1)
    )


def _is_foreign(char: str) -> bool:
    return char > _LAST_LATIN and char.isalpha() and not "\u1e00" <= char < "\u1f00"


def _proves_mojibake(text: str, start: int, end: int, char: str) -> bool:
    """Return whether the characters at a position can only be a garbled letter."""
    before, first, after = text[start - 1 : start], text[start], text[end : end + 1]
    signs, is_wide = frozenset(text[start + 1 : end]), end - start > 2
    if first == "Â" or (first == "Ã" and not before.isalpha()):
        return True  # no word ends in Â, and no word is Ã
    if char > _LAST_LATIN and not is_wide:
        return False
    if (first.isupper() and before.islower()) or signs - _NATURAL_ENDINGS:
        return True
    if not after.isalpha() or _is_foreign(char):
        return False
    if signs & _APOSTROPHES:
        return first == "Å" and not before.isalpha() and after not in "sS"
    return is_wide or first == "Ã" or not before.isalpha() or after.islower()


# What UTF-8 gives by chance: letters of two scripts in a word, or a letter or two alone.
_UNLIKELY = re.compile(
    "[A-Za-zÀ-ɏ一-龿][Ͱ-ӿἀ-῿]|[Ͱ-ӿἀ-῿][A-Za-zÀ-ɏ一-龿]|[Ͱ-Ͽ][Ѐ-ӿ]|[Ѐ-ӿ][Ͱ-Ͽ]"
    r"|^[^A-Za-z\u0800-\uffff]{1,2}\W*$|^[\x00-\x7f]*\b[\u0100-\u07ff]{1,2}\b[\x00-\x7f]*$"
)
_SHORT_WITHOUT_ASCII = re.compile("[^A-Za-z]{1,8}")  # may be UTF-8 by chance: Chinese, Korean
_MAX_REREADINGS = 3  # times that UTF-8 may have been decoded wrong


def repair_mojibake(text: str) -> str:
    """Return the restored text if it is certain, else the text unchanged.

    For UTF-8 that was decoded wrong, the proof is that decoding it wrong again gives exactly the
    garbled text. For another codepage it is how likely the restored text is.
    """
    decoded = detect_mojibake(text)
    if not decoded or _UNLIKELY.search(decoded) or detect_mojibake(decoded) is not None:
        return text
    misreading = codepages.find_misreading(text)
    if misreading and (misreading.text == decoded or _SHORT_WITHOUT_ASCII.fullmatch(text)):
        return decoded if misreading == (decoded, True) else text
    return decoded if _is_reproducible(decoded, text) else text


def _is_reproducible(decoded: str, text: str) -> bool:
    """Return whether wrong decodings of UTF-8 turn the restored text into the garbled one.

    If UTF-8 and another codepage were both decoded wrong, their order is unknown, which proves
    nothing.
    """
    texts = {decoded}
    for _ in range(_MAX_REREADINGS):
        misread = {
            decode(candidate)
            for candidate in texts
            for decode in (_read_as_latin1, _read_as_cp1252)
        }
        if text in misread:
            return True
        # texts only get longer
        texts = {candidate for candidate in misread - texts if len(candidate) <= len(text)}
    return False


def _read_as_latin1(text: str) -> str:
    return text.encode(errors="surrogatepass").decode("latin-1")


def _read_as_cp1252(text: str) -> str:
    return _read_as_latin1(text).translate(codepages.C1_TO_CP1252)
