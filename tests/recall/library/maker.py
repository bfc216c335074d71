"""Puts albums together: tags, numbers, file names and covers, in one of many usual manners."""

import random
import re
from dataclasses import dataclass, field

from tests.recall.library.model import EXTENSIONS, FREE_NUMBERS, Album, Track, Way
from tests.recall.tags import pictures
from tests.recall.tags.id3 import GENRES, Style, Tags

_WEIGHTS = {
    "mp3": 30, "flac": 20, "m4a": 10, "ogg": 7, "opus": 7, "wma": 6, "wav": 4, "aiff": 4, "ape": 3,
    "wv": 3, "mpc7": 3, "mpc8": 3, "dsf": 3, "alac": 4, "ogaflac": 3, "speex": 2, "aac": 2,
}  # fmt: skip
_NAMES = ("{n:02d} {t}", "{n:02d} - {t}", "{n:02d}. {t}", "{a} - {n:02d} - {t}", "{t}", "{n}_{t}")
_EXTENSIONS = {
    "aiff": ("aiff", "aif"), "ogg": ("ogg", "ogg", "oga"), "ogaflac": ("oga", "ogg"),
    "m4a": ("m4a", "m4a", "m4b", "m4p"), "opus": ("opus", "opus", "ogg"),
}  # fmt: skip
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')
MUSIC_GENRES = tuple(name for name in GENRES if name not in {"Other", "Speech"})


@dataclass
class Plan:
    """What an album shall be like, where it differs from the usual."""

    form: str = ""
    titles: list[str] = field(default_factory=list)
    count: int = 0
    date: str = ""
    genre: str = ""
    albumartist: str = ""
    naming: str = ""
    totals: bool | None = None
    padded: bool | None = None
    cover: str = ""
    extra: Tags = field(default_factory=dict)


def safe(text: str) -> str:
    """The text as part of a file name that every file system takes."""
    name = _FORBIDDEN.sub("_", text).strip(" .") or "_"
    while len(name.encode()) > 160:
        name = name[:-1]
    return name.rstrip(" .")


class Maker:
    """Makes albums by chance; `strict` ones earn no note, plain ones at most so many tracks."""

    def __init__(self, chance: random.Random, strict: bool, most: int = 14) -> None:
        self.chance = chance
        self.strict = strict
        self.most = most

    def form(self, allowed: frozenset[str] | None = None) -> str:
        """A format, the common ones more often."""
        forms = [name for name in _WEIGHTS if allowed is None or name in allowed]
        return self.chance.choices(forms, [_WEIGHTS[name] for name in forms])[0]

    def way(self, form: str) -> Way:
        """A manner of putting the files of one album together."""
        chance = self.chance
        version = chance.choice((2, 3, 3, 3, 4, 4, 4)) if form == "mp3" else chance.choice((3, 4))
        style = Style(version, chance.random() < 0.3, chance.random() < 0.2, chance.choice((0, 64)))
        info = chance.choice(("Info", "Xing", "VBRI", ""))
        return Way(
            style, info, tags_first=chance.random() < 0.3, index_first=chance.random() < 0.6,
            free=chance.choice((0, 0, 40)), told=chance.random() < 0.8,
            extension=chance.choice(_EXTENSIONS.get(form, (EXTENSIONS[form],))),
        )  # fmt: skip

    def year(self) -> str:
        """A year, sometimes with month and day."""
        year = str(self.chance.randint(1955, 2023))
        return year if self.chance.random() < 0.7 else f"{year}-0{self.chance.randint(1, 9)}-17"

    def picture(self) -> bytes:
        """A front cover that is large enough."""
        size = self.chance.choice((300, 400, 500, 600))
        if self.chance.random() < 0.3:
            return pictures.png(
                size, size + self.chance.choice((0, 3)), self.chance.choice((20, 90))
            )
        return pictures.jpeg(size, size, self.chance.randint(1, 14))

    def album(self, artist: str, folder: str, name: str, sort: str, plan: Plan) -> Album:
        """One plain disc."""
        chance = self.chance
        form = plan.form or self.form()
        made = Album(artist, folder, sort)
        way, count = self.way(form), len(plan.titles) or plan.count
        padded = plan.padded if plan.padded is not None else chance.random() < 0.5
        totals = plan.totals if plan.totals is not None else chance.random() < 0.3
        base: Tags = {
            "artist": [artist], "album": [name], "albumartist": [plan.albumartist or artist],
            "date": [plan.date or self.year()],
            "genres": [plan.genre or chance.choice(MUSIC_GENRES)],
        }  # fmt: skip
        naming = plan.naming or chance.choice(_NAMES)
        odds = {"mp3": 0.3, "flac": 0.05, "wav": 0.3, "ape": 0.1}
        doubled = (chance.random() < odds.get(form, 0), form == "mp3" and chance.random() < 0.15)
        for number, title in enumerate(plan.titles, 1):
            tags: Tags = {"title": [title]} | {key: list(texts) for key, texts in base.items()}
            tags |= {key: list(texts) for key, texts in plan.extra.items()}
            tags["track"] = [f"{number:02d}" if padded and form in FREE_NUMBERS else str(number)]
            if totals and form != "wma":
                tags["track_total"] = [str(count)]
            track = Track(
                folder, "", form, tags, f"{artist}/{folder}/{name}/{number}", self.copy(way)
            )
            track.name = file_name(naming, track, number, title)
            if form == "flac":
                track.way.seconds = chance.choice((2.5, 4, 7, 15, 31))
            track.way.v1 = tags if doubled[0] else None
            track.way.ape = tags if doubled[1] else None
            made.tracks.append(track)
        self.cover(made, plan.cover)
        return made

    def copy(self, way: Way) -> Way:
        """The same manner for one track."""
        return Way(**vars(way))

    def cover(self, album: Album, manner: str = "") -> None:
        """Pictures in the tracks, beside them, or both."""
        picture = self.picture()
        manners = (
            ("all", "all", "first", "both") if self.strict else ("all", "first", "both", "folder")
        )
        manner = manner or self.chance.choice(manners)
        for number, track in enumerate(album.tracks):
            if manner != "folder" and (manner != "first" or number == 0):
                track.pictures = [picture]
        if manner in {"both", "folder"}:
            name = "png" if picture[:4] == b"\x89PNG" else "jpg"
            album.images[f"{self.chance.choice(('cover', 'folder', 'Front'))}.{name}"] = picture
        if self.chance.random() < 0.2:
            self.litter(album)

    def litter(self, album: Album) -> None:
        """What other programs leave in a folder."""
        others = {
            "Thumbs.db": b"\xd0\xcf\x11\xe0" + bytes(60), "rip.log": b"Track 1: copy OK\n",
            "album.m3u": b"#EXTM3U\n", "Scans/back.jpg": pictures.jpeg(100, 100),
            ".DS_Store": b"\0\0\0\1Bud1" + bytes(40), "booklet.pdf": b"%PDF-1.4\n",
            f"._{album.tracks[0].name}": b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(40),
        }  # fmt: skip
        for name in self.chance.sample(sorted(others), 3):
            album.images[name] = others[name]


def file_name(naming: str, track: Track, number: int, title: str) -> str:
    """The name by the manner of the album."""
    artist = safe(track.tags["artist"][0])
    stem = naming.format(n=number, t=safe(title), a=artist, d=(track.tags.get("disc") or ["1"])[0])
    return f"{stem}.{track.way.extension or EXTENSIONS[track.form]}"
