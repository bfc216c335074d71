"""Damaged sources are located, and used with silence for what is lost, or refused."""

from __future__ import annotations

import math
import random
import re
from array import array
from base64 import b64encode
from collections.abc import Callable
from functools import cache
from operator import sub
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import pytest
from mutagen.flac import Picture
from mutagen.oggopus import OggOpus

from mediakeep.audiobooks.encoding import count_source, pcm_timeline
from mediakeep.audiobooks.encoding.book_plan import CountedSource
from mediakeep.audiobooks.sources import check_sources
from mediakeep.errors import DecodingFailed, SourcesRefused
from mediakeep.item import Status
from mediakeep.media import ffmpeg
from mediakeep.media.audio.decode import frame_headers, ogg_page_scan
from mediakeep.media.encoding import pcm_source
from mediakeep.media.encoding.profiles import Profile
from mediakeep_samples.music import track_files
from tests.audiobooks import books
from tests.job_kinds import BookHome
from tests.media.encoding import sounds
from tests.sampling import each_row

Change = Callable[[bytes, int], bytes]

NOISE = random.Random(3).randbytes(3000)
LONG = books.Kind(44_100, 2, 6.0)
WAVPACK = Profile(name="wv", suffix=".wv", codec="wavpack", container="wv", lossless=True)


def cut(data: bytes, at: int) -> bytes:
    return data[:at] + data[at + 50 :]


def overwrite(data: bytes, at: int) -> bytes:
    return data[:at] + NOISE[:100] + data[at + 100 :]


def overwrite_more(data: bytes, at: int) -> bytes:
    return data[:at] + NOISE + data[at + 3000 :]


def insert(data: bytes, at: int) -> bytes:
    return data[:at] + NOISE[:700] + data[at:]


def write_sound(path: Path) -> Path:
    if path.suffix == ".mp3":
        kind = books.Kind(44_100, 2, 6.0, quality=4) if "vbr" in path.name else LONG
        return books.write_mp3(path, kind)
    path.write_bytes(_encode_sound(path.suffix))
    return path


