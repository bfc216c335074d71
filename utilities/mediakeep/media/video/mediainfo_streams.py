"""Convert the output of MediaInfo, which is not trusted, to the video data model.

Names of codecs, HDR formats and 3D layouts become those of Kodi.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

from mediakeep.media.video import languages
from mediakeep.media.video.container import ContainerInfo
from mediakeep.media.video.mediainfo import MediaInfoTrack
from mediakeep.media.video.model import AudioStream, SubtitleStream, VideoInfo, VideoStream

SOURCE_NAME = "mediainfo"

T = TypeVar("T")

_MAX_STREAMS = 100  # streams of a type
_MAX_TITLE_LENGTH = 300  # characters of a title
_NUMBER = re.compile(r"\d{1,15}(\.\d{1,15})?")
_MAX_DURATION = 10_000_000.0  # seconds; more is a timestamp, not a duration
_CONTAINER_NAMES = {
    "MPEG-4": "mp4",
    "QuickTime": "mov",
    "Matroska": "matroska",
    "WebM": "webm",
    "AVI": "avi",
    "MPEG-TS": "mpegts",
    "BDAV": "mpegts",
    "MPEG-PS": "mpeg",
    "Windows Media": "asf",
    "Flash Video": "flv",
    "Ogg": "ogg",
}
# Kodi takes its names of codecs from FFmpeg (libavcodec/codec_desc.c).
_VIDEO_CODECS = {
    "AVC": "h264",
    "HEVC": "hevc",
    "VVC": "vvc",
    "AV1": "av1",
    "VP8": "vp8",
    "VP9": "vp9",
    "VC-1": "vc1",
    "WMV1": "wmv1",
    "WMV2": "wmv2",
    "MPEG-4 Visual": "mpeg4",
    "MPEG Video": "mpeg2video",
    "H.263": "h263",
    "Sorenson Spark": "flv1",
    "Theora": "theora",
    "JPEG": "mjpeg",
    "ProRes": "prores",
    "DV": "dvvideo",
    "RealVideo 3": "rv30",
    "RealVideo 4": "rv40",
}
_VIDEO_CODECS_BY_ID = {
    "DIV3": "msmpeg4v3",
    "MP43": "msmpeg4v3",
    "MP42": "msmpeg4v2",
    "WMV3": "wmv3",
}
_AUDIO_CODECS = {
    "AAC": "aac",
    "AC-3": "ac3",
    "E-AC-3": "eac3",
    "AC-4": "ac4",
    "DTS": "dca",
    "MLP": "mlp",
    "MLP FBA": "truehd",
    "FLAC": "flac",
    "ALAC": "alac",
    "Opus": "opus",
    "Vorbis": "vorbis",
    "PCM": "pcm",
    "WMA": "wmav2",
    "TTA": "tta",
    "WavPack": "wavpack",
    "Monkey's Audio": "ape",
}
_MPEG_LAYERS = {"Layer 1": "mp1", "Layer 2": "mp2", "Layer 3": "mp3"}
_SUBTITLE_CODECS = {
    "UTF-8": "subrip",
    "ASS": "ass",
    "SSA": "ssa",
    "PGS": "hdmv_pgs_subtitle",
    "VobSub": "dvd_subtitle",
    "RLE": "dvd_subtitle",
    "DVB Subtitle": "dvb_subtitle",
    "Teletext Subtitle": "dvb_teletext",
    "Timed Text": "mov_text",
    "WebVTT": "webvtt",
    "EIA-608": "eia_608",
    "TTML": "ttml",
}
_HDR_FORMATS = (
    ("Dolby Vision", "dolbyvision"),
    ("2094 App 4", "hdr10plus"),
    ("HDR10+", "hdr10plus"),
    ("2086", "hdr10"),
    ("HDR10", "hdr10"),
)
_HDR_TRANSFERS = {"PQ": "hdr10", "HLG": "hlg"}
_STEREO_LAYOUTS = {  # MediaInfo layout -> Kodi's names: left eye first, right eye first
    "Side by Side": ("left_right", "right_left"),
    "Top-Bottom": ("top_bottom", "bottom_top"),
    "Checkerboard": ("checkerboard_lr", "checkerboard_rl"),
    "Row Interleaved": ("row_interleaved_lr", "row_interleaved_rl"),
    "Column Interleaved": ("col_interleaved_lr", "col_interleaved_rl"),
    "Both Eyes laced in one block": ("block_lr", "block_rl"),
    "Anaglyph (cyan/red)": ("anaglyph_cyan_red", "anaglyph_cyan_red"),
    "Anaglyph (green/magenta)": ("anaglyph_green_magenta", "anaglyph_green_magenta"),
}

TrackFields = Mapping[str, str]


def build_video_info(
    tracks: Iterable[MediaInfoTrack], container_info: ContainerInfo, size: int
) -> VideoInfo:
    """Build the video info from MediaInfo's tracks and the inspected container, `container_info`.

    If they contradict each other, the container inspection takes precedence.
    """
    all_fields = [
        {name: value for name, value in track.items() if isinstance(value, str)} for track in tracks
    ]
    general = next((fields for fields in all_fields if fields.get("@type") == "General"), {})
    video = _build_streams(all_fields, "Video", _build_video_stream)
    media = [fields for fields in all_fields if fields.get("@type") in ("Video", "Audio")]
    durations = [_parse_duration(fields) for fields in media]
    return VideoInfo(
        container=container_info.container or _CONTAINER_NAMES.get(general.get("Format", ""), ""),
        duration=_parse_duration(general) or max(durations, default=0.0),
        size=size,
        video=video,
        audio=_build_streams(all_fields, "Audio", _build_audio_stream),
        subtitles=_build_streams(all_fields, "Text", _build_subtitle_stream),
        title=_clean_text(general.get("Title", "")),
        truncated=container_info.truncated,
        by=SOURCE_NAME,
    )


def _build_streams(
    all_fields: list[dict[str, str]], kind: str, make: Callable[[TrackFields], T]
) -> tuple[T, ...]:
    return tuple(make(fields) for fields in all_fields if fields.get("@type") == kind)[
        :_MAX_STREAMS
    ]


def _build_video_stream(fields: TrackFields) -> VideoStream:
    return VideoStream(
        codec=video_codec(fields),
        width=_parse_integer(fields, "Width"),
        height=_parse_integer(fields, "Height"),
        aspect=round(_parse_number(fields, "DisplayAspectRatio"), 3),
        duration=_parse_duration(fields),
        bitrate=_parse_integer(fields, "BitRate"),
        frame_rate=round(_parse_number(fields, "FrameRate"), 3),
        bit_depth=_parse_integer(fields, "BitDepth"),
        hdr=hdr_format(fields),
        stereo=stereo_layout(fields),
    )


def _build_audio_stream(fields: TrackFields) -> AudioStream:
    return AudioStream(
        codec=audio_codec(fields),
        language=languages.normalize_language(fields.get("Language", "")),
        channels=_parse_integer(fields, "Channels"),
        title=_clean_text(fields.get("Title", "")),
        default=fields.get("Default") == "Yes",
    )


def _build_subtitle_stream(fields: TrackFields) -> SubtitleStream:
    return SubtitleStream(
        language=languages.normalize_language(fields.get("Language", "")),
        codec=subtitle_codec(fields),
        forced=fields.get("Forced") == "Yes",
        default=fields.get("Default") == "Yes",
    )


def _parse_number(fields: Mapping[str, str], name: str) -> float:
    match = _NUMBER.match(fields.get(name, ""))
    value = float(match[0]) if match else 0.0
    return value if math.isfinite(value) else 0.0


def _parse_integer(fields: Mapping[str, str], name: str) -> int:
    return int(_parse_number(fields, name))


def _parse_duration(fields: Mapping[str, str]) -> float:
    duration = round(_parse_number(fields, "Duration"), 3)
    return duration if duration < _MAX_DURATION else 0.0


def _clean_text(text: str) -> str:
    """Return a text as one line of printable characters that XML allows."""
    plain = "".join(char if char.isprintable() else " " for char in text[: 2 * _MAX_TITLE_LENGTH])
    return " ".join(plain.split())[:_MAX_TITLE_LENGTH]


def video_codec(fields: TrackFields) -> str:
    """Return Kodi's name of a video stream's codec."""
    name = fields.get("Format", "")
    if name == "MPEG Video" and fields.get("Format_Version", "").endswith("1"):
        return "mpeg1video"
    return (
        _VIDEO_CODECS_BY_ID.get(fields.get("CodecID", "").upper(), "")
        or _VIDEO_CODECS.get(name)
        or _to_identifier(name)
    )


def audio_codec(fields: TrackFields) -> str:
    """Return Kodi's name of an audio stream's codec."""
    name = fields.get("Format", "")
    features = fields.get("Format_AdditionalFeatures", "").split()
    commercial = fields.get("Format_Commercial_IfAny", "")
    if name == "DTS" and ("XLL" in features or "Master Audio" in commercial):
        return "dtshd_ma"
    if name == "DTS" and ("XBR" in features or "High Resolution" in commercial):
        return "dtshd_hra"
    if name == "MPEG Audio":
        return _MPEG_LAYERS.get(fields.get("Format_Profile", ""), "mp3")
    return _AUDIO_CODECS.get(name.removesuffix(" LC")) or _to_identifier(name)


def subtitle_codec(fields: TrackFields) -> str:
    """Return Kodi's name of a subtitle stream's codec."""
    name = fields.get("Format", "")
    return _SUBTITLE_CODECS.get(name) or _to_identifier(name)


def hdr_format(fields: TrackFields) -> str:
    """Return Kodi's name of a video's best HDR format, or "" if it has none."""
    formats = f"{fields.get('HDR_Format', '')} {fields.get('HDR_Format_Compatibility', '')}"
    best = next((name for part, name in _HDR_FORMATS if part in formats), "")
    return best or _HDR_TRANSFERS.get(fields.get("transfer_characteristics", ""), "")


def stereo_layout(fields: TrackFields) -> str:
    """Return Kodi's name of a 3D video's layout, or "" if it is not 3D."""
    layout = fields.get("MultiView_Layout", "")
    for prefix, names in _STEREO_LAYOUTS.items():
        if layout.startswith(prefix):
            return names["right eye first" in layout]
    return "block_lr" if fields.get("MultiView_Count") == "2" else ""


def _to_identifier(name: str) -> str:
    """Return a name that has no translation, in lower case with underscores."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:32]
