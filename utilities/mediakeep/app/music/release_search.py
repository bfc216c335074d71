"""Look up an album with its editions, or a release with its tracks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mediakeep.app.console import CommandResult
from mediakeep.app.music import artist_search, musicbrainz_text
from mediakeep.errors import (
    AmbiguousName,
    ItemFailed,
    MediakeepError,
    NoSuchMBID,
    NotFound,
    UsageError,
)
from mediakeep.lookups.musicbrainz import client, model, search_query
from mediakeep.lookups.musicbrainz.client import MusicBrainzClient
from mediakeep.lookups.musicbrainz.context import MusicBrainzContext
from mediakeep.lookups.musicbrainz.lookup_store import PossibleArtist
from mediakeep.lookups.musicbrainz.model import Artist, Medium, Release, ReleaseGroup
from mediakeep.music.matching import release_tags
from mediakeep.music.text import title_keys
from mediakeep.size_text import format_count


def show_album(context: MusicBrainzContext, name: str, title: str) -> CommandResult:
    """Return all editions of an album; raise ItemFailed or UsageError if it is ambiguous."""
    match = artist_search.find_artist(context, name, [title])
    if match.artist is None:
        raise _ambiguous_artist_error(name, title, match.choices)
    albums = list(_find_albums(context, match.artist, title))
    if not albums:
        raise ItemFailed(f'MusicBrainz has no album "{title}" by {match.artist.name}.')
    lines, data = [], []
    for group, editions in albums:
        lines += [f"{group.title}, by {match.artist.name}: {group.type}"]
        lines += [f"{group.id}, {format_count(len(editions), 'edition')}"]
        for edition in editions:
            lines += [f"  {edition.id}", f"    {musicbrainz_text.format_release(edition)}"]
        edition_data = [musicbrainz_text.release_to_json(edition) for edition in editions]
        data.append(musicbrainz_text.group_to_json(group) | {"editions": edition_data})
    return CommandResult(
        lines, {"artist": musicbrainz_text.artist_to_json(match.artist), "albums": data}
    )


def _ambiguous_artist_error(
    name: str, title: str, choices: Sequence[PossibleArtist]
) -> MediakeepError:
    """Return the error for an album whose artist is ambiguous or unknown."""
    names = [_format_choice(choice) for choice in choices if choice.titles]
    if not names:
        artists_text = " or ".join(map(_format_choice, choices)) or name
        return ItemFailed(f'MusicBrainz has no album "{title}" by {artists_text}.')
    if len(names) == 1:
        return UsageError(
            f'There is an album "{title}" by {names[0]}. Give that MBID to select it.'
        )
    return AmbiguousName(name, "; ".join(names))


def _format_choice(choice: PossibleArtist) -> str:
    return f"{choice.artist.id} {choice.artist.name}"


def _find_albums(
    context: MusicBrainzContext, artist: Artist, title: str
) -> Iterator[tuple[ReleaseGroup, list[Release]]]:
    """Yield the release groups with a title, each with its editions by date."""
    for group in _find_groups(context.musicbrainz, artist, title):
        try:
            editions = context.musicbrainz.browse_editions(group.id)
        except NotFound:  # it was deleted after the list was cached
            continue
        yield group, sorted(editions, key=lambda release: (release.date or "9", release.id))


def _find_groups(service: MusicBrainzClient, artist: Artist, title: str) -> list[ReleaseGroup]:
    """Return an artist's release groups with a title, or else with a similar one."""
    wanted = title_keys.title_key(title)
    if artist.is_special_purpose:  # whose list of albums is endless
        hits = service.search_releases(
            search_query.releases_by_id([artist.id], [title_keys.base_title(title)])
        )
        groups = [hit.release_group for hit in hits if title_keys.title_key(hit.title) == wanted]
        return list({group.id: group for group in groups if group}.values())
    all_groups = service.browse_release_groups(artist.id)
    fitting = [hit for hit in all_groups if title_keys.title_key(hit.title) == wanted]
    return fitting or [hit for hit in all_groups if _is_similar_title(hit, title)]


def _is_similar_title(group: ReleaseGroup, title: str) -> bool:
    """Return whether two titles are equal without trailing brackets."""
    short = title_keys.base_title_key(title)
    return title_keys.base_title_key(group.title) == short


def show_release(context: MusicBrainzContext, mbid: str) -> CommandResult:
    """Return all data of a release; raise ItemFailed if the MBID is unknown."""
    mbid = mbid.lower()
    if not client.is_mbid(mbid):
        raise UsageError(f'"{mbid}" is not an MBID, such as {model.VARIOUS_ARTISTS}.')
    try:
        release = context.musicbrainz.get_release(mbid)
    except NoSuchMBID as error:
        raise ItemFailed(f"{error} It was deleted or never existed.") from error
    merged = mbid if release.id != mbid else ""
    group, artist_name = (
        release.release_group,
        release_tags.format_credit(release.artist_credit),
    )
    lines = [f"{mbid} was merged into another release."] if merged else []
    lines += [
        f"{release.title}, by {artist_name}",
        release.id,
        musicbrainz_text.format_release(release),
    ]
    if group:
        lines.append(f"An edition of {group.title}: {group.type}, {group.id}")
    for medium in release.media:
        lines += _format_disc(medium, release)
    data = musicbrainz_text.release_to_json(release) | {"merged_from": merged}
    data["release_group"] = musicbrainz_text.group_to_json(group) if group else None
    data["track_list"] = [musicbrainz_text.track_to_json(*place) for place in release.tracks]
    return CommandResult(lines, data)


def _format_disc(medium: Medium, release: Release) -> list[str]:
    name = ": ".join(filter(None, (medium.format or "Disc", medium.title)))
    number = f" {medium.position}" if len(release.media) > 1 else ""
    artist_name = release_tags.format_credit(release.artist_credit)
    tracks = [*filter(None, [medium.pregap]), *medium.tracks]
    shown = [f"  {musicbrainz_text.format_track(track, artist_name)}" for track in tracks]
    return ["", f"{name}{number}", *shown]
