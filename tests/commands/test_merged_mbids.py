"""An MBID that was merged is written anew by a batch, and taken back like any other change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs

from mediakeep.media.audio import tags
from mediakeep_samples.music import music_library
from mediakeep_simulator import catalogue_file
from mediakeep_simulator.server import SimulatorServer
from tests.commands.simulated_home import SimulatedHome

OLD = "0aaaaaaa-0000-4000-8000-000000000001"
ALBUM = "Velvet Harbour/Winter Moorings"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SimulatedHome]:
    """A library with an album whose tracks name their artist by an MBID of the past."""
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    music_library.make_library(tmp_path / "music")
    made = catalogue_file.generate_catalogue()
    (now,) = (artist.id for artist in made.artists if artist.name == "Velvet Harbour")
    with SimulatorServer(structs.replace(made, merged={**made.merged, OLD: now})) as server:
        home = SimulatedHome(tmp_path / "home", tmp_path / "music", server, tmp_path / "tmp")
        home.scan()
        done = home.call("fix_metadata", "musicbrainz_albumartistid", home.music / ALBUM, OLD)
        assert done.returncode == 0, done.stderr
        yield home


def borne(home: SimulatedHome) -> set[str]:
    """Return the MBIDs that the album's tracks bear."""
    tracks = [path for path in (home.music / ALBUM).iterdir() if path.suffix != ".png"]
    read = [tags.read(path).tags for path in tracks]
    return {mbid for one in read for mbid in one.musicbrainz_albumartistid}


@pytest.mark.long
def test_a_batch_writes_the_new_one_and_undo_brings_the_old_one_back(place: SimulatedHome) -> None:
    assert borne(place) == {OLD}
    done = place.batch("--artist", "Velvet Harbour")
    assert done.returncode == 0, done.stderr
    item = place.artists()["Velvet Harbour"]
    assert borne(place) == {item["mbid"]} != {OLD}
    assert item["lookup"] == "done"
    assert "merged-mbid" not in item["issues"]
    asked = len(place.server.requests)
    again = place.batch("--artist", "Velvet Harbour")
    assert "0 auto-fixes" in again.stdout
    assert len(place.server.requests) == asked
    undone = place.call("undo_changes", "--session", item["session"])
    assert undone.returncode == 0, undone.stderr
    assert borne(place) == {OLD}
