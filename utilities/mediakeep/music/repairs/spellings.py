"""Proposals for names that are written in several ways: the most frequent spelling."""

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

_FEWEST = 3  # tracks of which a majority tells anything
_WHY = "most tracks spell it so"
_CREDITS = (
    ("artist", "musicbrainz_artistid"),
    ("albumartist", "musicbrainz_albumartistid"),
)


def artist_variation(artist: Artist) -> Iterator[Repair]:
    """The spelling of an artist that most tracks have, for the others."""
    better = _better(artist)
    for track in artist.tracks if better else ():
        for field, _ in _CREDITS:
            held: Values = getattr(track.tags, field)
            new = tuple(better.get(letters.neat(text), text) for text in held)
            if new != held and repair.is_writable(track):
                yield from repair.edits(track, field, new, "artist-variation", _WHY)


def album_variation(artist: Artist) -> Iterator[Repair]:
    """The spelling of an album that most tracks have; a disc at its end in the disc's own field."""
    for album in artist.albums:
        if agreement.album_variation(album) is not None:
            for group in groups.albums(album):
                yield from _titled(group)


def albumartist_mixed(artist: Artist) -> Iterator[Repair]:
    """The album artist that most tracks of an album bear, for the others."""
    for album in artist.albums:
        if agreement.albumartist_mixed(album) is not None:
            for group in groups.albums(album):
                yield from _credited(group)


def _better(artist: Artist) -> dict[str, str]:
    """Return the spellings that a clearly more frequent one of the same artist should replace."""
    counts: dict[str, Counter[str]] = {}
    ids: dict[str, set[str]] = {}
    for track in artist.tracks:
        names = dict[str, set[str]]()
        for field, known in _CREDITS:
            for name in map(letters.neat, getattr(track.tags, field)):
                names.setdefault(name, set()).update(getattr(track.tags, known))
        for name, found in names.items():
            counts.setdefault(letters.loose(name), Counter())[name] += 1
            ids.setdefault(name, set()).update(found)
    return {
        name: best
        for spelt in counts.values()
        if len(spelt) > 1 and (best := usual.clear(spelt)) and spelt.total() >= _FEWEST
        for name in spelt
        if name != best and not placeholders.is_artist(best) and _may_be_one(ids[name], ids[best])
    }


def _may_be_one(ids: set[str], others: set[str]) -> bool:
    """Tell whether MusicBrainz does not know two spellings as those of different artists."""
    return not ids or not others or bool(ids & others)


def _titled(group: Group) -> Iterator[Repair]:
    spelt = {track.place: usual.mended(track, "album") for track in group.tracks}
    parts = {
        place: titles.parted(letters.neat(texts[0])) for place, texts in spelt.items() if texts
    }
    if len(set(spelt.values()) - {()}) < 2:
        return
    best = usual.clear(Counter(title for title, _ in parts.values())) or ""
    for track in group.tracks if best and not placeholders.is_album(best) else ():
        title, disc = parts.get(track.place, (best, ""))
        alone = len(track.tags.album) == 1
        if (title != best or disc) and alone and repair.is_writable(track):
            yield from repair.edits(track, "album", (best,), "album-variation", _WHY)
            if disc and not letters.holds(track.tags.disc):
                why = "the album's title tells it"
                yield from repair.edits(track, "disc", (disc,), "album-variation", why)


def _credited(group: Group) -> Iterator[Repair]:
    told = {track.place: usual.mended(track, "albumartist") for track in group.tracks}
    keys = {place: tuple(map(letters.loose, names)) for place, names in told.items() if names}
    best = usual.clear(Counter(keys.values()))
    if best is None or len(keys) < _FEWEST:
        return
    names = _most_frequent(told, keys, best)
    for track in group.tracks if not any(map(placeholders.is_artist, names)) else ():
        if keys.get(track.place, best) != best and repair.is_writable(track):
            yield from repair.edits(track, "albumartist", names, "albumartist-mixed", _WHY)


def _most_frequent(
    told: Mapping[str, Values], keys: Mapping[str, Values], wanted: Values
) -> Values:
    """Return the most frequent form of what is loosely the same."""
    counts = Counter(told[place] for place, key in keys.items() if key == wanted)
    return counts.most_common(1)[0][0]
