"""Simulated images are real: they decode and have the requested size."""

from __future__ import annotations

import io
from collections.abc import Iterator

import av
import pytest

from mediakeep_simulator.entities import MusicBrainzCatalogue
from mediakeep_simulator.server import SimulatorServer
from mediakeep_simulator.tmdb import image_factory
from tests.sampling import each_row
from tests.simulator.tmdb.tmdb_requests import MOVIES, ask


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(MusicBrainzCatalogue(), movies=MOVIES) as running:
        yield running


def decode(picture: bytes) -> av.VideoFrame:
    """Decode an image and return its only frame."""
    with av.open(io.BytesIO(picture)) as container:
        (frame,) = list(container.decode(video=0))
    return frame


@each_row(
    ("path", "size"),
    [
        ("/t/p/original/p-de.jpg", (1000, 1500)),
        ("/t/p/w500/p-de.jpg", (500, 750)),
        ("/t/p/w92/p-en.jpg", (92, 138)),
        ("/t/p/w1280/b.jpg", (1280, 720)),
        ("/t/p/h632/person1.jpg", (421, 632)),
        ("/t/p/original/l.png", (800, 300)),
        ("/t/p/w45/l.png", (45, 17)),
    ],
)
def test_an_image_decodes_to_its_size(
    server: SimulatorServer, path: str, size: tuple[int, int]
) -> None:
    got = ask(server, path, secret="")
    assert got.status == 200
    assert got.headers["Content-Type"] == ("image/png" if "png" in path else "image/jpeg")
    frame = decode(got.body)
    assert (frame.width, frame.height) == size


@each_row("path", ["/t/p/w500/none.jpg", "/t/p/w501/b.jpg", "/t/p/b.jpg", "/t/p/w500/../b.jpg"])
def test_a_missing_image_is_404(server: SimulatorServer, path: str) -> None:
    assert ask(server, path).status == 404


def test_images_are_small_and_all_different() -> None:
    first, second = (
        image_factory.render_jpeg("a", 1001, 1499),
        image_factory.render_jpeg("b", 1001, 1499),
    )
    assert first != second
    assert max(map(len, (first, second))) < 20_000
    luma = bytes(decode(first).planes[0])
    assert len(set(luma[::16])) > 1
    assert image_factory.render_jpeg("a", 1001, 1499) == first
