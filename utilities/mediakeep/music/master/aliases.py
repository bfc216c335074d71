"""One artist under several names in several folders, with what speaks for it.

1. "mbid": tags give several names the same MusicBrainz identifier.
2. "spelling": names or folders are loosely equal, such as "The Beatles" and "Beatles, The".

Two bands may bear one name. So names whose identifiers differ are never put together; in names of
up to three letters accents and signs for words count; and a name that adds others to one ("feat.",
"with") is a credit, not another name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, groupby, islice
from operator import attrgetter
from typing import NamedTuple

import msgspec

from mediakeep import files
from mediakeep.music.checks import letters
from mediakeep.music.master.crossings import Crossings

_MEMBERS = """
    SELECT names.{key}, names.name, artists.name, mbid, names.tracks, folder FROM names
    JOIN artists ON artists.id = names.artist WHERE names.{key} IN (
        SELECT {key} FROM names WHERE {key} IS NOT NULL AND {key} <> ''
        GROUP BY {key} HAVING MIN(name) <> MAX(name) AND MIN(artist) <> MAX(artist)
    ) ORDER BY names.{key}, names.rowid
"""
_SHORT = 3  # letters of a name in which every accent counts
_LISTED = 20  # names, and folders, that are told of one artist
_JOINED = re.compile(
    r"[&,;/+×]|\b(?:and|et|feat|featuring|ft|mit|presents|pres|und|vs|with|x|y)\b", re.IGNORECASE
)


class Alias(msgspec.Struct, frozen=True):
    """Names that seem to be of one artist, each with its tracks, and where they are found."""

    evidence: str
    mbid: str
    names: dict[str, int]
    folders: tuple[str, ...]


class Aliases(msgspec.Struct, frozen=True):
    """How many artists have several names, and the first of them."""

    total: int
    listed: tuple[Alias, ...]


class _Member(NamedTuple):
    key: str | int
    name: str
    artist: str  # whose folder it is
    mbid: str
    tracks: int
    folder: bool  # whether it is the name of the folder itself


def find(crossings: Crossings, limit: int) -> Aliases:
    """Find artists under several names, the surest first."""
    total, listed = 0, list[Alias]()
    for column, judge in _JUDGES.items():
        rows = map(_Member._make, crossings.base.execute(_MEMBERS.format(key=column)))
        groups = (list(members) for _, members in groupby(rows, attrgetter("key")))
        found = filter(None, map(judge, groups))
        first = list(islice(found, limit - len(listed)))
        listed += first
        total += len(first) + sum(1 for _ in found)
    return Aliases(total, tuple(listed))


def _by_mbid(members: Sequence[_Member]) -> Alias | None:
    """Names with one identifier, without the credits that hold another of them."""
    plain = {one.name: letters.loose(one.name) for one in members}
    credited = {name for name in plain if _JOINED.search(name) and _holds_other(name, plain)}
    kept = [one for one in members if one.name not in credited]
    if len({one.name for one in kept}) < 2 or len({one.artist for one in kept}) < 2:
        return None
    return _told("mbid", str(members[0].key), kept)


def _by_spelling(members: Sequence[_Member]) -> Alias | None:
    """Names, or else folders, that are loosely equal and may be of one artist."""
    tagged = [one for one in members if not one.folder]
    folders = [one for one in members if one.folder]
    if _differ(tagged, attrgetter("name")) or _differ(tagged, attrgetter("artist")):
        return None
    for some in (tagged, folders):
        several = len({one.name for one in some}) > 1 and len({one.artist for one in some}) > 1
        if several and not _is_told(some) and not _are_short(some):
            return _told("spelling", "", some)
    return None


_JUDGES: dict[str, Callable[[Sequence[_Member]], Alias | None]] = {
    "mbid": _by_mbid,
    "alike": _by_spelling,
}


def _holds_other(name: str, plain: dict[str, str]) -> bool:
    own = plain[name]
    return any(other in own for one, other in plain.items() if other != own and one != name)


def _differ(members: Iterable[_Member], by: Callable[[_Member], str]) -> bool:
    """Tell whether MusicBrainz knows two of the names, or of the folders, as different artists."""
    ids: defaultdict[str, set[str]] = defaultdict(set)
    for one in members:
        if one.mbid:
            ids[by(one)].add(one.mbid)
    return any(one.isdisjoint(other) for one, other in combinations(ids.values(), 2))


def _is_told(members: Sequence[_Member]) -> bool:
    """Tell whether one identifier has put all of these names together already."""
    known = {one.mbid for one in members}
    return len(known) == 1 and "" not in known


def _are_short(members: Sequence[_Member]) -> bool:
    """Tell whether so little is left of the names that what was left out may tell them apart."""
    if len(letters.loose(members[0].name)) > _SHORT:
        return False
    return len(set(map(_bare, {one.name for one in members}))) > 1


def _bare(name: str) -> str:
    return "".join(filter(str.isalnum, files.fold(name)))


def _told(evidence: str, mbid: str, members: Sequence[_Member]) -> Alias:
    names, folders = Counter[str](), Counter[str]()
    for one in members:
        names[one.name] += one.tracks
        folders[one.artist] += one.tracks
    return Alias(evidence, mbid, dict(_most(names)), tuple(name for name, _ in _most(folders)))


def _most(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return islice(ranked, _LISTED)
