"""Made videos are real ones: MediaInfo tells what they should hold, and every frame decodes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import av
import pytest
from pymediainfo import MediaInfo

from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import FRAME_COUNT, VideoSpec
from tests.work import count_calls

HEARD = (("ger", 6), ("eng", 2))
CLIPS = {
    "sd.mp4": VideoSpec(720, 576, 5000, HEARD, ("ger", "fre"), title="Ärger im Hafen"),
    "hd.m4v": VideoSpec(1920, 1080, 7200, (("jpn", 1), ("eng", 8)), ("eng",)),
    "odd.mkv": VideoSpec(718, 574, 61.5, HEARD, ("ger", "fre"), title="Ärger im Hafen"),
    "hdr.mkv": VideoSpec(3840, 2160, 9000, (("eng", 6),), (), "hdr10"),
    "hlg.mkv": VideoSpec(1280, 720, 9000, (("", 2),), (), "hlg"),
    "hdr.mp4": VideoSpec(1280, 720, 5400, (), (), "hdr10"),
    "short.mkv": VideoSpec(480, 270, 0.5, ()),
}
LANGUAGES = {"ger": "de", "eng": "en", "fre": "fr", "jpn": "ja", "": None}  # as MediaInfo has them


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("clips")
    for name, clip in CLIPS.items():
        video_files.write_video(made / name, clip)
    return made


@pytest.mark.parametrize("name", CLIPS)
def test_mediainfo_tells_what_was_wanted(folder: Path, name: str) -> None:
    clip, told = CLIPS[name], MediaInfo.parse(folder / name)
    (general,), (video,) = told.general_tracks, told.video_tracks
    assert general.format == ("Matroska" if name.endswith("mkv") else "MPEG-4")
    assert float(general.duration) / 1000 == pytest.approx(clip.seconds, abs=1)
    assert (general.title or "") == clip.title
    assert (video.format, video.width, video.height) == ("AVC", clip.width, clip.height)
    heard = [(one.format, one.language, one.channel_s) for one in told.audio_tracks]
    assert heard == [("AAC", LANGUAGES[code], count) for code, count in clip.audio]
    assert [one.language for one in told.text_tracks] == [LANGUAGES[c] for c in clip.subtitles]
    transfer = {"hdr10": "PQ", "hlg": "HLG", "": None}[clip.hdr]
    assert video.transfer_characteristics == transfer
    assert video.color_primaries == ("BT.2020" if transfer else None)


@pytest.mark.parametrize("name", CLIPS)
def test_every_frame_decodes(folder: Path, name: str) -> None:
    clip, seen = CLIPS[name], Counter[str]()
    with av.open(str(folder / name)) as container:
        assert container.duration == pytest.approx(clip.seconds * 1e6, abs=1e6)
        for packet in container.demux():
            if packet.stream.type not in ("video", "audio"):
                continue
            for frame in packet.decode():
                seen[f"{packet.stream.type} {packet.stream.index}"] += 1
                if isinstance(frame, av.VideoFrame):
                    assert (frame.width, frame.height) == (clip.width, clip.height)
    assert len(seen) == 1 + len(clip.audio)
    assert set(seen.values()) == {FRAME_COUNT}


def test_hdr10_tells_how_bright_it_gets(folder: Path) -> None:
    (video,) = MediaInfo.parse(folder / "hdr.mkv").video_tracks
    assert video.hdr_format == "SMPTE ST 2086"
    assert "1000" in str(video.maximum_content_light_level)


def test_they_are_small_and_quickly_made(folder: Path, tmp_path: Path) -> None:
    assert (folder / "sd.mp4").stat().st_size < 30_000

    def make() -> None:
        for number in range(50):
            video_files.write_video(tmp_path / f"{number}.mkv", VideoSpec(seconds=60 * number))

    count_calls(make, 500_000)  # it takes 80,000
