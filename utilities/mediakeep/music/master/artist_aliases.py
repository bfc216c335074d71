"""Find artists that are spread over several folders or names.

1. Evidence "mbid": the tags give several names the same MusicBrainz identifier.
2. Evidence "spelling": names or folders are loosely equal, such as "The Beatles" and "Beatles,
   The".

Two bands may have the same name. So names with different identifiers are never combined. In names
of up to three letters, accents and symbols count. A name that adds other artists ("feat.", "with")
is a credit, not another name.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations, groupby, islice
from operator import attrgetter
from typing import NamedTuple

import msgspec

from mediakeep import path_text
from mediakeep.counts import rank_counts
from mediakeep.music.master.cross_artist import SharedTracksIndex
from mediakeep.music.text import compare_text

_MEMBERS = """
    SELECT names.{key}, names.name, artists.name, mbid, names.tracks, folder FROM names
    JOIN artists ON artists.id = names.artist WHERE names.{key} IN (
        SELECT {key} FROM names WHERE {key} IS NOT NULL AND {key} <> ''
        GROUP BY {key} HAVING MIN(name) <> MAX(name) AND MIN(artist) <> MAX(artist)
    ) ORDER BY names.{key}, names.rowid
"""
_MAX_SHORT_NAME = 3  # letters of a name up to which accents count
_MAX_NAMES = 20  # names, and folders, listed per artist
_JOINING_WORDS = re.compile(
    r"[&,;/+×]|\b(?:and|et|feat|featuring|ft|mit|presents|pres|und|vs|with|x|y)\b", re.IGNORECASE
)


class ArtistAlias(msgspec.Struct, frozen=True):
    """Names that probably belong to one artist, with their numbers of tracks and their folders."""

    evidence: str
    mbid: str
    names: dict[str, int]
    folders: tuple[str, ...]


class ArtistAliases(msgspec.Struct, frozen=True):
    """The number of artists with several names, and a list of the first of them."""

    total: int
    listed: tuple[ArtistAlias, ...]


class _Member(NamedTuple):
    key: str | int
    name: str
    artist: str  # the artist of the folder
    mbid: str
    tracks: int
    folder: bool  # whether it is the name of the folder itself


def find_aliases(cross_artist_index: SharedTracksIndex, limit: int) -> ArtistAliases:
    """Find artists with several names, most certain first; list at most `limit`."""
    total, listed = 0, list[ArtistAlias]()
    for column, method in _METHODS.items():
        rows = map(_Member._make, cross_artist_index.db.execute(_MEMBERS.format(key=column)))
        groups = (list(members) for _, members in groupby(rows, attrgetter("key")))
        aliases = filter(None, map(method, groups))
        first = list(islice(aliases, limit - len(listed)))
        listed += first
        total += len(first) + sum(1 for _ in aliases)
    return ArtistAliases(total, tuple(listed))


def _alias_by_mbid(members: Sequence[_Member]) -> ArtistAlias | None:
    """Return the names that share an MBID as one artist, or None if only one is left.

    A credit that contains another of the names is left out.
    """
    keys = {member.name: compare_text.comparison_key(member.name) for member in members}
    credited = {
        name for name in keys if _JOINING_WORDS.search(name) and _contains_other_name(name, keys)
    }
    members_kept = [member for member in members if member.name not in credited]
    if (
        len({member.name for member in members_kept}) < 2
        or len({member.artist for member in members_kept}) < 2
    ):
        return None
    return _build_alias("mbid", str(members[0].key), members_kept)


def _alias_by_spelling(members: Sequence[_Member]) -> ArtistAlias | None:
    """Return loosely equal names (or folders) as one artist, or None if they may be two."""
    tagged = [member for member in members if not member.folder]
    folders = [member for member in members if member.folder]
    if _have_different_mbids(tagged, attrgetter("name")) or _have_different_mbids(
        tagged, attrgetter("artist")
    ):
        return None
    for candidates in (tagged, folders):
        has_several = (
            len({member.name for member in candidates}) > 1
            and len({member.artist for member in candidates}) > 1
        )
        if (
            has_several
            and not _share_one_mbid(candidates)
            and not _are_short_and_different(candidates)
        ):
            return _build_alias("spelling", "", candidates)
    return None


_METHODS: dict[str, Callable[[Sequence[_Member]], ArtistAlias | None]] = {
    "mbid": _alias_by_mbid,
    "alike": _alias_by_spelling,
}


def _contains_other_name(name: str, keys: dict[str, str]) -> bool:
    own_key = keys[name]
    return any(
        other in own_key
        for other_name, other in keys.items()
        if other != own_key and other_name != name
    )


def _have_different_mbids(members: Iterable[_Member], by: Callable[[_Member], str]) -> bool:
    """Return whether MusicBrainz has different artists for two of the names or folders."""
    mbids: defaultdict[str, set[str]] = defaultdict(set)
    for member in members:
        if member.mbid:
            mbids[by(member)].add(member.mbid)
    return any(
        member.isdisjoint(other_ids) for member, other_ids in combinations(mbids.values(), 2)
    )


def _share_one_mbid(members: Sequence[_Member]) -> bool:
    """Return whether one MBID already combines all of these names."""
    mbids = {member.mbid for member in members}
    return len(mbids) == 1 and "" not in mbids


def _are_short_and_different(members: Sequence[_Member]) -> bool:
    """Return whether the names are so short that accents and symbols may distinguish them."""
    if len(compare_text.comparison_key(members[0].name)) > _MAX_SHORT_NAME:
        return False
    return len(set(map(_alphanumeric_key, {member.name for member in members}))) > 1


def _alphanumeric_key(name: str) -> str:
    return "".join(filter(str.isalnum, path_text.normalize_name(name)))


def _build_alias(evidence: str, mbid: str, members: Sequence[_Member]) -> ArtistAlias:
    names, folders = Counter[str](), Counter[str]()
    for member in members:
        names[member.name] += member.tracks
        folders[member.artist] += member.tracks
    return ArtistAlias(
        evidence, mbid, dict(_most_tracks(names)), tuple(name for name, _ in _most_tracks(folders))
    )


def _most_tracks(counts: Counter[str]) -> Iterator[tuple[str, int]]:
    return islice(rank_counts(counts).items(), _MAX_NAMES)
