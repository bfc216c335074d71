"""Describe matches in words: what distinguishes editions, and how a release differs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from mediakeep.lookups.musicbrainz.model import Release
from mediakeep.music.matching import release_tags
from mediakeep.music.matching.match_result import MatchPenalty, ReleaseCandidate
from mediakeep.size_text import format_count

_GROUP_REASONS = {
    "tracks": "titles, lengths and order of its tracks",
    "missing tracks": "tracks missing",
    "album title": "another album title",
    "artist": "another artist",
}
_EDITION_REASONS = {
    "extra tracks": "extra local tracks",
    "incomplete": "a missing track",
    "lengths": "other lengths",
    "order": "another order of the tracks",
    "titles": "titles written differently",
    "edition's name": "another edition name",
}


class EditionText(msgspec.Struct, frozen=True):
    """The facts that distinguish an edition as texts, each "" if MusicBrainz does not know it."""

    date: str
    country: str
    format: str  # "CD", "2 x CD", "CD + DVD-Video"
    label: str
    number: str  # catalogue number
    barcode: str
    tracks: str
    status: str
    remark: str


def describe_edition(release: Release) -> EditionText:
    """Return the facts that distinguish a release from other editions, as texts."""
    infos = release.label_info
    labels = dict.fromkeys(info.label.name for info in infos if info.label and info.label.name)
    numbers = dict.fromkeys(info.catalog_number for info in infos if info.catalog_number)
    return EditionText(
        date=release.date or "",
        country=release.country or "",
        format=_format_media(release),
        label=" / ".join(labels),
        number=" / ".join(numbers),
        barcode=f"barcode {release.barcode}" if release.barcode else "",
        tracks=format_count(release.track_count, "track") if release.track_count else "",
        status=release.status if release.status and release.status != "Official" else "",
        remark=release.disambiguation or "",
    )


def _format_media(release: Release) -> str:
    counts = Counter(medium.format for medium in release.media if medium.format)
    return " + ".join(
        f"{number} x {name}" if number > 1 else name for name, number in counts.items()
    )


def format_edition(release: Release) -> str:
    """Describe an edition briefly: date, country, media, label and remark."""
    details = describe_edition(release)
    facts = (details.date, details.country, details.format, details.label, details.remark)
    return ", ".join(filter(None, facts))


def format_common_facts(releases: Sequence[Release]) -> str:
    """Return the facts that all of these editions have in common, as one text."""
    columns = zip(
        *(msgspec.structs.astuple(describe_edition(release)) for release in releases), strict=True
    )
    return ", ".join(texts[0] for texts in columns if texts[0] and len(set(texts)) == 1)


def format_distinguishing_facts(releases: Sequence[Release]) -> list[str]:
    """Return for each edition the facts in which it differs from the others, or "" if none."""
    facts = list(map(_edition_facts, releases))
    differing = [len(set(texts)) > 1 for texts in zip(*facts, strict=True)]
    return [
        ", ".join(
            text
            for text, is_differing in zip(texts_, differing, strict=True)
            if is_differing and text
        )
        for texts_ in facts
    ]


def _edition_facts(release: Release) -> tuple[str, ...]:
    return release.title, *msgspec.structs.astuple(describe_edition(release))


def format_artist(release: Release) -> str:
    """Return the artist of a release as MusicBrainz credits it."""
    return release_tags.format_credit(release.artist_credit)


def format_similarity(candidate: ReleaseCandidate) -> str:
    """Format how similar a release is: "98 %"; "100 %" only if everything is equal."""
    share = 100 * (1 - candidate.distance)
    return f"{min(round(share), 99) if candidate.distance else 100} %"


def format_penalties(candidate: ReleaseCandidate) -> list[str]:
    """Describe each difference of a release with its share of the distance, largest first."""
    penalties = [penalty for penalty in candidate.penalties if penalty.name in _GROUP_REASONS]
    total = sum(map(_penalty_cost, penalties))
    costs = [
        (100 * candidate.distance * _penalty_cost(penalty) / total, penalty)
        for penalty in penalties
        if total
    ]
    costs.sort(key=lambda entry: -entry[0])
    return [
        f"{_penalty_reason(penalty, candidate)} (-{_format_percent(cost)} %)"
        for cost, penalty in costs
    ]


def format_edition_penalties(candidate: ReleaseCandidate) -> list[str]:
    """Describe how an edition differs from the album, if its release group is certain."""
    penalties = sorted(
        (penalty_ for penalty_ in candidate.penalties if penalty_.name not in _GROUP_REASONS),
        key=_penalty_cost,
        reverse=True,
    )
    return [_edition_reason(penalty) for penalty in penalties]


def _penalty_cost(penalty: MatchPenalty) -> float:
    return penalty.weight * penalty.amount


def _format_percent(cost: float) -> str:
    return f"{cost:.0f}" if cost >= 1 else f"{cost:.1g}"


def _edition_reason(penalty: MatchPenalty) -> str:
    if words := _EDITION_REASONS.get(penalty.name):
        return words
    return f"another {penalty.name}" if penalty.amount == 1 else f"{penalty.name} unknown"


def _penalty_reason(penalty: MatchPenalty, candidate: ReleaseCandidate) -> str:
    return " ".join(
        [*_missing_share(penalty, candidate), _GROUP_REASONS[penalty.name]]
    ) + _extra_tracks(penalty, candidate)


def _missing_share(penalty: MatchPenalty, candidate: ReleaseCandidate) -> Iterator[str]:
    if penalty.name == "missing tracks":
        yield f"{len(candidate.missing):,} of {len(candidate.missing) + len(candidate.pairs):,}"


def _extra_tracks(penalty: MatchPenalty, candidate: ReleaseCandidate) -> str:
    if penalty.name != "tracks" or not candidate.extra:
        return ""
    return f", with {format_count(len(candidate.extra), 'extra local track')}"
