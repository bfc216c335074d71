"""Format matches of albums as JSON data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music.matching import match_text
from mediakeep.music.matching.match_result import (
    AlbumMatch,
    MatchConfidence,
    MediumTrack,
    ReleaseCandidate,
)

# The fields of an item that count them.
_ITEM_FIELDS = {
    MatchConfidence.CERTAIN: "albums_matched",
    MatchConfidence.TIED: "albums_tied",
    MatchConfidence.UNSURE: "albums_unsure",
    MatchConfidence.UNKNOWN: "albums_unknown",
}


def count_by_confidence(matches: Mapping[str, AlbumMatch]) -> dict[str, int]:
    """Count the matches by how certain they are, under the names that the queue uses."""
    counter = Counter(match.confidence for match in matches.values())
    return {name: counter[sure] for sure, name in _ITEM_FIELDS.items()}


def to_json(match: AlbumMatch) -> dict[str, Any]:
    """Return all details of an album's match as JSON data; docs/audit-files.md describes them."""
    best = match.best
    return {
        "folder": match.place,
        "sure": match.confidence.value,
        "by": match.decided_by,
        "distance": best.distance if best else None,
        "release_group_mbid": match.group.id if match.group else "",
        "release_mbid": match.release.id if match.release else "",
        "candidates": [_candidate_to_json(candidate) for candidate in match.candidates],
    }


def _candidate_to_json(candidate: ReleaseCandidate) -> dict[str, Any]:
    return {
        **_release_to_json(candidate.release),
        "distance": candidate.distance,
        "penalties": [
            {"name": penalty.name, "weight": penalty.weight, "amount": round(penalty.amount, 4)}
            for penalty in candidate.penalties
        ],
        "missing": list(_missing_to_json(candidate.missing)),
        "extra": list(candidate.extra),
    }


def _release_to_json(release: Release) -> dict[str, Any]:
    group, edition = release.release_group, match_text.describe_edition(release)
    return {
        "release_mbid": release.id,
        "release_group_mbid": group.id if group else "",
        "title": release.title,
        "artist": match_text.format_artist(release),
        "date": release.date or "",
        "country": release.country or "",
        "format": edition.format,
        "label": edition.label,
        "catalog_number": edition.number,
        "barcode": release.barcode or "",
        "disambiguation": release.disambiguation or "",
    }


def _missing_to_json(medium_tracks: Iterable[MediumTrack]) -> Iterable[dict[str, Any]]:
    for medium, track in medium_tracks:
        yield {
            "disc": medium.position,
            "position": track.position,
            "track": track.title,
            "recording_mbid": track.recording.id,
        }
