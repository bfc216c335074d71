"""The simulated archive.org: search, metadata, downloads, and their faults."""

from __future__ import annotations

import hashlib
import http.client
import json
import wave
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests

from mediakeep.errors import BadSetting
from mediakeep_simulator import episode_catalogue
from mediakeep_simulator.episode_catalogue import ArchiveFile, ArchiveItem, EpisodeCatalogue
from mediakeep_simulator.episode_services import EpisodeServices
from mediakeep_simulator.server import SimulatorServer
from tests.patience import PATIENCE
from tests.sampling import each_row

SHOW = "simulated-radio-hour"
ODD = (
    ArchiveItem(
        identifier="odd",
        metadata={"title": "Odd", "collection": "odd", "date": "no date"},
        files=(ArchiveFile(name="a.mp3", md5="0" * 32), ArchiveFile(name="b.mp3", missing=True)),
    ),
    ArchiveItem(identifier="dark", metadata={"collection": "odd"}, removed=True),
)
PLAN = episode_catalogue.generate_catalogue(250, size=20_000)
CATALOGUE = EpisodeCatalogue(items=PLAN.items + ODD)
WAV = f"{SHOW}-0001/{SHOW}-0001.wav"


@pytest.fixture
def services(tmp_path: Path) -> EpisodeServices:
    return EpisodeServices(CATALOGUE, tmp_path / "state")


@pytest.fixture
def server(services: EpisodeServices) -> Iterator[SimulatorServer]:
    with services.serve() as running:
        yield running


def load(server: SimulatorServer, path: str, **headers: str) -> requests.Response:
    return requests.get(server.url + path, headers=headers, timeout=PATIENCE)


def search(server: SimulatorServer, **query: Any) -> requests.Response:
    url = f"{server.url}/services/search/v1/scrape"
    return requests.get(url, params=query, timeout=PATIENCE)


def test_a_search_is_complete_over_all_pages(server: SimulatorServer) -> None:
    found, cursor, sizes = [], "", []
    while cursor is not None:
        query = {"q": f"collection:{SHOW}", "fields": "title,date", "count": 100}
        page = search(server, **query, **({"cursor": cursor} if cursor else {})).json()
        assert (page["count"], page["total"]) == (len(page["items"]), 250)
        sizes.append(page["count"])
        found += [item["identifier"] for item in page["items"]]
        cursor = page.get("cursor")
    assert (sizes, len(set(found))) == ([100, 100, 50], 250)
    assert set(page["items"][0]) == {"identifier", "title", "date"}


@each_row(
    ("query", "total"),
    [
        ("collection:odd", 1),  # without the removed item
        ("identifier:(odd OR dark)", 1),
        ('title:"episode 7"', 1),
        ("mediatype:audio AND NOT title:odd", 250),
        ("year:[2019 TO 2019] AND collection:podcasts", 51),
        ("collection:simulated", 0),  # a whole word of a keyword field
        (f"identifier:{SHOW}-000*", 9),
        ("", 251),
    ],
)
def test_a_query_selects_items(server: SimulatorServer, query: str, total: int) -> None:
    assert search(server, q=query, total_only="true").json()["total"] == total


@each_row("query", [{"count": 99}, {"count": 10_001}, {"cursor": "x"}, {"q": "(("}])
def test_an_invalid_search_is_rejected(server: SimulatorServer, query: dict[str, Any]) -> None:
    refused = search(server, **query)
    assert (refused.status_code, "error" in refused.json()) == (400, True)


def test_metadata_lists_files_with_checksums_of_what_is_downloaded(server: SimulatorServer) -> None:
    item = load(server, f"/metadata/{SHOW}-0001").json()
    listed = {file["name"]: file for file in item["files"]}
    for name, file in listed.items():
        data = load(server, f"/download/{SHOW}-0001/{name}").content
        assert hashlib.md5(data).hexdigest() == file["md5"]
        assert hashlib.sha1(data).hexdigest() == file["sha1"]
        assert str(len(data)) == file["size"]
    assert listed[f"{SHOW}-0001.mp3"]["original"] == f"{SHOW}-0001.wav"
    with wave.open(BytesIO(load(server, f"/download/{WAV}").content)) as audio:
        assert audio.getnframes() == (20_000 - 44) // 2
    odd = load(server, "/metadata/odd").json()["files"][0]
    assert odd["md5"] == "0" * 32
    assert [load(server, f"/metadata/{name}").json() for name in ("dark", "none")] == [{}, {}]


@each_row("path", ["odd/b.mp3", "odd/c.mp3", "dark/a.mp3", "none/a.mp3"])
def test_a_missing_file_is_not_found(server: SimulatorServer, path: str) -> None:
    assert load(server, f"/download/{path}").status_code == 404


