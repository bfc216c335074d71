"""Match results as JSON: counts by confidence, and the details of each match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mediakeep.lookups.catalogue import Release
from mediakeep.music.matching import wording
from mediakeep.music.matching.verdict import Candidate, Match, Place, Sure

# The fields of an item that count them.
_COUNTED = {
    Sure.CERTAIN: "albums_matched",
    Sure.TIED: "albums_tied",
    Sure.UNSURE: "albums_unsure",
    Sure.UNKNOWN: "albums_unknown",
}


def counts(matches: Mapping[str, Match]) -> dict[str, int]:
    """Count the albums by confidence, using the names of the item's fields."""
    counter = Counter(match.sure for match in matches.values())
    return {name: counter[sure] for sure, name in _COUNTED.items()}


def told(match: Match) -> dict[str, Any]:
    """Return all details of an album's match; docs/audit-files.md describes them."""
    best = match.best
    return {
        "folder": match.place,
        "sure": match.sure.value,
        "by": match.by,
        "distance": best.distance if best else None,
        "release_group_mbid": match.group.id if match.group else "",
        "release_mbid": match.release.id if match.release else "",
        "candidates": [_candidate(candidate) for candidate in match.candidates],
    }


def _candidate(candidate: Candidate) -> dict[str, Any]:
    return {
        **_release(candidate.release),
        "distance": candidate.distance,
        "penalties": [
            {"name": penalty.name, "weight": penalty.weight, "amount": round(penalty.amount, 4)}
            for penalty in candidate.penalties
        ],
        "missing": list(_missing(candidate.missing)),
        "extra": list(candidate.extra),
    }


def _release(release: Release) -> dict[str, Any]:
    group, edition = release.release_group, wording.edition(release)
    return {
        "release_mbid": release.id,
        "release_group_mbid": group.id if group else "",
        "title": release.title,
        "artist": wording.credited(release),
        "date": release.date or "",
        "country": release.country or "",
        "format": edition.format,
        "label": edition.label,
        "catalog_number": edition.number,
        "barcode": release.barcode or "",
        "disambiguation": release.disambiguation or "",
    }


def _missing(places: Iterable[Place]) -> Iterable[dict[str, Any]]:
    for medium, track in places:
        yield {
            "disc": medium.position,
            "position": track.position,
            "track": track.title,
            "recording_mbid": track.recording.id,
        }