@cache
def _encode_sound(suffix: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"a{suffix}"
        wave = sounds.write_wav(
            path.with_suffix(".wav"), sounds.noise_and_tone(44_100).tobytes() * 6
        )
        sounds.convert(wave, path, {".m4a": "aac", ".wv": WAVPACK}.get(suffix, suffix[1:]))
        return path.read_bytes()


def read(source: CountedSource, start: int = 0) -> array[float]:
    return books.join_left(pcm_timeline.read_source(source, books.FORMAT, start))


def find_largest_difference(found: array[float], expected: array[float]) -> float:
    """Compare samples; pytest.approx takes microseconds for each."""
    assert (len(found), math.isfinite(sum(found))) == (len(expected), True)
    return max(map(abs, map(sub, found, expected)))


@pytest.mark.long
@each_row(
    "name, change",
    [
        ("cbr.mp3", cut),
        ("vbr.mp3", cut),
        ("cbr.mp3", overwrite),
        ("cbr.mp3", overwrite_more),
        ("vbr.mp3", overwrite_more),
        ("cbr.mp3", insert),
        ("a.flac", cut),
        ("a.flac", overwrite),
        ("a.m4a", overwrite),
        ("a.m4a", overwrite_more),
        ("a.opus", cut),
        ("a.wv", cut),
    ],
    ids=lambda row: str(row),
)
def test_damage_is_located_and_all_after_it_keeps_its_time(
    tmp_path: Path, name: str, change: Change
) -> None:
    path = write_sound(tmp_path / name)
    before = count_source.count_source(path, books.FORMAT, position_seconds=1)
    assert (before.damage, before.concealed) == ((), 0.0)
    whole = read(before)
    data = path.read_bytes()
    path.write_bytes(change(data, len(data) // 2))
    source = count_source.count_source(
        path, books.FORMAT, position_seconds=1, copy=tmp_path / f"copy-{name}"
    )
    assert source.damage[0] == pytest.approx(3.0, abs=1.0)
    assert source.concealed < 1.1
    assert source.samples == before.samples
    found = read(source)
    assert len(found) == len(whole)
    start, end = 2 * 44_100, 9 * 44_100 // 2
    if name != "a.m4a":  # decoders replace noise by random noise
        assert found[:start] == whole[:start]
        assert find_largest_difference(found[end:], whole[end:]) <= 1e-6
        for at in (end, source.samples * 4 // 5, source.samples - 1):
            assert read(source, at) == found[at:]
    assert len(read(source, end)) == len(whole) - end


def blank_first_frames(data: bytes) -> bytes:
    start, size = data.index(b"\xff\xf8"), len(data) // 10
    return data[:start] + bytes(size) + data[start + size :]


def cut_first_page(data: bytes) -> bytes:
    pages = [match.start() for match in re.finditer(b"OggS", data)]
    return cut(data, pages[2] + 200)  # after those of the headers


@each_row("name, change", [("a.flac", blank_first_frames), ("a.opus", cut_first_page)], ids=str)
def test_silence_for_a_damaged_start_is_at_the_start(
    tmp_path: Path, name: str, change: Callable[[bytes], bytes]
) -> None:
    path = write_sound(tmp_path / name)
    whole = read(count_source.count_source(path, books.FORMAT))
    path.write_bytes(change(path.read_bytes()))
    source = count_source.count_source(path, books.FORMAT)
    found = read(source)
    silent = round(source.concealed * 44_100)
    assert (len(found), source.damage[0], any(found[: silent - 100])) == (len(whole), 0, False)
    assert 4_000 < silent < 50_000
    assert find_largest_difference(found[60_000:], whole[60_000:]) < 1e-5


@each_row(
    "at, size, start, end",
    [
        (2, 20_000, 0, 3),
        (40, 20_000, 0, 3),
        (5_000, 3_000, 0, 2),
        (12_000, 20_000, 1, 5),
        (20_000, 100, 2, 3),
        (30_000, 3_000, 3, 5),
        (40_000, 100, 5, 6),
    ],
)
def test_silence_for_damage_in_the_first_half_second_is_where_it_is(
    tmp_path: Path, at: int, size: int, start: int, end: int
) -> None:
    path = write_sound(tmp_path / "a.flac")
    whole = read(count_source.count_source(path, books.FORMAT))
    data = path.read_bytes()
    first = data.index(b"\xff\xf8") + at
    path.write_bytes(data[:first] + bytes(size) + data[first + size :])
    source = count_source.count_source(path, books.FORMAT)
    found, frame = read(source), 4608
    start, end = start * frame, end * frame
    assert source.damage[0] == pytest.approx(start / 44_100, abs=0.11)  # a frame
    assert (len(found), any(found[start:end])) == (264_600, False)
    assert (found[:start], found[end:]) == (whole[:start], whole[end:])


@pytest.mark.long
@each_row(
    "name, seconds, start, end",
    [
        ("a.flac", 6, 1.0, 4.5),
        ("a.flac", 20, 0.6, 17.0),
        ("a.flac", 20, 2.0, 18.0),
        ("a.opus", 20, 2.0, 17.0),
    ],
)
def test_audio_after_a_long_gap_is_read_from_any_start(
    tmp_path: Path, name: str, seconds: int, start: float, end: float
) -> None:
    path, rate = tmp_path / name, 44_100
    wave = sounds.write_wav(tmp_path / "a.wav", sounds.noise_and_tone(rate).tobytes() * seconds)
    sounds.convert(wave, path, path.suffix[1:])
    data = path.read_bytes()
    first, last = (int(len(data) * at / seconds) for at in (start, end))
    path.write_bytes(data[:first] + bytes(last - first) + data[last:])
    source = count_source.count_source(path, books.FORMAT, position_seconds=1)
    found = read(source)
    assert source.samples == seconds * rate
    assert source.damage[0] == pytest.approx(start, abs=0.3 if name == "a.flac" else 1.1)  # a page
    for at in (round((end + late) * rate) for late in (-1.0, 0.2, 0.4, 0.8)):
        assert read(source, at) == found[at:]


@each_row("name, samples", [("a.wv", 198_450), ("a.flac", 250_776)])
def test_what_was_copied_from_a_longer_file_is_not_damaged(
    tmp_path: Path, name: str, samples: int
) -> None:
    path = tmp_path / f"copy-{name}"
    with av.open(str(write_sound(tmp_path / name))) as whole, av.open(str(path), "w") as copy:
        stream = copy.add_stream_from_template(whole.streams.audio[0])
        for packet in list(whole.demux(whole.streams.audio[0]))[3:-1]:
            packet.stream = stream
            copy.mux(packet)
    if path.suffix == ".flac":
        data = path.read_bytes()
        length = int.from_bytes(data[18:26]) - 264_600 + samples
        path.write_bytes(data[:18] + length.to_bytes(8) + data[26:])
    source = count_source.count_source(path, books.FORMAT)
    assert (source.samples, source.damage, source.concealed) == (samples, (), 0)


def delay_pages(data: bytes, first: int = 0) -> bytes:
    """Return an Ogg file whose times are an hour late, from a page on."""
    pages = [bytearray(b"OggS" + page) for page in data.split(b"OggS")[1:]]
    for page in pages[first:]:
        granule = int.from_bytes(page[6:14], "little")
        page[6:14] = (granule and granule + 3600 * 48_000).to_bytes(8, "little")
        page[22:26] = ogg_page_scan.page_checksum(bytes(page)).to_bytes(4, "little")
    return b"".join(pages)


def test_the_streams_of_a_chain_may_begin_at_any_time(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.opus")
    data = path.read_bytes()
    for content, count in ((data + delay_pages(data), 2), (delay_pages(data), 1)):
        path.write_bytes(content)
        source = count_source.count_source(path, books.FORMAT)
        assert (source.damage, source.samples) == ((), 264_600 * count)


@pytest.mark.long
@each_row("first, last", [(4, 5), (12, 13), (13, 15)])  # of 18 pages, of a second each
@each_row("delay", [bytes, delay_pages], ids=str)
def test_audio_after_a_lost_page_of_a_chain_keeps_its_time(
    tmp_path: Path, delay: Callable[[bytes], bytes], first: int, last: int
) -> None:
    path = write_sound(tmp_path / "a.opus")
    data = path.read_bytes()
    path.write_bytes(data + delay(data))
    whole = read(count_source.count_source(path, books.FORMAT))
    pages = (data + delay(data)).split(b"OggS")
    del pages[first + 1 : last + 1]
    path.write_bytes(b"OggS".join(pages))
    source = count_source.count_source(path, books.FORMAT)
    found, lost = read(source), round(source.damage[0] * 44_100)
    assert len(found) == len(whole) == 2 * 264_600
    assert source.damage == (pytest.approx(first - 2 - 3 * (first > 9), abs=0.01),)
    assert source.concealed == last - first
    end = lost + (last - first) * 44_100 + 4_410  # until the decoder has adapted
    assert found[: lost - 100] == whole[: lost - 100]
    assert find_largest_difference(found[end:], whole[end:]) <= 1e-5


def drop_page(data: bytes, number: int) -> bytes:
    pages = data.split(b"OggS")
    del pages[number + 1]
    return b"OggS".join(pages)


def drop_end(data: bytes) -> bytes:
    """Return an Ogg without its last two pages, a second and a few samples."""
    return b"OggS".join(data.split(b"OggS")[:-2])


def embed_picture(opus: Path) -> bytes:
    """Return an Opus with a cover."""
    picture = Picture()
    picture.type, picture.mime = 3, "image/png"
    picture.data = track_files.read_seed_file("cover.png")
    tagged = OggOpus(opus)  # type: ignore[no-untyped-call]
    tagged["metadata_block_picture"] = [b64encode(picture.write()).decode()]  # type: ignore[no-untyped-call]
    tagged.save()
    return opus.read_bytes()


END = "without an end mark; audio may be missing there."


@each_row(
    "make, samples, damage, ends",
    [
        (lambda data: drop_end(data), 220_500, (), (5.0,)),
        (lambda data: drop_end(data) + data, 485_100, (), (5.0,)),
        (lambda data: data + drop_end(data), 485_100, (), (11.0,)),
        (lambda data: data + drop_page(data, 1), 529_200, (6.0,), ()),  # its tags
        (lambda data: data + drop_page(data, 0), 529_200, (6.0,), ()),  # its first page
        (lambda data: data + data, 529_200, (), ()),
    ],
)
def test_a_stream_of_ogg_whose_first_or_last_page_is_lost_is_noticed(
    tmp_path: Path,
    make: Callable[[bytes], bytes],
    samples: int,
    damage: tuple[float, ...],
    ends: tuple[float, ...],
) -> None:
    path = write_sound(tmp_path / "a.opus")
    path.write_bytes(make(path.read_bytes()))
    source = count_source.count_source(path, books.FORMAT)
    assert abs(source.samples - samples) < 1_000  # the pre-skip of a lost header is audio
    assert source.damage == tuple(pytest.approx(at, abs=0.02) for at in damage)
    assert source.unmarked_ends == tuple(pytest.approx(at, abs=0.02) for at in ends)
    notes = check_sources.check_damage([source], [tmp_path], "auto")
    assert sum(END in note for note in notes) == len(ends)
    assert sum("damaged at 0:0" in note for note in notes) == len(damage)


def test_the_covers_of_chained_streams_are_no_reason_to_fail(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.opus")
    data = embed_picture(path)
    path.write_bytes(data * 2)
    source = count_source.count_source(path, books.FORMAT)
    assert (source.samples, source.damage) == (529_200, ())


@each_row("at", [42, -1])  # all after STREAMINFO, or the audio
def test_a_flac_whose_start_is_overwritten_keeps_the_time_of_the_rest(
    tmp_path: Path, at: int
) -> None:
    path = write_sound(tmp_path / "a.flac")
    whole = read(count_source.count_source(path, books.FORMAT))
    data = path.read_bytes()
    start = at if at > 0 else data.index(b"\xff\xf8")
    path.write_bytes(data[:start] + bytes(200_000) + data[start + 200_000 :])
    source = count_source.count_source(path, books.FORMAT, position_seconds=1)
    found, silent = read(source), round(source.concealed * 44_100)
    assert (source.samples, source.damage) == (264_600, (0.0,))
    assert 2 * 44_100 < silent < 3 * 44_100
    assert (any(found[:silent]), found[silent:]) == (False, whole[silent:])
    for late in (silent + 100, 200_000, 264_599):
        assert read(source, late) == found[late:]
    with pytest.raises(SourcesRefused, match=r"a\.flac: damaged at 0:00; 2\.\d+ s cannot be"):
        check_sources.check_damage([source], [tmp_path], "auto")


def skip_beyond_the_end(data: bytes) -> bytes:
    """Return a FLAC with the first and the last 2 of 6 seconds, whose header declares 3."""
    start, packed = data.index(b"\xff\xf8"), int.from_bytes(data[18:26])
    third = (len(data) - start) // 3
    header = data[:18] + (packed - 3 * 44_100).to_bytes(8) + data[26:start]
    return header + data[start : start + third] + data[start + 2 * third :]


@each_row(
    "name, change, at",
    [
        ("a.flac", skip_beyond_the_end, "0:01"),
        ("a.opus", lambda data: delay_pages(data, 5), "0:02"),
    ],
    ids=str,
)
def test_a_wrong_timestamp_is_refused_and_makes_no_silence(
    tmp_path: Path, name: str, change: Callable[[bytes], bytes], at: str
) -> None:
    path = write_sound(tmp_path / name)
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(DecodingFailed, match=f"its timestamps are wrong at {at}"):
        count_source.count_source(path, books.FORMAT)


@each_row(
    "gaps, is_usable",
    [
        ([(50_000, 60_000)], True),
        ([(50_000, 70_000)], False),
        ([(90_000, 100_000)], False),  # its end
        ([(60_000, 63_000), (30_000, 33_000)], False),
    ],
)
def test_less_than_a_second_may_be_cut_out_of_an_mp3_once(
    tmp_path: Path, gaps: list[tuple[int, int]], is_usable: bool
) -> None:
    path, copy = books.write_mp3(tmp_path / "a.mp3", LONG), tmp_path / "copy.mp3"
    tag = b"ID3\3\0\0\0\0\0\x0dTIT2\0\0\0\3\0\0\0T!"
    whole = count_source.count_source(path, books.FORMAT).samples
    data = path.read_bytes()
    for start, end in gaps:
        data = data[:start] + data[end:]
    path.write_bytes(tag + data)
    problem = ""
    try:
        check_sources.check_sources([tmp_path], [path])
    except SourcesRefused as error:
        problem = str(error)
    assert ("it is truncated" in problem) is not is_usable
    if is_usable:
        source = count_source.count_source(path, books.FORMAT, copy=copy)
        assert (source.samples, source.concealed) == (whole, pytest.approx(0.63, abs=0.06))
        assert source.damage[0] == pytest.approx(3.1, abs=0.1)


@each_row(
    "name, first, cause",
    [
        ("a.m4a", b"mdat", "Invalid data"),
        ("a.flac", b"\xff\xf8", "no frame is found"),
    ],
)
def test_a_file_of_which_nothing_can_be_decoded_is_an_error(
    tmp_path: Path, name: str, first: bytes, cause: str
) -> None:
    path = write_sound(tmp_path / name)
    data = path.read_bytes()
    start = data.index(first) + 4
    path.write_bytes(data[:start] + bytes(range(256)) * ((len(data) - start) // 256))
    with pytest.raises(DecodingFailed, match=rf"{name} cannot be decoded: {cause}"):
        count_source.count_source(path, books.FORMAT)


def join(mp3: bytes, tag: bytes, *, has_header: bool) -> bytes:
    """Return an MP3 made of two, with a tag between them; the first one may lack its header."""
    start, header = mp3.index(b"\xff\xfb"), mp3.index(b"\xff\xfb") + 4
    first = frame_headers.parse_mpeg_header(mp3[start:header])
    assert first
    return mp3[start + first.size * (not has_header) :] + tag + mp3[start:]


@each_row("has_header", [True, False])
@each_row("tag", [b"", b"ID3\3\0\0\0\2\0\0" + bytes(2 << 14), b"TAG" + bytes(125)])
def test_tags_between_joined_files_are_no_gaps(
    tmp_path: Path, tag: bytes, has_header: bool
) -> None:
    path, copy = books.write_mp3(tmp_path / "a.mp3", LONG), tmp_path / "copy.mp3"
    data = join(path.read_bytes(), tag, has_header=has_header)
    path.write_bytes(data)
    whole = count_source.count_source(path, books.FORMAT, copy=copy)
    assert (whole.concealed < 0.1, whole.escaped_audio) == (True, "")
    path.write_bytes(cut(data, len(data) // 4))
    source = count_source.count_source(path, books.FORMAT, copy=copy)
    frame = 1152 * (tag[:1] == b"T")  # FFmpeg drops a frame before an ID3v1 tag
    assert source.samples - frame in (whole.samples, whole.samples - frame)
    assert source.concealed < 0.1


def test_a_header_that_declares_far_too_many_frames_fills_no_disk(tmp_path: Path) -> None:
    path, copy = books.write_mp3(tmp_path / "a.mp3", LONG), tmp_path / "copy.mp3"
    data = path.read_bytes()
    at = data.index(b"Info") + 8
    path.write_bytes(data[:at] + (100_000).to_bytes(4, "big") + data[at + 4 :])
    with pytest.raises(DecodingFailed, match="of 100,000 declared frames are left"):
        count_source.count_source(path, books.FORMAT, copy=copy)
    assert not copy.exists()


def test_a_long_gap_within_the_first_second_is_no_reason_to_refuse_a_file(tmp_path: Path) -> None:
    path = write_sound(tmp_path / "a.flac")
    data = path.read_bytes()
    start, end = len(data) // 8, len(data) // 2
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])
    (file,) = check_sources.check_sources([tmp_path], [path]).files
    source = count_source.count_source(path, books.FORMAT)
    assert (file.seconds, source.samples) == (6.0, 264_600)
    assert source.concealed > 2


def test_a_message_that_equals_the_one_before_is_not_lost() -> None:
    logging = ffmpeg.require_pyav().logging
    with ffmpeg.capture_messages() as messages:
        for _ in range(2):
            logging.log(logging.WARNING, "mp3float", "bits_left=-5")
    assert len(messages) == 2
    assert logging.get_skip_repeated()


def count(path: Path, damage: tuple[float, ...], concealed: float = 0.0) -> CountedSource:
    silent = bytes([99] if path.name == "silent.mp3" else [20])
    pcm = books.FORMAT.pcm
    return CountedSource(str(path), 1, 1, pcm, 1, levels=silent, damage=damage, concealed=concealed)


DAMAGED = "a.mp3: damaged at 0:07, 1:00:09; 0.05 s"
REFUSED = "1 problem with the source files: "
CURE = "cannot be decoded. Replace it, move it out of the folder, or use --damage conceal."


@each_row(
    "damage, concealed, mode, expected",
    [
        ((), 0.0, "refuse", ""),
        ((7.2, 7.9, 3609.0), 0.05, "auto", f"{DAMAGED} replaced by silence."),
        ((7.2, 3609.0), 0.05, "conceal", f"{DAMAGED} replaced by silence."),
        ((7.2, 3609.0), 0.05, "refuse", f"{REFUSED}{DAMAGED} {CURE}"),
        (
            (7.2,),
            1.25,
            "auto",
            f"{REFUSED}a.mp3: damaged at 0:07; 1.25 s {CURE}",
        ),
        ((7.2,), 1.25, "conceal", "a.mp3: damaged at 0:07; 1.25 s replaced by silence."),
        (
            tuple(map(float, range(9))),
            0.0,
            "auto",
            "a.mp3: damaged at 0:00, 0:01, 0:02, 0:03, 0:04 and 4 more places;"
            " 0.00 s replaced by silence.",
        ),
    ],
)
def test_damage_is_described_or_refused(
    damage: tuple[float, ...], concealed: float, mode: str, expected: str
) -> None:
    source = count(Path("/book/a.mp3"), damage, concealed)
    try:
        found = " ".join(check_sources.check_damage([source], [Path("/book")], mode))
    except SourcesRefused as error:
        found = str(error)
    assert found == expected


def damage_book(home: BookHome) -> tuple[Path, list[int]]:
    """Damage the first of two files of a book; return its folder and the exact lengths before."""
    folder = home.make("The Book")
    files = sorted(folder.iterdir())
    counted = [count_source.count_source(path, books.FORMAT).samples for path in files]
    data = files[0].read_bytes()
    files[0].write_bytes(cut(data, len(data) // 2))
    return folder, counted


def test_a_damaged_file_does_not_stop_a_book(home: BookHome) -> None:
    folder, lengths = damage_book(home)
    sounds.write_wav(folder / "3.wav", bytes(4 * 44_100))
    planned = home.batch(folder, "--no-backup", "--dry-run")
    printed = home.batch(folder, "--no-backup")
    note = "1 Part.mp3: damaged at 0:01; 0.0"
    assert note in planned
    assert "3.wav: contains only silence." in planned
    assert ".m4b; 1 damaged file, 0.0" in printed
    (book,) = home.output.glob("*.m4b")
    assert pcm_source.count_samples(book) == sum(lengths) + 44_100
    record = home.report()
    assert [text.partition(note)[1] for text in record["warnings"]].count(note) == 1
    assert [chapter["start"] for chapter in record["chapters"]] == [
        0,
        lengths[0],
        sum(lengths),
    ]
    page = next((home.path / "issues" / "audiobooks").glob("*.md")).read_text()
    assert note.replace("_", r"\_") in page


@pytest.mark.long
def test_a_damaged_file_is_refused_before_the_backup(home: BookHome) -> None:
    folder, _ = damage_book(home)
    planned = home.batch(folder, "--damage", "refuse", "--dry-run", code=1)
    printed = home.batch(folder, "--damage", "refuse", code=1)
    for text in (planned, printed):
        assert "1 Part.mp3: damaged at 0:01; 0.0" in text
        assert "use --damage conceal" in text
    assert not (home.output / "backup").exists()
    assert home.item().processing_stage == "failed_input"
    home.batch(folder, "--damage", "conceal", "--no-backup")


def test_a_damaged_part_is_encoded_with_the_others(home: BookHome) -> None:
    folder = home.library / "The Book"
    folder.mkdir(parents=True)
    home.path.mkdir()
    for name in ("1.m4a", "2.m4a"):
        books.write_part(folder / name, 60_000)
    data = (folder / "1.m4a").read_bytes()
    (folder / "1.m4a").write_bytes(overwrite(data, len(data) // 2))
    planned = home.batch(folder, "--no-backup", "--dry-run")
    assert ("encoding: " in planned, "joined without encoding" in planned) == (True, False)
    home.add(folder, backup=False)
    home.process()
    assert home.item().status is Status.COMPLETED
    (book,) = home.output.glob("*.m4b")
    assert pcm_source.count_samples(book) == 120_000


@pytest.mark.long
@pytest.mark.parametrize("is_copy_lost", [False, True])
def test_a_book_with_damage_is_exact_after_a_kill(home: BookHome, is_copy_lost: bool) -> None:
    folder, lengths = damage_book(home)
    home.add(folder, backup=False)
    assert home.kill_at(1, "plan.json" if is_copy_lost else ".book.part")
    (copy,) = home.working.glob("*/counted/*.copy.mp3")
    if is_copy_lost:
        copy.unlink()
    home.process()
    (book,) = home.output.glob("*.m4b")
    assert pcm_source.count_samples(book) == sum(lengths)
    assert "1 damaged file" in home.log()
    assert ("Resume" in home.log()) == is_copy_lost
