"""Which tracks of a folder belong together: to one album, and to one disc of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, lru_cache
from itertools import combinations

import msgspec

from mediakeep.music import discs
from mediakeep.music.checks import letters, positions, titles
from mediakeep.music.model import Album, Track

VARIOUS = frozenset(
    map(
        letters.loose,
        (
            *("Various Artists", "Various", "VA", "V.A.", "Diverse"),
            *("Verschiedene Interpreten", "Artistes divers", "Varios Artistas"),
        ),
    )
)

_FOLDER = re.compile(r"[^\W\d_]+(?:\s+media|-?ray)?[\W_]*(\d+|[^\W\d_]+)", re.IGNORECASE)


class Group(msgspec.Struct, frozen=True, dict=True):
    """Tracks of one album, or of one disc of it.

    `album` is the title as most of them write it, "" where none has any, and `order` tells the
    albums of a folder apart; `disc` is a plain number or a lower-case name, "" where nothing tells.
    """

    album: str
    order: int
    disc: str
    tracks: tuple[Track, ...]

    @cached_property
    def numbers(self) -> tuple[int | None, ...]:
        """The number of each track, None where it has none or it is unclear."""
        return tuple(map(positions.number, self.tracks))


def of(album: Album) -> tuple[Group, ...]:
    """Give the discs of the albums in a folder, of the tracks that can be read.

    None for loose tracks. Tracks are told apart by loosely equal album tags and by their disc: its
    number in the tags, else the disc at the end of the album tag, else the disc's folder. A track
    without one of them goes with the others in its folder, if these agree; if they do not, one
    without an album tag belongs to none of them.
    """
    return album.once(_discs)


def albums(album: Album) -> tuple[Group, ...]:
    """Give the albums in a folder, each with all its discs; `disc` is "". None for loose tracks."""
    return album.once(_albums)


def label(group: Group, among: Sequence[Group]) -> str:
    """Say which of several groups is meant, as the beginning of a detail; "" for the only one."""
    parts = [letters.quoted(group.album)] if any(one.order != group.order for one in among) else []
    if sum(one.order == group.order for one in among) > 1:
        parts.append(f"disc {group.disc}" if group.disc else "no disc")
    return f"{', '.join(parts)}: " if parts else ""


def format_of(track: Track) -> tuple[str, bool]:
    """Tell a track's format, and whether it is lossless: AAC and ALAC share a container."""
    return (track.facts.format, track.facts.lossless) if track.facts else ("", False)


def is_compilation(tracks: Sequence[Track]) -> bool:
    """Tell whether at least half of the tracks say that they are of various artists."""
    return 2 * sum(map(_is_various, tracks)) >= max(len(tracks), 1)


def _is_various(track: Track) -> bool:
    if track.tags.compilation:
        return True
    return any(letters.loose(name) in VARIOUS for name in track.tags.albumartist)


def _discs(album: Album) -> tuple[Group, ...]:
    return tuple(
        Group(group.album, group.order, disc, tuple(tracks))
        for group in albums(album)
        for disc, tracks in _by_disc(group.tracks, album).items()
    )


def _by_disc(tracks: Sequence[Track], album: Album) -> dict[str, Sequence[Track]]:
    below = len(album.place) + 1 if album.place else 0
    if (
        len({(track.tags.disc, track.tags.album) for track in tracks}) == 1
        and not album.sibling_folders
        and not any("/" in track.place[below:] for track in tracks)
    ):
        return {_disc(tracks[0]): tracks}
    found: dict[str, list[Track]] = {}
    folders = _sorted_out(tracks, lambda track: discs.folder_within(track.place, album.place))
    for folder, here in folders.items():
        told = {disc for track in here if (disc := _disc(track))}
        named = discs.number_of(folder or album.place) if album.sibling_folders else ""
        rest = next(iter(told)) if len(told) == 1 else named or _named(folder)
        for track in here:
            found.setdefault(_disc(track) or rest, []).append(track)
    return dict(found)


def _albums(album: Album) -> tuple[Group, ...]:
    if album.is_loose or not album.readable:
        return ()
    editions = (one for tracks in _by_title(album.readable) for one in _editions(tracks))
    return tuple(
        Group(_usual(tracks), order, "", tuple(tracks)) for order, tracks in enumerate(editions)
    )


def _by_title(tracks: Sequence[Track]) -> list[Sequence[Track]]:
    if len({track.tags.album for track in tracks}) == 1:
        return [tracks]
    found = _sorted_out(tracks, lambda track: titles.core(letters.first(track.tags.album)))
    found.pop(titles.core(""), None)
    if len(found) > 1:
        _take_slips(found)
    return [tracks] if len(found) < 2 else list(found.values())


def _take_slips(found: dict[str, list[Track]]) -> None:
    """Put tracks whose title has a slip of the pen to their album, where they fill its holes."""
    by_title = {_usual(tracks): core for core, tracks in found.items()}
    counts = {title: len(found[core]) for title, core in by_title.items()}
    for slip, usual in titles.slips(counts).items():
        strays, home = found[by_title[slip]], found[by_title[usual]]
        if not _overlap(strays, home):
            home.extend(strays)
            del found[by_title[slip]]


def _editions(tracks: Sequence[Track]) -> list[Sequence[Track]]:
    """Part releases of one title by their MBIDs, where they are whole and not mixed up."""
    if len({track.tags.musicbrainz_albumid for track in tracks}) == 1:
        return [tracks]
    by_release = _sorted_out(tracks, lambda track: letters.first(track.tags.musicbrainz_albumid))
    parts: list[Sequence[Track]] = list(by_release.values())
    if "" in by_release or not all(_overlap(one, other) for one, other in combinations(parts, 2)):
        return [tracks]
    return parts


def _overlap(one: Iterable[Track], other: Iterable[Track]) -> bool:
    """Tell whether a number of one disc stands in both."""
    numbers = {(_disc(track), positions.number(track)) for track in one}
    return any((_disc(track), positions.number(track) or 0) in numbers for track in other)


def _usual(tracks: Iterable[Track]) -> str:
    counts: Counter[str] = Counter()
    for album, count in Counter(track.tags.album for track in tracks).items():
        counts[letters.first(album)] += count
    del counts[""]
    return counts.most_common(1)[0][0] if counts else ""


def _disc(track: Track) -> str:
    told = titles.disc_number(track.tags.disc) if track.tags.disc else ""
    return told or titles.parted(letters.first(track.tags.album))[1]


@lru_cache(maxsize=1024)
def _named(folder: str) -> str:
    """The disc that a folder's name tells; folders within each other name it together."""
    found = (_FOLDER.match(name) for name in folder.split("/"))
    return ".".join(titles.disc_number(disc[1]) for disc in found if disc)


def _sorted_out(tracks: Iterable[Track], key: Callable[[Track], str]) -> dict[str, list[Track]]:
    found: dict[str, list[Track]] = {}
    for track in tracks:
        found.setdefault(key(track), []).append(track)
    return found
