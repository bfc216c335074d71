"""Damaged audio is found with its position, and malformed files do no harm."""

from __future__ import annotations

import errno
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from mediakeep.errors import Unreadable, UsageError
from mediakeep.media import ffmpeg
from mediakeep.media.audio import tags
from mediakeep.media.audio.decode import damage, frame_headers
from mediakeep.media.audio.tags import AudioProperties
from mediakeep.media.bounded_file import BoundedFile
from mediakeep_samples.music import track_files
from tests.media import encoded
from tests.music import shelf
from tests.sampling import each_row, some

BELL = {suffix: track_files.read_seed_file(f"bell.{suffix}") for suffix in shelf.FORMATS}


def judged(path: Path, content: bytes, facts: AudioProperties | None = None) -> str:
    """Write a file and find damage, with the properties of the undamaged file."""
    path.write_bytes(content)
    return damage.find_damage(path, facts or tags.read(path).facts)


def facts_of(path: Path, content: bytes) -> AudioProperties:
    path.write_bytes(content)
    return tags.read(path).facts


def flipped(content: bytes, at: int, bit: int = 0) -> bytes:
    changed = bytearray(content)
    changed[at] ^= 1 << bit
    return bytes(changed)


def frames(mp3: bytes) -> list[int]:
    """Return the offsets of the frames of an MP3 without tags."""
    found, at = [], mp3.index(b"\xff")
    while frame := frame_headers.parse_mpeg_header(mp3[at : at + 4]):
        found.append(at)
        at += frame.size
    return found


@each_row("suffix", ["flac", "ogg", "opus"])
def test_any_changed_bit_is_found_where_the_format_has_checksums(
    tmp_path: Path, suffix: str
) -> None:
    whole, path, chance = BELL[suffix], tmp_path / f"a.{suffix}", random.Random(1)
    facts = facts_of(path, whole)
    sound = whole.index(b"\xff\xf8") if suffix == "flac" else whole.index(b"OggS", 200)
    for _ in range(40):
        at = chance.randrange(sound, len(whole))
        assert judged(path, flipped(whole, at, chance.randrange(8)), facts), at


