"""Proposals for names with several spellings: the most frequent one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from mediakeep.media.edits.changes import Values
from mediakeep.music import placeholders
from mediakeep.music.checks import agreement, groups, letters, titles
from mediakeep.music.checks.groups import Group
from mediakeep.music.model import Artist
from mediakeep.music.repairs import repair, usual
from mediakeep.music.repairs.repair import Repair

_FEWEST = 3  # tracks required for a majority
_WHY = "the spelling of most tracks"
_CREDITS = (
    ("artist", "musicbrainz_artistid"),
    ("albumartist", "musicbrainz_albumartistid"),
)


def artist_variation(artist: Artist) -> Iterator[Repair]:
    """Propose the most frequent spelling of an artist for the other tracks."""
    preferred = _better(artist)
    for track in artist.tracks if preferred else ():
        for field, _ in _CREDITS:
            current: Values = getattr(track.tags, field)
            new = tuple(preferred.get(letters.neat(text), text) for text in current)
            if new != current and repair.is_writable(track):
                yield from repair.edits(track, field, new, "artist-variation", _WHY)


def album_variation(artist: Artist) -> Iterator[Repair]:
    """Propose the most frequent spelling of an album; a disc at its end gets its own field."""
    for album in artist.albums:
        if agreement.album_variation(album) is not None:
            for group in groups.albums(album):
                yield from _titled(group)


def albumartist_mixed(artist: Artist) -> Iterator[Repair]:
    """Propose the album artist of most tracks of an album for the others."""
    for album in artist.albums:
        if agreement.albumartist_mixed(album) is not None:
            for group in groups.albums(album):
                yield from _credited(group)


def _better(artist: Artist) -> dict[str, str]:
    """Return the spellings to be replaced by a clearly more frequent one of the same artist."""
    counts: dict[str, Counter[str]] = {}
    ids: dict[str, set[str]] = {}
    for track in artist.tracks:
        names = dict[str, set[str]]()
        for field, mbid_field in _CREDITS:
            for name in map(letters.neat, getattr(track.tags, field)):
                names.setdefault(name, set()).update(getattr(track.tags, mbid_field))
        for name, mbids in names.items():
            counts.setdefault(letters.loose(name), Counter())[name] += 1
            ids.setdefault(name, set()).update(mbids)
    return {
        name: best
        for spellings in counts.values()
        if len(spellings) > 1 and (best := usual.clear(spellings)) and spellings.total() >= _FEWEST
        for name in spellings
        if name != best and not placeholders.is_artist(best) and _may_be_one(ids[name], ids[best])
    }


def _may_be_one(ids: set[str], others: set[str]) -> bool:
    """Return whether two spellings may be the same artist according to their MBIDs."""
    return not ids or not others or bool(ids & others)


def _titled(group: Group) -> Iterator[Repair]:
    cleaned = {track.place: usual.mended(track, "album") for track in group.tracks}
    parts = {
        place: titles.parted(letters.neat(texts[0])) for place, texts in cleaned.items() if texts
    }
    if len(set(cleaned.values()) - {()}) < 2:
        return
    preferred = usual.clear(Counter(title for title, _ in parts.values())) or ""
    for track in group.tracks if preferred and not placeholders.is_album(preferred) else ():
        title, disc = parts.get(track.place, (preferred, ""))
        has_one_title = len(track.tags.album) == 1
        if (title != preferred or disc) and has_one_title and repair.is_writable(track):
            yield from repair.edits(track, "album", (preferred,), "album-variation", _WHY)
            if disc and not letters.holds(track.tags.disc):
                reason = "from the album's title"
                yield from repair.edits(track, "disc", (disc,), "album-variation", reason)


def _credited(group: Group) -> Iterator[Repair]:
    cleaned = {track.place: usual.mended(track, "albumartist") for track in group.tracks}
    keys = {place: tuple(map(letters.loose, names)) for place, names in cleaned.items() if names}
    preferred = usual.clear(Counter(keys.values()))
    if preferred is None or len(keys) < _FEWEST:
        return
    names = _most_frequent(cleaned, keys, preferred)
    for track in group.tracks if not any(map(placeholders.is_artist, names)) else ():
        if keys.get(track.place, preferred) != preferred and repair.is_writable(track):
            yield from repair.edits(track, "albumartist", names, "albumartist-mixed", _WHY)


def _most_frequent(
    cleaned: Mapping[str, Values], keys: Mapping[str, Values], wanted_key: Values
) -> Values:
    """Return the most frequent form of loosely equal values."""
    counts = Counter(cleaned[place] for place, other_key in keys.items() if other_key == wanted_key)
    return counts.most_common(1)[0][0]
