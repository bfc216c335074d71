"""Format MusicBrainz entities: as a line of text, or as JSON data."""

from __future__ import annotations

from collections.abc import Iterator

from mediakeep.lookups.cache_export import JsonObject
from mediakeep.lookups.musicbrainz.model import (
    Artist,
    LabelInfo,
    Medium,
    Release,
    ReleaseGroup,
    Track,
)
from mediakeep.music.matching import release_tags
from mediakeep.size_text import format_count


def artist_to_json(entity: Artist) -> JsonObject:
    """Return an artist as JSON data."""
    return {
        "mbid": entity.id,
        "name": entity.name,
        "disambiguation": entity.disambiguation or "",
        "type": entity.type or "",
        "country": entity.country or "",
        "aliases": [alias.name for alias in entity.aliases],
    }


def format_artist(entity: Artist) -> str:
    """Return an artist's name with what distinguishes it from namesakes."""
    aside = f" ({entity.disambiguation})" if entity.disambiguation else ""
    return ", ".join(filter(None, (entity.name + aside, entity.type, entity.country)))


def group_to_json(entity: ReleaseGroup) -> JsonObject:
    """Return a release group as JSON data."""
    return {
        "mbid": entity.id,
        "title": entity.title,
        "type": entity.type,
        "first_release_date": entity.first_release_date or "",
    }


def release_to_json(release: Release) -> JsonObject:
    """Return a release as JSON data."""
    cover = release.cover_art_archive
    return {
        "mbid": release.id,
        "title": release.title,
        "artist": release_tags.format_credit(release.artist_credit),
        "disambiguation": release.disambiguation or "",
        "status": release.status or "",
        "date": release.date or "",
        "country": release.country or "",
        "formats": _list_formats(release),
        "tracks": release.track_count,
        "labels": [
            {"name": info.label.name if info.label else "", "number": info.catalog_number or ""}
            for info in release.label_info
        ],
        "barcode": release.barcode or "",
        "front_cover": cover.front,
        "back_cover": cover.back,
    }


def format_release(release: Release) -> str:
    """Return a line that distinguishes an edition from others."""
    return ", ".join(
        filter(
            None,
            (
                release.date or "no date",
                release.country,
                " + ".join(_list_formats(release)),
                format_count(release.track_count, "track"),
                *format_labels(release),
                release.status,
                release.disambiguation,
                format_covers(release),
            ),
        )
    )


def format_labels(release: Release) -> Iterator[str]:
    """Yield labels with catalogue numbers, and the barcode."""
    yield from filter(None, map(_format_label, release.label_info))
    if release.barcode:
        yield f"barcode {release.barcode}"


def format_covers(release: Release) -> str:
    """Return which covers the Cover Art Archive has."""
    archive = release.cover_art_archive
    sides = [side for side, there in (("front", archive.front), ("back", archive.back)) if there]
    return f"{' and '.join(sides)} cover" if sides else "no cover"


def track_to_json(medium: Medium, entity: Track) -> JsonObject:
    """Return a track as JSON data; its length is in seconds."""
    length = entity.length or entity.recording.length
    return {
        "disc": medium.position,
        "position": entity.position,
        "number": entity.number,
        "title": entity.title,
        "artist": release_tags.format_credit(entity.artist_credit),
        "length": round(length / 1000, 3) if length else None,
        "recording_mbid": entity.recording.id,
        "isrcs": list(entity.recording.isrcs),
    }


def format_track(entity: Track, album_artist: str) -> str:
    """Return a line on a track: number, title, artist if not the album's, and length."""
    by = release_tags.format_credit(entity.artist_credit)
    aside = f", by {by}" if by and by != album_artist else ""
    seconds = round((entity.length or entity.recording.length or 0) / 1000)
    length = f" ({seconds // 60}:{seconds % 60:02})" if seconds else ""
    return f"{entity.number or entity.position} {entity.title}{aside}{length}"


def _format_label(info: LabelInfo) -> str:
    name = info.label.name if info.label else ""
    return " ".join(filter(None, (name, info.catalog_number)))


def _list_formats(release: Release) -> list[str]:
    return list(dict.fromkeys(medium.format for medium in release.media if medium.format))
