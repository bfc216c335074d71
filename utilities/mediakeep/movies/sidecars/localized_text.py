"""Choose a movie's texts, ratings and sort titles for the configured language and country."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from mediakeep.lookups.service_config import Locale
from mediakeep.lookups.tmdb.model import Certification, Translation
from mediakeep.lookups.tmdb.model import Movie as Film

_ARTICLES = {
    "da": ("den", "det", "de", "en", "et"),
    "de": ("der", "die", "das", "ein", "eine"),
    "en": ("the", "a", "an"),
    "es": ("el", "la", "los", "las", "un", "una"),
    "fr": ("le", "la", "les", "un", "une"),
    "it": ("il", "lo", "la", "i", "gli", "le", "un", "uno", "una"),
    "nl": ("de", "het", "een"),
    "no": ("den", "det", "de", "en", "et"),
    "pt": ("o", "a", "os", "as", "um", "uma"),
    "sv": ("den", "det", "de", "en", "ett"),
}
_ELIDED = {"fr": ("l'", "l’"), "it": ("l'", "l’", "un'", "un’")}


def build_sort_title(text: str, language: str) -> str:
    """Return the title to sort by, such as "Tide, The" for "The Tide".

    Return "" if the title has no article of the language.
    """
    for article in _ELIDED.get(language, ()):
        if text.lower().startswith(article) and len(text) > len(article):
            return f"{text[len(article) :]}, {text[: len(article)]}"
    article, _, rest = text.partition(" ")
    is_article = article.lower() in _ARTICLES.get(language, ())
    return f"{rest.strip()}, {article}" if is_article and rest.strip() else ""


_FALLBACK_COUNTRY = "US"  # rates nearly every movie, and every player knows its ratings
# TMDb's release types, preferred order: in theatres, then limited, premiere, digital, physical, TV.
_RELEASE_TYPE_ORDER = (3, 2, 1, 4, 5, 6)


def choose_certificate(
    certificates: tuple[Certification, ...], country: str
) -> Certification | None:
    """Return the age certificate of a country, else that of the US, else None."""
    for code in dict.fromkeys((country.upper(), _FALLBACK_COUNTRY)):
        rated = [
            release
            for release in certificates
            if release.country.upper() == code and release.certification
        ]
        if rated:
            return min(rated, key=lambda release: (_release_type_rank(release.type), release.date))
    return None


def format_certificate(certificate: Certification | None) -> str:
    """Format an age certificate for an NFO: "Rated PG-13" for the US, else "DE-12".

    Kodi writes the first form, Jellyfin the second; both read both.
    """
    if certificate is None:
        return ""
    if certificate.country.upper() == _FALLBACK_COUNTRY:
        return f"Rated {certificate.certification}"
    return f"{certificate.country.upper()}-{certificate.certification}"


def _release_type_rank(type_: int) -> int:
    return (
        _RELEASE_TYPE_ORDER.index(type_)
        if type_ in _RELEASE_TYPE_ORDER
        else len(_RELEASE_TYPE_ORDER)
    )


_FALLBACK_LANGUAGE = "en"  # used if the configured language is missing


class LocalizedText(msgspec.Struct, frozen=True):
    """A text and the ISO 639-1 code of its language."""

    text: str = ""
    language: str = ""


def choose_title(movie: Film, locale: Locale) -> LocalizedText:
    """Return a movie's title in the configured language, else in English, else the original one."""
    wanted, original = locale.language_code, movie.original_language
    response_title = movie.title if movie.title != movie.original_title else ""
    candidates = [
        *(
            LocalizedText(text.title, wanted)
            for text in _list_translations(movie, wanted, _locale_country(locale))
        ),
        LocalizedText(response_title if _response_language(movie) == wanted else "", wanted),
        LocalizedText(movie.original_title if original == wanted else "", wanted),
        *(
            LocalizedText(text.title, _FALLBACK_LANGUAGE)
            for text in _list_translations(movie, _FALLBACK_LANGUAGE, "US")
        ),
        LocalizedText(
            movie.original_title if original == _FALLBACK_LANGUAGE else "", _FALLBACK_LANGUAGE
        ),
        LocalizedText(movie.original_title, original),
        LocalizedText(movie.title, original),
    ]
    return next((title for title in candidates if title.text), LocalizedText())


def choose_plot(movie: Film, locale: Locale) -> str:
    """Return a movie's plot in the configured language, else in English, else the original one."""
    return _choose_text(movie, locale, "overview")


def choose_tagline(movie: Film, locale: Locale) -> str:
    """Return a movie's tagline in the configured language, else in English, else the original."""
    return _choose_text(movie, locale, "tagline")


def _choose_text(movie: Film, locale: Locale, field: str) -> str:
    own_texts = {_response_language(movie): getattr(movie, field)}
    chain = (
        (locale.language_code, _locale_country(locale)),
        (_FALLBACK_LANGUAGE, "US"),
        (movie.original_language, ""),
    )
    for code, country in chain:
        texts = (
            getattr(translation, field) for translation in _list_translations(movie, code, country)
        )
        if text := next(filter(None, texts), own_texts.get(code, "")):
            return str(text)
    return str(own_texts[_response_language(movie)])


def _list_translations(movie: Film, code: str, country: str) -> Iterator[Translation]:
    """Yield a movie's translations into a language, those for the country first."""
    matching = [text for text in movie.translations if text.language == code]
    yield from (text for text in matching if text.country == country)
    yield from (text for text in matching if text.country != country)


def _response_language(movie: Film) -> str:
    """Return the language of TMDb's response about a movie, which is English by default."""
    return movie.asked.partition("-")[0].lower() or _FALLBACK_LANGUAGE


def _locale_country(locale: Locale) -> str:
    own = locale.language.replace("_", "-").partition("-")[2]
    return (own or locale.country).upper()
