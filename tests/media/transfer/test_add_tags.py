"""Tags that are added to copies of files in all formats."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import mutagen
import pytest

from mediakeep.errors import ReadOnlyFormat
from mediakeep.media.audio import essence
from mediakeep.media.mutagen_tags.tag_items import TagItem
from mediakeep.media.transfer import transfer_tags
from mediakeep.media.transfer.model import TagChanges
from mediakeep.media.transfer.read_tags import read_all_tags
from tests.media import encoded
from tests.media.drawn_pictures import draw_picture
from tests.media.transfer import tagged_sources

GAINS = (
    *(TagItem("replaygain_track_gain", ("-1.50 dB",)), TagItem("replaygain_track_peak", ("0.5",))),
    *(TagItem("replaygain_album_gain", ("-2.00 dB",)), TagItem("replaygain_album_peak", ("0.6",))),
)
USER = 12_345  # of no account
FILLED = (TagItem("date", ("2004-05-06",)), TagItem("musicbrainz_albumid", ("8f5b",)))


def read_values(path: Path) -> dict[str, tuple[str, ...]]:
    """Return all texts of a file by field and description."""
    found = read_all_tags(path).items
    return {f"{item.name.lower()}:{item.description}": item.values for item in found}


@pytest.mark.parametrize("name", tagged_sources.SUFFIXES)
def test_gains_are_replaced_and_all_else_stays(tmp_path: Path, name: str) -> None:
    source = tagged_sources.write_source(tmp_path, name)
    target = shutil.copyfile(source, tmp_path / f"target.{name}")
    report = transfer_tags.add_tags(source, target, TagChanges(GAINS, FILLED))
    before, after = read_values(source), read_values(target)
    expected = {f"{gain.name}:": gain.values for gain in GAINS}
    if name == "opus":
        expected = {"r128_track_gain:": ("-1664",), "r128_album_gain:": ("-1792",)}
    assert {name: after[name] for name in expected} == expected
    assert after == before | expected
    assert {field.name for field in report.carried} == {key.strip(":") for key in expected}
    assert read_all_tags(source).pictures == read_all_tags(target).pictures
    assert essence.compute_audio_hash(source) == essence.compute_audio_hash(target)
    bytes_after = target.read_bytes()
    assert transfer_tags.add_tags(target, target, TagChanges(GAINS)).carried == ()
    assert target.read_bytes() == bytes_after


@pytest.mark.parametrize("name", ["flac", "mp3", "m4a", "ogg", "opus", "wma"])
def test_missing_fields_and_a_missing_cover_are_added(tmp_path: Path, name: str) -> None:
    source = tmp_path / f"source.{name}"
    source.write_bytes(tagged_sources.plain(name))
    cover = tmp_path / "cover.webp"
    cover.write_bytes(draw_picture("image/webp", (200, 10, 10, 255)))
    target = shutil.copyfile(source, tmp_path / f"target.{name}")
    report = transfer_tags.add_tags(source, target, TagChanges(filled=FILLED, cover=cover))
    wanted = {f"{item.name}:": item.values for item in FILLED}
    assert read_values(target) == wanted | read_values(source)
    (picture,) = read_all_tags(target).pictures
    if name == "m4a":
        assert picture.data.startswith(b"\xff\xd8\xff")
        assert [note.values for note in report.not_carried] == [("image/webp",)]
    else:
        assert picture.data == cover.read_bytes()
        assert report.not_carried == ()
    assert essence.compute_audio_hash(source) == essence.compute_audio_hash(target)


def test_mutagen_finds_the_names_that_players_know(tmp_path: Path) -> None:
    keys = {
        "mp3": "TXXX:REPLAYGAIN_ALBUM_GAIN",
        "m4a": "----:com.apple.iTunes:REPLAYGAIN_ALBUM_GAIN",
        "ogg": "REPLAYGAIN_ALBUM_GAIN",
        "wma": "REPLAYGAIN_ALBUM_GAIN",
        "wv": "REPLAYGAIN_ALBUM_GAIN",
        "opus": "R128_ALBUM_GAIN",
    }
    for name, key in keys.items():
        target = tmp_path / f"a.{name}"
        target.write_bytes(tagged_sources.plain(name))
        source = shutil.copyfile(target, tmp_path / f"source.{name}")
        transfer_tags.add_tags(source, target, TagChanges(GAINS))
        assert key in mutagen.File(target), name


def test_a_read_only_copy_stays_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    for name in ("source.mp3", "target.mp3"):
        (tmp_path / name).write_bytes(tagged_sources.plain("mp3"))
        (tmp_path / name).chmod(0o444)
        if os.geteuid() == 0:
            os.chown(tmp_path / name, USER, USER)
    child = os.fork()
    if not child:
        try:
            os.chdir(tmp_path)
            if os.geteuid() == 0:  # modes do not bind root
                os.setuid(USER)
            transfer_tags.add_tags(Path("source.mp3"), Path("target.mp3"), TagChanges(GAINS))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    target = tmp_path / "target.mp3"
    assert read_values(target)["replaygain_album_gain:"] == ("-2.00 dB",)
    assert stat.S_IMODE(target.stat().st_mode) == 0o444


def test_a_format_that_is_only_read(tmp_path: Path) -> None:
    source = encoded.write(tmp_path / "a.aac", "a.aac")
    target = shutil.copyfile(source, tmp_path / "b.aac")
    with pytest.raises(ReadOnlyFormat, match="only read"):
        transfer_tags.add_tags(source, target, TagChanges(GAINS))
    assert target.read_bytes() == source.read_bytes()
