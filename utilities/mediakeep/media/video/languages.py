"""Normalize languages to the codes of ISO 639-2: /B as Kodi writes them, /T as MP4 has them."""

from __future__ import annotations

from functools import lru_cache

_UNSPECIFIED = frozenset({"und", "mis", "mul", "zxx", "unk"})
# Not codes of single languages: Bihari, and Brazilian Portuguese at OpenSubtitles.
_SPECIAL_CODES = {"bh": "bih", "pb": "por", "pob": "por"}


@lru_cache
def normalize_language(text: str) -> str:
    """Return the ISO 639-2/B code of a language, such as "ger" for "de", "de-AT" or "deu".

    Return "" if the language is invalid.
    """
    from babelfish import Error, Language

    code = text.strip().lower().replace("_", "-").partition("-")[0]
    if code in _SPECIAL_CODES:
        return _SPECIAL_CODES[code]
    if not (code.isascii() and code.isalpha()) or code in _UNSPECIFIED:
        return ""
    try:
        language = Language.fromalpha2(code) if len(code) == 2 else Language.fromalpha3t(code)
        return str(language.alpha3b)
    except Error:
        return code if len(code) == 3 else ""  # a private or a bibliographic code


def find_terminology_code(text: str) -> str:
    """Return the ISO 639-2/T code of a language, such as "deu" for "de", "ger" or "German".

    Return "und" if the language is invalid.
    """
    from babelfish import Error, Language

    try:
        code, name = normalize_language(text), text.strip().title()
        return str((Language.fromalpha3b(code) if code else Language.fromname(name)).alpha3t)
    except Error:
        return "und"
