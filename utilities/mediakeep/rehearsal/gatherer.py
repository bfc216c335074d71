"""Build a catalogue from recorded responses; data of one entity is merged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from mediakeep.rehearsal import answers, entities
from mediakeep.rehearsal.entities import Credit, World
from mediakeep.rehearsal.merger import keep
from mediakeep.rehearsal.reply import Question, Refusal, Reply
from mediakeep.rehearsal.ws2 import ids
from mediakeep.rehearsal.ws2.service import ROOT

_LOOKED_UP: dict[str, Any] = {
    "artist": answers.Artist,
    "release": answers.Release,
    "release-group": answers.Group,
    "recording": answers.Recording,
}


class Gatherer:
    """Record responses and build a catalogue from them; thread-safe."""

    def __init__(self, world: World) -> None:
        self._lock = threading.Lock()
        self._artists = {one.id: one for one in world.artists}
        self._labels = {one.id: one for one in world.labels}
        self._groups = {one.id: one for one in world.groups}
        self._releases = {one.id: one for one in world.releases}
        self._recordings = {one.id: one for one in world.recordings}
        self._merged, self._deleted = {**world.merged}, dict.fromkeys(world.deleted)
        self._keepers: dict[str, Callable[[Any], str]] = {
            "artist": self._artist,
            "release": self._release,
            "release-group": self._group,
            "recording": self._recording,
        }

    def world(self) -> World:
        """Return everything recorded so far, without releases of unknown groups."""
        with self._lock:
            return World(
                tuple(self._artists.values()),
                tuple(self._labels.values()),
                tuple(self._groups.values()),
                tuple(one for one in self._releases.values() if one.group in self._groups),
                tuple(self._recordings.values()),
                dict(self._merged),
                tuple(self._deleted),
            )

    def take(self, question: Question, reply: Reply) -> None:
        """Record a response; unknown shapes are ignored."""
        entity, _, mbid = question.path.removeprefix(ROOT).rstrip("/").partition("/")
        if not question.path.startswith(ROOT) or entity not in _LOOKED_UP:
            return
        with self._lock:
            try:
                self._take(entity, ids.read(mbid) if mbid else "", reply)
            except (msgspec.MsgspecError, RecursionError, UnicodeError, Refusal):
                return

    def _take(self, entity: str, mbid: str, reply: Reply) -> None:
        if reply.status == 404 and mbid:
            self._deleted[mbid] = None
        if reply.status != 200:
            return
        listing = msgspec.json.decode(reply.body, type=answers.Listing)
        if mbid:
            found = msgspec.json.decode(reply.body, type=_LOOKED_UP[entity])
            if (now := ids.read(found.id)) != mbid:
                self._merged[mbid] = now
            self._keepers[entity](found)
        self._list(listing)

    def _list(self, listing: answers.Listing) -> None:
        for artist in listing.artists:
            self._artist(artist)
        for group in listing.release_groups:
            self._group(group)
        for release in listing.releases:
            self._release(release)
        for recording in listing.recordings:
            self._recording(recording)

    def _artist(self, data: answers.Artist) -> str:
        artist = entities.Artist(
            id=ids.read(data.id),
            name=data.name,
            sort_name=data.sort_name or "",
            disambiguation=data.disambiguation or "",
            type=data.type or "",
            country=data.country or "",
            aliases=tuple(map(_alias, data.aliases)),
            genres=_names(data.genres or data.tags),
        )
        return keep(self._artists, artist)

    def _credits(self, data: Iterable[answers.Credit]) -> tuple[Credit, ...]:
        return tuple(
            Credit(
                artist=self._artist(one.artist),
                name="" if one.name in (None, one.artist.name) else one.name,
                join=one.joinphrase or "",
            )
            for one in data
        )

    def _group(self, data: answers.Group) -> str:
        group = entities.Group(
            id=ids.read(data.id),
            title=data.title,
            credits=self._credits(data.artist_credit),
            primary=data.primary_type or "",
            secondary=data.secondary_types,
            first_date=data.first_release_date or "",
            disambiguation=data.disambiguation or "",
            genres=_names(data.genres),
        )
        return keep(self._groups, group)

    def _recording(self, data: answers.Recording) -> str:
        recording = entities.Recording(
            id=ids.read(data.id),
            title=data.title,
            length=data.length,
            credits=self._credits(data.artist_credit),
            isrcs=data.isrcs,
            first_date=data.first_release_date or "",
            disambiguation=data.disambiguation or "",
        )
        return keep(self._recordings, recording)

    def _release(self, data: answers.Release) -> str:
        words = data.text_representation or answers.Words()
        by, archive = self._credits(data.artist_credit), data.cover_art_archive
        release = entities.Release(
            id=ids.read(data.id),
            group=self._group(data.release_group) if data.release_group else "",
            title=data.title,
            credits=by,
            status=data.status or "",
            country=data.country or "",
            date=data.date or "",
            barcode=data.barcode or "",
            disambiguation=data.disambiguation or "",
            packaging=data.packaging or "",
            language=words.language or "",
            script=words.script or "",
            labels=tuple(map(self._issuer, data.label_info)),
            media=tuple(self._medium(medium, by) for medium in data.media),
            cover=_cover(archive) if archive else None,
            genres=_names(data.genres or data.tags),
        )
        return keep(self._releases, release)

    def _issuer(self, data: answers.Issuer) -> entities.Issuer:
        label = ""
        if data.label:
            label = keep(self._labels, entities.Label(ids.read(data.label.id), data.label.name))
        return entities.Issuer(label, data.catalog_number or "")

    def _medium(self, data: answers.Medium, by: tuple[Credit, ...]) -> entities.Medium:
        tracks: list[entities.Track] = []
        for place, track in enumerate(data.tracks, 1):
            tracks.append(self._track(track, place, by))
        return entities.Medium(
            id=data.id or "",
            format=data.format or "",
            title=data.title or "",
            track_count=data.track_count,
            tracks=tuple(tracks),
            discs=tuple(disc.id for disc in data.discs),
        )

    def _track(self, data: answers.Track, place: int, by: tuple[Credit, ...]) -> entities.Track:
        own, position = self._credits(data.artist_credit), data.position or place
        return entities.Track(
            id=ids.read(data.id),
            recording=self._recording(data.recording),
            title=data.title,
            number="" if data.number in (None, str(position)) else data.number,
            position=0 if position == place else position,
            length=data.length,
            credits=() if own == by else own,
        )


def _alias(data: answers.Alias) -> entities.Alias:
    return entities.Alias(
        data.name, data.sort_name or "", data.locale or "", bool(data.primary), data.type or ""
    )


def _cover(data: answers.Pictures) -> entities.Cover | None:
    return entities.Cover(data.front, data.back, data.count) if data.count else None


def _names(data: Iterable[answers.Named]) -> tuple[str, ...]:
    """Return the names of genres, most votes first."""
    return tuple(one.name for one in sorted(data, key=lambda one: -one.count))
