"""Covers fetched by hand: written whole or not at all, and never over a file of anybody."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from mediakeep import atomic_files
from mediakeep.media import pictures
from mediakeep_simulator.server import SimulatorServer
from tests.commands.asking import MERGED, Asker, editions, group
from tests.commands.conftest import Home
from tests.lookups.conftest import Scripted, answer


def test_a_cover_is_written_and_told(ask: Asker, tmp_path: Path) -> None:
    release = editions("Winter Moorings")[0]
    told = ask.data("cover", release, "--output", tmp_path / "c.png", "--size", "500")
    assert pictures.read_picture_info(tmp_path / "c.png") == ("image/png", 500, 500)
    assert (told["of"], told["side"], told["width"]) == ("release", "front", 500)
    ask.ok("cover", release, "--output", tmp_path / "b.PNG", "--back")
    assert pictures.read_picture_info(tmp_path / "b.PNG") == ("image/png", 600, 600)
    assert (tmp_path / "b.PNG").read_bytes() != (tmp_path / "c.png").read_bytes()


def test_a_release_group_has_the_cover_of_one_of_its_releases(ask: Asker, tmp_path: Path) -> None:
    album = group("Winter Moorings")
    shown = ask.ok("cover", album, "--output", tmp_path / "c.png")
    assert shown.endswith(f", from the release group {album}\n")
    assert "no back cover" in ask.fails(1, "cover", album, "--output", tmp_path / "b.png", "--back")


def test_no_file_is_replaced_unless_that_is_asked_for_and_then_it_is_kept(
    ask: Asker, server: SimulatorServer, tmp_path: Path
) -> None:
    release, path = editions("Winter Moorings")[0], tmp_path / "c.png"
    path.write_bytes(b"precious")
    assert "already exists" in ask.fails(2, "cover", release, "--output", path)
    assert (path.read_bytes(), server.requests) == (b"precious", [])
    ask.ok("cover", release, "--output", path, "--force")
    shown = ask.ok("cover", release, "--output", path, "--force", "--size", "250")
    assert "c.png.before2" in shown
    assert pictures.read_picture_info(path) == ("image/png", 250, 250)
    assert (tmp_path / "c.png.before").read_bytes() == b"precious"
    assert pictures.read_picture_info(tmp_path / "c.png.before2") == ("image/png", 600, 600)


def test_a_suffix_that_does_not_fit_is_refused_with_the_one_that_does(
    ask: Asker, tmp_path: Path
) -> None:
    release = editions("Winter Moorings")[0]
    for wrong in ("c.jpg", "c"):
        told = ask.fails(2, "cover", release, "--output", tmp_path / wrong)
        assert told.endswith(f"give --output {tmp_path / 'c.png'}.\n")
    assert not list(tmp_path.glob("c*"))


def test_a_place_that_cannot_be_written_is_named_before_anybody_is_asked(
    ask: Asker, server: SimulatorServer, tmp_path: Path
) -> None:
    assert "is a folder" in ask.fails(2, "cover", MERGED, "--output", tmp_path)
    assert "is not a folder" in ask.fails(2, "cover", MERGED, "--output", tmp_path / "x" / "c.png")
    assert "is not an MBID" in ask.fails(2, "cover", "Winter", "--output", tmp_path / "c.png")
    assert server.requests == []


def test_a_file_that_comes_up_meanwhile_is_not_replaced(
    home: Home, service: Scripted, tmp_path: Path
) -> None:
    path = tmp_path / "c.gif"

    def race(handler: Any) -> None:
        path.write_bytes(b"precious")
        answer(body=b"GIF89a" + bytes(20), Content_Type="image/gif")(handler)

    service.manners[f"/release/{MERGED}/front"] = [race]
    told = Asker(home, service.host).fails(2, "cover", MERGED, "--output", path)
    assert "already exists" in told
    assert path.read_bytes() == b"precious"


@pytest.mark.parametrize("force", [[], ["--force"]])
def test_where_the_disk_refuses_everything_is_as_it_was(
    ask: Asker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: list[str]
) -> None:
    path = tmp_path / "c.png"
    if force:
        path.write_bytes(b"precious")

    def refuse(*_: object) -> None:  # a full disk cannot be had by a test without root's rights
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

    monkeypatch.setattr(atomic_files, "write_atomic", refuse)
    release = editions("Winter Moorings")[0]
    assert "No space left" in ask.fails(1, "cover", release, "--output", path, *force)
    assert [one.read_bytes() for one in tmp_path.glob("c.png*")] == [b"precious"] * len(force)


@pytest.mark.parametrize("body", [b"", b"%PDF-1.7", b"<svg>no</svg>", b"\x89PNG"])
def test_what_is_no_picture_is_not_written(
    home: Home, service: Scripted, tmp_path: Path, body: bytes
) -> None:
    service.manners[f"/release/{MERGED}/front"] = [answer(body=body, Content_Type="image/png")]
    asker = Asker(home, service.host)
    told = asker.fails(4, "cover", MERGED, "--output", tmp_path / "c.png")
    assert "the response is not an image" in told
    assert not list(tmp_path.glob("*c.png*"))
