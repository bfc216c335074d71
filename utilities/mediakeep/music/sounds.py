"""What an artist's files sound like now, compared with what the ledger knows; all of it pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from mediakeep.media.ledger import Sound


class Heard(NamedTuple):
    """What a file sounds like now, and its size and time."""

    essence: str
    payload: int
    size: int
    mtime_ns: int


class Judgement(msgspec.Struct):
    """What is to be written, and which places differ from the ledger, with the sentence on each."""

    sounds: dict[str, Sound] = {}
    left: set[str] = set()  # places whose sound stands elsewhere now
    changes: dict[str, str] = {}


def compare(known: Mapping[str, Sound], heard: Mapping[str, Heard], today: str) -> Judgement:
    """Compare by place; a file that was moved or renamed within the artist is known by its sound.

    One that was moved and has changed on the way is known by its name and its bytes of sound. What
    differs is kept as it was, so it is told until it is accepted. A file that is not there any more
    stays in the ledger: it may come back.
    """
    judged = Judgement()
    moved = _moved(known, heard)
    damaged = _damaged(known, heard, set(moved.values()))
    out = {known[origin].essence for origin in moved.values()}
    judged.left = {origin for origin in moved.values() if origin not in heard}
    judged.left.update(damaged.values())
    for place, now in heard.items():
        before = known.get(place)
        if before and before.essence == now.essence:
            judged.sounds[place] = Sound(*now, before.first, today)
        elif origin := moved.get(place):
            judged.sounds[place] = Sound(*now, known[origin].first, today)
        elif origin := damaged.get(place):
            judged.sounds[place] = known[origin]
            judged.changes[place] = _told(known[origin], now)
        elif before is None or (before.essence in out and not _untouched(before, now)):
            judged.sounds[place] = Sound(*now, today, today)
        else:
            judged.changes[place] = _told(before, now)
    return judged


def accept(
    judged: Judgement, heard: Mapping[str, Heard], places: Iterable[str], today: str
) -> None:
    """Take what is heard at these places, where it differs, for the true sound."""
    for place in places:
        judged.sounds[place] = Sound(*heard[place], today, today)
        del judged.changes[place]


def _moved(known: Mapping[str, Sound], heard: Mapping[str, Heard]) -> dict[str, str]:
    """Find where the sounds came from that have left their place: new place -> old one."""
    origins: dict[str, list[str]] = {}
    for place, sound in known.items():
        if place not in heard or heard[place].essence != sound.essence:
            origins.setdefault(sound.essence, []).append(place)
    there = {now.essence for now in heard.values()}
    moved = {}
    for place, now in heard.items():
        before, found = known.get(place), origins.get(now.essence)
        if not found or (before and before.essence == now.essence):
            continue
        lost = before is not None and before.essence not in there
        if not (lost and _came_back(known, place, found[0])):
            moved[place] = found.pop(0)
    return moved


def _came_back(known: Mapping[str, Sound], place: str, origin: str) -> bool:
    """Tell whether a file was elsewhere for a while, and is back with the sound it had there.

    That sound must not replace the true one: it was first heard when this place had vanished.
    """
    return _name(place) == _name(origin) and known[origin].first > known[place].last


def _damaged(
    known: Mapping[str, Sound], heard: Mapping[str, Heard], taken: Collection[str]
) -> dict[str, str]:
    """Find where the files came from that changed on the way: new place -> old one."""
    vanished: dict[tuple[str, int], list[str]] = {}
    for place, sound in known.items():
        if place not in heard and place not in taken:
            vanished.setdefault((_name(place), sound.payload), []).append(place)
    essences = {sound.essence for sound in known.values()}
    damaged = {}
    for place, now in heard.items():
        origins = vanished.get((_name(place), now.payload))
        if origins and place not in known and now.essence not in essences:
            damaged[place] = origins.pop(0)
    return damaged


def _name(place: str) -> str:
    return place.rpartition("/")[2]


def _untouched(before: Sound, now: Heard) -> bool:
    return (before.size, before.mtime_ns) == (now.size, now.mtime_ns)


def _told(before: Sound, now: Heard) -> str:
    """Say since when the sound differs, and what the file itself says of the cause."""
    differs = f"the sound differs from the one of {before.last}"
    if _untouched(before, now):
        why = "size and time of the file are the same, so the disk or memory damaged it"
    elif before.mtime_ns == now.mtime_ns:
        why = "the size of the file is another, but not its time"
    elif before.mtime_ns < now.mtime_ns:
        why = f"the file was written on {_day(now.mtime_ns)} since"
    else:
        why = f"it is another file, written on {_day(now.mtime_ns)}"
    return f"{differs}; {why}"


def _day(mtime_ns: int) -> str:
    try:
        return datetime.fromtimestamp(mtime_ns / 1e9, UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):  # a time beyond the year 9999
        return "a day that no calendar knows"
