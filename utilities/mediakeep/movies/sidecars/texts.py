"""Choose texts, ratings and sort titles for the configured language and country."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mediakeep.lookups.access import Locale
from mediakeep.lookups.tmdb.films import Movie as Film
from mediakeep.lookups.tmdb.films import Translation

_COMMON = "en"  # used if the configured language is missing


class Text(msgspec.Struct, frozen=True):
    """A text and its language, as ISO 639-1."""

    text: str = ""
    language: str = ""


def title(film: Film, locale: Locale) -> Text:
    """Return the title in the configured language, else in English, else the original one."""
    wanted, original = locale.tongue, film.original_language
    response_title = film.title if film.title != film.original_title else ""
    candidates = [
        *(Text(text.title, wanted) for text in _of(film, wanted, _country(locale))),
        Text(response_title if _asked(film) == wanted else "", wanted),
        Text(film.original_title if original == wanted else "", wanted),
        *(Text(text.title, _COMMON) for text in _of(film, _COMMON, "US")),
        Text(film.original_title if original == _COMMON else "", _COMMON),
        Text(film.original_title, original),
        Text(film.title, original),
    ]
    return next((title for title in candidates if title.text), Text())


def plot(film: Film, locale: Locale) -> str:
    """Return the plot in the configured language, else in English, else in the original one."""
    return _told(film, locale, "overview")


def tagline(film: Film, locale: Locale) -> str:
    """Return the tagline, chosen like the plot."""
    return _told(film, locale, "tagline")


def _told(film: Film, locale: Locale, field: str) -> str:
    own_texts = {_asked(film): getattr(film, field)}
    chain = ((locale.tongue, _country(locale)), (_COMMON, "US"), (film.original_language, ""))
    for code, country in chain:
        texts = (getattr(translation, field) for translation in _of(film, code, country))
        if text := next(filter(None, texts), own_texts.get(code, "")):
            return str(text)
    return str(own_texts[_asked(film)])


def _of(film: Film, code: str, country: str) -> Iterator[Translation]:
    """Yield the translations into a language, those for the country first."""
    matching = [text for text in film.translations if text.language == code]
    yield from (text for text in matching if text.country == country)
    yield from (text for text in matching if text.country != country)


def _asked(film: Film) -> str:
    """Return the language of TMDb's response, which is English by default."""
    return film.asked.partition("-")[0].lower() or _COMMON


def _country(locale: Locale) -> str:
    own = locale.language.replace("_", "-").partition("-")[2]
    return (own or locale.country).upper()
