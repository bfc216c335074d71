"""embed_cover.py embeds the front covers of albums, and asks before a cover gets smaller."""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path

import pytest

from mediakeep.media import pictures
from mediakeep_samples.music import track_files
from tests.commands import hands
from tests.commands.conftest import Home
from tests.commands.hands import read, run, state
from tests.media import writable_files
from tests.music import shelf

DOOR = "embed_cover"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Vera's Dawn has covers of 300 pixels in all formats, her Dusk of two discs has none."""
    return hands.library(tmp_path)


def png(path: Path, width: int, height: int) -> Path:
    """Write a picture of one colour."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    rows = zlib.compress(bytes((width + 1) * height))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return path


def sizes(folder: Path) -> list[tuple[int, int, int]]:
    """Return type, width and height of all pictures below a folder."""
    files = sorted(folder.rglob("[0-9]*.*"))
    return [
        (picture.type, picture.width, picture.height)
        for file in files
        for picture in read(file).pictures
    ]


# What is embedded


def test_a_cover_takes_the_place_of_the_front_cover_in_every_format(
    home: Home, tmp_path: Path
) -> None:
    album, image = home.music / "Vera" / "Dawn", png(tmp_path / "new.png", 500, 400)
    told = hands.ok(home, DOOR, album, image)
    assert f"{album}/01 Tide 1.mp3: cover " in told
    assert 'new.png" (by hand)' in told
    assert "5 files changed." in told
    assert sizes(album) == [(3, 500, 400)] * 5
    before = state(home.music)
    assert hands.ok(home, DOOR, album, image) == "0 files changed; 5 already up to date.\n"
    assert state(home.music) == before


def test_other_pictures_stay(home: Home, tmp_path: Path) -> None:
    path = home.music / "Vera" / "Dawn" / "06 Two.flac"
    path.write_bytes(writable_files.whole("pictured.flac"))
    other, front = read(path).pictures
    assert (other.type, front.type) == (4, 3)
    hands.ok(home, DOOR, path, png(tmp_path / "new.png", 500, 500))
    found = {picture.type: picture for picture in read(path).pictures}
    assert found[4] == other
    assert (found[3].width, len(found)) == (500, 2)


def test_the_folders_of_discs_are_part_of_the_album_and_others_are_not(
    home: Home, tmp_path: Path
) -> None:
    image = png(tmp_path / "new.png", 500, 500)
    dusk = home.music / "Vera" / "Dusk"
    shelf.put(dusk / "Live" / "01 Rope.mp3")
    assert "2 files changed." in hands.ok(home, DOOR, dusk, image)
    assert sizes(dusk) == [(3, 500, 500)] * 2
    assert "1 file changed." in hands.ok(home, DOOR, dusk / "Live", image)


def test_a_folder_of_albums_is_no_album(home: Home, tmp_path: Path) -> None:
    told = run(home, DOOR, home.music / "Vera", png(tmp_path / "new.png", 500, 500))
    assert told.code == 2
    assert 'Vera holds no audio files, but its subfolder "Dawn" does.' in told.err


def test_tracks_with_a_front_cover_can_be_skipped(home: Home, tmp_path: Path) -> None:
    album, image = home.music / "Vera" / "Dawn", png(tmp_path / "new.png", 500, 500)
    (album / "02 Tide 2.m4a").write_bytes(shelf.render("m4a", title="Tide 2"))
    told = hands.ok(home, DOOR, album, image, "--skip-existing")
    assert "1 file changed; 4 skipped." in told
    assert sizes(album).count((3, 500, 500)) == 1


def test_a_front_cover_that_is_no_picture_counts_as_none(home: Home, tmp_path: Path) -> None:
    path = home.music / "Vera" / "Dawn" / "06 False.mp3"
    data = b"\0image/jpeg\0\3\0<html>not found</html>"
    tag = b"APIC" + struct.pack(">I", len(data)) + b"\0\0" + data
    size = bytes((0, 0, len(tag) >> 7, len(tag) & 127))
    path.write_bytes(b"ID3\x03\0\0" + size + tag + track_files.read_seed_file("bell.mp3"))
    image = png(tmp_path / "new.png", 500, 500)
    assert "1 file changed." in hands.ok(home, DOOR, path, image, "--skip-existing")
    assert sizes(path.parent).count((3, 500, 500)) == 1


def test_a_list_embeds_several_albums(home: Home, tmp_path: Path) -> None:
    home.scan()
    listed = tmp_path / "covers.json"
    png(tmp_path / "a.png", 500, 500)
    png(home.music / "Vera" / "b.png", 600, 600)
    pairs = {"Vera/Dawn": "a.png", "Vera/Dusk": "Vera/b.png"}
    content = [{"album": album, "image": image} for album, image in pairs.items()]
    listed.write_text(json.dumps(content))
    told = hands.ok(home, DOOR, "--from-json", listed)
    assert 'a.png" (by hand: covers.json, line 1, entry 1)' in told
    assert sizes(home.music / "Vera") == [(3, 500, 500)] * 5 + [(3, 600, 600)] * 2


def test_a_cover_can_be_rehearsed_and_taken_back(home: Home, tmp_path: Path) -> None:
    hands.scanned(home)
    image, album = png(tmp_path / "new.png", 500, 500), home.music / "Vera" / "Dusk"
    before = state(home.music, home.path)
    assert "2 files would be changed" in hands.ok(home, DOOR, album, image, "--dry-run")
    assert state(home.music, home.path) == before
    assert "missing-cover" in {entry["kind"] for entry in hands.reviews(home)}
    data = run(home, DOOR, album, image, "--json").data
    assert data["changed"][0]["changes"][0]["image"] == str(image)
    assert "missing-cover" not in {entry["kind"] for entry in hands.reviews(home)}
    hands.ok(home, "undo_changes", "--session", data["session"])
    files = {path: facts[0] for path, facts in state(home.music).items()}
    assert {path: before[path][0] for path in files} == files


# Doubts


@pytest.mark.parametrize(("answer", "code"), [("", 130), ("n\n", 130), ("y\n", 0)])
def test_a_smaller_cover_is_warned_of_and_needs_a_yes(
    home: Home, tmp_path: Path, answer: str, code: int
) -> None:
    before, album = state(home.music), home.music / "Vera" / "Dawn"
    image = png(tmp_path / "new.png", 200, 200)
    told = run(home, DOOR, album, image, answer=answer)
    assert told.code == code
    warning = f"Warning: {image} has 200 x 200 pixels and replaces 300 x 300 in 5 files.\n"
    assert told.err.startswith(warning)
    assert (state(home.music) == before) is (code != 0)


def test_a_yes_may_be_said_beforehand_and_a_dry_run_only_warns(home: Home, tmp_path: Path) -> None:
    album, image = home.music / "Vera" / "Dawn", png(tmp_path / "new.png", 200, 200)
    told = run(home, DOOR, album, image, "--dry-run")
    assert (told.code, "replaces 300 x 300" in told.err) == (0, True)
    assert run(home, DOOR, album, image, "--yes").code == 0
    assert sizes(album) == [(3, 200, 200)] * 5


def test_where_no_cover_is_replaced_a_small_one_is_no_matter(home: Home, tmp_path: Path) -> None:
    image, album = png(tmp_path / "new.png", 200, 200), home.music / "Vera" / "Dusk"
    assert run(home, DOOR, album, image).code == 0
    dawn = home.music / "Vera" / "Dawn"
    assert run(home, DOOR, dawn, image, "--skip-existing").err == ""


def test_a_picture_that_does_not_tell_its_size_is_warned_of(home: Home, tmp_path: Path) -> None:
    image = tmp_path / "cut.jpg"
    image.write_bytes(track_files.read_seed_file("cover.jpg")[:20] + b"\xff\xd9")
    assert pictures.read_picture_info(image) == ("image/jpeg", 0, 0)
    told = run(home, DOOR, home.music / "Vera" / "Dusk", image, answer="n\n")
    assert told.code == 130
    assert "cut.jpg has no readable size; it may be truncated." in told.err


# What is refused

WEBP = b"RIFF\x24\0\0\0WEBPVP8L" + bytes(40)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (WEBP, "it is image/webp; players support JPEG and PNG. Save it as JPEG."),
        (b"GIF89a" + bytes(20), "it is image/gif; players support JPEG and PNG."),
        (b"<html></html>", "it is not a picture; players support JPEG and PNG."),
        (b"", "it is not a picture"),
        (
            track_files.read_seed_file("cover.jpg")[:-40],
            "the end of the picture is missing. Save it again.",
        ),
        (
            track_files.read_seed_file("cover.png")[:-40],
            "the end of the picture is missing. Save it again.",
        ),
        (track_files.read_seed_file("cover.jpg") + bytes(16 << 20), "it has more than 16 MiB"),
    ],
)
def test_what_is_no_jpeg_or_png_by_its_bytes_is_refused(
    home: Home, tmp_path: Path, content: bytes, why: str
) -> None:
    before, image = state(home.music), tmp_path / "cover.jpg"
    image.write_bytes(content)
    told = run(home, DOOR, home.music / "Vera" / "Dusk", image)
    assert told.code == 2
    assert why in told.err
    assert state(home.music) == before


def test_the_name_of_a_picture_does_not_matter(home: Home, tmp_path: Path) -> None:
    image = tmp_path / "cover.webp"
    image.write_bytes(track_files.read_seed_file("cover.jpg"))
    assert run(home, DOOR, home.music / "Vera" / "Dusk", image).code == 0


def test_all_that_is_wrong_with_a_list_is_told(home: Home, tmp_path: Path) -> None:
    before, listed = state(home.music), home.music / "covers.json"
    png(tmp_path / "a.png", 500, 500)
    png(tmp_path / "b.png", 500, 500)
    dusk = "Vera/Dusk"
    content = [
        *({"album": dusk, "image": "../a.png"}, {"album": dusk, "image": "../b.png"}),
        *({"album": "Vera", "image": "../a.png"}, {"album": dusk, "image": "c.png"}),
        *({"album": dusk}, {"album": dusk, "image": "Vera/Dawn/01 Tide 1.mp3"}),
    ]
    listed.write_text(json.dumps(content, indent=0))
    told = run(home, DOOR, "--from-json", listed)
    assert told.code == 2
    head, *faults = told.err.splitlines()
    assert head == f"Invalid list {listed}; nothing was changed:"
    assert [fault.partition(": ")[0].strip() for fault in faults] == [
        *("line 6, entry 2", "line 10, entry 3", "line 14, entry 4", "line 18, entry 5"),
        "line 21, entry 6",
    ]
    told_of = (
        "conflicting values of cover",
        "holds no audio",
        "No such file",
        "missing",
        "not a picture",
    )
    assert [words in fault for words, fault in zip(told_of, faults, strict=True)] == [True] * 5
    listed.unlink()
    assert state(home.music) == before


def test_a_lock_keeps_covers_too(home: Home, tmp_path: Path) -> None:
    album, image = home.music / "Vera" / "Dusk", png(tmp_path / "new.png", 500, 500)
    (album / ".mediakeep-lock").write_text("cover\n")
    told = run(home, DOOR, album, image)
    assert (told.code, told.out) == (1, "0 files changed; 2 failed.\n")
    assert sizes(album) == []


@pytest.mark.parametrize(
    "words", [(), ("ALBUM", "IMAGE", "--from-json", "a.json"), ("", "IMAGE"), ("ALBUM", "")]
)
def test_what_makes_no_sense_is_refused(home: Home, words: tuple[str, ...]) -> None:
    told = run(home, DOOR, *words)
    assert told.code == 2
    assert "Give ALBUM, and IMAGE if you have one, or --from-json FILE." in told.err


@pytest.mark.parametrize("swapped", [True, False])
def test_what_is_not_there_or_in_the_other_order_is_refused(
    home: Home, tmp_path: Path, swapped: bool
) -> None:
    image, album = png(tmp_path / "new.png", 500, 500), home.music / "Vera" / "Dusk"
    words = (image, album) if swapped else (album, "IMAGE")
    told = run(home, DOOR, *words)
    assert told.code == 2
    assert ("not a regular file" if swapped else 'No such file or folder: "IMAGE"') in told.err
