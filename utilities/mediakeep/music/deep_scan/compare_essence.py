"""Compare the audio of an artist's files with the database of earlier deep scans."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from mediakeep.media.audio.essence_db import KnownEssence


class MeasuredAudio(NamedTuple):
    """The current audio of a file, measured by decoding, and the file's size and time."""

    essence: str
    payload: int
    size: int
    mtime_ns: int


class EssenceDiff(msgspec.Struct):
    """The result of a comparison: database entries to write, and the files whose audio differs.

    Each of these files has a sentence that describes the difference.
    """

    essences: dict[str, KnownEssence] = {}
    vacated: set[str] = set()  # places whose audio is elsewhere now
    changes: dict[str, str] = {}


def compare_audio_with_database(
    known: Mapping[str, KnownEssence], measured: Mapping[str, MeasuredAudio], today: str
) -> EssenceDiff:
    """Compare the current audio of files with the database, by their places.

    A file that was moved or renamed within the artist is recognized by its audio. If it was also
    changed, it is recognized by its name and its number of bytes of audio. The database entry of a
    changed file is kept, so that the change is reported until it is accepted. A vanished file stays
    in the database, since it may come back.
    """
    diff = EssenceDiff()
    moved = _find_moved(known, measured)
    damaged = _find_damaged(known, measured, set(moved.values()))
    moved_essences = {known[origin].essence for origin in moved.values()}
    diff.vacated = {origin for origin in moved.values() if origin not in measured}
    diff.vacated.update(damaged.values())
    for place, current in measured.items():
        previous = known.get(place)
        if previous and previous.essence == current.essence:
            diff.essences[place] = KnownEssence(*current, previous.first, today)
        elif origin := moved.get(place):
            diff.essences[place] = KnownEssence(*current, known[origin].first, today)
        elif origin := damaged.get(place):
            diff.essences[place] = known[origin]
            diff.changes[place] = _format_difference(known[origin], current)
        elif previous is None or (
            previous.essence in moved_essences and not _has_same_stat(previous, current)
        ):
            diff.essences[place] = KnownEssence(*current, today, today)
        else:
            diff.changes[place] = _format_difference(previous, current)
    return diff


def accept_changes(
    diff: EssenceDiff, measured: Mapping[str, MeasuredAudio], places: Iterable[str], today: str
) -> None:
    """Make the current audio of the files at `places` the right one in the database."""
    for place in places:
        diff.essences[place] = KnownEssence(*measured[place], today, today)
        del diff.changes[place]


def _find_moved(
    known: Mapping[str, KnownEssence], measured: Mapping[str, MeasuredAudio]
) -> dict[str, str]:
    """Return the old place of each moved file, by its new place."""
    origins: dict[str, list[str]] = {}
    for place, sound in known.items():
        if place not in measured or measured[place].essence != sound.essence:
            origins.setdefault(sound.essence, []).append(place)
    present = {current.essence for current in measured.values()}
    moved = {}
    for place, current in measured.items():
        previous, candidates = known.get(place), origins.get(current.essence)
        if not candidates or (previous and previous.essence == current.essence):
            continue
        is_lost = previous is not None and previous.essence not in present
        if not (is_lost and _has_come_back(known, place, candidates[0])):
            moved[place] = candidates.pop(0)
    return moved


def _has_come_back(known: Mapping[str, KnownEssence], place: str, origin: str) -> bool:
    """Return whether a file that had been moved is back at its place with unchanged audio.

    `origin` is where it was meanwhile. The audio measured there must not replace the right one.
    """
    return _file_name(place) == _file_name(origin) and known[origin].first > known[place].last


def _find_damaged(
    known: Mapping[str, KnownEssence],
    measured: Mapping[str, MeasuredAudio],
    taken_places: Collection[str],
) -> dict[str, str]:
    """Return the old place of each file that changed while it was moved, by its new place."""
    vanished: dict[tuple[str, int], list[str]] = {}
    for place, sound in known.items():
        if place not in measured and place not in taken_places:
            vanished.setdefault((_file_name(place), sound.payload), []).append(place)
    essences = {sound.essence for sound in known.values()}
    damaged = {}
    for place, current in measured.items():
        origins = vanished.get((_file_name(place), current.payload))
        if origins and place not in known and current.essence not in essences:
            damaged[place] = origins.pop(0)
    return damaged


def _file_name(place: str) -> str:
    return place.rpartition("/")[2]


def _has_same_stat(previous: KnownEssence, current: MeasuredAudio) -> bool:
    return (previous.size, previous.mtime_ns) == (current.size, current.mtime_ns)


def _format_difference(previous: KnownEssence, current: MeasuredAudio) -> str:
    """Return since when the audio differs, and what the file's size and time say on the cause."""
    differs = f"the audio differs from that of {previous.last}"
    if _has_same_stat(previous, current):
        reason = "size and time of the file are unchanged, so disk or memory damaged it"
    elif previous.mtime_ns == current.mtime_ns:
        reason = "the size of the file changed, but not its time"
    elif previous.mtime_ns < current.mtime_ns:
        reason = f"the file was modified on {_format_day(current.mtime_ns)}"
    else:
        reason = f"it is another file, modified on {_format_day(current.mtime_ns)}"
    return f"{differs}; {reason}"


def _format_day(mtime_ns: int) -> str:
    try:
        return datetime.fromtimestamp(mtime_ns / 1e9, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):  # a time beyond the year 9999
        return "an invalid date"
