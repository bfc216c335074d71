"""Ways in which a local album is not as its release: each takes a draft and damages it."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from random import Random

from benchmarks.matching_draft import Draft, Line
from mediakeep import path_text

_SWAPPED = (
    ("'", "’"),
    (" and ", " & "),
    (", Part ", " Pt. "),
    (" (live)", " [Live]"),
    ("(", "["),
    (" ", "_"),
)
_LONGEST = 30  # letters that ID3v1 holds
_NOWHERE = ("Unknown Album", "New Folder", "Music", "Untitled", "Album")


def drop(draft: Draft, rng: Random) -> None:
    """Take away up to two in five tracks, and never so many that fewer than three are left."""
    most = min(len(draft.lines) - 3, max(1, len(draft.lines) * 2 // 5))
    gone = rng.sample(draft.lines, rng.randint(1, most))
    draft.lines = [line for line in draft.lines if line not in gone]
    draft.totals = rng.random() < 0.5


def add(draft: Draft, rng: Random, strangers: list[Line]) -> None:
    """Put one or two tracks of something else behind the others."""
    last = draft.lines[-1]
    for number, line in enumerate(strangers[: rng.randint(1, 2)], 1):
        line.disc, line.position, line.origin = last.disc, last.position + number, (0, 0)
        draft.lines.append(line)
    draft.totals = False


def reorder(draft: Draft, rng: Random) -> None:
    """Number tracks in another order, or remove everything that shows the order."""
    draft.ordered = False
    if rng.random() < 0.5:
        places = [(line.disc, line.position) for line in draft.lines]
        rng.shuffle(places)
        for line, (disc, position) in zip(draft.lines, places, strict=True):
            line.disc, line.position = disc, position
        return
    draft.totals = draft.discs = False
    for line in draft.lines:
        line.number, line.name = "", path_text.safe_name(line.title)


def mistype(draft: Draft, rng: Random) -> None:
    """Write titles with slips, cut, in another case, with other signs, or featuring somebody."""
    way = rng.choice(("slips", "cut", "case", "signs", "featuring"))
    for line in draft.lines:
        if rng.random() < 0.8:
            line.title = mistype_text(line.title, way, rng)
    if rng.random() < 0.5:
        draft.album = mistype_text(draft.album, "slips" if way == "featuring" else way, rng)
        draft.place = path_text.safe_name(draft.album)


def mistype_text(text: str, way: str, rng: Random) -> str:
    """Write a text in one of these ways."""
    if way == "cut":
        return text[:_LONGEST].strip()
    if way == "case":
        return rng.choice((text.upper(), text.lower()))
    if way == "signs":
        old, new = rng.choice(_SWAPPED)
        return text.replace(old, new)
    if way == "featuring":
        return f"{text} (feat. {rng.choice(('Lena Ruud', 'DJ Osk', 'M. Farrow'))})"
    for _ in range(1 + len(text) // 14):
        text = _slip(text, rng)
    return text


def _slip(text: str, rng: Random) -> str:
    at = rng.randrange(len(text))
    letter = rng.choice(string.ascii_lowercase)
    ways = (
        text[:at] + text[at + 1 :],
        text[:at] + letter + text[at:],
        text[:at] + letter + text[at + 1 :],
        text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :],
    )
    return rng.choice(ways).strip() or text


def retime(draft: Draft, rng: Random) -> None:
    """Let lengths be off: all by the same gap of up to four seconds, or each by some."""
    gap = rng.choice((0.0, rng.uniform(1, 4)))
    spread = rng.uniform(1, 3)
    for line in draft.lines:
        line.seconds = max(5.0, line.seconds + gap + rng.gauss(0, spread))
    draft.noise = spread + gap


def untitle(draft: Draft, rng: Random) -> None:
    """Blank the titles, and often all other tags, so that only file names are left."""
    bare = rng.random() < 0.5
    for line in draft.lines:
        line.hidden = True
        line.name = f"{line.position:02} {path_text.safe_name(line.title)}"
        if len(draft.sizes) > 1:
            line.name = f"{line.disc}-{line.name}"
        if bare:
            line.artist, line.number = "", ""
    if bare:
        draft.album = draft.albumartist = draft.date = ""
        draft.totals = False


def blank(draft: Draft, rng: Random) -> None:
    """Blank everything: nothing but lengths and the order is left."""
    draft.album = draft.albumartist = draft.date = ""
    draft.place, draft.totals, draft.discs = rng.choice(_NOWHERE), False, False
    for number, line in enumerate(draft.lines, 1):
        line.hidden, line.artist, line.number = True, "", ""
        line.disc, line.position = 1, number
        line.name = f"{number:02} Track {number}"


def add_slips(draft: Draft, rng: Random) -> None:
    """Add some slips and half a second or so to what is damaged already."""
    for line in draft.lines:
        line.seconds += rng.gauss(0, 0.6)
        if rng.random() < 0.3 and not line.hidden:
            line.title = mistype_text(line.title, "slips", rng)
    draft.noise = max(draft.noise, 0.6)


def scatter(draft: Draft, rng: Random) -> None:
    """Lay discs into folders of their own, or all into one where nothing shows the disc."""
    if rng.random() < 0.5:
        draft.discs = rng.random() < 0.5
        noun = rng.choice(("CD ", "CD", "Disc ", "Disk "))
        for line in draft.lines:
            line.folder = f"{noun}{line.disc}"
        return
    draft.discs = draft.totals = False
    if rng.random() < 0.7:  # numbered on and on
        for number, line in enumerate(draft.lines, 1):
            line.number = str(number)
            line.name = f"{number:02} {path_text.safe_name(line.title)}"
    else:
        for line in draft.lines:
            line.name = f"{line.disc}{line.position:02} {path_text.safe_name(line.title)}"


def latinise(draft: Draft, rng: Random, latin: Mapping[str, str]) -> None:
    """Write names as they are spelled in Latin letters, and of half of the albums titles too."""
    draft.albumartist = latin.get(draft.albumartist, draft.albumartist).title()
    for line in draft.lines:
        line.artist = draft.albumartist
    if rng.random() < 0.5:
        return
    draft.album = _latin(draft.album, latin)
    draft.place = path_text.safe_name(draft.album)
    for line in draft.lines:
        line.title = _latin(line.title, latin)


def _latin(text: str, latin: Mapping[str, str]) -> str:
    """Transliterate what is written in front of a bracket or of a Latin word."""
    native = re.split(r" (?=[\x00-\x7f])", text, maxsplit=1)
    return " ".join([latin.get(native[0], native[0]), *native[1:]])


def rename(draft: Draft, rng: Random, composer: str, player: str) -> None:
    """Credit a classical album as people do: to the composer, or to who plays it."""
    draft.composer = composer
    draft.albumartist = rng.choice((composer, player, f"{composer}; {player}"))
    artist = rng.choice((composer, player))
    short = rng.random() < 0.4
    for line in draft.lines:
        line.artist = artist
        if short:
            line.title = line.title.replace("no. ", "No.").replace("op. ", "Op.")
            line.title = line.title.replace(": ", " - ", 1)
