"""Artists with every repairable issue, in every mixture, and repairs in memory."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from msgspec import structs

from mediakeep.media.audio.model import AudioProperties, EmbeddedPicture, Tags
from mediakeep.media.audio.tag_edits import CopyToNativeTags, SetField
from mediakeep.music.model import Album, Artist, ImageFile, Track, TrackFault
from mediakeep.music.repairs.repair import Repair

WRITTEN = ("MP3", "MP4", "FLAC", "Ogg Vorbis", "Opus", "WMA", "WAV", "Monkey's Audio")
ONLY_READ = ("Speex", "Ogg FLAC", "AAC")
VORBIS = ("FLAC", "Ogg Vorbis", "Opus")


def garble(text: str, code: str = "cp1252") -> str:
    """Read the UTF-8 of a text in the wrong encoding, where that has a letter for each byte."""
    return "".join(_read(bytes([byte]), code) for byte in text.encode())


def _read(byte: bytes, code: str) -> str:
    try:
        return byte.decode(code)
    except UnicodeDecodeError:
        return byte.decode("latin-1")


WORDS = ("Björk", "Vera", "Ásta Vík", "Ночь и Дождь", "Dawn", "Fée du Café", "Tür !", "海")
TEXTS = (
    *WORDS,
    *map(garble, WORDS),
    *(garble(garble(word)) for word in WORDS),
    *(garble(word, "latin-1") for word in WORDS),
    *(
        "Ïðèâåò",
        "Various Artists",
        "Unknown Artist",
        "Dawn (Disc 2)",
        "Dawn  (Disc\t2)",
        "B\ufffdrk",
    ),
    *(
        "Vera ",
        " Vera",
        "Ve\u200bra",
        "Vera\u00a0Lane",
        "Ã\u200b¶l",
        "\u200b\t\u200b",
        " ",
        "20\u00a0000",
    ),
    *(
        "Oui\u00a0!",
        "Oui \u00a0!",
        "海\u3000\u3000海",
        "Vera feat. Anna",
        "a\u00a0b\u00a0c",
        "x\ud800",
    ),
)
NUMBERS = (
    *(
        "1",
        "2",
        "3",
        "01",
        "02",
        "03",
        "004",
        "10",
        "12",
        "Track 3",
        "03 of 12",
        "3/12",
        "#4",
        "5.",
    ),
    *(
        "A1",
        "A-3",
        "1-02",
        "Disc 2",
        "three",
        "",
        " ",
        " 6",
        "Track 07",
        "3/12/9",
        "03/",
        "7 von 9",
    ),
    *("0" * 5000 + "1", "9" * 30, "3²", "Nr. 8"),
)
TOTALS = ("", "", "", "12", "09", "13", "twelve")


def artist(seed: int) -> Artist:
    """Return the artist of a seed: loose tracks and albums, each track with some faults."""
    rng = Random(seed)
    folders = rng.sample(("", "Dawn", "Dusk"), rng.randint(1, 3))
    name = rng.choice(("Vera", "Vera", "Various Artists"))
    albums = tuple(_album(rng, folder) for folder in folders)
    return Artist(name=name, path=f"/{name}", albums=albums, fingerprint="")


def _album(rng: Random, folder: str) -> Album:
    """A folder of some tracks, of which one may not be readable, and pictures next to them."""
    home = rng.choice((WRITTEN, WRITTEN, WRITTEN[:1], VORBIS, ONLY_READ))
    usual = rng.choice((TEXTS, WORDS, ("Vera",)))
    tracks = [_track(rng, folder, home, usual) for _ in range(rng.randint(1, 6))]
    if rng.random() < 0.2:
        tracks.append(Track(place=_below(folder, "z.mp3"), fault=TrackFault.NOT_AUDIO))
    names = rng.sample(("back.jpg", "cover.jpg", "CD1/scan.png", "x.gif"), rng.randint(0, 3))
    images = tuple(_image(rng, _below(folder, name)) for name in names)
    return Album(place=folder, tracks=tuple(tracks), images=images)


def _image(rng: Random, place: str) -> ImageFile:
    size = rng.choice((1, 5 << 20, (5 << 20) + 1))
    mime = rng.choice(("image/jpeg", "image/png", "image/gif", ""))
    return ImageFile(place=place, size=size, mime=mime)


def _track(rng: Random, folder: str, formats: Sequence[str], usual: Sequence[str]) -> Track:
    kind = rng.choice(formats)
    mp4 = kind == "MP4"  # which holds numbers, no texts
    written, total = (
        rng.choice(NUMBERS[:3] if mp4 else NUMBERS),
        rng.choice(TOTALS[: 4 if mp4 else 9]),
    )
    number, stroke, rest = written.partition("/")
    raw: dict[str, list[str]] = {"tracknumber": [written]} if kind in VORBIS and written else {}
    if kind in VORBIS and total:
        raw["tracktotal"] = [total]
    picture = EmbeddedPicture(type=3, mime="image/png", size=9, seen="image/png")
    names = {name: _texts(rng, usual) for name in ("title", "artist", "composer", "genres")}
    below = rng.choice(("", "", "CD1/", "CD2/")) if folder else ""
    return Track(
        place=_below(folder, f"{below}{rng.randrange(10**6):06}.x"),
        tags=Tags(
            **names,
            album=rng.choice((("Dawn",), _texts(rng, usual))),
            albumartist=rng.choice(((), ("Vera",), _texts(rng, usual))),
            track=number.strip() if stroke else number,
            track_total=total or rest.strip(),
            disc=rng.choice(("", "", "1", "2")),
            compilation=rng.random() < 0.1,
            pictures=(picture,) * (rng.random() < 0.1),
        ),
        facts=AudioProperties(
            format=kind,
            protected=rng.choice(("", "", "", "", "", "FairPlay")),
            truncated=rng.choice(("", "", "", "", "", "9 bytes are missing")),
        ),
        container=rng.choice(("ID3v2.4", "ID3v2.4", "ID3v1")),
        raw=raw,
    )


def _texts(rng: Random, usual: Sequence[str]) -> tuple[str, ...]:
    """One text mostly; sometimes none, or several."""
    count = rng.choice((0, 1, 1, 1, 1, 2))
    return tuple(rng.choice(usual) for _ in range(count))


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def apply_repairs(artist: Artist, repairs: tuple[Repair, ...]) -> Artist:
    """Return an artist as it would be read after repairs: what a writer and a reader do to it."""
    by_place: dict[str, list[Repair]] = {}
    for repair in repairs:
        by_place.setdefault(repair.place, []).append(repair)
    return structs.replace(
        artist,
        albums=tuple(
            structs.replace(
                album,
                tracks=tuple(
                    _applied(track, by_place.get(track.place, [])) for track in album.tracks
                ),
            )
            for album in artist.albums
        ),
    )


def _applied(track: Track, repairs: list[Repair]) -> Track:
    fields: dict[str, Any] = {}
    raw = dict(track.raw)
    container = track.container
    for repair in repairs:
        change = repair.change
        if isinstance(change, SetField):
            single = change.field in ("track", "track_total", "disc")
            fields[change.field] = "".join(change.values) if single else change.values
            if track.facts and track.facts.format in VORBIS and single:
                name = {"track": "tracknumber", "track_total": "tracktotal"}[change.field]
                raw[name] = list(change.values)
        elif isinstance(change, CopyToNativeTags):
            container = "ID3v2.4"
        else:
            new = EmbeddedPicture(type=3, mime="image/jpeg", size=8, seen="image/jpeg")
            fields["pictures"] = (*track.tags.pictures, new)
    tags = structs.replace(track.tags, **fields)
    return structs.replace(track, tags=tags, container=container, raw=raw)


def build_artist(*albums: Album, name: str = "Vera") -> Artist:
    """Return an artist of some albums."""
    return Artist(name=name, path=f"/{name}", albums=albums, fingerprint="")
