"""The parts that TMDb appends to a movie on request: people, images, releases, titles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from mediakeep_simulator.http_types import SimulatorRequest
from mediakeep_simulator.tmdb import listings, title_search
from mediakeep_simulator.tmdb.model import CatalogueImage, CatalogueMovie, CataloguePerson

LANGUAGE_NAMES = {"en": "English", "de": "German", "fr": "French", "ja": "Japanese"}


def _credits_json(movie: CatalogueMovie, _: SimulatorRequest) -> dict[str, Any]:
    cast = [person for person in movie.people if not person.job]
    session = [person for person in movie.people if person.job]
    return {
        "cast": [
            {
                **_person_json(movie, person),
                "cast_id": place,
                "character": person.role,
                "order": place,
            }
            for place, person in enumerate(cast)
        ],
        "crew": [
            {**_person_json(movie, person), "department": person.department, "job": person.job}
            for person in session
        ],
    }


def _person_json(movie: CatalogueMovie, person: CataloguePerson) -> dict[str, Any]:
    return {
        "adult": False,
        "gender": 0,
        "id": person.id,
        "known_for_department": person.department or "Acting",
        "name": person.name,
        "original_name": person.name,
        "popularity": 1.0,
        "profile_path": portrait_path(person),
        "credit_id": f"{movie.id:012x}{person.id:012x}",
    }


def portrait_path(person: CataloguePerson) -> str | None:
    """Return the path of a person's picture, or None if there is none."""
    return f"/person{person.id}.jpg" if person.portrait else None


def _images_json(movie: CatalogueMovie, request: SimulatorRequest) -> dict[str, Any]:
    """List images in the included languages, else in the requested one."""
    requested = (
        request.get_param("include_image_language")
        or request.get_param("language").partition("-")[0]
    )
    languages = (
        {"" if language == "null" else language for language in requested.split(",")}
        if requested
        else None
    )
    return {
        "backdrops": _image_list(movie.backdrops, languages),
        "logos": _image_list(movie.logos, languages),
        "posters": _image_list(movie.posters, languages),
    }


def _image_list(
    images: Iterable[CatalogueImage], languages: set[str] | None
) -> list[dict[str, Any]]:
    included = [image for image in images if languages is None or image.language in languages]
    return [
        {
            "aspect_ratio": round(image.width / image.height, 3),
            "height": image.height,
            "iso_639_1": image.language or None,
            "file_path": image.path,
            "vote_average": image.rating,
            "vote_count": image.votes,
            "width": image.width,
        }
        for image in sorted(included, key=lambda image: -image.rating)
    ]


def _release_dates_json(movie: CatalogueMovie, _: SimulatorRequest) -> dict[str, Any]:
    return {
        "results": [
            {
                "iso_3166_1": country,
                "release_dates": [
                    {
                        "certification": movie.certificates.get(country, ""),
                        "descriptors": [],
                        "iso_639_1": "",
                        "note": "",
                        "release_date": f"{date}T00:00:00.000Z",
                        "type": 3,
                    }
                ],
            }
            for country, date in title_search.release_dates(movie).items()
        ]
    }


def _videos_json(movie: CatalogueMovie, _: SimulatorRequest) -> dict[str, Any]:
    trailer = {
        "id": f"{movie.id:024x}",
        "iso_639_1": "en",
        "iso_3166_1": "US",
        "key": movie.trailer,
        "name": "Trailer",
        "site": "YouTube",
        "size": 1080,
        "type": "Trailer",
        "official": True,
        "published_at": "2020-01-01T00:00:00.000Z",
    }
    return {"results": [trailer] if movie.trailer else []}


def _external_ids_json(movie: CatalogueMovie, _: SimulatorRequest) -> dict[str, Any]:
    others = dict.fromkeys(("facebook_id", "instagram_id", "twitter_id"))
    return {"imdb_id": movie.imdb_id or None, "wikidata_id": f"Q{movie.id}", **others}


def _keywords_json(movie: CatalogueMovie, _: SimulatorRequest) -> dict[str, Any]:
    return {
        "keywords": [{"id": 50 + place, "name": name} for place, name in enumerate(movie.keywords)]
    }


def _translations_json(movie: CatalogueMovie, _: SimulatorRequest) -> dict[str, Any]:
    texts = [listings.localized_text(movie, "en"), *movie.texts]
    return {
        "translations": [
            {
                "iso_3166_1": text.country,
                "iso_639_1": text.language,
                "name": LANGUAGE_NAMES.get(text.language, ""),
                "english_name": LANGUAGE_NAMES.get(text.language, ""),
                "data": {
                    # TMDb leaves out a title that equals the original one.
                    "title": text.title
                    if text.title != (movie.original_title or movie.title)
                    else "",
                    "overview": text.overview,
                    "homepage": "",
                    "runtime": 0,
                    "tagline": text.tagline,
                },
            }
            for text in texts
        ]
    }


def _alternative_titles_json(movie: CatalogueMovie, _: SimulatorRequest) -> dict[str, Any]:
    return {
        "titles": [
            {"iso_3166_1": country, "title": title, "type": ""}
            for country, title in movie.alternative_titles
        ]
    }


APPENDED_PARTS: Mapping[str, Callable[[CatalogueMovie, SimulatorRequest], dict[str, Any]]] = {
    "alternative_titles": _alternative_titles_json,
    "credits": _credits_json,
    "external_ids": _external_ids_json,
    "images": _images_json,
    "keywords": _keywords_json,
    "release_dates": _release_dates_json,
    "translations": _translations_json,
    "videos": _videos_json,
}
