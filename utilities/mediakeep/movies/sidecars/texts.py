"""Which of TMDb's texts a person reads: those of the language asked for, or the next best."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mediakeep.lookups.access import Locale
from mediakeep.lookups.tmdb.films import Movie as Film
from mediakeep.lookups.tmdb.films import Translation

_COMMON = "en"  # what is understood where the language asked for is lacking


class Text(msgspec.Struct, frozen=True):
    """A text and the language that it is in, as ISO 639-1."""

    text: str = ""
    language: str = ""


def title(found: Film, locale: Locale) -> Text:
    """Return the title: as asked for, else in English, else the original one."""
    asked, original = locale.tongue, found.original_language
    answered = found.title if found.title != found.original_title else ""
    known = [
        *(Text(one.title, asked) for one in _of(found, asked, _country(locale))),
        Text(answered if _asked(found) == asked else "", asked),
        Text(found.original_title if original == asked else "", asked),
        *(Text(one.title, _COMMON) for one in _of(found, _COMMON, "US")),
        Text(found.original_title if original == _COMMON else "", _COMMON),
        Text(found.original_title, original),
        Text(found.title, original),
    ]
    return next((one for one in known if one.text), Text())


def plot(found: Film, locale: Locale) -> str:
    """Return the plot: as asked for, else in English, else in the original language."""
    return _told(found, locale, "overview")


def tagline(found: Film, locale: Locale) -> str:
    """Return the tagline, chosen like the plot."""
    return _told(found, locale, "tagline")


def _told(found: Film, locale: Locale, field: str) -> str:
    known = {_asked(found): getattr(found, field)}
    chain = ((locale.tongue, _country(locale)), (_COMMON, "US"), (found.original_language, ""))
    for code, country in chain:
        texts = (getattr(one, field) for one in _of(found, code, country))
        if text := next(filter(None, texts), known.get(code, "")):
            return str(text)
    return str(known[_asked(found)])


def _of(found: Film, code: str, country: str) -> Iterator[Translation]:
    """Go through the translations into a language, those of the country first."""
    fit = [one for one in found.translations if one.language == code]
    yield from (one for one in fit if one.country == country)
    yield from (one for one in fit if one.country != country)


def _asked(found: Film) -> str:
    """Return the language that TMDb was asked in; it answers in English where none is given."""
    return found.asked.partition("-")[0].lower() or _COMMON


def _country(locale: Locale) -> str:
    own = locale.language.replace("_", "-").partition("-")[2]
    return (own or locale.country).upper()
