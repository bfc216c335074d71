"""Convert entities to the JSON of search results: without tracks and without empty fields."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mediakeep_simulator.catalogue_index import CatalogueIndex
from mediakeep_simulator.entities import (
    CatalogueArtist,
    CatalogueCredit,
    CatalogueGroup,
    CatalogueMedium,
    CatalogueRecording,
    CatalogueRelease,
)
from mediakeep_simulator.musicbrainz import serialize_parts

SearchJson = dict[str, Any]
_AREA_KEYS = ("id", "name", "sort-name", "iso-3166-1-codes")


@dataclass(frozen=True)
class SearchSerializer:
    """Converts entities to JSON as MusicBrainz's search server does."""

    index: CatalogueIndex

    def serialize_artist(self, artist: CatalogueArtist) -> SearchJson:
        """Return an artist as the JSON of a search result."""
        area = serialize_parts.serialize_area(artist.country) if artist.country else {}
        place = {
            **_drop_empty(serialize_parts.serialize_type("type", "Country")),
            "life-span": {"ended": None},
        }
        return _drop_empty(
            {
                **serialize_parts.serialize_type("type", artist.type),
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

    def serialize_group(self, group: CatalogueGroup) -> SearchJson:
        """Return a release group as the JSON of a search result."""
        return self._serialize_group_ref(group) | _drop_empty(
            {
                "count": len(self.index.editions.get(group.id, [])),
                "first-release-date": self.index.first_date(group),
                "artist-credit": self._serialize_credits(group.credits),
                "releases": [
                    {
                        "id": edition.id,
                        "title": edition.title,
                        **_drop_empty(serialize_parts.serialize_type("status", edition.status)),
                    }
                    for edition in self.index.editions.get(group.id, [])
                ],
            }
        )

    def serialize_release(self, release: CatalogueRelease) -> SearchJson:
        """Return a release as the JSON of a search result."""
        return _drop_empty(
            {
                **serialize_parts.serialize_type("status", release.status),
                **serialize_parts.serialize_type("packaging", release.packaging),
                "count": len(release.media),
                "title": release.title,
                "disambiguation": release.disambiguation,
                "text-representation": _drop_empty(
                    {"language": release.language, "script": release.script}
                ),
                "artist-credit": self._serialize_credits(release.credits),
                "release-group": self._serialize_group_ref(self.index.groups[release.group]),
                **_serialize_events(release),
                "barcode": release.barcode,
                "label-info": [
                    _drop_empty(
                        {
                            "catalog-number": issuer.catalogue_number,
                            "label": self._serialize_label(issuer.label),
                        }
                    )
                    for issuer in release.labels
                ],
                "track-count": release.track_count,
                "media": [_serialize_medium(medium) for medium in release.media],
                "tags": [{"name": genre, "count": 1} for genre in release.genres],
            }
        )

    def serialize_recording(self, recording: CatalogueRecording) -> SearchJson:
        """Return a recording as the JSON of a search result, with the releases that it is on."""
        return _drop_empty(
            {
                "title": recording.title,
                "length": recording.length,
                "disambiguation": recording.disambiguation,
                "artist-credit": self._serialize_credits(recording.credits),
                "first-release-date": self.index.first_date(recording),
                "releases": [
                    self._serialize_appearance(recording, release)
                    for release in self.index.appearances[recording.id]
                ],
                "isrcs": list(recording.isrcs),
            }
        )

    def _serialize_appearance(
        self, recording: CatalogueRecording, release: CatalogueRelease
    ) -> SearchJson:
        """Return a release with only those media and tracks that have a recording."""
        return _drop_empty(
            {
                "id": release.id,
                **serialize_parts.serialize_type("status", release.status),
                "count": len(release.media),
                "title": release.title,
                "artist-credit": self._serialize_credits(release.credits),
                "release-group": self._serialize_group_ref(self.index.groups[release.group]),
                **_serialize_events(release),
                "track-count": release.track_count,
                "media": [
                    _drop_empty({"position": position, "format": medium.format})
                    | {
                        "track": [
                            _drop_empty(
                                {
                                    "id": track.id,
                                    "number": track.number or str(offset + 1),
                                    "title": track.title,
                                    "length": track.length or recording.length,
                                }
                            )
                        ],
                        "track-count": medium.count,
                        "track-offset": offset,
                    }
                    for position, medium in enumerate(release.media, 1)
                    for offset, track in enumerate(medium.tracks)
                    if track.recording == recording.id
                ],
            }
        )

    def _serialize_group_ref(self, group: CatalogueGroup) -> SearchJson:
        kind = group.secondary[0] if group.secondary else group.primary
        return _drop_empty(
            {
                "id": group.id,
                "type-id": serialize_parts.make_id(kind) if kind else None,
                "title": group.title,
                "disambiguation": group.disambiguation,
                **serialize_parts.serialize_type("primary-type", group.primary),
                "secondary-types": list(group.secondary),
                "secondary-type-ids": [serialize_parts.make_id(name) for name in group.secondary],
            }
        )

    def _serialize_credits(self, credited: Iterable[CatalogueCredit]) -> list[SearchJson]:
        credit_list = []
        for credit in credited:
            artist = self.index.artists[credit.artist]
            named = {
                "id": artist.id,
                "name": artist.name,
                "sort-name": artist.sort_name or artist.name,
                "disambiguation": artist.disambiguation,
            }
            name = credit.name or artist.name
            credit_list.append(
                _drop_empty({"name": name, "joinphrase": credit.join, "artist": _drop_empty(named)})
            )
        return credit_list

    def _serialize_label(self, mbid: str) -> SearchJson:
        label = self.index.labels.get(mbid)
        return {"id": label.id, "name": label.name} if label else {}


def _serialize_events(release: CatalogueRelease) -> SearchJson:
    if not (release.date and release.country):
        return _drop_empty({"date": release.date, "country": release.country})
    area = serialize_parts.serialize_area(release.country)
    event = {"date": release.date, "area": {key: area[key] for key in _AREA_KEYS}}
    return {"date": release.date, "country": release.country, "release-events": [event]}


def _serialize_medium(medium: CatalogueMedium) -> SearchJson:
    return _drop_empty({"format": medium.format}) | {
        "disc-count": len(medium.discs),
        "track-count": medium.count,
    }


def _drop_empty(values: SearchJson) -> SearchJson:
    """Drop empty values, but keep numbers."""
    return {key: value for key, value in values.items() if value not in (None, "", [], {})}
