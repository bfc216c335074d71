"""Generate movie titles in four languages, in groups of movies that are easily confused.

A group is a movie with similar movies: a remake, the next part, an almost identical title.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from mediakeep_simulator.tmdb.vocabulary import (
    LANGUAGES,
    NAMES,
    NOUNS,
    PLACES,
    QUALITIES,
    TextsByLanguage,
    TitleNoun,
)

PLOT_KINDS = ("plain", "remake", "series", "near", "foreign", "number", "bare")

_FIRST_KINDS = ("remake", "plain", "series", "foreign", "near", "number", "bare", "plain")
_KIND_WEIGHTS = (38, 22, 8, 8, 14, 5, 5)
_YEAR_RANGE = (1948, 2023)  # range of the first movie of a group
_LATEST_YEAR = 2025
_REMAKE_GAPS = (1, 2, 9, 14, 21, 28, 35, 44)  # years from a movie to its remake
_ROMAN_NUMERALS = ("", "", "II", "III", "IV", "V")


@dataclass(frozen=True)
class MoviePlot:
    """The titles and year of an invented movie; `part` is its number in a series, else 0."""

    titles: TextsByLanguage
    year: int
    kind: str
    part: int = 0
    is_popular: bool = False  # much more popular than the others of its group


def generate_group(number: int, rng: Random) -> list[MoviePlot]:
    """Generate the titles of a group of similar movies; the first groups are one of each kind."""
    kind = (
        _FIRST_KINDS[number]
        if number < len(_FIRST_KINDS)
        else rng.choices(PLOT_KINDS, _KIND_WEIGHTS)[0]
    )
    year = rng.randint(*_YEAR_RANGE)
    titles = generate_title(rng)
    if kind == "remake":
        return list(_generate_remakes(titles, year, rng))
    if kind == "series":
        return list(_generate_series(titles, year, rng))
    if kind == "near":
        near = {
            "en": _similar_title(titles["en"], rng),
            **{k: f"{titles[k]} 2" for k in ("de", "fr")},
        }
        first = MoviePlot(titles, year, kind, is_popular=True)
        return [first, MoviePlot(near, min(year + rng.randint(0, 9), _LATEST_YEAR), kind)]
    if kind == "number":
        titles = dict.fromkeys(LANGUAGES, _number_title(rng))
    return [MoviePlot(titles, year, kind)]


def generate_title(rng: Random) -> dict[str, str]:
    """Generate a movie title in all languages: language -> title."""
    noun, shape = rng.choice(NOUNS), rng.randrange(5)
    if shape == 0:
        name = rng.choice(NAMES)
        return {
            "en": f"{name.en} and the {noun.en}",
            "de": f"{name.de} und {noun.de}",
            "fr": f"{name.fr} et {noun.fr}",
            "ja": f"{name.ja}と{noun.ja}",
        }
    if shape == 1:
        return _name_thing(noun, rng.choice(PLACES).en, rng)
    return _add_place(_name_thing(noun, "", rng), rng) if shape < 4 else _name_thing(noun, "", rng)


def _name_thing(noun: TitleNoun, place: str, rng: Random) -> dict[str, str]:
    """Return a noun with an adjective or a place in all languages, such as "The Silent River"."""
    article, bare = noun.de.split(" ", 1)
    if place:
        kana = next(name.ja for name in PLACES if name.en == place)
        return {
            "en": f"The {noun.en} of {place}",
            "de": f"{article.capitalize()} {bare} von {place}",
            "fr": f"{_capitalize(noun.fr)} de {place}",
            "ja": f"{kana}の{noun.ja}",
        }
    quality = rng.choice(QUALITIES)
    return {
        "en": f"The {quality.en} {noun.en}",
        "de": f"{article.capitalize()} {quality.de} {bare}",
        "fr": f"{_capitalize(noun.fr)} {quality.fr}",
        "ja": quality.ja + noun.ja,
    }


def _add_place(titles: TextsByLanguage, rng: Random) -> dict[str, str]:
    place = rng.choice(PLACES)
    return {
        "en": f"{titles['en']} of {place.en}",
        "de": f"{titles['de']} von {place.de}",
        "fr": f"{titles['fr']} de {place.fr}",
        "ja": f"{place.ja}の{titles['ja']}",
    }


def _generate_remakes(titles: TextsByLanguage, year: int, rng: Random) -> Iterator[MoviePlot]:
    """Yield two or three movies with the same title.

    One of them is far more popular than the others.
    """
    years = [year]
    for _ in range(1 if rng.random() < 0.75 else 2):
        years.append(years[-1] + rng.choice(_REMAKE_GAPS))
    over = max(0, years[-1] - _LATEST_YEAR)
    favoured = rng.randrange(len(years))
    for place, when in enumerate(years):
        yield MoviePlot(titles, when - over, "remake", is_popular=place == favoured)


def _generate_series(titles: TextsByLanguage, year: int, rng: Random) -> Iterator[MoviePlot]:
    roman = rng.random() < 0.5
    for part in range(1, rng.randint(3, 4) + 1):
        when = min(year + 3 * (part - 1), _LATEST_YEAR)
        number = _ROMAN_NUMERALS[part] if roman else str(part)
        more = f" {number}" if part > 1 else ""
        yield MoviePlot({key: text + more for key, text in titles.items()}, when, "series", part)


def _similar_title(title: str, rng: Random) -> str:
    bare = title.removeprefix("The ")
    other = bare if bare != title else f"The {title}"
    return rng.choice((other, f"{title} 2", f"{title} II", f"{title}: The Return"))


def _number_title(rng: Random) -> str:
    year = rng.randint(1900, 2090)
    return rng.choice((str(year), f"{rng.choice(NOUNS).en} {year}", f"{rng.randint(3, 99)} Rooms"))


def _capitalize(text: str) -> str:
    return text[0].upper() + text[1:]
