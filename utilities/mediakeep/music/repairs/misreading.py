"""Detect and repair mojibake: texts that were decoded with the wrong encoding.

UTF-8 decoded as Windows-1252 or Latin-1 turns each letter into two to four characters: the first is
a letter such as "Ã", the others are mostly symbols. Whether such characters can be real text
depends on the letters around them: "AMANHÃ…" is Portuguese, and "BEYONCÉ’S" is a genitive. Cyrillic
in Windows-1251 decoded as Latin-1 looks like "Ïðèâåò".

A text is repaired only with proof: decoding the repaired text with the wrong encoding must give the
garbled text exactly. So no information is lost, and the repair can be reversed.
"""

from __future__ import annotations

from mediakeep.music.checks import garbling

_PASSES = 3  # times that UTF-8 may have been decoded wrong
_FIRST, _LAST = "\u0401", "\u0491"  # range of the Cyrillic letters of Windows-1251
_HIGH = bytes(range(0x80, 0xA0))
# Five bytes are undefined in Windows-1252; programs use the characters of Latin-1.
_WINDOWS = {
    byte: char
    for byte, char in zip(_HIGH, _HIGH.decode("cp1252", "replace"), strict=True)
    if char != garbling.LOST
}


def mended(text: str) -> str:
    """Return the text that mojibake stands for if that is proven, else the text unchanged."""
    decoded = garbling.judged(text)
    if not decoded or garbling.judged(decoded) is not None:
        return text
    return decoded if _leads_back(decoded, text) else text


def _leads_back(decoded: str, text: str) -> bool:
    """Return whether repeated wrong decodings of one kind turn one text into the other.

    If UTF-8 and Windows-1251 were both decoded wrong, the order is unknown and nothing is proven.
    """
    if _as_cyrillic(decoded) == text:
        return True
    texts = {decoded}
    for _ in range(_PASSES):
        misread = {decode(candidate) for candidate in texts for decode in (_as_latin, _as_windows)}
        if text in misread:
            return True
        texts = {
            candidate for candidate in misread - texts if len(candidate) <= len(text)
        }  # texts only get longer
    return False


def _as_latin(text: str) -> str:
    return text.encode(errors="surrogatepass").decode("latin-1")


def _as_windows(text: str) -> str:
    return _as_latin(text).translate(_WINDOWS)


def _as_cyrillic(text: str) -> str:
    """Read Windows-1251 as Latin-1; only Cyrillic letters, as only these were detected."""
    return "".join(_misread(char) if _FIRST <= char <= _LAST else char for char in text)


def _misread(char: str) -> str:
    return char.encode("cp1251", "replace").decode("latin-1")
