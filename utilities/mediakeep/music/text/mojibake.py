"""Detect and repair mojibake: texts that were decoded with the wrong encoding.

UTF-8 decoded as Windows-1252 or Latin-1 turns each letter into two to four characters: the first is
a letter such as "Ã", the others are mostly symbols. Whether such characters can be real text
depends on the letters around them: "AMANHÃ…" is Portuguese, and "BEYONCÉ’S" is a genitive. Cyrillic
in Windows-1251 decoded as Latin-1 looks like "Ïðèâåò".

A text is repaired only with proof: decoding the repaired text with the wrong encoding must give the
garbled text exactly. So no information is lost, and the repair can be reversed.
"""

from __future__ import annotations

import re
import unicodedata

from mediakeep.music.text import compare_text

_CP1251_LETTERS = "À-ÿ¨¸ª¯²³´¥º¿¡¢"  # what Russian, Ukrainian and Belarusian letters turn into
_LATIN1_WORD = re.compile(f"[A-Za-z{_CP1251_LETTERS}]+")
CYRILLIC_MOJIBAKE = f"[{_CP1251_LETTERS}]"
_ONLY_CYRILLIC_MOJIBAKE = re.compile(f"{CYRILLIC_MOJIBAKE}+")
_PROVING_LENGTH, _SUPPORTING_LENGTH = (
    4,
    3,
)  # length of a word that is proof alone, and of one that needs a second

_CYRILLIC_VOWELS = frozenset("аеёиіїєоуыэюя")
_CYRILLIC_CONSONANTS = frozenset("бвгґджзйклмнпрстўфхцчшщ")

# Words of only these letters are Latin: "Öö", "ÆØÅ", "äöüß", and Icelandic words.
_LATIN_ONLY_LETTERS = (frozenset("äöüõåæøéß²³´ºª"), frozenset("áðéíóúýþæö²³´ºª"))


def decode_cyrillic(text: str) -> str:
    """Return a text with its Cyrillic restored if it certainly was Cyrillic, else unchanged."""
    words = _LATIN1_WORD.findall(text)
    long = [word for word in words if len(word) >= _SUPPORTING_LENGTH and _is_cyrillic_word(word)]
    if len(long) > 1 or any(len(word) >= _PROVING_LENGTH for word in long):
        return _LATIN1_WORD.sub(lambda word: _decode_word(word[0]), text)
    return text


def _is_cyrillic_word(word: str) -> bool:
    if not _ONLY_CYRILLIC_MOJIBAKE.fullmatch(word) or any(
        letters.issuperset(word.lower()) for letters in _LATIN_ONLY_LETTERS
    ):
        return False
    decoded = _decode_word(word)
    letters_used = set(decoded.lower())
    regular = decoded in (decoded.lower(), decoded.upper(), decoded.capitalize())
    return (
        regular
        and bool(letters_used & _CYRILLIC_VOWELS)
        and bool(letters_used & _CYRILLIC_CONSONANTS)
    )


def _decode_word(word: str) -> str:
    if not _ONLY_CYRILLIC_MOJIBAKE.fullmatch(word):
        return word
    return word.encode("latin-1").decode("cp1251")


REPLACEMENT_CHAR = "\ufffd"  # replaces undecodable bytes

_MAX_PASSES = 3  # a text may have been decoded wrong several times
_HIGH_BYTES = bytes(range(0x80, 0xA0))
_CP1252_TO_BYTE = {
    ord(char): byte
    for byte, char in zip(_HIGH_BYTES, _HIGH_BYTES.decode("cp1252", "replace"), strict=True)
    if char != REPLACEMENT_CHAR
}
_CP1252_CHARS = "".join(map(chr, _CP1252_TO_BYTE))
_UTF8_SEQUENCE = re.compile(
    "[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_MAY_BE_MOJIBAKE = re.compile(
    f"[\xc2-\xf4][\x80-\xbf{_CP1252_CHARS}]|{REPLACEMENT_CHAR}|{CYRILLIC_MOJIBAKE}{{3}}"
)
_C1_CONTROL = re.compile("[\x80-\x9f]")

# Symbols that can follow the last letter of a word; others after a letter are evidence.
_APOSTROPHES = frozenset("’´")
_NATURAL_ENDINGS = frozenset("‘’“”–—…™›»«•·®°²³´\u00a0")

# Plausible two-byte letters; single letters of IPA or N'Ko are there by chance.
_PLAUSIBLE_TWO_BYTES = re.compile(
    "[\u0080-\u0180\u0192\u01a0\u01a1\u01af\u01b0\u01cd-\u01dc\u01e6\u01e7\u0218-\u021b"
    "\u0253\u0254\u0256\u0257\u0259\u025b\u018f\u02bb\u02bc\u02c6\u02dc\u0300-\u0377\u037a-\u06ff]"
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
    decoded = decode_cyrillic(decoded)
    return None if decoded == text else decoded


def _decode_repeatedly(text: str) -> str:
    """Restore a text whose UTF-8 was decoded with another encoding, once or several times."""
    decoded = text
    for _ in range(_MAX_PASSES):
        once = _decode_once(decoded)
        if once is None:
            break
        decoded = once
    return text if _C1_CONTROL.search(decoded) else decoded


def _decode_once(text: str) -> str | None:
    raw = text.translate(_CP1252_TO_BYTE)
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
    if _C1_CONTROL.search(text) or _has_word(sequences, chars):
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


_MAX_REREADINGS = 3  # times that UTF-8 may have been decoded wrong
_FIRST_CYRILLIC, _LAST_CYRILLIC = (
    "\u0401",
    "\u0491",
)  # range of the Cyrillic letters of Windows-1251
_C1_BYTES = bytes(range(0x80, 0xA0))
# Five bytes are undefined in Windows-1252; programs use the characters of Latin-1.
_C1_TO_CP1252 = {
    byte: char
    for byte, char in zip(_C1_BYTES, _C1_BYTES.decode("cp1252", "replace"), strict=True)
    if char != REPLACEMENT_CHAR
}


def repair_mojibake(text: str) -> str:
    """Return the restored text if decoding it wrong gives exactly the garbled text.

    Otherwise return the text unchanged.
    """
    decoded = detect_mojibake(text)
    if not decoded or detect_mojibake(decoded) is not None:
        return text
    return decoded if _is_reproducible(decoded, text) else text


def _is_reproducible(decoded: str, text: str) -> bool:
    """Return whether wrong decodings of one kind turn the restored text into the garbled one.

    If UTF-8 and Windows-1251 were both decoded wrong, the order is unknown and nothing is proven.
    """
    if _read_cp1251_as_latin1(decoded) == text:
        return True
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
    return _read_as_latin1(text).translate(_C1_TO_CP1252)


def _read_cp1251_as_latin1(text: str) -> str:
    """Return what Cyrillic letters become if Windows-1251 is read as Latin-1."""
    return "".join(
        _misread_char(char) if _FIRST_CYRILLIC <= char <= _LAST_CYRILLIC else char for char in text
    )


def _misread_char(char: str) -> str:
    return char.encode("cp1251", "replace").decode("latin-1")
