"""Which artist of MusicBrainz is meant, and what was released by them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from mediakeep import clock
from mediakeep.commands import entries
from mediakeep.commands.entries import Data, Told
from mediakeep.errors import ItemFailed
from mediakeep.lookups import catalogue, musicbrainz, query
from mediakeep.lookups.catalogue import Artist, Discography, Group
from mediakeep.lookups.desk import Desk
from mediakeep.lookups.known import Choice
from mediakeep.music.checks import letters
from mediakeep.music.discography import identity, search, shelf, title_keys
from mediakeep.pages import page

_BY = {
    "mbid": "by the MBID",
    "albums": "by the albums",
    "name": "by the name, which nobody else bears",
    "alias": "by an alias, which nobody else bears",
}
_VARIOUS = Artist(id=catalogue.VARIOUS_ARTISTS, name="Various Artists")


class Who(NamedTuple):
    """The artist who is meant, and by what that is known; where it is not certain, all who may be.

    `merged` is the MBID that was asked for, where it has become another.
    """

    artist: Artist | None
    by: str = ""
    choices: tuple[Choice, ...] = ()
    merged: str = ""


def find(desk: Desk, name: str, titles: Sequence[str] = ()) -> Who:
    """Find out who bears a name and made albums, or who has an MBID; ItemFailed where nobody."""
    service = desk.musicbrainz
    if musicbrainz.is_mbid(mbid := name.lower()):
        found = service.artist(mbid)
        return Who(found, "mbid", merged=mbid if found.id != mbid else "")
    if letters.loose(name) == letters.loose(_VARIOUS.name):
        return Who(_VARIOUS, "name")
    titles = titles[: search.TITLES]
    if titles:
        hits = service.search_releases(query.releases_by_name(name, title_keys.bases(titles)))
        verdict = identity.by_albums(name, titles, hits)
        if verdict.artist or verdict.candidates:
            return Who(verdict.artist, "albums" if verdict.artist else "", verdict.candidates)
    return _by_name(desk, name, titles)


def _by_name(desk: Desk, name: str, titles: Sequence[str]) -> Who:
    """Ask who bears a name, or has it as an alias; which of them it is, the albums tell."""
    service = desk.musicbrainz
    found = service.search_artists(query.artists(name))
    same = identity.namesakes(name, found)
    if not same:
        similar = "; ".join(f"{one.id} {entries.artist_line(one)}" for one in found[:5])
        aside = f" Similar: {similar}." if similar else ""
        raise ItemFailed(f'MusicBrainz knows no artist by the name "{name}".{aside}')
    if titles:
        ids = [one.id for one in same]
        hits = service.search_releases(query.releases_by_id(ids, title_keys.bases(titles)))
        verdict = identity.by_albums(name, titles, hits, same)
        if verdict.artist or verdict.candidates:
            return Who(verdict.artist, "albums" if verdict.artist else "", verdict.candidates)
    elif len(same) == 1:
        return Who(same[0], _borne(name, same[0]))
    return Who(None, choices=identity.unheard(same))


def _borne(name: str, artist: Artist) -> str:
    """Tell whether it is the very name of an artist, or an alias."""
    return "name" if letters.loose(artist.name) == letters.loose(name) else "alias"


def tell(desk: Desk, name: str, titles: Sequence[str]) -> Told:
    """Tell who is meant, with all albums; else all who may be meant."""
    who = find(desk, name, titles)
    if who.artist and who.by == "albums":  # of whom a search for albums told little
        who = who._replace(artist=desk.musicbrainz.artist(who.artist.id))
    data: Data = {
        "artist": entries.artist(who.artist) if who.artist else None,
        "found_by": who.by,
        "merged_from": who.merged,
        "choices": [_choice(name, one) for one in who.choices],
    }
    if who.artist is None:
        return Told(_uncertain(name, who.choices, titles), data)
    lines, albums = _albums(desk, who.artist)
    lead = [f"{who.merged} was merged into another artist."] if who.merged else []
    lead += [entries.artist_line(who.artist), f"{who.artist.id}, found {_BY[who.by]}"]
    return Told([*lead, *lines], data | {"albums": albums})


def _albums(desk: Desk, artist: Artist) -> tuple[list[str], list[Data]]:
    """Give all albums of an artist, as lines and as data."""
    if artist.is_special:
        return ["It stands for no artist, and its albums are not listed."], []
    known = _discography(desk, artist)
    counts = _editions(known)
    groups = sorted(known.groups, key=_order)
    data = [entries.group(one) | {"editions": counts.get(one.id, 0)} for one in groups]
    return _listed(groups, counts), data


def _discography(desk: Desk, artist: Artist) -> Discography:
    """Return what look-ups keep of an artist, or else ask for it and keep it for them."""
    kept = None if desk.access.fresh else desk.known.discography(artist.id)
    if kept:
        desk.spent.hits += 1
        return kept
    known = desk.musicbrainz.discography(artist, clock.text(clock.now()))
    desk.known.keep_discography(known)
    return known


def _choice(name: str, one: Choice) -> Data:
    by = _borne(name, one.artist)
    return entries.artist(one.artist) | {"by": by, "albums_found": list(one.titles)}


def _uncertain(name: str, choices: Sequence[Choice], titles: Sequence[str]) -> list[str]:
    cure = "Give other albums" if titles else "Give an album"
    lead = f'{page.counted(len(choices), "artist")} may be meant by "{name}".'
    return [f"{lead} {cure} by --album, or the MBID:", *map(candidate, choices)]


def candidate(one: Choice) -> str:
    """Name an artist who may be meant, with the albums that are theirs."""
    albums = f": {', '.join(one.titles)}" if one.titles else ""
    return f"  {one.artist.id} {entries.artist_line(one.artist)}{albums}"


def _editions(known: Discography) -> dict[str, int]:
    """Count the official releases of each release group."""
    found: dict[str, int] = {}
    for release in known.releases:
        if release.release_group:
            found[release.release_group.id] = found.get(release.release_group.id, 0) + 1
    return found


def _order(one: Group) -> tuple[object, ...]:
    """Put studio albums first, then type by type, and each by its date."""
    return *shelf.rank(one), one.type, one.first_release_date or "9", one.title


def _listed(groups: Sequence[Group], counts: dict[str, int]) -> list[str]:
    lines = []
    for kind, some in groupby(groups, lambda one: one.type):
        lines += ["", f"{kind}:"]
        for one in some:
            count = counts.get(one.id, 0)
            editions = page.counted(count, "edition") if count else "no official edition"
            year = (one.first_release_date or "")[:4]
            lines.append("  " + " ".join(filter(None, (year, one.title, f"({editions})"))))
    return lines
