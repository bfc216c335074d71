"""Convert parts of entities to JSON: types with ids, countries, dates, aliases, genres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediakeep_simulator.entities import (
    CatalogueAlias,
    CatalogueLabel,
    CatalogueRelease,
    generate_mbid,
)

PRIMARY_TYPES = ("Album", "Single", "EP", "Broadcast", "Other")
SECONDARY_TYPES = (
    "Compilation",
    "Soundtrack",
    "Spokenword",
    "Interview",
    "Audiobook",
    "Audio drama",
    "Live",
    "Remix",
    "DJ-mix",
    "Mixtape/Street",
    "Demo",
    "Field recording",
)
RELEASE_STATUSES = ("Official", "Promotion", "Bootleg", "Pseudo-Release", "Withdrawn", "Cancelled")

_COUNTRY_NAMES = {
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "JP": "Japan",
    "US": "United States",
    "XE": "Europe",
    "XW": "[Worldwide]",
}


def make_id(name: str) -> str:
    """Return the id for the name of a type or an area, always the same for the same name."""
    return generate_mbid("term", name)


def serialize_type(key: str, name: str) -> dict[str, Any]:
    """Return the JSON fields of a type: its name and id, both null if there is none."""
    return {key: name or None, f"{key}-id": make_id(name) if name else None}


def serialize_area(country: str) -> dict[str, Any]:
    """Return the JSON of a country, given by its two-letter code."""
    name = _COUNTRY_NAMES.get(country, country)
    return {
        "id": make_id(country),
        "name": name,
        "sort-name": name,
        "disambiguation": "",
        "iso-3166-1-codes": [country],
        "type": None,
        "type-id": None,
    }


def serialize_events(release: CatalogueRelease) -> dict[str, Any]:
    """Return the JSON fields with date and country of a release, {} if both are unknown."""
    if not (release.date or release.country):
        return {}
    place = serialize_area(release.country) if release.country else None
    return {
        "date": release.date,
        "country": release.country or None,
        "release-events": [{"date": release.date, "area": place}],
    }


def serialize_cover_art(release: CatalogueRelease) -> dict[str, Any]:
    """Return the JSON that says which cover images of a release exist."""
    cover = release.cover
    return {
        "artwork": cover is not None,
        "front": cover is not None and cover.front,
        "back": cover is not None and cover.back,
        "count": cover.count if cover else 0,
        "darkened": False,
    }


def serialize_alias(alias: CatalogueAlias) -> dict[str, Any]:
    """Serialize an alias."""
    return {
        "name": alias.name,
        "sort-name": alias.sort_name or alias.name,
        "locale": alias.locale or None,
        "primary": alias.primary or None,
        **serialize_type("type", alias.type),
        "begin": None,
        "end": None,
        "ended": False,
    }


def serialize_label(label: CatalogueLabel) -> dict[str, Any]:
    """Serialize a record label."""
    return {
        "id": label.id,
        "name": label.name,
        "sort-name": label.name,
        "disambiguation": "",
        "label-code": None,
        **serialize_type("type", ""),
    }


def serialize_genres(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return genres as JSON in alphabetical order.

    The number of votes decreases by one in the given order.
    """
    votes = {name: len(names) - place for place, name in enumerate(names)}
    return [
        {"id": make_id(f"genre {name}"), "name": name, "count": votes[name], "disambiguation": ""}
        for name in sorted(votes)
    ]


def serialize_disc(mbid: str, lengths: Sequence[int]) -> dict[str, Any]:
    """Return a compact disc as JSON, from its track lengths in milliseconds.

    Offsets are in sectors; a second has 75 sectors.
    """
    offsets = [150]
    for length in lengths:
        offsets.append(offsets[-1] + length * 75 // 1000)
    return {
        "id": mbid,
        "offset-count": len(lengths),
        "offsets": offsets[:-1],
        "sectors": offsets[-1],
    }
