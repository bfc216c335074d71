"""The true release of a local album, and the editions that its evidence cannot distinguish.

The rule looks only at what is left visible of the album, and sorts every other edition of the
release group into one of three heaps, seen from the edition that the album was made from:

- distinguished: an identifier or another tag of editions is that of the true edition alone; or some
  title here is not on the other edition; or it has other tracks, as far as the album is whole or
  its totals are known; or lengths differ by far more than they are uncertain.
- tied: the same titles on the same discs, lengths that differ by nothing, and no tag that differs.
- grey: between the two. No fair judge could say whether these are distinct, so they count
  neither as a tie nor as evidence, and either answer is right.

How uncertain lengths are is at least 0.8 s, more where those of the album were changed by more.
A year in the tags may be that of the first edition, whichever edition the files are of; so the
first year proves nothing. A tagged MBID or barcode that names another edition is
believed where tracks cannot contradict it, unless the album is whole and the totals in its tags
rule out the longer edition that is named: then only the true edition, or a tie, is right. An
edition that the catalogue lacks is none of its editions; where songs of the same artist follow the
last track, nobody can say whether it is one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from benchmarks.matching_draft import Draft
from benchmarks.matching_editions import LABELS
from mediakeep.music.text import compare_text
from mediakeep_simulator.entities import CatalogueRelease, CatalogueTrack

_LABELS = {label.id: label.name for label in LABELS}
_SIGMA = 0.8  # seconds by which a length is uncertain at the least
_SAME, _OTHER = 0.5, 12.0  # how unlikely lengths are that say nothing, and that say enough


class Distinction(IntEnum):
    """Whether an edition can be distinguished from the true one."""

    TIED = 0
    GREY = 1
    APART = 2


@dataclass(frozen=True)
class Truth:
    """A release group, "" for none; indistinguishable editions, and doubtful ones.

    No editions: the catalogue has the group, but not this edition.
    """

    family: str
    group: str = ""
    editions: frozenset[str] = frozenset()
    grey: frozenset[str] = frozenset()

    @property
    def is_separate(self) -> bool:
        """Whether the evidence identifies one edition."""
        return len(self.editions) == 1 and not self.grey

    @property
    def is_tie(self) -> bool:
        """Whether several editions are as likely, and nothing is doubtful."""
        return len(self.editions) > 1 and not self.grey


def judge(draft: Draft, editions: Sequence[CatalogueRelease]) -> Truth:
    """Judge which editions an album may be."""
    own = draft.source
    if own is None:
        return Truth(draft.family)
    if draft.unlisted:
        return Truth(draft.family, own.group)
    judged = {
        edition.id: _compare(draft, own, edition, editions)
        for edition in editions
        if edition is not own
    }
    tied = {own.id} | {mbid for mbid, how in judged.items() if how is Distinction.TIED}
    grey = {mbid for mbid, how in judged.items() if how is Distinction.GREY}
    if draft.doubtful:
        grey |= tied
        return Truth(draft.family, own.group, frozenset(tied), frozenset(grey))
    if draft.tagged not in ("", own.id):
        tagged = next(edition for edition in editions if edition.id == draft.tagged)
        if _ruled_out_by_total(draft, own, tagged):
            return Truth(draft.family, own.group, frozenset(tied), frozenset(tied | grey))
        if not _contradicted(draft, own, tagged):
            grey |= {draft.tagged, *tied}
            tied = {draft.tagged}
    return Truth(draft.family, own.group, frozenset(tied), frozenset(grey - tied))


def _compare(
    draft: Draft, own: CatalogueRelease, other: CatalogueRelease, every: Sequence[CatalogueRelease]
) -> Distinction:
    return max(_by_tags(draft, own, other, every), _by_tracks(draft, own, other))


def _by_tracks(draft: Draft, own: CatalogueRelease, other: CatalogueRelease) -> Distinction:
    if _titles(own) != _titles(other):
        return _by_titles(draft, own, other)
    layout = [medium.count for medium in own.media] == [medium.count for medium in other.media]
    seen = draft.discs and draft.totals and draft.ordered
    laid = Distinction.TIED if layout else Distinction.APART if seen else Distinction.GREY
    return max(laid, _by_lengths(draft, own, other))


def _by_titles(draft: Draft, own: CatalogueRelease, other: CatalogueRelease) -> Distinction:
    """Compare what either edition lacks and has too much."""
    theirs, mine = Counter(_titles(other)), Counter(_titles(own))
    if theirs == mine:
        return Distinction.APART if draft.ordered else Distinction.GREY
    here = _here(draft, own)
    shown = not all(line.hidden for line in draft.lines) or "Track" not in draft.lines[0].name
    if shown and here - theirs:
        return Distinction.APART
    missing = theirs.total() - here.total()
    if missing <= mine.total() - here.total():
        return Distinction.GREY  # it explains the album as well, or better
    whole = here == mine and len(draft.lines) == mine.total()
    return Distinction.APART if whole or draft.totals else Distinction.GREY


def _by_lengths(draft: Draft, own: CatalogueRelease, other: CatalogueRelease) -> Distinction:
    sigma, unlikely = max(_SIGMA, draft.noise), 0.0
    for line in draft.lines:
        if any(line.origin):
            mine, theirs = _track(own, line.origin), _counterpart(own, other, line.origin)
            if not (mine.length and theirs.length):
                return Distinction.GREY
            unlikely += ((mine.length - theirs.length) / 1000 / sigma) ** 2 / 2
    return (
        Distinction.TIED
        if unlikely < _SAME
        else Distinction.GREY
        if unlikely < _OTHER
        else Distinction.APART
    )


def _by_tags(
    draft: Draft, own: CatalogueRelease, other: CatalogueRelease, every: Sequence[CatalogueRelease]
) -> Distinction:
    """Compare the tags that distinguish editions: those of the true one alone are evidence."""
    mine, theirs = facts(own), facts(other)
    told = Distinction.TIED
    for name, text in draft.facts.items():
        if mine.get(name) == text != theirs.get(name):
            known = theirs.get(name) or name in ("barcode", "musicbrainz_albumid")
            told = max(told, Distinction.APART if known else Distinction.GREY)
    if draft.date[:4] == own.date[:4] != other.date[:4] and draft.date:
        first = min(act.date[:4] for act in every)
        told = max(told, Distinction.GREY if draft.date[:4] == first else Distinction.APART)
    elif draft.date and draft.date[:4] == other.date[:4] != own.date[:4]:
        told = max(told, Distinction.GREY)
    return told


def _contradicted(draft: Draft, own: CatalogueRelease, tagged: CatalogueRelease) -> bool:
    """Return whether the tracks cannot be those of the edition that the tags name."""
    if _by_tracks(draft, own, tagged) is not Distinction.APART:
        return False
    if _titles(own) == _titles(tagged):
        return _by_lengths(draft, own, tagged) is Distinction.APART
    return bool(_here(draft, own) - Counter(_titles(tagged)))


def _ruled_out_by_total(draft: Draft, own: CatalogueRelease, tagged: CatalogueRelease) -> bool:
    """Return whether every track of the true edition is owned and the other has more."""
    mine, theirs = Counter(_titles(own)), Counter(_titles(tagged))
    whole = len(draft.lines) == mine.total() and _here(draft, own) == mine
    return draft.totals and whole and theirs.total() > mine.total() and not mine - theirs


def facts(release: CatalogueRelease) -> dict[str, str]:
    """Return the tags that identify an edition."""
    issuer = release.labels[0] if release.labels else None
    names = {
        "barcode": release.barcode,
        "catalognumber": issuer.catalogue_number if issuer else "",
        "label": _LABELS[issuer.label] if issuer else "",
        "releasecountry": release.country,
        "media": release.media[0].format,
        "musicbrainz_albumid": release.id,
    }
    return {name: text for name, text in names.items() if text}


def _here(draft: Draft, own: CatalogueRelease) -> Counter[str]:
    """Count the titles of the edition that are here, as the catalogue writes them."""
    origins = [line.origin for line in draft.lines if any(line.origin)]
    return Counter(compare_text.comparison_key(_track(own, origin).title) for origin in origins)


def _titles(release: CatalogueRelease) -> list[str]:
    return [
        compare_text.comparison_key(track.title)
        for medium in release.media
        for track in medium.tracks
    ]


def _track(release: CatalogueRelease, origin: tuple[int, int]) -> CatalogueTrack:
    disc, place = origin
    return release.media[disc - 1].tracks[place - 1]


def _counterpart(
    own: CatalogueRelease, other: CatalogueRelease, origin: tuple[int, int]
) -> CatalogueTrack:
    """Return the track that stands as far from the start of an edition with the same titles."""
    disc, place = origin
    at = sum(medium.count for medium in own.media[: disc - 1]) + place - 1
    return [track for medium in other.media for track in medium.tracks][at]
