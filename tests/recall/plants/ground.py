"""The healthy library that defects are planted into, and the list of what was planted."""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.recall.library.maker import safe
from tests.recall.library.model import EXTENSIONS, Album, Track

PLAIN = frozenset({"plain", "live", "classical", "scripts"})
FORMS = tuple(sorted(EXTENSIONS))
MANY = range(4, 99)
FEW = range(4, 7)


@dataclass(frozen=True)
class Defect:
    """One planted fault and its place as the audit names it; a twin is as good a place."""

    kind: str
    artist: str
    album: str
    path: str
    twin: str = ""

    @property
    def place(self) -> tuple[str, str, str, str]:
        """What tells the fault apart from all others."""
        return self.kind, self.artist, "" if self.path else self.album, self.path


def shown(path: str) -> str:
    """A path as the audit writes it."""
    raw = path.replace("\\", "\\\\").encode("utf-8", "surrogateescape")
    return raw.decode("utf-8", "backslashreplace")


def untotalled(album: Album) -> None:
    """Take away how many tracks there are."""
    for track in album.tracks:
        track.set("track_total")


@dataclass
class Ground:
    """Hands out healthy albums, each to one plant only."""

    albums: list[Album]
    chance: random.Random
    defects: list[Defect] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    named: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Sort the albums by what can be planted into them."""
        self.discs = [
            album
            for album in self.albums
            if album.sort in PLAIN and len(album.tracks) in MANY and album.simple
        ]

    def pick(self, shelf: list[Album], forms: Iterable[str], turn: int) -> Album:
        """An untouched album, of the format whose turn it is where there is one."""
        order = tuple(forms)
        wanted = order[turn % len(order)]
        spare = [album for album in shelf if id(album) not in self.used and album.form in order]
        if not spare:
            raise ValueError(f"no album is left for a defect of {wanted}; make more tracks")
        found = self.chance.choice([album for album in spare if album.form == wanted] or spare)
        self.used.add(id(found))
        return found

    def disc(
        self, turn: int, forms: Iterable[str] = FORMS, sizes: range = MANY, latin: bool = False
    ) -> Album:
        """A plain disc of four tracks or more."""
        shelf = [album for album in self.discs if len(album.tracks) in sizes]
        if latin:
            shelf = [album for album in shelf if album.sort != "scripts"]
        return self.pick(shelf, forms, turn)

    def holds(self, sort: str, form: str) -> bool:
        """Whether an untouched album of the sort and format is left."""
        return any(
            album.sort == sort and album.form == form and id(album) not in self.used
            for album in self.albums
        )

    def loose(self, turn: int, forms: Iterable[str] = FORMS) -> Album:
        """Tracks right in an artist's folder."""
        return self.pick([a for a in self.albums if a.sort == "loose"], forms, turn)

    def compilation(self, turn: int, forms: Iterable[str] = FORMS) -> Album:
        """An album of various artists."""
        return self.pick([a for a in self.albums if a.sort == "compilations"], forms, turn)

    def track(self, turn: int, forms: Iterable[str] = FORMS) -> tuple[Album, Track]:
        """Any track of a plain disc, but not the only one that holds the cover."""
        album = self.disc(turn, forms)
        pictured = any(track.pictures for track in album.tracks[1:])
        return album, self.chance.choice(album.tracks[0 if pictured else 1 :])

    def add(self, kind: str, album: Album, *tracks: Track) -> None:
        """Note what was planted: in the tracks, or without any in the album."""
        for path in [shown(track.path) for track in tracks] or [""]:
            self.defects.append(Defect(kind, safe(album.artist), shown(album.path), path))

    def either(self, kind: str, album: Album, first: Track, second: Track) -> None:
        """Note a fault of two tracks of which one is reported."""
        places = shown(first.path), shown(second.path)
        self.defects.append(Defect(kind, safe(album.artist), "", *places))

    def whole(self, kind: str, album: Album) -> None:
        """Note a fault of the artist."""
        self.defects.append(Defect(kind, safe(album.artist), "", ""))
