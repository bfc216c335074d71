"""Look up an album with its editions, or a release with its tracks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mediakeep.commands import artists, entries
from mediakeep.commands.entries import Told
from mediakeep.errors import (
    AmbiguousName,
    ItemFailed,
    MediakeepError,
    NoSuchMBID,
    NotThere,
    UsageFailed,
)
from mediakeep.lookups import catalogue, musicbrainz, query
from mediakeep.lookups.catalogue import Artist, Group, Medium, Release
from mediakeep.lookups.desk import Desk
from mediakeep.lookups.known import Choice
from mediakeep.lookups.musicbrainz import MusicBrainz
from mediakeep.music.discography import title_keys
from mediakeep.pages import page


def album(context: Desk, name: str, title: str) -> Told:
    """Return all editions of an album; raise ItemFailed or UsageError if it is ambiguous."""
    match = artists.find(context, name, [title])
    if match.artist is None:
        raise _unsure(name, title, match.choices)
    albums = list(_albums(context, match.artist, title))
    if not albums:
        raise ItemFailed(f'MusicBrainz has no album "{title}" by {match.artist.name}.')
    lines, data = [], []
    for group, editions in albums:
        lines += [f"{group.title}, by {match.artist.name}: {group.type}"]
        lines += [f"{group.id}, {page.counted(len(editions), 'edition')}"]
        for edition in editions:
            lines += [f"  {edition.id}", f"    {entries.edition_line(edition)}"]
        edition_data = [entries.edition(edition) for edition in editions]
        data.append(entries.group(group) | {"editions": edition_data})
    return Told(lines, {"artist": entries.artist(match.artist), "albums": data})


def _unsure(name: str, title: str, choices: Sequence[Choice]) -> MediakeepError:
    """Return the error for an album whose artist is ambiguous or unknown."""
    names = [_spoken(choice) for choice in choices if choice.titles]
    if not names:
        artists_text = " or ".join(map(_spoken, choices)) or name
        return ItemFailed(f'MusicBrainz has no album "{title}" by {artists_text}.')
    if len(names) == 1:
        return UsageFailed(
            f'There is an album "{title}" by {names[0]}. Give that MBID to select it.'
        )
    return AmbiguousName(name, "; ".join(names))


def _spoken(choice: Choice) -> str:
    return f"{choice.artist.id} {choice.artist.name}"


def _albums(context: Desk, artist: Artist, title: str) -> Iterator[tuple[Group, list[Release]]]:
    """Yield the release groups with a title, each with its editions by date."""
    for group in _groups(context.musicbrainz, artist, title):
        try:
            editions = context.musicbrainz.editions(group.id)
        except NotThere:  # it was deleted after the list was cached
            continue
        yield group, sorted(editions, key=lambda release: (release.date or "9", release.id))


def _groups(service: MusicBrainz, artist: Artist, title: str) -> list[Group]:
    """Return an artist's release groups with a title, or else with a similar one."""
    wanted = title_keys.title_key(title)
    if artist.is_special:  # whose list of albums is endless
        hits = service.search_releases(query.releases_by_id([artist.id], [title_keys.base(title)]))
        groups = [hit.release_group for hit in hits if title_keys.title_key(hit.title) == wanted]
        return list({group.id: group for group in groups if group}.values())
    all_groups = service.groups(artist.id)
    fitting = [hit for hit in all_groups if title_keys.title_key(hit.title) == wanted]
    return fitting or [hit for hit in all_groups if _is_nearly(hit, title)]


def _is_nearly(group: Group, title: str) -> bool:
    """Return whether two titles are equal without trailing brackets."""
    short = title_keys.base_key(title)
    return title_keys.base_key(group.title) == short


def release(context: Desk, mbid: str) -> Told:
    """Return all data of a release; raise ItemFailed if the MBID is unknown."""
    mbid = mbid.lower()
    if not musicbrainz.is_mbid(mbid):
        raise UsageFailed(f'"{mbid}" is not an MBID, such as {catalogue.VARIOUS_ARTISTS}.')
    try:
        release = context.musicbrainz.release(mbid)
    except NoSuchMBID as error:
        raise ItemFailed(f"{error} It was deleted or never existed.") from error
    merged = mbid if release.id != mbid else ""
    group, artist_name = release.release_group, entries.credited(release.artist_credit)
    lines = [f"{mbid} was merged into another release."] if merged else []
    lines += [f"{release.title}, by {artist_name}", release.id, entries.edition_line(release)]
    if group:
        lines.append(f"An edition of {group.title}: {group.type}, {group.id}")
    for medium in release.media:
        lines += _disc(medium, release)
    data = entries.edition(release) | {"merged_from": merged}
    data["release_group"] = entries.group(group) if group else None
    data["track_list"] = [entries.track(*place) for place in release.tracks]
    return Told(lines, data)


def _disc(medium: Medium, release: Release) -> list[str]:
    name = ": ".join(filter(None, (medium.format or "Disc", medium.title)))
    number = f" {medium.position}" if len(release.media) > 1 else ""
    artist_name = entries.credited(release.artist_credit)
    tracks = [*filter(None, [medium.pregap]), *medium.tracks]
    shown = [f"  {entries.track_line(track, artist_name)}" for track in tracks]
    return ["", f"{name}{number}", *shown]
