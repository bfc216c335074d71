"""Find an artist at MusicBrainz, and list their releases."""

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
    "name": "by the name, which is unique",
    "alias": "by an alias, which is unique",
}
_VARIOUS = Artist(id=catalogue.VARIOUS_ARTISTS, name="Various Artists")


class Who(NamedTuple):
    """The artist found, and how; if the match is ambiguous, all candidates.

    `merged` is the requested MBID if it was merged into another.
    """

    artist: Artist | None
    by: str = ""
    choices: tuple[Choice, ...] = ()
    merged: str = ""


def find(context: Desk, name: str, titles: Sequence[str] = ()) -> Who:
    """Find an artist by name and albums, or by MBID; raise ItemFailed if there is none."""
    service = context.musicbrainz
    if musicbrainz.is_mbid(mbid := name.lower()):
        artist = service.artist(mbid)
        return Who(artist, "mbid", merged=mbid if artist.id != mbid else "")
    if letters.loose(name) == letters.loose(_VARIOUS.name):
        return Who(_VARIOUS, "name")
    titles = titles[: search.TITLES]
    if titles:
        hits = service.search_releases(query.releases_by_name(name, title_keys.bases(titles)))
        verdict = identity.by_albums(name, titles, hits)
        if verdict.artist or verdict.candidates:
            return Who(verdict.artist, "albums" if verdict.artist else "", verdict.candidates)
    return _by_name(context, name, titles)


def _by_name(context: Desk, name: str, titles: Sequence[str]) -> Who:
    """Search artists by name or alias; the albums decide between several."""
    service = context.musicbrainz
    artists = service.search_artists(query.artists(name))
    namesakes = identity.namesakes(name, artists)
    if not namesakes:
        similar = "; ".join(f"{artist.id} {entries.artist_line(artist)}" for artist in artists[:5])
        aside = f" Similar: {similar}." if similar else ""
        raise ItemFailed(f'MusicBrainz has no artist named "{name}".{aside}')
    if titles:
        ids = [artist.id for artist in namesakes]
        hits = service.search_releases(query.releases_by_id(ids, title_keys.bases(titles)))
        verdict = identity.by_albums(name, titles, hits, namesakes)
        if verdict.artist or verdict.candidates:
            return Who(verdict.artist, "albums" if verdict.artist else "", verdict.candidates)
    elif len(namesakes) == 1:
        return Who(namesakes[0], _borne(name, namesakes[0]))
    return Who(None, choices=identity.unheard(namesakes))


def _borne(name: str, artist: Artist) -> str:
    """Return whether a text is the name of an artist or an alias."""
    return "name" if letters.loose(artist.name) == letters.loose(name) else "alias"


def tell(context: Desk, name: str, titles: Sequence[str]) -> Told:
    """Return the artist with all albums, or the candidates if the name is ambiguous."""
    match = find(context, name, titles)
    if match.artist and match.by == "albums":  # an album search returns little about the artist
        match = match._replace(artist=context.musicbrainz.artist(match.artist.id))
    data: Data = {
        "artist": entries.artist(match.artist) if match.artist else None,
        "found_by": match.by,
        "merged_from": match.merged,
        "choices": [_choice(name, choice) for choice in match.choices],
    }
    if match.artist is None:
        return Told(_uncertain(name, match.choices, titles), data)
    lines, albums = _albums(context, match.artist)
    lead = [f"{match.merged} was merged into another artist."] if match.merged else []
    lead += [entries.artist_line(match.artist), f"{match.artist.id}, found {_BY[match.by]}"]
    return Told([*lead, *lines], data | {"albums": albums})


def _albums(context: Desk, artist: Artist) -> tuple[list[str], list[Data]]:
    """Return all albums of an artist, as lines and as data."""
    if artist.is_special:
        return ["This is a placeholder, not an artist; its albums are not listed."], []
    discography = _discography(context, artist)
    counts = _editions(discography)
    groups = sorted(discography.groups, key=_order)
    data = [entries.group(group) | {"editions": counts.get(group.id, 0)} for group in groups]
    return _listed(groups, counts), data


def _discography(context: Desk, artist: Artist) -> Discography:
    """Return the cached discography of an artist, or request and cache it."""
    cached = None if context.access.fresh else context.known.discography(artist.id)
    if cached:
        context.spent.hits += 1
        return cached
    discography = context.musicbrainz.discography(artist, clock.text(clock.now()))
    context.known.keep_discography(discography)
    return discography


def _choice(name: str, choice: Choice) -> Data:
    by = _borne(name, choice.artist)
    return entries.artist(choice.artist) | {"by": by, "albums_found": list(choice.titles)}


def _uncertain(name: str, choices: Sequence[Choice], titles: Sequence[str]) -> list[str]:
    hint = "Give other albums" if titles else "Give an album"
    lead = f'Ambiguous name "{name}": {page.counted(len(choices), "artist")}.'
    return [f"{lead} {hint} with --album, or the MBID:", *map(candidate, choices)]


def candidate(choice: Choice) -> str:
    """Return a line on a candidate, with their matching albums."""
    albums = f": {', '.join(choice.titles)}" if choice.titles else ""
    return f"  {choice.artist.id} {entries.artist_line(choice.artist)}{albums}"


def _editions(discography: Discography) -> dict[str, int]:
    """Count the official releases of each release group."""
    counts: dict[str, int] = {}
    for release in discography.releases:
        if release.release_group:
            counts[release.release_group.id] = counts.get(release.release_group.id, 0) + 1
    return counts


def _order(group: Group) -> tuple[object, ...]:
    """Sort studio albums first, then by type and date."""
    return *shelf.rank(group), group.type, group.first_release_date or "9", group.title


def _listed(groups: Sequence[Group], counts: dict[str, int]) -> list[str]:
    lines = []
    for kind, members in groupby(groups, lambda group: group.type):
        lines += ["", f"{kind}:"]
        for group in members:
            count = counts.get(group.id, 0)
            editions = page.counted(count, "edition") if count else "no official edition"
            year = (group.first_release_date or "")[:4]
            lines.append("  " + " ".join(filter(None, (year, group.title, f"({editions})"))))
    return lines
