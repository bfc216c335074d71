"""Find an artist at MusicBrainz, and list their releases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from mediakeep import clock
from mediakeep.app.console import CommandResult
from mediakeep.app.music import musicbrainz_text
from mediakeep.errors import ItemFailed
from mediakeep.lookups.cache_export import JsonObject
from mediakeep.lookups.musicbrainz import client, model, search_query
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.musicbrainz.lookup_store import PossibleArtist
from mediakeep.lookups.musicbrainz.model import Artist, Discography, ReleaseGroup
from mediakeep.music.artist_lookup import artist_search, discography_index, identity
from mediakeep.music.text import compare_text, title_keys
from mediakeep.size_text import format_count

_FOUND_BY_TEXT = {
    "mbid": "by the MBID",
    "albums": "by the albums",
    "name": "by the name, which is unique",
    "alias": "by an alias, which is unique",
}
_VARIOUS_ARTISTS = Artist(id=model.VARIOUS_ARTISTS, name="Various Artists")


class ArtistMatch(NamedTuple):
    """The artist found, and how; if the match is ambiguous, all candidates.

    `merged` is the requested MBID if it was merged into another.
    """

    artist: Artist | None
    found_by: str = ""
    choices: tuple[PossibleArtist, ...] = ()
    merged_mbid: str = ""


def find_artist(context: MusicBrainzContext, name: str, titles: Sequence[str] = ()) -> ArtistMatch:
    """Find an artist by name and albums, or by MBID; raise ItemFailed if there is none."""
    service = context.musicbrainz
    if client.is_mbid(mbid := name.lower()):
        artist = service.get_artist(mbid)
        return ArtistMatch(artist, "mbid", merged_mbid=mbid if artist.id != mbid else "")
    if compare_text.comparison_key(name) == compare_text.comparison_key(_VARIOUS_ARTISTS.name):
        return ArtistMatch(_VARIOUS_ARTISTS, "name")
    titles = titles[: artist_search.TITLES_PER_SEARCH]
    if titles:
        hits = service.search_releases(
            search_query.releases_by_name(name, title_keys.unique_base_titles(titles))
        )
        verdict = identity.identify_by_albums(name, titles, hits)
        if verdict.artist or verdict.candidates:
            return ArtistMatch(
                verdict.artist, "albums" if verdict.artist else "", verdict.candidates
            )
    return _find_by_name(context, name, titles)


def _find_by_name(context: MusicBrainzContext, name: str, titles: Sequence[str]) -> ArtistMatch:
    """Search artists by name or alias; the albums decide between several."""
    service = context.musicbrainz
    artists = service.search_artists(search_query.artists_by_name(name))
    namesakes = identity.find_namesakes(name, artists)
    if not namesakes:
        similar = "; ".join(
            f"{artist.id} {musicbrainz_text.format_artist(artist)}" for artist in artists[:5]
        )
        aside = f" Similar: {similar}." if similar else ""
        raise ItemFailed(f'MusicBrainz has no artist named "{name}".{aside}')
    if titles:
        ids = [artist.id for artist in namesakes]
        hits = service.search_releases(
            search_query.releases_by_id(ids, title_keys.unique_base_titles(titles))
        )
        verdict = identity.identify_by_albums(name, titles, hits, namesakes)
        if verdict.artist or verdict.candidates:
            return ArtistMatch(
                verdict.artist, "albums" if verdict.artist else "", verdict.candidates
            )
    elif len(namesakes) == 1:
        return ArtistMatch(namesakes[0], _name_or_alias(name, namesakes[0]))
    return ArtistMatch(None, choices=identity.candidates_without_albums(namesakes))


def _name_or_alias(name: str, artist: Artist) -> str:
    """Return whether a text is the name of an artist or an alias."""
    return (
        "name"
        if compare_text.comparison_key(artist.name) == compare_text.comparison_key(name)
        else "alias"
    )


def show_artist(context: MusicBrainzContext, name: str, titles: Sequence[str]) -> CommandResult:
    """Return the artist with all albums, or the candidates if the name is ambiguous."""
    match = find_artist(context, name, titles)
    # an album search returns little about the artist
    if match.artist and match.found_by == "albums":
        match = match._replace(artist=context.musicbrainz.get_artist(match.artist.id))
    data: JsonObject = {
        "artist": musicbrainz_text.artist_to_json(match.artist) if match.artist else None,
        "found_by": match.found_by,
        "merged_from": match.merged_mbid,
        "choices": [_candidate_to_json(name, choice) for choice in match.choices],
    }
    if match.artist is None:
        return CommandResult(_format_candidates(name, match.choices, titles), data)
    lines, albums = _list_albums(context, match.artist)
    lead = [f"{match.merged_mbid} was merged into another artist."] if match.merged_mbid else []
    lead += [
        musicbrainz_text.format_artist(match.artist),
        f"{match.artist.id}, found {_FOUND_BY_TEXT[match.found_by]}",
    ]
    return CommandResult([*lead, *lines], data | {"albums": albums})


def _list_albums(context: MusicBrainzContext, artist: Artist) -> tuple[list[str], list[JsonObject]]:
    """Return all albums of an artist, as lines and as data."""
    if artist.is_special_purpose:
        return ["This is a placeholder, not an artist; its albums are not listed."], []
    discography = _get_discography(context, artist)
    counts = _count_editions(discography)
    groups = sorted(discography.groups, key=_sort_key)
    data = [
        musicbrainz_text.group_to_json(group) | {"editions": counts.get(group.id, 0)}
        for group in groups
    ]
    return _format_groups(groups, counts), data


def _get_discography(context: MusicBrainzContext, artist: Artist) -> Discography:
    """Return the cached discography of an artist, or request and cache it."""
    cached = None if context.config.fresh else context.store.get_discography(artist.id)
    if cached:
        context.stats.hits += 1
        return cached
    discography = context.musicbrainz.browse_discography(artist, clock.format_iso(clock.now()))
    context.store.save_discography(discography)
    return discography


def _candidate_to_json(name: str, choice: PossibleArtist) -> JsonObject:
    by = _name_or_alias(name, choice.artist)
    return musicbrainz_text.artist_to_json(choice.artist) | {
        "by": by,
        "albums_found": list(choice.titles),
    }


def _format_candidates(
    name: str, choices: Sequence[PossibleArtist], titles: Sequence[str]
) -> list[str]:
    hint = "Give other albums" if titles else "Give an album"
    lead = f'Ambiguous name "{name}": {format_count(len(choices), "artist")}.'
    return [f"{lead} {hint} with --album, or the MBID:", *map(format_candidate, choices)]


def format_candidate(choice: PossibleArtist) -> str:
    """Return a line on a candidate, with their matching albums."""
    albums = f": {', '.join(choice.titles)}" if choice.titles else ""
    return f"  {choice.artist.id} {musicbrainz_text.format_artist(choice.artist)}{albums}"


def _count_editions(discography: Discography) -> dict[str, int]:
    """Count the official releases of each release group."""
    counts: dict[str, int] = {}
    for release in discography.releases:
        if release.release_group:
            counts[release.release_group.id] = counts.get(release.release_group.id, 0) + 1
    return counts


def _sort_key(group: ReleaseGroup) -> tuple[object, ...]:
    """Sort studio albums first, then by type and date."""
    return (
        *discography_index.release_group_sort_key(group),
        group.type,
        group.first_release_date or "9",
        group.title,
    )


def _format_groups(groups: Sequence[ReleaseGroup], counts: dict[str, int]) -> list[str]:
    lines = []
    for kind, members in groupby(groups, lambda group: group.type):
        lines += ["", f"{kind}:"]
        for group in members:
            count = counts.get(group.id, 0)
            editions = format_count(count, "edition") if count else "no official edition"
            year = (group.first_release_date or "")[:4]
            lines.append("  " + " ".join(filter(None, (year, group.title, f"({editions})"))))
    return lines
