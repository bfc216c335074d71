"""Build the content of a movie's NFO from TMDb and its files.

Texts, ratings and sort titles are those of the configured language and country.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import msgspec

from mediakeep.lookups.service_config import Locale
from mediakeep.lookups.tmdb.model import Certification, TmdbImage, Translation
from mediakeep.lookups.tmdb.model import Movie as Film
from mediakeep.media.nfo.model import NfoActor, NfoMovie, NfoRating, NfoSet, NfoStreams, NfoThumb
from mediakeep.movies.model import LocalMovie
from mediakeep.movies.sidecars import artwork

_IMAGE_URL = "https://image.tmdb.org/t/p"
_MOST_PICTURES = 5  # of each kind
_MOST_ACTORS = 50
_WRITING_JOBS = ("Screenplay", "Writer", "Author", "Story", "Novel")
_TRAILER_URL = "plugin://plugin.video.youtube/?action=play_video&videoid="  # for Kodi's add-on
_VIDEO_ID = re.compile(r"[\w-]{5,20}", re.ASCII)
_PICTURE_PATH = re.compile(r"/[\w.-]{1,100}", re.ASCII)
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


def build_nfo_content(movie: Film, local: LocalMovie, locale: Locale) -> NfoMovie:
    """Return the content that a movie's NFO should have, without values that are unknown."""
    title = choose_title(movie, locale)
    certificate = choose_certificate(movie.certificates, locale.country)
    return NfoMovie(
        title=title.text,
        original_title=movie.original_title,
        sort_title=build_sort_title(title.text, title.language),
        ratings=_build_ratings(movie),
        plot=_choose_text(movie, locale, "overview"),
        tagline=_choose_text(movie, locale, "tagline"),
        runtime=movie.runtime or round(local.duration / 60),
        thumbs=tuple(_build_posters(movie, locale)),
        fanart=tuple(_build_fanart(movie, locale)),
        mpaa=format_certificate(certificate),
        ids=_build_ids(movie),
        genres=_distinct_names(genre.name for genre in movie.genres),
        countries=_distinct_names(country.name for country in movie.countries),
        collection=_build_collection(movie),
        tags=_distinct_names(keyword.name for keyword in movie.keywords),
        credits=_distinct_names(
            member.name for member in movie.crew if _is_writer(member.department, member.job)
        ),
        directors=movie.directors,
        premiered=movie.release_date,
        year=movie.year,
        studios=_distinct_names(studio.name for studio in movie.studios),
        trailer=_TRAILER_URL + movie.trailer if _VIDEO_ID.fullmatch(movie.trailer) else "",
        streams=_build_streams(local),
        actors=tuple(_build_actors(movie)),
    )


def _distinct_names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, (name.strip() for name in names))))


def _is_writer(department: str, job: str) -> bool:
    return department == "Writing" and job in _WRITING_JOBS


def _build_ratings(movie: Film) -> tuple[NfoRating, ...]:
    rating = NfoRating("themoviedb", round(movie.rating, 3), movie.votes)
    return (rating,) if movie.rating and movie.votes else ()


def _build_ids(movie: Film) -> dict[str, str]:
    imdb = movie.imdb_id or movie.external_ids.get("imdb", "")
    return {"tmdb": str(movie.id)} | ({"imdb": imdb} if imdb else {})


def _build_collection(movie: Film) -> NfoSet | None:
    collection = movie.collection
    return (
        NfoSet(collection.name, collection.overview, collection.id)
        if collection and collection.name
        else None
    )


def _build_actors(movie: Film) -> Iterable[NfoActor]:
    cast = sorted(movie.cast, key=lambda actor: actor.order)
    for number, actor in enumerate(cast[:_MOST_ACTORS]):
        yield NfoActor(actor.name, actor.role, number, _picture_url(actor.portrait))


def _build_posters(movie: Film, locale: Locale) -> Iterable[NfoThumb]:
    for path in _best_paths(
        movie.posters, artwork.list_text_languages(movie, artwork.POSTER, locale.language_code)
    ):
        yield NfoThumb(_picture_url(path), "poster", _picture_url(path, "w500"))


def _build_fanart(movie: Film, locale: Locale) -> Iterable[NfoThumb]:
    for path in _best_paths(
        movie.backdrops, artwork.list_text_languages(movie, artwork.FANART, locale.language_code)
    ):
        yield NfoThumb(_picture_url(path), preview=_picture_url(path, "w780"))


def _best_paths(pictures: tuple[TmdbImage, ...], order: list[str]) -> list[str]:
    """Return the TMDb paths of the best pictures, by language in the given order.

    Within a language TMDb's order is kept.
    """
    usable = [
        picture for picture in pictures if picture.language in order and _picture_url(picture.path)
    ]
    usable.sort(key=lambda picture: order.index(picture.language))
    return list(dict.fromkeys(picture.path for picture in usable))[:_MOST_PICTURES]


def _picture_url(path: str, size: str = "original") -> str:
    """Return the URL of a picture at TMDb, or "" if players cannot show it."""
    fits = _PICTURE_PATH.fullmatch(path) and not path.lower().endswith(".svg")
    return f"{_IMAGE_URL}/{size}{path}" if fits else ""


def _build_streams(local: LocalMovie) -> NfoStreams:
    """Return the streams of a movie for its NFO, from the first version or its first part.

    The duration is the sum of all parts.
    """
    facts = local.videos[0].facts if local.videos else None
    if facts is None:
        return NfoStreams()
    video = facts.video
    if local.videos[0].part and local.duration:
        video = tuple(msgspec.structs.replace(stream, duration=local.duration) for stream in video)
    return NfoStreams(video, facts.audio, facts.subtitles)


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
