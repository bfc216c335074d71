"""What matches say in words: editions as they are told apart, and what speaks against a release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from mediakeep.lookups.catalogue import Release
from mediakeep.music.matching import particulars
from mediakeep.music.matching.verdict import Candidate, Penalty
from mediakeep.pages import page

_GROUP = {
    "tracks": "titles, lengths and order of its tracks",
    "missing tracks": "tracks that are missing here",
    "album title": "another title of the album",
    "artist": "another artist",
}
_EDITION = {
    "extra tracks": "tracks here that it does not have",
    "incomplete": "a track that is missing here",
    "lengths": "other lengths",
    "order": "another order of the tracks",
    "titles": "titles that are written otherwise",
    "edition's name": "another name of the edition",
}


class Edition(msgspec.Struct, frozen=True):
    """What tells an edition from others, as text; "" where MusicBrainz does not tell."""

    date: str
    country: str
    format: str  # "CD", "2 x CD", "CD + DVD-Video"
    label: str
    number: str  # of the catalogue
    barcode: str
    tracks: str
    status: str
    remark: str


def edition(release: Release) -> Edition:
    """Take from a release what tells its edition from others."""
    infos = release.label_info
    labels = dict.fromkeys(info.label.name for info in infos if info.label and info.label.name)
    numbers = dict.fromkeys(info.catalog_number for info in infos if info.catalog_number)
    return Edition(
        date=release.date or "",
        country=release.country or "",
        format=_format(release),
        label=" / ".join(labels),
        number=" / ".join(numbers),
        barcode=f"barcode {release.barcode}" if release.barcode else "",
        tracks=page.counted(release.track_count, "track") if release.track_count else "",
        status=release.status if release.status and release.status != "Official" else "",
        remark=release.disambiguation or "",
    )


def _format(release: Release) -> str:
    counts = Counter(medium.format for medium in release.media if medium.format)
    return " + ".join(
        f"{number} x {name}" if number > 1 else name for name, number in counts.items()
    )


def brief(release: Release) -> str:
    """Tell an edition in a few words: when and where it came out, on what, and by whom."""
    one = edition(release)
    told = (one.date, one.country, one.format, one.label, one.remark)
    return ", ".join(filter(None, told))


def shared(releases: Sequence[Release]) -> str:
    """Tell what editions have in common of what could tell them apart."""
    told = zip(*(msgspec.structs.astuple(edition(one)) for one in releases), strict=True)
    return ", ".join(texts[0] for texts in told if texts[0] and len(set(texts)) == 1)


def apart(releases: Sequence[Release]) -> list[str]:
    """Tell of each of several editions what the others do not have alike; "" where nothing is."""
    facts = list(map(_facts, releases))
    differing = [len(set(texts)) > 1 for texts in zip(*facts, strict=True)]
    return [
        ", ".join(text for text, is_told in zip(one, differing, strict=True) if is_told and text)
        for one in facts
    ]


def _facts(release: Release) -> tuple[str, ...]:
    return release.title, *msgspec.structs.astuple(edition(release))


def credited(release: Release) -> str:
    """Name the artist of a release as it is printed."""
    return particulars.credited(release.artist_credit)


def likeness(one: Candidate) -> str:
    """Say how like a release an album is: "98 %"; what is not quite the same is not 100 %."""
    share = 100 * (1 - one.distance)
    return f"{min(round(share), 99) if one.distance else 100} %"


def against(one: Candidate) -> list[str]:
    """Say what speaks against a release, the worst first, each with how much likeness it costs."""
    found = [penalty for penalty in one.penalties if penalty.name in _GROUP]
    whole = sum(map(_cost, found))
    costs = [(100 * one.distance * _cost(penalty) / whole, penalty) for penalty in found if whole]
    costs.sort(key=lambda told: -told[0])
    return [f"{_reason(penalty, one)} (-{_plain(cost)} %)" for cost, penalty in costs]


def strange(one: Candidate) -> list[str]:
    """Say what speaks against the edition, of a release whose release group is certain."""
    found = sorted((it for it in one.penalties if it.name not in _GROUP), key=_cost, reverse=True)
    return [_strange(penalty) for penalty in found]


def _cost(penalty: Penalty) -> float:
    return penalty.weight * penalty.amount


def _plain(cost: float) -> str:
    return f"{cost:.0f}" if cost >= 1 else f"{cost:.1g}"


def _strange(penalty: Penalty) -> str:
    if words := _EDITION.get(penalty.name):
        return words
    return f"another {penalty.name}" if penalty.amount == 1 else f"{penalty.name} not known"


def _reason(penalty: Penalty, one: Candidate) -> str:
    return " ".join([*_counted(penalty, one), _GROUP[penalty.name]]) + _extra(penalty, one)


def _counted(penalty: Penalty, one: Candidate) -> Iterator[str]:
    if penalty.name == "missing tracks":
        yield f"{len(one.missing):,} of {len(one.missing) + len(one.pairs):,}"


def _extra(penalty: Penalty, one: Candidate) -> str:
    if penalty.name != "tracks" or not one.extra:
        return ""
    return f", with {len(one.extra):,} here that it does not have"
