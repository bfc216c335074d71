"""Group the tracks of a folder by album and by disc."""

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
    """The tracks of one album or of one disc of it.

    `album` is the most frequent spelling of the title, or "" if there is none, and `order` numbers
    the albums of a folder; `disc` is a plain number or a lower-case name, or "" if unknown.
    """

    album: str
    order: int
    disc: str
    tracks: tuple[Track, ...]

    @cached_property
    def numbers(self) -> tuple[int | None, ...]:
        """The number of each track, or None if it has none or it is ambiguous."""
        return tuple(map(positions.number, self.tracks))


def of(album: Album) -> tuple[Group, ...]:
    """Return the discs of the albums in a folder, with their readable tracks.

    Return none for loose tracks. Tracks are grouped by loosely equal album tags and by disc: the
    number in the tags, else the disc at the end of the album tag, else the disc's folder. A track
    without one of them joins the others in its folder if these agree; if they do not, a track
    without an album tag belongs to no album.
    """
    return album.once(_discs)


def albums(album: Album) -> tuple[Group, ...]:
    """Return the albums in a folder, each with all its discs and an empty `disc`.

    Return none for loose tracks.
    """
    return album.once(_albums)


def label(group: Group, among: Sequence[Group]) -> str:
    """Return which of several groups is meant, as the start of a detail; "" for a single one."""
    parts = (
        [letters.quoted(group.album)] if any(other.order != group.order for other in among) else []
    )
    if sum(other.order == group.order for other in among) > 1:
        parts.append(f"disc {group.disc}" if group.disc else "no disc")
    return f"{', '.join(parts)}: " if parts else ""


def format_of(track: Track) -> tuple[str, bool]:
    """Return the format of a track, and whether it is lossless: AAC and ALAC share a container."""
    return (track.facts.format, track.facts.lossless) if track.facts else ("", False)


def is_compilation(tracks: Sequence[Track]) -> bool:
    """Return whether at least half of the tracks are tagged as by various artists."""
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
    prefix_length = len(album.place) + 1 if album.place else 0
    if (
        len({(track.tags.disc, track.tags.album) for track in tracks}) == 1
        and not album.sibling_folders
        and not any("/" in track.place[prefix_length:] for track in tracks)
    ):
        return {_disc(tracks[0]): tracks}
    by_disc: dict[str, list[Track]] = {}
    folders = _sorted_out(tracks, lambda track: discs.folder_within(track.place, album.place))
    for folder, tracks_in_folder in folders.items():
        discs_in_tags = {disc for track in tracks_in_folder if (disc := _disc(track))}
        disc_in_name = discs.number_of(folder or album.place) if album.sibling_folders else ""
        default = (
            next(iter(discs_in_tags)) if len(discs_in_tags) == 1 else disc_in_name or _named(folder)
        )
        for track in tracks_in_folder:
            by_disc.setdefault(_disc(track) or default, []).append(track)
    return dict(by_disc)


def _albums(album: Album) -> tuple[Group, ...]:
    if album.is_loose or not album.readable:
        return ()
    editions = (edition for tracks in _by_title(album.readable) for edition in _editions(tracks))
    return tuple(
        Group(_usual(tracks), order, "", tuple(tracks)) for order, tracks in enumerate(editions)
    )


def _by_title(tracks: Sequence[Track]) -> list[Sequence[Track]]:
    if len({track.tags.album for track in tracks}) == 1:
        return [tracks]
    by_title = _sorted_out(tracks, lambda track: titles.core(letters.first(track.tags.album)))
    by_title.pop(titles.core(""), None)
    if len(by_title) > 1:
        _take_slips(by_title)
    return [tracks] if len(by_title) < 2 else list(by_title.values())


def _take_slips(by_key: dict[str, list[Track]]) -> None:
    """Move tracks with a misspelled title to the right album if their numbers are free there."""
    key_by_title = {_usual(tracks): core for core, tracks in by_key.items()}
    counts = {title: len(by_key[core]) for title, core in key_by_title.items()}
    for typo, usual in titles.slips(counts).items():
        misspelled, target = by_key[key_by_title[typo]], by_key[key_by_title[usual]]
        if not _overlap(misspelled, target):
            target.extend(misspelled)
            del by_key[key_by_title[typo]]


def _editions(tracks: Sequence[Track]) -> list[Sequence[Track]]:
    """Split releases of one title by their MBIDs if they are complete and not mixed up."""
    if len({track.tags.musicbrainz_albumid for track in tracks}) == 1:
        return [tracks]
    by_release = _sorted_out(tracks, lambda track: letters.first(track.tags.musicbrainz_albumid))
    parts: list[Sequence[Track]] = list(by_release.values())
    if "" in by_release or not all(
        _overlap(first, second) for first, second in combinations(parts, 2)
    ):
        return [tracks]
    return parts


def _overlap(first: Iterable[Track], second: Iterable[Track]) -> bool:
    """Return whether both contain the same number of the same disc."""
    numbers = {(_disc(track), positions.number(track)) for track in first}
    return any((_disc(track), positions.number(track) or 0) in numbers for track in second)


def _usual(tracks: Iterable[Track]) -> str:
    counts: Counter[str] = Counter()
    for album, count in Counter(track.tags.album for track in tracks).items():
        counts[letters.first(album)] += count
    del counts[""]
    return counts.most_common(1)[0][0] if counts else ""


def _disc(track: Track) -> str:
    number = titles.disc_number(track.tags.disc) if track.tags.disc else ""
    return number or titles.parted(letters.first(track.tags.album))[1]


@lru_cache(maxsize=1024)
def _named(folder: str) -> str:
    """Return the disc in a folder's name; nested folders name it together."""
    matches = (_FOLDER.match(name) for name in folder.split("/"))
    return ".".join(titles.disc_number(match[1]) for match in matches if match)


def _sorted_out(tracks: Iterable[Track], key: Callable[[Track], str]) -> dict[str, list[Track]]:
    by_key: dict[str, list[Track]] = {}
    for track in tracks:
        by_key.setdefault(key(track), []).append(track)
    return by_key
