"""An album with its editions, and one release with all of its tracks."""

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


def album(desk: Desk, name: str, title: str) -> Told:
    """Tell of an album by an artist all editions; ItemFailed, UsageFailed where it is not clear."""
    who = artists.find(desk, name, [title])
    if who.artist is None:
        raise _unsure(name, title, who.choices)
    found = list(_albums(desk, who.artist, title))
    if not found:
        raise ItemFailed(f'MusicBrainz knows no album "{title}" by {who.artist.name}.')
    lines, data = [], []
    for group, editions in found:
        lines += [f"{group.title}, by {who.artist.name}: {group.type}"]
        lines += [f"{group.id}, {page.counted(len(editions), 'edition')}"]
        for one in editions:
            lines += [f"  {one.id}", f"    {entries.edition_line(one)}"]
        told = [entries.edition(one) for one in editions]
        data.append(entries.group(group) | {"editions": told})
    return Told(lines, {"artist": entries.artist(who.artist), "albums": data})


def _unsure(name: str, title: str, choices: Sequence[Choice]) -> MediakeepError:
    """Make the error of an album of which it is not certain who made it, or that nobody made."""
    made = [_spoken(one) for one in choices if one.titles]
    if not made:
        whom = " or ".join(map(_spoken, choices)) or name
        return ItemFailed(f'MusicBrainz knows no album "{title}" by {whom}.')
    if len(made) == 1:
        return UsageFailed(f'An album "{title}" is by {made[0]}. Give that MBID if it is meant.')
    return AmbiguousName(name, "; ".join(made))


def _spoken(one: Choice) -> str:
    return f"{one.artist.id} {one.artist.name}"


def _albums(desk: Desk, artist: Artist, title: str) -> Iterator[tuple[Group, list[Release]]]:
    """Find the release groups of a title, each with all of its editions by date."""
    for group in _groups(desk.musicbrainz, artist, title):
        try:
            editions = desk.musicbrainz.editions(group.id)
        except NotThere:  # the list that named it is older than its end
            continue
        yield group, sorted(editions, key=lambda one: (one.date or "9", one.id))


def _groups(service: MusicBrainz, artist: Artist, title: str) -> list[Group]:
    """Return an artist's release groups of a title, or else of nearly that title."""
    wanted = title_keys.title_key(title)
    if artist.is_special:  # whose list of albums has no end
        hits = service.search_releases(query.releases_by_id([artist.id], [title_keys.base(title)]))
        some = [one.release_group for one in hits if title_keys.title_key(one.title) == wanted]
        return list({group.id: group for group in some if group}.values())
    known = service.groups(artist.id)
    fitting = [one for one in known if title_keys.title_key(one.title) == wanted]
    return fitting or [one for one in known if _is_nearly(one, title)]


def _is_nearly(group: Group, title: str) -> bool:
    """Tell whether two titles are the same without what stands in brackets at their ends."""
    short = title_keys.base_key(title)
    return title_keys.base_key(group.title) == short


def release(desk: Desk, mbid: str) -> Told:
    """Tell everything of a release; ItemFailed where there is none of that MBID."""
    mbid = mbid.lower()
    if not musicbrainz.is_mbid(mbid):
        raise UsageFailed(f'"{mbid}" is no MBID, such as {catalogue.VARIOUS_ARTISTS}.')
    try:
        found = desk.musicbrainz.release(mbid)
    except NoSuchMBID as error:
        raise ItemFailed(f"{error} It was deleted, or there never was one.") from error
    merged = mbid if found.id != mbid else ""
    group, whose = found.release_group, entries.credited(found.artist_credit)
    lines = [f"{mbid} was merged into another release."] if merged else []
    lines += [f"{found.title}, by {whose}", found.id, entries.edition_line(found)]
    if group:
        lines.append(f"An edition of {group.title}: {group.type}, {group.id}")
    for medium in found.media:
        lines += _disc(medium, found)
    data = entries.edition(found) | {"merged_from": merged}
    data["release_group"] = entries.group(group) if group else None
    data["track_list"] = [entries.track(*place) for place in found.tracks]
    return Told(lines, data)


def _disc(medium: Medium, of: Release) -> list[str]:
    name = ": ".join(filter(None, (medium.format or "Disc", medium.title)))
    number = f" {medium.position}" if len(of.media) > 1 else ""
    whose = entries.credited(of.artist_credit)
    tracks = [*filter(None, [medium.pregap]), *medium.tracks]
    shown = [f"  {entries.track_line(track, whose)}" for track in tracks]
    return ["", f"{name}{number}", *shown]
