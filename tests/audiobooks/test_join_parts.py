"""Parts of one encoder are joined packet by packet, with their chapters."""

from __future__ import annotations

import hashlib
from pathlib import Path

import av
import pytest

from mediakeep.audiobooks.muxing import join_parts
from mediakeep.audiobooks.sources import check_sources
from mediakeep.audiobooks.sources.check_sources import CheckedFile
from mediakeep.errors import EncodingFailed, UsageError
from mediakeep.media.chapters.chapters import Chapter, ChapterMark
from mediakeep.media.encoding import pcm_source
from tests.audiobooks import books
from tests.media import encoded
from tests.media.encoding import sounds


def hash_packets(path: Path) -> list[str]:
    with av.open(str(path)) as container:
        packets = container.demux(container.streams.audio[0])
        return [hashlib.sha256(bytes(packet)).hexdigest() for packet in packets if packet.size]


def test_all_packets_and_chapters_are_kept(tmp_path: Path) -> None:
    book = books.plan_book([books.write_mp3(tmp_path / f"{n}.mp3", books.SHORT) for n in (1, 2)])
    (tmp_path / "work").mkdir()
    with_chapters, chapters = books.make_book(book, tmp_path / "work")
    paths = [with_chapters, books.write_part(tmp_path / "b.m4a", 50_000)]
    paths.append(books.write_part(tmp_path / "c.m4a", 30_000))
    parts = [join_parts.read_part(path) for path in paths]
    assert [part.length - part.priming - part.padding for part in parts] == [
        book.samples, 50_000, 30_000,
    ]  # fmt: skip
    plan = join_parts.plan_join(parts)
    assert plan.timeline.starts == plan.starts
    assert plan.timeline.samples == plan.samples
    target = tmp_path / "joined.m4b"
    join_parts.join_parts(plan, target, books.DETAILS)
    assert hash_packets(target) == [one for path in paths for one in hash_packets(path)]
    assert pcm_source.count_samples(target) == plan.samples
    second = parts[0].length  # the priming of all parts is equal
    third = second + parts[1].length
    assert plan.chapters == (
        *chapters[:-1],
        Chapter(chapters[-1].start, second, "2"),
        Chapter(second, third, "b"),
        Chapter(third, plan.samples, "c"),
    )
    assert join_parts.read_part(target).chapters == tuple(
        ChapterMark(chapter.start, chapter.title) for chapter in plan.chapters
    )
    decoded = [round(value * 32_768) for value in books.decode_left(target)]
    original = sounds.noise_and_tone(50_000)[::2].tolist()
    assert sounds.find_shift(original, decoded[second : second + 50_000]) == 0


@pytest.mark.long
def test_a_long_join_reports_its_progress(tmp_path: Path) -> None:
    plan = join_parts.plan_join(
        [join_parts.read_part(books.write_part(tmp_path / "a.m4a", 400_000))]
    )
    target = tmp_path / "joined.m4b"
    written, decoded = [], []
    join_parts.join_parts(plan, target, books.DETAILS, lambda *steps: written.append(steps))
    differences = join_parts.verify_join(target, plan, lambda *steps: decoded.append(steps))
    assert differences == []
    assert len(decoded) >= 8  # a second each
    (done, total), *_ = written
    assert 0 < done < total < target.stat().st_size


def test_parts_of_different_encoders_are_refused(tmp_path: Path) -> None:
    one = join_parts.read_part(books.write_part(tmp_path / "a.m4a", 5000))
    other = join_parts.read_part(encoded.write(tmp_path / "b.m4a", "alac.m4a"))
    with pytest.raises(
        UsageError, match=r"b\.m4a not joined: its codec differs from that of a\.m4a"
    ):
        join_parts.plan_join([one, other])


def check(*paths: Path) -> list[CheckedFile]:
    folder = paths[0].parent
    return list(check_sources.check_sources([folder], paths).files)


def test_what_can_be_joined_is_known_before(tmp_path: Path) -> None:
    parts = [books.write_part(tmp_path / f"{name}.m4a", 5000) for name in "ab"]
    assert join_parts.find_join_problem(check(*parts)) == ""
    for path, problem in (
        (books.write_mp3(tmp_path / "c.mp3", books.SHORT), "c.mp3 is not AAC in an M4A or M4B"),
        (encoded.write(tmp_path / "d.m4a", "alac.m4a"), "d.m4a is not AAC in an M4A or M4B file"),
        (encoded.write(tmp_path / "e.aac", "a.aac"), "e.aac is not AAC in an M4A or M4B file"),
    ):
        assert join_parts.find_join_problem(check(*parts, path)).startswith(problem)
    sound = sounds.write_wav(tmp_path / "f.wav", sounds.tone(1, -6), 48_000)
    sounds.convert(sound, tmp_path / "f.m4a", "aac")
    assert join_parts.find_join_problem(check(*parts, tmp_path / "f.m4a")) == (
        "f.m4a has another sample rate or number of channels"
    )
    other = tmp_path / "f.m4a"
    content = parts[0].read_bytes()
    other.write_bytes(content.replace(b"\x12\x10\x56\xe5\x00", b"\x12\x10\x56\xe5\x01"))
    assert join_parts.find_join_problem(check(*parts, other)) == (
        "f.m4a not joined: its encoder configuration differs from that of a.m4a"
    )


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    plan = join_parts.plan_join([join_parts.read_part(books.write_part(tmp_path / "a.m4a", 5000))])
    target = tmp_path / "joined.m4b"
    target.symlink_to("/dev/full")
    with pytest.raises(EncodingFailed, match=r"joined\.m4b not encoded: No space left"):
        join_parts.join_parts(plan, target, books.DETAILS)
