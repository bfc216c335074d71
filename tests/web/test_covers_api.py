"""Covers of an item, embedded ones and those of its folders: nothing but pictures is sent."""

from __future__ import annotations

import re
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediakeep.app import item_covers
from mediakeep.item import ScannedItem
from mediakeep.media import folder_listing
from mediakeep.media.audio import tags
from mediakeep.music.item import MUSIC
from mediakeep.queue.queue import Queue
from tests.music import shelf
from tests.queue import rig
from tests.recall.tags import pictures
from tests.sampling import each_row
from tests.web import serving
from tests.web.serving import Served

SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PICTURE = pictures.png(40, 30)
_HEADER = b"IHDR" + struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
BOMB = struct.pack(">I", 13) + _HEADER + struct.pack(">I", zlib.crc32(_HEADER))  # a chunk of a PNG
NAMES = ["Dawn/' onerror=alert(1) x='.png", "Dawn/01.flac", "Dawn/cover.jpg", "front.webp"]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """An artist with covers of all kinds, hostile ones, and another without."""
    place = tmp_path_factory.mktemp("covers")
    home, folder, elsewhere = place / "home", place / "music" / "Uma", place / "elsewhere"
    for path in (home, folder / "Dawn", elsewhere):
        path.mkdir(parents=True)
    shelf.put(folder / "Dawn" / "01.flac", picture="cover.jpg")
    shelf.put(folder / "Dawn" / "02.flac")
    (folder / "Dawn" / "03.flac").write_bytes(b"fLaC" + bytes(100))
    for name in (NAMES[0], NAMES[2]):
        (folder / name).write_bytes(PICTURE)
    (folder / "front.webp").write_bytes(pictures.jpeg(20, 20))  # its content counts
    (folder / "Dawn" / "a.svg").write_bytes(SVG)
    (folder / "b.jpg").write_bytes(SVG)
    (folder / "c.png").write_bytes(b"<html><script>alert(1)</script>")
    (folder / "d.png").write_bytes(PICTURE[:8] + BOMB + PICTURE[33:])
    (folder / "e.gif").write_bytes(b"")
    (elsewhere / "secret.png").write_bytes(PICTURE)
    (folder / "link.png").symlink_to(elsewhere / "secret.png")
    (folder / "Linked").symlink_to(elsewhere)
    shelf.put(folder.with_name("Single.flac"))
    items = [
        ScannedItem(key=key, path=str(folder.with_name(key)), fingerprint="f")
        for key in ("Uma", "Ulla", "Single.flac", "Gone")
    ]
    Queue.create(rig.at(home), MUSIC, str(folder.parent), items).close()
    with serving.serve(home) as found:
        yield found


def list_covers(served: Served) -> dict[str, dict[str, Any]]:
    folder = served.home.parent / "music" / "Uma"
    covers = served.api("/items/music/Uma")["covers"]
    return {cover["path"].removeprefix(f"{folder}/"): cover for cover in covers}


def test_an_item_has_the_covers_of_its_folders_and_files(served: Served) -> None:
    covers = list_covers(served)
    assert sorted(covers) == sorted(NAMES)
    assert {name: it["is_embedded"] for name, it in covers.items()} == {
        name: name.endswith(".flac") for name in NAMES
    }
    assert (covers["Dawn/cover.jpg"]["mime"], covers["Dawn/cover.jpg"]["width"]) == (
        "image/png",
        40,
    )
    assert served.api("/items/music/Ulla")["covers"] == []


def test_a_cover_is_sent_with_the_type_of_its_content_and_can_do_nothing(served: Served) -> None:
    sent = {}
    for name, cover in list_covers(served).items():
        answer = served.get("/api/v1/covers/music/Uma", params={"path": cover["path"]})
        sent[name] = answer.content
        assert answer.headers["Content-Type"] == cover["mime"]
        assert len(answer.content) == cover["size"]
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
    assert sent["Dawn/cover.jpg"] == PICTURE
    assert sent["Dawn/01.flac"].startswith(b"\xff\xd8\xff")


