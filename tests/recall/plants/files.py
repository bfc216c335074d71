"""Defects of whole files."""

import random

from tests.recall.library.model import LOSSY, Album, Track
from tests.recall.library.render import render
from tests.recall.plants.ground import FEW, FORMS, Ground
from tests.recall.sound.bits import noise
from tests.recall.tags import pictures

_COMPRESSED = tuple(sorted(LOSSY - {"speex"}))
_PAGE = (
    b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>Gone.</body></html>\n"
)


def unreadable_file(ground: Ground, turn: int) -> None:
    """A link that leads nowhere or to itself, or a named pipe."""
    album, track = ground.track(turn)
    track.link = ("pipe", "/nowhere/at/all.mp3", "../gone/" + track.name, track.name)[turn % 4]
    ground.add("unreadable-file", album, track)


def empty_file(ground: Ground, turn: int) -> None:
    """No byte is left."""
    album, track = ground.track(turn)
    track.raw = b""
    ground.add("empty-file", album, track)


def not_audio(ground: Ground, turn: int) -> None:
    """Something else under the name, or a header that was written over."""
    album, track = ground.track(turn)
    whole = render(track)
    others = (
        _PAGE,
        pictures.jpeg(300, 300),
        bytes(len(whole)),
        b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< >>\nendobj\n" + b"text " * 200,
        b"PK\x03\x04\x14\0\0\0\x08\0" + noise(turn, 900).replace(b"\xff", b"\0"),
        noise(("start", turn), len(whole)).replace(b"OggS", b"oGGs"),
        b"Notes about this song: to be found again.\n" * 20,
        pictures.png(320, 320),
    )
    track.raw = others[turn % len(others)]
    ground.add("not-audio", album, track)


def drm_protected(ground: Ground, turn: int) -> None:
    """A sample description of an encrypted sound, or a content encryption object."""
    album, track = ground.track(turn, ("m4a", "m4a", "m4a", "wma"))
    track.way.locked = ("drms", "enca", "aavd")[turn % 3]
    ground.add("drm-protected", album, track)


def wrong_extension(ground: Ground, turn: int) -> None:
    """The name of another format."""
    album, track = ground.track(turn, FORMS)
    stem, right = track.name.rsplit(".", 1)
    fitting = [{"ogg", "oga", "opus"}, {"m4a", "m4b", "m4p"}, {"aif", "aiff"}]
    same = next((group for group in fitting if right in group), {right})
    wrong = [
        name
        for name in ("mp3", "flac", "m4a", "ogg", "wma", "wav", "aiff", "ape")
        if name not in same
    ]
    track.name = f"{stem}.{wrong[turn % len(wrong)]}"
    if track.form in {"ogg", "ogaflac", "speex"} and turn % 2:
        track.name = f"{stem}.opus"
    ground.add("wrong-extension", album, track)


def low_bitrate(ground: Ground, turn: int) -> None:
    """More than ten seconds squeezed into very little."""
    album, track = ground.track(turn, _COMPRESSED)
    track.way.seconds = 10.5 + turn % 4
    rates = {"mp3": (8, 16, 24, 32)[turn % 4], "ogg": 16, "wma": 24}
    track.way.rate = rates.get(track.form, 0)
    ground.add("low-bitrate", album, track)


_SIGNS = (
    "Why?",
    "What: Next",
    'The "Song"',
    "a*b",
    "One | Two",
    "<Tag>",
    "Back\\slash",
    "Bell\x07",
    "Line\nbreak",
)
_DEVICES = ("CON", "aux", "Com1", "LPT9", "nul")
_FOLDERS = (
    "Ends with dot.",
    "Ends with space ",
    "Who?",
    "PRN",
    "Con.old",
    "Colon: Two",
    "Caf\udce9 Noir",
)


def name_not_portable(ground: Ground, turn: int) -> None:
    """A name that other systems refuse, of a file or of a folder, or two that they take for one."""
    manner, step = turn % 4, turn // 4
    if manner == 0:
        album, track = ground.track(turn)
        extension = track.name.rsplit(".", 1)[1]
        number = int(track.tags["track"][0])
        track.name = f"{number:02d} {_SIGNS[step % len(_SIGNS)]} {_words(track)}.{extension}"
        ground.add("name-not-portable", album, track)
    elif manner == 1:
        album, track = ground.track(turn)
        extension = track.name.rsplit(".", 1)[1]
        track.set("title", f"{_DEVICES[step % len(_DEVICES)]} Song")
        track.name = f"{_DEVICES[step % len(_DEVICES)]}.{extension}"
        if step % 3 == 2:
            track.name = f"Bad \udcff\udcfe Byte {track.tags['title'][0]}.{extension}"
        ground.add("name-not-portable", album, track)
    elif manner == 2:
        album = ground.disc(turn, sizes=FEW)
        rehoused(album, f"{album.path}/{_FOLDERS[step % len(_FOLDERS)]}")
        ground.add("name-not-portable", album, *album.tracks)
    else:
        _twins(ground, turn, step)


def _words(track: Track) -> str:
    """The title without what a path cannot hold."""
    return "".join(letter for letter in track.tags["title"][0] if letter.isalnum() or letter == " ")


def _twins(ground: Ground, turn: int, step: int) -> None:
    """Two names that differ in case, or in how an accent is written."""
    album = ground.disc(turn)
    first, second = random.Random(turn).sample(album.tracks, 2)
    names = (
        ("Interlude", "INTERLUDE"),
        ("Caf\u00e9", "Cafe\u0301"),
        ("Stra\u00dfe", "stra\u00dfe"),
    )
    for track, name, tail in zip((first, second), names[step % 3], ("", " Again"), strict=True):
        track.set("title", name.title() + tail)
        extension = first.name.rsplit(".", 1)[1]
        track.name = f"{name}.{extension}"
    ground.add("name-not-portable", album, first, second)


def rehoused(album: Album, path: str) -> None:
    """Put the album into another folder."""
    for track in album.tracks:
        track.folder = path
    album.path = path
