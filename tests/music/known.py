"""An artist known to the local server, with albums that match with different confidence."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from mediakeep_simulator import factories
from mediakeep_simulator.entities import (
    CatalogueLabelInfo,
    CatalogueRelease,
    CatalogueTrack,
    MusicBrainzCatalogue,
)
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


def build_catalogue() -> MusicBrainzCatalogue:
    """Make what MusicBrainz would know of the artist."""
    mara, label = (
        factories.make_artist(NAME, type="Person", country="SE"),
        factories.make_label("Skärgård"),
    )
    ferry, charts, lanterns, away = (
        factories.make_group(mara, title)
        for title in ("Night Ferry", "Tidal Charts", "Lanterns", "North of Here")
    )
    infos = [
        (CatalogueLabelInfo(label=label.id, catalogue_number=f"SKG {number}"),)
        for number in range(1, 4)
    ]
    releases = (
        factories.make_release(ferry, [FERRY], date="1978-10-02", country="SE", labels=infos[0]),
        factories.make_release(charts, [CHARTS], date="1981-03-01", country="SE", labels=infos[1]),
        factories.make_release(
            charts, [CHARTS], edition=2, date="1981-05-18", country="DE", labels=infos[1]
        ),
        factories.make_release(lanterns, [LANTERNS], date="1984", country="SE", labels=infos[2]),
        factories.make_release(away, [("Lapland", "Treeline")], date="1990-01-15", country="SE"),
    )
    return MusicBrainzCatalogue(
        artists=(mara,),
        groups=(ferry, charts, lanterns, away),
        releases=tuple(map(set_lengths, releases)),
        labels=(label,),
    )


def set_lengths(release: CatalogueRelease) -> CatalogueRelease:
    """Let the tracks of a release last as long as those in a library, and have it no cover."""
    media = (replace(medium, tracks=tuple(map(_brief, medium.tracks))) for medium in release.media)
    return replace(release, media=tuple(media), cover=None)


def _brief(track: CatalogueTrack) -> CatalogueTrack:
    return track if track.title in LANTERNS[3:] else replace(track, length=SECOND)


def make_albums(root: Path) -> Path:
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
