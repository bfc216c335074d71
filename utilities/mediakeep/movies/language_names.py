"""English names of languages, for display and for parsing subtitle file names."""

from __future__ import annotations

from functools import cache, lru_cache

from mediakeep.media.video import languages

# Common names of languages that ISO 639 names otherwise.
_SPECIAL_NAMES = {"gre": "Greek", "khm": "Khmer", "nob": "Norwegian", "pan": "Punjabi"}
_EQUIVALENT_CODES = {"nob": "nor"}  # "Norwegian" mostly means Bokmål


@lru_cache
def language_code(text: str) -> str:
    """Return the ISO 639-2/B code of a language, or "" if unknown.

    `text` is a code, a tag such as "pt-BR" or an English name.
    """
    code = _code_by_name().get(text.strip().lower()) or languages.normalize_language(text)
    return _EQUIVALENT_CODES.get(code, code)


def language_name(iso_code: str) -> str:
    """Return the English name of a language by its code, or the code itself if unknown."""
    return _name_by_code().get(iso_code, iso_code)


@cache
def _name_by_code() -> dict[str, str]:
    """Return the names of the languages of ISO 639-1: names of others are too often words."""
    from babelfish import LANGUAGE_MATRIX

    names = {
        language.alpha3b or language.alpha3: language.name.partition(" (")[0]
        for language in LANGUAGE_MATRIX
        if language.alpha2
    }
    return names | _SPECIAL_NAMES


@cache
def _code_by_name() -> dict[str, str]:
    return {name.lower(): code for code, name in _name_by_code().items()}