@each_row(
    ("headers", "status", "first", "last"),
    [
        ({"Range": "bytes=5000-"}, 206, 5000, 20_000),
        ({"Range": "bytes=0-0"}, 206, 0, 1),
        ({"Range": "bytes=-10"}, 206, 19_990, 20_000),
        ({"Range": "bytes=10-99999"}, 206, 10, 20_000),
        ({"Range": "bytes=20000-"}, 416, 0, 0),
        ({"Range": "bytes=5000-", "If-Range": "{etag}"}, 206, 5000, 20_000),
        ({"Range": "bytes=5000-", "If-Range": "{modified}"}, 206, 5000, 20_000),
        ({"Range": "bytes=5000-", "If-Range": '"other"'}, 200, 0, 20_000),
        ({"Range": "words=1-2"}, 200, 0, 20_000),
    ],
)
def test_a_download_follows_range_and_if_range(
    server: SimulatorServer, headers: dict[str, str], status: int, first: int, last: int
) -> None:
    whole = load(server, f"/download/{WAV}")
    assert [step.status_code for step in whole.history] == [302]
    known = {"etag": whole.headers["ETag"], "modified": whole.headers["Last-Modified"]}
    sent = {name: text.format(**known) for name, text in headers.items()}
    part = load(server, f"/download/{WAV}", **sent)
    assert (part.status_code, part.content) == (status, whole.content[first:last])
    if status == 206:
        assert part.headers["Content-Range"] == f"bytes {first}-{last - 1}/20000"


def test_a_replaced_file_has_another_etag_and_checksum(
    server: SimulatorServer, services: EpisodeServices
) -> None:
    before = load(server, f"/download/{WAV}")
    services.archive_org.replace_file(*WAV.split("/"))
    ranged = {"Range": "bytes=5000-", "If-Range": before.headers["ETag"]}
    after = load(server, f"/download/{WAV}", **ranged)
    assert after.status_code == 200
    assert after.content != before.content


def test_downloads_fail_as_planned_and_only_those(
    server: SimulatorServer, services: EpisodeServices
) -> None:
    node = {"path": "^/7/items/"}
    whole = load(server, f"/download/{WAV}").content
    services.fail("cut", after=7000, where=node)
    with pytest.raises(requests.exceptions.ChunkedEncodingError) as cut:
        load(server, f"/download/{WAV}")
    (broken,) = cut.value.args[0].args[1].args[:1]
    assert broken == 7000
    services.fail("error", status=503, retry_after="3", where=node)
    refused = load(server, f"/download/{WAV}")
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "3")
    services.fail("corrupt", where=node)
    damaged = load(server, f"/download/{WAV}").content
    assert (damaged[:-1] == whole[:-1], damaged == whole) == (True, False)
    services.fail("ignore_range", where=node)
    assert load(server, f"/download/{WAV}", Range="bytes=9-").content == whole
    services.fail("html", where={"path": "^/metadata/"})
    assert load(server, f"/download/{WAV}", Range="bytes=9-").content == whole[9:]
    with pytest.raises(ValueError, match="Expecting value"):
        load(server, "/metadata/odd").json()
    services.fail("refuse", skip=1, every=2, times=2)
    statuses = []
    for _ in range(5):
        try:
            statuses.append(load(server, "/metadata/odd").status_code)
        except (requests.ConnectionError, http.client.HTTPException):
            statuses.append(0)
    assert statuses == [200, 0, 200, 0, 200]
    services.fail("slow", rate=200_000, where=node)
    assert load(server, f"/download/{WAV}").content == whole


def test_a_catalogue_file_has_own_audio_and_generated_items(tmp_path: Path) -> None:
    (tmp_path / "own.mp3").write_bytes(b"own audio")
    files = [{"name": "own.mp3", "path": "own.mp3"}]
    page = {"items": [{"identifier": "own", "files": files}], "generated": {"episodes": 2}}
    path = tmp_path / "episodes.json"
    path.write_text(json.dumps(page))
    services = EpisodeServices(episode_catalogue.load(path), tmp_path / "state")
    with services.serve() as server:
        assert load(server, "/download/own/own.mp3", Range="bytes=4-").content == b"audio"
        assert search(server, total_only="true").json()["total"] == 3


@each_row(
    ("page", "problem"),
    [
        ({"format": 2}, "format 2"),
        ({"items": [{"identifier": "a"}, {"identifier": "a"}]}, "a occurs 2 times"),
        ({"items": [{"identifier": "a", "files": [{"name": "b", "path": "c"}]}]}, "no file"),
        ({"episodes": 3}, "unknown field"),
    ],
)
def test_an_invalid_catalogue_is_refused(
    tmp_path: Path, page: dict[str, Any], problem: str
) -> None:
    path = tmp_path / "episodes.json"
    path.write_text(json.dumps(page))
    with pytest.raises(BadSetting, match=problem):
        episode_catalogue.load(path)
