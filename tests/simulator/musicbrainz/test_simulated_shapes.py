"""Simulated responses have the keys, types and nesting of MusicBrainz."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep_simulator import catalogue_file
from mediakeep_simulator.entities import generate_mbid
from mediakeep_simulator.server import SimulatorServer
from tests.sampling import each_row
from tests.simulator import response_shapes
from tests.simulator.http_client import get, ws2

VELVET = generate_mbid("artist", "Velvet Harbour", 1)
LANTERN = generate_mbid("artist", "月曜日の灯台", 1)
ALBUM = generate_mbid("group", VELVET, "Salt on the Signal Lamps")
FIRST = generate_mbid("release", ALBUM, 1)
FULL = "artist-credits labels recordings release-groups media isrcs discids aliases genres"

ANSWERS: dict[str, tuple[str, dict[str, object], Any]] = {
    "artist": (f"artist/{LANTERN}", {"inc": "aliases genres url-rels"}, response_shapes.ARTIST),
    "bare artist": (f"artist/{VELVET}", {}, response_shapes.ARTIST),
    "release": (f"release/{FIRST}", {"inc": f"{FULL} url-rels"}, response_shapes.RELEASE),
    "bare release": (f"release/{FIRST}", {}, response_shapes.RELEASE),
    "group": (f"release-group/{ALBUM}", {"inc": "artist-credits genres"}, response_shapes.GROUP),
    "releases": (
        "release",
        {"artist": VELVET, "inc": FULL, "limit": 100},
        response_shapes.RELEASES,
    ),
    "bare releases": ("release", {"artist": VELVET}, response_shapes.RELEASES),
    "groups": (
        "release-group",
        {"artist": VELVET, "inc": "artist-credits genres"},
        response_shapes.GROUPS,
    ),
    "recordings": ("recording", {"release": FIRST, "inc": "isrcs"}, response_shapes.RECORDINGS),
    "found releases": (
        "release",
        {"query": "salt OR harbour OR the"},
        response_shapes.FOUND_RELEASES,
    ),
    "found artists": ("artist", {"query": "velvet OR alias:todai"}, response_shapes.FOUND_ARTISTS),
}


@pytest.fixture(scope="module")
def server() -> Iterator[SimulatorServer]:
    with SimulatorServer(catalogue_file.generate_catalogue()) as running:
        yield running


@each_row("name", ANSWERS)
def test_a_response_has_its_shape(server: SimulatorServer, name: str) -> None:
    path, query, shape = ANSWERS[name]
    answer = ws2(server, path, **query)
    assert answer.status == 200
    assert not list(response_shapes.differences(answer.data, shape))


def test_an_image_list_has_its_shape(server: SimulatorServer) -> None:
    listed = next(
        release for release in catalogue_file.generate_catalogue().releases if release.cover
    )
    answer = get(server, f"/release/{listed.id}")
    assert not list(response_shapes.differences(answer.data, response_shapes.PICTURES))


def test_a_difference_is_reported_at_its_place() -> None:
    shape = {
        "a": response_shapes.TEXT,
        "b?": [{"c": response_shapes.maybe(response_shapes.NUMBER)}],
    }
    assert not list(response_shapes.differences({"a": "x", "b": [{"c": None}, {"c": 1}]}, shape))
    assert list(response_shapes.differences({"a": 1}, shape)) == ["$.a: 1 is no text"]
    differences = set(response_shapes.differences({"b": [{"c": True, "d": 1}]}, shape))
    assert differences == {"$.a is missing", "$.b[0].c: True is no number", "$.b[0].d is not known"}


# Where MEDIAKEEP_RECORDED names a folder with answers of MusicBrainz as they were received, the
# shapes themselves are checked by them. They are not ours to give, so they are not in the project.
RECORDED = Path(os.environ.get("MEDIAKEEP_RECORDED", os.devnull))
KINDS = {
    "musicbrainz/artist.json": response_shapes.ARTIST,
    "musicbrainz/search/artist.json": response_shapes.FOUND_ARTISTS,
    "musicbrainz/search/release.json": response_shapes.FOUND_RELEASES,
    "musicbrainz/browse/*.json": response_shapes.RELEASES,
    "musicbrainz/release/*.json": response_shapes.RELEASE,
    "coverart/*.json": response_shapes.PICTURES,
}

if RECORDED.is_dir():
    FILES = [(path, shape) for kind, shape in KINDS.items() for path in RECORDED.glob(kind)]

    @pytest.mark.parametrize(("path", "shape"), FILES, ids=lambda one: getattr(one, "name", ""))
    def test_a_recorded_answer_has_the_shape_that_is_written_down(path: Path, shape: Any) -> None:
        assert not list(response_shapes.differences(json.loads(path.read_bytes()), shape))
