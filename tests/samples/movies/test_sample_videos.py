"""Sample videos are real: MediaInfo finds the requested streams, and every frame decodes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import av
import pytest
from pymediainfo import MediaInfo

from mediakeep_samples.movies import video_files
from mediakeep_samples.movies.video_spec import FRAME_COUNT, VideoSpec
from tests.sampling import each_row
from tests.work import count_calls

TRACKS = (("ger", 6), ("eng", 2))
CLIPS = {
    "sd.mp4": VideoSpec(720, 576, 5000, TRACKS, ("ger", "fre"), title="Ärger im Hafen"),
    "hd.m4v": VideoSpec(1920, 1080, 7200, (("jpn", 2), ("eng", 6)), ("eng",)),
    "sd.mkv": VideoSpec(720, 576, 61.5, TRACKS, ("ger", "fre"), title="Ärger im Hafen"),
    "hdr.mkv": VideoSpec(3840, 2160, 9000, (("eng", 6),), (), "hdr10"),
    "hlg.mkv": VideoSpec(3840, 2160, 9000, (("", 2),), (), "hlg"),
    "hdr.mp4": VideoSpec(1920, 800, 5400, (), (), "hdr10"),
    "short.mkv": VideoSpec(480, 270, 0.5, ()),
}
LANGUAGES = {"ger": "de", "eng": "en", "fre": "fr", "jpn": "ja", "": None}  # by MediaInfo


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clips")
    for name, clip in CLIPS.items():
        video_files.write_video(folder / name, clip)
    return folder


@each_row("name", CLIPS)
def test_mediainfo_finds_the_requested_streams(folder: Path, name: str) -> None:
    clip, info = CLIPS[name], MediaInfo.parse(folder / name)
    (general,), (video,) = info.general_tracks, info.video_tracks
    assert general.format == ("Matroska" if name.endswith("mkv") else "MPEG-4")
    assert float(general.duration) / 1000 == pytest.approx(clip.seconds, abs=1)
    assert (general.title or "") == clip.title
    assert (video.format, video.width, video.height) == ("AVC", clip.width, clip.height)
    audio = [(track.format, track.language, track.channel_s) for track in info.audio_tracks]
    assert audio == [("AAC", LANGUAGES[code], count) for code, count in clip.audio]
    assert [track.language for track in info.text_tracks] == [LANGUAGES[c] for c in clip.subtitles]
    transfer = {"hdr10": "PQ", "hlg": "HLG", "": None}[clip.hdr]
    assert video.transfer_characteristics == transfer
    assert video.color_primaries == ("BT.2020" if transfer else None)


@pytest.mark.long
@each_row("name", CLIPS)
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


def test_hdr10_has_a_maximum_luminance(folder: Path) -> None:
    (video,) = MediaInfo.parse(folder / "hdr.mkv").video_tracks
    assert video.hdr_format == "SMPTE ST 2086"
    assert "1000" in str(video.maximum_content_light_level)


def test_videos_are_small_and_made_quickly(folder: Path, tmp_path: Path) -> None:
    assert (folder / "sd.mp4").stat().st_size < 30_000

    def make() -> None:
        for number in range(50):
            video_files.write_video(tmp_path / f"{number}.mkv", VideoSpec(seconds=60 * number))

    count_calls(make, 500_000)


def test_a_size_without_a_seed_clip_is_refused() -> None:
    with pytest.raises(FileNotFoundError, match="video-123x45"):
        video_files.render_video(VideoSpec(123, 45), ".mkv")


@each_row("suffix", [".mkv", ".mp4", ".m4v"])
def test_the_bytes_are_always_the_same(suffix: str) -> None:
    clip = VideoSpec(1920, 1080, 7200, TRACKS, ("eng",), title="Harbour")
    assert video_files.render_video(clip, suffix) == video_files.render_video(clip, suffix)
