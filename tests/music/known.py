"""An artist known to the local server, with albums that match with different confidence."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from mediakeep.rehearsal import workshop
from mediakeep.rehearsal.entities import Issuer, Release, Track, World
from tests.music import sounds

NAME = "Mara Lind"
FERRY = (
    "Night Ferry",
    "Departure Board",
    "Grey Water",
    "Halyard",
    "The Purser's Waltz",
    "Landfall",
)
CHARTS = ("Spring Tide", "Soundings", "Dead Reckoning", "Neap", "Isobar")
LANTERNS = ("First Lantern", "Oil", "Wick", "Moths", "Second Lantern", "Ash")
TAPES = ("Kettle", "Radiator", "Stairs")
SECOND = 1000  # milliseconds


def world() -> World:
    """Make what MusicBrainz would know of the artist."""
    mara, label = workshop.artist(NAME, type="Person", country="SE"), workshop.label("Skärgård")
    ferry, charts, lanterns, away = (
        workshop.group(mara, title)
        for title in ("Night Ferry", "Tidal Charts", "Lanterns", "North of Here")
    )
    infos = [(Issuer(label=label.id, catalogue_number=f"SKG {number}"),) for number in range(1, 4)]
    releases = (
        workshop.release(ferry, [FERRY], date="1978-10-02", country="SE", labels=infos[0]),
        workshop.release(charts, [CHARTS], date="1981-03-01", country="SE", labels=infos[1]),
        workshop.release(
            charts, [CHARTS], edition=2, date="1981-05-18", country="DE", labels=infos[1]
        ),
        workshop.release(lanterns, [LANTERNS], date="1984", country="SE", labels=infos[2]),
        workshop.release(away, [("Lapland", "Treeline")], date="1990-01-15", country="SE"),
    )
    return World(
        artists=(mara,),
        groups=(ferry, charts, lanterns, away),
        releases=tuple(map(brief, releases)),
        labels=(label,),
    )


def brief(one: Release) -> Release:
    """Let the tracks of a release last as long as those on a shelf, and have it no cover."""
    media = (replace(medium, tracks=tuple(map(_brief, medium.tracks))) for medium in one.media)
    return replace(one, media=tuple(media), cover=None)


def _brief(one: Track) -> Track:
    return one if one.title in LANTERNS[3:] else replace(one, length=SECOND)


def albums(root: Path) -> Path:
    """Make the artist's folder: one album with a slip of the pen, one of doubtful tracks."""
    artist = root / NAME
    _album(artist / "Night Ferry", [*FERRY[:3], "Haylard", *FERRY[4:]])
    _album(artist / "Tidal Charts", CHARTS)
    _album(artist / "Lanterns", [*LANTERNS[:3], "Tallow", "The Match", "Harbour Fog"])
    _album(artist / "Kitchen Tapes", TAPES)
    return artist


def _album(folder: Path, titles: list[str] | tuple[str, ...]) -> None:
    for number, title in enumerate(titles, 1):
        tags = {"title": title, "album": folder.name, "tracknumber": f"{number}/{len(titles)}"}
        people = {"artist": NAME, "albumartist": NAME}
        path = folder / f"{number:02} {title}.mp3"
        sounds.mp3(path, {**tags, **people, "genre": "Folk"}, cover=True)
