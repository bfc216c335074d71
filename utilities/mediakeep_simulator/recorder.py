"""Build a catalogue from recorded responses; all data about an entity is merged."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from mediakeep_simulator import entities, recorded_responses
from mediakeep_simulator.entities import (
    CatalogueArtist,
    CatalogueCredit,
    CatalogueEntity,
    CatalogueGroup,
    CatalogueLabel,
    CatalogueRecording,
    CatalogueRelease,
    MusicBrainzCatalogue,
)
from mediakeep_simulator.http_types import (
    SimulatorHttpError,
    SimulatorRequest,
    SimulatorResponse,
    error_response,
)
from mediakeep_simulator.musicbrainz import mbids
from mediakeep_simulator.musicbrainz.service import API_ROOT

_MergedEntity = TypeVar(
    "_MergedEntity",
    CatalogueArtist,
    CatalogueGroup,
    CatalogueLabel,
    CatalogueRecording,
    CatalogueRelease,
)
PUBLIC_HOST = "musicbrainz.org"
COVER_ART_URL = "https://coverartarchive.org"

_MAX_BODY = 64 * 2**20  # bytes of a response: a page of releases has half a megabyte
_TIMEOUT = 30.0
_FORWARDED_HEADERS = ("Content-Type", "Location", "Retry-After")
PERSONAL_PARAMETERS = ("api_key", "token", "user", "contact")  # parameters that are never forwarded


def merge_entity(entities: dict[str, _MergedEntity], new: _MergedEntity) -> str:
    """Store an entity by its MBID, merged with earlier data about it; return the MBID.

    Empty fields do not overwrite others, nor do media without tracks.
    """
    old = entities.get(new.id)
    entities[new.id] = new if old is None else _merge_fields(old, new)
    return new.id


def _merge_fields(old: _MergedEntity, new: _MergedEntity) -> _MergedEntity:
    changes = {name: value for name, value in msgspec.structs.asdict(new).items() if value}
    if _has_tracks(old) and not _has_tracks(new):
        changes.pop("media", None)
    return msgspec.structs.replace(old, **changes)


def _has_tracks(entity: CatalogueEntity) -> bool:
    return isinstance(entity, CatalogueRelease) and any(medium.tracks for medium in entity.media)


_LOOKUP_TYPES: dict[str, Any] = {
    "artist": recorded_responses.RecordedArtist,
    "release": recorded_responses.RecordedRelease,
    "release-group": recorded_responses.RecordedGroup,
    "recording": recorded_responses.RecordedRecording,
}


class CatalogueRecorder:
    """Records responses, and builds a catalogue from them; threads may share it."""

    def __init__(self, catalogue: MusicBrainzCatalogue) -> None:
        self._lock = threading.Lock()
        self._artists = {artist.id: artist for artist in catalogue.artists}
        self._labels = {label.id: label for label in catalogue.labels}
        self._groups = {group.id: group for group in catalogue.groups}
        self._releases = {release.id: release for release in catalogue.releases}
        self._recordings = {recording.id: recording for recording in catalogue.recordings}
        self._merged, self._deleted = {**catalogue.merged}, dict.fromkeys(catalogue.deleted)
        self._add_by_entity: dict[str, Callable[[Any], str]] = {
            "artist": self._add_artist,
            "release": self._add_release,
            "release-group": self._add_group,
            "recording": self._add_recording,
        }

    def catalogue(self) -> MusicBrainzCatalogue:
        """Return a catalogue of everything recorded so far.

        Releases whose release group is unknown are omitted.
        """
        with self._lock:
            return MusicBrainzCatalogue(
                tuple(self._artists.values()),
                tuple(self._labels.values()),
                tuple(self._groups.values()),
                tuple(
                    release for release in self._releases.values() if release.group in self._groups
                ),
                tuple(self._recordings.values()),
                dict(self._merged),
                tuple(self._deleted),
            )

    def record(self, request: SimulatorRequest, reply: SimulatorResponse) -> None:
        """Record a response; unknown shapes are ignored."""
        entity, _, mbid = request.path.removeprefix(API_ROOT).rstrip("/").partition("/")
        if not request.path.startswith(API_ROOT) or entity not in _LOOKUP_TYPES:
            return
        with self._lock:
            try:
                self._record_lookup(entity, mbids.parse_mbid(mbid) if mbid else "", reply)
            except (msgspec.MsgspecError, RecursionError, UnicodeError, SimulatorHttpError):
                return

    def _record_lookup(self, entity: str, mbid: str, reply: SimulatorResponse) -> None:
        if reply.status == 404 and mbid:
            self._deleted[mbid] = None
        if reply.status != 200:
            return
        listing = msgspec.json.decode(reply.body, type=recorded_responses.RecordedList)
        if mbid:
            entity_data = msgspec.json.decode(reply.body, type=_LOOKUP_TYPES[entity])
            if (current := mbids.parse_mbid(entity_data.id)) != mbid:
                self._merged[mbid] = current
            self._add_by_entity[entity](entity_data)
        self._record_list(listing)

    def _record_list(self, listing: recorded_responses.RecordedList) -> None:
        for artist in listing.artists:
            self._add_artist(artist)
        for group in listing.release_groups:
            self._add_group(group)
        for release in listing.releases:
            self._add_release(release)
        for recording in listing.recordings:
            self._add_recording(recording)

    def _add_artist(self, data: recorded_responses.RecordedArtist) -> str:
        artist = entities.CatalogueArtist(
            id=mbids.parse_mbid(data.id),
            name=data.name,
            sort_name=data.sort_name or "",
            disambiguation=data.disambiguation or "",
            type=data.type or "",
            country=data.country or "",
            aliases=tuple(map(_to_alias, data.aliases)),
            genres=_genre_names(data.genres or data.tags),
        )
        return merge_entity(self._artists, artist)

    def _to_credits(
        self, data: Iterable[recorded_responses.RecordedCredit]
    ) -> tuple[CatalogueCredit, ...]:
        return tuple(
            CatalogueCredit(
                artist=self._add_artist(credit.artist),
                name="" if credit.name in (None, credit.artist.name) else credit.name,
                join=credit.joinphrase or "",
            )
            for credit in data
        )

    def _add_group(self, data: recorded_responses.RecordedGroup) -> str:
        group = entities.CatalogueGroup(
            id=mbids.parse_mbid(data.id),
            title=data.title,
            credits=self._to_credits(data.artist_credit),
            primary=data.primary_type or "",
            secondary=data.secondary_types,
            first_date=data.first_release_date or "",
            disambiguation=data.disambiguation or "",
            genres=_genre_names(data.genres),
        )
        return merge_entity(self._groups, group)

    def _add_recording(self, data: recorded_responses.RecordedRecording) -> str:
        recording = entities.CatalogueRecording(
            id=mbids.parse_mbid(data.id),
            title=data.title,
            length=data.length,
            credits=self._to_credits(data.artist_credit),
            isrcs=data.isrcs,
            first_date=data.first_release_date or "",
            disambiguation=data.disambiguation or "",
        )
        return merge_entity(self._recordings, recording)

    def _add_release(self, data: recorded_responses.RecordedRelease) -> str:
        words = data.text_representation or recorded_responses.RecordedLanguage()
        by, archive = self._to_credits(data.artist_credit), data.cover_art_archive
        release = entities.CatalogueRelease(
            id=mbids.parse_mbid(data.id),
            group=self._add_group(data.release_group) if data.release_group else "",
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
            labels=tuple(map(self._to_label_info, data.label_info)),
            media=tuple(self._to_medium(medium, by) for medium in data.media),
            cover=_to_cover(archive) if archive else None,
            genres=_genre_names(data.genres or data.tags),
        )
        return merge_entity(self._releases, release)

    def _to_label_info(
        self, data: recorded_responses.RecordedLabelInfo
    ) -> entities.CatalogueLabelInfo:
        label = ""
        if data.label:
            label = merge_entity(
                self._labels,
                entities.CatalogueLabel(mbids.parse_mbid(data.label.id), data.label.name),
            )
        return entities.CatalogueLabelInfo(label, data.catalog_number or "")

    def _to_medium(
        self, data: recorded_responses.RecordedMedium, by: tuple[CatalogueCredit, ...]
    ) -> entities.CatalogueMedium:
        tracks: list[entities.CatalogueTrack] = []
        for place, track in enumerate(data.tracks, 1):
            tracks.append(self._to_track(track, place, by))
        return entities.CatalogueMedium(
            id=data.id or "",
            format=data.format or "",
            title=data.title or "",
            track_count=data.track_count,
            tracks=tuple(tracks),
            discs=tuple(disc.id for disc in data.discs),
        )

    def _to_track(
        self, data: recorded_responses.RecordedTrack, place: int, by: tuple[CatalogueCredit, ...]
    ) -> entities.CatalogueTrack:
        own, position = self._to_credits(data.artist_credit), data.position or place
        return entities.CatalogueTrack(
            id=mbids.parse_mbid(data.id),
            recording=self._add_recording(data.recording),
            title=data.title,
            number="" if data.number in (None, str(position)) else data.number,
            position=0 if position == place else position,
            length=data.length,
            credits=() if own == by else own,
        )


def _to_alias(data: recorded_responses.RecordedAlias) -> entities.CatalogueAlias:
    return entities.CatalogueAlias(
        data.name, data.sort_name or "", data.locale or "", bool(data.primary), data.type or ""
    )


def _to_cover(data: recorded_responses.RecordedCovers) -> entities.CatalogueCover | None:
    return entities.CatalogueCover(data.front, data.back, data.count) if data.count else None


def _genre_names(data: Iterable[recorded_responses.RecordedTag]) -> tuple[str, ...]:
    """Return the names of genres, most votes first."""
    return tuple(tag.name for tag in sorted(data, key=lambda tag: -tag.count))


class RecordingProxy:
    """Forwards requests to a real server, and records its responses.

    If the server cannot be reached, the response is a 502. Nothing personal is forwarded: no client
    header, no key, no user. The server gets at most one request per `interval` seconds.
    """

    def __init__(
        self, upstream: str, agent: str, recorder: CatalogueRecorder, *, interval: float = 0.0
    ) -> None:
        self._upstream, self._agent, self._recorder = upstream.rstrip("/"), agent, recorder
        self._interval = interval
        self._lock, self._next_slot = threading.Lock(), 0.0

    def handle(self, request: SimulatorRequest) -> SimulatorResponse:
        """Forward a request, record the response and return it."""
        base = self._upstream
        if request.path.startswith(API_ROOT):
            self._wait_for_slot()
        elif is_public_server(base):
            base = COVER_ART_URL
        try:
            reply = self._forward(base, request)
        except (OSError, http.client.HTTPException, ValueError) as failure:
            return error_response(502, f"{base} is unreachable: {failure}")
        self._recorder.record(request, reply)
        return reply

    def _wait_for_slot(self) -> None:
        with self._lock:
            now = time.monotonic()
            start = max(now, self._next_slot)
            self._next_slot = start + self._interval
        time.sleep(start - now)

    def _forward(self, base: str, request: SimulatorRequest) -> SimulatorResponse:
        parts = urlsplit(base)
        secure = parts.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = kind(parts.netloc, timeout=_TIMEOUT)
        parameters = {
            name: texts for name, texts in request.query.items() if name not in PERSONAL_PARAMETERS
        }
        line = f"?{urlencode(parameters, doseq=True)}" if parameters else ""
        headers = {"User-Agent": self._agent, "Accept": "*/*"}
        try:
            target = parts.path + quote(request.path) + line
            connection.request(request.method, target, headers=headers)
            response = connection.getresponse()
            body = response.read(_MAX_BODY + 1)
        finally:
            connection.close()
        if len(body) > _MAX_BODY:
            raise ValueError("its response is too long")
        forwarded = {
            name: text for name in _FORWARDED_HEADERS if (text := response.headers.get(name))
        }
        limits = {k: v for k, v in response.headers.items() if k.lower().startswith("x-ratelimit-")}
        return SimulatorResponse(response.status, body, forwarded | limits)


def is_public_server(address: str) -> bool:
    """Return whether a URL is of the public MusicBrainz server, not a mirror or a simulator."""
    host = urlsplit(address).hostname or ""
    return host == PUBLIC_HOST or host.endswith(f".{PUBLIC_HOST}")
