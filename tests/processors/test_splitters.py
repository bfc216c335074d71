"""Pieces are exact to the sample, and cut where they should be."""

from __future__ import annotations

import os
import struct
from array import array
from pathlib import Path
from typing import Any

import av
import pytest

from mediakeep.media.audio import tags
from mediakeep.media.bounded_file import BoundedFile
from mediakeep.media.encoding import encoder, pcm_source, wav_ranges
from mediakeep.media.encoding.encoder import EncodedFile
from tests.media import encoded
from tests.media.encoding import sounds
from tests.processors import processed_audio
from tests.processors.processed_audio import run
from tests.sampling import each_row

RATE = 48_000
OTHER_PCM = ("pcm_u8", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_alaw", "pcm_mulaw")


def write_pcm(path: Path, codec: str) -> Path:
    source = encoded.write(path.with_name("source.wav"), "24.wav")
    with av.open(str(source)) as given, av.open(str(path), "w", format="wav") as output:
        stream = output.add_stream(codec, rate=44_100, layout="stereo")
        resampler = av.AudioResampler(stream.format, "stereo", 44_100)
        for frame in (*given.decode(audio=0), None):
            for part in resampler.resample(frame):
                output.mux(stream.encode(part))
        output.mux(stream.encode(None))
    return path


@pytest.mark.long
@each_row(
    "name, suffix, codec",
    [
        ("16.wav", ".wav", "pcm_s16le"),
        ("24.wav", ".wav", "pcm_s24le"),
        ("16.flac", ".flac", "flac"),
        ("24.flac", ".flac", "flac"),
        ("flac.oga", ".flac", "flac"),
        ("alac.m4a", ".m4a", "alac"),
        ("a.wv", ".flac", "flac"),
        ("a.tta", ".flac", "flac"),
        ("a.aiff", ".flac", "flac"),
    ],
)
def test_pieces_of_lossless_audio_joined_are_the_source(
    tmp_path: Path, name: str, suffix: str, codec: str
) -> None:
    source = encoded.write(tmp_path / name, name)
    pieces = run("splitter-fixed", source, tmp_path / "out", duration=0.3).output_paths
    assert [path.name for path in pieces] == [
        f"{source.stem}_{number:03}{suffix}" for number in range(1, 8)
    ]
    assert {processed_audio.read_codec(path) for path in pieces} == {codec}
    assert processed_audio.read_samples(pieces) == processed_audio.read_samples([source])


@each_row("kind", ["wav", "flac", "mp3"])
def test_pieces_have_the_tags_of_the_source_and_a_number(tmp_path: Path, kind: str) -> None:
    source = encoded.write(tmp_path / "a.wav", "16.wav")
    edits = ("title=Ä", "artist=One", "track=9")
    (tagged,) = run("metadata", source, tmp_path / "tagged", set=edits).output_paths
    made = run("splitter-fixed", tagged, tmp_path / "out", duration=0.5, format=kind)
    for number, piece in enumerate(made.output_paths, 1):
        found = tags.read(piece).tags
        assert (found.title, found.artist, found.track) == (("Ä",), ("One",), str(number))
        with av.open(str(piece)) as container:
            assert {name.lower(): text for name, text in container.metadata.items()}["title"] == "Ä"


@each_row("codec", OTHER_PCM)
def test_pieces_of_wav_keep_its_codec(tmp_path: Path, codec: str) -> None:
    source = write_pcm(tmp_path / "a.wav", codec)
    pieces = run("splitter-fixed", source, tmp_path / "out", duration=0.3).output_paths
    assert {processed_audio.read_codec(path) for path in pieces} == {codec}
    assert processed_audio.read_samples(pieces) == processed_audio.read_samples([source])


def write_layout(path: Path, layout: str) -> Path:
    """Write 24-bit mono WAV with an odd number of samples, in a layout of chunks."""
    samples = bytes(range(1, 250)) * 801  # whose size is odd
    head = struct.pack("<HHIIHH", 1, 1, RATE, 3 * RATE, 3, 24)
    unknown = {"streamed": 0xFFFFFFFF, "64 bits": 0xFFFFFFFF, "recorder killed": 0}
    unknown["truncated"] = len(samples) + 60_000
    lists = b"LIST\x04\0\0\0adtl" if layout == "lists" else b""
    chunks = b"fmt " + struct.pack("<I", 16) + head + lists
    chunks += b"data" + struct.pack("<I", unknown.get(layout, len(samples))) + samples
    chunks += (b"" if layout in ("streamed", "recorder killed") else b"\0") + lists
    if layout == "two parts":
        chunks += b"data" + struct.pack("<I", 300) + bytes(300)
    if layout == "64 bits":
        sizes = struct.pack("<QQQI", len(chunks) + 40, len(samples), 0, 0)
        chunks = b"ds64" + struct.pack("<I", len(sizes)) + sizes + chunks
    size = unknown.get(layout, 4 + len(chunks))
    form = b"RF64" if layout == "64 bits" else b"RIFF"
    path.write_bytes(form + struct.pack("<I", size) + b"WAVE" + chunks)
    return path


@each_row(
    "layout, is_copied",
    [("plain", True), ("lists", True), ("streamed", False), ("64 bits", False),
     ("two parts", False), ("recorder killed", False)],
)  # fmt: skip
def test_samples_of_wav_are_copied_if_its_sizes_are_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: str, is_copied: bool
) -> None:
    source, encoded_files = write_layout(tmp_path / "a.wav", layout), list[Path]()
    encode = encoder.encode_frames

    def count(frames: Any, form: Any, target: Path, *given: Any, **more: Any) -> EncodedFile:
        encoded_files.append(target)
        return encode(frames, form, target, *given, **more)

    monkeypatch.setattr(encoder, "encode_frames", count)
    pieces = run("splitter-fixed", source, tmp_path / "out", duration=0.3).output_paths
    assert bool(encoded_files) is not is_copied
    assert processed_audio.read_samples(pieces) == processed_audio.read_samples([source])
    for number, piece in enumerate(pieces, 1):
        facts = tags.read(piece)
        assert (facts.facts.bits, facts.facts.truncated, facts.tags.track) == (24, "", str(number))
        samples = pcm_source.count_samples(piece)
        assert facts.facts.duration == pytest.approx(samples / RATE, abs=0.001)


