"""An artist of whom twelve albums are here, in real files without MBIDs, and more are known."""

from __future__ import annotations

from pathlib import Path, PurePath

from msgspec import structs

from mediakeep_samples.music import track_files
from mediakeep_simulator import factories
from mediakeep_simulator.entities import CatalogueMedium, CatalogueRelease, MusicBrainzCatalogue

ALBUMS, EDITIONS, TRACKS = 12, 8, 13
LACKING = 16  # more albums that are known, of one edition each

_LENGTH = 1_000  # milliseconds, as long as the files last


def world(name: str) -> MusicBrainzCatalogue:
    """Invent what is known of the artist: the albums that are here, and those that are not."""
    who = factories.make_artist(name)
    groups = tuple(factories.make_group(who, f"Lost {number}") for number in range(1, LACKING + 1))
    releases = [
        factories.make_release(
            title, [factories.make_titles(title.title, TRACKS)], date=f"{1980 + place}"
        )
        for place, title in enumerate(groups)
    ]
    owned = factories.make_prolific_artist(name, albums=ALBUMS, editions=EDITIONS, tracks=TRACKS)
    whole = factories.join_catalogues(
        owned, MusicBrainzCatalogue(groups=groups, releases=tuple(releases))
    )
    return structs.replace(whole, releases=tuple(map(_measured, whole.releases)))


def make(library: Path, name: str) -> None:
    """Write the files of the albums that are here, as the catalogue has their titles."""
    known = factories.make_prolific_artist(name, albums=ALBUMS, editions=1, tracks=TRACKS)
    for take, release in enumerate(known.releases):
        titles = [track.title for track in release.media[0].tracks]
        folder = PurePath(name, release.title)
        (library / folder).mkdir(parents=True)
        for number, title in enumerate(titles, 1):
            facts = _fields(name, release, title, number)
            path = folder / f"{number:02} - {title}.mp3"
            track = track_files.SampleTrack(
                path, "bell", facts, audio_number=take * TRACKS + number
            )
            (library / path).write_bytes(track_files.render_track(track))


def _fields(name: str, release: CatalogueRelease, title: str, number: int) -> dict[str, str]:
    return {
        "title": title,
        "artist": name,
        "albumartist": name,
        "album": release.title,
        "date": release.date,
        "tracknumber": f"{number}/{TRACKS}",
        "genre": "Folk",
    }


def _measured(release: CatalogueRelease) -> CatalogueRelease:
    return structs.replace(release, media=tuple(map(_timed, release.media)))


def _timed(medium: CatalogueMedium) -> CatalogueMedium:
    timed = tuple(structs.replace(track, length=_LENGTH) for track in medium.tracks)
    return structs.replace(medium, tracks=timed)
