"""What a made library is made of, before it is written."""

import copy
from dataclasses import dataclass, field

from tests.recall.tags.id3 import Style, Tags

EXTENSIONS = {
    "mp3": "mp3", "aac": "aac", "m4a": "m4a", "alac": "m4a", "flac": "flac", "ogg": "ogg",
    "opus": "opus", "ogaflac": "oga", "speex": "ogg", "wma": "wma", "wav": "wav", "aiff": "aiff",
    "ape": "ape", "wv": "wv", "mpc7": "mpc", "mpc8": "mpc", "dsf": "dsf",
}  # fmt: skip
LOSSY = frozenset({"mp3", "aac", "m4a", "ogg", "opus", "speex", "wma", "mpc7", "mpc8"})
# Formats whose texts are free, so that a number may be written as any text.
FREE_NUMBERS = frozenset(
    {"mp3", "flac", "ogg", "opus", "ogaflac", "wma", "wav", "aiff", "ape", "wv"}
)
ID3 = frozenset({"mp3", "aac", "wav", "aiff", "dsf"})
APE = frozenset({"ape", "wv", "mpc7", "mpc8"})


@dataclass
class Way:
    """How one file is put together."""

    id3: Style = field(default_factory=Style)
    info: str = "Info"
    rate: int = 0
    seconds: float = 0.0
    tags_first: bool = False
    index_first: bool = True
    free: int = 0
    v2: bool = True
    v1: Tags | None = None
    ape: Tags | None = None
    told: bool = True
    locked: str = ""
    extension: str = ""


@dataclass
class Track:
    """One file: where it stands, what it says, and how it sounds."""

    folder: str
    name: str
    form: str
    tags: Tags
    sound: str
    way: Way
    pictures: list[bytes] = field(default_factory=list)
    raw: bytes | None = None
    link: str = ""

    @property
    def path(self) -> str:
        """The path below the artist."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    def set(self, name: str, *values: str) -> "Track":
        """Write a tag, or take it away where there is no value."""
        if values:
            self.tags[name] = list(values)
        else:
            self.tags.pop(name, None)
        for other in (self.way.v1, self.way.ape):
            if other is not None and other is not self.tags:
                other.pop(name, None)
                if values:
                    other[name] = list(values)
        return self

    def twin(self) -> "Track":
        """A copy that can be changed without changing this one."""
        return copy.deepcopy(self)


@dataclass
class Album:
    """One folder with its disc folders, and everything in it."""

    artist: str
    path: str
    sort: str
    tracks: list[Track] = field(default_factory=list)
    images: dict[str, bytes] = field(default_factory=dict)

    @property
    def form(self) -> str:
        """The format of the first track."""
        return self.tracks[0].form

    @property
    def simple(self) -> bool:
        """Whether it is one plain disc, whose last track can be changed without leaving a gap."""
        numbers = [track.tags.get("track", [""])[0] for track in self.tracks]
        plain = [str(int(n)) if n.isdecimal() else n for n in numbers]
        albums = {track.tags.get("album", [""])[0] for track in self.tracks}
        alone = all(track.folder == self.path for track in self.tracks)
        return alone and len(albums) == 1 and plain == [str(n + 1) for n in range(len(plain))]
