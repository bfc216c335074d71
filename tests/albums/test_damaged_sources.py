"""Damaged tracks fail their album whether they are encoded or copied, and healthy ones do not."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from mutagen.apev2 import APEv2
from mutagen.id3 import ID3, TIT2

from mediakeep.item import Status
from mediakeep.media.audio.decode import frame_headers
from mediakeep_samples.music import track_files
from tests import job_home
from tests.job_kinds import AlbumHome
from tests.media import encoded
from tests.sampling import each_row

ALBUM = "Art/One"
BELL = track_files.read_seed_file("bell.mp3")
KINDS = {"flac": "16.flac", "ogg": "a.ogg", "opus": "a.opus", "m4a": "aac.m4a", "wav": "16.wav"}
Damage = Callable[[bytes], bytes]


def overwritten(content: bytes, size: int = 600) -> bytes:
    """Return a file with random bytes in its middle."""
    at = len(content) // 2
    return content[:at] + random.Random(1).randbytes(size) + content[at + size :]


def overwritten_early(content: bytes) -> bytes:
    end = len(content) * 8 // 10
    return overwritten(content[:end]) + content[end:]


def blanked(flac: bytes) -> bytes:
    """Return a FLAC with zeros from its first frame on, in more than FFmpeg searches."""
    start, size = flac.index(b"\xff\xf8"), min(100_000, len(flac) * 8 // 10)
    return flac[:start] + bytes(size) + flac[start + size :]


def wrong_md5(flac: bytes) -> bytes:
    return flac[:26] + bytes(15) + flac[41:]


def cut(content: bytes) -> bytes:
    return content[: len(content) * 6 // 10]


def one_sample(wav: bytes) -> bytes:
    return b"RIFF(\0\0\0" + wav[8:36] + b"data\4\0\0\0" + bytes(4)


def make_album(home: Path, suffix: str, change: Damage) -> AlbumHome:
    """Make an album of a changed track and of a healthy one."""
    albums = AlbumHome(home)
    folder = albums.library / ALBUM
    for path in (albums.path, folder):
        path.mkdir(parents=True)
    sound = home / f"a.{suffix}"
    content = encoded.write(sound, KINDS[suffix]).read_bytes() if suffix in KINDS else BELL
    (folder / f"01 T.{suffix}").write_bytes(change(content))
    (folder / f"02 T.{suffix}").write_bytes(content)
    return albums


@pytest.mark.long
@each_row(
    "profile, suffix, damage, problem",
    [
        ("flac", "flac", overwritten_early, "is damaged: it cannot be decoded at 0:00."),
        ("flac", "flac", cut, "is truncated: it ends at 0:01 of 0:0"),
        ("flac", "flac", blanked, "is damaged: it cannot be decoded at 0:00."),
        ("flac", "flac", wrong_md5, "is damaged: the samples do not match the MD5 of the encoder."),
        ("opus", "flac", wrong_md5, "is damaged: the samples do not match the MD5 of the encoder."),
        ("flac", "mp3", overwritten, "is damaged: frames are damaged or missing at 0:00."),
        ("opus", "mp3", cut, "is damaged: 18 of 41 frames are missing, it ends at 0:00; "),
        ("mp3-v0", "ogg", overwritten, "is damaged: pages are damaged or missing at 0:0"),
        ("flac", "ogg", cut, "is truncated: "),
        ("keep", "opus", cut, "is truncated: "),
        ("opus", "opus", overwritten, "is damaged: pages are damaged or missing at 0:01."),
        ("opus", "m4a", cut, "is truncated: it holds "),
        (
            "opus",
            "m4a",
            overwritten,
            "is damaged: it cannot be decoded at 3 places, the first at 0:01.",
        ),
    ],
)
def test_damage_fails_the_album_and_is_named_with_its_position(
    tmp_path: Path, profile: str, suffix: str, damage: Damage, problem: str
) -> None:
    albums = make_album(tmp_path, suffix, damage)
    before = job_home.contents(albums.library)
    albums.convert(profile=profile, delete_original=True, attempts=3)
    item = albums.item(ALBUM)
    assert (item.status, item.processing_stage) == (Status.ERROR, "failed_convert")
    assert f"1 of 2 tracks not converted. 01 T.{suffix}: {problem}" in item.error_message
    assert item.attempts == {"converting": 1}
    assert (job_home.names(albums.output), job_home.contents(albums.library)) == ([], before)
    albums.reset(ALBUM)
    albums.process(profile=profile, delete_original=True, keep_going=True, verify="length")
    item = albums.item(ALBUM)
    assert (item.status, item.failed_tracks) == (Status.COMPLETED, 1)
    assert [Path(name).stem for name in job_home.names(albums.output / ALBUM)] == ["02 T"]
    assert job_home.contents(albums.library) == before
    (row, _) = albums.report(ALBUM)["tracks"]
    assert row["error"].startswith(problem)


def test_a_track_that_cannot_be_encoded_is_named_as_it_would_be(tmp_path: Path) -> None:
    albums = make_album(tmp_path, "wav", one_sample)
    albums.convert(profile="opus")
    problem = "01 T.wav: 01 T.opus not encoded: it is too short for a single sample."
    assert f"1 of 2 tracks not converted. {problem}" in albums.item(ALBUM).error_message


def as_stems(_m4a: bytes) -> bytes:
    """Return an M4A with two audio tracks, as DJs have them: the mix, and one of its voices."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        for stream in [output.add_stream("alac", 44_100, layout="mono") for _ in range(2)]:
            frame = av.AudioFrame("s16p", "mono", 4096)
            frame.sample_rate = 44_100
            output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
    return file.getvalue()


