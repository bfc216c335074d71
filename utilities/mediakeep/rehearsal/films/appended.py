"""The parts that TMDb appends to a movie on request: people, images, releases, titles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mediakeep.rehearsal.films import finder, listings
from mediakeep.rehearsal.films.film import Art, Film, Person
from mediakeep.rehearsal.reply import Question

SPOKEN = {"en": "English", "de": "German", "fr": "French", "ja": "Japanese"}


def _credits(film: Film, _: Question) -> dict[str, Any]:
    cast = [person for person in film.people if not person.job]
    crew = [person for person in film.people if person.job]
    return {
        "cast": [
            {**_person(film, one), "cast_id": place, "character": one.role, "order": place}
            for place, one in enumerate(cast)
        ],
        "crew": [
            {**_person(film, one), "department": one.department, "job": one.job} for one in crew
        ],
    }


def _person(film: Film, person: Person) -> dict[str, Any]:
    return {
        "adult": False,
        "gender": 0,
        "id": person.id,
        "known_for_department": person.department or "Acting",
        "name": person.name,
        "original_name": person.name,
        "popularity": 1.0,
        "profile_path": portrait(person),
        "credit_id": f"{film.id:012x}{person.id:012x}",
    }


def portrait(person: Person) -> str | None:
    """Return the path of a person's picture."""
    return f"/person{person.id}.jpg" if person.portrait else None


def _images(film: Film, question: Question) -> dict[str, Any]:
    """List images in the included languages, else in the requested one."""
    requested = question.one("include_image_language") or question.one("language").partition("-")[0]
    languages = (
        {"" if one == "null" else one for one in requested.split(",")} if requested else None
    )
    return {
        "backdrops": _arts(film.backdrops, languages),
        "logos": _arts(film.logos, languages),
        "posters": _arts(film.posters, languages),
    }


def _arts(arts: Iterable[Art], languages: set[str] | None) -> list[dict[str, Any]]:
    kept = [art for art in arts if languages is None or art.language in languages]
    return [
        {
            "aspect_ratio": round(art.width / art.height, 3),
            "height": art.height,
            "iso_639_1": art.language or None,
            "file_path": art.path,
            "vote_average": art.rating,
            "vote_count": art.votes,
            "width": art.width,
        }
        for art in sorted(kept, key=lambda art: -art.rating)
    ]


def _release_dates(film: Film, _: Question) -> dict[str, Any]:
    return {
        "results": [
            {
                "iso_3166_1": country,
                "release_dates": [
                    {
                        "certification": film.certificates.get(country, ""),
                        "descriptors": [],
                        "iso_639_1": "",
                        "note": "",
                        "release_date": f"{date}T00:00:00.000Z",
                        "type": 3,
                    }
                ],
            }
            for country, date in finder.releases(film).items()
        ]
    }


def _videos(film: Film, _: Question) -> dict[str, Any]:
    trailer = {
        "id": f"{film.id:024x}",
        "iso_639_1": "en",
        "iso_3166_1": "US",
        "key": film.trailer,
        "name": "Trailer",
        "site": "YouTube",
        "size": 1080,
        "type": "Trailer",
        "official": True,
        "published_at": "2020-01-01T00:00:00.000Z",
    }
    return {"results": [trailer] if film.trailer else []}


def _external_ids(film: Film, _: Question) -> dict[str, Any]:
    others = dict.fromkeys(("facebook_id", "instagram_id", "twitter_id"))
    return {"imdb_id": film.imdb_id or None, "wikidata_id": f"Q{film.id}", **others}


def _keywords(film: Film, _: Question) -> dict[str, Any]:
    return {
        "keywords": [{"id": 50 + place, "name": name} for place, name in enumerate(film.keywords)]
    }


def _translations(film: Film, _: Question) -> dict[str, Any]:
    texts = [listings.text(film, "en"), *film.texts]
    return {
        "translations": [
            {
                "iso_3166_1": one.country,
                "iso_639_1": one.language,
                "name": SPOKEN.get(one.language, ""),
                "english_name": SPOKEN.get(one.language, ""),
                "data": {
                    # TMDb leaves out a title that equals the original one.
                    "title": one.title if one.title != (film.original_title or film.title) else "",
                    "overview": one.overview,
                    "homepage": "",
                    "runtime": 0,
                    "tagline": one.tagline,
                },
            }
            for one in texts
        ]
    }


def _alternative_titles(film: Film, _: Question) -> dict[str, Any]:
    return {
        "titles": [
            {"iso_3166_1": country, "title": title, "type": ""}
            for country, title in film.alternative_titles
        ]
    }


PARTS: Mapping[str, Callable[[Film, Question], dict[str, Any]]] = {
    "alternative_titles": _alternative_titles,
    "credits": _credits,
    "external_ids": _external_ids,
    "images": _images,
    "keywords": _keywords,
    "release_dates": _release_dates,
    "translations": _translations,
    "videos": _videos,
}
