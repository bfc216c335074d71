"""One release in the folders of several artists, whose cover several workers embed at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediakeep.media.audio import tags
from mediakeep_simulator import factories
from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from tests.commands.simulated_home import SimulatedHome
from tests.music import shelf, visits

TITLES = ("Low Tide", "Ballast", "Thaw")


@pytest.mark.loop
@pytest.mark.parametrize(
    ("artists", "workers"), [(4, 2), pytest.param(8, 4, marks=pytest.mark.slow)]
)
def test_no_worker_removes_a_cover_that_another_one_uses(
    tmp_path: Path, artists: int, workers: int
) -> None:
    vera = factories.make_artist("Vera")
    hits = factories.make_group(vera, "Harbour Hits")
    release = visits.without_lengths(
        factories.make_release(hits, [TITLES], barcode="5099902894225")
    )
    for name in ("home", "tmp"):
        (tmp_path / name).mkdir()
    for number in range(artists):
        own = {"artist": "Vera", "albumartist": "Vera", "barcode": "5099902894225"}
        album = tmp_path / "music" / f"Vera {number}" / "Harbour Hits"
        shelf.put_album(album, *TITLES, **own)
        (album / "cover.jpg").unlink()
    with SimulatorServer(
        MusicBrainzCatalogue(artists=(vera,), groups=(hits,), releases=(release,))
    ) as server:
        home = SimulatedHome(tmp_path / "home", tmp_path / "music", server, tmp_path / "tmp")
        home.scan()
        done = home.batch("--all", "--workers", workers)
        assert done.returncode == 0, done.stderr
        assert sum(request.path.startswith("/image/") for request in server.requests) == 1
    files = sorted((tmp_path / "music").rglob("*.mp3"))
    assert len(files) == artists * len(TITLES)
    for path in files:
        found = tags.read(path).tags
        assert [len(found.pictures), found.musicbrainz_albumid] == [1, (release.id,)], path
    assert all("not written" not in line for line in done.stdout.splitlines())