@each_row(
    "name",
    [
        "Dawn/a.svg",
        "b.jpg",
        "c.png",
        "d.png",
        "e.gif",
        "none.png",
        "Dawn/02.flac",
        "Dawn/03.flac",
        "Dawn",
        "link.png",
        "Linked/secret.png",
        "../../elsewhere/secret.png",
        "../Ulla/cover.png",
        "../Uma/front.webp",
        "\0",
    ],
)
def test_nothing_else_is_sent(name: str, served: Served) -> None:
    path = f"{served.home.parent}/music/Uma/{name}"
    problem = served.get("/api/v1/covers/music/Uma", 404, params={"path": path}).json()
    assert "is not a cover of this item" in problem["detail"]


def test_covers_of_other_places_are_refused(served: Served) -> None:
    for path in ("/etc/passwd", "Dawn/cover.jpg", f"{served.home}/status/web/access.json"):
        served.get("/api/v1/covers/music/Uma", 404, params={"path": path})
    served.get("/api/v1/covers/music/Nobody", 404, params={"path": "/x"})
    served.get("/api/v1/covers/music/Uma", 422)


@each_row("key", ["Single.flac", "Gone"])
def test_a_file_or_a_missing_folder_gives_no_access_to_others_beside_it(
    key: str, served: Served
) -> None:
    cover = list_covers(served)["Dawn/cover.jpg"]["path"]
    served.get(f"/api/v1/covers/music/{key}", 404, params={"path": cover})


def test_files_are_read_again_only_if_they_changed(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "Uma"
    shutil.copytree(served.home.parent / "music" / "Uma" / "Dawn", folder)
    read, original = [], tags.read
    monkeypatch.setattr(tags, "read", lambda path: read.append(path.name) or original(path))
    first = item_covers.list_covers([folder])
    assert (item_covers.list_covers([folder]), read) == (first, ["01.flac"])
    shelf.put(folder / "01.flac", title="Other")
    assert item_covers.list_covers([folder]) != first
    assert read == ["01.flac", "01.flac", "02.flac", "03.flac"]


def test_large_pictures_are_neither_listed_nor_sent(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    cover = list_covers(served)["Dawn/cover.jpg"]
    monkeypatch.setattr(item_covers, "MAX_BYTES", cover["size"] - 1)
    assert "Dawn/cover.jpg" not in list_covers(served)
    served.get("/api/v1/covers/music/Uma", 404, params={"path": cover["path"]})


def test_the_page_of_an_item_shows_its_covers(served: Served) -> None:
    text = served.get("/items/music/Uma", headers={"Accept": "text/html"}).text
    sources = re.findall(r'<img src="([^"]+)"', text)
    assert len(sources) == len(NAMES)
    assert "onerror" not in re.sub(r'"[^"]*"', "", re.sub(r">[^<]*<", "><", text))
    for source in sources:
        assert served.get(source.replace("&amp;", "&")).headers["Content-Type"].startswith("image/")


def test_an_item_of_one_file_has_the_pictures_with_its_name(tmp_path: Path) -> None:
    own = ("Emma.mkv", "Emma.jpg", "Emma-poster.png", "Emma.cover.png")
    others = ("Emma 2.mkv", "Emma 2.jpg", "Emma 2-poster.png", "Emma-2-poster.png", "poster.png")
    for name in (*own, *others):
        (tmp_path / name).write_bytes(PICTURE)
    places = [tmp_path / "Emma.mkv", tmp_path / "none"]
    covers = {Path(cover.path).name for cover in item_covers.list_covers(places)}
    assert covers == {*own[1:]}
    for name in (*own[1:], *others):
        assert item_covers.is_cover(str(tmp_path / name), places) == (name in covers)


def test_hidden_and_ignored_pictures_are_no_covers(tmp_path: Path) -> None:
    (tmp_path / ".mediakeepignore").write_text("Scans/\n")
    for name in ("Dawn", "Scans", ".old", "@eaDir"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(PICTURE)
        (tmp_path / name / ".b.png").write_bytes(PICTURE)
    (cover,) = item_covers.list_covers([tmp_path])
    pictures = map(str, tmp_path.rglob("*.png"))
    assert [it for it in pictures if item_covers.is_cover(it, [tmp_path])] == [cover.path]


def test_a_cover_is_sent_without_reading_others(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = list_covers(served)["Dawn/cover.jpg"]["path"]
    listed = list[object]()
    monkeypatch.setattr(folder_listing, "_scan_folder", lambda *given: listed.append(given))
    served.get("/api/v1/covers/music/Uma", params={"path": path})
    assert listed == []