def test_a_wav_that_is_truncated_before_or_while_it_is_split(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_layout(tmp_path / "a.wav", "truncated")
    made = run("splitter-fixed", source, tmp_path / "out", duration=0.3)
    assert made.error_message is not None
    assert made.error_message.startswith(f"{source} is truncated: ")
    write_layout(source, "plain")
    find = wav_ranges.find_samples

    def truncate(path: Path, opened: BoundedFile) -> wav_ranges.WavSamples | None:
        found = find(path, opened)
        os.truncate(path, 100_000)
        return found

    monkeypatch.setattr(wav_ranges, "find_samples", truncate)
    made = run("splitter-fixed", source, tmp_path / "out", duration=0.3)
    assert made.error_message == f"{source} cannot be decoded: it has become shorter."
    assert processed_audio.list_files(tmp_path / "out") == []


@each_row("name, suffix", [("cbr.mp3", ".mp3"), ("aac.m4a", ".m4a"), ("a.opus", ".opus")])
def test_pieces_of_lossy_audio_keep_format_and_length(
    tmp_path: Path, name: str, suffix: str
) -> None:
    source = encoded.write(tmp_path / name, name)
    pieces = run("splitter-fixed", source, tmp_path / "out", duration=0.3).output_paths
    assert {path.suffix for path in pieces} == {suffix}
    counted = sum(map(pcm_source.count_samples, pieces))
    assert counted == pcm_source.count_samples(source)


@pytest.mark.long
def test_silence_is_cut_in_its_middle(tmp_path: Path) -> None:
    loud, quiet = sounds.tone(2, -10), bytes(4 * RATE)
    samples = loud + quiet + loud + quiet[: 3 * RATE] + loud + quiet + loud
    source = sounds.write_wav(tmp_path / "a.wav", samples, RATE)
    for options in ({}, {"threshold": -50.0}):
        made = run("splitter-silence", source, tmp_path / str(options), **options)
        lengths = [pcm_source.count_samples(path) / RATE for path in made.output_paths]
        assert lengths == pytest.approx([2.5, 2.875, 2.875, 2.5], abs=0.01)
        assert processed_audio.read_samples(made.output_paths) == processed_audio.read_samples(
            [source]
        )
    made = run("splitter-silence", source, tmp_path / "few", threshold=-50.0, min_piece=3.0)
    assert len(made.output_paths) == 2


def test_long_pieces_without_silence_are_cut_where_it_is_quietest(tmp_path: Path) -> None:
    samples = sounds.tone(4, -10) + sounds.tone(0.2, -18) + sounds.tone(3, -10)
    source = sounds.write_wav(tmp_path / "a.wav", samples, RATE)
    made = run("splitter-silence", source, tmp_path / "out", threshold=-50.0, max_minutes=0.1)
    first, second = (pcm_source.count_samples(path) / RATE for path in made.output_paths)
    assert 4 <= first <= 4.2
    assert first + second == pytest.approx(7.2)
    assert made.metrics["cuts_without_silence"] == 1


LABELS = {
    "points": ("0.5\t0.5\tOne\n1.5\t1.5\tTwo\n", ["Opening", "One", "Two"], [0.5, 1.0, 0.5]),
    "regions": ("0.5\t1.0\tOne\n1.5\t1.75\tTwo\n", ["One", "Two"], [0.5, 0.25]),
    "rounded": ("0\t0.999\tOne\n1.0\t1.999\tTwo\n", ["One", "Two"], [1.0, 1.0]),
}


@each_row("text, titles, lengths", LABELS.values(), ids=LABELS)
def test_labels(tmp_path: Path, text: str, titles: list[str], lengths: list[float]) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.tone(2, -10), RATE)
    (tmp_path / "labels.txt").write_text(text)
    options = {"timestamps": str(tmp_path / "labels.txt")}
    made = run("splitter-timestamps", source, tmp_path / "out", **options)
    assert [path.stem.split(" ")[1] for path in made.output_paths] == titles
    found = [pcm_source.count_samples(path) / RATE for path in made.output_paths]
    assert found == pytest.approx(lengths, abs=0.002)


def test_times_beyond_the_end_are_named(tmp_path: Path) -> None:
    source = sounds.write_wav(tmp_path / "a.wav", sounds.tone(2, -10), RATE)
    sheet = tmp_path / "a.cue"
    sheet.write_text('FILE "a.wav" WAVE\n TRACK 01 AUDIO\n  INDEX 01 00:00:00\n'
                     ' TRACK 02 AUDIO\n  TITLE "Late"\n  INDEX 01 00:09:00\n')  # fmt: skip
    made = run("splitter-timestamps", source, tmp_path / "out", timestamps=str(sheet))
    assert made.error_message is not None
    assert '"Late" at 9.00 s' in made.error_message
    assert processed_audio.list_files(tmp_path / "out") == []


@pytest.mark.long
def test_a_quarter_of_a_million_silences_do_not_take_long() -> None:
    """Each is compared with its neighbours only; with all, it would take an hour."""
    from mediakeep.media.encoding import silence_cuts
    from mediakeep.media.encoding.silence import SilentRange

    ranges = [SilentRange(at + 0.4, at + 0.6) for at in range(250_000)]
    cuts = array("d", silence_cuts.choose_cuts(ranges, 250_000.0, 0.9))
    assert len(cuts) == 249_998