def test_any_changed_bit_of_wavpack_is_found(tmp_path: Path) -> None:
    path = encoded.write(tmp_path / "a.wv", "a.wv")
    whole, facts, chance = path.read_bytes(), tags.read(path).facts, random.Random(1)
    for _ in range(20):
        at = chance.randrange(len(whole) // 10, len(whole) * 9 // 10)
        assert judged(path, flipped(whole, at, chance.randrange(8)), facts), at


@each_row("name", ["cbr.mp3", "a.aac", "aac.m4a", "alac.m4a", "16.flac", "a.opus"])
def test_a_sector_of_zeros_is_found(tmp_path: Path, name: str) -> None:
    path = encoded.write(tmp_path / name, name)
    whole, facts = path.read_bytes(), tags.read(path).facts
    middle = len(whole) // 2
    assert judged(path, whole[:middle] + bytes(4096) + whole[middle + 4096 :], facts)


@each_row("seed", range(8))
def test_random_bytes_in_alac_are_found(tmp_path: Path, seed: int) -> None:
    path = encoded.write(tmp_path / "a.m4a", "alac.m4a")
    whole, facts = path.read_bytes(), tags.read(path).facts
    # Some of them ask for what FFmpeg has not implemented.
    middle, noise = len(whole) // 2, random.Random(seed).randbytes(4096)
    found = judged(path, whole[:middle] + noise + whole[middle + 4096 :], facts)
    assert found.startswith("it cannot be decoded")


@each_row("suffix", ["mp3", "flac", "ogg", "opus"])
def test_missing_bytes_are_found(tmp_path: Path, suffix: str) -> None:
    whole, path = BELL[suffix], tmp_path / f"a.{suffix}"
    facts, middle = facts_of(path, whole), len(whole) // 2
    assert judged(path, whole[:middle] + whole[middle + 300 :], facts)


def test_a_gap_in_an_mp3_is_told_with_its_place(tmp_path: Path) -> None:
    path = encoded.write(tmp_path / "a.mp3", "cbr.mp3")
    whole = path.read_bytes()
    starts = frames(whole)
    at = starts[len(starts) * 3 // 4]
    lost = judged(path, whole[:at] + b"\0" * 50 + whole[at:])
    assert lost == "frames are damaged or missing at 0:01"
    more = judged(path, flipped(flipped(whole, at, 5), starts[20], 5))
    assert more == "frames are damaged or missing at 2 places, the first at 0:00"


def test_missing_frames_are_counted_against_what_the_encoder_wrote(tmp_path: Path) -> None:
    whole = track_files.read_seed_file("bell.mp3")
    starts = frames(whole)
    cut = whole[: starts[10]] + whole[starts[15] :]
    facts = facts_of(tmp_path / "a.mp3", whole)
    told = frame_headers.parse_frame_count(whole[starts[0] :][:200])
    assert (
        judged(tmp_path / "a.mp3", cut, facts) == f"5 of {told} frames are missing, it ends at 0:00"
    )


def test_a_last_frame_that_is_cut_off_is_told(tmp_path: Path) -> None:
    whole = track_files.read_seed_file("bell.mp3")
    facts = facts_of(tmp_path / "a.mp3", whole)
    assert judged(tmp_path / "a.mp3", whole[:-20], facts) == "the last frame, at 0:01, is truncated"


def test_zeros_where_the_end_should_be_are_told(tmp_path: Path) -> None:
    path = encoded.write(tmp_path / "a.aac", "a.aac")
    whole, facts = path.read_bytes(), tags.read(path).facts
    half = len(whole) // 2
    told = judged(path, whole[:half] + bytes(len(whole) - half), facts)
    assert "only zero bytes from 0:00 on" in told or "from 0:01 on" in told
    assert judged(path, whole + bytes(900), facts) == ""


def test_a_checksum_that_the_samples_do_not_have_is_told(tmp_path: Path) -> None:
    told = judged(tmp_path / "a.flac", flipped(BELL["flac"], 8 + 20))
    assert told == "the samples do not match the MD5 of the encoder"


def test_a_damaged_frame_of_flac_is_told_with_its_place(tmp_path: Path) -> None:
    path = encoded.write(tmp_path / "a.flac", "16.flac")
    whole, facts = path.read_bytes(), tags.read(path).facts
    told = judged(path, flipped(whole, len(whole) * 3 // 4), facts)
    assert told == "it cannot be decoded at 0:01"


def test_a_page_of_ogg_that_is_gone_or_damaged_is_told_with_its_place(tmp_path: Path) -> None:
    path = encoded.write(tmp_path / "a.opus", "a.opus")
    whole, facts = path.read_bytes(), tags.read(path).facts
    pages = [at for at in range(len(whole)) if whole.startswith(b"OggS", at)]
    gone = whole[: pages[3]] + whole[pages[4] :]
    assert judged(path, gone, facts) == "pages are damaged or missing at 0:01"
    for page, place in ((3, "0:01"), (-1, "0:02")):
        for at in (pages[page], pages[page] + 30):
            told = judged(path, flipped(whole, at), facts)
            assert told == f"pages are damaged or missing at {place}"
    assert judged(path, whole[: pages[-1] + 60], facts).startswith("pages are damaged")
    assert judged(path, whole + b"TAG" + bytes(125), facts) == ""


def test_what_is_shorter_than_it_says_is_told(tmp_path: Path) -> None:
    path = encoded.write(tmp_path / "a.wav", "16.wav")
    long = AudioProperties(format="WAV", duration=200.0, sample_rate=44_100)
    assert damage.find_damage(path, long) == "only 0:02 of 3:20 can be decoded"
    for near in (2.9, 2.02):
        assert damage.find_damage(path, AudioProperties(format="WAV", duration=near)) == ""


def test_what_no_decoder_can_open_is_told(tmp_path: Path) -> None:
    facts = facts_of(tmp_path / "a.m4a", BELL["m4a"])
    spoilt = BELL["m4a"].replace(b"moov", b"moo\0")
    assert judged(tmp_path / "a.m4a", spoilt, facts) == "it cannot be decoded at all"


@each_row("more", [{"protected": "FairPlay"}, {"truncated": "it ends at 0:01"}])
def test_what_is_locked_or_cut_off_is_left_to_other_kinds(
    tmp_path: Path, more: dict[str, str]
) -> None:
    (tmp_path / "a.m4a").write_bytes(b"no sound")
    assert damage.find_damage(tmp_path / "a.m4a", AudioProperties(format="MP4", duration=5.0)) != ""
    assert (
        damage.find_damage(tmp_path / "a.m4a", AudioProperties(format="MP4", duration=5.0, **more))
        == ""
    )


def test_a_codec_that_is_not_known_is_no_damage(tmp_path: Path) -> None:
    facts = facts_of(tmp_path / "a.m4a", BELL["m4a"])
    unknown = BELL["m4a"].replace(b"mp4a", b"zzzz")
    assert unknown != BELL["m4a"]
    assert judged(tmp_path / "a.m4a", unknown, facts) == ""


PROBED = ("FLAC", "MP4", "WMA", "WAV", "AIFF", "DSF", "WavPack", "Monkey's Audio", "Musepack")


@pytest.mark.parametrize("name", some(PROBED, 3))
def test_a_playlist_in_disguise_leads_to_no_other_file(tmp_path: Path, name: str) -> None:
    encoded.write(tmp_path / "other.aac", "a.aac")
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:3", "#EXTINF:3,", f"{tmp_path}/other.aac"]
    playlist = tmp_path / "a.m3u8"
    playlist.write_text("\n".join([*lines, "#EXT-X-ENDLIST"]))
    with av.open(str(playlist)) as followed:  # which FFmpeg does by itself, even into the net
        assert sum(frame.samples for frame in followed.decode(audio=0))
    told = damage.find_damage(playlist, AudioProperties(format=name, duration=2.0))
    assert told in ("it cannot be decoded at all", "only 0:00 of 0:02 can be decoded")


def test_a_file_that_refuses_is_told_as_one(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        damage.find_damage(tmp_path / "gone.mp3", AudioProperties(format="MP3"))


@each_row("name", ["16.flac", "cbr.mp3", "a.opus"])
def test_a_disk_that_fails_in_the_middle_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = encoded.write(tmp_path / name, name)
    facts, real, calls = tags.read(path).facts, BoundedFile.read, []

    def failing(source: BoundedFile, start: int, count: int) -> bytes:
        calls.append(start)
        if len(calls) > 6:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(source, start, count)

    monkeypatch.setattr(BoundedFile, "read", failing)  # no disk fails when it is asked to
    with pytest.raises(Unreadable, match="Input/output error"):
        damage.find_damage(path, facts)


@pytest.mark.parametrize("turns", [40, pytest.param(400, marks=pytest.mark.slow)])
def test_hostile_bytes_raise_nothing_and_hang_nowhere(tmp_path: Path, turns: int) -> None:
    """Run in a child process, because the decoders are native code."""
    words = [sys.executable, "-c", HOSTILE, str(tmp_path), str(turns)]
    path = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        words, env={**os.environ, **path}, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > turns / 4


HOSTILE = """
import random, sys, time
from pathlib import Path
from mediakeep.media.audio.decode import damage
from mediakeep.media.audio.model import AudioProperties
from mediakeep_samples.music import track_files
chance, path, found = random.Random(9), Path(sys.argv[1], "a"), 0
forms = {"mp3": "MP3", "flac": "FLAC", "m4a": "MP4", "ogg": "Ogg Vorbis", "opus": "Opus"}
for turn in range(int(sys.argv[2])):
    suffix = chance.choice(list(forms))
    content = bytearray(track_files.read_seed_file("chord." + suffix))
    for _ in range(chance.choice((1, 4, 30))):
        at = chance.randrange(len(content))
        content[at : at + chance.choice((1, 4, 200))] = chance.randbytes(chance.choice((0, 1, 4)))
    content = content * chance.choice((1, 1, 3))
    form = forms[suffix] if turn % 4 else chance.choice(["WMA", "WAV", "AIFF", "DSF", "WavPack",
        "Monkey's Audio", "Musepack", "AAC", "Speex", "Ogg FLAC"])
    path.write_bytes(content)
    started = time.process_time()
    facts = AudioProperties(format=form, duration=1.0, sample_rate=8000)
    found += bool(damage.find_damage(path, facts))
    assert time.process_time() - started < 2
many = 250 * int(sys.argv[2])
for bomb in (b"\\xff" * 10 * many, b"OggS\\0" + bytes(21) + b"\\xff" * 255, b"OggS" * many,
    b"\\xff\\xfb\\x90\\x64" * many, bytes(10 * many), b"\\xff\\xf1\\x50\\x80\\0\\xff\\xfc" * many):
    path.write_bytes(bomb)
    for form in ("MP3", "AAC", "Opus"):
        started = time.process_time()
        damage.find_damage(path, AudioProperties(format=form, duration=1.0, sample_rate=8000))
        assert time.process_time() - started < 5
print(found)
"""


def test_without_the_decoders_the_line_that_installs_them_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ffmpeg.require_pyav()
    monkeypatch.setattr("av.__version__", "13.1.0")
    with pytest.raises(UsageError, match='pip install "mediakeep\\[audio\\]"'):
        ffmpeg.require_pyav()
    monkeypatch.setitem(sys.modules, "av", None)  # as if the package were missing
    with pytest.raises(UsageError, match='pip install "mediakeep\\[audio\\]"'):
        ffmpeg.require_pyav()


def test_decoders_that_do_not_fit_into_the_memory_are_not_called_missing() -> None:
    limited = (
        "import resource\n"
        "from mediakeep.media import ffmpeg\n"
        "pages = int(open('/proc/self/statm').read().split()[0])\n"
        "limit = pages * resource.getpagesize() + (20 << 20)\n"
        "resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n"
        "try:\n    ffmpeg.require_pyav()\nexcept MemoryError as error:\n    print(error)\n"
    )
    words = [sys.executable, "-c", limited]
    path = {"PYTHONPATH": str(Path(__file__).parents[2] / "utilities")}
    done = subprocess.run(words, env={**os.environ, **path}, capture_output=True, text=True)
    assert done.stdout.startswith("PyAV not loaded: "), done.stderr


READ: tuple[tuple[Callable[[bytes], frame_headers.FrameHeader | None], str, int, float], ...] = (
    (frame_headers.parse_mpeg_header, "fffb9064", 417, 1152 / 44_100),
    (frame_headers.parse_mpeg_header, "fffb9264", 418, 1152 / 44_100),
    (frame_headers.parse_mpeg_header, "fff38064", 208, 576 / 22_050),
    (frame_headers.parse_mpeg_header, "ffe38064", 417, 576 / 11_025),
    (frame_headers.parse_mpeg_header, "fffd9004", 522, 1152 / 44_100),
    (frame_headers.parse_mpeg_header, "ffff9004", 312, 384 / 44_100),
    (frame_headers.parse_adts_header, "fff15080017ffc", 11, 1024 / 44_100),
)


@each_row(("read", "head", "size", "seconds"), READ)
def test_headers_of_frames_are_read_as_the_standards_say(
    read: Callable[[bytes], frame_headers.FrameHeader | None], head: str, size: int, seconds: float
) -> None:
    frame = read(bytes.fromhex(head).ljust(7, b"\0"))
    assert frame is not None
    assert (frame.size, frame.seconds) == (size, seconds)


@each_row("head", ["ffeb9064", "fff99064", "fffbf064", "fffb0064", "fffb9c64", "fe7b9064", "ff"])
def test_what_is_no_header_is_refused(head: str) -> None:
    assert frame_headers.parse_mpeg_header(bytes.fromhex(head).ljust(7, b"\0")) is None
