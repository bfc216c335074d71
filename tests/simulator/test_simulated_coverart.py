"""The simulated Cover Art Archive: image lists, redirects and images."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import pytest

from mediakeep_simulator import cover_image, factories
from mediakeep_simulator.entities import CatalogueCover, MusicBrainzCatalogue, generate_mbid
from mediakeep_simulator.server import SimulatorServer
from tests.sampling import each_row
from tests.simulator.http_client import HttpReply, get

AMBER = factories.make_artist("Amber Kettle")
GROUP = factories.make_group(AMBER, "Copper Door")
BARE = factories.make_group(AMBER, "Bare")
FULL = factories.make_release(
    GROUP, [["One"]], edition=1, cover=CatalogueCover(back=True, count=3), date="1990"
)
PLAIN = factories.make_release(GROUP, [["One"]], edition=2, cover=CatalogueCover(), date="1980")
# no date
LATE = [factories.make_release(GROUP, [["One"]], edition=number) for number in range(3, 12)]
NONE = factories.make_release(BARE, [["One"]], cover=None)
CATALOGUE = MusicBrainzCatalogue(
    artists=(AMBER,), groups=(GROUP, BARE), releases=(FULL, PLAIN, NONE, *LATE)
)
FORMER = generate_mbid("former")


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(factories.with_merged(CATALOGUE, FORMER, FULL.id)) as running:
        yield running


def follow(server: SimulatorServer, way: HttpReply) -> HttpReply:
    assert way.status == 307
    target = way.headers["Location"]
    assert target.startswith(f"{server.url}/image/")
    return get(server, target.removeprefix(server.url))


def size(picture: bytes) -> tuple[int, int]:
    """Return width and height of a PNG, and verify all its chunks."""
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    at, data = 8, b""
    while at < len(picture):
        (length,) = struct.unpack_from(">I", picture, at)
        chunk = picture[at + 4 : at + 8 + length]
        assert picture[at + 8 + length : at + 12 + length] == struct.pack(">I", zlib.crc32(chunk))
        data += chunk[4:] if chunk[:4] == b"IDAT" else b""
        at += 12 + length
    width, height = struct.unpack_from(">II", picture, 16)
    assert len(zlib.decompress(data)) == height * (1 + -(-width // 8))
    return width, height


def test_a_list_has_every_image_and_all_its_urls_work(
    server: SimulatorServer,
) -> None:
    listed = get(server, f"/release/{FULL.id}").data
    assert [image["types"] for image in listed["images"]] == [["Front"], ["Back"], ["Booklet"]]
    for image in listed["images"]:
        for address in (image["image"], *image["thumbnails"].values()):
            way = get(server, address.removeprefix(server.url))
            assert follow(server, way).headers["Content-Type"] == "image/png"


@each_row(("wanted", "pixels"), [("", 600), ("-250", 250), ("-1200", 1200)])
def test_a_cover_has_the_requested_size(server: SimulatorServer, wanted: str, pixels: int) -> None:
    picture = follow(server, get(server, f"/release/{FULL.id}/front{wanted}"))
    assert size(picture.body) == (pixels, pixels)


def test_front_and_back_and_releases_differ(server: SimulatorServer) -> None:
    paths = (f"{FULL.id}/front", f"{FULL.id}/back", f"{PLAIN.id}/front")
    assert len({follow(server, get(server, f"/release/{path}")).body for path in paths}) == 3


def test_a_group_has_the_cover_of_its_earliest_release(server: SimulatorServer) -> None:
    assert min(FULL.id, *(late.id for late in LATE)) < PLAIN.id
    ours = get(server, f"/release-group/{GROUP.id}/front-500").headers["Location"]
    assert ours == get(server, f"/release/{PLAIN.id}/front-500").headers["Location"]


def test_a_merged_release_has_the_cover_of_the_other(server: SimulatorServer) -> None:
    assert get(server, f"/release/{FORMER}/front").status == 307


MISSING = (
    f"/release/{NONE.id}",
    f"/release/{NONE.id}/front",
    f"/release/{PLAIN.id}/back",
    f"/release/{PLAIN.id}/12345",
    f"/release/{PLAIN.id}/front-640",
    f"/release/{generate_mbid('nothing')}",
    f"/release-group/{BARE.id}/front",
    f"/release-group/{FULL.id}",
    f"/image/mbid-{FULL.id}/mbid-{FULL.id}-1.png",
    "/image/passwd",
    "/elsewhere",
)


@each_row("path", MISSING)
def test_a_missing_image_is_not_found(server: SimulatorServer, path: str) -> None:
    assert get(server, path).status == 404


def test_invalid_mbids_and_methods_are_rejected(server: SimulatorServer) -> None:
    assert get(server, "/release/copper-door").status == 400
    assert get(server, f"/release/{FULL.id}", method="POST").status == 405
    assert get(server, f"/release/{FULL.id}", method="HEAD").body == b""


def test_a_picture_is_always_the_same() -> None:
    assert cover_image.render_png("a", 250) == cover_image.render_png("a", 250)
    assert cover_image.render_png("a", 250) != cover_image.render_png("b", 250)
    assert size(cover_image.render_png("a", 1)) == (1, 1)
