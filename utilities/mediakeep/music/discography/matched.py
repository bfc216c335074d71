"""What a report says of the albums here: which release each is, how sure that is, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import msgspec

from mediakeep import files
from mediakeep.lookups.catalogue import Release
from mediakeep.music import grouping
from mediakeep.music.checks import letters
from mediakeep.music.discography import question
from mediakeep.music.discography.question import Owned
from mediakeep.music.matching import wording
from mediakeep.music.matching.verdict import Candidate, Match, Sure
from mediakeep.music.model import Artist

SHOWN = 40  # albums of each kind that the report names; the audit has all
FEW = 4  # editions that are named of those that are tied

Choose = Callable[..., str]  # the command that decides what albums of places are, or ""


class Option(msgspec.Struct, frozen=True):
    """One release that an album may be: how like it is, its name, what tells it, and why not."""

    sure: str
    name: str
    facts: str
    mbid: str
    against: tuple[str, ...] = ()


class Doubt(msgspec.Struct, frozen=True):
    """An album that may be one of several, or that something speaks against."""

    album: str
    options: tuple[Option, ...]
    command: str


class Tie(msgspec.Struct, frozen=True):
    """An album of which some editions are as likely; one alone is the nearest, and is not it."""

    album: str
    lead: str
    options: tuple[Option, ...]
    more: int  # editions that are not named


class Certain(msgspec.Struct, frozen=True):
    """An album of which the release is certain, as cells of a table."""

    album: str
    title: str
    year: str
    country: str
    format: str
    sure: str  # how like it is, or that tags name it


class Unknown(msgspec.Struct, frozen=True):
    """An album that is like nothing there; the nearest release, if there is any near."""

    album: str
    nearest: Option | None


class Matched(msgspec.Struct, frozen=True):
    """The albums by how sure it is what they are, as far as they are shown."""

    sums: str
    unsure: tuple[Doubt, ...]
    tied: tuple[Tie, ...]
    command: str  # that chooses an edition
    unknown: tuple[Unknown, ...]
    certain: tuple[Certain, ...]
    more: Mapping[str, int]  # beyond SHOWN, by how sure it is; the unsure are all shown


def of(here: Artist, matches: Mapping[str, Match], choose: Choose) -> Matched | None:
    """Tell what the albums of an artist are; None where nothing is known of any."""
    found: dict[Sure, list[Match]] = {sure: [] for sure in Sure}
    for one in matches.values():
        found[one.sure].append(one)
    if not matches:
        return None
    names = _names(here)
    return Matched(
        sums=", ".join(f"{len(some):,} {sure.value}" for sure, some in found.items() if some),
        unsure=tuple(_doubt(one, names, choose) for one in found[Sure.UNSURE]),
        tied=tuple(_tie(one, names) for one in found[Sure.TIED][:SHOWN]),
        command=choose(*(one.place for one in found[Sure.TIED])),
        unknown=tuple(_unknown(one, names) for one in found[Sure.UNKNOWN][:SHOWN]),
        certain=tuple(_certain(found[Sure.CERTAIN][:SHOWN], names)),
        more={sure.value: max(len(some) - SHOWN, 0) for sure, some in found.items()},
    )


def _names(here: Artist) -> dict[str, str]:
    """Name albums by their titles as the tags tell them, and by their folders where they differ."""
    flat = any(album.in_library_root for album in here.albums)
    return {one.place: _name(one, flat=flat) for one in question.of(here).albums}


def _name(one: Owned, *, flat: bool) -> str:
    if flat and one.title:
        return one.title
    place = one.place or grouping.LOOSE
    return f"{one.title} ({place})" if _is_named_otherwise(one) else place


def _is_named_otherwise(one: Owned) -> bool:
    return one.title not in ("", files.printable(files.unescape(one.place.rpartition("/")[2])))


def _doubt(one: Match, names: Mapping[str, str], choose: Choose) -> Doubt:
    options = tuple(map(_option, one.candidates))
    return Doubt(names.get(one.place, one.place), options, choose(one.place))


def _option(one: Candidate) -> Option:
    release = one.release
    name = f"{letters.quoted(release.title)} by {wording.credited(release)}"
    facts = wording.brief(release)
    return Option(wording.likeness(one), name, facts, release.id, tuple(wording.against(one)))


def _tie(one: Match, names: Mapping[str, str]) -> Tie:
    name, releases = names.get(one.place, one.place), one.releases
    sure = _sure(one)
    if len(releases) == 1:
        nearest = _option(one.candidates[0])
        strange = tuple(wording.strange(one.candidates[0]))
        nearest = msgspec.structs.replace(nearest, against=strange)
        return Tie(name, f"none of its known editions is this one ({sure})", (nearest,), 0)
    alike = wording.shared(releases)
    lead = (
        f"{len(releases):,} editions fit alike ({sure}){f', all of them {alike}' if alike else ''}"
    )
    return Tie(name, lead, tuple(_editions(releases)), max(len(releases) - FEW, 0))


def _sure(one: Match) -> str:
    """Say what made it sure; how like the tracks are says little where tags name the release."""
    return "by tags" if one.by == "tags" else f"{wording.likeness(one.candidates[0])} by {one.by}"


def _editions(releases: Sequence[Release]) -> Iterator[Option]:
    shown = list(zip(releases, wording.apart(releases), strict=True))[:FEW]
    for release, facts in shown:
        yield Option("", release.title, facts, release.id)


def _unknown(one: Match, names: Mapping[str, str]) -> Unknown:
    nearest = _option(one.best) if one.best else None
    return Unknown(names.get(one.place, one.place), nearest)


def _certain(some: Iterable[Match], names: Mapping[str, str]) -> Iterator[Certain]:
    for one in some:
        release = one.candidates[0].release
        told = wording.edition(release)
        yield Certain(
            album=names.get(one.place, one.place),
            title=release.title,
            year=told.date[:4],
            country=told.country,
            format=told.format,
            sure=_sure(one),
        )
