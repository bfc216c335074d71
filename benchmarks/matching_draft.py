"""A local album on its way: lines that can be damaged, then files with tags as a scan has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

from mediakeep import path_text
from mediakeep.media.audio import tags as reading
from mediakeep.media.audio.tags import Tags
from mediakeep.music.model import Album, Track
from mediakeep_simulator.entities import CatalogueArtist, CatalogueCredit, CatalogueRelease


@dataclass
class Line:
    """One file to be; `origin` is its place on the release, (0, 0) if it is from elsewhere."""

    title: str
    artist: str
    seconds: float
    disc: int
    position: int
    origin: tuple[int, int] = (0, 0)
    recording: str = ""
    own: str = ""  # MBID of the release's track
    name: str = ""  # of the file, without suffix; "" for number and title
    folder: str = ""  # of the disc, below that of the album
    hidden: bool = False  # no title in the tags
    number: str = "?"  # in the tags; "?" for the position


@dataclass
class Draft:
    """A local album; `facts` are more tags, `noise` by how many seconds its lengths are off."""

    family: str
    folder: str  # of the artist
    place: str  # of the album
    album: str
    albumartist: str
    lines: list[Line]
    date: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    composer: str = ""
    source: CatalogueRelease | None = None
    tagged: str = ""  # MBID of the release that the tags name, or whose barcode they have
    totals: bool = True
    discs: bool = True  # whether tags have the disc
    ordered: bool = True  # whether anything shows the order
    ids: bool = False
    compilation: bool = False
    noise: float = 0.0
    unlisted: bool = False  # an edition that the catalogue lacks
    doubtful: bool = False  # it may well be one

    @property
    def sizes(self) -> dict[int, int]:
        """How many tracks each disc should have."""
        if self.source and not self.unlisted:
            return {disc: one.count for disc, one in enumerate(self.source.media, 1)}
        return dict(Counter(line.disc for line in self.lines))


@dataclass(frozen=True)
class Facts:
    """What a catalogue reports about MBIDs: artists, and the milliseconds that recordings last."""

    artists: Mapping[str, CatalogueArtist]
    lengths: Mapping[str, int]


def draw(family: str, release: CatalogueRelease, known: Facts, folder: str) -> Draft:
    """Draw a release as a careful user would have ripped and tagged it, without MBIDs."""
    artists = known.artists
    name = credited(release.credits, artists)
    lines = [
        Line(
            title=track.title,
            artist=credited(track.credits, artists) or name,
            seconds=(track.length or known.lengths[track.recording]) / 1000,
            disc=disc,
            position=place,
            origin=(disc, place),
            recording=track.recording,
            own=track.id,
        )
        for disc, medium in enumerate(release.media, 1)
        for place, track in enumerate(medium.tracks, 1)
    ]
    plain = path_text.safe_name(release.title)
    return Draft(family, folder, plain, release.title, name, lines, source=release)


def credited(names: tuple[CatalogueCredit, ...], artists: Mapping[str, CatalogueArtist]) -> str:
    """Write a credit as it is printed."""
    return "".join((name.name or artists[name.artist].name) + name.join for name in names)


def album(draft: Draft) -> Album:
    """Turn a draft into the album that a scan would have found."""
    taken: set[str] = set()
    tracks = [_track(draft, line, taken) for line in draft.lines]
    return Album(place=draft.place, tracks=tuple(sorted(tracks, key=lambda one: one.place)))


def _track(draft: Draft, line: Line, taken: set[str]) -> Track:
    sizes = draft.sizes
    number = str(line.position) if line.number == "?" else line.number
    several = max(sizes) > 1 and draft.discs
    told = [f"{number.zfill(2)} - " if number else "", path_text.safe_name(line.title)]
    name = line.name or "".join(told)
    path = "/".join(filter(None, (draft.place, line.folder, name)))
    path = next(text for text in _numbered(path) if text not in taken)
    taken.add(path)
    more = {name: (text,) for name, text in draft.facts.items()}
    if draft.ids:
        more |= {"musicbrainz_recordingid": (line.recording,), "musicbrainz_trackid": (line.own,)}
    tags = Tags(
        title=() if line.hidden else (line.title,),
        artist=_texts(line.artist),
        album=_texts(draft.album),
        albumartist=_texts(draft.albumartist),
        track=number,
        track_total=str(sizes.get(line.disc, 0)) if draft.totals and number else "",
        disc=str(line.disc) if several and number else "",
        disc_total=str(len(sizes)) if several and number else "",
        date=_texts(draft.date),
        composer=_texts(draft.composer),
        compilation=draft.compilation,
        **more,
    )
    facts = reading.AudioProperties(format="mp3", codec="mp3", duration=round(line.seconds, 3))
    return Track(place=f"{path}.mp3", tags=tags, facts=facts, container="ID3v2.3")


def _texts(text: str) -> tuple[str, ...]:
    return (text,) if text else ()


def _numbered(path: str) -> Iterator[str]:
    yield path
    yield from (f"{path} ({number})" for number in count(2))
