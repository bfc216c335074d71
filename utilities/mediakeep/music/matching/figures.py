"""What matches came to, for programs: how many of each kind, and all that is known of one."""

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
    """Count the albums by how sure it is what they are, by the names of an item's fields."""
    found = Counter(one.sure for one in matches.values())
    return {name: found[sure] for sure, name in _COUNTED.items()}


def told(match: Match) -> dict[str, Any]:
    """Give all that is known of an album's match; docs/audit-files.md describes it."""
    best = match.best
    return {
        "folder": match.place,
        "sure": match.sure.value,
        "by": match.by,
        "distance": best.distance if best else None,
        "release_group_mbid": match.group.id if match.group else "",
        "release_mbid": match.release.id if match.release else "",
        "candidates": [_candidate(one) for one in match.candidates],
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        **_release(one.release),
        "distance": one.distance,
        "penalties": [
            {"name": it.name, "weight": it.weight, "amount": round(it.amount, 4)}
            for it in one.penalties
        ],
        "missing": list(_missing(one.missing)),
        "extra": list(one.extra),
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
