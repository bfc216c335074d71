"""A catalogue made of answers that passed by: what several of them say of one entity is joined."""

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
    """Takes answers and gives the world that they tell of; several threads may hand it answers."""

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
        """Return all that is known so far, without releases whose group nobody told."""
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
        """Keep what an answer tells; one of no known shape tells nothing."""
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

    def _artist(self, told: answers.Artist) -> str:
        artist = entities.Artist(
            id=ids.read(told.id),
            name=told.name,
            sort_name=told.sort_name or "",
            disambiguation=told.disambiguation or "",
            type=told.type or "",
            country=told.country or "",
            aliases=tuple(map(_alias, told.aliases)),
            genres=_names(told.genres or told.tags),
        )
        return keep(self._artists, artist)

    def _credits(self, told: Iterable[answers.Credit]) -> tuple[Credit, ...]:
        return tuple(
            Credit(
                artist=self._artist(one.artist),
                name="" if one.name in (None, one.artist.name) else one.name,
                join=one.joinphrase or "",
            )
            for one in told
        )

    def _group(self, told: answers.Group) -> str:
        group = entities.Group(
            id=ids.read(told.id),
            title=told.title,
            credits=self._credits(told.artist_credit),
            primary=told.primary_type or "",
            secondary=told.secondary_types,
            first_date=told.first_release_date or "",
            disambiguation=told.disambiguation or "",
            genres=_names(told.genres),
        )
        return keep(self._groups, group)

    def _recording(self, told: answers.Recording) -> str:
        recording = entities.Recording(
            id=ids.read(told.id),
            title=told.title,
            length=told.length,
            credits=self._credits(told.artist_credit),
            isrcs=told.isrcs,
            first_date=told.first_release_date or "",
            disambiguation=told.disambiguation or "",
        )
        return keep(self._recordings, recording)

    def _release(self, told: answers.Release) -> str:
        words = told.text_representation or answers.Words()
        by, archive = self._credits(told.artist_credit), told.cover_art_archive
        release = entities.Release(
            id=ids.read(told.id),
            group=self._group(told.release_group) if told.release_group else "",
            title=told.title,
            credits=by,
            status=told.status or "",
            country=told.country or "",
            date=told.date or "",
            barcode=told.barcode or "",
            disambiguation=told.disambiguation or "",
            packaging=told.packaging or "",
            language=words.language or "",
            script=words.script or "",
            labels=tuple(map(self._issuer, told.label_info)),
            media=tuple(self._medium(medium, by) for medium in told.media),
            cover=_cover(archive) if archive else None,
            genres=_names(told.genres or told.tags),
        )
        return keep(self._releases, release)

    def _issuer(self, told: answers.Issuer) -> entities.Issuer:
        label = ""
        if told.label:
            label = keep(self._labels, entities.Label(ids.read(told.label.id), told.label.name))
        return entities.Issuer(label, told.catalog_number or "")

    def _medium(self, told: answers.Medium, by: tuple[Credit, ...]) -> entities.Medium:
        tracks: list[entities.Track] = []
        for place, track in enumerate(told.tracks, 1):
            tracks.append(self._track(track, place, by))
        return entities.Medium(
            id=told.id or "",
            format=told.format or "",
            title=told.title or "",
            track_count=told.track_count,
            tracks=tuple(tracks),
            discs=tuple(disc.id for disc in told.discs),
        )

    def _track(self, told: answers.Track, place: int, by: tuple[Credit, ...]) -> entities.Track:
        own, position = self._credits(told.artist_credit), told.position or place
        return entities.Track(
            id=ids.read(told.id),
            recording=self._recording(told.recording),
            title=told.title,
            number="" if told.number in (None, str(position)) else told.number,
            position=0 if position == place else position,
            length=told.length,
            credits=() if own == by else own,
        )


def _alias(told: answers.Alias) -> entities.Alias:
    return entities.Alias(
        told.name, told.sort_name or "", told.locale or "", bool(told.primary), told.type or ""
    )


def _cover(told: answers.Pictures) -> entities.Cover | None:
    return entities.Cover(told.front, told.back, told.count) if told.count else None


def _names(told: Iterable[answers.Named]) -> tuple[str, ...]:
    """Return the names of genres, the one with most votes first."""
    return tuple(one.name for one in sorted(told, key=lambda one: -one.count))
