"""Serialize search results: without tracks and without empty fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mediakeep.rehearsal.entities import Artist, Credit, Group, Medium, Release
from mediakeep.rehearsal.shelves import Shelves
from mediakeep.rehearsal.ws2 import terms

Shape = dict[str, Any]
_AREA = ("id", "name", "sort-name", "iso-3166-1-codes")


@dataclass(frozen=True)
class Hits:
    """Serialize entities like MusicBrainz's search server: keys, types and nesting."""

    shelves: Shelves

    def artist(self, artist: Artist) -> Shape:
        """Serialize an artist."""
        area = terms.area(artist.country) if artist.country else {}
        place = {**_full(terms.typed("type", "Country")), "life-span": {"ended": None}}
        return _full(
            {
                **terms.typed("type", artist.type),
                "name": artist.name,
                "sort-name": artist.sort_name or artist.name,
                "country": artist.country,
                "area": area and {key: area[key] for key in ("id", "name", "sort-name")} | place,
                "disambiguation": artist.disambiguation,
                "life-span": {"ended": None},
                "aliases": [
                    {
                        "name": alias.name,
                        "sort-name": alias.sort_name or alias.name,
                        "locale": alias.locale or None,
                        "type": alias.type or None,
                        "primary": alias.primary or None,
                        "begin-date": None,
                        "end-date": None,
                    }
                    for alias in artist.aliases
                ],
                "tags": [{"name": genre, "count": 1} for genre in artist.genres],
            }
        )

    def group(self, group: Group) -> Shape:
        """Serialize a release group."""
        return self._in_release(group) | _full(
            {
                "count": len(self.shelves.editions.get(group.id, [])),
                "first-release-date": self.shelves.first_date(group),
                "artist-credit": self._credit(group.credits),
                "releases": [
                    {"id": one.id, "title": one.title, **_full(terms.typed("status", one.status))}
                    for one in self.shelves.editions.get(group.id, [])
                ],
            }
        )

    def release(self, release: Release) -> Shape:
        """Serialize a release."""
        return _full(
            {
                **terms.typed("status", release.status),
                **terms.typed("packaging", release.packaging),
                "count": len(release.media),
                "title": release.title,
                "disambiguation": release.disambiguation,
                "text-representation": _full(
                    {"language": release.language, "script": release.script}
                ),
                "artist-credit": self._credit(release.credits),
                "release-group": self._in_release(self.shelves.groups[release.group]),
                **_events(release),
                "barcode": release.barcode,
                "label-info": [
                    _full({"catalog-number": one.catalogue_number, "label": self._label(one.label)})
                    for one in release.labels
                ],
                "track-count": release.track_count,
                "media": [_medium(medium) for medium in release.media],
                "tags": [{"name": genre, "count": 1} for genre in release.genres],
            }
        )

    def _in_release(self, group: Group) -> Shape:
        kind = group.secondary[0] if group.secondary else group.primary
        return _full(
            {
                "id": group.id,
                "type-id": terms.ident(kind) if kind else None,
                "title": group.title,
                "disambiguation": group.disambiguation,
                **terms.typed("primary-type", group.primary),
                "secondary-types": list(group.secondary),
                "secondary-type-ids": [terms.ident(name) for name in group.secondary],
            }
        )

    def _credit(self, credited: Iterable[Credit]) -> list[Shape]:
        shown = []
        for credit in credited:
            artist = self.shelves.artists[credit.artist]
            named = {
                "id": artist.id,
                "name": artist.name,
                "sort-name": artist.sort_name or artist.name,
                "disambiguation": artist.disambiguation,
            }
            name = credit.name or artist.name
            shown.append(_full({"name": name, "joinphrase": credit.join, "artist": _full(named)}))
        return shown

    def _label(self, mbid: str) -> Shape:
        label = self.shelves.labels.get(mbid)
        return {"id": label.id, "name": label.name} if label else {}


def _events(release: Release) -> Shape:
    if not (release.date and release.country):
        return _full({"date": release.date, "country": release.country})
    area = terms.area(release.country)
    event = {"date": release.date, "area": {key: area[key] for key in _AREA}}
    return {"date": release.date, "country": release.country, "release-events": [event]}


def _medium(medium: Medium) -> Shape:
    return _full({"format": medium.format}) | {
        "disc-count": len(medium.discs),
        "track-count": medium.count,
    }


def _full(shape: Shape) -> Shape:
    """Drop empty values, but keep numbers."""
    return {key: value for key, value in shape.items() if value not in (None, "", [], {})}