def test_a_file_with_two_audio_tracks_is_not_reduced_to_one(tmp_path: Path) -> None:
    albums = make_album(tmp_path, "m4a", as_stems)
    before = job_home.contents(albums.library)
    albums.convert(profile="opus", delete_original=True, keep_going=True)
    item = albums.item(ALBUM)
    assert (item.status, item.failed_tracks) == (Status.COMPLETED, 1)
    assert job_home.contents(albums.library) == before
    (row, _) = albums.report(ALBUM)["tracks"]
    assert "its source has 2 audio tracks, and a new file has one" in row["error"]
    albums = make_album(tmp_path / "kept", "m4a", as_stems)
    albums.convert(profile="keep")
    assert albums.item(ALBUM).status is Status.COMPLETED


def without_codec(m4a: bytes) -> bytes:
    return m4a.replace(b"mp4a", b"----").replace(b"esds", b"free")


def test_a_track_without_a_decoder_is_copied_unless_it_has_to_be_decoded(tmp_path: Path) -> None:
    albums = make_album(tmp_path, "m4a", without_codec)
    albums.convert(profile="keep")
    assert "1 of 2 tracks not converted. 01 T.m4a: " in albums.item(ALBUM).error_message
    albums.reset(ALBUM)
    albums.process(profile="keep", verify="length")
    assert albums.item(ALBUM).status is Status.COMPLETED
    assert job_home.names(albums.output / ALBUM) == ["01 T.m4a", "02 T.m4a"]


def without_md5(flac: bytes) -> bytes:
    return flac[:26] + bytes(16) + flac[42:]


def tagged_with_ape(mp3: bytes) -> bytes:
    path = Path("ape.mp3")
    tag = APEv2()
    tag["Title"] = "A title"
    path.write_bytes(mp3)
    tag.save(path)
    return path.read_bytes()


def tagged_between(mp3: bytes) -> bytes:
    """Return an MP3 made of two, each with its tags."""
    path = Path("id3.mp3")
    path.write_bytes(mp3)
    tag = ID3()
    tag.add(TIT2(text="A title"))
    tag.save(path, v1=2)
    return path.read_bytes() * 2


def without_xing(mp3: bytes) -> bytes:
    """Return only the frames after the first one, which holds the encoder's header."""
    start = mp3.index(b"\xff\xfb")
    header = frame_headers.parse_mpeg_header(mp3[start : start + 4])
    assert header
    return mp3[start + header.size :]


@pytest.mark.long
@each_row(
    "suffix, change",
    [
        ("flac", without_md5),
        ("flac", lambda data: data + b"TAG" + bytes(125)),
        ("mp3", lambda data: random.Random(2).randbytes(3000) + data),
        ("mp3", lambda data: data + random.Random(3).randbytes(500)),
        ("mp3", lambda data: data + bytes(3000)),
        ("mp3", tagged_with_ape),
        ("mp3", tagged_between),
        ("mp3", without_xing),
        ("mp3", lambda data: without_xing(data)[:-20] + b"TAG" + bytes(125)),
        ("ogg", lambda data: data + b"TAG" + bytes(125)),
    ],
)
def test_a_file_that_plays_is_no_damaged_one(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    change: Damage,
) -> None:
    monkeypatch.chdir(tmp_path)
    albums = make_album(tmp_path, suffix, change)
    albums.convert(profile="flac")
    assert albums.item(ALBUM).error_message == ""
    assert albums.item(ALBUM).status is Status.COMPLETED


@each_row("profile", ["flac", "keep"])
def test_an_end_that_is_not_marked_is_noted_in_the_report(tmp_path: Path, profile: str) -> None:
    """Recorders of Android and of radio streams mark none, so it is no proof of damage."""
    albums = make_album(tmp_path, "opus", lambda opus: opus[: opus.rindex(b"OggS")])
    albums.convert(profile=profile)
    assert albums.item(ALBUM).error_message == ""
    first, second = albums.report(ALBUM)["tracks"]
    assert re.fullmatch(r"a stream ends at 0:0\d without an end mark", first["note"])
    assert "note" not in second
    (page,) = (albums.path / "issues" / "albums").glob("*.md")
    assert "## Listen to these tracks" in page.read_text()
