"""The families of local albums: which editions each needs, and how it damages them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from benchmarks import matching_damage as damage
from benchmarks import matching_draft as drafts
from benchmarks import matching_truth as truth
from benchmarks.matching_draft import Draft, Facts, Line
from benchmarks.matching_shelf import Act, Work
from mediakeep import path_text
from mediakeep_simulator.entities import CatalogueRelease

_ENOUGH = 5  # tracks, from which on an album may be damaged


@dataclass(frozen=True)
class Case:
    """A draft to damage: its work and artist, another artist, and their names in Latin letters."""

    draft: Draft
    work: Work
    act: Act
    other: Act
    latin: Mapping[str, str]
    facts: Facts


Spoil = Callable[[Case, Random], None]


def editions(family: str, work: Work) -> list[CatalogueRelease]:
    """Return the editions of a work that a family can use."""
    needed = _NEEDS.get(family, _is_long)
    return [edition for edition in work.editions if needed(edition, work)]


def spoil(case: Case, rng: Random) -> None:
    """Damage a draft as its family says."""
    if how := _HOW.get(case.draft.family):
        how(case, rng)


def pickiness(family: str) -> int:
    """Return who chooses first: families that few albums fit."""
    return _PICKY.index(family) if family in _PICKY else len(_PICKY)


def _is_long(release: CatalogueRelease, work: Work) -> bool:
    return release.track_count >= _ENOUGH


def _any(release: CatalogueRelease, work: Work) -> bool:
    return True


def _drop(case: Case, rng: Random) -> None:
    """Drop tracks, but none such that another edition explains what is left better."""
    lines = list(case.draft.lines)
    for _ in range(20):
        case.draft.lines = list(lines)
        damage.drop(case.draft, rng)
        here = {line.title for line in case.draft.lines}
        if not any(_explains(edition, here, case) for edition in case.work.editions):
            return


def _explains(other: CatalogueRelease, here: set[str], case: Case) -> bool:
    titles = {track.title for medium in other.media for track in medium.tracks}
    own = case.draft.source
    assert own is not None
    return here <= titles and other.track_count < own.track_count


def _add(case: Case, rng: Random) -> None:
    """Add tracks of another album of the artist, or of somebody else."""
    case.draft.doubtful = rng.random() < 0.5  # a bonus track of an edition that nobody listed?
    whose = case.act if case.draft.doubtful else case.other
    work = rng.choice([work for work in whose.works if work is not case.work])
    recordings = {
        track.recording
        for edition in case.work.editions
        for m in edition.media
        for track in m.tracks
    }
    some = [song for song in work.songs if song.recording not in recordings]
    name = drafts.credited(whose.works[0].group.credits, case.facts.artists)
    lines = [Line(one.title, name, one.length / 1000, 1, 1) for one in some]
    damage.add(case.draft, rng, rng.sample(lines, min(2, len(lines))))


def _extend(case: Case, rng: Random) -> None:
    """Make it an edition that the catalogue lacks, with songs that it has nowhere."""
    draft = case.draft
    draft.unlisted = True
    mark = rng.choice((" (demo)", " (early take)", " Returns"))
    titles = {
        track.title for edition in case.work.editions for m in edition.media for track in m.tracks
    }
    if any(title.endswith(mark) for title in titles):
        mark = " (home recording)"  # an edition that is listed has demos of its own
    for one in rng.sample(case.work.songs, min(len(case.work.songs), rng.randint(2, 5))):
        title = f"{one.title}{mark}"
        last = draft.lines[-1]
        seconds = rng.uniform(100, 320)
        draft.lines.append(Line(title, last.artist, seconds, last.disc, last.position + 1))
    if rng.random() < 0.4:
        draft.album += rng.choice((" (Deluxe Edition)", " [Expanded]"))


def _identify(case: Case, rng: Random) -> None:
    own = case.draft.source
    assert own is not None
    case.draft.ids = True
    case.draft.facts = {"musicbrainz_albumid": own.id, "musicbrainz_releasegroupid": own.group}


def _mistake(case: Case, rng: Random) -> None:
    """Name another edition of the same group in the tags."""
    others = [edition for edition in case.work.editions if edition is not case.draft.source]
    wrong = rng.choice(others)
    case.draft.tagged = wrong.id
    name = "barcode" if wrong.barcode and rng.random() < 0.5 else "musicbrainz_albumid"
    case.draft.facts = {name: truth.facts(wrong)[name]}


def _tell(case: Case, rng: Random) -> None:
    """Add tags that identify the edition, as careful users do: a barcode, or several others."""
    own = case.draft.source
    assert own is not None
    known = truth.facts(own)
    del known["musicbrainz_albumid"]
    names = ("barcode",) if "barcode" in known and rng.random() < 0.4 else tuple(known)
    if names == ("barcode",) or rng.random() < 0.5:
        case.draft.facts = {name: known[name] for name in names}
    else:
        some = ("catalognumber", "label", "releasecountry")
        case.draft.facts = {name: known[name] for name in some}
        case.draft.date = own.date


def _misattribute(case: Case, rng: Random) -> None:
    """Let folder and tags name another artist who exists."""
    name = case.other.artist.name
    case.draft.folder, case.draft.albumartist = path_text.safe_name(name), name
    for line in case.draft.lines:
        line.artist = name


def _alias(case: Case, rng: Random) -> None:
    damage.latinise(case.draft, rng, case.latin)
    case.draft.folder = path_text.safe_name(case.latin[case.act.artist.name].title())


def _perform(case: Case, rng: Random) -> None:
    composer, player = case.work.group.credits
    names = (case.facts.artists[artist.artist].name for artist in (composer, player))
    damage.rename(case.draft, rng, *names)


_NEEDS: Mapping[str, Callable[[CatalogueRelease, Work], bool]] = {
    "clean": _any,
    "edition tags": lambda one, work: len(work.editions) > 1,
    "wrong edition": lambda one, work: len(work.editions) > 1,
    "with MBIDs": _any,
    "mistyped": _any,
    "discs": lambda one, work: len(one.media) > 1,
    "aliased": _any,
    "classical": _any,
}
_HOW: Mapping[str, Spoil] = {
    "unlisted edition": _extend,
    "dropped": _drop,
    "extra": _add,
    "reordered": lambda case, rng: damage.reorder(case.draft, rng),
    "mistyped": lambda case, rng: damage.mistype(case.draft, rng),
    "retimed": lambda case, rng: damage.retime(case.draft, rng),
    "untitled": lambda case, rng: damage.untitle(case.draft, rng),
    "blank": lambda case, rng: damage.blank(case.draft, rng),
    "with MBIDs": _identify,
    "wrong edition": _mistake,
    "edition tags": _tell,
    "wrong artist": _misattribute,
    "discs": lambda case, rng: damage.scatter(case.draft, rng),
    "aliased": _alias,
    "classical": _perform,
}
_PICKY = ("discs", "wrong edition", "edition tags")
OFTEN_TWICE = (  # which are damaged in a second way as well, for trouble comes in pairs
    *("dropped", "extra", "reordered", "retimed", "untitled", "wrong artist", "discs", "aliased"),
    *("classical", "wrong edition", "edition tags"),
)
DEALT = (
    *("clean", "dropped", "extra", "reordered", "mistyped", "retimed", "untitled", "blank"),
    *("with MBIDs", "wrong edition", "unlisted edition", "edition tags", "wrong artist", "absent"),
    "discs",
)
