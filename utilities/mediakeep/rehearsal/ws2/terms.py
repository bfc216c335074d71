"""Serialize the parts of responses: types with IDs, countries, dates, aliases, genres."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediakeep.rehearsal.entities import Alias, Label, Release, mbid

PRIMARY = ("Album", "Single", "EP", "Broadcast", "Other")
SECONDARY = (
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
STATUSES = ("Official", "Promotion", "Bootleg", "Pseudo-Release", "Withdrawn", "Cancelled")

_COUNTRIES = {
    "DE": "Germany",
    "FR": "France",
    "GB": "United Kingdom",
    "JP": "Japan",
    "US": "United States",
    "XE": "Europe",
    "XW": "[Worldwide]",
}


def ident(name: str) -> str:
    """Return the constant ID of a type, an area or the like."""
    return mbid("term", name)


def typed(key: str, name: str) -> dict[str, Any]:
    """Return a type and its ID, both null if there is none."""
    return {key: name or None, f"{key}-id": ident(name) if name else None}


def area(country: str) -> dict[str, Any]:
    """Return the area of a two-letter country."""
    name = _COUNTRIES.get(country, country)
    return {
        "id": ident(country),
        "name": name,
        "sort-name": name,
        "disambiguation": "",
        "iso-3166-1-codes": [country],
        "type": None,
        "type-id": None,
    }


def events(release: Release) -> dict[str, Any]:
    """Return when and where a release came out, or nothing if both are unknown."""
    if not (release.date or release.country):
        return {}
    place = area(release.country) if release.country else None
    return {
        "date": release.date,
        "country": release.country or None,
        "release-events": [{"date": release.date, "area": place}],
    }


def archive(release: Release) -> dict[str, Any]:
    """Return which images of a release exist."""
    cover = release.cover
    return {
        "artwork": cover is not None,
        "front": cover is not None and cover.front,
        "back": cover is not None and cover.back,
        "count": cover.count if cover else 0,
        "darkened": False,
    }


def alias(one: Alias) -> dict[str, Any]:
    """Serialize an alias."""
    return {
        "name": one.name,
        "sort-name": one.sort_name or one.name,
        "locale": one.locale or None,
        "primary": one.primary or None,
        **typed("type", one.type),
        "begin": None,
        "end": None,
        "ended": False,
    }


def label(one: Label) -> dict[str, Any]:
    """Serialize a record label."""
    return {
        "id": one.id,
        "name": one.name,
        "sort-name": one.name,
        "disambiguation": "",
        "label-code": None,
        **typed("type", ""),
    }


def genres(names: Sequence[str]) -> list[dict[str, Any]]:
    """Serialize genres alphabetically; votes decrease by one in the given order."""
    votes = {name: len(names) - place for place, name in enumerate(names)}
    return [
        {"id": ident(f"genre {name}"), "name": name, "count": votes[name], "disambiguation": ""}
        for name in sorted(votes)
    ]


def disc(mbid: str, lengths: Sequence[int]) -> dict[str, Any]:
    """Serialize a compact disc from its track lengths in milliseconds; a second has 75 sectors."""
    offsets = [150]
    for length in lengths:
        offsets.append(offsets[-1] + length * 75 // 1000)
    return {
        "id": mbid,
        "offset-count": len(lengths),
        "offsets": offsets[:-1],
        "sectors": offsets[-1],
    }
