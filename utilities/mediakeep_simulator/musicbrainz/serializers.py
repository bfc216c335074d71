"""Convert entities to the JSON of lookups and browses; only what `inc` asks for is included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from mediakeep_simulator.catalogue_index import CatalogueIndex
from mediakeep_simulator.entities import (
    CatalogueAlias,
    CatalogueArtist,
    CatalogueCredit,
    CatalogueGroup,
    CatalogueMedium,
    CatalogueRecording,
    CatalogueRelease,
    CatalogueTrack,
)
from mediakeep_simulator.musicbrainz import serialize_parts

EntityJson = dict[str, Any]


@dataclass(frozen=True)
class EntitySerializer:
    """Converts entities to JSON as MusicBrainz does: with its keys, types and nesting."""

    index: CatalogueIndex
    incs: frozenset[str]

    def serialize_artist(self, artist: CatalogueArtist) -> EntityJson:
        """Return an artist as JSON."""
        country = serialize_parts.serialize_area(artist.country) if artist.country else None
        return {
            **self.serialize_artist_ref(artist),
            "area": country,
            "begin-area": None,
            "end-area": None,
            "gender": None,
            "gender-id": None,
            "ipis": [],
            "isnis": [],
            "life-span": {"begin": None, "end": None, "ended": False},
            **self._tag_fields(artist.genres, rated=True),
            **self._relation_fields(),
        }

    def serialize_artist_ref(self, artist: CatalogueArtist) -> EntityJson:
        """Serialize an artist as in a credit."""
        entity_json = {
            "id": artist.id,
            "name": artist.name,
            "sort-name": artist.sort_name or artist.name,
            "disambiguation": artist.disambiguation,
            "country": artist.country or None,
            **serialize_parts.serialize_type("type", artist.type),
        }
        return entity_json | self._alias_fields(artist.aliases)

    def serialize_group(self, group: CatalogueGroup) -> EntityJson:
        """Return a release group as JSON."""
        return {
            "id": group.id,
            "title": group.title,
            "disambiguation": group.disambiguation,
            "first-release-date": self.index.first_date(group),
            **serialize_parts.serialize_type("primary-type", group.primary),
            "secondary-types": list(group.secondary),
            "secondary-type-ids": [serialize_parts.make_id(name) for name in group.secondary],
            **self._credit_fields(group.credits),
            **self._tag_fields(group.genres, rated=True),
            **self._alias_fields(()),
            **self._relation_fields(),
        }

    def serialize_release(self, release: CatalogueRelease) -> EntityJson:
        """Serialize a release, with media, labels and group if requested."""
        entity_json: EntityJson = {
            "id": release.id,
            "title": release.title,
            "disambiguation": release.disambiguation,
            **serialize_parts.serialize_type("status", release.status),
            **serialize_parts.serialize_type("packaging", release.packaging),
            "quality": "normal",
            "text-representation": {
                "language": release.language or None,
                "script": release.script or None,
            },
            "barcode": release.barcode or None,
            "asin": None,
            **serialize_parts.serialize_events(release),
            "cover-art-archive": serialize_parts.serialize_cover_art(release),
            **self._credit_fields(release.credits),
            **self._tag_fields(release.genres),
            **self._alias_fields(()),
            **self._relation_fields(),
        }
        if "labels" in self.incs:
            entity_json["label-info"] = list(self._serialize_labels(release))
        if "release-groups" in self.incs:
            entity_json["release-group"] = self.serialize_group(self.index.groups[release.group])
        if self.incs & {"media", "recordings", "discids"}:
            entity_json["media"] = self._serialize_media(release)
        return entity_json

    def serialize_recording(self, recording: CatalogueRecording) -> EntityJson:
        """Serialize a recording."""
        entity_json: EntityJson = {
            "id": recording.id,
            "title": recording.title,
            "length": recording.length,
            "disambiguation": recording.disambiguation,
            "video": False,
            **self._credit_fields(recording.credits),
            **self._tag_fields((), rated=True),
            **self._alias_fields(()),
            **self._relation_fields(),
        }
        if first := self.index.first_date(recording):
            entity_json["first-release-date"] = first
        if "isrcs" in self.incs:
            entity_json["isrcs"] = list(recording.isrcs)
        return entity_json

    def _serialize_media(self, release: CatalogueRelease) -> list[EntityJson]:
        return [
            self._serialize_medium(medium, position, release)
            for position, medium in enumerate(release.media, 1)
        ]

    def _serialize_medium(
        self, medium: CatalogueMedium, position: int, release: CatalogueRelease
    ) -> EntityJson:
        entity_json: EntityJson = {
            "id": medium.id or serialize_parts.make_id(f"{release.id} {position}"),
            "position": position,
            "title": medium.title,
            **serialize_parts.serialize_type("format", medium.format),
            "track-count": medium.count,
        }
        if "discids" in self.incs:
            lengths = [track.length or 0 for track in medium.tracks]
            entity_json["discs"] = [
                serialize_parts.serialize_disc(disc, lengths) for disc in medium.discs
            ]
        if "recordings" in self.incs and medium.tracks:
            entity_json["track-offset"] = 0
            entity_json["tracks"] = list(self._serialize_tracks(medium, release))
        return entity_json

    def _serialize_tracks(
        self, medium: CatalogueMedium, release: CatalogueRelease
    ) -> Iterator[EntityJson]:
        position = 0
        for track in medium.tracks:
            position = track.position or position + 1
            yield self._serialize_track(track, position, track.credits or release.credits)

    def _serialize_track(
        self, track: CatalogueTrack, position: int, by: tuple[CatalogueCredit, ...]
    ) -> EntityJson:
        return {
            "id": track.id,
            "position": position,
            "number": track.number or str(position),
            "title": track.title,
            "length": track.length,
            "recording": self.serialize_recording(self.index.recordings[track.recording]),
            **self._credit_fields(by),
        }

    def _serialize_labels(self, release: CatalogueRelease) -> Iterator[EntityJson]:
        for issuer in release.labels:
            label = self.index.labels.get(issuer.label)
            entity_json = label and serialize_parts.serialize_label(label) | self._tag_fields(
                ()
            ) | self._alias_fields(())
            yield {"catalog-number": issuer.catalogue_number or None, "label": entity_json}

    def _credit_fields(self, by: Iterable[CatalogueCredit]) -> EntityJson:
        if not self.incs & {"artist-credits", "artists"}:
            return {}
        return {"artist-credit": [self._serialize_credit(credit) for credit in by]}

    def _serialize_credit(self, credit: CatalogueCredit) -> EntityJson:
        artist = self.index.artists[credit.artist]
        artist_json = self.serialize_artist_ref(artist) | self._tag_fields(artist.genres)
        return {
            "name": credit.name or artist.name,
            "joinphrase": credit.join,
            "artist": artist_json,
        }

    def _alias_fields(self, aliases: Iterable[CatalogueAlias]) -> EntityJson:
        return (
            {"aliases": [serialize_parts.serialize_alias(alias) for alias in aliases]}
            if "aliases" in self.incs
            else {}
        )

    def _tag_fields(self, genres: Sequence[str], *, rated: bool = False) -> EntityJson:
        fields: EntityJson = {
            "genres": serialize_parts.serialize_genres(genres),
            "tags": [{"name": name, "count": 1} for name in genres],
            "annotation": None,
        }
        if rated:
            fields["rating"] = {"value": None, "votes-count": 0}
        words = {"rating": "ratings"}
        return {key: value for key, value in fields.items() if words.get(key, key) in self.incs}

    def _relation_fields(self) -> EntityJson:
        return {"relations": []} if any(word.endswith("-rels") for word in self.incs) else {}
