"""Names of MediaInfo are translated to those of Kodi."""

from __future__ import annotations

from mediakeep.media.video import languages, mediainfo_streams
from mediakeep.media.video.container import ContainerInfo
from mediakeep.media.video.model import VideoInfo
from tests.sampling import each_row


@each_row(
    ("told", "name"),
    [
        ({"Format": "AVC"}, "h264"),
        ({"Format": "HEVC"}, "hevc"),
        ({"Format": "AV1"}, "av1"),
        ({"Format": "VC-1", "CodecID": "V_MS/VFW/FOURCC / WVC1"}, "vc1"),
        ({"Format": "VC-1", "CodecID": "WMV3"}, "wmv3"),
        ({"Format": "MPEG-4 Visual", "CodecID": "XVID"}, "mpeg4"),
        ({"Format": "MPEG-4 Visual", "CodecID": "DIV3"}, "msmpeg4v3"),
        ({"Format": "MPEG Video", "Format_Version": "2"}, "mpeg2video"),
        ({"Format": "MPEG Video", "Format_Version": "1"}, "mpeg1video"),
        ({"Format": "New Codec-9!"}, "new_codec_9"),
        ({}, ""),
    ],
)
def test_codecs_of_pictures_are_named_as_kodi_does(told: dict[str, str], name: str) -> None:
    assert mediainfo_streams.video_codec(told) == name


@each_row(
    ("told", "name"),
    [
        ({"Format": "AAC"}, "aac"),
        ({"Format": "AAC LC"}, "aac"),
        ({"Format": "AC-3"}, "ac3"),
        ({"Format": "E-AC-3", "Format_AdditionalFeatures": "JOC"}, "eac3"),
        ({"Format": "DTS"}, "dca"),
        ({"Format": "DTS", "Format_AdditionalFeatures": "XLL"}, "dtshd_ma"),
        ({"Format": "DTS", "Format_AdditionalFeatures": "XLL X"}, "dtshd_ma"),
        ({"Format": "DTS", "Format_AdditionalFeatures": "XBR"}, "dtshd_hra"),
        ({"Format": "DTS", "Format_Commercial_IfAny": "DTS-HD Master Audio"}, "dtshd_ma"),
        ({"Format": "MLP FBA", "Format_AdditionalFeatures": "16-ch"}, "truehd"),
        ({"Format": "MPEG Audio", "Format_Profile": "Layer 3"}, "mp3"),
        ({"Format": "MPEG Audio", "Format_Profile": "Layer 2"}, "mp2"),
        ({"Format": "FLAC"}, "flac"),
        ({"Format": "Opus"}, "opus"),
        ({"Format": "Vorbis"}, "vorbis"),
        ({"Format": "PCM"}, "pcm"),
    ],
)
def test_codecs_of_sound_are_named_as_kodi_does(told: dict[str, str], name: str) -> None:
    assert mediainfo_streams.audio_codec(told) == name


@each_row(
    ("told", "name"),
    [
        ({"HDR_Format": "Dolby Vision", "HDR_Format_Compatibility": "Blu-ray / HDR10"}, "dolby"),
        ({"HDR_Format": "Dolby Vision / SMPTE ST 2094 App 4"}, "dolby"),
        ({"HDR_Format": "SMPTE ST 2094 App 4", "HDR_Format_Compatibility": "HDR10+"}, "hdr10plus"),
        ({"HDR_Format": "SMPTE ST 2086", "HDR_Format_Compatibility": "HDR10"}, "hdr10"),
        ({"transfer_characteristics": "PQ"}, "hdr10"),
        ({"transfer_characteristics": "HLG"}, "hlg"),
        ({"transfer_characteristics": "BT.709"}, ""),
        ({}, ""),
    ],
)
def test_the_best_kind_of_hdr_is_named(told: dict[str, str], name: str) -> None:
    assert mediainfo_streams.hdr_format(told) == {"dolby": "dolbyvision"}.get(name, name)


@each_row(
    ("told", "name"),
    [
        ({"MultiView_Layout": "Side by Side (left eye first)"}, "left_right"),
        ({"MultiView_Layout": "Side by Side (right eye first)"}, "right_left"),
        ({"MultiView_Layout": "Top-Bottom (left eye first)"}, "top_bottom"),
        ({"MultiView_Layout": "Anaglyph (cyan/red)"}, "anaglyph_cyan_red"),
        ({"MultiView_Count": "2"}, "block_lr"),
        ({}, ""),
    ],
)
def test_films_in_3d_are_known(told: dict[str, str], name: str) -> None:
    assert mediainfo_streams.stereo_layout(told) == name


@each_row(
    ("told", "code"),
    [
        *(("de", "ger"), ("de-AT", "ger"), ("deu", "ger"), ("GER", "ger"), ("fr_CA", "fre")),
        *(("zh-Hans", "chi"), ("en", "eng"), ("gsw", "gsw"), ("und", ""), ("", ""), ("x", "")),
        *(("nld", "dut"), ("dut", "dut"), ("nb", "nob"), ("bh", "bih"), ("qaa", "qaa")),
        *(("pb", "por"), ("pob", "por"), ("xx", ""), ("mul", ""), ("xyz", "xyz")),
        *(("German", ""), ("q9", ""), ("12a", ""), ("\u00e4\u00e4\u00e4", "")),
    ],
)
def test_languages_are_written_in_three_letters(told: str, code: str) -> None:
    assert languages.normalize_language(told) == code


def test_whatever_is_told_the_facts_are_sane() -> None:
    absurd = {
        "Width": "1e999",
        "Height": "-5",
        "Duration": "99999999999999",
        "BitRate": "9" * 400,
        "FrameRate": "nan",
        "DisplayAspectRatio": "inf",
        "Channels": "2 / 6",
        "Title": "a\x00b\ud800c \u202e" + "d" * 9000,
        "Language": "\ud800",
        "extra": {"deep": []},
        "Format": 7,
    }
    tracks = [{"@type": kind, **absurd} for kind in ("General", "Video", "Audio", "Text") * 300]
    found = mediainfo_streams.build_video_info(tracks, ContainerInfo("mp4"), 9)
    assert (len(found.video), len(found.audio), len(found.subtitles)) == (100, 100, 100)
    picture = found.video[0]
    assert (picture.width, picture.height, picture.frame_rate, picture.aspect) == (1, 0, 0, 0)
    assert (found.duration, picture.codec, found.audio[0].channels) == (0, "", 2)
    assert found.title.startswith("a b c d")
    assert len(found.title) == 300
    assert mediainfo_streams.build_video_info([], ContainerInfo(), 0) == VideoInfo(by="mediainfo")
