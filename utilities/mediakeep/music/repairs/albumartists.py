"""Safe repairs of the album artist: filled in where the whole album leaves no doubt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mediakeep.media.edits.changes import Values
from mediakeep.music import placeholders
from mediakeep.music.checks import garbling, groups, letters, presence
from mediakeep.music.model import Artist, Track
from mediakeep.music.repairs import repair, spacing, texts
from mediakeep.music.repairs.repair import Repair

_KIND = "missing-albumartist"


def missing_albumartist(artist: Artist) -> Iterator[Repair]:
    """The album artist of the album's other tracks, or the one artist of all of them."""
    for album in artist.albums:
        for group in groups.albums(album):
            lacking = [one for one in group.tracks if presence.missing_albumartist(one) is not None]
            if lacking and (found := _agreed(group.tracks, artist.name)):
                names, why = found
                for track in filter(repair.is_writable, lacking):
                    yield from repair.edits(track, "albumartist", names, _KIND, why)


def is_by(track: Track, name: str) -> bool:
    """Tell whether a track is by an artist, alone or first of several ("Vera feat. Anna")."""
    wanted = letters.neat(name).casefold()
    return any(_begins(letters.neat(text).casefold(), wanted) for text in track.tags.artist)


def is_various(name: str) -> bool:
    """Tell whether a name stands for various artists."""
    return letters.loose(name) in groups.VARIOUS


def is_certain(name: str) -> bool:
    """Tell whether a name may be written: of one artist, not garbled, and without white space."""
    known = not (is_various(name) or placeholders.is_artist(name))
    return known and garbling.judged(name) is None and not any(spacing.oddities(name))


def _begins(text: str, name: str) -> bool:
    return text.startswith(name) and not text[len(name) : len(name) + 1].isalnum()


def _agreed(tracks: Sequence[Track], folder: str) -> tuple[Values, str] | None:
    """Return the album artist that all tracks of an album leave no doubt about, and why."""
    artists, names = _told(tracks, "artist"), _told(tracks, "albumartist")
    several = len(artists) != 1 or len(next(iter(artists))) != 1
    if (several and groups.is_compilation(tracks)) or len(names) > 1:
        return None
    if names:
        (found,) = names.values()
        agreed = all(map(is_certain, found)) and _are_by(tracks, found)
        return (found, "the other tracks of the album bear it") if agreed else None
    if several or is_various(folder):
        return None
    (found,) = artists.values()
    return (found, "all tracks of the album are by it") if is_certain(found[0]) else None


def _told(tracks: Sequence[Track], field: str) -> dict[Values, Values]:
    """Return what tracks hold in a field once it is mended, under what is compared."""
    found: dict[Values, Values] = {}
    for track in tracks:
        held = tuple(map(texts.mended, filter(letters.holds, getattr(track.tags, field))))
        found.setdefault(tuple(map(letters.neat, held)), held)
    if field == "albumartist":
        found.pop((), None)
    return found


def _are_by(tracks: Sequence[Track], names: Values) -> bool:
    """Tell whether more than half of the tracks bear these album artists, or are by the first."""
    there = [one for one in tracks if letters.first(one.tags.albumartist) or is_by(one, names[0])]
    return 2 * len(there) > len(tracks)
